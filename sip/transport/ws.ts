/** SIP over WebSocket (RFC 7118). The only place that knows `ws`: upgrades, frames, pings and limits. */
import { isUtf8 } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../kernel/clock.ts';
import { MOST_MESSAGE_BYTES } from '../message/parse.ts';
import type { Framed } from '../message/stream.ts';
import type { Line } from './connection.ts';
import type { Connections } from './connections.ts';
import type { Gate, Pass } from './gate.ts';
import type { Listener } from './listener.ts';
import { isAllowedOrigin } from './origin.ts';

const SUBPROTOCOL = 'sip';
/** From the connection to the end of its HTTP head. */
const UPGRADE_MS = 10_000;
const MOST_HTTP_HEAD_BYTES = 16 * 1024;
/** One message in more pieces than this is no message. */
const MOST_FRAGMENTS = 64;
/** A browser that left without a word is missed within two of these. */
const PING_MS = 15_000;
const MOST_PINGS_A_SECOND = 50;
/** From our close frame to the end, for who does not answer it. */
const CLOSE_MS = 2_000;
const POLICY = 1008;
const GOING_AWAY = 1001;
const KEEP_ALIVE = '\r\n\r\n';

export interface WebSocketOptions {
  /** Besides the host that the request was sent to. */
  readonly origins: readonly string[];
  /** Of whom it believes, in headers, for which client it speaks: the application, which has the HTTP port. */
  readonly secret: string;
}

/** Who is at the other end. */
interface Client {
  pass: Pass;
  protocol: 'ws' | 'wss';
  address: string;
  port: number;
  listener: Listener;
}
type Entrance = { listener: Listener; pass: Pass } | { listener: Listener; behindApplication: true };

/** Turns accepted sockets into WebSockets that carry SIP. */
export class WebSocketDoor {
  readonly #http: Server;
  readonly #upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MOST_MESSAGE_BYTES,
    maxFragments: MOST_FRAGMENTS,
    // A deflated bomb is a few bytes here and megabytes inside.
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  readonly #entrances = new WeakMap<Duplex, Entrance & { arrived: () => void }>();
  readonly #sockets = new Map<WebSocket, { isAnswering: boolean }>();
  readonly #connections: Connections;
  readonly #gate: Gate;
  readonly #clock: Clock;
  readonly #options: WebSocketOptions;
  readonly #cancelPing: () => void;

  constructor(connections: Connections, gate: Gate, clock: Clock, options: WebSocketOptions) {
    this.#connections = connections;
    this.#gate = gate;
    this.#clock = clock;
    this.#options = options;
    this.#http = createServer({ maxHeaderSize: MOST_HTTP_HEAD_BYTES }, (_request, response) => {
      response.writeHead(426, { Upgrade: 'websocket', Connection: 'close' }).end();
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on('clientError', (_error, socket) => refuse(socket, 400, 'Bad Request'));
    this.#cancelPing = clock.every(PING_MS, () => this.#pingAll());
  }

  /** A socket on which an HTTP request is to come. */
  take(socket: Socket, entrance: Entrance): void {
    const arrived = this.#clock.after(UPGRADE_MS, () => socket.destroy());
    socket.once('close', arrived);
    socket.on('error', () => undefined);
    this.#entrances.set(socket, { ...entrance, arrived });
    this.#http.emit('connection', socket);
  }

