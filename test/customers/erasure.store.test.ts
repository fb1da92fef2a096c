/** I7: a customer is erased from the database, the recordings, the journal and the spool; others are not; holds win; whoever is killed in the middle goes on. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { sql } from 'kysely';
import { systemClock as clock } from '../../kernel/clock.ts';
import { asId, type CallId, type CustomerId, legIdOf, type TenantId, type UserId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { readKeyRing } from '../../kernel/seal/keys.ts';
import { SealedWriter } from '../../kernel/seal/write.ts';
import type { InteractionRecord } from '../../src/cdr/interaction-record.ts';
import type { CallRecord, LegRecord } from '../../src/cdr/record.ts';
import { Spool } from '../../src/cdr/spool.ts';
import { CdrWriter } from '../../src/cdr/writer.ts';
import { type ErasureParts, Erasures, NotNow, writtenAs } from '../../src/customers/erasure.ts';
import { FileJournal } from '../../src/journal/file.ts';
import { recover } from '../../src/journal/read.ts';
import { JournalOpener } from '../../src/journal/seal.ts';
import { walk } from '../../src/journal/walk.ts';
import { Recordings } from '../../src/recordings/recordings.ts';
import { listAudit } from '../../src/store/audit.ts';
import { blankCalls, callsToErase } from '../../src/store/erasures.ts';
import { recordWriter, writeRecords } from '../../src/store/records.ts';
import type { Store } from '../../src/store/store.ts';
import { saveTenant } from '../../src/store/tenants.ts';
import type { Event } from '../../src/vocabulary.ts';
import { openCluster } from '../store/cluster.ts';

const KEY = 'c7'.repeat(32);
const keys = readKeyRing(KEY);
const tenantId = asId<TenantId>('demo');
const by = { userId: asId<UserId>('demo:admin'), source: '192.0.2.7' };

let cluster: Awaited<ReturnType<typeof openCluster>>;
let store: Store;
let recordings: Recordings;
let journal: FileJournal;
let writer: CdrWriter;
let spool: Spool;
let dirs: { recordings: string; journal: string; spool: string };
before(async () => {
  cluster = await openCluster();
  store = await cluster.store();
  dirs = { recordings: join(cluster.dataDir, 'recordings'), journal: join(cluster.dataDir, 'journal'), spool: join(cluster.dataDir, 'spool') };
  mkdirSync(dirs.recordings);
  await saveTenant(store.db, { tenantId, name: 'Demo', numbers: [], sipDomains: [] });
  recordings = new Recordings({ store, clock, log, dir: dirs.recordings, keys: KEY, keysFile: '' });
  recover(dirs.journal, log);
  journal = new FileJournal({ folder: dirs.journal, lastSeq: 0, keepBytes: 1e9, clock, log, keys });
  spool = new Spool(dirs.spool, 1e6, keys);
  writer = new CdrWriter({ write: recordWriter(store.db), spool, clock, log });
});
after(async () => {
  recordings.close();
  await writer.close(100);
  await journal.close();
  await cluster.close();
});

const running: Erasures[] = [];
const opened = (those: ErasureParts): Erasures => {
  const erasures = new Erasures(those);
  running.push(erasures);
  return erasures;
};
// A test that fails must not leave one behind that looks each minute: its file would never end.
afterEach(async () => {
  for (const erasures of running.splice(0)) await erasures.close();
});

/** A customer by her canary: digits and a name that are nobody else's. */
interface Customer {
  customerId: CustomerId;
  number: string;
  name: string;
  canary: RegExp;
  calls: CallRecord[];
}
let made = 0;
async function customer(): Promise<Customer> {
  made += 1;
  const tail = String(70_700_000 + made);
  const number = `+86137${tail}`;
  const name = `Canary${made}x`;
  const customerId = asId<CustomerId>(`k-${made}`);
  await sql`insert into customers (customer_id, tenant_id, name, number) values (${customerId}, ${tenantId}, ${name}, ${number})`.execute(store.db);
  await sql`
    insert into accounts values (${customerId}, ${tenantId}, ${`plan of ${name}`}, '', 1, 1, 1, 1, 1, 1, '[]')
  `.execute(store.db);
  await sql`insert into tickets values (${`t-${made}`}, ${tenantId}, ${customerId}, ${`ticket of ${name}`}, 'open', now())`.execute(store.db);
  const calls = ['in', 'out'].map((way) => call(asId<CallId>(`c-${made}-${way}`), { number, name, customerId }, way === 'out'));
  await writeRecords(store.db, [...calls, chat(asId<CallId>(`chat-${made}`), number.slice(3), name)]);
  await spool.setAside({ ...(calls[0] as CallRecord), callId: asId<CallId>(`refused-${made}`) });
  for (const { callId } of calls) for (const event of story(callId, number, name)) journal.append(event, 1000, false);
  journal.write();
  return { customerId, number, name, canary: new RegExp(`${name}|${tail}`), calls };
}

