/** One play of an endpoint while it lasts: its list, where it stands, how loud, and whether it stands still. */
import { type Codec, SILENCE } from '../codec/g711.ts';
import type { PlayChange, PlayState } from '../port.ts';
import { FRAME_SAMPLES } from '../rtp/packet.ts';
import { gainOf } from './gain.ts';
import type { Playlist } from './playlist.ts';

const SAMPLES_PER_MS = 8;

export class Playing {
  readonly playId: string;
  readonly bargeIn: boolean;
  #list: Playlist | null = null;
  #paused = false;
  #volumeDb = 0;
  #gain: ReturnType<typeof gainOf> = null;
  /** Asked for while the sources were being read. */
  #seekMs: number | null = null;

  constructor(playId: string, bargeIn: boolean, volumeDb: number, fromMs: number) {
    this.playId = playId;
    this.bargeIn = bargeIn;
    this.#turn(volumeDb);
    if (fromMs > 0) this.#seekMs = fromMs;
  }

  /** The sources are read: from now on it is heard. */
  get ready(): boolean {
    return this.#list !== null;
  }

  begin(list: Playlist): void {
    this.#list = list;
    if (this.#seekMs !== null) list.seek(this.#seekMs * SAMPLES_PER_MS);
  }

  change({ paused, volumeDb, atMs, byMs }: PlayChange): PlayState {
    if (volumeDb !== undefined) this.#turn(volumeDb);
    if (paused !== undefined) this.#paused = paused;
    if (atMs !== undefined || byMs !== undefined) this.#seek(Math.max(0, (atMs ?? this.#positionMs()) + (byMs ?? 0)));
    const lengthMs = this.#list === null ? null : Math.round(this.#list.samples / SAMPLES_PER_MS);
    return {
      atMs: this.#positionMs(),
      lengthMs: lengthMs !== null && Number.isFinite(lengthMs) ? lengthMs : null,
      paused: this.#paused,
      volumeDb: this.#volumeDb,
    };
  }

  /** The 20 ms that all listeners of a music hear now, as they are; null = it has to be filled. */
  shared(codec: Codec, frame: number): Buffer | null {
    return this.#paused || this.#gain !== null ? null : (this.#list?.shared(codec, frame) ?? null);
  }

  /** As `Playlist.fill`; silence while it stands still. */
  fill(into: Buffer, at: number, codec: Codec, frame: number): boolean {
    if (this.#paused) {
      into.fill(SILENCE[codec], at, at + FRAME_SAMPLES);
      return true;
    }
    if (this.#list?.fill(into, at, codec, frame) !== true) return false;
    const table = this.#gain?.[codec];
    if (table !== undefined) for (let n = at; n < at + FRAME_SAMPLES; n += 1) into[n] = table[into[n] as number] as number;
    return true;
  }

  #positionMs(): number {
    return this.#list === null ? (this.#seekMs ?? 0) : Math.round(this.#list.position / SAMPLES_PER_MS);
  }

  #seek(ms: number): void {
    if (this.#list === null) this.#seekMs = ms;
    else this.#list.seek(Math.round(ms * SAMPLES_PER_MS));
  }

  #turn(volumeDb: number): void {
    this.#volumeDb = volumeDb;
    this.#gain = gainOf(volumeDb);
  }
}
