/** The only place that knows `ws`: upgrades, frames, pings and limits; everything else is the desks' business. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { DeskLine, Desks } from './desks.ts';
import { type CloseCode, closeCodes } from './errors.ts';
import { CTI_PATH, CTI_SUBPROTOCOL, MOST_FRAME_BYTES } from './protocol.ts';
import { Strangers } from './strangers.ts';

export interface DeskSocketOptions {
  clock: Clock;
  log: Logger;
  desks: Desks;
  /** Besides the host the request was sent to, for example `https://crm.example.com`. */
  allowedOrigins?: readonly string[];
  mostPerSource?: number;
  mostSockets?: number;
  helloMs?: number;
  pingMs?: number;
}

const HELLO_MS = 10_000;
const PING_MS = 10_000;
/** Three pings without an answer (the third is not waited for): 30 s at the default. */
const SILENT_PINGS = 2.5;
const MOST_BUFFERED_BYTES = 1_048_576;
const MOST_MESSAGES_A_SECOND = 50;
/** A whole floor may sit behind one address. */
const MOST_PER_SOURCE = 2_000;
const MOST_SOCKETS = 20_000;
/** From our close frame to the end of the connection, for who does not answer it. */
const CLOSE_MS = 2_000;

interface Seat {
  socket: WebSocket;
  line: DeskLine;
  source: string;
  lastSeen: number;
  second: number;
  messages: number;
}

export class DeskSockets {
  readonly #options: DeskSocketOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MOST_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(CTI_SUBPROTOCOL) ? CTI_SUBPROTOCOL : false),
  });
  readonly #seats = new Set<Seat>();
  readonly #perSource = new Map<string, number>();
  readonly #strangers = new Strangers();
  readonly #cancelPing: () => void;

  constructor(options: DeskSocketOptions) {
    this.#options = options;
    this.#cancelPing = options.clock.every(options.pingMs ?? PING_MS, () => this.#pingAll());
  }

  get size(): number {
    return this.#seats.size;
  }

  /** Serves upgrades of this HTTP server that are ours, offers those that are not to `others` (true: taken), and refuses the rest. */
  attach(server: Server, others: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean = () => false): void {
    server.on('upgrade', (request, socket, head) => {
      if (!this.upgrade(request, socket, head) && !others(request, socket, head)) refuse(socket, 404, 'Not Found');
    });
  }

  /** false: not our path, nothing was done. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (pathOf(request) !== CTI_PATH) return false;
    const source = request.socket.remoteAddress ?? '';
    const refusal = this.#refusal(request, source);
    if (refusal === null) this.#server.handleUpgrade(request, socket, head, (ws) => this.#seat(ws, source));
    else refuse(socket, ...refusal);
    return true;
  }

  close(): void {
    this.#cancelPing();
    for (const seat of [...this.#seats]) this.#close(seat.socket, 'goingAway');
    this.#server.close();
  }

  #refusal(request: IncomingMessage, source: string): [number, string] | null {
    const { allowedOrigins = [], mostPerSource = MOST_PER_SOURCE, mostSockets = MOST_SOCKETS } = this.#options;
    if (!offersProtocol(request)) return [400, `Bad Request: subprotocol ${CTI_SUBPROTOCOL} expected`];
    if (!originAllowed(request, allowedOrigins)) return [403, 'Forbidden'];
    const tiresome = this.#strangers.isTiresome(source, this.#options.clock.now());
    if (tiresome || (this.#perSource.get(source) ?? 0) >= mostPerSource) return [429, 'Too Many Requests'];
    return this.#seats.size >= mostSockets ? [503, 'Service Unavailable'] : null;
  }

  #seat(socket: WebSocket, source: string): void {
    const { clock, desks, helloMs = HELLO_MS } = this.#options;
    const line = desks.accept({
      source,
      send: (text) => this.#send(socket, text),
      owed: () => socket.bufferedAmount,
      close: (why) => {
        if (why === 'unauthorised') this.#strangers.guessed(source, clock.now());
        this.#close(socket, why);
      },
    });
    const seat: Seat = { socket, line, source, lastSeen: clock.now(), second: 0, messages: 0 };
    this.#seats.add(seat);
    this.#perSource.set(source, (this.#perSource.get(source) ?? 0) + 1);
    const cancelHello = clock.after(helloMs, () => {
      if (!line.open) this.#close(socket, 'helloTimeout');
    });
    socket.on('message', (data, isBinary) => this.#heard(seat, data, isBinary));
    // Each ping of theirs is answered by ws, so it counts like a message.
    socket.on('ping', () => this.#isTooFast(seat) && line.refuse('too_fast'));
    socket.on('pong', () => {
      seat.lastSeen = clock.now();
    });
    // ws closes by itself after an error (1009 for a frame too large); the close event tells the rest.
    socket.on('error', (error) => this.#options.log.debug({ err: error, source }, 'desk socket failed'));
    socket.on('close', () => {
      cancelHello();
      this.#left(seat);
    });
  }

  #left(seat: Seat): void {
    if (!this.#seats.delete(seat)) return;
    const left = (this.#perSource.get(seat.source) ?? 1) - 1;
    if (left > 0) this.#perSource.set(seat.source, left);
    else this.#perSource.delete(seat.source);
    seat.line.closed();
  }

  #isTooFast(seat: Seat): boolean {
    const now = this.#options.clock.now();
    seat.lastSeen = now;
    const second = Math.floor(now / 1000);
    seat.messages = second === seat.second ? seat.messages + 1 : 1;
    seat.second = second;
    return seat.messages > MOST_MESSAGES_A_SECOND;
  }

  #heard(seat: Seat, data: RawData, isBinary: boolean): void {
    if (this.#isTooFast(seat)) seat.line.refuse('too_fast');
    else if (isBinary) seat.line.refuse('bad_json');
    else seat.line.receive(data.toString());
  }

  /** `ws` writes to the TCP socket before it returns. A wall's snapshot alone may be more than a peer may owe: what counts is what it owed before. */
  #send(socket: WebSocket, text: string): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > MOST_BUFFERED_BYTES) this.#close(socket, 'slowConsumer');
    else socket.send(text);
  }

  #close(socket: WebSocket, why: CloseCode): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.close(closeCodes[why].code, closeCodes[why].meaning);
    const cancel = this.#options.clock.after(CLOSE_MS, () => socket.terminate());
    socket.once('close', cancel);
  }

  #pingAll(): void {
    const { clock, pingMs = PING_MS } = this.#options;
    const now = clock.now();
    for (const seat of [...this.#seats]) {
      if (now - seat.lastSeen >= pingMs * SILENT_PINGS) this.#close(seat.socket, 'silent');
      else if (seat.socket.readyState === WebSocket.OPEN) seat.socket.ping();
    }
  }
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0] ?? '';

const offersProtocol = (request: IncomingMessage): boolean =>
  (request.headers['sec-websocket-protocol'] ?? '').split(',').some((offered) => offered.trim() === CTI_SUBPROTOCOL);

/** Browsers always say where the page came from. Who sends no Origin is no browser; it has a token to show, never a cookie. */
function originAllowed(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

function refuse(socket: Duplex, status: number, reason: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
