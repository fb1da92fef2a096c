/** Stories told to the routing core and to the ledger, and in which interval what of them is counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallId } from '../../kernel/ids.ts';
import { createAcd } from '../../src/acd/acd.ts';
import type { EndingCause } from '../../src/call/ending.ts';
import { createLedger, type LedgerRoom } from '../../src/ledger/fold.ts';
import { discrepancies, reconcile } from '../../src/ledger/reconcile.ts';
import type { LedgerRecord } from '../../src/ledger/record.ts';
import type { Event } from '../../src/vocabulary.ts';
import {
  agentConfigured,
  agentId,
  callArrived,
  callEnded,
  callId,
  callQueued,
  DEMO,
  legAnswered,
  legEnded,
  phoneReachable,
  queueConfigured,
  queueId,
  signedIn,
  wentReady,
} from '../acd/floor.ts';

const NINE = Date.parse('2026-05-18T09:00:00Z');

const over = (call: string, cause: EndingCause): Event => ({ type: 'callEnded', callId: callId(call), ending: { cause, by: 'far_end' } });
const wrappedUp = (call: string, disposition: string): Event => ({
  type: 'wrapUpEnded',
  agentId: agentId('8001'),
  callId: callId(call),
  disposition,
  notes: null,
});

/** Rooms and time. */
class House {
  acd = createAcd();
  ledger: LedgerRoom = createLedger();
  now = NINE;
  readonly written: LedgerRecord[] = [];
  readonly facts: Event[] = [];
  #wakeAt: number | null = null;

  constructor() {
    this.tell(queueConfigured('service', { answerWithinMs: 20_000, wrapUpMs: 60_000 }), agentConfigured('8001', { team: 'day' }), phoneReachable('8001'));
  }

  at(clock: string, ...events: Event[]): void {
    const until = Date.parse(`2026-05-18T${clock}Z`);
    while (this.#wakeAt !== null && this.#wakeAt <= until) {
      this.now = Math.max(this.now, this.#wakeAt);
      this.tell({ type: 'timePassed' });
    }
    this.now = until;
    this.tell(...events);
  }

  tell(...events: Event[]): void {
    for (const event of events) {
      const facts: Event[] = [event];
      for (const fact of facts) {
        const turn = this.acd.decide(fact, this.now);
        facts.push(...turn.events);
        const counted = this.ledger.decide(fact, this.now);
        for (const { record } of counted.commands) this.written.push(record);
        this.#wakeAt = Math.min(turn.wakeAt ?? Number.POSITIVE_INFINITY, counted.wakeAt ?? Number.POSITIVE_INFINITY);
        if (this.#wakeAt === Number.POSITIVE_INFINITY) this.#wakeAt = null;
      }
      this.facts.push(...facts);
    }
  }

  confirmAll(): void {
    for (const { callId: id, revision } of [...this.written]) this.tell({ type: 'cdrWritten', callId: id, revision });
  }

  offered(): { call: CallId; leg: string } {
    const found = this.facts.findLast((fact) => fact.type === 'callOffered');
    assert.ok(found?.type === 'callOffered', 'somebody was offered the call');
    return { call: found.callId, leg: found.legId };
  }

  interval(clock: string): LedgerRecord | undefined {
    const start = Date.parse(`2026-05-18T${clock}Z`);
    return this.ledger.view.intervals(DEMO, this.now).find(({ arrivedAt }) => arrivedAt === start);
  }
}

/** Queued at 9:04:50, answered at 9:05:04, over at 9:11:00, wrapped up at 9:11:40. */
function served(house: House): void {
  house.at('09:00:00', signedIn('8001'), wentReady('8001'));
  house.at('09:04:50', callArrived('c1'), callQueued('c1'));
  house.at('09:05:04', legAnswered(house.offered().leg));
  house.at('09:11:00', legEnded('c1.0'), legEnded(house.offered().leg), callEnded('c1'));
  house.at('09:11:40', wrappedUp('c1', 'billing'));
}

const picked = (row: object | undefined): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row ?? {}).filter(([name, value]) => value !== 0 && name !== 'reasons'));

