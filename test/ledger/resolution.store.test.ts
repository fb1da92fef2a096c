/** Who came back: golden calls, random ones against a count that knows nothing of ours, and the plan of the database on generated rows. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type AgentId, asId, type CallId, type QueueId } from '../../kernel/ids.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';
import type { CallRecord } from '../../src/cdr/record.ts';
import { resolutionFigures } from '../../src/ledger/definitions.ts';
import { daysOf, isFinal, type Resolution, resolutionMeasures } from '../../src/ledger/resolution.ts';
import { writeRecords } from '../../src/store/records.ts';
import { countedOf, type ResolutionAsked, resolutionSums } from '../../src/store/resolution.ts';
import type { Database } from '../../src/store/schema.ts';
import { DEMO } from '../acd/floor.ts';
import { records } from '../cdr/records.ts';
import { openCluster, type TestCluster } from '../store/cluster.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MAY = Date.parse('2026-05-04T00:00:00Z');
const LATER = MAY + 30 * DAY;

let cluster: TestCluster;
before(async () => {
  cluster = await openCluster();
});
after(() => cluster.close());

interface Told {
  /** Hours after MAY. */
  at: number;
  caller?: string;
  agent?: string | null;
  queue?: string;
  disposition?: string | null;
  direction?: 'outbound' | 'callback';
}
const [pattern] = records(1, MAY);

/** A call of a minute. */
function call({ at, caller = '+861', agent = '8001', queue = 'service', disposition = null, direction }: Told, n: number): CallRecord {
  assert.ok(pattern);
  const arrivedAt = MAY + at * HOUR;
  const queueId = asId<QueueId>(`demo:${queue}`);
  const visit = { queueId, enteredAt: arrivedAt, leftAt: arrivedAt, waitMs: 0, exit: 'answered' as const };
  const part = {
    legId: asId<never>(`x${n}.1`),
    answeredAt: arrivedAt,
    endedAt: arrivedAt + 60_000,
    talkMs: 0,
    holdMs: 0,
    wrapUpMs: 0,
    disposition,
    notes: null,
  };
  return {
    ...pattern,
    ...{ callId: asId<CallId>(`x${n}`), caller: { number: caller, raw: '' }, arrivedAt, answeredAt: arrivedAt, endedAt: arrivedAt + 60_000, disposition },
    ...{ queues: [visit], agents: agent === null ? [] : [{ ...part, agentId: asId<AgentId>(`demo:${agent}`) }], legs: [], recordings: [], customerId: null },
    ...(direction === undefined ? {} : { direction }),
  };
}

const asking = (more: Partial<ResolutionAsked> = {}): ResolutionAsked => ({
  ...{ tenantId: DEMO, bounds: [MAY, MAY + 7 * DAY], by: null, filter: {}, now: LATER, limit: 10_000 },
  ...more,
});
async function sums(db: Kysely<Database>, more: Partial<ResolutionAsked> = {}): Promise<Record<string, Resolution>> {
  const found: Record<string, Resolution> = {};
  for (const { bin, key, ...row } of await resolutionSums(db, asking(more))) {
    const name = more.bounds !== undefined && more.bounds.length > 2 ? `${bin} ${key}` : key;
    const known = found[name];
    found[name] = Object.fromEntries(resolutionMeasures.map((measure) => [measure, Number(row[measure]) + (known?.[measure] ?? 0)])) as Resolution;
  }
  return found;
}

