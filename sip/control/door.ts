import { timingSafeEqual } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import type { Descriptors } from '../../kernel/descriptors.ts';
import { readFrames } from '../../kernel/frames.ts';
import { Listening } from '../../kernel/listening.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Certificates } from '../transport/certificate.ts';
import { TlsDoor } from '../transport/tls.ts';
import { ApplicationConnection } from './connection.ts';
import { parseTags } from './tags.ts';
import { dismissed, type Frame, fine, parseFrame, refused } from './wire.ts';

/** A frame may be this long: a WebRTC offer with every candidate is a tenth of it. */
const MOST_FRAME_BYTES = 1024 * 1024;
const AUTHENTICATE_MS = 10_000;
const MOST_APPLICATIONS = 256;
/** Applications that we dialled, one for each request they were wanted for. */
const MOST_DIALLED = 5_000;
const AUTHENTICATE_DIALLED_MS = 5_000;
/** A dialled one that has nothing to do and says nothing is let go. */
const IDLE_MS = 600_000;
/** Applications read it: from 0.8.2 on they may ping. */
export const VERSION = 'v0.9.10-huawu';
/** Behind the version: what was of an application of this name and run is still there. */
const KEPT = '+kept';

export interface DoorUser {
  /** What an authenticated application asks, but for authenticate and ping. */
  onFrame(app: ApplicationConnection, frame: Frame): void;
  onOpen(app: ApplicationConnection): void;
  onClosed(app: ApplicationConnection): void;
  hostports(local: boolean): string;
  /** Whether what was of an application with these tags is still there. */
  keeps(tags: ReadonlySet<string>): boolean;
}

/** The admin port. Nothing but `authenticate` is heard from a connection before it has shown the secret. */
export class Door {
  readonly #user: DoorUser;
  readonly #secret: Buffer;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #descriptors: Descriptors;
  readonly #listening: Listening[] = [];
  readonly #apps = new Set<ApplicationConnection>();
  readonly #dialled = new Map<ApplicationConnection, { resolve: (app: ApplicationConnection) => void; heardAt: number }>();

  constructor(user: DoorUser, secret: string, clock: Clock, descriptors: Descriptors, log: Logger) {
    this.#user = user;
    this.#secret = Buffer.from(secret, 'utf8');
    this.#clock = clock;
    this.#descriptors = descriptors;
    this.#log = log;
  }

  /** Rejects with the error of the bind; resolves with the port. */
  open(host: string, port: number): Promise<number> {
    return this.#listen(host, port, (socket) => this.#enter(socket, AUTHENTICATE_MS));
  }

  /** The same over TLS. */
  openSecure(host: string, port: number, certificates: Certificates): Promise<number> {
    const tls = new TlsDoor(
      certificates.contexts.server ?? {},
      false,
      (socket) => this.#enter(socket, AUTHENTICATE_MS),
      (error) => this.#log.info({ error: error.message }, 'application connection'),
    );
    certificates.watch(
      this.#clock,
      ({ server }) => server !== undefined && tls.renew(server),
      // The log of the SIP sockets, which watch the same files, says what is wrong with them.
      () => undefined,
    );
    return this.#listen(host, port, (socket) => tls.take(socket));
  }

