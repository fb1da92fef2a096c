import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';
import type { Descriptors } from '../../kernel/descriptors.ts';
import { Listening } from '../../kernel/listening.ts';
import { Acceptor } from './acceptor.ts';
import { Certificates, type TlsFiles } from './certificate.ts';
import type { Connection } from './connection.ts';
import { Connections, type ConnectionsUser } from './connections.ts';
import { Gate, type Pass } from './gate.ts';
import { FlowFailed, type Hop, type StreamProtocol } from './hop.ts';
import type { Listener } from './listener.ts';
import { dialTcp, StreamLine, serveStream } from './tcp.ts';
import { dialTls, namesOf, TlsDoor } from './tls.ts';
import { WebSocketDoor, type WebSocketOptions } from './ws.ts';

export interface StreamsUser extends ConnectionsUser {
  onError(error: Error): void;
  /** The certificate was renewed, or could not be. */
  onCertificate(error: Error | undefined): void;
}

export interface StreamOptions {
  readonly files: TlsFiles;
  /** Clients must show a certificate that our authorities signed. */
  readonly verifyClient: boolean;
  /** Servers that we dial must show one. */
  readonly verifyServer: boolean;
  readonly webSocket: WebSocketOptions;
}

/** Everything that carries SIP in a stream: TCP, TLS, WebSocket in both. */
export class Streams {
  readonly connections: Connections;
  readonly #user: StreamsUser;
  readonly #clock: Clock;
  readonly #descriptors: Descriptors;
  readonly #options: StreamOptions;
  readonly #gate = new Gate();
  readonly #webSocket: WebSocketDoor;
  readonly #certificates: Certificates;
  readonly #tlsDoors: TlsDoor[] = [];
  #acceptors: Acceptor[] = [];
  #behindApplication: Listening | undefined;

  /** Throws when the files of TLS cannot be used. */
  constructor(user: StreamsUser, clock: Clock, descriptors: Descriptors, options: StreamOptions) {
    this.#user = user;
    this.#clock = clock;
    this.#descriptors = descriptors;
    this.#options = options;
    this.connections = new Connections(user, clock);
    this.#webSocket = new WebSocketDoor(this.connections, this.#gate, clock, options.webSocket);
    this.#certificates = new Certificates(options.files);
    this.#certificates.watch(
      clock,
      ({ server }) => {
        if (server !== undefined) for (const door of this.#tlsDoors) door.renew(server);
        user.onCertificate(undefined);
      },
      (error) => user.onCertificate(error),
    );
  }

  get listeners(): readonly Listener[] {
    return this.#acceptors;
  }

  /** Rejects with the error of the bind. Resolves with the port. */
  async listen(protocol: StreamProtocol, address: string, port: number): Promise<number> {
    const id = `${protocol}:${this.#acceptors.length}`;
    const user = { onSocket: this.#entrance(protocol), onError: (error: Error) => this.#user.onError(error) };
    const acceptor = await Acceptor.open({ id, protocol, address, port }, this.#gate, this.#descriptors, user);
    this.#acceptors.push(acceptor);
    return acceptor.port;
  }

  /** A socket file for the application, which takes browsers in on its HTTP port; they are taken as if they came to `listener`. */
  async listenBehindApplication(path: string, listener: Listener): Promise<void> {
    // One that a dead server left behind would refuse the bind.
    rmSync(path, { force: true });
    const server = createServer((socket) => this.#webSocket.take(socket, { listener, behindApplication: true }));
    const onError = (error: Error): void => this.#user.onError(error);
    this.#behindApplication = await Listening.open(
      server,
      { path, readableAll: false, writableAll: false },
      { descriptors: this.#descriptors, isPrivate: true, onError },
    );
  }

  send(bytes: Buffer, to: Hop, onFault: (error: Error) => void): string | undefined {
    const connection = this.connections.find(to.flow) ?? this.connections.to(to) ?? this.#dial(to);
    if (connection === undefined) process.nextTick(onFault, new FlowFailed());
    else connection.send(bytes, onFault);
    return connection?.id;
  }

  closeListeners(): void {
    for (const acceptor of this.#acceptors) acceptor.close();
    this.#acceptors = [];
    this.#behindApplication?.close();
    this.#behindApplication = undefined;
  }

  close(): void {
    this.closeListeners();
    this.#webSocket.close();
    this.connections.close();
    this.#certificates.close();
  }

  /** Browsers take no connections: to them there is only the one they opened. */
  #dial(to: Hop): Connection | undefined {
    if (to.protocol === 'tcp') return dialTcp(this.connections, to, this.#clock);
    return to.protocol === 'tls' ? dialTls(this.connections, to, this.#certificates.contexts.client, this.#options.verifyServer, this.#clock) : undefined;
  }

  #entrance(protocol: StreamProtocol): (socket: Socket, pass: Pass, listener: Listener) => void {
    if (protocol === 'tcp')
      return (socket, pass, listener) => {
        const { remoteAddress: address, remotePort: port } = socket;
        if (address === undefined || port === undefined) socket.destroy();
        else serveStream(this.connections, { protocol, address, port, listener }, socket, new StreamLine(socket), pass);
      };
    if (protocol === 'ws') return (socket, pass, listener) => this.#webSocket.take(socket, { pass, listener });
    return this.#secureEntrance(protocol);
  }

  #secureEntrance(protocol: 'tls' | 'wss') {
    // The secure socket and the one beneath it share their peer's address and port.
    const shaking = new Map<string, { pass: Pass; listener: Listener }>();
    const keyOf = (socket: { remoteAddress?: string | undefined; remotePort?: number | undefined }): string => `${socket.remoteAddress} ${socket.remotePort}`;
    const door = new TlsDoor(
      this.#certificates.contexts.server ?? {},
      this.#options.verifyClient,
      (socket) => {
        const entered = shaking.get(keyOf(socket));
        if (entered === undefined) socket.destroy();
        else this.#enterSecure(protocol, socket, entered.pass, entered.listener);
      },
      (error) => this.#user.onError(error),
    );
    this.#tlsDoors.push(door);
    return (socket: Socket, pass: Pass, listener: Listener): void => {
      const key = keyOf(socket);
      shaking.set(key, { pass, listener });
      socket.once('close', () => shaking.delete(key));
      door.take(socket);
    };
  }

  #enterSecure(protocol: 'tls' | 'wss', socket: TLSSocket, pass: Pass, listener: Listener): void {
    const { remoteAddress: address, remotePort: port } = socket;
    if (address === undefined || port === undefined) socket.destroy();
    else if (protocol === 'wss') this.#webSocket.take(socket, { pass, listener });
    else serveStream(this.connections, { protocol, address, port, listener, isPeerNamed: namesOf(socket) }, socket, new StreamLine(socket), pass);
  }
}
