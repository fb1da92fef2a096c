import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { systemClock } from '../../kernel/clock.ts';
import { agentIdOf, asId, type CallId, type CustomerId, legIdOf, type TenantId, type UserId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { readKeyRing } from '../../kernel/seal/keys.ts';
import { SealedWriter } from '../../kernel/seal/write.ts';
import { toCode } from '../../media/codec/g711.ts';
import type { CallRecord, LegRecord } from '../../src/cdr/record.ts';
import { Recordings } from '../../src/recordings/recordings.ts';
import { listAudit } from '../../src/store/audit.ts';
import { listCalls } from '../../src/store/calls.ts';
import { lockHolds } from '../../src/store/holds.ts';
import { ensureMonths } from '../../src/store/months.ts';
import { writeRecords } from '../../src/store/records.ts';
import type { Store } from '../../src/store/store.ts';
import { saveTenant } from '../../src/store/tenants.ts';
import { FakeClock } from '../support/clock.ts';
import { until } from '../support/wait.ts';
import { openCluster } from './cluster.ts';

const KEY = 'd4'.repeat(32);
const DAY_MS = 86_400_000;
const tenantId = asId<TenantId>('demo');
const by = { userId: asId<UserId>('demo:admin'), source: '192.0.2.7' };
const clock = new FakeClock(systemClock.now());

let cluster: Awaited<ReturnType<typeof openCluster>>;
let store: Store;
let recordings: Recordings;
let dir: string;
before(async () => {
  cluster = await openCluster();
  store = await cluster.store();
  dir = join(cluster.dataDir, 'recordings');
  mkdirSync(dir);
  await saveTenant(store.db, { tenantId, name: 'Demo', numbers: [], sipDomains: [] });
  recordings = new Recordings({ store, clock, log: silentLog, dir, keys: KEY, keysFile: '' });
  await recordings.readRules();
});
after(async () => {
  recordings.close();
  await cluster.close();
});

const alawOf = (sample: number): number => toCode.PCMA[sample & 0xffff] ?? 0;

/** A second of sound on the left, silence on the right, begun so many days ago. */
function recorded(n: number, daysAgo: number, customer: string | null = null, format: 'pcm16' | 'alaw' = 'pcm16'): CallRecord {
  const callId = asId<CallId>(`c-${String(n).padStart(4, '0')}`);
  const at = Math.floor(clock.now()) - daysAgo * DAY_MS;
  const path = join(dir, `${callId}.r1.hws`);
  const about = JSON.stringify({ recordingId: `${callId}.r1`, format, channels: 2, rate: 8000 });
  const file = new SealedWriter(path, readKeyRing(KEY), { about, frameBytes: format === 'alaw' ? 8000 : 16_000 });
  const pcm = Buffer.alloc(32_000);
  for (let pair = 0; pair < 8000; pair += 1) pcm.writeInt16LE(pair < 4000 ? 16_384 : -8192, pair * 4);
  const alaw = Buffer.alloc(16_000, alawOf(0));
  for (let pair = 0; pair < 8000; pair += 1) alaw[pair * 2] = alawOf(pair < 4000 ? 16_384 : -8192);
  file.append(format === 'alaw' ? alaw : pcm);
  const { seal, bytes } = file.finish();
  const party = { number: '+8613800001001', raw: '13800001001' };
  const agent = { agentId: agentIdOf(tenantId, '8001'), legId: legIdOf(callId, 1), answeredAt: at, endedAt: at + 900, talkMs: 900, holdMs: 0, wrapUpMs: 0 };
  return {
    ...{ callId, revision: 1, tenantId, caller: party, callee: { number: '10086', raw: '10086' }, trunk: 't', sipCallId: `s${n}` },
    ...{ arrivedAt: at, answeredAt: at, agentAnsweredAt: at, endedAt: at + 1000, ending: { cause: 'normal', by: 'far_end' } },
    ...{
      customerId: customer === null ? null : asId<CustomerId>(customer),
      tier: null,
      language: 'zh',
      authLevel: 1,
      dialplanVersion: null,
      ivrPath: [],
      data: {},
    },
    ...{ queues: [], offers: [], legs: [], agents: [{ ...agent, disposition: null, notes: null }] },
    recordings: [{ recordingId: `${callId}.r1`, path, startedAt: at, durationMs: 1000, complete: true, seal, bytes }],
    ...{ recording: 'complete', queueWaitMs: 0, ringMs: 0, talkMs: 900, holdMs: 0, wrapUpMs: 0, disposition: null, notes: null },
  };
}
const stored = async (n: number) => {
  const found = await recordings.get(tenantId, `c-${String(n).padStart(4, '0')}.r1`);
  assert.ok(found);
  return found;
};
async function heard(n: number, from: number, to: number): Promise<Buffer> {
  const audio = await recordings.open(await stored(n));
  const bytes = await gathered(audio.read(from, to));
  await audio.close();
  return bytes;
}
async function gathered(read: AsyncGenerator<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of read) pieces.push(piece);
  return Buffer.concat(pieces);
}

