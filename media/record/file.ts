/** A stereo WAV that grows and is a whole WAV after every write: the header is brought up to date with each block. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { WAV_HEADER_BYTES, wavHeader } from '../codec/wav.ts';

const CHANNELS = 2;
const RATE = 8000;
const BYTES_PER_PAIR = 4;
/** The header counts in 32 bits; 2 GiB are eighteen hours. */
const MOST_BYTES = 0x7fff_ffff - WAV_HEADER_BYTES;

export class WavFile {
  readonly #file: number;
  #dataBytes = 0;

  /** Throws when the file cannot be made or is there already. */
  constructor(path: string) {
    this.#file = openSync(path, 'wx', 0o640);
    this.#writeHeader();
  }

  get pairs(): number {
    return this.#dataBytes / BYTES_PER_PAIR;
  }

  /** Throws the disk's error; then `finish` leaves a valid file of what was written before. What lies between the blocks is silent. */
  write(at: number, samples: Int16Array): void {
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    const end = at * BYTES_PER_PAIR + bytes.length;
    if (end > MOST_BYTES) throw new Error('the recording is too long for a WAV file');
    this.#writeAll(bytes, WAV_HEADER_BYTES + at * BYTES_PER_PAIR);
    this.#dataBytes = Math.max(this.#dataBytes, end);
    this.#writeHeader();
  }

  /** Closes it; `pairs` lengthens it with silence. Never throws. */
  finish(pairs: number): void {
    try {
      this.#dataBytes = Math.min(MOST_BYTES, Math.max(this.#dataBytes, pairs * BYTES_PER_PAIR));
      ftruncateSync(this.#file, WAV_HEADER_BYTES + this.#dataBytes);
      this.#writeHeader();
    } catch {
      // The header on disk still tells the truth about what was written last.
    } finally {
      closeSync(this.#file);
    }
  }

  #writeHeader(): void {
    this.#writeAll(wavHeader(CHANNELS, RATE, this.#dataBytes), 0);
  }

  /** A nearly full disk writes less than it was asked for, and only then says that it is full. */
  #writeAll(bytes: Buffer, position: number): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done, bytes.length - done, position + done);
  }
}
