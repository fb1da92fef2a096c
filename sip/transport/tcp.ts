import { once } from 'node:events';
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import { StreamFramer } from '../message/stream.ts';
import type { Listener } from './listener.ts';

/** faults: a peer that opens connections and says nothing, one that never ends a message, one that does not read. */
const CONNECT_MS = 5_000;
const FIRST_MESSAGE_MS = 32_000;
const UNFINISHED_MESSAGE_MS = 30_000;
const MOST_PER_SOURCE = 500;
const MOST_CONNECTIONS = 20_000;
const MOST_UNREAD_BYTES = 1024 * 1024;
const CRLF = Buffer.from('\r\n');

export interface TcpUser {
  onMessage(bytes: Buffer, connection: Connection): void;
  /** The stream broke SIP's framing; the connection is closed. */
  onBroken(error: Error, connection: Connection): void;
  onError(error: Error): void;
}

/** One TCP connection, accepted or dialled. */
export class Connection {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** Undefined for one that we dialled. */
  readonly listener: TcpListener | undefined;
  readonly socket: Socket;
  constructor(id: string, socket: Socket, address: string, port: number, listener: TcpListener | undefined) {
    this.id = id;
    this.socket = socket;
    this.address = address;
    this.port = port;
    this.listener = listener;
  }
}

export class TcpListener implements Listener {
  readonly id: string;
  readonly protocol = 'tcp';
  readonly address: string;
  readonly port: number;
  readonly #server: Server;
  constructor(id: string, server: Server, address: string, port: number) {
    this.id = id;
    this.#server = server;
    this.address = address;
    this.port = port;
  }
  close(): void {
    this.#server.close();
  }
}

/** All TCP connections of this server, found by id and by the peer's address. */
export class TcpConnections {
  readonly #byId = new Map<string, Connection>();
  readonly #byPeer = new Map<string, Connection>();
  readonly #perSource = new Map<string, number>();
  readonly #user: TcpUser;
  readonly #clock: Clock;
  #made = 0;

  constructor(user: TcpUser, clock: Clock) {
    this.#user = user;
    this.#clock = clock;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Rejects with the error of the bind. */
  async listen(id: string, address: string, port: number): Promise<TcpListener> {
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
    const ready = once(server, 'listening');
    server.listen({ host: address, port, ipv6Only: isIPv6(address) });
    await ready;
    server.maxConnections = MOST_CONNECTIONS;
    const bound = server.address();
    const listener = new TcpListener(id, server, address, typeof bound === 'object' && bound !== null ? bound.port : port);
    // EMFILE comes here: the connection is lost, the listener goes on.
    server.on('error', (error) => this.#user.onError(error));
    server.on('connection', (socket) => this.#accept(socket, listener));
    return listener;
  }

  find(id: string | undefined): Connection | undefined {
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** RFC 3261 §18: an open connection to that address and port is used again, else a new one is dialled. */
  to(address: string, port: number): Connection {
    const open = this.#byPeer.get(peerKey(address, port));
    if (open !== undefined) return open;
    const socket = connect({ host: address, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
    const giveUp = this.#clock.after(CONNECT_MS, () => socket.destroy(new Error(`no connection to ${address}:${port} within ${CONNECT_MS} ms`)));
    socket.once('connect', giveUp);
    socket.once('close', giveUp);
    return this.#add(socket, address, port, undefined);
  }

  send(bytes: Buffer, connection: Connection, onFault: (error: Error) => void): void {
    if (connection.socket.writableLength > MOST_UNREAD_BYTES) connection.socket.destroy(new Error('the peer does not read'));
    connection.socket.write(bytes, (error) => {
      if (error !== undefined && error !== null) onFault(error);
    });
  }

  close(): void {
    for (const { socket } of this.#byId.values()) socket.destroy();
  }

  #accept(socket: Socket, listener: TcpListener): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) return void socket.destroy();
    if ((this.#perSource.get(remoteAddress) ?? 0) >= MOST_PER_SOURCE) return void socket.destroy();
    this.#add(socket, remoteAddress, remotePort, listener);
  }

  #add(socket: Socket, address: string, port: number, listener: TcpListener | undefined): Connection {
    this.#made += 1;
    const connection = new Connection(`tcp-${this.#made}`, socket, address, port, listener);
    const key = peerKey(address, port);
    this.#byId.set(connection.id, connection);
    this.#byPeer.set(key, connection);
    this.#perSource.set(address, (this.#perSource.get(address) ?? 0) + 1);
    // The 'close' that follows does the rest; writers hear of it by their callbacks.
    socket.on('error', () => undefined);
    const stopReading = this.#read(connection);
    socket.once('close', () => {
      stopReading();
      this.#byId.delete(connection.id);
      if (this.#byPeer.get(key) === connection) this.#byPeer.delete(key);
      const left = (this.#perSource.get(address) ?? 1) - 1;
      if (left > 0) this.#perSource.set(address, left);
      else this.#perSource.delete(address);
    });
    return connection;
  }

  /** Cuts the stream into messages, and sets a deadline on the first and on each unfinished one. */
  #read(connection: Connection): () => void {
    const { socket } = connection;
    const framer = new StreamFramer();
    const deadline = (ms: number): (() => void) => this.#clock.after(ms, () => socket.destroy());
    let cancel: (() => void) | undefined = connection.listener === undefined ? undefined : deadline(FIRST_MESSAGE_MS);
    let unfinished = false;
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const framed of framer.push(chunk)) {
          cancel?.();
          cancel = undefined;
          unfinished = false;
          if (framed.kind === 'keepAlive') socket.write(CRLF);
          else this.#user.onMessage(framed.bytes, connection);
        }
        if (framer.fault !== undefined) throw framer.fault;
      } catch (error) {
        this.#user.onBroken(error as Error, connection);
        socket.destroySoon();
        return;
      }
      if (framer.held > 0 && !unfinished) {
        cancel?.();
        cancel = deadline(UNFINISHED_MESSAGE_MS);
        unfinished = true;
      }
    });
    return () => cancel?.();
  }
}

const peerKey = (address: string, port: number): string => `${address} ${port}`;