test('the recordings of a call play as one, in order, without the gaps between them, from any byte on; each says who talked in it', async () => {
  const [first, second] = [recorded(901, 1), recorded(902, 1, null, 'alaw')];
  const { callId, agents } = first;
  const begins = first.arrivedAt + 60_000;
  const part = { ...agents[0], agentId: agentIdOf(tenantId, '8002'), answeredAt: begins - 50, endedAt: begins + 950 };
  const moved = second.recordings.map((each) => ({ ...each, recordingId: `${callId}.r2`, startedAt: begins }));
  await writeRecords(store.db, [{ ...first, agents: [...agents, part as (typeof agents)[number]], recordings: [...first.recordings, ...moved] }]);
  const all = await recordings.ofCall(tenantId, callId);
  assert.deepEqual(
    all.map(({ recordingId, agentId }) => [recordingId, agentId]),
    [
      [`${callId}.r1`, 'demo:8001'],
      [`${callId}.r2`, 'demo:8002'],
    ],
  );
  const audio = await recordings.openAll(all);
  const from = async (first: number, last: number): Promise<Buffer> => gathered(audio.read(first, last));
  const whole = await from(0, audio.bytes);
  assert.deepEqual([whole.length, whole.readUInt32LE(40), whole.readUInt32LE(24)], [44 + 64_000, 64_000, 8000]);
  for (const at of [40, 44, 32_000, 32_044, 48_000]) assert.deepEqual(await from(at, at + 100), whole.subarray(at, at + 100), `from ${at}`);
  assert.ok(Math.abs(whole.readInt16LE(44) - whole.readInt16LE(44 + 32_000)) < 600, 'both begin alike');
  await audio.close();
  const peaks = await recordings.peaksOfAll(all, 20);
  assert.deepEqual([peaks.stepMs, peaks.left.length], [100, 20]);
  assert.ok(Math.abs((peaks.left[0] ?? 0) - 0.5) < 0.02 && Math.abs((peaks.left[10] ?? 0) - 0.5) < 0.02, String(peaks.left));
});

