/** J2: an upgrade, and the way back, with a database and a journal that another version has written. */
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { silentLog } from '../../kernel/log.ts';
import { FileJournal } from '../../src/journal/file.ts';
import { checkOf, writeLine } from '../../src/journal/line.ts';
import { recover } from '../../src/journal/read.ts';
import { migrate, migrations } from '../../src/store/migrate.ts';
import { writeRecords } from '../../src/store/records.ts';
import { connectStore } from '../../src/store/store.ts';
import type { Event } from '../../src/vocabulary.ts';
import { configOf, destroy, openHouse, type SmallHouse } from '../backup/small-house.ts';
import { records } from '../cdr/records.ts';
import { openCluster, query, type TestCluster } from './cluster.ts';

/** What a coming version may do: columns with what they are by default, columns that may be empty, tables, indexes, and a migration that says so. */
const COMING = `
  alter table calls add column mood text not null default 'unknown', add column weather jsonb;
  alter table call_legs add column codec text;
  alter table ledger_calls add column greeted integer not null default 0;
  alter table ledger_agents add column breaks_ms bigint not null default 0;
  alter table recordings add column transcript text;
  alter table users add column nickname text not null default '';
  create table moods (mood text primary key);
  insert into moods values ('unknown');
  create index calls_mood on calls (mood);
  insert into migrations (name, run_on) values ('9000_moods', now());
`;

let dataDir: string;
let house: SmallHouse | null;
let warnings: object[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'huawu-versions-'));
  chmodSync(dataDir, 0o711);
  house = null;
  warnings = [];
});
afterEach(async () => {
  await house?.close();
  await destroy(dataDir);
});
const listening = { ...silentLog, warn: (what: object) => void warnings.push(what) } as Logger;
const callsOf = async (of: SmallHouse): Promise<string[]> =>
  (await of.store.db.selectFrom('calls').select('call_id').orderBy('call_id').execute()).map((row) => row.call_id);
const journal = (): string => join(dataDir, 'journal');
const newest = (pattern: RegExp): string =>
  join(
    journal(),
    readdirSync(journal())
      .filter((name) => pattern.test(name))
      .sort()
      .at(-1) ?? '',
  );

describe('J2: back to the version before', () => {
  test('on a database that the later one has migrated, with rows in it, it starts, says what it leaves alone, and writes every record', async () => {
    house = await openHouse(configOf(dataDir));
    await house.call('before', true);
    await query(house.store.embedded?.url ?? '', COMING);
    await house.close();
    house = await openHouse(configOf(dataDir), listening);
    assert.deepEqual(warnings, [{ migrations: ['9000_moods'] }]);
    await house.call('after', true);
    house.later(600_000);
    assert.equal(await house.cdr.drained(10_000), true);
    assert.deepEqual(house.cdr.counts.rejected, 0);
    assert.deepEqual(await callsOf(house), ['c-after', 'c-before']);
    const [row] = await query(house.store.embedded?.url ?? '', `select sum(greeted)::int as greeted, count(*)::int as n from ledger_calls`);
    assert.equal(row?.greeted, 0);
    assert.ok(Number(row?.n) > 0, 'the intervals are written, too');
  });

  test('on a journal with events, fields and a snapshot that it does not know, it starts, says what it passed over, and loses no record', async () => {
    house = await openHouse(configOf(dataDir));
    await house.call('a');
    const { kept } = house;
    const last = kept.journal.lastSeq;
    const at = Date.now();
    await house.die();
    const event = { type: 'moodGuessed', callId: 'c-a', mood: 'sunny', version: 2 } as unknown as Event;
    const arrived = {
      ...{ type: 'callArrived', callId: 'c-b', legId: 'c-b.0', tenantId: 'demo', trunk: 'carrier', sipCallId: 'b', mood: { version: 2 } },
      ...{ caller: { number: '+8613800000001', raw: '1' }, callee: { number: '10086', raw: '10086' } },
    } as unknown as Event;
    const ended = { type: 'callEnded', callId: 'c-b', ending: { cause: 'normal', by: 'far_end', sorry: true } } as unknown as Event;
    const lines = [event, event, arrived, ended].map((each, n) => writeLine({ seq: last + 1 + n, at, event: each }));
    // Of the second call only the journal knows.
    appendFileSync(newest(/^events-/), lines.join(''));
    house = await openHouse(configOf(dataDir), listening);
    assert.deepEqual(warnings, [{ events: { moodGuessed: 2 } }]);
    assert.equal(await house.cdr.drained(10_000), true);
    assert.deepEqual(await callsOf(house), ['c-a', 'c-b']);
    await house.call('c');
    assert.deepEqual(await callsOf(house), ['c-a', 'c-b', 'c-c']);
  });

  test('a snapshot of a later version is passed over for an older one and what follows it; where there is none, it does not start, and says how to go on', () => {
    const folder = join(dataDir, 'journal');
    const written = (): void => {
      const { lastSeq } = recover(folder, silentLog);
      const file = new FileJournal({ folder, lastSeq, keepBytes: 1e9, clock: systemClock, log: silentLog });
      file.append({ type: 'heartbeat' }, 1, false);
      file.rotate({ version: 1, n: lastSeq + 1 });
    };
    written();
    written();
    const path = newest(/^snapshot-/);
    const body = JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8').slice(9)), version: 2 });
    writeFileSync(path, `${checkOf(body)} ${body}`);
    const { snapshot, events, lastSeq } = recover(folder, listening);
    assert.deepEqual({ snapshot, events: events.length, lastSeq }, { snapshot: { version: 1, n: 1 }, events: 1, lastSeq: 2 });
    assert.equal(warnings.length, 1);
    const [old] = readdirSync(folder).filter((name) => name.startsWith('events-'));
    renameSync(join(folder, old ?? ''), join(dataDir, 'away'));
    const [second] = readdirSync(folder).filter((name) => name.startsWith('events-'));
    renameSync(join(folder, second ?? ''), join(dataDir, 'away-too'));
    assert.throws(() => recover(folder, listening), /snapshot-\d+\.json is of a later version: start that one again; .* move the journal's folder away/);
    rmSync(join(dataDir, 'away'));
  });
});

describe('J2: an upgrade', () => {
  let cluster: TestCluster;
  test('data of the version before are migrated, and gone on with', async (context) => {
    cluster = await openCluster();
    context.after(() => cluster.close());
    const url = await cluster.database('empty');
    const all = migrations();
    const before = all.slice(0, -1);
    assert.deepEqual(await migrate(url, silentLog, before.length), before);
    const open = () => connectStore({ url, clock: systemClock, log: silentLog, embedded: null });
    const arrivedAt = Date.parse('2026-05-17T02:00:00Z');
    const old = open();
    await writeRecords(old.db, records(10, arrivedAt));
    await old.close();
    assert.deepEqual(await migrate(url, listening), all.slice(-1));
    assert.deepEqual(warnings, []);
    const store = open();
    await writeRecords(store.db, records(20, arrivedAt));
    const [row] = await query(url, 'select count(*)::int as n from calls');
    assert.equal(row?.n, 20, 'the ten that were there, and ten new ones');
    await store.close();
  });
});
