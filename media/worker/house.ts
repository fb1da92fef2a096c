/** The endpoints of one worker, and what the main thread may order of them. */
import type { Clock } from '../../kernel/clock.ts';
import type { Clip } from '../play/clip.ts';
import { Library } from '../play/library.ts';
import { Playing } from '../play/playing.ts';
import { Playlist } from '../play/playlist.ts';
import { Tick } from '../play/tick.ts';
import { MediaError, type Source, type TapRequest } from '../port.ts';
import { Recordings } from '../record/recordings.ts';
import { Taps } from '../tap/taps.ts';
import { Endpoint } from './endpoint.ts';
import { Exchange } from './exchange.ts';
import { Lag } from './lag.ts';
import type { FromWorker, OpenEndpoint, OrderHandlers, Orders } from './messages.ts';
import { giveUp, takeUp } from './moving.ts';
import { Rota } from './rota.ts';
import { PortTaken, type RtpSockets, type SocketEngine, type SocketOwner } from './sockets.ts';
import type { Surroundings } from './surroundings.ts';
import { Threshold } from './threshold.ts';

const CHECK_EACH_MS = 1000;
const MOST_KEPT_AUDIO_BYTES = 128 * 1024 * 1024;

export class House implements Surroundings {
  readonly tick: Tick;
  readonly handlers: OrderHandlers;
  readonly #clock: Clock;
  readonly #exchange: Exchange;
  readonly #post: (message: FromWorker) => void;
  readonly #engine: SocketEngine;
  readonly #lag: Lag;
  readonly #endpoints = new Map<string, Endpoint>();
  /** By port. */
  readonly #prepared = new Map<number, Threshold>();
  /** Something of them is still under way. */
  readonly #busy = new Set<{ endpoint: Endpoint }>();
  readonly #recordings: Recordings;
  readonly #checks: Rota<Endpoint>;
  readonly #taps = new Taps(this);
  readonly #library = new Library(MOST_KEPT_AUDIO_BYTES);

  constructor(clock: Clock, post: (message: FromWorker) => void, engine: SocketEngine) {
    this.#clock = clock;
    this.#engine = engine;
    this.#lag = new Lag(clock);
    this.#post = post;
    const faulty = (error: unknown): void => this.fault(error);
    this.tick = new Tick(clock, faulty, { begins: () => engine.gather(), ends: () => engine.flush() });
    this.#exchange = new Exchange(this.tick, this.tell);
    this.#checks = new Rota(clock, CHECK_EACH_MS, (endpoint, nowMs) => endpoint.check(nowMs), faulty);
    this.#recordings = new Recordings(clock, faulty);
    this.handlers = this.#orders();
  }

  now(): number {
    return this.#clock.now();
  }

  tell: Surroundings['tell'] = (event) => this.#post({ event });

  unforwardable(endpoint: Endpoint): void {
    this.#exchange.unforwardable(endpoint);
  }

  alarm(endpointId: string, strangersASecond: number): void {
    this.#post({ alarm: { endpointId, strangersASecond } });
  }

