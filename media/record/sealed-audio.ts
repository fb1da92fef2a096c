/**
 * Audio in a sealed file (kernel/seal/): stereo at 8 kHz, left first, as PCM of 16 bit; in half the space as A-law (G.711), which for calls in A-law
 * loses nothing; or in an eighth as Opus. A frame is half a second, so that our death costs no more than that and what waits in memory.
 */
import { PACKET_BYTES, PACKET_PAIRS } from '../../kernel/opus-recording.ts';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import { type Disk, type SealedEnd, SealedWriter } from '../../kernel/seal/write.ts';
import { encode } from '../codec/g711.ts';
import { type AudioFile, BYTES_PER_PAIR, MOST_WAV_BYTES, RATE } from './file.ts';
import type { RecordingFile } from './messages.ts';
import { OpusSides } from './opus-sides.ts';

type Format = RecordingFile['format'];

const FRAME_PAIRS = RATE / 2;
const CHANNELS = 2;
/** It is played as a WAV, whose header counts in 32 bits. */
const MOST_PAIRS = Math.floor(MOST_WAV_BYTES / BYTES_PER_PAIR);

/** Bytes of the content for so many pairs, which are whole packets where it is Opus. */
const BYTES_FOR: Readonly<Record<Format, { pairs: number; bytes: number }>> = {
  pcm16: { pairs: 1, bytes: BYTES_PER_PAIR },
  alaw: { pairs: 1, bytes: CHANNELS },
  opus: { pairs: PACKET_PAIRS, bytes: PACKET_BYTES },
};

export const pairsOf = (format: Format, plainBytes: number): number => (plainBytes / BYTES_FOR[format].bytes) * BYTES_FOR[format].pairs;

export class SealedAudioFile implements AudioFile {
  readonly #format: Format;
  readonly #writer: SealedWriter;
  readonly #opus: OpusSides | null;
  #pairs = 0;

  /** Throws when the file cannot be made or is there already. */
  constructor(recordingId: string, { path, format }: RecordingFile, keys: KeyRing, disk?: Disk) {
    this.#format = format;
    const about = JSON.stringify({ recordingId, format, channels: CHANNELS, rate: RATE });
    const { pairs, bytes } = BYTES_FOR[format];
    this.#writer = new SealedWriter(path, keys, { about, frameBytes: (FRAME_PAIRS / pairs) * bytes }, disk);
    this.#opus = format === 'opus' ? new OpusSides() : null;
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
      if (this.#opus !== null) this.#writer.append(this.#opus.rest());
      return this.#ended(this.#writer.finish(), true);
    } catch {
      const cut = this.#writer.cut();
      return cut === null ? { whole: false } : this.#ended(cut, false);
    } finally {
      this.#opus?.close();
    }
  }

  #ended({ plainBytes, bytes, seal }: SealedEnd, whole: boolean): ReturnType<AudioFile['finish']> {
    this.#pairs = pairsOf(this.#format, plainBytes);
    return { whole, bytes, seal };
  }

  #silentTo(pair: number): void {
    while (this.#pairs < pair) this.#append(new Int16Array(Math.min(FRAME_PAIRS, pair - this.#pairs) * CHANNELS));
  }

  #append(samples: Int16Array): void {
    this.#writer.append(this.#coded(samples));
    this.#pairs += samples.length / CHANNELS;
  }

  #coded(samples: Int16Array): Buffer {
    if (this.#opus !== null) return this.#opus.pack(samples);
    return this.#format === 'alaw' ? encode(samples, 'PCMA') : Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  }
}