function call(callId: CallId, { number, name, customerId }: Pick<Customer, 'number' | 'name' | 'customerId'>, outbound: boolean): CallRecord {
  const at = Math.floor(clock.now()) - 60_000;
  const path = join(dirs.recordings, `${callId}.r1.hws`);
  const file = new SealedWriter(path, keys, {
    about: JSON.stringify({ recordingId: `${callId}.r1`, format: 'alaw', channels: 2, rate: 8000 }),
    frameBytes: 8000,
  });
  file.append(Buffer.alloc(16_000, 0xd5));
  const { seal, bytes } = file.finish();
  const [hers, ours] = [
    { number, raw: number.slice(3), name },
    { number: '10086', raw: '10086' },
  ];
  const ending = { cause: 'normal', by: 'far_end' } as const;
  const agent = { agentId: asId<never>('demo:8001'), legId: legIdOf(callId, 1), answeredAt: at, endedAt: at + 900, talkMs: 900, holdMs: 0, wrapUpMs: 0 };
  const leg: LegRecord = {
    ...{ legId: legIdOf(callId, 0), role: 'target' as const, agentId: null, offerId: null, target: number, startedAt: at, ringingAt: null, answeredAt: null },
    ...{ endedAt: at + 9, holdMs: 0, ending, audio: null },
  };
  return {
    ...{ callId, revision: 1, tenantId, caller: outbound ? ours : hers, callee: outbound ? hers : ours, trunk: 't', sipCallId: callId },
    ...{ arrivedAt: at, answeredAt: at, agentAnsweredAt: at, endedAt: at + 1000, ending, customerId: outbound ? null : customerId, tier: 'gold' },
    ...{ language: 'zh', authLevel: 1, dialplanVersion: null, ivrPath: [], data: { address: `street of ${name}` }, queues: [], offers: [], legs: [leg] },
    agents: [{ ...agent, disposition: 'solved', notes: `notes of ${name}` }],
    recordings: [{ recordingId: `${callId}.r1`, path, startedAt: at, durationMs: 1000, complete: true, seal, bytes }],
    ...{ recording: 'complete', queueWaitMs: 0, ringMs: 0, talkMs: 900, holdMs: 0, wrapUpMs: 0, disposition: 'solved', notes: `notes of ${name}` },
    ...(outbound ? { direction: 'outbound' as const } : {}),
  };
}

function chat(callId: CallId, from: string, name: string): InteractionRecord {
  const at = Math.floor(clock.now()) - 60_000;
  return {
    ...{
      callId,
      revision: 1,
      tenantId,
      channel: 'chat',
      externalId: null,
      from,
      priority: 50,
      data: { words: `chat of ${name}` },
      arrivedAt: at,
      offeredAt: null,
    },
    ...{ assignedAt: null, endedAt: at + 1, end: 'done', queueId: asId('demo:service'), agentId: null, disposition: null },
    ...{ waitMs: 0, activeMs: 0, wrapUpMs: 0, queues: [], offers: [], agents: [] },
  } as unknown as InteractionRecord;
}

const story = (callId: CallId, number: string, name: string): Event[] => [
  {
    ...{ type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId, trunk: 't', sipCallId: callId },
    ...{ caller: { number, raw: number, name }, callee: { number: '10086', raw: '10086' } },
  },
  { type: 'dataSet', callId, data: { address: `street of ${name}` }, by: 'flow' },
  { type: 'callEnded', callId, ending: { cause: 'normal', by: 'far_end' } },
  { type: 'wrapUpEnded', agentId: asId('demo:8001'), callId, disposition: 'solved', notes: `notes of ${name}` },
];

const nobody = { calls: { values: () => [].values() }, acd: { callbacks: () => [], interactions: () => [] } } as unknown as Pick<ErasureParts, 'calls' | 'acd'>;
const parts = (): ErasureParts => ({
  ...{ store, clock, log, recordings, records: writer, take: () => undefined },
  journal: { erase: (people, calls) => journal.erase(people, calls, () => ({ version: 1 })) },
  ...nobody,
});

