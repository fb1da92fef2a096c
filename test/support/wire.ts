/** A socket between a desk's connection and the desks, in memory: messages lie on it until they are carried, and it can be cut at any of them. */
import type { Desks } from '../../src/cti/desks.ts';
import { closeCodes } from '../../src/cti/errors.ts';
import type { DeskSocket, SocketEvents } from '../../web/shared/cti/socket.ts';

interface Socket {
  toServer: string[];
  toDesk: string[];
  /** The close code on its way to the desk, behind what was sent before it. */
  closing: number | null;
  over: boolean;
  events: SocketEvents;
  line: ReturnType<Desks['accept']>;
}

export class Wire {
  /** What was carried, in order, for asserting. */
  readonly carriedToDesk: string[] = [];
  readonly carriedToServer: string[] = [];
  opened = 0;
  /** false: the server's address does not answer. */
  reachable = true;
  /** Returns what to deliver instead of the message. */
  tamper: (text: string) => string[] = (text) => [text];
  #desks: Desks;
  #socket: Socket | null = null;

  constructor(desks: Desks) {
    this.#desks = desks;
  }

  /** The server came back as another process. */
  leadTo(desks: Desks): void {
    this.#desks = desks;
  }

  readonly open = (events: SocketEvents): DeskSocket => {
    this.opened += 1;
    if (!this.reachable) {
      queueMicrotask(() => events.closed(1006));
      return { send: () => undefined, close: () => undefined };
    }
    const line = this.#desks.accept({
      send: (text) => socket.over || socket.toDesk.push(text),
      close: (why) => {
        socket.closing = closeCodes[why].code;
      },
    });
    const socket: Socket = { toServer: [], toDesk: [], closing: null, over: false, events, line };
    this.#socket = socket;
    queueMicrotask(() => socket.over || events.opened());
    return { send: (text) => socket.over || socket.toServer.push(text), close: () => this.#end(socket) };
  };

  /** Breaks without a word: what lies on the wire is lost. */
  cut(): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#end(socket);
    socket.events.closed(1006);
  }

  /** Carries one message; false when nothing lay on the wire. */
  carryToServer(): boolean {
    const text = this.#socket?.toServer.shift();
    if (text === undefined) return false;
    this.carriedToServer.push(text);
    this.#socket?.line.receive(text);
    return true;
  }

  carryToDesk(): boolean {
    const socket = this.#socket;
    const text = socket?.toDesk.shift();
    if (socket === null) return false;
    if (text === undefined) return this.#carryClose(socket);
    this.carriedToDesk.push(text);
    for (const given of this.tamper(text)) socket.events.heard(given);
    return true;
  }

  /** Carries everything there and back until nothing moves any more; `limit` messages to the desk at most. */
  async settle(limit = Number.POSITIVE_INFINITY): Promise<void> {
    let left = limit;
    for (let quiet = 0; quiet < 2; ) {
      await new Promise((resolve) => setImmediate(resolve));
      let moved = false;
      while (this.carryToServer()) moved = true;
      while (left > 0 && this.carryToDesk()) {
        left -= 1;
        moved = true;
      }
      quiet = moved ? 0 : quiet + 1;
    }
  }

  #carryClose(socket: Socket): boolean {
    if (socket.closing === null || socket.over) return false;
    this.#end(socket);
    socket.events.closed(socket.closing);
    return true;
  }

  #end(socket: Socket): void {
    if (socket.over) return;
    socket.over = true;
    if (this.#socket === socket) this.#socket = null;
    socket.line.closed();
  }
}
