import { isIP, type Socket } from 'node:net';
import { connect, createServer, type SecureContext, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';
import { LEAST_VERSION } from './certificate.ts';
import type { Connection, Line } from './connection.ts';
import type { Connections } from './connections.ts';
import type { Hop } from './hop.ts';
import { isFor } from './identity.ts';
import { CONNECT_MS, dial, StreamLine, serveStream } from './tcp.ts';

/** From the first byte to the end of the handshake. */
const HANDSHAKE_MS = 10_000;

/** Turns accepted sockets into TLS ones. */
export class TlsDoor {
  readonly #server: Server;

  constructor(options: SecureContextOptions, verifyClient: boolean, onSecure: (socket: TLSSocket) => void, onError: (error: Error) => void) {
    this.#server = createServer({
      ...options,
      minVersion: LEAST_VERSION,
      handshakeTimeout: HANDSHAKE_MS,
      requestCert: verifyClient,
      rejectUnauthorized: verifyClient,
      ALPNProtocols: [],
    });
    this.#server.on('secureConnection', (socket) => {
      // A client that asks for a new handshake again and again costs us far more than itself. Node tells of it and closes nothing.
      socket.disableRenegotiation();
      socket.on('error', () => socket.destroy());
      onSecure(socket);
    });
    this.#server.on('tlsClientError', (error, socket) => {
      onError(error);
      socket.destroy();
    });
  }

  take(socket: Socket): void {
    socket.on('error', () => undefined);
    this.#server.emit('connection', socket);
  }

  /** New handshakes take the new certificate; connections that stand are not touched. */
  renew(options: SecureContextOptions): void {
    this.#server.setSecureContext({ ...options, minVersion: LEAST_VERSION });
  }
}

/** Whether the verified certificate of that peer is for a host; undefined when there is none. */
export function namesOf(socket: TLSSocket): ((host: string) => boolean) | undefined {
  if (!socket.authorized) return undefined;
  const certificate = socket.getPeerCertificate();
  return (host) => isFor(host, certificate);
}

/** `verify` false takes any certificate: for trials. What is sent before the peer has shown who it is waits here. */
export function dialTls(connections: Connections, hop: Hop, context: SecureContext, verify: boolean, clock: Clock): Connection {
  const wanted = hop.name ?? hop.address;
  const socket = connect({
    socket: dial(hop, clock),
    secureContext: context,
    rejectUnauthorized: verify,
    ...(isIP(wanted) === 0 ? { servername: wanted } : {}),
    checkServerIdentity: (_name, certificate) =>
      isFor(wanted, certificate) ? undefined : new Error(`the certificate of ${hop.address}:${hop.port} is not for ${wanted}`),
  });
  const giveUp = clock.after(CONNECT_MS, () => socket.destroy(new Error(`no TLS with ${hop.address}:${hop.port} within ${CONNECT_MS} ms`)));
  socket.once('secureConnect', giveUp);
  socket.once('close', giveUp);
  const line = new PendingLine(socket);
  return serveStream(connections, { protocol: 'tls', address: hop.address, port: hop.port, name: hop.name, listener: undefined }, socket, line, undefined);
}

/** A line that keeps what is written until the handshake has ended well. */
class PendingLine extends StreamLine implements Line {
  #held: { bytes: Buffer; done: (error?: Error | null) => void }[] | undefined = [];
  #heldBytes = 0;

  constructor(socket: TLSSocket) {
    super(socket);
    let why: Error | undefined;
    socket.once('error', (error) => {
      why = error;
    });
    const release = (each: (held: { bytes: Buffer; done: (error?: Error | null) => void }) => void): void => {
      const held = this.#held ?? [];
      this.#held = undefined;
      this.#heldBytes = 0;
      for (const one of held) each(one);
    };
    socket.once('secureConnect', () => release(({ bytes, done }) => super.write(bytes, done)));
    socket.once('close', () => release(({ done }) => done(why ?? new Error('the connection closed before it was secure'))));
  }

  override write(bytes: Buffer, done: (error?: Error | null) => void): void {
    if (this.#held === undefined) super.write(bytes, done);
    else {
      this.#held.push({ bytes, done });
      this.#heldBytes += bytes.length;
    }
  }
  override get unread(): number {
    return super.unread + this.#heldBytes;
  }
}
