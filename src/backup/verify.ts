/** Whether a backup is what was written: every file is there, and has its size and its sum. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sumOf } from './files.ts';
import type { Backup } from './folder.ts';
import { poolFolder, startIn } from './journal-pool.ts';
import { readPool } from './manifest.ts';

/** What is wrong, a line each; empty: nothing is. Recordings are not looked at (`brokenRecordings`). */
export async function faultsOf(backups: string, { path, name, manifest }: Backup): Promise<string[]> {
  const files = [...manifest.files, ...(manifest.database?.tables ?? [])];
  const faults: string[] = [];
  for (const file of files) faults.push(...(await faultOf(join(path, file.path), file, join(name, file.path))));
  return [...faults, ...(await journalFaults(backups, manifest.journal))];
}

async function journalFaults(backups: string, { from, to }: { from: number; to: number }): Promise<string[]> {
  const pool = readPool(backups);
  if (pool === null) return ['journal.json is not there'];
  const faults: string[] = [];
  for (const file of pool.files) faults.push(...(await faultOf(join(poolFolder(backups), file.path), file, join('journal', file.path), true)));
  if (pool.lastSeq < to) faults.push(`the journal ends with event ${pool.lastSeq}, and the backup knows of ${to}`);
  if (startIn(poolFolder(backups), from) !== from) faults.push(`the journal cannot be told from event ${from} on: something between is missing`);
  return faults;
}

/** `grows`: what stands behind is of a later copy that did not come to its end. */
async function faultOf(file: string, { bytes, sha256 }: { bytes: number; sha256: string }, shown: string, grows = false): Promise<string[]> {
  if (!existsSync(file)) return [`${shown} is missing`];
  const { size } = statSync(file);
  if (size < bytes || (size > bytes && !grows)) return [`${shown} has ${size} bytes, and had ${bytes}`];
  return (await sumOf(file, bytes)).sha256 === sha256 ? [] : [`${shown} was changed`];
}