test('golden calls: who came back when, for what, and who does not count', async () => {
  const store = await cluster.store();
  const told: Told[] = [
    // Came back after 23 h, and then not within seven days: one repeated, one resolved.
    { at: 0, caller: '+861' },
    { at: 23, caller: '+861' },
    // After 7 days to the minute of the end (the call is a minute long): repeated; a minute later it would not be.
    { at: 1, caller: '+862' },
    { at: 1 + 7 * 24 + 1 / 60, caller: '+862', queue: 'vip' },
    { at: 2, caller: '+863' },
    { at: 2 + 7 * 24 + 2 / 60, caller: '+863', queue: 'vip' },
    // For another reason: resolved. For the same after 70 h: repeated within 72.
    { at: 3, caller: '+864', disposition: 'bill' },
    { at: 5, caller: '+864', disposition: 'fault' },
    { at: 73, caller: '+864', disposition: 'bill' },
    // Nobody served the second: it comes back all the same, and counts for nobody itself.
    { at: 4, caller: '+865', disposition: 'bill' },
    { at: 34, caller: '+865', agent: null },
    // A number that was not shown, and one that we called.
    { at: 4, caller: '' },
    { at: 6, caller: '' },
    { at: 4, caller: '+866', direction: 'outbound' },
    // Our callback to her counts as contact; that we called her is no repeat of hers.
    { at: 7, caller: '+867' },
    { at: 8, caller: '+867', direction: 'callback' },
  ];
  await writeRecords(store.db, told.map(call));
  const whole = { contacts: 10, pending: 0, repeated: 4, repeated24h: 1, repeated48h: 2, repeated72h: 3 };
  assert.deepEqual(await sums(store.db, { filter: { queueId: asId<QueueId>('demo:service') } }), { '': whole });
  const { resolved, firstContactResolution } = resolutionFigures(whole);
  assert.deepEqual([resolved, firstContactResolution], [6, 0.6]);
  const byReason = await sums(store.db, { by: 'disposition' });
  assert.deepEqual([byReason.bill?.contacts, byReason.bill?.repeated, byReason.fault?.repeated], [3, 2, 0]);
});

test('nobody is resolved before seven days have passed; who has come back by then is not told either, so that the rate does not lean', async () => {
  const store = await cluster.store();
  await writeRecords(
    store.db,
    [
      { at: 0, caller: '+861' },
      { at: 1, caller: '+861' },
      { at: 20, caller: '+862' },
    ].map(call),
  );
  const at = async (hours: number) => (await sums(store.db, { now: MAY + hours * HOUR }))[''];
  const none = { repeated: 0, repeated24h: 0, repeated48h: 0, repeated72h: 0 };
  assert.deepEqual(await at(24), { contacts: 3, pending: 3, ...none });
  assert.equal(resolutionFigures({ contacts: 3, pending: 3, ...none }).firstContactResolution, null, 'not nought, and not one');
  assert.deepEqual(await at(7 * 24 + 0.5), { contacts: 3, pending: 2, repeated: 1, repeated24h: 1, repeated48h: 1, repeated72h: 1 });
  assert.deepEqual(await at(7 * 24 + 2), { contacts: 3, pending: 1, repeated: 1, repeated24h: 1, repeated48h: 1, repeated72h: 1 });
  const days = async (): Promise<unknown[]> => (await sql`select day from resolution_days`.execute(store.db)).rows;
  assert.equal((await days()).length, 0, 'while anything may still come nothing is kept');
  assert.deepEqual(await at(8 * 24 + 6), { contacts: 3, pending: 0, repeated: 1, repeated24h: 1, repeated48h: 1, repeated72h: 1 });
  assert.deepEqual(
    [await days(), isFinal(MAY, MAY + 8 * DAY + 6 * HOUR - 1)].map((of) => (Array.isArray(of) ? of.length : of)),
    [1, false],
  );
});

/** Looks at every pair of calls. */
function naively(told: readonly Told[], now: number, bounds: readonly number[]): Record<string, Resolution> {
  const found: Record<string, Resolution> = {};
  for (const one of told) {
    const [start, end] = [MAY + one.at * HOUR, MAY + one.at * HOUR + 60_000];
    const hour = start - (start % HOUR);
    const bin = bounds.findLastIndex((bound) => bound <= hour);
    if (one.agent == null || one.caller === '' || one.direction === 'outbound' || bin < 0 || bin >= bounds.length - 1) continue;
    const key = `${bin} demo:${one.agent}`;
    const sums = found[key] ?? { contacts: 0, pending: 0, repeated: 0, repeated24h: 0, repeated48h: 0, repeated72h: 0 };
    found[key] = sums;
    sums.contacts += 1;
    if (end + 7 * DAY > now) sums.pending += 1;
    else
      for (const [name, hours] of [
        ['repeated', 168],
        ['repeated24h', 24],
        ['repeated48h', 48],
        ['repeated72h', 72],
      ] as const) {
        const again = told.some((other) => {
          const at = MAY + other.at * HOUR;
          const same = other.disposition == null || one.disposition == null || other.disposition === one.disposition;
          return other.direction === undefined && other.caller === one.caller && at > end && at <= end + hours * HOUR && same;
        });
        if (again) sums[name] += 1;
      }
  }
  return found;
}

