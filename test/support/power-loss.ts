/**
 * A disk whose power can be cut. Node's own file functions, as the program calls them, go on working in `folder`; beside them it is written down what each
 * did and what was fsynced. `cut` makes a folder as it may look after the power was lost: of a file all that was fsynced, and of what was written to it since
 * a part, in which blocks may be missing; of a folder the names as they were fsynced, and of what was changed since the first few, or any (POSIX promises neither).
 */
import fs from 'node:fs';
import fsPromises, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, join } from 'node:path';

interface File {
  now: Buffer;
  synced: Buffer;
  /** Since it was fsynced: its whole content behind each write. */
  since: Buffer[];
}
type Change = { is: 'name'; name: string; file: File } | { is: 'unname'; name: string };

/** 0 ≤ n < 1 */
export type Luck = () => number;

export class PowerLossDisk {
  readonly #folder: string;
  #names = new Map<string, File>();
  #syncedNames = new Map<string, File>();
  #changes: Change[] = [];
  readonly #open = new Map<number, File | 'folder'>();
  /** Told before each thing that is done to the disk. */
  onStep: () => void = () => undefined;

  constructor(folder: string) {
    this.#folder = folder;
    for (const name of fs.readdirSync(folder)) {
      const now = fs.readFileSync(join(folder, name));
      const file = { now, synced: now, since: [] };
      this.#names.set(name, file);
      this.#syncedNames.set(name, file);
    }
    this.#listen();
  }

  /** Node's functions are its own again. */
  close(): void {
    for (const restore of restores.splice(0)) restore();
    syncBuiltinESMExports();
  }

