/**
 * `npm run bench -- records --restore [--calls N]`: how long a server of N calls (a million unless told otherwise) is away when its machine is gone. A full backup, a day of calls
 * behind it that only the journal tells, a light one; then all of the server's folder is removed, restored, and proved, until a server could start. What a backup costs the
 * server beside it is in `records` as a whole; here nothing else runs.
 */
import { cpSync, mkdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { systemClock as clock } from '../../kernel/clock.ts';
import { asId, type CallId, legIdOf, type TenantId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { filesBelow } from '../../src/backup/files.ts';
import { main as backup } from '../../src/commands/backup.ts';
import { main as restore } from '../../src/commands/restore.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { FileJournal } from '../../src/journal/file.ts';
import { recover } from '../../src/journal/read.ts';
import { journalKeys, secretKeys } from '../../src/master-keys.ts';
import { createRooms, snapshotOf } from '../../src/rooms.ts';
import { openStore } from '../../src/store/store.ts';
import type { Event } from '../../src/vocabulary.ts';
import { round } from './figures.ts';
import { generateCalls } from './records-search.ts';

const CALLS = 1_000_000;
const PIECE = 50_000;
/** Behind the full backup. */
const DAY_CALLS = 20_000;
const SEGMENT_BYTES = 64 * 1024 * 1024;
const KEYS = ['recording.keys', 'secrets.keys'];

export async function benchRestore(root: string, calls = CALLS): Promise<object> {
  const config = readConfig([], { DATA_DIR: join(root, 'data'), LOG_LEVEL: 'error' });
  mkdirSync(config.dataDir, { recursive: true, mode: 0o711 });
  const backups = join(root, 'backups');
  secretKeys(config);
  const journal = openJournal(config);
  const store = await openStore({ dataDir: config.dataDir, log, clock });
  const spread = sql`select ensure_call_months('2025-12-01', 13)`;
  await spread.execute(store.db);
  for (let from = 0; from < calls; from += PIECE) await generateCalls(store, from, Math.min(PIECE, calls - from), calls);
  const full = await seconds(() => demand(backup([backups], config)));
  await tell(journal, DAY_CALLS);
  const light = await seconds(() => demand(backup([backups, '--kind', 'light'], config)));
  const lightAgain = await seconds(() => demand(backup([backups, '--kind', 'light'], config)));
  await journal.close();
  await store.close();
  const bytes = filesBelow(backups).reduce((sum, file) => sum + statSync(join(backups, file)).size, 0);

  for (const name of KEYS) cpSync(join(config.dataDir, name), join(root, name));
  for (const folder of [realpathSync(join(config.dataDir, 'postgres')), config.dataDir]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(config.dataDir, { mode: 0o711 });
  for (const name of KEYS) cpSync(join(root, name), join(config.dataDir, name));
  const restored = await seconds(() => demand(restore([backups], config)));
  const again = await openStore({ dataDir: config.dataDir, log, clock });
  const { rows: parts } = await sql<{ name: string }>`select inhrelid::regclass::text as name from pg_inherits where inhparent = 'calls'::regclass`.execute(
    again.db,
  );
  let there = 0;
  for (const { name } of parts) there += (await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(again.db)).rows[0]?.n ?? 0;
  await again.close();
  if (there !== calls + DAY_CALLS) throw new Error(`${there} calls are there, and there were ${calls + DAY_CALLS}`);
  return {
    calls,
    toldAnew: DAY_CALLS,
    backupsMb: round(bytes / 1e6, 0),
    fullSeconds: full,
    lightSeconds: light,
    lightAgainSeconds: lightAgain,
    restoreSeconds: restored,
  };
}

async function demand(command: Promise<number>): Promise<void> {
  if ((await command) !== 0) throw new Error('the command failed: see above');
}

async function seconds(job: () => Promise<unknown>): Promise<number> {
  const startedAt = clock.now();
  await job();
  return round((clock.now() - startedAt) / 1000, 1);
}

function openJournal(config: Config): FileJournal {
  const folder = join(config.dataDir, 'journal');
  recover(folder, log);
  return new FileJournal({ folder, lastSeq: 0, keepBytes: SEGMENT_BYTES * 16, keys: journalKeys(config), clock, log });
}

/** Calls that are over, with what a hotline says of each. */
async function tell(journal: FileJournal, calls: number): Promise<void> {
  const rooms = createRooms();
  for (let n = 0; n < calls; n += 1) {
    for (const event of story(n)) {
      const at = clock.now();
      journal.append(event, at, false);
      for (const room of rooms.all) room.decide(event, at);
    }
    journal.write();
    if (journal.segmentBytes > SEGMENT_BYTES) journal.rotate(snapshotOf(rooms, { bindings: [], unwritten: new Map(), legs: [], sounds: [], at: clock.now() }));
  }
  await journal.settled();
}

function story(n: number): Event[] {
  const callId = asId<CallId>(`r-${n}`);
  const legId = legIdOf(callId, 0);
  const number = `+86138${String(n % 5_000).padStart(8, '0')}`;
  const ending = { cause: 'normal', by: 'far_end' } as const;
  return [
    {
      ...{ type: 'callArrived', callId, legId, tenantId: asId<TenantId>('bench'), trunk: 'carrier', sipCallId: callId },
      ...{ caller: { number, raw: number }, callee: { number: '10086', raw: '10086' } },
    },
    { type: 'legAnswered', callId, legId },
    ...Array.from({ length: 8 }, (_, step): Event => ({ type: 'dataSet', callId, data: { [`step${step}`]: `what callers key in ${n}` }, by: 'flow' })),
    { type: 'legEnded', callId, legId, ending },
    { type: 'callEnded', callId, ending },
  ];
}
