/**
 * Audio in a sealed file (kernel/seal/): stereo at 8 kHz, left first, as PCM of 16 bit or, in half the space, as A-law (G.711), which
 * for calls in A-law loses nothing. A frame is half a second, so that our death costs no more than that and what waits in memory.
 */
import type { KeyRing } from '../../kernel/seal/keys.ts';
import { type Disk, type SealedEnd, SealedWriter } from '../../kernel/seal/write.ts';
import { encode } from '../codec/g711.ts';
import { type AudioFile, BYTES_PER_PAIR, MOST_WAV_BYTES, RATE } from './file.ts';
import type { RecordingFile } from './messages.ts';

const FRAME_PAIRS = RATE / 2;
const CHANNELS = 2;
/** It is played as a WAV, whose header counts in 32 bits. */
const MOST_PAIRS = Math.floor(MOST_WAV_BYTES / BYTES_PER_PAIR);

export class SealedAudioFile implements AudioFile {
  readonly #alaw: boolean;
  readonly #writer: SealedWriter;
  readonly #pairBytes: number;
  #pairs = 0;

  /** Throws when the file cannot be made or is there already. */
  constructor(recordingId: string, { path, format }: RecordingFile, keys: KeyRing, disk?: Disk) {
    this.#alaw = format === 'alaw';
    this.#pairBytes = CHANNELS * (this.#alaw ? 1 : 2);
    const about = JSON.stringify({ recordingId, format, channels: CHANNELS, rate: RATE });
    this.#writer = new SealedWriter(path, keys, { about, frameBytes: FRAME_PAIRS * this.#pairBytes }, disk);
  }

  get pairs(): number {
    return this.#pairs;
  }

  write(at: number, samples: Int16Array): void {
    if (at + samples.length / CHANNELS > MOST_PAIRS) throw new Error('the recording is too long for a WAV file');
    this.#silentTo(at);
    this.#append(samples);
  }

  finish(pairs: number): ReturnType<AudioFile['finish']> {
    try {
      this.#silentTo(Math.min(pairs, MOST_PAIRS));
      return this.#ended(this.#writer.finish(), true);
    } catch {
      const cut = this.#writer.cut();
      return cut === null ? { whole: false } : this.#ended(cut, false);
    }
  }

  #ended({ plainBytes, bytes, seal }: SealedEnd, whole: boolean): ReturnType<AudioFile['finish']> {
    this.#pairs = plainBytes / this.#pairBytes;
    return { whole, bytes, seal };
  }

  #silentTo(pair: number): void {
    while (this.#pairs < pair) this.#append(new Int16Array(Math.min(FRAME_PAIRS, pair - this.#pairs) * CHANNELS));
  }

  #append(samples: Int16Array): void {
    this.#writer.append(this.#alaw ? encode(samples, 'PCMA') : Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
    this.#pairs += samples.length / CHANNELS;
  }
}
