import { createServer, isIPv6, type Socket } from 'node:net';
import type { Descriptors } from '../../kernel/descriptors.ts';
import { Listening } from '../../kernel/listening.ts';
import type { Gate, Pass } from './gate.ts';
import type { StreamProtocol } from './hop.ts';
import type { Listener } from './listener.ts';

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
  readonly #server;
  #listening: Listening | undefined;

  private constructor(id: string, protocol: StreamProtocol, address: string, gate: Gate, user: AcceptorUser) {
    this.id = id;
    this.protocol = protocol;
    this.address = address;
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
    descriptors: Descriptors,
    user: AcceptorUser,
  ): Promise<Acceptor> {
    const { id, protocol, address, port } = where;
    const acceptor = new Acceptor(id, protocol, address, gate, user);
    const onError = (error: Error): void => user.onError(error);
    acceptor.#listening = await Listening.open(acceptor.#server, { host: address, port, ipv6Only: isIPv6(address) }, { descriptors, onError });
    return acceptor;
  }

  get port(): number {
    return this.#listening?.port ?? 0;
  }

  close(): void {
    this.#listening?.close();
  }
}
