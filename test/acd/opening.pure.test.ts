/** Queues that open and close: by their calendar, and by whoever switches them. The whole turn is compared. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { asId, calendarIdOf, type UserId } from '../../kernel/ids.ts';
import { createAcd } from '../../src/acd/acd.ts';
import type { CalendarConfiguration, QueueState } from '../../src/acd/calendar/calendar.ts';
import type { DoorRules } from '../../src/acd/door/rules.ts';
import type { Event } from '../../src/vocabulary.ts';
import { agentConfigured, callArrived, callEnded, callQueued, DEMO, Floor, legAnswered, queueConfigured, queueId } from './floor.ts';

const MINUTE = 60_000;
const calendar = (from: string, to: string): Event => ({
  type: 'calendarConfigured',
  calendar: {
    ...{ calendarId: calendarIdOf(DEMO, 'office'), tenantId: DEMO, name: { zh: '上班', en: 'office' }, timeZone: 'UTC', days: [] },
    offsets: [{ from: 0, minutes: 0 }],
    week: Object.fromEntries(['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].map((day) => [day, [{ from, to }]])) as CalendarConfiguration['week'],
  },
});
const switched = (state: QueueState | 'calendar', until: number | null = null, name = 'service'): Event => ({
  ...{ type: 'queueSwitched', queueId: queueId(name), state, until, by: asId<UserId>('demo:supervisor') },
});

/** It is 00:16:40 on the first day; `service` opens at 00:20 and closes at 01:00, `sales` goes by the same calendar. */
function office(door: DoorRules = {}): Floor {
  const floor = new Floor();
  floor.tell(calendar('00:20', '01:00'), agentConfigured('8001'));
  for (const name of ['service', 'sales']) floor.tell(queueConfigured(name, { door: { calendar: 'office', ...door } }));
  return floor;
}
const call = (floor: Floor, name: string): string[] => floor.tell(callArrived(name), callQueued(name));
const state = (floor: Floor, name = 'service'): string | undefined => floor.acd.view.queue(queueId(name))?.state;
const told = (lines: string[]): string[] =>
  lines.flatMap((line) => (line.startsWith('{') ? [(JSON.parse(line) as { queueId: string; state: string }).state] : []));
const to = (floor: Floor, minute: number): string[] => {
  floor.now = minute * MINUTE;
  return floor.tell({ type: 'timePassed' });
};

test('a caller who comes before it opens is told it is closed; at the minute it opens every queue of the calendar opens', () => {
  const floor = office();
  assert.deepEqual([state(floor), state(floor, 'sales')], ['closed', 'closed']);
  assert.deepEqual(call(floor, 'c1'), ['c1 left service closed', 'wake +200000']);
  assert.deepEqual(told(to(floor, 20)), ['open', 'open']);
  assert.deepEqual(call(floor, 'c2'), [`wake +${40 * MINUTE}`], 'it waits; the calendar closes the queue next');
});

test('at the very moment it closes nobody comes in any more, even where the wake for it is late', () => {
  const floor = office();
  to(floor, 20);
  floor.now = 60 * MINUTE - 1;
  assert.deepEqual(call(floor, 'c1'), ['wake +1']);
  floor.now = 60 * MINUTE;
  assert.ok(call(floor, 'c2').includes('c2 left service closed'));
});

test('who waits when it closes is served after it, or leaves, as the queue has it; whom a phone rings for stays until that is over', () => {
  const stays = office();
  to(stays, 20);
  call(stays, 'c1');
  assert.deepEqual(told(to(stays, 60)), ['closed', 'closed']);
  assert.equal(stays.acd.view.queue(queueId('service'))?.waiting, 1);

  const leaves = office({ whenClosed: 'leave' });
  to(leaves, 20);
  leaves.ready('8001');
  leaves.now = 60 * MINUTE - 5_000;
  call(leaves, 'c1');
  call(leaves, 'c2');
  const closing = leaves.after(5_000);
  assert.deepEqual(
    closing.filter((line) => line.includes(' left ')),
    ['c2 left service closed'],
  );
  const gaveUp = leaves.after(10_000);
  assert.deepEqual(
    gaveUp.filter((line) => / left | no_answer at /.test(line)),
    ['c1.o1 c1 no_answer at 8001 on c1.1 service', 'c1 left service closed'],
  );
});