/** All that the database says, of every table, as text. */
async function inDatabase(): Promise<string> {
  const { rows: tables } = await sql<{
    name: string;
  }>`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name !~ '_(default|[0-9]{6})$'`.execute(
    store.db,
  );
  const all = await Promise.all(
    tables.map(async ({ name }) =>
      (await sql<{ text: string }>`select t::text as text from ${sql.table(name)} t`.execute(store.db)).rows.map(({ text }) => `${name} ${text}`),
    ),
  );
  return all.flat().join('\n');
}
/** Everything in the folders of ours, as it lies there and as it reads with the keys. */
async function onDisk(): Promise<string> {
  const files = Object.values(dirs).flatMap((dir) => readdirSync(dir).map((name) => readFileSync(join(dir, name), 'latin1')));
  const events = [...walk(dirs.journal, 0, () => assert.fail('the journal breaks off'), new JournalOpener({ folder: dirs.journal, keys }))];
  return [...files, JSON.stringify(events), JSON.stringify(await spool.refused())].join('\n');
}
const where = (text: string, canary: RegExp): string[] =>
  text
    .split('\n')
    .filter((line) => canary.test(line))
    .map((line) => line.slice(0, 200));

test('nothing of her is left anywhere, everything of others is, and the trail says so', async () => {
  const [her, other] = [await customer(), await customer()];
  assert.ok(where(await inDatabase(), her.canary).length >= 6);
  assert.match(await onDisk(), her.canary);
  const before = where(await inDatabase(), other.canary);
  const erasures = opened(parts());
  const erasure = await erasures.begin(tenantId, { customerId: her.customerId }, 'she asked', by);
  assert.deepEqual(erasure?.report, { calls: 2, interactions: 1, recordings: 2, held: 0, failed: 0 });
  assert.notEqual(erasure?.endedAt, null);
  assert.deepEqual(where(await inDatabase(), her.canary), []);
  assert.deepEqual(where(await onDisk(), her.canary), []);
  assert.deepEqual(where(await inDatabase(), other.canary), before, 'another customer is as she was');
  assert.match(await onDisk(), other.canary);
  const { rows } = await sql<{ talk_ms: number; disposition: string }>`select talk_ms, disposition from calls where call_id = ${her.calls[0]?.callId}`.execute(
    store.db,
  );
  assert.deepEqual(
    rows.map(({ talk_ms, disposition }) => [Number(talk_ms), disposition]),
    [[900, 'solved']],
    'that there was a call, and what came of it, stays',
  );
  const actions = (await listAudit(store.db, tenantId, 50, null)).map(({ action }) => action);
  for (const action of ['customer.erase', 'recording.erase', 'customer.erased']) assert.ok(actions.includes(action), action);
});

test('a record that is written late does not bring her back', async () => {
  const her = await customer();
  const erasures = opened(parts());
  await erasures.begin(tenantId, { number: her.number }, 'she asked', by);
  const late = { ...(her.calls[0] as CallRecord), revision: 2, recordings: [] };
  writer.accept({ record: late });
  await writeRecords(store.db, [late]);
  journal.append({ type: 'wrapUpEnded', agentId: asId('demo:8001'), callId: late.callId, disposition: null, notes: `late of ${her.name}` }, 1, false);
  journal.write();
  assert.deepEqual(writer.unwritten(), []);
  assert.deepEqual(where(await inDatabase(), her.canary), []);
  assert.deepEqual(where(await onDisk(), her.canary), []);
});

test('a legal hold wins: that call, its recording and her card stay, and go when it is lifted', async () => {
  const her = await customer();
  const [held] = await recordings.ofCall(tenantId, (her.calls[0] as CallRecord).callId);
  assert.ok(held !== undefined && (await recordings.hold(held, true)) === 'done');
  const erasures = opened(parts());
  const erasure = await erasures.begin(tenantId, { customerId: her.customerId }, 'she asked', by);
  assert.deepEqual(erasure?.report, { calls: 1, interactions: 1, recordings: 1, held: 1, failed: 0 });
  const left = where(await inDatabase(), her.canary);
  assert.deepEqual([...new Set(left.map((line) => line.split(' ')[0]))].sort(), ['accounts', 'calls', 'customers', 'tickets']);
  assert.equal((await recordings.ofCall(tenantId, (her.calls[0] as CallRecord).callId))[0]?.erasedAt, null);
  await recordings.hold(held, false);
  await erasures.begin(tenantId, { customerId: her.customerId }, 'the lawsuit is over', by);
  assert.deepEqual(where(await inDatabase(), her.canary), []);
});

