/** Files of a backup: written whole, on disk when they are said to be, read by nobody but us, each with its sum. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream, linkSync, mkdirSync, readdirSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { syncFolder } from '../../kernel/disk.ts';

export interface Sum {
  bytes: number;
  sha256: string;
}

export const isCode = (error: unknown, ...codes: string[]): boolean => codes.includes((error as NodeJS.ErrnoException).code ?? '');

export const makeFolder = (path: string): void => void mkdirSync(path, { recursive: true, mode: 0o700 });

/** Passes on what it counts. */
export class Summing extends Transform {
  readonly #hash: Hash = createHash('sha256');
  bytes = 0;

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    this.#hash.update(chunk);
    this.bytes += chunk.length;
    done(null, chunk);
  }

  sum(): Sum {
    return { bytes: this.bytes, sha256: this.#hash.digest('hex') };
  }
}

export const sink = (path: string) => createWriteStream(path, { mode: 0o600, flush: true });

/** `bytes`: of the file's beginning; absent = all. Under another name until it is whole. Its time goes with it. */
export async function copyFile(from: string, to: string, bytes?: number): Promise<Sum> {
  makeFolder(dirname(to));
  const { mtimeMs } = statSync(from);
  const summing = new Summing();
  if (bytes === 0) writeFileSync(`${to}.part`, '', { mode: 0o600 });
  else await pipeline(createReadStream(from, bytes === undefined ? {} : { end: bytes - 1 }), summing, sink(`${to}.part`));
  utimesSync(`${to}.part`, mtimeMs / 1000, mtimeMs / 1000);
  renameSync(`${to}.part`, to);
  return summing.sum();
}

export async function sumOf(path: string, bytes?: number): Promise<Sum> {
  const hash = createHash('sha256');
  let read = 0;
  if (bytes !== 0)
    for await (const chunk of createReadStream(path, bytes === undefined ? {} : { end: bytes - 1 }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      read += chunk.length;
    }
  return { bytes: read, sha256: hash.digest('hex') };
}

/** One file under two names; a copy where the file system has no such thing. */
export async function linkFile(from: string, to: string): Promise<void> {
  makeFolder(dirname(to));
  try {
    linkSync(from, to);
  } catch (error) {
    if (!isCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EMLINK', 'ENOSYS')) throw error;
    await copyFile(from, to);
  }
}

/** On disk, in place of what was there, or not at all. */
export function writeJson(path: string, content: object): void {
  writeFileSync(`${path}.part`, `${JSON.stringify(content, null, 1)}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.part`, path);
  syncFolder(dirname(path));
}

/** Every file below, as a path from it, in order. Links are not followed. Empty where there is no folder. */
export function filesBelow(root: string, passes: (path: string) => boolean = () => true): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (!passes(relative(root, path))) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) found.push(relative(root, path));
    }
  };
  walk(root);
  return found.sort();
}

export function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}

export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}
