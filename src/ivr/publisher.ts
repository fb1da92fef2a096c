/**
 * Brings dialplans into use. Nothing that is faulty is ever taken: the version in use goes on, and the faults are kept to be read.
 * What was changed last wins, be it the tenant's folder or a version published or rolled back over the API; after a restart too.
 */
import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import type { DialplanVersion, TenantId, UserId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import { compileDialplan } from './compile.ts';
import type { IvrEvent } from './event.ts';
import { type Fault, faultLine } from './fault.ts';
import { type DialplanText, readDialplanTexts, readSource, TENANT_FILE, type TenantNames, versionOf } from './files.ts';
import type { Plan } from './plan.ts';
import { type VersionInfo, VersionStore } from './publisher/versions.ts';
import { type DialplanWords, lostExits, lostSurveys, wordsOf } from './words.ts';

export interface PublisherOptions {
  /** Folder of each tenant's dialplan, for example `dialplans/demo`. */
  tenants: readonly { tenantId: TenantId; folder: string }[];
  /** Versions are kept in `<dataDir>/dialplans/<tenant>/`. */
  dataDir: string;
  take(event: IvrEvent): void;
  clock: Clock;
  log: Logger;
  /** What the tenant has now; absent, or null in part = as its tenant.yaml says. */
  names?(tenantId: TenantId): Partial<TenantNames>;
}

/** File name → text. */
export type DialplanFiles = Record<string, string>;
export type Publishing = { result: 'published'; version: DialplanVersion } | { result: 'faulty'; faults: Fault[] };

/** Editors write a file in several steps: what changes within this time is one change. */
const SETTLE_MS = 300;
const MOST_FILES = 200;
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.ya?ml$/;

interface Kept {
  tenantId: TenantId;
  folder: string;
  store: VersionStore;
  faults: Fault[];
  current: DialplanVersion | null;
  /** Of the current one. */
  words: DialplanWords | null;
  watchers: FSWatcher[];
  cancelSettle: (() => void) | null;
}
interface Author {
  /** null = the folder on disk. */
  publishedBy: UserId | null;
  note: string;
}
const folderAuthor: Author = { publishedBy: null, note: '' };

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #tenants = new Map<TenantId, Kept>();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Has every tenant's dialplan taken, and watches the folders from then on. Throws only when `dataDir` cannot be written. */
  open(): void {
    for (const { tenantId, folder } of this.#options.tenants) {
      const store = new VersionStore(join(this.#options.dataDir, 'dialplans', tenantId));
      const kept: Kept = { tenantId, folder, store, faults: [], current: null, words: null, watchers: [], cancelSettle: null };
      this.#tenants.set(tenantId, kept);
      this.#loadAtStart(kept);
      this.#watch(kept);
    }
  }

  close(): void {
    for (const kept of this.#tenants.values()) {
      kept.cancelSettle?.();
      for (const watcher of kept.watchers) watcher.close();
    }
    this.#tenants.clear();
  }

  /** The version new calls take; null = none was ever fit to use. */
  current(tenantId: TenantId): DialplanVersion | null {
    return this.#tenants.get(tenantId)?.current ?? null;
  }

  /** What the dialplan in use has that a queue may name; null = there is none in use. */
  words(tenantId: TenantId): DialplanWords | null {
    return this.#tenants.get(tenantId)?.words ?? null;
  }

  /** Of what was refused last, from the folder or over the API; empty once something was taken. */
  faults(tenantId: TenantId): readonly Fault[] {
    return this.#tenants.get(tenantId)?.faults ?? [];
  }

  /** Newest first, at most 50. */
  async versions(tenantId: TenantId): Promise<(VersionInfo & { current: boolean })[]> {
    const kept = this.#tenants.get(tenantId);
    return (kept?.store.list() ?? []).map((info) => ({ ...info, current: info.version === kept?.current }));
  }

  async files(tenantId: TenantId, version: DialplanVersion): Promise<DialplanFiles | null> {
    const texts = this.#tenants.get(tenantId)?.store.texts(version) ?? null;
    return texts === null ? null : Object.fromEntries(texts.map(({ path, text }) => [path, text]));
  }

  /** What would be wrong with these files; nothing is changed. */
  async check(tenantId: TenantId, files: DialplanFiles): Promise<Fault[]> {
    const kept = this.#tenants.get(tenantId);
    return kept === undefined ? [unknownTenant(tenantId)] : this.#compile(kept, textsOf(files)).faults;
  }

  /** What would be wrong with the dialplan in use if the tenant had these; nothing where there is none. */
  async fits(tenantId: TenantId, names: Partial<TenantNames>): Promise<Fault[]> {
    const kept = this.#tenants.get(tenantId);
    const texts = kept?.current == null ? null : kept.store.texts(kept.current);
    return kept === undefined || texts === null ? [] : this.#compile(kept, texts, names).faults;
  }

  async publish(tenantId: TenantId, files: DialplanFiles, by: UserId, note: string): Promise<Publishing> {
    const kept = this.#tenants.get(tenantId);
    if (kept === undefined) return { result: 'faulty', faults: [unknownTenant(tenantId)] };
    return this.#bringIn(kept, textsOf(files), { publishedBy: by, note });
  }

  /** Takes an earlier version again. null: there is none such, or it does not fit the prompts and queues of today (then `faults` says why). */
  async rollBack(tenantId: TenantId, version: DialplanVersion, by: UserId): Promise<DialplanVersion | null> {
    const kept = this.#tenants.get(tenantId);
    const texts = kept?.store.texts(version) ?? null;
    if (kept === undefined || texts === null) return null;
    return this.#bringIn(kept, texts, { publishedBy: by, note: '' }).result === 'published' ? version : null;
  }

  /** Refuses exits that are gone while a queue overflows to them, and names that could lead out of the version's folder before anything is written. */
  #compile(
    kept: Kept,
    texts: DialplanText[],
    others: Partial<TenantNames> = {},
  ): { plan: Plan; words: DialplanWords; faults: Fault[] } | { plan: null; faults: Fault[] } {
    const refused = formFault(texts);
    if (refused !== null) return { plan: null, faults: [refused] };
    try {
      const names = { ...this.#options.names?.(kept.tenantId), ...others };
      const source = readSource(kept.folder, kept.tenantId, { texts, names });
      const { plan, faults } = compileDialplan(source);
      if (plan === null) return { plan, faults };
      const words = wordsOf(plan, source.music);
      const lost = [...lostExits(kept.words, words, names.exits ?? []), ...lostSurveys(kept.words, words, names.surveys ?? [])];
      const [first] = source.files;
      if (lost.length > 0) return { plan: null, faults: lost.map((message) => ({ ...wholeFault(message), file: first?.path ?? '' })) };
      return { plan, words, faults };
    } catch (error) {
      return { plan: null, faults: [wholeFault(`the dialplan cannot be read: ${(error as Error).message}`)] };
    }
  }

  #bringIn(kept: Kept, texts: DialplanText[], author: Author): Publishing {
    const { clock, log, take } = this.#options;
    const { tenantId } = kept;
    const compiled = this.#compile(kept, texts);
    if (compiled.plan === null) {
      const { faults } = compiled;
      kept.faults = faults;
      log.warn({ tenantId, faults: faults.slice(0, 20).map(faultLine), current: kept.current }, 'dialplan refused: the version in use goes on');
      return { result: 'faulty', faults };
    }
    const { plan, words } = compiled;
    kept.store.keep({ version: plan.version, publishedAt: clock.now(), ...author }, texts, folderVersion(kept));
    kept.faults = [];
    kept.current = plan.version;
    kept.words = words;
    take({ type: 'dialplanPublished', tenantId, version: plan.version, plan });
    log.info({ tenantId, version: plan.version, by: author.publishedBy ?? 'folder' }, 'dialplan in use for new calls');
    return { result: 'published', version: plan.version };
  }

  /** The folder, when it was edited while we were away (or is all there is); else the version that was current. */
  #loadAtStart(kept: Kept): void {
    const before = kept.store.current();
    const untouched = before !== null && before.folder === folderVersion(kept);
    if (!untouched && this.#bringInFolder(kept)) return;
    const { faults } = kept;
    const texts = before === null ? null : kept.store.texts(before.version);
    if (texts !== null && this.#bringIn(kept, texts, folderAuthor).result === 'published') kept.faults = faults;
    else if (untouched) this.#bringInFolder(kept);
  }

  #bringInFolder(kept: Kept): boolean {
    let texts: DialplanText[];
    try {
      texts = readDialplanTexts(kept.folder);
    } catch (error) {
      kept.faults = [wholeFault(`the folder ${kept.folder} cannot be read: ${(error as Error).message}`)];
      this.#options.log.warn({ tenantId: kept.tenantId, err: error }, 'dialplan folder cannot be read');
      return false;
    }
    return this.#bringIn(kept, texts, folderAuthor).result === 'published';
  }

  /** Where only a sound was added, changed or removed, the texts in use stand, whoever published them. */
  #folderChanged(kept: Kept): void {
    const before = kept.store.current();
    const texts = before !== null && before.folder === folderVersion(kept) ? kept.store.texts(before.version) : null;
    if (texts === null) this.#bringInFolder(kept);
    else this.#bringIn(kept, texts, folderAuthor);
  }

  #watch(kept: Kept): void {
    const { clock, log } = this.#options;
    const changed = (): void => {
      kept.cancelSettle?.();
      kept.cancelSettle = clock.after(SETTLE_MS, () => {
        kept.cancelSettle = null;
        this.#folderChanged(kept);
      });
    };
    const folders = ['', join('prompts', 'zh'), join('prompts', 'en'), 'music'].map((name) => join(kept.folder, name));
    for (const folder of folders.filter((path) => existsSync(path))) {
      const watcher = watch(folder, { persistent: false }, changed);
      watcher.on('error', (error) => log.warn({ tenantId: kept.tenantId, folder, err: error }, 'dialplan folder is no longer watched'));
      kept.watchers.push(watcher);
    }
  }
}

const textsOf = (files: DialplanFiles): DialplanText[] => Object.entries(files).map(([path, text]) => ({ path, text }));
const wholeFault = (message: string): Fault => ({ file: '', line: 1, column: 1, message });
const unknownTenant = (tenantId: TenantId): Fault => wholeFault(`tenant "${tenantId}" has no dialplan folder: make one under dialplans/`);

function formFault(texts: readonly DialplanText[]): Fault | null {
  const badName = texts.find(({ path }) => !FILE_NAME.test(path) || path === TENANT_FILE);
  if (badName !== undefined) return wholeFault(`"${badName.path}" cannot be the name of a dialplan file: give one like main.yaml`);
  if (texts.length === 0) return wholeFault('there is no dialplan file: give at least one');
  return texts.length > MOST_FILES ? wholeFault(`${texts.length} files are over the limit of ${MOST_FILES}`) : null;
}

/** What the folder holds; null when it cannot be read. */
function folderVersion(kept: Kept): DialplanVersion | null {
  try {
    return versionOf(kept.tenantId, readDialplanTexts(kept.folder));
  } catch {
    return null;
  }
}
