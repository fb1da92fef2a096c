/** What is played to all of a conference, beside what they say. */
import type { SampleRate } from '../codec/codec.ts';
import { toLinear } from '../codec/g711.ts';
import { Resampler } from '../codec/resampler.ts';
import type { Playlist } from '../play/playlist.ts';
import { FRAME_SAMPLES } from '../rtp/packet.ts';

type End = 'finished' | 'stopped';

interface Playing {
  playId: string;
  /** null while the sources are being read. */
  list: Playlist | null;
  ended(end: End): void;
}

export class Announcement {
  readonly #bytes = Buffer.alloc(FRAME_SAMPLES);
  readonly #samples = new Int16Array(FRAME_SAMPLES);
  #widen: Resampler | null = null;
  #playing: Playing | null = null;

  rate(rate: SampleRate): void {
    this.#widen = rate === 8000 ? null : new Resampler(8000, rate);
  }

  start(playId: string, ended: (end: End) => void): void {
    this.end('stopped');
    this.#playing = { playId, list: null, ended };
  }

  play(playId: string, list: Playlist): void {
    if (this.#playing?.playId === playId) this.#playing.list = list;
  }

  end(end: End): void {
    const playing = this.#playing;
    this.#playing = null;
    playing?.ended(end);
  }

  /** Without a word; false = it was not playing. */
  forget(playId: string): boolean {
    if (this.#playing?.playId !== playId) return false;
    this.#playing = null;
    return true;
  }

  /** The next 20 ms; false = nothing plays. */
  fill(into: Int16Array, frame: number): boolean {
    const list = this.#playing?.list;
    if (list == null) return false;
    if (!list.fill(this.#bytes, 0, 'PCMU', frame)) {
      this.end('finished');
      return false;
    }
    const table = toLinear.PCMU;
    const narrow = this.#widen === null ? into : this.#samples;
    for (let at = 0; at < FRAME_SAMPLES; at += 1) narrow[at] = table[this.#bytes[at] as number] as number;
    this.#widen?.run(narrow, 0, FRAME_SAMPLES, into, 0);
    return true;
  }
}
