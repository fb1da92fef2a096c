/** A stereo WAV that grows and is a whole WAV after every write: the header is brought up to date with each block. */
import { type Disk, realDisk } from '../../kernel/seal/write.ts';
import { WAV_HEADER_BYTES, wavHeader } from '../../kernel/wav.ts';

const CHANNELS = 2;
export const RATE = 8000;
export const BYTES_PER_PAIR = 4;
/** The header counts in 32 bits; 2 GiB are eighteen hours. */
export const MOST_WAV_BYTES = 0x7fff_ffff - WAV_HEADER_BYTES;

/** What the recorder writes to. Offsets and lengths are in sample pairs. */
export interface AudioFile {
  /** How long it is. */
  readonly pairs: number;
  /** Throws the disk's error; then `finish` leaves a valid file of what was written before. What lies between the blocks is silent. */
  write(at: number, samples: Int16Array): void;
  /** Closes it; `pairs` lengthens it with silence. Never throws; `whole` false: the disk did not take all of it. */
  finish(pairs: number): { whole: boolean; bytes?: number; seal?: string };
}

export class WavFile implements AudioFile {
  readonly #disk: Disk;
  readonly #file: number;
  #dataBytes = 0;

  /** Throws when the file cannot be made or is there already. */
  constructor(path: string, disk: Disk = realDisk) {
    this.#disk = disk;
    this.#file = disk.open(path, 'wx', 0o640);
    this.#writeHeader();
  }

  get pairs(): number {
    return this.#dataBytes / BYTES_PER_PAIR;
  }

  write(at: number, samples: Int16Array): void {
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    const end = at * BYTES_PER_PAIR + bytes.length;
    if (end > MOST_WAV_BYTES) throw new Error('the recording is too long for a WAV file');
    this.#writeAll(bytes, WAV_HEADER_BYTES + at * BYTES_PER_PAIR);
    this.#dataBytes = Math.max(this.#dataBytes, end);
    this.#writeHeader();
  }

  finish(pairs: number): ReturnType<AudioFile['finish']> {
    try {
      this.#dataBytes = Math.min(MOST_WAV_BYTES, Math.max(this.#dataBytes, pairs * BYTES_PER_PAIR));
      this.#disk.truncate(this.#file, WAV_HEADER_BYTES + this.#dataBytes);
      this.#writeHeader();
      return { whole: true, bytes: WAV_HEADER_BYTES + this.#dataBytes };
    } catch {
      // The header on disk still tells the truth about what was written last.
      return { whole: false };
    } finally {
      this.#disk.close(this.#file);
    }
  }

  #writeHeader(): void {
    this.#writeAll(wavHeader(CHANNELS, RATE, this.#dataBytes), 0);
  }

  /** A nearly full disk writes less than it was asked for, and only then says that it is full. */
  #writeAll(bytes: Buffer, position: number): void {
    for (let done = 0; done < bytes.length; ) done += this.#disk.write(this.#file, bytes, done, bytes.length - done, position + done);
  }
}
