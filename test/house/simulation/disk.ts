/**
 * A disk in memory, behind node's own file functions: what lies under its folder is the disk's, all else is node's as ever. A program that dies leaves what it
 * had written, the last write whole, in part or not at all; a machine that loses its power leaves what was fsynced, and a part of what was written since.
 */
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';
import type { Dice } from '../../../src/acd/simulation/dice.ts';

export const DISK = '/played-disk';
const FIRST_DESCRIPTOR = 1_000_000;

/** Content as it was written; the first `synced` pieces are on the platter. */
interface File {
  pieces: Buffer[];
  synced: number;
}

export interface Writer {
  /** false: it died before it wrote. */
  acts(): boolean;
}

export class Disk {
  /** Whose writes these are; null = nobody's any more: they are lost. */
  writer: Writer | null = null;
  full = false;
  /** Told what is written, as it is. */
  onWrite: (bytes: Buffer) => void = () => undefined;
  readonly #dice: Dice;
  #names = new Map<string, File>();
  #syncedNames = new Map<string, File>();
  readonly #open = new Map<number, File | string>();
  #descriptors = FIRST_DESCRIPTOR;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** Descriptors that are still open. */
  get open(): number {
    return this.#open.size;
  }

  /** The program is dead: its descriptors are closed. */
  abandon(): void {
    this.writer = null;
    this.#open.clear();
  }