test('an offer of before the closing that is answered after it is answered', () => {
  const floor = office({ whenClosed: 'leave' });
  to(floor, 20);
  floor.ready('8001');
  floor.now = 60 * MINUTE - 5_000;
  call(floor, 'c1');
  floor.after(5_000);
  assert.ok(floor.tell(legAnswered('c1.1')).includes('c1 left service answered'));
});

test('a supervisor opens and closes at once, until a time; then the calendar has it again', () => {
  const floor = office();
  const until = floor.now + 2 * MINUTE;
  const change = { type: 'queueStateChanged', queueId: queueId('service'), state: 'open', until, why: 'switched' };
  assert.deepEqual(floor.tell(switched('open', until)), [JSON.stringify(change), 'wake +120000']);
  assert.deepEqual(call(floor, 'c1'), ['wake +120000']);
  assert.deepEqual(told(floor.after(2 * MINUTE)), ['closed']);
  assert.deepEqual(told(floor.tell(switched('open'))), ['open']);
  assert.deepEqual([told(to(floor, 20)), told(to(floor, 60))], [['open'], ['closed']], 'of sales: a switch without an end holds over both');
  assert.equal(state(floor), 'open');
  assert.deepEqual(told(floor.tell(switched('calendar'))), ['closed']);
});

test('an emergency sends everybody away, also whom a phone rings for, and lets nobody in', () => {
  const floor = office();
  to(floor, 20);
  floor.ready('8001');
  call(floor, 'c1');
  call(floor, 'c2');
  const lines = floor.tell(switched('emergency', floor.now + MINUTE));
  assert.deepEqual(
    lines.filter((line) => / left |withdrawn/.test(line)),
    ['c1.o1 c1 withdrawn at 8001 on c1.1 service', 'c1 left service emergency', 'c2 left service emergency'],
  );
  assert.ok(call(floor, 'c3').includes('c3 left service emergency'));
  assert.deepEqual(told(floor.after(MINUTE)), ['open']);
});

test('a calendar that is changed or removed is gone by at once; without one a queue is open', () => {
  const floor = office();
  assert.deepEqual(told(floor.tell(calendar('00:00', '24:00'))), ['open', 'open']);
  assert.deepEqual(told(floor.tell(calendar('02:00', '03:00'))), ['closed', 'closed']);
  assert.deepEqual(told(floor.tell({ type: 'calendarRemoved', calendarId: calendarIdOf(DEMO, 'office') })), ['open', 'open']);
});

test('a switch and a calendar survive a snapshot and a restart; the end of the switch in the meantime is caught up with', () => {
  const floor = office();
  floor.tell(switched('open', floor.now + 30 * MINUTE));
  const again = createAcd();
  again.restore(JSON.parse(JSON.stringify(floor.acd.snapshot())));
  assert.deepEqual(again.decide({ type: 'timePassed' }, floor.now), floor.acd.decide({ type: 'timePassed' }, floor.now));
  const later = floor.now + 90 * MINUTE;
  again.decide({ type: 'serverStarted' }, later);
  const turn = again.decide({ type: 'timePassed' }, later);
  assert.deepEqual(turn.events, [
    { type: 'queueStateChanged', queueId: queueId('service'), state: 'closed', until: 24 * 60 * MINUTE + 20 * MINUTE, why: 'calendar' },
  ]);
});

test('a snapshot from before there were calendars is taken, and its queues are open', () => {
  const floor = new Floor();
  floor.tell(queueConfigured('service'), callArrived('c1'), callQueued('c1'));
  const { calendars: _, ...old } = floor.acd.snapshot() as { calendars: unknown };
  const again = createAcd();
  again.restore(old);
  assert.equal(again.view.queue(queueId('service'))?.state, 'open');
  assert.deepEqual(again.decide(callEnded('c1'), floor.now), floor.acd.decide(callEnded('c1'), floor.now));
});
