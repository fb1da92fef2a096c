/**
 * Published versions of one tenant's dialplan on disk, newest 50:
 *
 *   <root>/<version>/files/*.yaml   as they were checked
 *   <root>/<version>/meta.json      when and by whom
 *   <root>/current.json             which one new calls take, and what the folder held then
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asId, type DialplanVersion, type UserId } from '../../../kernel/ids.ts';
import { type DialplanText, readDialplanTexts } from '../files.ts';

export interface VersionInfo {
  version: DialplanVersion;
  /** ms since 1970, of its first publishing */
  publishedAt: number;
  /** null = it came from the folder. */
  publishedBy: UserId | null;
  note: string;
}

/** `folder`: the version the watched folder held when this one became current; a folder that differs at the next start was edited since. */
export interface CurrentVersion {
  version: DialplanVersion;
  folder: DialplanVersion | null;
}

const MOST_VERSIONS = 50;

export class VersionStore {
  readonly #root: string;
  #infos: VersionInfo[];

  constructor(root: string) {
    this.#root = root;
    mkdirSync(root, { recursive: true });
    this.#infos = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => this.#readInfo(entry.name))
      .sort((a, b) => b.publishedAt - a.publishedAt);
  }

  /** Newest first. */
  list(): readonly VersionInfo[] {
    return this.#infos;
  }

  current(): CurrentVersion | null {
    const value = readJson(join(this.#root, 'current.json'));
    if (typeof value?.version !== 'string' || !this.has(value.version)) return null;
    return { version: asId(value.version), folder: typeof value.folder === 'string' ? asId<DialplanVersion>(value.folder) : null };
  }

  has(version: string): boolean {
    return this.#infos.some((info) => info.version === version);
  }

  /** The files of a known version; null for an unknown one. */
  texts(version: string): DialplanText[] | null {
    return this.has(version) ? readDialplanTexts(join(this.#root, version, 'files')) : null;
  }

  /** Writes the version if it is new, makes it current, and forgets the oldest beyond 50. */
  keep(info: VersionInfo, texts: readonly DialplanText[], folder: DialplanVersion | null): void {
    if (!this.has(info.version)) this.#write(info, texts);
    this.#writeWhole('current.json', JSON.stringify({ version: info.version, folder }));
    for (const old of this.#infos.slice(MOST_VERSIONS)) {
      rmSync(join(this.#root, old.version), { recursive: true, force: true });
      this.#infos = this.#infos.filter((kept) => kept !== old);
    }
  }

  #write(info: VersionInfo, texts: readonly DialplanText[]): void {
    const under = join(this.#root, `.new-${info.version}`);
    rmSync(under, { recursive: true, force: true });
    mkdirSync(join(under, 'files'), { recursive: true });
    for (const { path, text } of texts) writeFileSync(join(under, 'files', path), text);
    writeFileSync(join(under, 'meta.json'), JSON.stringify(info));
    // Whole or not at all: a crash leaves only a folder whose name begins with a dot.
    rmSync(join(this.#root, info.version), { recursive: true, force: true });
    renameSync(under, join(this.#root, info.version));
    this.#infos = [info, ...this.#infos];
  }

  #writeWhole(name: string, text: string): void {
    const path = join(this.#root, name);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }

  #readInfo(name: string): VersionInfo[] {
    const meta = name.startsWith('.') ? null : readJson(join(this.#root, name, 'meta.json'));
    if (meta === null || meta.version !== name || typeof meta.publishedAt !== 'number') return [];
    const publishedBy = typeof meta.publishedBy === 'string' ? asId<UserId>(meta.publishedBy) : null;
    const note = typeof meta.note === 'string' ? meta.note : '';
    return [{ version: asId<DialplanVersion>(name), publishedAt: meta.publishedAt, publishedBy, note }];
  }
}

function readJson(path: string): Record<string, unknown> | null {
  if (!existsSync(path)) return null;
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
