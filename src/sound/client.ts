/**
 * The application's end of the media server's control socket: `MediaServer` over frames of JSON, see media/README.md.
 * It reconnects by itself. The media server keeps our endpoints for half a minute after a connection broke; when they are gone
 * (it is another process), or we have been away for too long, each one still open is told as `endpointLost`.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import { connectControl, readControlAddress } from '../../kernel/control-socket.ts';
import { encodeFrame, readFrames, writeFrame } from '../../kernel/frames.ts';
import { randomToken } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import { type EndpointId, type Kept, type ManagedMediaServer, MediaError, type MediaErrorCode, type MediaEvent, type RecordRequest } from '../../media/port.ts';

export interface MediaIdentity {
  name: string;
  /** This start of it. */
  run: string;
  /** It goes on with what the run before had open; else that is closed. */
  isHeir: boolean;
}

export interface MediaClientOptions {
  /** A path, `tcp:127.0.0.1:port`, or `tls:host:port` with a `secret`. */
  socket: string;
  secret?: string | null;
  /** Who we are, over all our runs; absent = nobody knows us again once we end. */
  identity?: MediaIdentity;
  clock: Clock;
  log: Logger;
  onEvent: (event: MediaEvent) => void;
  /** The connection is gone; requests are refused as `unavailable` until it is back. */
  onLost?: () => void;
  onConnected?: () => void;
}

/**
 * `disconnect` leaves for good; the media server closes our endpoints half a minute later. (`close` is the port's: it closes one endpoint.)
 * `giveUp`: it is connected, but hangs: its endpoints are told lost, and the connection is made anew.
 */
export type MediaClient = ManagedMediaServer & {
  readonly connected: boolean;
  /** What was opened by a run of ours before this one and is there still, taken over. Absent: such a server knows nobody again. */
  kept?(): Promise<Omit<Kept, 'more'>>;
  giveUp(reason: string): void;
  disconnect(): void;
};

const REQUEST_TIMEOUT_MS = 5000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 500;
/** Longer than that nobody should hear silence: calls are put elsewhere, and what the media server has of them is closed when it is there again. */
const GRACE_MS = 2500;
/** Nobody listens there: the process that had our endpoints is dead. */
const NOBODY_LISTENS: readonly string[] = ['ECONNREFUSED', 'ENOENT'];
const MOST_PENDING = 10_000;
const FRAME_LIMIT = 1_048_576;

type Method = keyof ManagedMediaServer | 'kept';
type Reply = { id: number; ok: boolean; result?: unknown; error?: { code: MediaErrorCode; message: string } };
type FromServer = Reply | { n: number; event: MediaEvent };
interface Pending {
  resolve(result: unknown): void;
  reject(error: MediaError): void;
  cancel(): void;
}

class Connection {
  connected = false;
  readonly #options: MediaClientOptions;
  /** By this name a media server that is still the same knows us again. */
  readonly #identity: MediaIdentity;
  readonly #open = new Set<EndpointId>();
  readonly #recordings = new Map<string, { path: string; startedMs: number }>();
  /** Asked to be opened when the connection broke. */
  readonly #abandoned = new Set<EndpointId>();
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  /** Number of the last event that reached us; what came after it is told again after a broken connection. */
  #lastEvent = 0;
  #retryMs = FIRST_RETRY_MS;
  #socket: Socket | null = null;
  #cancelRetry: (() => void) | null = null;
  #cancelGrace: (() => void) | null = null;
  #closed = false;

  constructor(options: MediaClientOptions) {
    this.#options = options;
    this.#identity = options.identity ?? { name: randomToken(12), run: randomToken(12), isHeir: false };
    this.#connect();
  }

  async ask<Result>(method: Method, params: unknown[], endpointId?: EndpointId): Promise<Result> {
    if (!this.connected) throw new MediaError('unavailable', 'the media server is not connected');
    if (method === 'open' && endpointId !== undefined) this.#open.add(endpointId);
    try {
      const result = await this.#send(method, params);
      if (method === 'close' && endpointId !== undefined) this.#open.delete(endpointId);
      return result as Result;
    } catch (error) {
      if (method === 'open' && endpointId !== undefined) this.#abandon(endpointId, error);
      throw error;
    }
  }

  async record(request: RecordRequest): Promise<void> {
    await this.ask('record', [request]);
    this.#recordings.set(request.recordingId, { path: request.path, startedMs: this.#options.clock.now() });
  }

