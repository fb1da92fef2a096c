import { connect, type Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import { StreamFramer } from '../message/stream.ts';
import type { Connection, Line } from './connection.ts';
import type { Connections } from './connections.ts';
import type { Pass } from './gate.ts';
import type { Hop } from './hop.ts';
import type { Reader } from './reader.ts';

/** Short enough that the next address of a name is tried within 4 s. */
export const CONNECT_MS = 3_500;
const KEEP_ALIVE_MS = 60_000;

/** A byte stream: TCP, and TLS once it is secure. */
export class StreamLine implements Line {
  readonly #socket: Socket;
  constructor(socket: Socket) {
    this.#socket = socket;
  }
  write(bytes: Buffer, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, done);
  }
  get unread(): number {
    return this.#socket.writableLength;
  }
  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
  end(): void {
    this.#socket.destroySoon();
  }
  destroy(error?: Error): void {
    this.#socket.destroy(error);
  }
}

/** Takes a stream into the table and reads SIP from it until it closes. */
export function serveStream(connections: Connections, about: Connection['about'], socket: Socket, line: Line, pass: Pass | undefined): Connection {
  const { connection, reader, closed } = connections.open(about, line, pass);
  // The 'close' that follows does the rest; writers hear of it by their callbacks.
  socket.on('error', () => undefined);
  socket.once('close', closed);
  readStream(socket, reader);
  return connection;
}

/** Cuts the stream into messages. */
function readStream(socket: Socket, reader: Reader): void {
  const framer = new StreamFramer();
  let isBroken = false;
  socket.on('data', (chunk: Buffer) => {
    if (isBroken) return;
    try {
      const framed = framer.push(chunk);
      isBroken = framer.fault !== undefined;
      reader.take(framed, framer.held > 0, framer.fault);
    } catch (error) {
      isBroken = true;
      reader.take([], false, error as Error);
    }
  });
}

/** The connection can be written to at once; what is written waits until it stands. */
export function dialTcp(connections: Connections, hop: Hop, clock: Clock): Connection {
  const socket = dial(hop, clock);
  return serveStream(connections, { protocol: 'tcp', address: hop.address, port: hop.port, listener: undefined }, socket, new StreamLine(socket), undefined);
}

export function dial({ address, port }: Hop, clock: Clock): Socket {
  const socket = connect({ host: address, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
  const giveUp = clock.after(CONNECT_MS, () => socket.destroy(new Error(`no connection to ${address}:${port} within ${CONNECT_MS} ms`)));
  socket.once('connect', giveUp);
  socket.once('close', giveUp);
  return socket;
}
