/** The media servers of the played world: endpoints, what plays on them, recordings. They outlive the application, and lose everything when they die. */
import type { LegId } from '../../../kernel/ids.ts';
import { MediaError, type MediaEvent } from '../../../media/port.ts';
import type { Fleet } from '../../../src/sound/fleet.ts';
import type { Life } from './life.ts';
import type { World } from './world.ts';

interface Endpoint {
  masked: boolean;
  playing: { playId: string; cancel: () => void } | null;
  joined: string | null;
}

interface Running {
  path: string;
  startedMs: number;
  sides: string[];
}

const MOST_PROMPT_MS = 2_500;

export class PlayedMedia {
  readonly endpoints = new Map<string, Endpoint>();
  readonly recordings = new Map<string, Running>();
  away = false;
  /** Told while no application listens. */
  #held: MediaEvent[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Everything on it goes; it is back after a while. */
  dies(): void {
    const lost = [...this.endpoints.keys()];
    this.#clear();
    this.away = true;
    for (const endpointId of lost) this.#tell({ type: 'endpointLost', endpointId, reason: 'the media server died' });
    this.#world.clock.after(this.#world.dice.between(50, 3_000), () => this.comesBack());
  }

  comesBack(): void {
    if (!this.away) return;
    this.away = false;
    this.#world.house?.mediaBack();
  }

  /** The machine went down. */
  vanishes(): void {
    this.#clear();
    this.#held = [];
    this.away = false;
  }