  giveUp(reason: string): void {
    this.#abandonAll();
    this.#loseEndpoints(reason);
    this.#socket?.destroy();
  }

  async kept(): Promise<Omit<Kept, 'more'>> {
    const all: Omit<Kept, 'more'> = { endpoints: [], recordings: [] };
    for (let more = true; more; ) {
      const part = await this.ask<Kept>('kept', [all.endpoints.length]);
      all.endpoints.push(...part.endpoints);
      all.recordings = part.recordings;
      more = part.more && part.endpoints.length > 0;
    }
    for (const { endpointId } of all.endpoints) this.#open.add(endpointId);
    for (const { recordingId, path, startedMs } of all.recordings) this.#recordings.set(recordingId, { path, startedMs });
    return all;
  }

  /** They are closed when the media server is there again. */
  #abandonAll(): void {
    for (const endpointId of this.#open) if (this.#abandoned.size < MOST_PENDING) this.#abandoned.add(endpointId);
  }

  /** Whoever asked takes it for not opened; whether it is, we do not know when the answer did not come. */
  #abandon(endpointId: EndpointId, error: unknown): void {
    this.#open.delete(endpointId);
    if (!(error instanceof MediaError) || (error.code !== 'timeout' && error.code !== 'unavailable')) return;
    if (this.connected) this.#send('close', [endpointId]).catch(() => undefined);
    else if (this.#abandoned.size < MOST_PENDING) this.#abandoned.add(endpointId);
  }

  disconnect(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    this.#cancelGrace?.();
    this.#socket?.destroy();
  }

  #send(method: string, params: unknown[]): Promise<unknown> {
    const socket = this.#socket;
    if (socket === null || this.#pending.size >= MOST_PENDING)
      return Promise.reject(new MediaError('unavailable', 'too many requests wait for the media server'));
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const cancel = this.#options.clock.after(REQUEST_TIMEOUT_MS, () => {
        this.#pending.delete(id);
        reject(new MediaError('timeout', `the media server did not answer ${method} within ${REQUEST_TIMEOUT_MS} ms`));
      });
      this.#pending.set(id, { resolve, reject, cancel });
      writeFrame(socket, encodeFrame(JSON.stringify({ id, method, params })));
    });
  }

  #connect(): void {
    const { socket: where, secret = null, log } = this.#options;
    const socket = connectControl(readControlAddress(where), secret, () => void this.#introduce(socket));
    this.#socket = socket;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      log.debug({ error: error.message }, 'media server connection');
      if (NOBODY_LISTENS.includes(error.code ?? '')) this.#loseEndpoints('the media server died');
    });
    socket.on('close', () => this.#lost());
    readFrames(
      socket,
      FRAME_LIMIT,
      (text) => this.#heard(text),
      (error) => log.error({ error: error.message }, 'the media server broke the framing'),
    );
  }

  async #introduce(socket: Socket): Promise<void> {
    try {
      const { name, run, isHeir } = this.#identity;
      const { known } = (await this.#send('hello', [name, this.#lastEvent, run, isHeir])) as { known: boolean };
      // Another server, or one that forgot us, counts from one.
      if (!known) this.#lastEvent = 0;
      this.connected = true;
      this.#cancelGrace?.();
      this.#retryMs = FIRST_RETRY_MS;
      if (!known) this.#loseEndpoints('the media server does not know it any more');
      for (const endpointId of this.#abandoned) this.#send('close', [endpointId]).catch(() => undefined);
      this.#abandoned.clear();
      this.#options.log.info({ known }, 'media server connected');
      this.#options.onConnected?.();
    } catch {
      socket.destroy();
    }
  }

  #lost(): void {
    const { clock, log, onLost } = this.#options;
    for (const pending of this.#pending.values()) {
      pending.cancel();
      pending.reject(new MediaError('unavailable', 'the connection to the media server broke'));
    }
    this.#pending.clear();
    const had = this.connected;
    this.connected = false;
    this.#socket = null;
    if (this.#closed) return;
    if (had) {
      log.warn('media server connection lost');
      this.#cancelGrace = clock.after(GRACE_MS, () => {
        this.#abandonAll();
        this.#loseEndpoints('the media server is away');
      });
      onLost?.();
    }
    this.#cancelRetry = clock.after(this.#retryMs, () => this.#connect());
    this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
  }

  /** With the endpoints go their recordings: they are as long as they got. */
  #loseEndpoints(reason: string): void {
    const { clock, onEvent } = this.#options;
    const cut = [...this.#recordings];
    const lost = [...this.#open];
    this.#recordings.clear();
    this.#open.clear();
    for (const [recordingId, { path, startedMs }] of cut)
      onEvent({ type: 'recordingEnded', recordingId, path, durationMs: Math.round(clock.now() - startedMs), complete: false, reason });
    for (const endpointId of lost) onEvent({ type: 'endpointLost', endpointId, reason });
  }

  #heard(text: string): void {
    let message: FromServer;
    try {
      message = JSON.parse(text) as FromServer;
    } catch {
      this.#options.log.error('the media server sent what is no JSON');
      this.#socket?.destroy();
      return;
    }
    if ('event' in message) {
      this.#lastEvent = message.n;
      if (message.event.type === 'endpointLost') this.#open.delete(message.event.endpointId);
      if (message.event.type === 'recordingEnded') this.#recordings.delete(message.event.recordingId);
      this.#options.onEvent(message.event);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    pending.cancel();
    if (message.ok) pending.resolve(message.result);
    else pending.reject(new MediaError(message.error?.code ?? 'internal', message.error?.message ?? 'the media server gave no reason'));
  }
}

