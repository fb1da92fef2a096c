/** Writes a sealed file frame by frame: what is on disk is whole frames, whenever we die. Everything here waits for the disk. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { type Cipher, chained, type EndKind, HEAD_BYTES, type Head, MOST_FRAMES, makeEnd, makeHead, TAG_BYTES, tailNumber } from './format.ts';
import type { KeyRing } from './keys.ts';

/** The edge of the world: tests put a disk here that is full, slow or broken. */
export interface Disk {
  open(path: string, flags: string, mode: number): number;
  write(file: number, bytes: Buffer, offset: number, length: number, position: number): number;
  truncate(file: number, length: number): void;
  close(file: number): void;
}
export const realDisk: Disk = {
  open: openSync,
  write: (file, bytes, offset, length, position) => writeSync(file, bytes, offset, length, position),
  truncate: ftruncateSync,
  close: closeSync,
};

export interface SealedEnd {
  /** The chain's last value, in hex. */
  seal: string;
  plainBytes: number;
  /** How long the file is. */
  bytes: number;
}

export class SealedWriter {
  readonly #disk: Disk;
  readonly #file: number;
  readonly #head: Head;
  readonly #cipher: Cipher;
  /** The frame that is being filled, and how far it is. */
  readonly #plain: Buffer;
  #filled = 0;
  readonly #sealed: Buffer;
  #frames = 0;
  #chain: Buffer;
  #at = HEAD_BYTES;

  /** Throws the disk's error, and when the file is there already. */
  constructor(path: string, keys: KeyRing, content: { about: string; frameBytes: number }, disk: Disk = realDisk) {
    const { bytes, head, cipher } = makeHead(content.about, content.frameBytes, keys.current);
    this.#disk = disk;
    this.#head = head;
    this.#cipher = cipher;
    this.#plain = Buffer.alloc(content.frameBytes);
    this.#sealed = Buffer.alloc(content.frameBytes + TAG_BYTES);
    this.#chain = head.identity;
    this.#file = disk.open(path, 'wx', 0o640);
    try {
      this.#writeAll(bytes, 0);
    } catch (error) {
      disk.close(this.#file);
      throw error;
    }
  }

  /** What was given so far, whether it is on disk or not. */
  get plainBytes(): number {
    return this.#frames * this.#head.frameBytes + this.#filled;
  }

  /** Throws the disk's error; then `cut` leaves a valid file of the frames before. */
  append(bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const taken = bytes.copy(this.#plain, this.#filled, done);
      this.#filled += taken;
      done += taken;
      if (this.#filled === this.#plain.length) this.#writeFrame();
    }
  }

  /** Closes it with what has been given. Throws the disk's error; then `cut` leaves a valid file of the frames before. */
  finish(): SealedEnd {
    let at = this.#at;
    let chain = this.#chain;
    if (this.#filled > 0) {
      const tail = Buffer.alloc(this.#filled + TAG_BYTES);
      this.#cipher.seal(tailNumber(this.#frames), this.#plain.subarray(0, this.#filled), tail, 0);
      this.#writeAll(tail, at);
      at += tail.length;
      chain = chained(chain, tail);
    }
    return this.#end('finished', at, chain, this.plainBytes);
  }

  /** Closes it behind the last frame that is whole. null: the disk does not even take that; it can be repaired later. */
  cut(): SealedEnd | null {
    try {
      this.#disk.truncate(this.#file, this.#at);
      return this.#end('repaired', this.#at, this.#chain, this.#frames * this.#head.frameBytes);
    } catch {
      this.#close();
      return null;
    }
  }

  #end(kind: EndKind, at: number, chain: Buffer, plainBytes: number): SealedEnd {
    const end = makeEnd({ kind, plainBytes, chain }, this.#cipher);
    this.#writeAll(end, at);
    this.#close();
    return { seal: chain.toString('hex'), plainBytes, bytes: at + end.length };
  }

  /** Never throws: what was written is written. */
  #close(): void {
    try {
      this.#disk.close(this.#file);
    } catch {
      // Some disks tell of their faults only now.
    }
  }

  #writeFrame(): void {
    if (this.#frames >= MOST_FRAMES) throw new Error('the file has as many frames as can be numbered');
    this.#cipher.seal(this.#frames, this.#plain, this.#sealed, 0);
    this.#writeAll(this.#sealed, this.#at);
    this.#chain = chained(this.#chain, this.#sealed);
    this.#at += this.#sealed.length;
    this.#frames += 1;
    this.#filled = 0;
  }

  /** A nearly full disk writes less than it was asked for, and only then says that it is full. */
  #writeAll(bytes: Buffer, position: number): void {
    for (let done = 0; done < bytes.length; ) done += this.#disk.write(this.#file, bytes, done, bytes.length - done, position + done);
  }
}