test('a sealed recording plays as a WAV from any byte on, in either format, and its outline shows where it was loud', async () => {
  await writeRecords(store.db, [recorded(1, 0), recorded(2, 0, null, 'alaw')]);
  for (const n of [1, 2]) {
    const whole = await heard(n, 0, 99_999);
    assert.equal(whole.length, 44 + 32_000);
    assert.deepEqual([whole.toString('latin1', 0, 4), whole.readUInt16LE(22), whole.readUInt32LE(24), whole.readUInt32LE(40)], ['RIFF', 2, 8000, 32_000]);
    for (const [from, to] of [
      [0, 10],
      [40, 60],
      [43, 47],
      [16_000, 16_100],
      [16_043, 16_046],
      [32_000, 32_044],
    ] as const)
      assert.deepEqual(await heard(n, from, to), whole.subarray(from, to), `${from} to ${to}`);
    const peaks = await recordings.peaks(await stored(n), 800);
    assert.deepEqual([peaks.stepMs, peaks.left.length], [50, 20]);
    assert.ok(
      peaks.left.slice(0, 10).every((level) => Math.abs(level - 0.5) < 0.02),
      String(peaks.left),
    );
    assert.ok(peaks.left.slice(10).every((level) => Math.abs(level - 0.25) < 0.02) && peaks.right.every((level) => level < 0.01));
    const { path } = await stored(n);
    assert.ok(existsSync(`${path}.peaks`));
    assert.deepEqual(await recordings.peaks(await stored(n), 4), await recordings.peaks(await stored(n), 4));
  }
});

test('I5: a flipped byte, a cut tail, and another whole file in its place are seen when it is opened or proved', async () => {
  await writeRecords(store.db, [recorded(3, 0), recorded(4, 0)]);
  const row = await stored(3);
  assert.deepEqual(await recordings.prove(row), { sealed: true });
  const bytes = readFileSync(row.path);
  const flipped = Buffer.from(bytes);
  flipped[1000] = (flipped[1000] ?? 0) ^ 1;
  writeFileSync(row.path, flipped);
  await assert.rejects(recordings.prove(row), { fault: 'changed' });
  await assert.rejects(heard(3, 44, 9999), { fault: 'changed' });
  writeFileSync(row.path, bytes.subarray(0, bytes.length - 20_000));
  await assert.rejects(recordings.open(row), { fault: 'changed' });
  writeFileSync(row.path, readFileSync((await stored(4)).path));
  await assert.rejects(recordings.open(row), { fault: 'changed' });
  writeFileSync(row.path, bytes);
  assert.deepEqual(await recordings.prove(row), { sealed: true });
});

test('G9: a path that leads out of the folder is neither opened nor erased', async () => {
  const outside = join(cluster.dataDir, 'keep.hws');
  writeFileSync(outside, 'keep');
  for (const path of [outside, join(dir, '../keep.hws'), `${dir}/x/../../keep.hws`, '/etc/passwd']) {
    await assert.rejects(recordings.open({ path, seal: null }), /does not lie in the folder/);
    await assert.rejects(recordings.erase({ ...(await stored(4)), path }, 'x', by), /does not lie in the folder/);
  }
  assert.equal(readFileSync(outside, 'utf8'), 'keep');
});

test('I7: what was kept long enough goes, a hold wins, a crash in the middle is gone on from, one customer is erased whole', async () => {
  await recordings.saveRules(tenantId, { ...recordings.rules(tenantId), keepDays: 60 });
  await writeRecords(store.db, [
    recorded(10, 59),
    recorded(11, 61),
    recorded(12, 61),
    recorded(13, 70),
    recorded(14, 1, 'c1'),
    recorded(15, 2, 'c1'),
    recorded(16, 2, 'c2'),
  ]);
  assert.equal(await recordings.hold(await stored(12), true), 'done');
  // A crash between the file's end and the last note: the note that it is going is there, the file is gone.
  const crashed = await stored(13);
  await store.db
    .insertInto('recording_care')
    .values({ recording_id: crashed.recordingId, tenant_id: tenantId, erasing_at: new Date(), erased_at: null, erase_reason: 'kept' })
    .execute();
  await recordings.eraseOld();
  await recordings.eraseOld();
  assert.deepEqual(await Promise.all([10, 11, 12, 13].map(async (n) => (await stored(n)).erasedAt !== null)), [false, true, false, true]);
  assert.deepEqual(await Promise.all([10, 11, 12, 13].map(async (n) => existsSync((await stored(n)).path))), [true, false, true, false]);
  assert.equal(await recordings.erase(await stored(12), 'asked', by), 'held');
  await recordings.hold(await stored(14), true);
  const report = await recordings.eraseCustomer(tenantId, asId<CustomerId>('c1'), 'the customer asked', by);
  assert.deepEqual(report, { erased: ['c-0015.r1'], held: ['c-0014.r1'], failed: [] });
  assert.equal((await stored(15)).eraseReason, 'the customer asked');
  assert.equal((await stored(16)).erasedAt, null);
  assert.equal(await recordings.hold(await stored(15), true), 'erased', 'what is gone cannot be held');
  const trail = (await listAudit(store.db, tenantId, 50, null))
    .filter(({ action }) => action === 'recording.erase')
    .map(({ resource, userId }) => [resource, userId]);
  assert.deepEqual(trail.toSorted(), [
    ['recording/c-0011.r1', null],
    ['recording/c-0013.r1', null],
    ['recording/c-0015.r1', by.userId],
  ]);
});