  /** What was told meanwhile goes to whoever listens now. */
  listen(hear: (event: MediaEvent) => void): void {
    for (const event of this.#held.splice(0)) hear(event);
  }

  presses(legId: LegId, key: string): void {
    const endpoint = this.endpoints.get(legId);
    if (endpoint !== undefined) this.#tell({ type: 'digit', endpointId: legId, key, ...(endpoint.masked ? { masked: true as const } : {}) });
  }

  silent(legId: LegId, silentMs: number): void {
    if (this.endpoints.has(legId)) this.#tell({ type: 'mediaTimeout', endpointId: legId, silentMs });
  }

  /** As the application of this life speaks to them. */
  fleetFor(life: Life): Pick<Fleet, 'claim' | 'close'> & Fleet {
    const asked = this.#asked();
    return new Proxy({} as Fleet, {
      get: (_, method: string) => {
        const own = asked[method];
        // What a dead program asked for is never answered.
        return (...args: never[]): Promise<unknown> => {
          if (!life.acts()) return new Promise(() => undefined);
          this.#world.stir();
          return new Promise((resolve) => resolve(own === undefined ? undefined : own(...args)));
        };
      },
    });
  }

  #asked(): Record<string, (...args: never[]) => unknown> {
    const { dice } = this.#world;
    return {
      open: ({ endpointId }: { endpointId: string }) => this.open(endpointId),
      close: (endpointId: string) => this.close(endpointId),
      claim: () => ({
        endpoints: [...this.endpoints].map(([endpointId, { joined, playing }]) => ({ endpointId, group: '', joined, playing: playing?.playId ?? null })),
        recordings: [...this.recordings].map(([recordingId, { path, startedMs }]) => ({ recordingId, path, startedMs })),
      }),
      play: (endpointId: string, playId: string, _sources: unknown, { loop }: { loop: boolean }) => this.#play(endpointId, playId, loop),
      stop: (endpointId: string) => this.#endPlay(endpointId, this.#at(endpointId), 'stopped'),
      maskKeys: (endpointId: string) => {
        if (this.#world.chance(0.03)) throw new MediaError('internal', 'as the dice fell');
        this.#at(endpointId).masked = true;
      },
      unmaskKeys: (endpointId: string) => {
        this.#at(endpointId).masked = false;
        this.#tell({ type: 'maskEnded', endpointId, end: 'asked' });
      },
      join: (a: string, b: string) => {
        if (this.#world.chance(0.01)) throw new MediaError('internal', 'as the dice fell');
        this.#join(a, b);
      },
      part: (a: string, b: string) => {
        for (const id of [a, b]) this.#at(id).joined = null;
      },
      echo: (endpointId: string) => this.#endPlay(endpointId, this.#at(endpointId), 'stopped'),
      mute: (endpointId: string) => void this.#at(endpointId),
      sendDigits: (endpointId: string) => void this.#at(endpointId),
      conference: ({ members }: { members: string[] }) => {
        for (const id of members) this.#at(id);
        if (this.#world.chance(0.03)) throw new MediaError('internal', 'as the dice fell');
        for (const id of members) this.#endPlay(id, this.#at(id), 'stopped');
      },
      record: ({ recordingId, path, left, right }: { recordingId: string; path: string; left: string; right: string }) => {
        for (const id of [left, right]) this.#at(id);
        if (this.#world.chance(0.03)) throw new MediaError('internal', 'as the dice fell');
        this.recordings.set(recordingId, { path, startedMs: this.#world.clock.now(), sides: [left, right] });
        if (this.#world.chance(0.03)) this.#world.clock.after(dice.between(100, 20_000), () => this.#endRecording(recordingId, 'disk full'));
      },
      moveRecording: (recordingId: string, left: string, right: string) => {
        const running = this.recordings.get(recordingId);
        if (running !== undefined) running.sides = [left, right];
      },
      stopRecording: (recordingId: string) => this.#endRecording(recordingId, null),
      pauseRecording: () => this.#mustBeThere(),
      resumeRecording: () => this.#mustBeThere(),
    };
  }

  open(endpointId: string): void {
    this.#mustBeThere();
    this.endpoints.set(endpointId, { masked: false, playing: null, joined: null });
  }

  close(endpointId: string): void {
    const endpoint = this.endpoints.get(endpointId);
    if (endpoint === undefined) return;
    this.#endPlay(endpointId, endpoint, 'stopped');
    this.endpoints.delete(endpointId);
    for (const [recordingId, { sides }] of [...this.recordings]) if (sides.includes(endpointId)) this.#endRecording(recordingId, null);
  }

  #join(a: string, b: string): void {
    for (const [own, other] of [[a, b] as const, [b, a] as const]) {
      const endpoint = this.#at(own);
      this.#endPlay(own, endpoint, 'stopped');
      endpoint.joined = other;
    }
  }

  #play(endpointId: string, playId: string, loop: boolean): void {
    const endpoint = this.#at(endpointId);
    const { dice, clock } = this.#world;
    this.#endPlay(endpointId, endpoint, 'stopped');
    if (this.#world.chance(0.02)) throw new MediaError('bad_request', 'as the dice fell');
    const end = this.#world.chance(0.02) ? 'failed' : 'finished';
    const cancel = loop ? () => undefined : clock.after(dice.between(100, MOST_PROMPT_MS), () => this.#endPlay(endpointId, endpoint, end));
    endpoint.playing = { playId, cancel };
  }

  #endPlay(endpointId: string, endpoint: Endpoint, end: 'finished' | 'stopped' | 'failed'): void {
    const { playing } = endpoint;
    if (playing === null) return;
    playing.cancel();
    endpoint.playing = null;
    this.#tell({ type: 'playEnded', endpointId, playId: playing.playId, end });
  }

  #endRecording(recordingId: string, reason: string | null): void {
    const running = this.recordings.get(recordingId);
    if (running === undefined) return;
    this.recordings.delete(recordingId);
    const { path, startedMs } = running;
    const durationMs = Math.round(this.#world.clock.now() - startedMs);
    this.#tell({ type: 'recordingEnded', recordingId, path, durationMs, complete: reason === null, ...(reason === null ? {} : { reason }) });
  }

  #at(endpointId: string): Endpoint {
    this.#mustBeThere();
    const endpoint = this.endpoints.get(endpointId);
    if (endpoint === undefined) throw new MediaError('unknown_endpoint', `${endpointId} is not open`);
    return endpoint;
  }

  #mustBeThere(): void {
    if (this.away) throw new MediaError('unavailable', 'the media server is away');
  }

  #clear(): void {
    for (const { playing } of this.endpoints.values()) playing?.cancel();
    this.endpoints.clear();
    for (const recordingId of [...this.recordings.keys()]) this.#endRecording(recordingId, 'the media server died');
  }

  /** On its way for a moment, in order. */
  #tell(event: MediaEvent): void {
    this.#world.clock.after(1, () => {
      const { house } = this.#world;
      if (house?.hearsMedia === true) house.hearMedia(event);
      else this.#held.push(event);
    });
  }
}
