/** A snapshot onto the disk: at once, or a little in each turn while calls go on. It has its name when all of it is there. */
import { closeSync, fdatasync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { turn } from '../../kernel/clock.ts';
import { syncFolder } from '../../kernel/disk.ts';
import { checkDigits } from './line.ts';
import { snapshotName } from './read.ts';

/** Some 3 ms of sealing. */
const PIECES_A_TURN = 64;

interface SnapshotToWrite {
  folder: string;
  seq: number;
  /** JSON. */
  pieces: Iterable<string>;
  /** What it needs is on disk when this returns. */
  beforeNamed(): void;
}

export function writeSnapshot(snapshot: SnapshotToWrite): void {
  const part = join(snapshot.folder, `${snapshotName(snapshot.seq)}.part`);
  const body = Buffer.from([...snapshot.pieces].join(''), 'utf8');
  writeFileSync(part, Buffer.concat([head(crc32(body)), body]), { flush: true });
  name(part, snapshot);
}

/** false: it was not wanted any more, and is not there. */
export async function writeSnapshotInTurns(snapshot: SnapshotToWrite, isWanted: () => boolean): Promise<boolean> {
  const chunks: Buffer[] = [];
  let check = 0;
  for (const chunk of chunksOf(snapshot.pieces)) {
    check = crc32(chunk, check);
    chunks.push(chunk);
    await turn();
    if (!isWanted()) return false;
  }
  // A name of its own: another snapshot may take this one's place before it is done.
  const part = join(snapshot.folder, `slow-${snapshotName(snapshot.seq)}.part`);
  try {
    await writeInTurns(part, [head(check), ...chunks]);
    if (!isWanted()) return false;
    name(part, snapshot);
    return true;
  } finally {
    rmSync(part, { force: true });
  }
}

async function writeInTurns(path: string, chunks: readonly Buffer[]): Promise<void> {
  const file = openSync(path, 'w');
  try {
    for (const chunk of chunks) {
      for (let from = 0; from < chunk.length; ) from += writeSync(file, chunk, from);
      await turn();
    }
    await new Promise<void>((resolve, reject) => fdatasync(file, (error) => (error === null ? resolve() : reject(error))));
  } finally {
    closeSync(file);
  }
}

function* chunksOf(pieces: Iterable<string>): Generator<Buffer> {
  let text: string[] = [];
  for (const piece of pieces) {
    text.push(piece);
    if (text.length < PIECES_A_TURN) continue;
    yield Buffer.from(text.join(''), 'utf8');
    text = [];
  }
  if (text.length > 0) yield Buffer.from(text.join(''), 'utf8');
}

const head = (check: number): Buffer => Buffer.from(`${checkDigits(check)} `, 'latin1');

function name(part: string, { folder, seq, beforeNamed }: SnapshotToWrite): void {
  beforeNamed();
  renameSync(part, join(folder, snapshotName(seq)));
  // Before anything goes that it stands for.
  syncFolder(folder);
}