/** Returns at once; `onConnected` tells when the server is there. */
export function connectMedia(options: MediaClientOptions): MediaClient {
  const connection = new Connection(options);
  return {
    get connected() {
      return connection.connected;
    },
    capabilities: () => connection.ask('capabilities', []),
    open: (request) => connection.ask('open', [request], request.endpointId),
    accept: (endpointId, answer, from) => connection.ask('accept', from === undefined ? [endpointId, answer] : [endpointId, answer, from]),
    renegotiate: (endpointId, offer) => connection.ask('renegotiate', [endpointId, offer]),
    play: (endpointId, playId, sources, playing) => connection.ask('play', [endpointId, playId, sources, playing]),
    changePlay: (endpointId, playId, change) => connection.ask('changePlay', [endpointId, playId, change]),
    stop: (endpointId) => connection.ask('stop', [endpointId]),
    sendDigits: (endpointId, keys) => connection.ask('sendDigits', [endpointId, keys]),
    signalledKey: (endpointId, key) => connection.ask('signalledKey', [endpointId, key]),
    listenForTones: (endpointId, when) => connection.ask('listenForTones', [endpointId, when]),
    maskKeys: (endpointId, mostMs) => connection.ask('maskKeys', [endpointId, mostMs]),
    unmaskKeys: (endpointId) => connection.ask('unmaskKeys', [endpointId]),
    join: (a, b) => connection.ask('join', [a, b]),
    part: (a, b) => connection.ask('part', [a, b]),
    echo: (endpointId) => connection.ask('echo', [endpointId]),
    mute: (endpointId, muted) => connection.ask('mute', [endpointId, muted]),
    conference: (request) => connection.ask('conference', [request]),
    setGains: (conferenceId, gains) => connection.ask('setGains', [conferenceId, gains]),
    removeFromConference: (conferenceId, endpointId) => connection.ask('removeFromConference', [conferenceId, endpointId]),
    endConference: (conferenceId) => connection.ask('endConference', [conferenceId]),
    playToConference: (conferenceId, playId, sources, playing) => connection.ask('playToConference', [conferenceId, playId, sources, playing]),
    record: (request) => connection.record(request),
    pauseRecording: (recordingId) => connection.ask('pauseRecording', [recordingId]),
    resumeRecording: (recordingId) => connection.ask('resumeRecording', [recordingId]),
    moveRecording: (recordingId, left, right) => connection.ask('moveRecording', [recordingId, left, right]),
    stopRecording: (recordingId) => connection.ask('stopRecording', [recordingId]),
    tap: (request) => connection.ask('tap', [request]),
    untap: (endpointId, tapId) => connection.ask('untap', [endpointId, tapId]),
    watchVoice: (endpointId, on) => connection.ask('watchVoice', [endpointId, on]),
    detectAnswer: (endpointId, times = {}) => connection.ask('detectAnswer', [endpointId, times]),
    stats: (endpointId) => connection.ask('stats', [endpointId]),
    close: (endpointId) => connection.ask('close', [endpointId], endpointId),
    report: () => connection.ask('report', []),
    drain: () => connection.ask('drain', []),
    kept: () => connection.kept(),
    giveUp: (reason) => connection.giveUp(reason),
    disconnect: () => connection.disconnect(),
  };
}
