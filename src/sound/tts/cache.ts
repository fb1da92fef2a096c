/** Spoken texts as files, kept while there is room: the one that was wanted longest ago goes first. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomToken } from '../../../kernel/ids.ts';
import type { Language } from '../../call/event.ts';

const MOST_BYTES = 256 * 1024 * 1024;
/** What even the smallest file takes on a disk; so the limit of bytes is one of files too. */
const LEAST_BYTES = 4096;

export const fileNameOf = (voice: string, language: Language, text: string): string =>
  `${createHash('sha256')
    .update(JSON.stringify([voice, language, text]))
    .digest('hex')}.wav`;

export class SpokenFiles {
  readonly #folder: string;
  readonly #mostBytes: number;
  /** Name → bytes, in the order of last use; read from the disk once. */
  #kept: Promise<Map<string, number>> | null = null;

  constructor(folder: string, mostBytes = MOST_BYTES) {
    this.#folder = folder;
    this.#mostBytes = mostBytes;
  }

  /** Path; null = it is not there (any more). */
  async find(name: string): Promise<string | null> {
    const kept = await this.#index();
    const bytes = kept.get(name);
    if (bytes === undefined) return null;
    kept.delete(name);
    const path = join(this.#folder, name);
    const there = await stat(path).catch(() => null);
    if (there === null) return null;
    kept.set(name, bytes);
    return path;
  }

  /** Whole or not at all: nobody is ever played half of it. */
  async keep(name: string, wav: Buffer): Promise<string> {
    const kept = await this.#index();
    const path = join(this.#folder, name);
    const part = `${path}.${randomToken(6)}.part`;
    try {
      await writeFile(part, wav, { mode: 0o600 });
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    kept.delete(name);
    kept.set(name, Math.max(LEAST_BYTES, wav.length));
    await this.#makeRoom(kept, name);
    return path;
  }

  #index(): Promise<Map<string, number>> {
    this.#kept ??= readFolder(this.#folder).catch((error) => {
      this.#kept = null;
      throw error;
    });
    return this.#kept;
  }

  async #makeRoom(kept: Map<string, number>, newest: string): Promise<void> {
    let total = 0;
    for (const bytes of kept.values()) total += bytes;
    const going: string[] = [];
    for (const [name, bytes] of kept) {
      if (total <= this.#mostBytes || name === newest) break;
      going.push(name);
      total -= bytes;
    }
    for (const name of going) kept.delete(name);
    for (const name of going) await rm(join(this.#folder, name), { force: true });
  }
}

/** What an earlier life kept, oldest first; what it left half written goes. */
async function readFolder(folder: string): Promise<Map<string, number>> {
  // Texts may hold what concerns one customer alone.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found: { name: string; bytes: number; at: number }[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name.endsWith('.part')) await rm(path, { force: true });
    if (!name.endsWith('.wav')) continue;
    const { size, mtimeMs } = await stat(path);
    found.push({ name, bytes: Math.max(LEAST_BYTES, size), at: mtimeMs });
  }
  return new Map(found.sort((a, b) => a.at - b.at).map(({ name, bytes }) => [name, bytes]));
}
