/**
 * The control socket: frames of JSON, requests answered by id, events in between. An application is known by the name it says
 * in `hello`; when its connection breaks it has half a minute to come back before its endpoints are closed. One that was started anew either goes on with what its run
 * before had, or has it closed at once.
 */
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';
import { securedServer } from '../../kernel/control-socket.ts';
import { Descriptors } from '../../kernel/descriptors.ts';
import { encodeFrame, readFrames, writeFrame } from '../../kernel/frames.ts';
import { Listening } from '../../kernel/listening.ts';
import { type Logger, limited } from '../../kernel/log.ts';
import type { MediaConfig } from '../config.ts';
import { prepareSocketFolder } from '../config.ts';
import { MediaError, type MediaEvent } from '../port.ts';
import { isMethod, type MethodName, readRequest } from './requests.ts';

export interface ListenerOptions {
  socket: MediaConfig['socket'];
  /** Of a TLS port. */
  secret: string;
  /** An application that is away for longer has its endpoints closed. */
  graceMs: number;
  clock: Clock;
  log: Logger;
  ask: (owner: string, method: MethodName, params: unknown) => Promise<unknown>;
  onGone: (owner: string) => void;
}

const FRAME_LIMIT = 1_048_576;
/** An application that reads nothing any more is cut off. */
const MOST_UNREAD_BYTES = 16 * 1024 * 1024;
const MOST_EVENTS_KEPT = 2000;
const MOST_CONNECTIONS = 32;
/** What every application is told that comes later; older ones are forgotten. */
const MOST_FOR_ALL = 1000;

/** Of the last events before a connection broke: recordings that ended are told again to another run, as nobody knows whether they were heard. */
const PERHAPS_UNHEARD = 200;

