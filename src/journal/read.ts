/** What lies in the journal's folder: the newest whole snapshot and every good event after it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../kernel/log.ts';
import type { Recorded } from '../vocabulary.ts';
import { KEYS, keysName, SealBroken } from './keys.ts';
import { checkOf, readLine, type StoredEvent } from './line.ts';
import { openParts } from './parts.ts';

const SEGMENT = /^events-(\d{16})\.log$/;
const SNAPSHOT = /^snapshot-(\d{16})\.json$/;

export const segmentName = (firstSeq: number): string => `events-${String(firstSeq).padStart(16, '0')}.log`;
export const snapshotName = (seq: number): string => `snapshot-${String(seq).padStart(16, '0')}.json`;

export interface Recovered {
  /** State of the rooms after event `snapshotSeq`; null when there is none. */
  snapshot: unknown;
  snapshotSeq: number;
  /** In order, without a gap, from snapshotSeq + 1. */
  events: Recorded[];
  lastSeq: number;
  /** Bytes that were torn or changed and have been set aside. */
  setAsideBytes: number;
}

/** Opens what is sealed (`seal.ts`). Without one, marks stand where something personal was. */
export interface Opener {
  /** `firstSeq`: of the segment. Throws when it was changed. */
  event(stored: StoredEvent, firstSeq: number): Recorded;
  snapshot(state: object, seq: number): object;
  /** Somebody begins to read. */
  anew?(): void;
}

export const leavesSealed: Opener = {
  event: ({ sealed: _, ...recorded }) => recorded,
  snapshot: (state) => openParts(state, () => null),
};

/** Reads all; cuts a torn tail off its segment and keeps it beside it as `torn-…`. Throws when the folder cannot be used. */
export function recover(folder: string, log: Logger, opener: Opener = leavesSealed): Recovered {
  mkdirSync(folder, { recursive: true });
  const { snapshot, seq: snapshotSeq } = newestSnapshot(folder, log, opener);
  const recovered: Recovered = { snapshot, snapshotSeq, events: [], lastSeq: snapshotSeq, setAsideBytes: 0 };
  // Older ones may be kept to be looked at; what the snapshot holds is not read again.
  const superseded = new Set(supersededBy(folder, snapshotSeq).map(({ name }) => name));
  const segments = listed(folder, SEGMENT).filter(({ name }) => !superseded.has(name));
  for (const [at, segment] of segments.entries()) {
    const good = readSegment(join(folder, segment.name), recovered, (stored) => opener.event(stored, segment.seq));
    if (good) continue;
    recovered.setAsideBytes += setAside(folder, segment.name, recovered.lastSeq, log);
    // What lies beyond a break cannot be trusted to follow on from it.
    for (const later of segments.slice(at + 1)) renameSync(join(folder, later.name), join(folder, `torn-${later.name}`));
    break;
  }
  return recovered;
}

/** Snapshots and segments that a newer snapshot has made superfluous, but for `keepBytes` of the newest, which `huawu replay` and `simulate` can read. */
export function prune(folder: string, snapshotSeq: number, keepBytes = 0): void {
  const old = supersededBy(folder, snapshotSeq).map((file) => ({ ...file, bytes: statSync(join(folder, file.name)).size }));
  let kept = 0;
  for (const { name, bytes } of old.sort((a, b) => b.seq - a.seq)) {
    kept += bytes;
    if (kept > keepBytes) unlinkSync(join(folder, name));
  }
  dropKeys(folder);
}

/** Keys go with what they lock: a segment, and the snapshot it follows. */
function dropKeys(folder: string): void {
  const needed = new Set([...listed(folder, SEGMENT).map(({ seq }) => seq), ...listed(folder, SNAPSHOT).map(({ seq }) => seq + 1)].map(keysName));
  for (const { name } of listed(folder, KEYS)) if (!needed.has(name)) unlinkSync(join(folder, name));
}

const isTorn = (name: string): boolean => name.startsWith('torn-') || name.endsWith('.json.part');
const isOpen = (folder: string, firstSeq: number): boolean => !existsSync(join(folder, keysName(firstSeq)));

/** Whether there are files that no key locks: of before anything was sealed, or torn. */
export const hasUnsealed = (folder: string): boolean =>
  readdirSync(folder).some(isTorn) ||
  listed(folder, SEGMENT).some(({ seq }) => isOpen(folder, seq)) ||
  listed(folder, SNAPSHOT).some(({ seq }) => isOpen(folder, seq + 1));