test('I7: records go when they have been kept as long as the tenant wants, with legs and what is left of their recordings; one whose recording is held stays, and a month that is empty gives its room back', async () => {
  await recordings.saveRules(tenantId, { ...recordings.rules(tenantId), keepDays: 60, recordsKeepDays: 184 });
  const leg = ({ callId, arrivedAt, endedAt, ending }: CallRecord): LegRecord => ({
    ...{ legId: legIdOf(callId, 0), role: 'caller', agentId: null, offerId: null, target: null, startedAt: arrivedAt },
    ...{ ringingAt: null, answeredAt: arrivedAt, endedAt, holdMs: 0, ending, audio: null },
  });
  const others = { ...recorded(34, 190), tenantId: asId<TenantId>('other'), recordings: [] };
  await ensureMonths(store.db, clock.now() - 400 * DAY_MS, 1);
  const made = [recorded(30, 190), recorded(31, 190), recorded(32, 183), recorded(33, 400), others];
  await writeRecords(
    store.db,
    made.map((record) => ({ ...record, legs: [leg(record)] })),
  );
  await recordings.hold(await stored(31), true);
  for (const [id, daysAgo] of [
    ['i-old', 190],
    ['i-new', 183],
  ] as const)
    await interaction(id, daysAgo);
  const month = `calls_${new Date(clock.now() - 400 * DAY_MS).toISOString().slice(0, 7).replace('-', '')}`;
  const isThere = async (): Promise<boolean> =>
    (await sql<{ name: string | null }>`select to_regclass(${month})::text as name`.execute(store.db)).rows[0]?.name !== null;
  assert.equal(await isThere(), true);
  await recordings.eraseOld();
  await recordings.eraseOld();
  const names = (rows: readonly { id: string }[]): string[] =>
    rows
      .map(({ id }) => id)
      .filter((id) => /^(c-003\d|i-)/.test(id))
      .toSorted();
  const there = async (table: string, id: string): Promise<string[]> =>
    names((await sql<{ id: string }>`select ${sql.ref(id)} as id from ${sql.table(table)}`.execute(store.db)).rows);
  const stay = ['c-0031', 'c-0032', 'c-0034'];
  assert.deepEqual(await there('calls', 'call_id'), stay);
  assert.deepEqual(await there('call_legs', 'call_id'), stay);
  assert.deepEqual(await there('recordings', 'call_id'), ['c-0031', 'c-0032']);
  assert.deepEqual(await there('recording_care', 'recording_id'), ['c-0031.r1', 'c-0032.r1']);
  assert.deepEqual(await there('interactions', 'interaction_id'), ['i-new']);
  assert.equal(await isThere(), false);
  const trail = (await listAudit(store.db, tenantId, 50, null)).filter(({ action }) => action === 'record.erase');
  assert.deepEqual(
    trail.map(({ resource, userId }) => [resource, userId]),
    [['tenant/demo', null]],
  );
  const { before: until, ...said } = (trail[0]?.after ?? {}) as Record<string, unknown>;
  assert.ok(Math.abs(Date.parse(String(until)) - (clock.now() - 184 * DAY_MS)) < 60_000, `records of before ${until} went`);
  assert.deepEqual(said, { reason: 'kept 184 days', calls: 2, interactions: 1 });
});