interface Application {
  socket: Socket | null;
  /** Which run of it this is; '' = it does not say. */
  run: string;
  /** The last event that was told over a connection that broke. */
  toldAtBreak: number;
  /** The events last told, numbered from 1: what was on its way when a connection broke is told again on the next. */
  recent: { n: number; event: MediaEvent }[];
  last: number;
  cancelGrace: () => void;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #applications = new Map<string, Application>();
  readonly #forAll: MediaEvent[] = [];
  readonly #server: Server;
  #stopWatching: () => void = () => undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { socket: at, secret, clock, log } = options;
    const meet = (socket: Socket): void => this.#meet(socket);
    this.#server = 'host' in at && at.secured ? createTlsServer(securedServer(secret), meet) : createServer(meet);
    const warn = limited(log, clock);
    this.#server.on('tlsClientError', (error: Error) => warn('a stranger at the control socket', { error: error.message }));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  async listen(): Promise<void> {
    const { socket, clock, log } = this.#options;
    if ('path' in socket) await this.#listenAt(socket.path);
    else await started(this.#server, () => this.#server.listen(socket.port, socket.host));
    // Endpoints may have taken every descriptor: an application that comes again must not keep this loop busy for nothing.
    const descriptors = new Descriptors(clock);
    const listening = new Listening(this.#server, socket, {
      descriptors,
      isPrivate: true,
      onListening: () => {
        if ('path' in socket) chmodSync(socket.path, 0o600);
      },
      onError: (error) => log.warn({ error: error.message }, 'the control socket'),
    });
    this.#stopWatching = () => {
      listening.release();
      descriptors.stop();
    };
  }

  /** The TCP port listened on, when it was given as 0. */
  get port(): number | null {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : null;
  }

  get applications(): number {
    return this.#applications.size;
  }

  tell(owner: string, event: MediaEvent): void {
    const application = this.#applications.get(owner);
    if (application === undefined) return;
    application.last += 1;
    const numbered = { n: application.last, event };
    // Secret keys are kept no longer than somebody waits for them.
    if (event.type === 'maskEnded') application.recent = application.recent.filter((each) => !isSecretOf(each.event, event.endpointId));
    application.recent.push(numbered);
    if (application.recent.length > MOST_EVENTS_KEPT * 2) application.recent.splice(0, MOST_EVENTS_KEPT);
    if (application.socket !== null) this.#write(application.socket, numbered);
  }

  /** To those who are here, and to each who comes for the first time. */
  tellAll(event: MediaEvent): void {
    this.#forAll.push(event);
    if (this.#forAll.length > MOST_FOR_ALL) this.#forAll.shift();
    for (const owner of this.#applications.keys()) this.tell(owner, event);
  }

  close(): void {
    this.#stopWatching();
    this.#server.close();
    for (const application of this.#applications.values()) {
      application.cancelGrace();
      application.socket?.destroy();
    }
  }

  /** Only we may reach the socket: nobody else may enter its folder, nor open it. */
  async #listenAt(path: string): Promise<void> {
    prepareSocketFolder(path);
    if (existsSync(path)) {
      if (await isAnswered(path)) throw new Error(`${path}: another media server is listening there`);
      rmSync(path);
    }
    const mask = process.umask(0o177);
    try {
      await started(this.#server, () => this.#server.listen(path));
    } finally {
      process.umask(mask);
    }
  }

  #meet(socket: Socket): void {
    const { log } = this.#options;
    const connection: Connection = { owner: null, inherits: false };
    socket.setNoDelay(true);
    socket.on('error', (error) => log.debug({ error: error.message }, 'control connection'));
    socket.on('close', () => this.#lost(connection.owner, socket));
    readFrames(
      socket,
      FRAME_LIMIT,
      (text) => this.#heard(socket, connection, text),
      (error) => log.warn({ error: error.message }, 'a control connection broke the framing'),
    );
  }

  #heard(socket: Socket, connection: Connection, text: string): void {
    let request: ReturnType<typeof readRequest>;
    try {
      request = readRequest(text);
    } catch {
      this.#options.log.warn('a control connection sent what is no request');
      socket.destroy();
      return;
    }
    const { id, method, params } = request;
    this.#answer(socket, connection, method, params).then(
      (result) => {
        this.#write(socket, { id, ok: true, result: result ?? null });
        if (method === 'hello') this.#catchUp(connection, (result as { known: boolean }).known ? params : []);
      },
      (error: unknown) => {
        if (!(error instanceof MediaError)) this.#options.log.error({ err: error, method }, 'a request failed');
        const shown = error instanceof MediaError ? { code: error.code, message: error.message } : { code: 'internal', message: 'the media server failed' };
        this.#write(socket, { id, ok: false, error: shown });
      },
    );
  }

  async #answer(socket: Socket, connection: Connection, method: string, params: unknown): Promise<unknown> {
    if (!isMethod(method)) throw new MediaError('bad_request', `no method ${method}`);
    const owner = connection.owner;
    if (method !== 'hello' && owner === null) throw new MediaError('bad_request', 'say hello first');
    if (method !== 'hello') return this.#options.ask(owner ?? '', method, params);
    const name = Array.isArray(params) && typeof params[0] === 'string' ? params[0] : '';
    if (name === '' || owner !== null) throw new MediaError('bad_request', 'hello takes a name and the number of the last event, once');
    connection.owner = name;
    return this.#welcome(name, connection, socket, params as unknown[]);
  }

  #welcome(name: string, connection: Connection, socket: Socket, [, , said, isHeir]: unknown[]): { known: boolean } {
    const run = typeof said === 'string' ? said : '';
    const before = this.#applications.get(name);
    before?.cancelGrace();
    if (before?.socket != null) before.socket.destroy();
    const isAnew = before !== undefined && before.run !== run;
    const known = isAnew && isHeir !== true ? undefined : before;
    if (isAnew && known === undefined) this.#options.onGone(name);
    const news = this.#forAll.map((event, at) => ({ n: at + 1, event }));
    const toldAtBreak = known?.socket == null ? (known?.toldAtBreak ?? 0) : known.last;
    this.#applications.set(name, { socket, run, toldAtBreak, recent: known?.recent ?? news, last: known?.last ?? news.length, cancelGrace: () => undefined });
    this.#options.log.info({ known: known !== undefined, isAnew }, 'an application is connected');
    connection.inherits = isAnew && known !== undefined;
    return { known: known !== undefined };
  }

  /** hello's second word is the number of the last event that reached the application; another run of it has heard of none. */
  #catchUp({ owner, inherits }: Connection, params: unknown): void {
    const application = owner === null ? undefined : this.#applications.get(owner);
    if (application === undefined || application.socket === null) return;
    const said = Array.isArray(params) && typeof params[1] === 'number' ? params[1] : 0;
    const heard = inherits ? application.toldAtBreak : said;
    const isMissed = ({ n, event }: Application['recent'][number]): boolean =>
      n > heard || (inherits && event.type === 'recordingEnded' && n > heard - PERHAPS_UNHEARD);
    for (const numbered of application.recent) if (isMissed(numbered)) this.#write(application.socket, numbered);
  }

  #lost(name: string | null, socket: Socket): void {
    const application = name === null ? undefined : this.#applications.get(name);
    if (name === null || application?.socket !== socket) return;
    application.socket = null;
    application.toldAtBreak = application.last;
    application.cancelGrace = this.#options.clock.after(this.#options.graceMs, () => {
      this.#applications.delete(name);
      this.#options.log.warn('an application is gone: its endpoints are closed');
      this.#options.onGone(name);
    });
  }

  #write(socket: Socket, message: object): void {
    if (socket.destroyed) return;
    if (socket.writableLength > MOST_UNREAD_BYTES) {
      this.#options.log.error('an application does not read: cut off');
      socket.destroy();
      return;
    }
    writeFrame(socket, encodeFrame(JSON.stringify(message)));
  }
}

interface Connection {
  /** null before its `hello`. */
  owner: string | null;
  /** What it finds is another run's. */
  inherits: boolean;
}

const isSecretOf = (event: MediaEvent, endpointId: string): boolean => event.type === 'digit' && event.masked === true && event.endpointId === endpointId;

function started(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    listen();
  });
}

/** A socket file nobody answers at is left from a process that died. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