/** Of those that the snapshot of `snapshotSeq` has made superfluous, and of torn ones, nothing is left. */
export function removeUnsealed(folder: string, snapshotSeq: number): void {
  const torn = readdirSync(folder).filter(isTorn);
  const old = supersededBy(folder, snapshotSeq).filter(({ name, seq }) => isOpen(folder, SNAPSHOT.test(name) ? seq + 1 : seq));
  for (const name of [...torn, ...old.map((file) => file.name)]) unlinkSync(join(folder, name));
}

function supersededBy(folder: string, snapshotSeq: number): { name: string; seq: number }[] {
  const segments = listed(folder, SEGMENT);
  const older = segments.filter((_, at) => (segments[at + 1]?.seq ?? Number.POSITIVE_INFINITY) <= snapshotSeq + 1);
  return [...listed(folder, SNAPSHOT).filter(({ seq }) => seq < snapshotSeq), ...older];
}

function listed(folder: string, pattern: RegExp): { name: string; seq: number }[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const match = pattern.exec(name);
      return match === null ? [] : [{ name, seq: Number(match[1]) }];
    })
    .sort((a, b) => a.seq - b.seq);
}

export const listedSegments = (folder: string): { name: string; seq: number }[] => listed(folder, SEGMENT);
export const listedSnapshots = (folder: string): { name: string; seq: number }[] => listed(folder, SNAPSHOT);

/** Throws when the snapshot is damaged. */
export function snapshotBody(text: string, name: string): object {
  const body = text.slice(9);
  if (text.slice(0, 8) !== checkOf(body)) throw new Error(`${name} is damaged`);
  return JSON.parse(body) as object;
}

/** Of what a snapshot holds; a later version may write another. */
const SNAPSHOT_VERSION = 1;

/** Throws where there is only one of a later version, and nothing from which everything could be told instead. */
function newestSnapshot(folder: string, log: Logger, opener: Opener): { snapshot: unknown; seq: number } {
  const segments = listed(folder, SEGMENT);
  let later: string | null = null;
  for (const found of listed(folder, SNAPSHOT).reverse()) {
    const text = readFileSync(join(folder, found.name), 'utf8');
    const body = text.slice(9);
    if (text.slice(0, 8) === checkOf(body)) {
      const state = JSON.parse(body) as { version?: number };
      const isLater = (state.version ?? 0) > SNAPSHOT_VERSION;
      if (isLater) later ??= found.name;
      const isReached = later === null || segments.some(({ seq }) => seq <= found.seq + 1);
      const snapshot = isLater || !isReached ? null : opened(() => opener.snapshot(state, found.seq));
      if (snapshot !== null) return { snapshot, seq: found.seq };
      if (isLater) log.warn({ file: found.name }, 'journal: a snapshot of a later version is passed over');
      if (isLater || !isReached) continue;
    }
    log.error({ file: found.name }, 'journal: a snapshot is damaged and is passed over');
  }
  if (later !== null && segments[0]?.seq !== 1)
    throw new Error(
      `journal: ${join(folder, later)} is of a later version: start that one again; to go on with this one, move the journal's folder away (live calls, callbacks and phones' registrations are forgotten, records are not)`,
    );
  return { snapshot: null, seq: 0 };
}

/** null: it is not what was sealed. */
export function opened<T>(open: () => T): T | null {
  try {
    return open();
  } catch (error) {
    if (error instanceof SealBroken) return null;
    throw error;
  }
}

/** false when the segment breaks off before its end. Leaves the events it could read in `recovered`. */
function readSegment(path: string, recovered: Recovered, open: (stored: StoredEvent) => Recorded): boolean {
  const text = readFileSync(path, 'utf8');
  let from = 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const stored = end < 0 ? null : readLine(text.slice(from, end));
    if (stored === null) return false;
    if (stored.seq > recovered.lastSeq) {
      const recorded = stored.seq === recovered.lastSeq + 1 ? opened(() => open(stored)) : null;
      if (recorded === null) return false;
      recovered.events.push(recorded);
      recovered.lastSeq = recorded.seq;
    }
    from = end + 1;
  }
  return true;
}

/** Bytes cut off. */
function setAside(folder: string, name: string, lastSeq: number, log: Logger): number {
  const path = join(folder, name);
  const bytes = readFileSync(path);
  let good = 0;
  while (good < bytes.length) {
    const end = bytes.indexOf(0x0a, good);
    const recorded = end < 0 ? null : readLine(bytes.toString('utf8', good, end));
    if (recorded === null || recorded.seq > lastSeq) break;
    good = end + 1;
  }
  const torn = bytes.subarray(good);
  const aside = join(folder, `torn-${name}`);
  writeFileSync(existsSync(aside) ? `${aside}.${bytes.length}` : aside, torn);
  truncateSync(path, good);
  log.error({ file: name, bytes: torn.length, lastSeq }, 'journal: a torn or changed tail was set aside; all before it is used');
  return torn.length;
}