  close(): void {
    this.#cancelPing();
    for (const socket of this.#sockets.keys()) socket.close(GOING_AWAY);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const entrance = this.#entrances.get(socket);
    entrance?.arrived();
    const client = entrance === undefined ? undefined : this.#clientOf(request, entrance);
    const refusal = this.#refusal(request, client);
    if (refusal !== undefined || client === undefined) {
      if (entrance !== undefined && 'behindApplication' in entrance) client?.pass.leave();
      refuse(socket, ...(refusal ?? ([403, 'Forbidden'] as const)));
      return;
    }
    this.#upgrader.handleUpgrade(request, socket, head, (ws) => this.#serve(ws, client));
  }

  #refusal(request: IncomingMessage, client: Client | undefined): readonly [number, string] | undefined {
    const { origin, host } = request.headers;
    // RFC 7118 §4.1: the handshake names the subprotocol `sip`.
    if (!offers(request, SUBPROTOCOL)) return [400, `Bad Request: subprotocol ${SUBPROTOCOL} expected`];
    if (!isAllowedOrigin(origin, host, this.#options.origins)) return [403, 'Forbidden'];
    return client === undefined ? [403, 'Forbidden'] : undefined;
  }

  #clientOf(request: IncomingMessage, entrance: Entrance): Client | undefined {
    const { listener } = entrance;
    if ('pass' in entrance) {
      const { remoteAddress, remotePort } = request.socket;
      if (remoteAddress === undefined || remotePort === undefined) return undefined;
      return { pass: entrance.pass, protocol: listener.protocol === 'wss' ? 'wss' : 'ws', address: remoteAddress, port: remotePort, listener };
    }
    const told = this.#toldBy(request);
    const pass = told === undefined ? undefined : this.#gate.enter(told.address);
    return told === undefined || pass === undefined ? undefined : { ...told, pass, listener };
  }

  /** `X-Huawu-Client: <secret> <address> <port>`: believed with the secret alone. */
  #toldBy(request: IncomingMessage): Pick<Client, 'protocol' | 'address' | 'port'> | undefined {
    const [secret = '', address = '', port = ''] = String(request.headers['x-huawu-client'] ?? '').split(' ');
    const shown = Buffer.from(secret);
    const expected = Buffer.from(this.#options.secret);
    if (shown.length !== expected.length || !timingSafeEqual(shown, expected) || isIP(address) === 0 || !/^\d{1,5}$/.test(port)) return undefined;
    // A page that came over TLS can open no socket without; the proxy that ended it stands before the application.
    return { protocol: request.headers.origin?.startsWith('https://') === true ? 'wss' : 'ws', address, port: Number(port) };
  }

  #serve(ws: WebSocket, { pass, ...about }: Client): void {
    const { reader, closed } = this.#connections.open(about, new WebSocketLine(ws, this.#clock), pass);
    const alive = { isAnswering: true };
    this.#sockets.set(ws, alive);
    const tooMany = this.#counter(MOST_PINGS_A_SECOND);
    ws.on('message', (data) => reader.take(framedOf(data), false));
    ws.on('pong', () => {
      alive.isAnswering = true;
    });
    // Each ping of theirs is answered by ws.
    ws.on('ping', () => {
      alive.isAnswering = true;
      if (tooMany()) ws.close(POLICY);
    });
    // ws closes by itself after an error (1002, 1007, 1009); the close event tells the rest.
    ws.on('error', () => undefined);
    ws.once('close', () => {
      this.#sockets.delete(ws);
      closed();
      pass.leave();
    });
  }

  #counter(most: number): () => boolean {
    let second = 0;
    let count = 0;
    return () => {
      const now = Math.floor(this.#clock.now() / 1_000);
      count = now === second ? count + 1 : 1;
      second = now;
      return count > most;
    };
  }

  #pingAll(): void {
    for (const [ws, alive] of this.#sockets) {
      if (!alive.isAnswering) ws.terminate();
      else if (ws.readyState === WebSocket.OPEN) ws.ping();
      alive.isAnswering = false;
    }
  }
}

class WebSocketLine implements Line {
  readonly #ws: WebSocket;
  readonly #clock: Clock;
  constructor(ws: WebSocket, clock: Clock) {
    this.#ws = ws;
    this.#clock = clock;
  }
  /** RFC 7118 §5: a message goes as text when it is UTF-8, and as binary when it is not. */
  write(bytes: Buffer, done: (error?: Error | null) => void): void {
    this.#ws.send(bytes, { binary: !isUtf8(bytes) }, done);
  }
  get unread(): number {
    return this.#ws.bufferedAmount;
  }
  pause(): void {
    this.#ws.pause();
  }
  resume(): void {
    this.#ws.resume();
  }
  end(): void {
    this.#ws.close(POLICY);
    const cancel = this.#clock.after(CLOSE_MS, () => this.#ws.terminate());
    this.#ws.once('close', cancel);
  }
  destroy(): void {
    this.#ws.terminate();
  }
}

/** RFC 7118 §5: one WebSocket message holds one SIP message; RFC 5626's double CRLF asks for a pong here too. */
function framedOf(data: RawData): Framed[] {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
  if (bytes.length > KEEP_ALIVE.length) return [{ kind: 'message', bytes }];
  return bytes.toString('latin1') === KEEP_ALIVE ? [{ kind: 'keepAlive' }] : [];
}

const offers = (request: IncomingMessage, protocol: string): boolean =>
  (request.headers['sec-websocket-protocol'] ?? '').split(',').some((offered) => offered.trim() === protocol);

function refuse(socket: Duplex, status: number, reason: string): void {
  socket.on('error', () => socket.destroy());
  if (socket.writable) socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  else socket.destroy();
}
