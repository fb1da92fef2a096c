/** Overflow: where a queue's callers go when it is too full, too slow or deserted. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createAcd } from '../../src/acd/acd.ts';
import type { OverflowConditions, OverflowStep, OverflowTo } from '../../src/acd/overflow/rules.ts';
import { agentConfigured, callArrived, callId, callQueued, Floor, legAnswered, queueConfigured, queueId, signedIn, signedOut, wentNotReady } from './floor.ts';

/** `service` overflows by these steps; 8001 serves it, 8002 the queue `other`. Nobody is signed in. */
function floorWith(...overflow: OverflowStep[]): Floor {
  const floor = new Floor();
  floor.tell(queueConfigured('service', { overflow }), queueConfigured('other'), queueConfigured('third'));
  floor.tell(agentConfigured('8001'), agentConfigured('8002', { queues: [queueId('other')] }));
  return floor;
}
const come = (floor: Floor, call: string, wish: Parameters<typeof callQueued>[2] = {}): string[] =>
  floor.tell(callArrived(call), callQueued(call, 'service', wish));
const told = (lines: string[]): { step: number; at: string; to: object; why: { what: string }[] }[] =>
  lines.flatMap((line) => (line.includes('"callOverflowed"') ? [JSON.parse(line)] : []));
const whys = (lines: string[]): string =>
  told(lines)
    .map(({ why }) => why.map(({ what }) => what).join('+'))
    .join();
const lefts = (lines: string[]): string[] => lines.filter((line) => line.includes(' left '));
const after = (floor: Floor, ms: number): string[] => {
  const lines: string[] = [];
  for (let left = ms; left > 0; left -= 500) lines.push(...floor.after(Math.min(500, left)));
  return lines;
};

const switchTo = (state: 'closed' | 'emergency'): Parameters<Floor['tell']>[0] => ({
  type: 'queueSwitched',
  queueId: queueId('service'),
  state,
  until: null,
  by: 'u' as never,
});

/** Each with what makes it hold for a caller who comes, and for one who waits. */
const conditions: Record<
  keyof OverflowConditions,
  { when: OverflowConditions; what: string; door: ((floor: Floor) => void) | null; waiting: ((floor: Floor) => string[]) | null }
> = {
  waiting: {
    when: { waiting: 1 },
    what: 'waiting',
    door: (floor) => void come(floor, 'c0'),
    waiting: (floor) => [...floor.tell(callArrived('c0'), callQueued('c0', 'service', { priority: 5 })), ...after(floor, 2_000)],
  },
  longestWaitMs: {
    when: { longestWaitMs: 3_000 },
    what: 'longest_wait',
    door: (floor) => {
      come(floor, 'c0');
      floor.after(3_000);
    },
    waiting: (floor) => after(floor, 5_000),
  },
  waitedMs: { when: { waitedMs: 3_000 }, what: 'waited', door: null, waiting: (floor) => after(floor, 3_000) },
  estimate: {
    when: { estimate: { quantile: 'p90', ms: 3_000 } },
    what: 'estimate_by_longest_wait',
    door: (floor) => {
      come(floor, 'c0');
      floor.after(3_000);
    },
    waiting: (floor) => after(floor, 5_000),
  },
  serviceLevel: {
    when: { serviceLevel: { belowPct: 80, lastCalls: 5, leastCalls: 1 } },
    what: 'service_level',
    door: (floor) => {
      floor.tell(callArrived('c0'), callQueued('c0', 'service', { maxWaitMs: 20_000 }));
      floor.after(20_000);
    },
    waiting: (floor) => {
      floor.tell(callArrived('c0'), callQueued('c0', 'service', { maxWaitMs: 2_000 }));
      return after(floor, 5_000);
    },
  },
  without: {
    when: { without: { needs: 'signed_in' } },
    what: 'no_agents',
    door: (floor) => void floor.tell(signedOut('8001')),
    waiting: (floor) => [...floor.tell(signedOut('8001')), ...after(floor, 500)],
  },
  state: {
    when: { state: ['closed', 'emergency'] },
    what: 'state',
    door: (floor) => void floor.tell(switchTo('closed')),
    waiting: (floor) => floor.tell(switchTo('emergency')),
  },
};

const targets: { to: OverflowTo; leaves: boolean; opening: 'any' | 'open' }[] = [
  { to: { queue: 'other' }, leaves: true, opening: 'any' },
  { to: { queue: 'other', alsoWaits: true }, leaves: false, opening: 'open' },
  { to: { exit: 'voicemail' }, leaves: true, opening: 'any' },
];

