/** What lies in the journal's folder: the newest whole snapshot and every good event after it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../kernel/log.ts';
import type { Recorded } from '../vocabulary.ts';
import { checkOf, readLine } from './line.ts';

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

/** Reads all; cuts a torn tail off its segment and keeps it beside it as `torn-…`. Throws when the folder cannot be used. */
export function recover(folder: string, log: Logger): Recovered {
  mkdirSync(folder, { recursive: true });
  const { snapshot, seq: snapshotSeq } = newestSnapshot(folder, log);
  const recovered: Recovered = { snapshot, snapshotSeq, events: [], lastSeq: snapshotSeq, setAsideBytes: 0 };
  // Older ones may be kept to be looked at; what the snapshot holds is not read again.
  const superseded = new Set(supersededBy(folder, snapshotSeq).map(({ name }) => name));
  const segments = listed(folder, SEGMENT).filter(({ name }) => !superseded.has(name));
  for (const [at, segment] of segments.entries()) {
    const good = readSegment(join(folder, segment.name), recovered);
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
}

function supersededBy(folder: string, snapshotSeq: number): { name: string; seq: number }[] {
  const segments = listed(folder, SEGMENT);
  const older = segments.filter((_, at) => (segments[at + 1]?.seq ?? Number.POSITIVE_INFINITY) <= snapshotSeq + 1);
  return [...listed(folder, SNAPSHOT).filter(({ seq }) => seq < snapshotSeq), ...older];
}

export function writeSnapshot(folder: string, seq: number, state: unknown): void {
  const body = JSON.stringify(state);
  const path = join(folder, snapshotName(seq));
  writeFileSync(`${path}.part`, `${checkOf(body)} ${body}`, { flush: true });
  renameSync(`${path}.part`, path);
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
export function snapshotBody(text: string, name: string): unknown {
  const body = text.slice(9);
  if (text.slice(0, 8) !== checkOf(body)) throw new Error(`${name} is damaged`);
  return JSON.parse(body);
}

function newestSnapshot(folder: string, log: Logger): { snapshot: unknown; seq: number } {
  for (const found of listed(folder, SNAPSHOT).reverse()) {
    const text = readFileSync(join(folder, found.name), 'utf8');
    const body = text.slice(9);
    if (text.slice(0, 8) === checkOf(body)) return { snapshot: JSON.parse(body), seq: found.seq };
    log.error({ file: found.name }, 'journal: a snapshot is damaged and is passed over');
  }
  return { snapshot: null, seq: 0 };
}

/** false when the segment breaks off before its end. Leaves the events it could read in `recovered`. */
function readSegment(path: string, recovered: Recovered): boolean {
  const text = readFileSync(path, 'utf8');
  let from = 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const recorded = end < 0 ? null : readLine(text.slice(from, end));
    if (recorded === null) return false;
    if (recorded.seq > recovered.lastSeq) {
      if (recorded.seq !== recovered.lastSeq + 1) return false;
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