  /** Writes into `into`, an empty folder, what would be there. */
  cut(into: string, luck: Luck): void {
    const names = new Map(this.#syncedNames);
    const inOrder = luck() < 0.7;
    const reached = Math.floor(luck() * (this.#changes.length + 1));
    for (const [at, change] of this.#changes.entries()) {
      if (inOrder ? at >= reached : luck() < 0.5) continue;
      if (change.is === 'name') names.set(change.name, change.file);
      else names.delete(change.name);
    }
    for (const [name, file] of names) untouched.writeFileSync(join(into, name), contentAfter(file, luck));
  }

  #listen(): void {
    instead(fs, 'openSync', (path: string, flags: string, mode?: number) => {
      const fd = untouched.openSync(path, flags, mode);
      this.#opened(fd, path, flags);
      return fd;
    });
    instead(fs, 'closeSync', (fd: number) => {
      this.#open.delete(fd);
      untouched.closeSync(fd);
    });
    instead(fs, 'writeSync', (fd: number, bytes: Buffer, from = 0) => {
      // A write may be short.
      const written = untouched.writeSync(fd, bytes, from);
      this.#wrote(fd, (now) => Buffer.concat([now, bytes.subarray(from, from + written)]));
      return written;
    });
    instead(fs, 'ftruncateSync', (fd: number, length: number) => {
      untouched.ftruncateSync(fd, length);
      this.#wrote(fd, (now) => resized(now, length));
    });
    instead(fs, 'fsyncSync', (fd: number) => this.#sync(fd));
    // Carried out at once, told later.
    instead(fs, 'fdatasync', (fd: number, done: (error: Error | null) => void) => {
      this.#sync(fd);
      setImmediate(done, null);
    });
    instead(fs, 'writeFileSync', (path: string, text: string, options?: { flush?: boolean }) => {
      untouched.writeFileSync(path, text);
      this.#wroteWhole(path, text, options?.flush === true);
    });
    instead(fs, 'renameSync', (from: string, to: string) => {
      untouched.renameSync(from, to);
      this.#renamed(from, to);
    });
    instead(fs, 'unlinkSync', (path: string | Buffer) => {
      untouched.unlinkSync(path);
      if (typeof path === 'string' && dirname(path) === this.#folder) this.#change({ is: 'unname', name: basename(path) });
    });
    this.#listenToPromises();
    syncBuiltinESMExports();
  }

  #listenToPromises(): void {
    instead(fsPromises, 'open', async (path: string, flags: string, mode?: number) => {
      const handle = await untouchedPromises.open(path, flags, mode);
      this.#opened(handle.fd, path, flags);
      return this.#handle(handle);
    });
    instead(fsPromises, 'rename', async (from: string, to: string) => {
      await untouchedPromises.rename(from, to);
      this.#renamed(from, to);
    });
    instead(fsPromises, 'unlink', async (path: string) => {
      await untouchedPromises.unlink(path);
      if (dirname(path) === this.#folder) this.#change({ is: 'unname', name: basename(path) });
    });
    instead(fsPromises, 'writeFile', async (path: string, text: string, options?: { flush?: boolean }) => {
      await untouchedPromises.writeFile(path, text);
      this.#wroteWhole(path, text, options?.flush === true);
    });
  }

  #handle(handle: FileHandle): FileHandle {
    const { fd } = handle;
    const appendFile = handle.appendFile.bind(handle);
    const close = handle.close.bind(handle);
    handle.appendFile = async (text) => {
      await appendFile(text);
      this.#wrote(fd, (now) => Buffer.concat([now, Buffer.from(text as string)]));
    };
    handle.datasync = handle.sync = async () => this.#sync(fd);
    handle.close = () => {
      this.#open.delete(fd);
      return close();
    };
    return handle;
  }

  #opened(fd: number, path: string, flags: string): void {
    if (path === this.#folder) this.#open.set(fd, 'folder');
    if (dirname(path) !== this.#folder || flags === 'r') return;
    const file = this.#names.get(basename(path)) ?? { now: Buffer.alloc(0), synced: Buffer.alloc(0), since: [] };
    this.#open.set(fd, file);
    if (!this.#names.has(basename(path))) this.#change({ is: 'name', name: basename(path), file });
  }

  #wrote(fd: number, next: (now: Buffer) => Buffer): void {
    const file = this.#open.get(fd);
    if (file === undefined || file === 'folder') return;
    this.onStep();
    file.now = next(file.now);
    file.since.push(file.now);
  }

  #wroteWhole(path: string, text: string, flush: boolean): void {
    if (dirname(path) !== this.#folder) return;
    const now = Buffer.from(text);
    const known = this.#names.get(basename(path));
    const file = known ?? { now: Buffer.alloc(0), synced: Buffer.alloc(0), since: [] };
    if (known === undefined) this.#change({ is: 'name', name: basename(path), file });
    this.onStep();
    Object.assign(file, { now, since: [...file.since, Buffer.alloc(0), now] });
    if (flush) Object.assign(file, { synced: now, since: [] });
  }

  #renamed(from: string, to: string): void {
    const file = this.#names.get(basename(from));
    if (file === undefined || dirname(from) !== this.#folder) return;
    // One step of the disk: never both names, never none.
    this.onStep();
    this.#names.delete(basename(from));
    this.#names.set(basename(to), file);
    this.#changes.push({ is: 'name', name: basename(to), file }, { is: 'unname', name: basename(from) });
  }

  #change(change: Change): void {
    this.onStep();
    if (change.is === 'name') this.#names.set(change.name, change.file);
    else this.#names.delete(change.name);
    this.#changes.push(change);
  }

  #sync(fd: number): void {
    const file = this.#open.get(fd);
    if (file === undefined) return;
    this.onStep();
    if (file === 'folder') {
      this.#syncedNames = new Map(this.#names);
      this.#changes = [];
    } else Object.assign(file, { synced: file.now, since: [] });
  }
}

/** Not by the test runner's mocks, which keep a stack of each call. */
function instead<M extends object, N extends keyof M, F>(module: M, name: N, does: F): void {
  const before = module[name];
  restores.push(() => Reflect.set(module, name, before));
  Reflect.set(module, name, does);
}
const restores: (() => unknown)[] = [];
const untouched = { ...fs };
const untouchedPromises = { ...fsPromises };
const BLOCK = 512;

const resized = (bytes: Buffer, length: number): Buffer =>
  length <= bytes.length ? bytes.subarray(0, length) : Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);

/** What was fsynced; or what stood there after one of the writes since, with blocks behind what was fsynced that are not there yet. */
function contentAfter({ synced, since }: File, luck: Luck): Buffer {
  const reached = since[Math.floor(luck() * (since.length + 1))];
  if (reached === undefined) return synced;
  const content = Buffer.from(reached.subarray(0, Math.ceil(luck() * reached.length)));
  if (content.length < synced.length && reached.length >= synced.length) return synced;
  for (let at = synced.length; at < content.length; at += BLOCK) if (luck() < 0.2) content.fill(0, at, Math.min(at + BLOCK, content.length));
  return content;
}