  /** The machine is: names as they were fsynced, and of each file what was, with the beginning of what was not. */
  losePower(): void {
    this.abandon();
    this.#names = new Map(this.#syncedNames);
    for (const file of this.#names.values()) {
      const rest = Buffer.concat(file.pieces.slice(file.synced));
      const kept = rest.subarray(0, Math.floor(this.#dice.fraction() * (rest.length + 1)));
      file.pieces = [...file.pieces.slice(0, file.synced), kept];
      file.synced = file.pieces.length;
    }
  }

  openFile(path: string, flags: string): number {
    const isFolder = flags === 'r' && !this.#names.has(path);
    this.#descriptors += 1;
    this.#open.set(this.#descriptors, isFolder ? path : this.#file(path));
    return this.#descriptors;
  }

  close(fd: number): void {
    this.#open.delete(fd);
  }

  write(fd: number, bytes: Buffer): number {
    const file = this.#open.get(fd);
    if (this.writer === null || typeof file !== 'object') return bytes.length;
    if (this.full) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const written = this.writer.acts() ? bytes : bytes.subarray(0, Math.floor(this.#dice.fraction() * (bytes.length + 1)));
    file.pieces.push(written);
    this.onWrite(written);
    return bytes.length;
  }

  truncate(file: File | undefined, length: number): void {
    if (file === undefined || this.writer === null) return;
    file.pieces = [Buffer.concat(file.pieces).subarray(0, length)];
    file.synced = 1;
  }

  at(fd: number): File | undefined {
    const file = this.#open.get(fd);
    return typeof file === 'object' ? file : undefined;
  }

  sync(fd: number): void {
    const file = this.#open.get(fd);
    if (file === undefined || this.writer === null) return;
    if (typeof file === 'object') file.synced = file.pieces.length;
    else this.#syncNames(file);
  }

  writeWhole(path: string, text: string | Buffer, flush: boolean): void {
    if (this.writer?.acts() !== true) return;
    const file = { pieces: [Buffer.from(text as string)], synced: flush ? 1 : 0 };
    this.#names.set(path, file);
  }

  read(path: string, from = 0): Buffer {
    const file = this.#names.get(path);
    if (file === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return Buffer.concat(file.pieces).subarray(from);
  }

  rename(from: string, to: string): void {
    const file = this.#names.get(from);
    if (file === undefined || this.writer?.acts() !== true) return;
    this.#names.delete(from);
    this.#names.set(to, file);
  }

  unlink(path: string): void {
    if (this.writer?.acts() === true) this.#names.delete(path);
  }

  named(path: string): File | undefined {
    return this.#names.get(path);
  }

  list(folder: string): string[] {
    return [...this.#names.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path));
  }

  #file(path: string): File {
    const known = this.#names.get(path);
    if (known !== undefined) return known;
    const file: File = { pieces: [], synced: 0 };
    if (this.writer !== null) this.#names.set(path, file);
    return file;
  }

  #syncNames(folder: string): void {
    for (const path of this.#syncedNames.keys()) if (dirname(path) === folder) this.#syncedNames.delete(path);
    for (const [path, file] of this.#names) if (dirname(path) === folder) this.#syncedNames.set(path, file);
  }
}

let disk: Disk | null = null;
const ours = (path: unknown): path is string => disk !== null && typeof path === 'string' && path.startsWith(DISK);
const sizeOf = ({ pieces }: File): number => pieces.reduce((sum, { length }) => sum + length, 0);

/** Node's functions lead to this disk from now on. */
export function mount(mounted: Disk): void {
  disk = mounted;
}

/** `play(on)` instead of node's own function where it is about our disk. */
function instead(module: object, name: string, isOurs: (first: unknown) => boolean, play: (on: Disk, ...args: never[]) => unknown): void {
  const own = Reflect.get(module, name) as (...args: unknown[]) => unknown;
  Reflect.set(module, name, (...args: unknown[]) => (disk !== null && isOurs(args[0]) ? play(disk, ...(args as never[])) : own(...args)));
}

/** Once in a process. */
export function playDisks(): void {
  const isOpen = (fd: unknown): boolean => typeof fd === 'number' && fd >= FIRST_DESCRIPTOR;
  instead(fs, 'openSync', ours, (on, path: string, flags: string) => on.openFile(path, flags));
  instead(fs, 'closeSync', isOpen, (on, fd: number) => on.close(fd));
  instead(fs, 'writeSync', isOpen, (on, fd: number, bytes: Buffer, from = 0) => on.write(fd, bytes.subarray(from)));
  instead(fs, 'ftruncateSync', isOpen, (on, fd: number, length: number) => on.truncate(on.at(fd), length));
  instead(fs, 'fsyncSync', isOpen, (on, fd: number) => on.sync(fd));
  instead(fs, 'fdatasync', isOpen, (on, fd: number, done: (error: null) => void) => {
    on.sync(fd);
    queueMicrotask(() => done(null));
  });
  instead(fs, 'writeFileSync', ours, (on, path: string, text: string, options?: { flush?: boolean }) => on.writeWhole(path, text, options?.flush === true));
  instead(fs, 'readFileSync', ours, (on, path: string, encoding?: BufferEncoding) =>
    encoding === undefined ? on.read(path) : on.read(path).toString(encoding),
  );
  instead(fs, 'renameSync', ours, (on, from: string, to: string) => on.rename(from, to));
  instead(fs, 'unlinkSync', ours, (on, path: string) => on.unlink(path));
  instead(fs, 'truncateSync', ours, (on, path: string, length: number) => on.truncate(on.named(path), length));
  instead(fs, 'existsSync', ours, (on, path: string) => on.named(path) !== undefined);
  instead(fs, 'mkdirSync', ours, () => undefined);
  instead(fs, 'readdirSync', ours, (on, folder: string) => on.list(folder));
  instead(fs, 'statSync', ours, (on, path: string) => ({ size: sizeOf(on.named(path) ?? { pieces: [], synced: 0 }) }));
  playPromises();
  syncBuiltinESMExports();
}

function playPromises(): void {
  instead(fsPromises, 'mkdir', ours, async () => undefined);
  instead(fsPromises, 'rename', ours, async (on, from: string, to: string) => on.rename(from, to));
  instead(fsPromises, 'unlink', ours, async (on, path: string) => on.unlink(path));
  instead(fsPromises, 'writeFile', ours, async (on, path: string, text: string, options?: { flush?: boolean }) =>
    on.writeWhole(path, text, options?.flush === true),
  );
  instead(fsPromises, 'open', ours, async (on, path: string, flags: string) => {
    const fd = on.openFile(path, flags);
    return {
      appendFile: async (text: string) => void on.write(fd, Buffer.from(text)),
      datasync: async () => on.sync(fd),
      sync: async () => on.sync(fd),
      close: async () => on.close(fd),
      read: async (into: Buffer, offset: number, length: number, position: number) => ({ bytesRead: on.read(path, position).copy(into, offset, 0, length) }),
    };
  });
}
