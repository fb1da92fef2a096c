/** Random days told to the fold, with facts in any order, twice, of unknown calls, and with restarts: INV3 holds for every call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, type CallId, legIdOf, offerIdOf, type QueueId, type TenantId } from '../../kernel/ids.ts';
import { endingCauses } from '../../src/call/ending.ts';
import { type CdrRoom, createCdr } from '../../src/cdr/fold.ts';
import type { CallRecord } from '../../src/cdr/record.ts';
import type { Event } from '../../src/vocabulary.ts';

const SEEDS = 200;
const EVENTS = 400;
const rerun = (seed: number): string => `again: SEED=${seed} node --import tsx --test test/cdr/simulation.pure.test.ts`;

/** mulberry32 */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

type Roll = (below: number) => number;
const pick = <const T>(roll: Roll, items: readonly [T, ...T[]]): T => items[roll(items.length)] ?? items[0];

function randomEvent(roll: Roll, calls: number): Event {
  const callId = asId<CallId>(`c-${roll(calls) + 1}`);
  const n = roll(5);
  const legId = legIdOf(callId, n);
  const offerId = offerIdOf(callId, n);
  const agentId = asId<AgentId>(`demo:800${roll(3) + 1}`);
  const queueId = asId<QueueId>(pick(roll, ['demo:service', 'demo:vip']));
  const ending = { cause: endingCauses[roll(endingCauses.length)] ?? 'normal', by: pick(roll, ['far_end', 'other_party', 'server']) } as const;
  const state = pick(roll, ['signed_out', 'not_ready', 'ready', 'offered', 'talking', 'wrapping_up']);
  const recordingId = `${callId}.r${roll(2)}`;
  const party = { number: '+8613800001001', raw: '13800001001' };
  const kinds: readonly [() => Event, ...(() => Event)[]] = [
    () => ({
      type: 'callArrived',
      callId,
      legId: legIdOf(callId, 0),
      tenantId: asId<TenantId>('demo'),
      caller: party,
      callee: party,
      trunk: 't',
      sipCallId: 's',
    }),
    () => ({ type: 'legRinging', callId, legId }),
    () => ({ type: 'legAnswered', callId, legId }),
    () => ({ type: 'legAnswered', callId, legId }),
    () => ({ type: 'legHeld', callId, legId }),
    () => ({ type: 'legRetrieved', callId, legId }),
    () => ({ type: 'legEnded', callId, legId, ending }),
    () => ({ type: 'callQueued', callId, queueId, priority: 0, skills: [], maxWaitMs: null }),
    () => ({ type: 'callLeftQueue', callId, queueId, exit: pick(roll, ['answered', 'abandoned', 'timeout', 'full']) }),
    () => ({ type: 'callOffered', callId, queueId, record: true, offerId, legId, agentId, until: 0 }),
    () => ({ type: 'callOffered', callId, queueId, record: true, offerId, legId, agentId, until: 0 }),
    () => ({ type: 'offerEnded', callId, queueId, offerId, legId, agentId, end: pick(roll, ['answered', 'no_answer', 'caller_gone']) }),
    () => ({ type: 'callTransferred', callId, legId: legIdOf(callId, 1000 + n), target: { kind: 'number', number: '1' }, by: 'flow' }),
    () => ({ type: 'recordingStarted', callId, recordingId, path: '/r' }),
    () => ({ type: 'recordingEnded', callId, recordingId, path: '/r', durationMs: roll(1000), complete: true }),
    () => ({ type: 'agentStateChanged', agentId, state, reasons: [], callId: roll(2) === 0 ? callId : null, wrapUpUntil: null }),
    () => ({ type: 'agentStateChanged', agentId, state, reasons: [], callId: null, wrapUpUntil: null }),
    () => ({ type: 'wrapUpEnded', agentId, callId, disposition: roll(2) === 0 ? 'd' : null, notes: null }),
    () => ({ type: 'dataSet', callId, data: { k: String(roll(3)) }, by: 'flow' }),
    () => ({ type: 'callEnded', callId, ending }),
    () => ({ type: 'heartbeat' }),
    () => ({ type: 'agentRemoved', agentId }),
  ];
  return pick(roll, kinds)();
}

interface Day {
  arrived: Set<CallId>;
  written: CallRecord[];
}

/** Restarts now and then: from a snapshot, or by telling a new room the journal again; sometimes without its last events. */
function runDay(seed: number): Day {
  const roll = dice(seed);
  const calls = 1 + roll(8);
  let room: CdrRoom = createCdr();
  let now = 1_700_000_000_000.25;
  const day: Day = { arrived: new Set(), written: [] };
  const tell = (event: Event): void => {
    if (event.type === 'callArrived') {
      // In life an id is used once; the same INVITE may be told twice while its call is up.
      if (day.written.some((record) => record.callId === event.callId)) return;
      day.arrived.add(event.callId);
    }
    for (const command of room.decide(event, now).commands) if (command.type === 'writeCdr') day.written.push(command.record);
  };
  for (let n = 0; n < EVENTS; n += 1) {
    now += roll(4) === 0 ? 0 : roll(20_000) / 7;
    tell(randomEvent(roll, calls));
    if (roll(100) !== 0) continue;
    const snapshot = JSON.parse(JSON.stringify(room.snapshot()));
    room = createCdr();
    room.restore(snapshot);
    now += roll(600_000);
    tell({ type: 'serverStarted' });
  }
  now += 1_000;
  tell({ type: 'serverStarted' });
  return day;
}