for (const [name, { when, what, door, waiting }] of Object.entries(conditions)) {
  for (const { to, leaves, opening } of targets) {
    // Who may not stay cannot wait elsewhere too.
    if (name === 'state' && opening === 'open') continue;
    test(`${name} → ${JSON.stringify(to)}: at the door and while it waits, once it holds and not before`, () => {
      const atDoor = floorWith({ when, to, at: 'door' });
      atDoor.tell(signedIn('8001'), signedIn('8002'));
      door?.(atDoor);
      const lines = come(atDoor, 'c1');
      assert.equal(whys(lines), door === null ? '' : what);
      assert.equal(lefts(lines).includes('c1 left service overflow'), door !== null && leaves, lines.join('\n'));

      const inside = floorWith({ when, to, at: 'waiting' });
      inside.tell(signedIn('8001'), signedIn('8002'));
      assert.deepEqual(told(come(inside, 'c1')), []);
      const later = waiting?.(inside) ?? [];
      assert.ok(whys(later).startsWith(what), `${name}: ${later.join('\n')}`);
      assert.equal(lefts(later).includes('c1 left service overflow'), leaves, later.join('\n'));
    });
  }
}

test('she keeps her place, priority and wishes in the other queue, and comes before who came there later', () => {
  const floor = floorWith({ when: { waitedMs: 10_000 }, to: { queue: 'other' } });
  come(floor, 'c1', { maxWaitMs: 60_000 });
  floor.after(5_000);
  floor.tell(callArrived('c2'), callQueued('c2', 'other'));
  const lines = floor.after(5_000);
  assert.deepEqual(lefts(lines), ['c1 left service overflow']);
  const [queued] = lines.flatMap((line) => (line.includes('"callQueued"') ? [JSON.parse(line)] : []));
  assert.deepEqual(queued, { type: 'callQueued', callId: 'c1', queueId: 'demo:other', priority: 0, skills: [], maxWaitMs: 50_000, from: 'demo:service' });
  assert.deepEqual(floor.acd.view.queue(queueId('other'))?.callIds, ['c1', 'c2']);
  floor.ready('8002');
  assert.deepEqual(lefts(floor.tell(legAnswered('c1.1'))), ['c1 left other answered']);
});

test('a caller whom a phone rings for is not taken from it; when that comes to nothing it overflows, unless somebody else is free', () => {
  const floor = floorWith({ when: { waitedMs: 4_000 }, to: { queue: 'other' } });
  floor.ready('8001');
  come(floor, 'c1');
  assert.deepEqual(told(after(floor, 14_500)), []);
  const lines = after(floor, 1_000);
  assert.ok(lines.some((line) => line.includes('no_answer')) && whys(lines) === 'waited', lines.join('\n'));
});

test('whom somebody idle serves at once never overflows at the door', () => {
  const floor = floorWith({ when: { waiting: 0 }, to: { exit: 'sorry' } });
  floor.ready('8001');
  assert.deepEqual(told(come(floor, 'c1')), []);
  assert.deepEqual(whys(come(floor, 'c2')), 'waiting');
});

test('two queues that overflow into one another never pass a call back', () => {
  const floor = floorWith({ when: { waiting: 0 }, to: { queue: 'other' } });
  floor.tell(queueConfigured('other', { overflow: [{ when: { waiting: 0 }, to: { queue: 'service' } }] }));
  const lines = come(floor, 'c1');
  assert.equal(told(lines).length, 1, lines.join('\n'));
  assert.deepEqual(told(after(floor, 60_000)), []);
  assert.deepEqual(floor.acd.view.queue(queueId('other'))?.callIds, ['c1']);
});

test('a chain goes on where it holds: the next step, the next queue; a target that does not take the caller is passed over', () => {
  const floor = floorWith({ when: { waiting: 0 }, to: { queue: 'other' } }, { when: { waiting: 0 }, to: { queue: 'third' } });
  floor.tell(queueConfigured('other', { maxWaiting: 0 }));
  assert.deepEqual(
    told(come(floor, 'c1')).map(({ step, to }) => [step, to]),
    [[2, { kind: 'queue', queueId: 'demo:third' }]],
  );
  floor.tell(queueConfigured('other', { overflow: [{ when: { waiting: 0 }, to: { exit: 'voicemail' } }] }));
  assert.deepEqual(lefts(come(floor, 'c2')), ['c2 left service overflow', 'c2 left other overflow']);
});

test('a step is taken once a call: who comes back by its dialplan keeps its place and waits', () => {
  const floor = floorWith({ when: { waiting: 0 }, to: { exit: 'sorry' } });
  come(floor, 'c1');
  floor.after(1_000);
  come(floor, 'c2');
  floor.tell(callQueued('c2'));
  assert.deepEqual(told(floor.tell(callQueued('c1'))), []);
  assert.deepEqual(floor.acd.view.queue(queueId('service'))?.callIds, ['c1', 'c2']);
});

test('also waiting: she keeps her place, and an agent of the other queue who is idle gets her at once', () => {
  const floor = floorWith({ when: { waitedMs: 2_000 }, to: { queue: 'other', alsoWaits: true } });
  floor.ready('8002');
  come(floor, 'c1');
  const lines = floor.after(2_000);
  assert.ok(
    lines.some((line) => line.includes('c1 offered to 8002 from service')),
    lines.join('\n'),
  );
});

