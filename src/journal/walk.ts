/** Reads a journal without touching it, also one that is being written: its starts, and event by event what follows one of them. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Recorded } from '../vocabulary.ts';
import { numberOf, readLine } from './line.ts';
import { leavesSealed, listedSegments, listedSnapshots, type Opener, opened, snapshotBody } from './read.ts';

/** Where a journal can be read from: after a snapshot, or from its first event (`seq` 0). */
export interface JournalStart {
  seq: number;
  /** null = the very first event */
  read: (() => object) | null;
}

const CHUNK_BYTES = 1024 * 1024;

/** The earliest first. Empty: the folder holds no journal. Without an `opener`, marks stand where something personal is. */
export function startsOf(folder: string, opener: Opener = leavesSealed): JournalStart[] {
  const segments = listedSegments(folder);
  const reaches = (seq: number): boolean => segments.some((segment) => segment.seq <= seq + 1);
  const first: JournalStart[] = segments[0]?.seq === 1 ? [{ seq: 0, read: null }] : [];
  const snapshots = listedSnapshots(folder).filter(({ seq }) => reaches(seq));
  return [
    ...first,
    ...snapshots.map(({ name, seq }) => ({ seq, read: () => opener.snapshot(snapshotBody(readFileSync(join(folder, name), 'utf8'), name), seq) })),
  ];
}

export const journalBytes = (folder: string): number => listedSegments(folder).reduce((sum, { name }) => sum + statSync(join(folder, name)).size, 0);

/**
 * Every event after `seq`. Ends where the journal does; a line that cannot be read ends it too, and is told to `onBreak`
 * (the last line of a journal that is being written may be half there). Throws where a number is missing.
 */
export function* walk(
  folder: string,
  seq: number,
  onBreak: (file: string, lastSeq: number) => void,
  opener: Opener = leavesSealed,
): IterableIterator<Recorded> {
  let last = seq;
  opener.anew?.();
  const segments = listedSegments(folder);
  for (const [at, { name, seq: firstSeq }] of segments.entries()) {
    const next = segments[at + 1];
    if (next !== undefined && next.seq <= seq + 1) continue;
    for (const line of linesOf(join(folder, name))) {
      if ((numberOf(line) ?? Number.POSITIVE_INFINITY) <= seq) continue;
      const stored = readLine(line);
      if (stored === null) return onBreak(name, last);
      if (stored.seq <= last) continue;
      if (stored.seq !== last + 1) throw new Error(`${name}: event ${last + 1} is missing; the next one is ${stored.seq}`);
      const recorded = opened(() => opener.event(stored, firstSeq));
      if (recorded === null) return onBreak(name, last);
      last = recorded.seq;
      yield recorded;
    }
  }
}

/** Lines without their line feed; what stands behind the last one is a line too. */
function* linesOf(path: string): IterableIterator<string> {
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest: Buffer[] = [];
    for (let read = readSync(file, chunk, 0, CHUNK_BYTES, null); read > 0; read = readSync(file, chunk, 0, CHUNK_BYTES, null)) {
      let from = 0;
      for (let end = chunk.indexOf(0x0a, from); end >= 0 && end < read; end = chunk.indexOf(0x0a, from)) {
        yield Buffer.concat([...rest, chunk.subarray(from, end)]).toString('utf8');
        rest = [];
        from = end + 1;
      }
      if (from < read) rest.push(Buffer.from(chunk.subarray(from, read)));
    }
    if (rest.length > 0) yield Buffer.concat(rest).toString('utf8');
  } finally {
    closeSync(file);
  }
}
