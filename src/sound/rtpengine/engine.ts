/**
 * An rtpengine as one of the media servers. It relays, recodes, speaks SRTP to who wants it, plays files and hears keys. It records no WAV, mixes
 * nothing and makes no tones: `capabilities` says so, and the fleet gives a hotline's calls to our own as long as there is one.
 */
import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import { type EndpointId, MediaError, type OpenRequest, type PlayOptions, type Source } from '../../../media/port.ts';
import type { MediaClient } from '../client.ts';
import type { MediaLines } from '../fleet.ts';
import { isDictionary } from './bencode.ts';
import type { KeyPort, Press } from './keys.ts';
import { EngineLeg } from './leg.ts';
import { EngineRefused, NgSocket } from './ng.ts';
import { filesOf, type Playing, playFrom } from './play.ts';

export interface EngineOptions extends MediaLines {
  host: string;
  port: number;
  /** null: keys are not heard. */
  keys: KeyPort | null;
  clock: Clock;
  log: Logger;
}

const PING_EACH_MS = 500;
/** How often it is asked whether a party is heard, and of how many at a time. */
const LOOK_EACH_MS = 5_000;
const LOOKS_AT_A_TIME = 20;

class Engine {
  connected = false;
  readonly #options: EngineOptions;
  readonly #ng: NgSocket;
  readonly #legs = new Map<EndpointId, EngineLeg>();
  readonly #byCall = new Map<string, EngineLeg>();
  readonly #stops: (() => void)[];
  #pinging = false;
  /** Seconds it had run when last asked: one that runs for less was started again, and knows no call of ours. */
  #uptime = 0;
  #draining = false;

