import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import type { Gate, Pass } from './gate.ts';
import type { StreamProtocol } from './hop.ts';
import type { Listener } from './listener.ts';

/** No descriptor is left: nothing is taken in for so long, else the loop would spin on a connection it cannot accept. */
const PAUSE_MS = 1_000;
const KEEP_ALIVE_MS = 60_000;

export interface AcceptorUser {
  onSocket(socket: Socket, pass: Pass, listener: Listener): void;
  onError(error: Error): void;
}

/** One listening stream socket. What the connection then speaks (TLS, WebSocket) is its user's business. */
export class Acceptor implements Listener {
  readonly id: string;
  readonly protocol: StreamProtocol;
  readonly address: string;
  #port = 0;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #user: AcceptorUser;
  #cancelPause: (() => void) | undefined;
  #isClosed = false;

  private constructor(id: string, protocol: StreamProtocol, address: string, gate: Gate, clock: Clock, user: AcceptorUser) {
    this.id = id;
    this.protocol = protocol;
    this.address = address;
    this.#clock = clock;
    this.#user = user;
    this.#server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) => {
      const pass = socket.remoteAddress === undefined ? undefined : gate.enter(socket.remoteAddress);
      if (pass === undefined) {
        socket.destroy();
        return;
      }
      socket.once('close', () => pass.leave());
      user.onSocket(socket, pass, this);
    });
  }

  /** Rejects with the error of the bind. */
  static async open(
    where: { id: string; protocol: StreamProtocol; address: string; port: number },
    gate: Gate,
    clock: Clock,
    user: AcceptorUser,
  ): Promise<Acceptor> {
    const acceptor = new Acceptor(where.id, where.protocol, where.address, gate, clock, user);
    await acceptor.#listen(where.port);
    acceptor.#server.on('error', (error: NodeJS.ErrnoException) => acceptor.#onError(error));
    return acceptor;
  }

  get port(): number {
    return this.#port;
  }
  /** It takes nothing in for want of descriptors. */
  get isPaused(): boolean {
    return this.#cancelPause !== undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelPause?.();
    this.#server.close();
  }

  async #listen(port: number): Promise<void> {
    const ready = once(this.#server, 'listening');
    this.#server.listen({ host: this.address, port, ipv6Only: isIPv6(this.address) });
    await ready;
    const bound = this.#server.address();
    this.#port = typeof bound === 'object' && bound !== null ? bound.port : port;
  }

  #onError(error: NodeJS.ErrnoException): void {
    this.#user.onError(error);
    // A listening that was tried again and failed comes here too.
    if (!this.#isClosed && !this.isPaused && (error.code === 'EMFILE' || error.code === 'ENFILE' || !this.#server.listening)) this.#pause();
  }

  /** Stops listening; connections that are open go on. */
  #pause(): void {
    if (this.#server.listening) this.#server.close();
    this.#cancelPause = this.#clock.after(PAUSE_MS, () => {
      this.#cancelPause = undefined;
      this.#server.listen({ host: this.address, port: this.#port, ipv6Only: isIPv6(this.address) });
    });
  }
}