test('a legal hold on a whole call wins, whether it has a recording or not', async () => {
  const her = await customer();
  const [first, second] = her.calls as [CallRecord, CallRecord];
  await sql`delete from recordings where call_id = ${first.callId}`.execute(store.db);
  assert.equal(await recordings.holdCall(tenantId, first.callId, true), true);
  const erasures = opened(parts());
  const erasure = await erasures.begin(tenantId, { customerId: her.customerId }, 'she asked', by);
  assert.deepEqual(erasure?.report, { calls: 1, interactions: 1, recordings: 1, held: 1, failed: 0 });
  const kept = async (callId: CallId) =>
    (await sql<{ notes: string | null }>`select notes from calls where call_id = ${callId}`.execute(store.db)).rows[0]?.notes;
  assert.deepEqual([await kept(first.callId), await kept(second.callId)], [`notes of ${her.name}`, null]);
  await recordings.holdCall(tenantId, first.callId, false);
  await erasures.begin(tenantId, { customerId: her.customerId }, 'the lawsuit is over', by);
  assert.deepEqual(where(await inDatabase(), her.canary), []);
});

test('a call that comes under a hold as it is about to be blanked stays', async () => {
  const her = await customer();
  const [first, second] = her.calls as [CallRecord, CallRecord];
  const found = await callsToErase(store.db, { tenantId, customerId: her.customerId, numbers: writtenAs(her.number) }, '', 10);
  await recordings.holdCall(tenantId, first.callId, true);
  const blanked = await store.db.transaction().execute((trx) => blankCalls(trx, { tenantId, customerId: her.customerId, numbers: [her.number] }, found));
  assert.equal(blanked, 1);
  const { rows } = await sql<{
    id: string;
  }>`select call_id as id from calls where call_id in (${first.callId}, ${second.callId}) and notes is not null`.execute(store.db);
  assert.deepEqual(rows, [{ id: first.callId }]);
});

test('I7: killed at each step, the next run goes on, and in the end nothing of her is left', { timeout: 120_000 }, async () => {
  let steps = 0;
  for (let dies = 1; ; dies += 1) {
    const her = await customer();
    const fault = dying(parts(), dies);
    const first = opened(fault.parts);
    await first.begin(tenantId, { customerId: her.customerId }, 'she asked', by).catch(() => undefined);
    await first.close();
    if (!fault.isDead()) break;
    steps += 1;
    const begun = (await sql`select from erasures where ended_at is null`.execute(store.db)).rows.length;
    const next = opened(parts());
    await next.resume();
    // Killed before it was noted: nobody was told that it is under way, and it is asked for again.
    if (begun === 0 && where(await inDatabase(), her.canary).length > 0) await next.begin(tenantId, { customerId: her.customerId }, 'she asked', by);
    assert.deepEqual(where(await inDatabase(), her.canary), [], `step ${dies}`);
    assert.deepEqual(where(await onDisk(), her.canary), [], `step ${dies}`);
    await next.close();
  }
  assert.ok(steps >= 12, `${steps} steps`);
  assert.equal((await sql`select from erasures where ended_at is null`.execute(store.db)).rows.length, 0);
});

/** From its `dies`th touch of the world on it does nothing any more. */
function dying(whole: ErasureParts, dies: number): { parts: ErasureParts; isDead(): boolean } {
  let touches = 0;
  const step = (): void => {
    touches += 1;
    if (touches >= dies) throw new Error('killed');
  };
  const watched = <T extends object>(of: T, names: readonly string[]): T =>
    new Proxy(of, {
      get(target, name) {
        if (names.includes(String(name))) step();
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return {
    isDead: () => touches >= dies,
    parts: {
      ...whole,
      store: { ...store, db: watched(store.db, ['transaction', 'updateTable', 'selectFrom', 'getExecutor']) },
      recordings: watched(recordings, ['ofCall', 'erase']),
      journal: watched(whole.journal, ['erase']),
      records: watched(writer, ['forget', 'eraseRefused']),
    },
  };
}

test('she is on a call: not now, and nothing is begun', async () => {
  const her = await customer();
  const live = { tenantId, caller: { number: her.number }, callee: { number: '10086' }, customer: null };
  const erasures = opened({ ...parts(), calls: { values: () => [live].values() } as unknown as ErasureParts['calls'] });
  await assert.rejects(erasures.begin(tenantId, { customerId: her.customerId }, 'she asked', by), NotNow);
  assert.ok(where(await inDatabase(), her.canary).length >= 6);
});

test('a number as people write it is the same number; an address is taken as it is', () => {
  assert.deepEqual(writtenAs('0086 137 0000 1111'), ['0086 137 0000 1111', '+8613700001111', '13700001111', '8613700001111']);
  assert.deepEqual(writtenAs('Wang@Example.com'), ['Wang@Example.com', 'wang@example.com']);
});