test('a contact counts where it came; seconds of its agent count when they were', () => {
  const house = new House();
  served(house);
  house.at('09:15:00');
  const [first, second, third] = ['09:00:00', '09:05:00', '09:10:00'].map((clock) => house.interval(clock));
  const who = { agentId: agentId('8001'), team: 'day' };
  assert.deepEqual(first?.ledger.visits.map(picked), [
    {
      queueId: 'demo:service',
      number: '10086',
      channel: 'voice',
      entered: 1,
      answered: 1,
      answeredWithin: 1,
      answeredWithin15: 1,
      answerWaitMs: 14_000,
      longestWaitMs: 14_000,
    },
  ]);
  assert.deepEqual(
    first?.ledger.handled.map(picked).filter((row) => 'handled' in row),
    [
      {
        ...who,
        queueId: 'demo:service',
        number: '10086',
        channel: 'voice',
        disposition: 'billing',
        handled: 1,
        fromQueue: 1,
        talkMs: 356_000,
        wrapUpMs: 40_000,
      },
    ],
  );
  assert.deepEqual(first?.ledger.calls.map(picked), [{ number: '10086', channel: 'voice', arrived: 1, served: 1 }]);
  assert.deepEqual(first?.ledger.agents.map(picked), [
    { ...who, queueId: 'demo:service', reservedMs: 10_000, offers: 1, taken: 1 },
    { ...who, queueId: '', readyMs: 290_000 },
  ]);
  assert.deepEqual(second?.ledger.agents.map(picked), [{ ...who, queueId: 'demo:service', reservedMs: 4_000, talkingMs: 296_000 }]);
  assert.deepEqual(third?.ledger.agents.map(picked), [
    { ...who, queueId: 'demo:service', talkingMs: 60_000, wrappingUpMs: 40_000 },
    { ...who, queueId: '', readyMs: 200_000 },
  ]);
  for (const record of [first, second, third]) assert.deepEqual(record && discrepancies(record.reconciliation), [], 'its sums agree');
});

test('an interval is written when it is over, again when its contact has gone on, and let go when all of that is confirmed', () => {
  const house = new House();
  served(house);
  house.at('09:20:00');
  const revisions = (clock: string): number[] =>
    house.written.filter(({ arrivedAt }) => arrivedAt === Date.parse(`2026-05-18T${clock}Z`)).map(({ revision }) => revision);
  assert.deepEqual(revisions('09:00:00'), [1, 2, 3], 'at its end, when she had answered, when she had wrapped up');
  assert.deepEqual(revisions('09:05:00'), [1]);
  house.confirmAll();
  house.at('09:25:00');
  assert.deepEqual(
    house.ledger.view.intervals(DEMO, house.now).map(({ arrivedAt }) => new Date(arrivedAt).toISOString().slice(11, 16)),
    ['09:20'],
    'only what was not confirmed is kept',
  );
});

test('a rating counts for who served last, where the contact came, by the disposition she gave it afterwards; nobody rates twice', () => {
  const house = new House();
  house.at('09:00:00', signedIn('8001'), wentReady('8001'));
  house.at('09:04:50', callArrived('c1'), callQueued('c1'));
  house.at('09:05:04');
  const { leg } = house.offered();
  const survey = { callId: callId('c1'), queueId: queueId('service'), agentId: agentId('8001') };
  house.tell(legAnswered(leg));
  house.at('09:06:00', legEnded(leg), { type: 'surveyAsked', ...survey, flow: 'survey', how: 'hung_up' });
  house.at('09:06:20', { type: 'surveyAnswered', callId: callId('c1'), rating: 4, asksWhy: true });
  house.tell({ type: 'surveyAnswered', callId: callId('c1'), rating: 1, asksWhy: false });
  const kept = house.ledger.snapshot();
  house.at('09:06:30', legEnded('c1.0'), over('c1', 'dialplan_end'));
  house.at('09:06:50', wrappedUp('c1', 'billing'));
  house.at('09:10:00');
  const row = house
    .interval('09:00:00')
    ?.ledger.handled.map(picked)
    .find(({ handled }) => handled === 1);
  const counts = { handled: 1, fromQueue: 1, talkMs: 56_000, wrapUpMs: 50_000, surveyed: 1, rated: 1, rated4: 1 };
  const who = { agentId: agentId('8001'), team: 'day', queueId: 'demo:service', number: '10086', channel: 'voice', disposition: 'billing' };
  assert.deepEqual(row, { ...who, ...counts });
  const first = house.interval('09:00:00');
  assert.deepEqual(first?.reconciliation.ratings, { given: 1, marks: 1 });
  assert.deepEqual(first && discrepancies(first.reconciliation), []);
  // A snapshot of before ratings were counted has no such measures.
  const older = JSON.parse(JSON.stringify(kept).replaceAll(/,"(surveyed|rated[1-5]?)":\d/g, '')) as typeof kept;
  const later = createLedger();
  later.restore(older);
  for (const record of later.view.intervals(DEMO, house.now)) for (const handled of record.ledger.handled) assert.equal(handled.rated, 0);
});

