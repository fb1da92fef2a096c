/** A server without its wires: database, journal, rooms, writer of records, sealed recordings, as main.ts puts them together; told what happens on calls. */
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { asId, type CallId, legIdOf, type TenantId } from '../../kernel/ids.ts';
import { type Logger, silentLog } from '../../kernel/log.ts';
import { SealedWriter } from '../../kernel/seal/write.ts';
import { Spool } from '../../src/cdr/spool.ts';
import { CdrWriter } from '../../src/cdr/writer.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { type KeptJournal, keepJournal } from '../../src/journal/keep.ts';
import { demandFinished } from '../../src/lock.ts';
import { journalKeys, secretKeys } from '../../src/master-keys.ts';
import { createRooms, type Rooms } from '../../src/rooms.ts';
import { writeAudit } from '../../src/store/audit.ts';
import { recordWriter } from '../../src/store/records.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { Switchboard } from '../../src/switchboard.ts';
import { seedTenant } from '../../src/tenants/seed.ts';
import { createSessions, type Sessions } from '../../src/users/sessions.ts';
import type { Carriers, Command, Event } from '../../src/vocabulary.ts';
import { placeCluster } from '../support/cluster-template.ts';
import { inProject } from '../support/project.ts';

export const PASSWORD = 'test-password-8';
const demo = asId<TenantId>('demo');
const TALK_MS = 60_000;

export interface SmallHouse {
  config: Config;
  store: Store;
  sessions: Sessions;
  cdr: CdrWriter;
  rooms: Rooms;
  kept: KeptJournal;
  tell(...events: Event[]): void;
  /** A call that is over, of one minute, which is recorded where that is asked for; resolves when its record is in the database. */
  call(name: string, recorded?: boolean): Promise<CallId>;
  /** So much later. */
  later(ms: number): void;
  audit(action: string): Promise<void>;
  /** In order. */
  close(): Promise<void>;
  /** The application is gone, with whatever it had in memory; its database runs on. */
  die(): Promise<void>;
}

export const configOf = (dataDir: string, env: Record<string, string> = {}): Config => readConfig([], { DATA_DIR: dataDir, LOG_LEVEL: 'silent', ...env });

/** A cluster is made for it, unless one is there. */
export async function openHouse(config: Config, log: Logger = silentLog): Promise<SmallHouse> {
  const { dataDir, databaseUrl } = config;
  demandFinished(dataDir);
  if (databaseUrl === null && !existsSync(join(dataDir, 'postgres'))) await placeCluster(dataDir);
  let shift = 0;
  const timers: (() => void)[] = [];
  const clock: Clock = {
    now: () => systemClock.now() + shift,
    after: (ms, fn) => systemClock.after(ms, fn),
    every(ms, fn) {
      const stop = systemClock.every(ms, fn);
      timers.push(stop);
      return stop;
    },
  };
  const store = await openStore({ databaseUrl: databaseUrl ?? undefined, dataDir, log, clock });
  const sessions = createSessions({ store, clock, log });
  const seeded = await seedTenant({
    ...{ store, sessions, password: PASSWORD, tenantFile: inProject('dialplans/demo/tenant.yaml') },
    loginsFile: join(dataDir, 'demo-logins.json'),
  });
  await seeded.settled;
  secretKeys(config);
  const rooms = createRooms();
  const spool = new Spool(join(dataDir, 'spool'), 1e9, journalKeys(config));
  const cdr = new CdrWriter({ write: recordWriter(store.db), spool, clock, log });
  const kept = keepJournal({
    ...{ folder: join(dataDir, 'journal'), keepBytes: config.journalKeepBytes, callsKeptMs: 30_000, keys: journalKeys(config), rooms, clock, log },
    unwritten: () => cdr.unwritten(),
  });
  const accept = (command: Command): void => {
    if ('record' in command && typeof command.record === 'object') cdr.accept({ record: command.record });
  };
  const carriers = new Proxy({}, { get: () => accept }) as Carriers;
  const switchboard = new Switchboard({ clock, log, journal: kept.journal, rooms: rooms.all, carriers, watchers: [kept.watch] });
  cdr.onWritten((callId, revision) => switchboard.take({ type: 'cdrWritten', callId, revision }));
  const tell = (...events: Event[]): void => {
    for (const event of events) switchboard.take(event);
  };
  tell({ type: 'serverStarted' });
  for (const record of kept.leftover) cdr.accept({ record });
  kept.begun();

  return {
    ...{ config, store, sessions, cdr, rooms, kept, tell },
    async call(name, recorded = false) {
      const callId = asId<CallId>(`c-${name}`);
      const legId = legIdOf(callId, 0);
      tell(arrived(callId), { type: 'legAnswered', callId, legId });
      const path = join(config.recordings.dir, 'demo', new Date(clock.now()).toISOString().slice(0, 10), `${callId}.r1.hws`);
      if (recorded) tell({ type: 'recordingStarted', callId, recordingId: `${callId}.r1`, path });
      shift += TALK_MS;
      if (recorded)
        tell({ type: 'recordingEnded', callId, recordingId: `${callId}.r1`, path, durationMs: TALK_MS, complete: true, ...record(config, callId, path) });
      tell(
        { type: 'legEnded', callId, legId, ending: { cause: 'normal', by: 'far_end' } },
        { type: 'callEnded', callId, ending: { cause: 'normal', by: 'far_end' } },
      );
      await kept.journal.settled();
      await cdr.drained(10_000);
      return callId;
    },
    later(ms) {
      shift += ms;
      tell({ type: 'heartbeat' });
    },
    audit: (action) =>
      writeAudit(store.db, { at: clock.now(), tenantId: demo, userId: null, source: '127.0.0.1', action, resource: 'test', after: { action } }),
    async close() {
      await cdr.close(5_000);
      switchboard.close();
      await kept.close();
      await store.close();
    },
    async die() {
      switchboard.close();
      await cdr.close(0);
      await store.close(true);
      // What looks now and then looks no more.
      for (const stop of timers) stop();
    },
  };
}

export const arrived = (callId: CallId): Event => ({
  ...{ type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId: demo, trunk: 'carrier', sipCallId: `${callId}@127.0.0.1` },
  caller: { number: '+8613800007731', raw: '13800007731', name: 'Wang' },
  callee: { number: '10086', raw: '10086' },
});

/** A second of sound. */
function record(config: Config, callId: CallId, path: string): { seal: string; bytes: number } {
  mkdirSync(dirname(path), { recursive: true });
  const writer = new SealedWriter(path, journalKeys(config), {
    about: JSON.stringify({ recordingId: `${callId}.r1`, format: 'pcm16', channels: 2, rate: 8_000 }),
    frameBytes: 3_200,
  });
  writer.append(Buffer.alloc(32_000, 7));
  const { seal, bytes } = writer.finish();
  return { seal, bytes };
}

/** A server's folder, its database and its recordings: gone, as with its disk. */
export async function destroy(dataDir: string): Promise<void> {
  const link = join(dataDir, 'postgres');
  const cluster = existsSync(link) ? realpathSync(link) : link;
  await rm(cluster, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}