function checkRecord(record: CallRecord): void {
  const { arrivedAt, answeredAt, endedAt } = record;
  assert.ok(arrivedAt <= endedAt && (answeredAt === null || (arrivedAt <= answeredAt && answeredAt <= endedAt)), 'arrived ≤ answered ≤ ended');
  assert.ok(Number.isInteger(endedAt) && endingCauses.includes(record.ending.cause) && record.ending.by !== undefined, 'an end, a cause and a side');
  for (const leg of record.legs) {
    assert.ok(arrivedAt <= leg.startedAt && leg.startedAt <= leg.endedAt && leg.endedAt <= endedAt, `${leg.legId} within the call`);
    if (leg.answeredAt !== null) assert.ok(leg.startedAt <= leg.answeredAt && leg.answeredAt <= leg.endedAt, `${leg.legId}: started ≤ answered ≤ ended`);
    assert.ok(leg.holdMs >= 0 && leg.holdMs <= leg.endedAt - (leg.answeredAt ?? leg.endedAt), `${leg.legId}: hold within talk`);
  }
  for (const visit of record.queues) assert.ok(visit.waitMs >= 0 && visit.waitMs === visit.leftAt - visit.enteredAt, 'a wait is not negative');
  const busyMs = record.agents.reduce((sum, agent) => sum + agent.talkMs + agent.holdMs, 0);
  const legsMs = record.legs.reduce((sum, leg) => sum + (leg.agentId === null || leg.answeredAt === null ? 0 : leg.endedAt - leg.answeredAt), 0);
  assert.equal(busyMs, legsMs, "agents' busy time is the sum of their legs");
  assert.equal(record.talkMs + record.holdMs, busyMs);
  assert.ok(record.wrapUpMs >= 0);
}

function checkDay(day: Day): void {
  const byCall = new Map<CallId, CallRecord[]>();
  for (const record of day.written) {
    checkRecord(record);
    byCall.set(record.callId, [...(byCall.get(record.callId) ?? []), record]);
  }
  assert.deepEqual([...byCall.keys()].sort(), [...day.arrived].sort(), 'each call that arrived has a record, and no other');
  for (const [callId, records] of byCall) {
    assert.deepEqual(
      records.map(({ revision }) => revision),
      records.map((_, at) => at + 1),
      `${callId}: revisions without a gap`,
    );
    assert.equal(new Set(records.map(({ arrivedAt, endedAt, ending }) => JSON.stringify([arrivedAt, endedAt, ending]))).size, 1, `${callId}: ended once`);
  }
}

const only = process.env.SEED;
test(`${only ?? SEEDS} random days keep INV3`, () => {
  const seeds = only === undefined ? Array.from({ length: SEEDS }, (_, n) => n + 1) : [Number(only)];
  let records = 0;
  for (const seed of seeds) {
    try {
      const day = runDay(seed);
      checkDay(day);
      records += day.written.length;
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}\n${rerun(seed)}`, { cause: error });
    }
  }
  assert.ok(records > seeds.length, `${records} records are too few to have tried anything`);
});

test('the same seed gives the same records', () => {
  for (const seed of [3, 77, 150]) assert.deepEqual(runDay(seed).written, runDay(seed).written);
});

/** What Postgres holds: the newest revision of each call, the first of equals. */
function keep(database: Map<CallId, CallRecord>, records: readonly CallRecord[]): void {
  for (const record of records) if ((database.get(record.callId)?.revision ?? 0) < record.revision) database.set(record.callId, record);
}

const recordsOf = (room: CdrRoom, events: readonly { event: Event; at: number }[]): CallRecord[] =>
  events.flatMap(({ event, at }) => room.decide(event, at).commands.flatMap((command) => (command.type === 'writeCdr' ? [command.record] : [])));

test('killed after any event, with its last ones torn off the journal, and killed again while recovering: one closed record a call', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const roll = dice(seed);
    const calls = 1 + roll(4);
    let now = 1_700_000_000_000;
    const journal = Array.from({ length: 80 }, () => {
      now += roll(5_000);
      return { event: randomEvent(roll, calls), at: now };
    });
    for (let killed = 1; killed <= journal.length; killed += 1) {
      const database = new Map<CallId, CallRecord>();
      keep(database, recordsOf(createCdr(), journal.slice(0, killed)));
      const before = new Map(database);
      const left = journal.slice(0, Math.max(0, killed - roll(3)));
      const recovery = [...left, { event: { type: 'serverStarted' } as const, at: now + 60_000 }];
      for (const restart of [recovery, [...recovery, { event: { type: 'serverStarted' } as const, at: now + 120_000 }]])
        keep(database, recordsOf(createCdr(), restart));
      const arrived = new Set(left.flatMap(({ event }) => (event.type === 'callArrived' ? [event.callId] : [])));
      for (const callId of arrived) assert.ok(database.has(callId), `${callId} has a record; seed ${seed}, killed after ${killed}`);
      for (const [callId, record] of before)
        assert.deepEqual(database.get(callId)?.endedAt, record.endedAt, `what was written stays; seed ${seed}, killed after ${killed}`);
      for (const record of database.values()) checkRecord(record);
    }
  }
});
