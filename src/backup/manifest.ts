/** What a backup says of itself. Without it a folder is none: it is written last. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isCode, writeJson } from './files.ts';

export const FORMAT = 1;
export const MANIFEST = 'manifest.json';

const sum = { bytes: z.number(), sha256: z.string() };
const file = z.object({ path: z.string(), ...sum });
const table = z.object({
  ...{ name: z.string(), parent: z.string().nullable(), columns: z.array(z.string()), fingerprint: z.string() },
  ...{ rows: z.number(), path: z.string(), ...sum },
});

const manifest = z.object({
  format: z.literal(FORMAT),
  /** `full`: every table was read. `light`: those that the journal can tell anew are those of the last full one. */
  kind: z.enum(['full', 'light']),
  /** Of the server. */
  version: z.string(),
  /** Names of the migrations, in order. */
  schema: z.array(z.string()),
  /** RFC 3339 */
  startedAt: z.string(),
  endedAt: z.string(),
  /** Where it lay. */
  dataDir: z.string(),
  recordingsDir: z.string(),
  /** null: it is backed up by its owner. */
  database: z.object({ serverVersion: z.string(), tables: z.array(table) }).nullable(),
  /** Of the data folder (`files/`, `spool/`) and the dialplans (`dialplans/`). */
  files: z.array(file),
  /** Told anew from here on (a snapshot lies there), the tables are as they were at `to` and later. */
  journal: z.object({ from: z.number(), to: z.number() }),
  /** Ids of the master keys without which what is sealed cannot be read. The keys are not in it. */
  keys: z.object({ recording: z.array(z.string()), secret: z.array(z.string()) }),
  recordings: z.object({ files: z.number(), bytes: z.number() }),
  /** In words. */
  notInIt: z.array(z.string()),
});

export type Manifest = z.infer<typeof manifest>;
export type TableFile = Manifest['database'] extends { tables: (infer T)[] } | null ? T : never;
export type FileSum = z.infer<typeof file>;

/** null: there is none. Throws when it cannot be understood. */
export function readManifest(folder: string): Manifest | null {
  return readKept(join(folder, MANIFEST), manifest);
}

export const writeManifest = (folder: string, content: Manifest): void => writeJson(join(folder, MANIFEST), content);

/** The journal's files that lie beside the backups: each whole up to `bytes`. Grows with every backup. */
const pool = z.object({ format: z.literal(FORMAT), at: z.string(), lastSeq: z.number(), files: z.array(file) });
export type JournalPool = z.infer<typeof pool>;

const POOL = 'journal.json';
export const readPool = (folder: string): JournalPool | null => readKept(join(folder, POOL), pool);
export const writePool = (folder: string, content: JournalPool): void => writeJson(join(folder, POOL), content);

function readKept<T>(path: string, schema: z.ZodType<T>): T | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${path} is damaged, or of a later version of this server`, { cause: error });
  }
}