  constructor(options: EngineOptions) {
    const { host, port, clock, keys } = options;
    this.#options = options;
    this.#ng = new NgSocket(host, port, clock, () => this.#lost('rtpengine died'));
    const stopKeys = keys?.listen((press) => this.#pressed(press)) ?? (() => undefined);
    this.#stops = [clock.every(PING_EACH_MS, () => void this.#ping()), stopKeys];
  }

  get size(): number {
    return this.#legs.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  drain(): void {
    this.#draining = true;
  }

  disconnect(): void {
    for (const stop of this.#stops) stop();
    for (const leg of this.#legs.values()) void leg.close().catch(() => undefined);
    this.#options.clock.after(PING_EACH_MS, () => this.#ng.close());
  }

  giveUp(reason: string): void {
    this.#lost(reason);
  }

  at(endpointId: EndpointId): EngineLeg {
    const leg = this.#legs.get(endpointId);
    if (leg === undefined) throw new MediaError('unknown_endpoint', `no endpoint ${endpointId}`);
    return leg;
  }

  async open({ endpointId, offer, timeoutMs, ahead }: OpenRequest): Promise<{ sdp: string }> {
    if (ahead === true) throw new MediaError('no_ports', 'rtpengine holds no endpoint ready');
    if (this.#legs.has(endpointId)) throw new MediaError('bad_request', `endpoint ${endpointId} is open already`);
    const leg = new EngineLeg(this.#ng, endpointId, timeoutMs);
    this.#legs.set(endpointId, leg);
    this.#byCall.set(leg.callId, leg);
    try {
      return offer === undefined ? { sdp: await leg.offer() } : { sdp: (await leg.answer(offer)).sdp };
    } catch (error) {
      await this.close(endpointId).catch(() => undefined);
      throw asMediaError(error);
    }
  }

  async close(endpointId: EndpointId): ReturnType<MediaClient['close']> {
    const leg = this.#legs.get(endpointId);
    if (leg === undefined) return null;
    this.#forget(leg);
    if (leg.joined !== null && leg.joined !== leg) leg.joined.joined = null;
    this.endPlay(leg, 'stopped');
    return leg.close();
  }

  async join(a: EngineLeg, b: EngineLeg): Promise<void> {
    for (const leg of [a, b]) {
      await this.stop(leg);
      if (leg.joined !== null && leg.joined !== leg) await this.part(leg, leg.joined);
    }
    // Of an offer that was not answered yet the inner side is not known.
    if (a.inner === null || b.inner === null) throw new MediaError('bad_request', 'a party has not answered yet');
    Object.assign(a, { joined: b });
    Object.assign(b, { joined: a });
    await Promise.all([a.aimAt(b.inner), b.aimAt(a.inner)]);
  }

  async part(a: EngineLeg, b: EngineLeg): Promise<void> {
    for (const leg of [a, b]) {
      leg.joined = null;
      await leg.aimAt(null);
    }
  }

  async echo(leg: EngineLeg): Promise<void> {
    await this.stop(leg);
    leg.joined = leg;
    await leg.aimAt(leg.inner);
  }

  async play(leg: EngineLeg, playId: string, sources: readonly Source[], { loop, bargeIn, volumeDb = 0, fromMs = 0 }: PlayOptions): Promise<void> {
    const files = filesOf(sources);
    if (files === null || volumeDb !== 0 || fromMs !== 0)
      throw new MediaError('bad_request', 'rtpengine plays files, from their beginning and as loud as they are: no tones');
    await this.stop(leg);
    const playing: Playing = { playId, bargeIn, cancelTimer: () => undefined };
    leg.playing = playing;
    const begin = async (file: string, times: number): Promise<number> => {
      const { duration } = await leg.say('play media', { file, 'repeat-times': times });
      return typeof duration === 'number' ? duration : 0;
    };
    const ended = (end: 'finished' | 'failed', reason?: string): void => {
      if (leg.playing === playing) this.endPlay(leg, end, reason);
    };
    void playFrom({ clock: this.#options.clock, begin, ended }, playing, files, loop);
  }

  async stop(leg: EngineLeg, end: 'stopped' | 'barge_in' = 'stopped'): Promise<void> {
    if (leg.playing === null) return;
    this.endPlay(leg, end);
    await leg.say('stop media').catch((error: unknown) => {
      if (!(error instanceof EngineRefused)) throw error;
    });
  }

  endPlay(leg: EngineLeg, end: 'finished' | 'failed' | 'stopped' | 'barge_in', reason?: string): void {
    const { playing, endpointId } = leg;
    if (playing === null) return;
    leg.playing = null;
    playing.cancelTimer();
    this.#options.onEvent({ type: 'playEnded', endpointId, playId: playing.playId, end, ...(reason === undefined ? {} : { reason }) });
  }

  /** A masked party is silent to whoever it is joined with, and its keys with it. */
  async mask(leg: EngineLeg, mostMs: number): Promise<void> {
    leg.endMask();
    leg.masked = true;
    const cancel = this.#options.clock.after(mostMs, () => void this.unmask(leg, 'timeout'));
    leg.endMask = cancel;
    await Promise.all([leg.say('block DTMF'), leg.say('silence media')]);
  }

  async unmask(leg: EngineLeg, end: 'asked' | 'timeout'): Promise<void> {
    if (!leg.masked) return;
    leg.endMask();
    leg.masked = false;
    await Promise.all([leg.say('unblock DTMF'), leg.say('unsilence media')]).catch(() => undefined);
    this.#options.onEvent({ type: 'maskEnded', endpointId: leg.endpointId, end });
  }

  pressed(leg: EngineLeg, key: string): void {
    if (leg.playing?.bargeIn === true) void this.stop(leg, 'barge_in').catch(() => undefined);
    this.#options.onEvent({ type: 'digit', endpointId: leg.endpointId, key, ...(leg.masked ? { masked: true as const } : {}) });
  }

  #pressed({ callId, tag, key }: Press): void {
    const leg = this.#byCall.get(callId);
    if (leg !== undefined && tag === 'party') this.pressed(leg, key);
  }

  async #ping(): Promise<void> {
    if (this.#pinging) return;
    this.#pinging = true;
    try {
      const { statistics } = await this.#ng.ask('statistics');
      const totals = isDictionary(statistics) ? statistics.totalstatistics : undefined;
      const uptime = Number(isDictionary(totals) ? totals.uptime : 0);
      if (uptime < this.#uptime) this.#lost('rtpengine was started again');
      this.#uptime = uptime;
      if (!this.connected) this.#found();
      await this.#lookForSilence();
    } catch {
      this.#lost('rtpengine does not answer');
    } finally {
      this.#pinging = false;
    }
  }

  #found(): void {
    this.connected = true;
    this.#options.log.info({ host: this.#options.host, port: this.#options.port }, 'rtpengine answers');
    this.#options.onConnected();
  }

  #lost(reason: string): void {
    if (!this.connected) return;
    this.connected = false;
    this.#uptime = 0;
    this.#options.log.warn({ host: this.#options.host, reason }, 'an rtpengine is lost');
    const lost = [...this.#legs.values()];
    for (const leg of lost) this.#forget(leg);
    this.#options.onLost();
    for (const { endpointId } of lost) this.#options.onEvent({ type: 'endpointLost', endpointId, reason });
  }

  #forget(leg: EngineLeg): void {
    leg.endMask();
    leg.playing?.cancelTimer();
    this.#legs.delete(leg.endpointId);
    this.#byCall.delete(leg.callId);
  }

  async #lookForSilence(): Promise<void> {
    const { clock, onEvent } = this.#options;
    const now = clock.now();
    const due = [...this.#legs.values()].filter((leg) => leg.timeoutMs > 0 && leg.mustSend && now - leg.lookedAtMs > LOOK_EACH_MS).slice(0, LOOKS_AT_A_TIME);
    for (const leg of due) {
      const first = leg.lookedAtMs === 0;
      leg.lookedAtMs = now;
      const heard = await leg.lastHeard().catch(() => null);
      if (first || heard === null) continue;
      const silentMs = now - heard * 1000;
      const silent = silentMs > leg.timeoutMs;
      if (silent && !leg.timedOut) onEvent({ type: 'mediaTimeout', endpointId: leg.endpointId, silentMs });
      leg.timedOut = silent;
    }
  }
}

/** What rtpengine refuses of a description is no fault of its own. */
const asMediaError = (error: unknown): unknown => (error instanceof EngineRefused ? new MediaError('incompatible', error.message) : error);
const cannot = (what: string) => async (): Promise<never> => {
  throw new MediaError('bad_request', `rtpengine cannot ${what}`);
};

/** Returns at once; `onConnected` tells when it answers. */
export function connectEngine(options: EngineOptions): MediaClient {
  const engine = new Engine(options);
  return {
    get connected() {
      return engine.connected;
    },
    capabilities: async () => ({ codecs: ['PCMA/8000', 'PCMU/8000', 'G722/8000', 'opus/48000/2'], record: false, mix: false, webrtc: false }),
    open: (request) => engine.open(request),
    accept: async (endpointId, answer) => engine.at(endpointId).accept(answer),
    renegotiate: async (endpointId, offer) => engine.at(endpointId).answer(offer),
    play: async (endpointId, playId, sources, how) => engine.play(engine.at(endpointId), playId, sources, how),
    changePlay: cannot('change what plays'),
    stop: async (endpointId) => engine.stop(engine.at(endpointId)),
    sendDigits: cannot('send keys of ours'),
    signalledKey: async (endpointId, key) => engine.pressed(engine.at(endpointId), key),
    listenForTones: async (_endpointId, when) => (when === 'always' ? cannot('find keys in the audio')() : undefined),
    maskKeys: async (endpointId, mostMs) => engine.mask(engine.at(endpointId), mostMs),
    unmaskKeys: async (endpointId) => engine.unmask(engine.at(endpointId), 'asked'),
    join: async (a, b) => engine.join(engine.at(a), engine.at(b)),
    part: async (a, b) => engine.part(engine.at(a), engine.at(b)),
    mute: async (endpointId, muted) => void (await engine.at(endpointId).say(muted ? 'silence media' : 'unsilence media')),
    conference: cannot('mix'),
    setGains: cannot('mix'),
    removeFromConference: cannot('mix'),
    endConference: async () => undefined,
    playToConference: cannot('mix'),
    echo: async (endpointId) => engine.echo(engine.at(endpointId)),
    record: cannot('record'),
    pauseRecording: async () => undefined,
    resumeRecording: async () => undefined,
    moveRecording: cannot('record'),
    stopRecording: async () => undefined,
    tap: cannot('give a leg to others'),
    untap: async () => undefined,
    watchVoice: cannot('tell who speaks'),
    detectAnswer: cannot('tell who answered'),
    stats: async (endpointId) => engine.at(endpointId).stats(),
    close: (endpointId) => engine.close(endpointId),
    report: async () => ({ endpoints: engine.size, workers: 1, lagMs: 0, cpuPercent: 0, moved: 0, draining: engine.draining }),
    drain: async () => engine.drain(),
    giveUp: (reason) => engine.giveUp(reason),
    disconnect: () => engine.disconnect(),
  };
}