  async #listen(host: string, port: number, onSocket: (socket: Socket) => void): Promise<number> {
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 45_000 }, onSocket);
    server.maxConnections = MOST_APPLICATIONS;
    const onError = (error: Error): void => this.#log.warn({ error: error.message }, 'admin port');
    const listening = await Listening.open(server, { host, port }, { descriptors: this.#descriptors, isPrivate: true, onError });
    this.#listening.push(listening);
    return listening.port;
  }

  /** Applications that have authenticated. */
  get connected(): number {
    let count = 0;
    for (const app of this.#apps) if (app.isAuthenticated) count += 1;
    return count;
  }

  /** Bytes that the least loaded application has not read; 0 without any. */
  get shortestBacklog(): number {
    const backlogs = [...this.#apps].filter((app) => app.isAuthenticated).map((app) => app.socket.writableLength);
    return backlogs.length === 0 ? 0 : Math.min(...backlogs);
  }

  close(): void {
    for (const listening of this.#listening) listening.close();
    for (const { socket } of this.#apps) socket.destroySoon();
  }

  /** A connection that we dialled. Resolves when the application there has shown the secret; rejects when it does not, or there are too many. */
  adopt(socket: Socket): Promise<ApplicationConnection> {
    return new Promise((resolve, reject) => {
      if (this.#dialled.size >= MOST_DIALLED) {
        socket.destroy();
        return reject(new Error(`${MOST_DIALLED} applications have been dialled already`));
      }
      const app = this.#enter(socket, AUTHENTICATE_DIALLED_MS);
      app.wasDialled = true;
      this.#dialled.set(app, { resolve, heardAt: this.#clock.now() });
      socket.once('close', () => {
        this.#dialled.delete(app);
        reject(new Error('it has not authenticated'));
      });
    });
  }

  /** Lets dialled applications go that have nothing to do. */
  sweep(): void {
    const now = this.#clock.now();
    for (const [app, { heardAt }] of this.#dialled) {
      const { incoming, outgoing, legs } = app.owned;
      if (now - heardAt >= IDLE_MS && incoming.size + outgoing.size + legs.size === 0) app.socket.end();
    }
  }

  #enter(socket: Socket, authenticateMs: number): ApplicationConnection {
    const app = new ApplicationConnection(socket);
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#apps.add(app);
    const cancel = this.#clock.after(authenticateMs, () => {
      if (!app.isAuthenticated) socket.destroy();
    });
    socket.on('error', (error) => this.#log.info({ peer, error: error.message }, 'application connection'));
    socket.once('close', () => {
      cancel();
      this.#apps.delete(app);
      app.isGone = true;
      if (app.isAuthenticated) this.#user.onClosed(app);
    });
    readFrames(
      socket,
      MOST_FRAME_BYTES,
      (text) => this.#take(app, parseFrame(text)),
      (error) => this.#log.warn({ peer, error: error.message }, 'application broke the framing'),
    );
    return app;
  }

  #take(app: ApplicationConnection, frame: Frame): void {
    if (app.socket.writableEnded || app.isGone) return;
    const dialled = this.#dialled.get(app);
    if (dialled !== undefined) dialled.heardAt = this.#clock.now();
    if (frame.verb === 'authenticate') {
      this.#authenticate(app, frame);
      return;
    }
    if (!app.isAuthenticated) {
      app.dismiss(dismissed(frame.id, 'not authenticated'));
      return;
    }
    if (frame.verb === 'ping') {
      app.deliver(fine(frame.id, 'pong'));
      return;
    }
    try {
      this.#user.onFrame(app, frame);
    } catch (error) {
      // One frame's fault is that frame's alone.
      this.#log.error({ err: error, verb: frame.verb }, 'a frame could not be carried out');
      app.deliver(refused(frame.id, 'Server error: internal error'));
    }
  }

  #authenticate(app: ApplicationConnection, frame: Frame): void {
    if (!this.#isSecret(frame.tokens[0] ?? '')) {
      this.#log.warn({ peer: app.socket.remoteAddress }, 'an application came with a wrong secret');
      app.dismiss(dismissed(frame.id, 'incorrect secret'));
      return;
    }
    const tags = parseTags(frame.tokens[1] ?? '');
    if (typeof tags === 'string') {
      app.dismiss(dismissed(frame.id, tags));
      return;
    }
    app.tags = tags;
    const isNew = !app.isAuthenticated;
    app.isAuthenticated = true;
    app.deliver(fine(frame.id, this.#user.hostports(false), `${VERSION}${this.#user.keeps(tags) ? KEPT : ''}`, this.#user.hostports(true)));
    if (isNew) this.#user.onOpen(app);
    this.#dialled.get(app)?.resolve(app);
  }

  #isSecret(given: string): boolean {
    const bytes = Buffer.from(given, 'utf8');
    return bytes.length === this.#secret.length && timingSafeEqual(bytes, this.#secret);
  }
}