test('an interval whose ratings are not those that were given does not reconcile', () => {
  const house = new House();
  served(house);
  const record = house.interval('09:00:00');
  assert.ok(record);
  const rows = { ...record.ledger, handled: record.ledger.handled.map((row) => ({ ...row, rated: row.rated + row.handled })) };
  const found = discrepancies(reconcile(rows, { legMs: new Map(), presentMs: 0 }));
  assert.deepEqual(found.find(({ what }) => what === 'ratings')?.counts, { given: 1, marks: 0 });
});

test('who hangs up within five seconds is a short abandon, later an abandon; who comes to nobody is told apart', () => {
  const house = new House();
  house.at('09:01:00', callArrived('c1'), callQueued('c1'));
  house.at('09:01:05', legEnded('c1.0'), over('c1', 'abandoned'));
  house.at('09:02:00', callArrived('c2'), callQueued('c2'));
  house.at('09:02:05.001', legEnded('c2.0'), over('c2', 'abandoned'));
  house.at('09:03:00', callArrived('c3'), legAnswered('c3.0'), over('c3', 'dialplan_end'));
  house.at('09:03:10', callArrived('c4'), over('c4', 'congestion'));
  house.at('09:03:11');
  house.tell({ type: 'timePassed' });
  const { ledger } = house.interval('09:00:00') ?? { ledger: { visits: [], calls: [] } };
  assert.deepEqual(ledger.visits.map(picked), [
    {
      queueId: 'demo:service',
      number: '10086',
      channel: 'voice',
      entered: 2,
      abandoned: 1,
      shortAbandoned: 1,
      abandonedWithin: 2,
      abandonedWithin15: 2,
      abandonWaitMs: 10_001,
      longestWaitMs: 5_001,
    },
  ]);
  assert.deepEqual(ledger.calls.map(picked), [{ number: '10086', channel: 'voice', arrived: 4, abandoned: 1, shortAbandoned: 1, contained: 1, refused: 1 }]);
});

test('a house that dies counts what everybody was until its last event, and what nobody saw apart', () => {
  const house = new House();
  house.at('09:00:00', signedIn('8001'), wentReady('8001'));
  house.at('09:01:00', callArrived('c1'), callQueued('c1'));
  house.at('09:01:10', legAnswered(house.offered().leg));
  house.at('09:02:10', { type: 'heartbeat' });
  house.now = Date.parse('2026-05-18T09:03:00Z');
  house.tell({ type: 'serverStarted' });
  house.at('09:05:00');
  const record = house.interval('09:00:00');
  const total = (name: 'talkingMs' | 'unobservedMs' | 'notReadyMs'): number => (record?.ledger.agents ?? []).reduce((sum, row) => sum + row[name], 0);
  assert.deepEqual([total('talkingMs'), total('unobservedMs'), total('notReadyMs')], [60_000, 50_000, 120_000]);
  assert.deepEqual(record && discrepancies(record.reconciliation), []);
  assert.deepEqual(record?.ledger.calls.map(picked), [{ number: '10086', channel: 'voice', arrived: 1, served: 1 }]);
});

test('a ledger that goes on from its snapshot writes the same', () => {
  const one = new House();
  const other = new House();
  served(one);
  other.at('09:00:00', signedIn('8001'), wentReady('8001'));
  other.at('09:04:50', callArrived('c1'), callQueued('c1'));
  other.at('09:05:04', legAnswered(other.offered().leg));
  const snapshot = JSON.parse(JSON.stringify(other.ledger.snapshot()));
  other.ledger = createLedger();
  other.ledger.restore(snapshot);
  other.at('09:11:00', legEnded('c1.0'), legEnded(other.offered().leg), callEnded('c1'));
  other.at('09:11:40', wrappedUp('c1', 'billing'));
  one.at('09:20:00');
  other.at('09:20:00');
  assert.deepEqual(other.written, one.written);
});