test('random calls: the same as by looking at every pair, before and after days are kept, by the day of the zone', async () => {
  const store = await cluster.store();
  const dice = new Dice(4711);
  const random = (): number => dice.fraction();
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const told = Array.from({ length: 800 }, (): Told => {
    const direction = pick([undefined, undefined, undefined, undefined, 'outbound', 'callback'] as const);
    return {
      ...{
        at: Math.floor(random() * 20 * 24 * 60) / 60,
        caller: pick(['', ...Array.from({ length: 100 }, (_, n) => `+86${n}`)]),
        agent: pick(['8001', '8002', null]),
      },
      ...{ disposition: pick([null, 'bill', 'fault']), ...(direction === undefined ? {} : { direction }) },
    };
  });
  await writeRecords(store.db, told.map(call));
  // Days of Shanghai, which begin at 16:00 UTC.
  const bounds = Array.from({ length: 9 }, (_, n) => MAY + n * DAY + 16 * HOUR);
  for (const now of [MAY + 12 * DAY + HOUR, LATER])
    for (const _ of ['worked out', 'kept']) assert.deepEqual(await sums(store.db, { bounds, by: 'agentId', now }), naively(told, now, bounds));
});

/** So many calls over forty days, from a fifth as many numbers, as the one that is there. */
async function generate(db: Kysely<Database>, calls: number): Promise<void> {
  const { rows } = await sql<{ name: string }>`select column_name as name from information_schema.columns where table_name = 'calls'`.execute(db);
  const at = sql`${new Date(MAY - 20 * DAY).toISOString()}::timestamptz + n * ${`${(40 * DAY) / calls} ms`}::interval`;
  const made: Record<string, RawBuilder<unknown>> = {
    call_id: sql`'g' || n`,
    caller: sql`'+86139' || lpad(((hashint4(n) & 2147483647) % ${sql.lit(calls / 5)}) || '', 8, '0')`,
    arrived_at: at,
    ended_at: sql`${at} + interval '3 min'`,
    answered_at: sql`null`,
    disposition: sql`(array['bill', 'fault', 'plan', null])[n % 4 + 1]`,
  };
  const names = sql.join(rows.map(({ name }) => sql.ref(name)));
  const values = sql.join(rows.map(({ name }) => made[name] ?? sql.ref(`c.${name}`)));
  const piece = 20_000;
  for (let from = 1; from <= calls; from += piece)
    await sql`insert into calls (${names}) select ${values} from calls c, generate_series(${sql.lit(from)}, ${sql.lit(from + piece - 1)}) n where c.call_id = 'x0'`.execute(
      db,
    );
}

test('a day of many calls is one look into the index a contact, in the month it can be in', async (context) => {
  const store = await cluster.store();
  await sql`select ensure_call_months('2026-03-01', 5)`.execute(store.db);
  await writeRecords(store.db, [call({ at: 0 }, 0)]);
  await generate(store.db, 100_000);
  await sql`analyze calls`.execute(store.db);
  const { rows } = await sql<{ 'QUERY PLAN': string }>`explain (analyze, buffers) ${countedOf(DEMO, { from: MAY, to: MAY + DAY }, LATER)}`.execute(store.db);
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  assert.match(plan, /Index Only Scan using calls_202605_tenant_id_caller_arrived_at_direction_disposit_idx/, plan);
  assert.doesNotMatch(plan, /Seq Scan/, plan);
  assert.doesNotMatch(plan, /calls_202603_/, 'months that cannot hold a repeat are not looked into');
  const took = Number(/Execution Time: ([\d.]+)/.exec(plan)?.[1]);
  context.diagnostic(`2,500 contacts of a day among 100,000 calls: ${took} ms`);
  assert.equal(daysOf(MAY, MAY + 1).length, 1);
});