  /** One endpoint's fault; the others go on. */
  fault(error: unknown): void {
    this.#post({ fault: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }

  #orders(): OrderHandlers {
    return {
      prepare: ({ family, host, port }) => this.#prepare(family, host, port),
      discard: ({ port }) => done(this.#discard(port)),
      open: (params) => this.#open(params),
      agree: (params) => this.#agree(params),
      play: (params) => this.#play(params),
      changePlay: ({ endpointId, playId, change }) => this.#endpoint(endpointId).speaker.changePlay(playId, change),
      stop: ({ endpointId }) => done(this.#endpoint(endpointId).speaker.endPlay('stopped')),
      sendDigits: ({ endpointId, keys }) => this.#sendDigits(endpointId, keys),
      signalledKey: ({ endpointId, key }) => done(this.#endpoint(endpointId).signalled(key)),
      listenForTones: ({ endpointId, when }) => done(this.#endpoint(endpointId).keys.listen(when)),
      maskKeys: ({ endpointId, mostMs }) => done(this.#endpoint(endpointId).mask(mostMs)),
      unmaskKeys: ({ endpointId }) => done(this.#endpoint(endpointId).unmask()),
      join: ({ a, b }) => done(this.#exchange.join(this.#endpoint(a), this.#endpoint(b))),
      part: ({ a, b }) => done(this.#exchange.part(this.#endpoint(a), this.#endpoint(b))),
      echo: ({ endpointId }) => done(this.#exchange.echo(this.#endpoint(endpointId))),
      mute: ({ endpointId, muted }) => this.#mute(this.#endpoint(endpointId), muted),
      conference: ({ conferenceId, members, gains }) =>
        done(
          this.#exchange.confer(
            conferenceId,
            members.map((each) => this.#endpoint(each)),
            gains,
          ),
        ),
      setGains: ({ conferenceId, gains }) => done(this.#exchange.setGains(conferenceId, gains)),
      removeFromConference: ({ conferenceId, endpointId }) => done(this.#exchange.removeFrom(conferenceId, this.#endpoint(endpointId))),
      endConference: ({ conferenceId }) => done(this.#exchange.end(conferenceId)),
      playToConference: (params) => this.#playToConference(params),
      record: ({ recordingId, file, paused, ...legs }) => done(this.#recordings.begin(recordingId, file, this.#sides(legs), paused)),
      pauseRecording: ({ recordingId }) => done(this.#recordings.pause(recordingId)),
      resumeRecording: ({ recordingId }) => done(this.#recordings.resume(recordingId)),
      moveRecording: ({ recordingId, ...legs }) => done(this.#recordings.move(recordingId, this.#sides(legs))),
      stopRecording: ({ recordingId }) => done(this.#recordings.end(recordingId)),
      tap: (request) => this.#tap(request),
      untap: ({ tapId }) => this.#taps.close(tapId),
      watchVoice: ({ endpointId, on }) => this.#taps.watch(this.#endpoint(endpointId), (watch) => watch.watchVoice(on)),
      detectAnswer: ({ endpointId, times }) => this.#taps.watch(this.#endpoint(endpointId), (watch) => watch.detectAnswer(times)),
      stats: ({ endpointId }) => this.#endpoint(endpointId).stats(),
      close: ({ endpointId }) => this.#close(endpointId),
      yield: ({ endpointIds }) => this.#yield(endpointIds),
      adopt: ({ moving }) => this.#adopt(moving),
      recorder: ({ port }) => done(this.#recordings.meetRecorder(port)),
      ping: () => this.#lag.take(),
    };
  }

  #endpoint(endpointId: string): Endpoint {
    const endpoint = this.#endpoints.get(endpointId);
    if (endpoint === undefined) throw new MediaError('unknown_endpoint', `no endpoint ${endpointId}`);
    // Whatever is ordered may change what has to be done with its packets.
    endpoint.told();
    return endpoint;
  }

  async #open(setup: OpenEndpoint): Promise<{ taken: boolean }> {
    const endpoint = new Endpoint(setup, this);
    const owner = this.#guarded(endpoint);
    const prepared = this.#prepared.get(setup.port);
    this.#prepared.delete(setup.port);
    const sockets = prepared?.meet(owner) ?? (await this.#bind(setup.family, setup.host, setup.port, owner));
    if (sockets === null) return { taken: true };
    endpoint.attach(sockets);
    this.#welcome(endpoint);
    return { taken: false };
  }

  async #prepare(family: 4 | 6, host: string, port: number): Promise<{ taken: boolean }> {
    const threshold = new Threshold();
    const sockets = await this.#bind(family, host, port, threshold);
    if (sockets === null) return { taken: true };
    threshold.sockets = sockets;
    this.#prepared.set(port, threshold);
    return { taken: false };
  }

  #discard(port: number): void {
    this.#prepared.get(port)?.sockets?.close();
    this.#prepared.delete(port);
  }

  /** null = another program holds the port. */
  async #bind(family: 4 | 6, host: string, port: number, owner: SocketOwner): Promise<RtpSockets | null> {
    try {
      return await this.#engine.open(family, host, port, owner);
    } catch (error) {
      if (error instanceof PortTaken) return null;
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EMFILE' || code === 'ENFILE') throw new MediaError('no_ports', 'the process may open no more sockets');
      throw new MediaError('internal', `the RTP port ${port} could not be opened: ${(error as Error).message}`);
    }
  }

  /** What goes wrong with one packet is told and harms nobody else. */
  #guarded(endpoint: Endpoint): { heardRtp: Endpoint['heardRtp']; heardRtcp: Endpoint['heardRtcp'] } {
    return {
      heardRtp: (packet, address, port) => {
        try {
          endpoint.heardRtp(packet, address, port);
        } catch (error) {
          this.fault(error);
        }
      },
      heardRtcp: (packet, address) => {
        try {
          endpoint.heardRtcp(packet, address);
        } catch (error) {
          this.fault(error);
        }
      },
    };
  }

  #play({ endpointId, playId, sources, loop, bargeIn, volumeDb = 0, fromMs = 0 }: Orders['play']['params']): null {
    const endpoint = this.#endpoint(endpointId);
    endpoint.speaker.startPlay(new Playing(playId, bargeIn, volumeDb, fromMs));
    Promise.all(sources.map((source) => this.#clip(endpoint, source))).then(
      (clips) => endpoint.speaker.play(playId, new Playlist(clips, loop)),
      (error: Error) => endpoint.speaker.endPlay('failed', error.message, playId),
    );
    return null;
  }

  #playToConference({ conferenceId, playId, sources, loop }: Orders['playToConference']['params']): null {
    this.#exchange.startPlay(conferenceId, playId);
    Promise.all(sources.map((source) => this.#library.clip(source))).then(
      (clips) => this.#exchange.play(conferenceId, playId, new Playlist(clips, loop)),
      (error: Error) => this.#exchange.failPlay(conferenceId, playId, error.message),
    );
    return null;
  }

  async #agree({ endpointId, agreed }: Orders['agree']['params']): Promise<null> {
    const endpoint = this.#endpoint(endpointId);
    await this.#staying(endpoint, () => endpoint.agree(agreed));
    this.#exchange.agreed(endpoint);
    return null;
  }

  /** Until `work` is done it is not moved. */
  async #staying<T>(endpoint: Endpoint, work: () => Promise<T>): Promise<T> {
    const under = { endpoint };
    this.#busy.add(under);
    try {
      return await work();
    } finally {
      this.#busy.delete(under);
    }
  }

  async #yield(endpointIds: readonly string[]): Promise<Orders['yield']['result']> {
    await this.#engine.caughtUp();
    const legs = endpointIds.flatMap((endpointId) => this.#endpoints.get(endpointId) ?? []);
    const isBusy = [...this.#busy].some(({ endpoint }) => legs.includes(endpoint));
    if (legs.length !== endpointIds.length || isBusy) return null;
    const moving = giveUp(legs);
    if (moving !== null) for (const leg of legs) this.#forget(leg);
    return moving;
  }

  async #adopt(moving: Orders['adopt']['params']['moving']): Promise<null> {
    let legs: Endpoint[];
    try {
      legs = await takeUp(moving, this, this.#engine, (leg) => this.#guarded(leg));
    } catch (error) {
      throw new MediaError('internal', `the RTP ports of a group that was moved could not be opened again: ${(error as Error).message}`);
    }
    for (const leg of legs) this.#welcome(leg);
    return null;
  }

  #welcome(endpoint: Endpoint): void {
    this.#endpoints.set(endpoint.id, endpoint);
    this.#checks.add(endpoint);
  }

  #forget(endpoint: Endpoint): void {
    this.#endpoints.delete(endpoint.id);
    this.#checks.delete(endpoint);
  }

  #mute(endpoint: Endpoint, muted: boolean): null {
    endpoint.muted = muted;
    return null;
  }

  async #clip(endpoint: Endpoint, source: Source): Promise<Clip> {
    return source.kind === 'tap' ? { kind: 'speech', speech: this.#taps.speechOf(source.tapId, endpoint) } : this.#library.clip(source);
  }

  #sendDigits(endpointId: string, keys: string): null {
    let taken: boolean;
    try {
      taken = this.#endpoint(endpointId).speaker.sendKeys(keys);
    } catch (error) {
      throw error instanceof MediaError ? error : new MediaError('bad_request', (error as Error).message);
    }
    if (!taken) throw new MediaError('bad_request', 'too many keys wait to be sent');
    return null;
  }

  #sides({ left, right }: { left: string; right: string }): { left: Endpoint; right: Endpoint } {
    return { left: this.#endpoint(left), right: this.#endpoint(right) };
  }

  #tap(request: TapRequest): Promise<null> {
    const endpoint = this.#endpoint(request.endpointId);
    return this.#staying(endpoint, () => this.#taps.open(endpoint, request, () => this.#endpoints.get(request.endpointId) === endpoint));
  }

  #close(endpointId: string): Orders['close']['result'] {
    const endpoint = this.#endpoints.get(endpointId);
    if (endpoint === undefined) return null;
    this.#recordings.legClosed(endpoint);
    this.#taps.forget(endpoint);
    this.#forget(endpoint);
    this.#exchange.leave(endpoint);
    endpoint.close();
    return endpoint.stats();
  }
}

const done = (_: unknown): null => null;
