/** A list of clips heard one after another, to the sample: the rest of one and the beginning of the next share a frame. */
import { type Codec, SILENCE } from '../codec/g711.ts';
import { FRAME_SAMPLES } from '../rtp/packet.ts';
import type { Clip } from './clip.ts';

export class Playlist {
  readonly #clips: readonly Clip[];
  readonly #loop: boolean;
  #clip = 0;
  #position = 0;

  constructor(clips: readonly Clip[], loop: boolean) {
    this.#clips = clips;
    // A list of nothing, played for ever, would never fill a frame.
    this.#loop = loop && clips.some((clip) => lengthOf(clip) > 0);
  }

  /** Of one round; Infinity with anything endless in it. */
  get samples(): number {
    return this.#clips.reduce((sum, clip) => sum + lengthOf(clip), 0);
  }

  /** Samples heard of this round. */
  get position(): number {
    return this.#clips.slice(0, this.#clip).reduce((sum, clip) => sum + lengthOf(clip), 0) + this.#position;
  }

  /** To this sample of the round; beyond its end is its end, in a loop it comes round. */
  seek(sample: number): void {
    const whole = this.samples;
    let left = this.#loop && Number.isFinite(whole) ? sample % whole : sample;
    this.#clip = 0;
    this.#position = 0;
    for (const clip of this.#clips) {
      if (left < lengthOf(clip)) {
        // Music stands where it stands, speech has no other moment than now.
        if (clip.kind === 'sound') this.#position = left;
        return;
      }
      left -= lengthOf(clip);
      this.#clip += 1;
    }
  }

  /** Where it is at music, and nothing else falls in these 20 ms: the music's own bytes, the same object for all who listen. */
  shared(codec: Codec, frame: number): Buffer | null {
    const clip = this.#clips[this.#clip];
    return clip?.kind === 'music' ? clip.frames[codec].at(frame) : null;
  }

  /** Fills 20 ms at `at`; false = the list has ended and nothing was written. `frame` counts the process's 20 ms, for music. */
  fill(into: Buffer, at: number, codec: Codec, frame: number): boolean {
    let written = 0;
    while (written < FRAME_SAMPLES) {
      const clip = this.#clips[this.#clip];
      if (clip === undefined) {
        if (!this.#loop) break;
        this.#clip = 0;
        continue;
      }
      const count = this.#copy(clip, codec, into, at + written, FRAME_SAMPLES - written, frame, written);
      written += count;
      if (count === 0) {
        this.#clip += 1;
        this.#position = 0;
      }
    }
    if (written > 0 && written < FRAME_SAMPLES) into.fill(SILENCE[codec], at + written, at + FRAME_SAMPLES);
    return written > 0;
  }

  #copy(clip: Clip, codec: Codec, into: Buffer, at: number, most: number, frame: number, skip: number): number {
    if (clip.kind === 'speech') return clip.speech.fill(into, at, codec, most);
    if (clip.kind === 'music') return copyMusic(clip.audio[codec], into, at, most, frame, skip);
    return this.#copySound(clip.audio[codec], clip.samples, into, at, most);
  }

  #copySound(audio: Buffer, samples: number, into: Buffer, at: number, most: number): number {
    if (audio.length === 0) return 0;
    const from = this.#position % audio.length;
    const count = Math.min(most, samples - this.#position, audio.length - from);
    audio.copy(into, at, from, from + count);
    this.#position += count;
    return count;
  }
}

/** A sound of nothing has no length, however often it is repeated. */
function lengthOf(clip: Clip): number {
  if (clip.kind === 'speech') return Number.POSITIVE_INFINITY;
  if (clip.audio.PCMA.length === 0) return 0;
  return clip.kind === 'music' ? Number.POSITIVE_INFINITY : clip.samples;
}

function copyMusic(audio: Buffer, into: Buffer, at: number, most: number, frame: number, skip: number): number {
  if (audio.length === 0) return 0;
  const from = (frame * FRAME_SAMPLES + skip) % audio.length;
  const count = Math.min(most, audio.length - from);
  audio.copy(into, at, from, from + count);
  return count;
}