test('the last agent goes: the chain comes before the rule that sends everybody back', () => {
  const floor = floorWith({ when: { without: { needs: 'signed_in' } }, to: { queue: 'other' } });
  floor.tell(signedIn('8001'));
  floor.tell(queueConfigured('service', { leaveWhenNoAgents: true, overflow: [{ when: { without: { needs: 'signed_in' } }, to: { queue: 'other' } }] }));
  come(floor, 'c1');
  assert.deepEqual(lefts(floor.tell(signedOut('8001'))), ['c1 left service overflow']);
});

test('a callback is offered where the queue calls back, and the number has none yet', () => {
  const floor = floorWith({ when: { waiting: 0 }, to: { offer: 'callback' } });
  assert.deepEqual(told(come(floor, 'c1')), []);
  floor.tell(queueConfigured('service', { callback: {}, overflow: [{ when: { waiting: 0 }, to: { offer: 'callback' } }] }));
  assert.deepEqual(
    told(come(floor, 'c2')).map(({ to }) => to),
    [{ kind: 'callback' }],
  );
});

test('while an agent on a break does not count as ready, one who wraps up may', () => {
  const floor = floorWith({ when: { without: { needs: 'ready' } }, to: { exit: 'sorry' } });
  floor.ready('8001');
  floor.tell(wentNotReady('8001', 'break'));
  assert.equal(whys(come(floor, 'c1')), 'no_agents');
});

test('a core out of a snapshot overflows alike', () => {
  const floor = floorWith(
    { when: { waitedMs: 3_000 }, to: { queue: 'other' } },
    { when: { serviceLevel: { belowPct: 80, leastCalls: 1 } }, to: { exit: 'sorry' }, at: 'door' },
  );
  come(floor, 'c1');
  floor.tell(callArrived('c0'), callQueued('c0', 'service', { maxWaitMs: 1_000 }));
  floor.after(1_000);
  const twin = createAcd();
  twin.restore(JSON.parse(JSON.stringify(floor.acd.snapshot())));
  for (const ms of [1_000, 1_000, 1_000, 1_000]) {
    floor.now += ms;
    assert.deepEqual(twin.decide({ type: 'timePassed' }, floor.now), floor.acd.decide({ type: 'timePassed' }, floor.now));
  }
  assert.equal(floor.acd.view.queue(queueId('other'))?.callIds[0] ?? callId('none'), callId('c1'));
});

const moved = (call: string, queue: string, priority: number | null = null): Parameters<Floor['tell']>[0] => ({
  ...{ type: 'callMoveAsked', callId: callId(call), queueId: queueId(queue), priority },
  by: 'u' as never,
});

test('who is moved by a supervisor waits in the other queue in the place it has in time, and is served there', () => {
  const floor = floorWith();
  come(floor, 'c1');
  floor.after(1_000);
  floor.tell(callArrived('c2'), callQueued('c2', 'other'));
  const lines = floor.tell(moved('c1', 'other'));
  assert.deepEqual(lefts(lines), ['c1 left service overflow']);
  assert.deepEqual(
    told(lines).map(({ step, to }) => [step, to]),
    [[0, { kind: 'queue', queueId: 'demo:other' }]],
  );
  assert.deepEqual(floor.acd.view.queue(queueId('other'))?.callIds, ['c1', 'c2'], 'it came first');
  assert.equal(floor.acd.view.queue(queueId('service'))?.waiting, 0);
  floor.ready('8002');
  assert.deepEqual(lefts(floor.tell(legAnswered('c1.1'))), ['c1 left other answered']);
});

test('who is given another priority stands before those of a lower one, and goes back to its place with its own', () => {
  const floor = floorWith();
  come(floor, 'c1');
  come(floor, 'c2');
  assert.deepEqual(lefts(floor.tell(moved('c2', 'service', 5))), []);
  assert.deepEqual(floor.acd.view.queue(queueId('service'))?.callIds, ['c2', 'c1']);
  floor.tell(moved('c2', 'service', 0));
  assert.deepEqual(floor.acd.view.queue(queueId('service'))?.callIds, ['c1', 'c2']);
  floor.tell(moved('c2', 'service', 9));
  const restored = createAcd();
  restored.restore(floor.acd.snapshot());
  assert.deepEqual(restored.snapshot(), floor.acd.snapshot());
});

test('a caller whom a phone rings for, who waits for nobody, or whose queue is closed, is not moved', () => {
  const floor = floorWith();
  floor.ready('8001');
  come(floor, 'c1');
  assert.deepEqual(lefts(floor.tell(moved('c1', 'other'))), [], 'her phone rings');
  assert.deepEqual(lefts(floor.tell(moved('c9', 'other'))), [], 'nobody knows it');
  come(floor, 'c2');
  floor.tell({ ...switchTo('closed'), queueId: queueId('other') } as Parameters<Floor['tell']>[0]);
  assert.deepEqual(lefts(floor.tell(moved('c2', 'other'))), [], 'it is closed');
  assert.deepEqual(lefts(floor.tell(moved('c2', 'nowhere'))), []);
  assert.equal(floor.acd.view.queue(queueId('service'))?.waiting, 2);
});