test('I7: a call that is held stays with every recording of it, also one without any, until the hold is lifted; a hold laid as it is about to go wins', async () => {
  await recordings.saveRules(tenantId, { ...recordings.rules(tenantId), keepDays: 60, recordsKeepDays: 184 });
  const unrecorded = (n: number, daysAgo: number): CallRecord => ({ ...recorded(n, daysAgo), recordings: [], recording: 'none' });
  await writeRecords(store.db, [unrecorded(40, 190), unrecorded(41, 190), recorded(42, 190), unrecorded(43, 190)]);
  const [lone, second, whole, gone] = [40, 41, 42, 43].map((n) => asId<CallId>(`c-00${n}`)) as [CallId, CallId, CallId, CallId];
  assert.equal(await recordings.holdCall(tenantId, lone, true), true);
  assert.equal(await recordings.holdCall(tenantId, whole, true), true);
  assert.equal(await recordings.holdCall(tenantId, asId<CallId>('c-none'), true), false);
  assert.equal(await recordings.holdCall(asId<TenantId>('other'), second, true), false);
  const listed = await listCalls(store.db, { tenantId, held: true }, 50, null);
  assert.deepEqual(
    listed.calls.map(({ callId }) => callId).filter((callId) => callId >= 'c-0040'),
    [whole, lone].toSorted().toReversed(),
  );
  assert.equal((await stored(42)).legalHold, true);
  assert.equal(await recordings.erase(await stored(42), 'asked', by), 'held');
  assert.equal(await recordings.erase({ ...(await stored(42)), legalHold: false }, 'asked before it was held', by), 'held');
  assert.equal(await recordings.hold(await stored(42), false), 'call_held');
  // The hold is laid, and its transaction not over, when those that are old are looked for.
  const [locked, end] = [gate(), gate()];
  const laying = store.db.transaction().execute(async (trx) => {
    await lockHolds(trx);
    await trx.insertInto('call_holds').values({ call_id: second, tenant_id: tenantId }).execute();
    locked.open();
    await end.opened;
  });
  await locked.opened;
  const erasing = recordings.eraseOld();
  await until(
    'the erasure waits for the hold',
    async () => (await sql`select from pg_locks where locktype = 'advisory' and not granted`.execute(store.db)).rows.length > 0,
  );
  end.open();
  await Promise.all([laying, erasing]);
  await recordings.eraseOld();
  const left = async (): Promise<string[]> =>
    (await sql<{ id: string }>`select call_id as id from calls where call_id between 'c-0040' and 'c-0043' order by 1`.execute(store.db)).rows.map(
      ({ id }) => id,
    );
  assert.deepEqual(await left(), [lone, second, whole], `${gone} went`);
  assert.equal((await stored(42)).erasedAt, null);
  for (const callId of [lone, second, whole]) await recordings.holdCall(tenantId, callId, false);
  // First the recording, then what there was of it.
  for (let n = 0; n < 3; n += 1) await recordings.eraseOld();
  assert.deepEqual(await left(), []);
});

function gate(): { open(): void; opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

async function interaction(id: string, daysAgo: number): Promise<void> {
  const at = new Date(clock.now() - daysAgo * DAY_MS);
  await sql`
    insert into interactions (interaction_id, arrived_at, revision, tenant_id, channel, sender, priority, data, ended_at, outcome, queue_id, wait_ms, active_ms, wrap_up_ms, queues, offers, agents)
    values (${id}, ${at}, 1, ${tenantId}, 'chat', 'x', 0, '{}', ${at}, 'done', 'q', 0, 0, 0, '[]', '[]', '[]')
  `.execute(store.db);
}
