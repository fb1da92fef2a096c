/** Reads sealed files: any stretch of the content, a whole file's proof, the mending of one whose writer died, and its destruction. */
import { type FileHandle, open, unlink } from 'node:fs/promises';
import {
  type Cipher,
  chained,
  END_BYTES,
  type End,
  HEAD_BYTES,
  type Head,
  makeEnd,
  readEnd,
  readHead,
  SealError,
  TAG_BYTES,
  tailNumber,
  WRAPPING,
} from './format.ts';
import type { KeyRing } from './keys.ts';
import type { SealedEnd } from './write.ts';

export class SealedFile {
  readonly about: string;
  readonly keyId: string;
  /** null: it is still growing, or its writer died. */
  readonly end: End | null;
  /** Of the content. */
  readonly plainBytes: number;
  readonly #file: FileHandle;
  readonly #head: Head;
  readonly #cipher: Cipher;
  readonly #frames: number;

  private constructor(file: FileHandle, head: Head, cipher: Cipher, size: number, end: End | null) {
    this.#file = file;
    this.#head = head;
    this.#cipher = cipher;
    this.about = head.about;
    this.keyId = head.keyId;
    this.end = end;
    // Of what lies behind the last whole frame of a file without an end nothing is known.
    const onDisk = Math.floor((size - HEAD_BYTES) / (head.frameBytes + TAG_BYTES));
    this.plainBytes = end?.plainBytes ?? onDisk * head.frameBytes;
    this.#frames = Math.floor(this.plainBytes / head.frameBytes);
  }

  /** Throws a SealError, or the disk's error. */
  static async open(path: string, keys: KeyRing): Promise<SealedFile> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const { head, cipher } = readHead(await bytesAt(file, 0, HEAD_BYTES), keys);
      const end = readEnd(await bytesAt(file, Math.max(0, size - END_BYTES), END_BYTES), cipher);
      const opened = new SealedFile(file, head, cipher, size, end);
      if (end !== null && size !== opened.#placeOf(opened.#frames) + opened.#tailBytes + END_BYTES)
        throw new SealError('cut', 'frames are missing or were added');
      return opened;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The content from byte `from` up to, not including, `to`. Throws a SealError at the first frame that was changed. */
  async *read(from: number, to: number): AsyncGenerator<Buffer> {
    const { frameBytes } = this.#head;
    for (let frame = Math.floor(from / frameBytes); frame * frameBytes < Math.min(to, this.plainBytes); frame += 1) {
      const { plain } = await this.#frame(frame);
      const at = frame * frameBytes;
      yield plain.subarray(Math.max(0, from - at), Math.min(plain.length, to - at));
    }
  }

  /** Reads everything; throws a SealError when anything was changed. The seal is to be compared with what was noted elsewhere. */
  async prove(): Promise<{ seal: string }> {
    let chain = this.#head.identity;
    const parts = this.#frames + (this.#tailBytes > 0 ? 1 : 0);
    for (let frame = 0; frame < parts; frame += 1) chain = chained(chain, (await this.#frame(frame)).sealed);
    if (this.end !== null && !this.end.chain.equals(chain)) throw new SealError('changed', 'the chain does not end where the end says');
    return { seal: chain.toString('hex') };
  }

  /** Other data of this file, kept beside it under the same key. */
  sealBeside(plain: Buffer, name: string): Buffer {
    return this.#cipher.sealBeside(plain, name);
  }

  openBeside(sealed: Buffer, name: string): Buffer | null {
    return this.#cipher.openBeside(sealed, name);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Gives a file whose writer died its end, behind the last frame that is whole. */
  static async repair(path: string, keys: KeyRing): Promise<SealedEnd> {
    const found = await SealedFile.open(path, keys);
    try {
      if (found.end !== null) return { seal: found.end.chain.toString('hex'), plainBytes: found.plainBytes, bytes: (await found.#file.stat()).size };
      const { frames, chain } = await found.#wholeFrames();
      const at = found.#placeOf(frames);
      const plainBytes = frames * found.#head.frameBytes;
      const end = makeEnd({ kind: 'repaired', plainBytes, chain }, found.#cipher);
      const file = await open(path, 'r+');
      try {
        await file.truncate(at);
        await file.write(end, 0, end.length, at);
        await file.datasync();
      } finally {
        await file.close();
      }
      return { seal: chain.toString('hex'), plainBytes, bytes: at + end.length };
    } finally {
      await found.close();
    }
  }

  async #wholeFrames(): Promise<{ frames: number; chain: Buffer }> {
    let chain = this.#head.identity;
    for (let frame = 0; frame < this.#frames; frame += 1) {
      const sealed = await bytesAt(this.#file, this.#placeOf(frame), this.#head.frameBytes + TAG_BYTES);
      if (this.#cipher.open(frame, sealed) === null) return { frames: frame, chain };
      chain = chained(chain, sealed);
    }
    return { frames: this.#frames, chain };
  }

  async #frame(frame: number): Promise<{ plain: Buffer; sealed: Buffer }> {
    const isTail = frame === this.#frames;
    const sealed = await bytesAt(this.#file, this.#placeOf(frame), isTail ? this.#tailBytes : this.#head.frameBytes + TAG_BYTES);
    const plain = this.#cipher.open(isTail ? tailNumber(frame) : frame, sealed);
    if (plain === null) throw new SealError('changed', `frame ${frame} was changed`);
    return { plain, sealed };
  }

  #placeOf(frame: number): number {
    return HEAD_BYTES + frame * (this.#head.frameBytes + TAG_BYTES);
  }

  get #tailBytes(): number {
    const rest = this.plainBytes - this.#frames * this.#head.frameBytes;
    return rest === 0 ? 0 : rest + TAG_BYTES;
  }
}

/** Destroys the key, then the file: a copy of the frames that is found later says nothing. A file that is gone is fine. */
export async function shred(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+');
    try {
      await file.write(Buffer.alloc(WRAPPING.bytes), 0, WRAPPING.bytes, WRAPPING.at);
      await file.datasync();
    } finally {
      await file.close();
    }
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Fewer when the file ends before. */
async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
