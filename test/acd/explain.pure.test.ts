import assert from 'node:assert/strict';
import test from 'node:test';
import { createAcd } from '../../src/acd/acd.ts';
import {
  agentConfigured,
  agentId,
  callArrived,
  callId,
  callQueued,
  Floor,
  legAnswered,
  legEnded,
  phoneLost,
  queueConfigured,
  queueId,
  wentNotReady,
} from './floor.ts';

function floorOf(...numbers: string[]): Floor {
  const floor = new Floor();
  floor.tell(queueConfigured('service'), queueConfigured('sales'));
  for (const number of numbers) floor.tell(agentConfigured(number));
  return floor;
}

function explained(floor: Floor, call: string) {
  const explanation = floor.acd.explain.call(callId(call), floor.now);
  assert.ok(explanation !== undefined, `${call} is known`);
  return explanation;
}

const wants = (floor: Floor, call: string, wish: Parameters<typeof callQueued>[2] = {}): void => {
  floor.tell(callArrived(call), callQueued(call, 'service', wish));
};

test('a call says its place, and who stands before it by priority and by place', () => {
  const floor = floorOf('8001');
  wants(floor, 'first');
  floor.now += 1_000;
  wants(floor, 'mine');
  floor.now += 1_000;
  wants(floor, 'urgent', { priority: 3 });
  const { place, before, ahead, state } = explained(floor, 'mine');
  assert.equal(state, 'waiting');
  assert.equal(place, 3);
  assert.deepEqual(before, [
    { why: 'priority', calls: 1 },
    { why: 'place', calls: 1 },
  ]);
  assert.deepEqual(
    ahead.map((other) => other.callId),
    ['urgent', 'first'],
  );
  assert.equal(floor.acd.explain.call(callId('nobody'), floor.now), undefined);
});

test('every agent of the tenant is counted once, by the first thing that stands against her', () => {
  const floor = floorOf('8001', '8002', '8003', '8006', '8007');
  floor.tell(queueConfigured('service', { skills: [{ skill: 'english', level: 5 }] }));
  floor.tell(agentConfigured('8001', { queues: [queueId('sales')] }), agentConfigured('8003', { skills: { english: 2 } }));
  for (const number of ['8004', '8005', '8006', '8007']) floor.tell(agentConfigured(number, { skills: { english: 6 } }));
  floor.ready('8001', '8002', '8003', '8005', '8006', '8007');
  floor.tell(wentNotReady('8005', 'meal'), phoneLost('8006'));
  wants(floor, 'talked', {});
  floor.tell(legAnswered('talked.1'));
  wants(floor, 'mine');
  const { eligible, excluded } = explained(floor, 'mine');
  assert.equal(eligible, 4);
  const told = excluded.map(({ what, skill, level, reason, agents }) => [what, skill ?? reason, level, agents].join(' ').trim()).sort();
  assert.deepEqual(
    told,
    ['level_too_low english 5 1', 'not_member   1', 'not_ready meal  1', 'phone_lost   1', 'signed_out   1', 'skill_missing english 5 1', 'talking   1'].map(
      (line) => line.trim(),
    ),
  );
});

test('the smallest change is one that was tried: an agent who comes back, a level that is raised or lowered, a skill, a queue', () => {
  const floor = floorOf('8001', '8002', '8003', '8004');
  floor.tell(queueConfigured('service', { skills: [{ skill: 'english', level: 5 }] }));
  floor.tell(agentConfigured('8001', { skills: { english: 6 } }), agentConfigured('8002', { skills: { english: 4 } }));
  floor.tell(agentConfigured('8004', { queues: [queueId('sales')], skills: { english: 9 } }));
  floor.ready('8001', '8002', '8003', '8004');
  floor.tell(wentNotReady('8001', 'break'));
  wants(floor, 'mine');
  const before = JSON.stringify(floor.acd.snapshot());
  const { changes } = explained(floor, 'mine');
  assert.deepEqual(
    changes.map(({ kind, agents, level }) => [kind, ...agents, level]),
    [
      ['ready', 'demo:8001', null],
      ['raise_level', 'demo:8002', 5],
      ['lower_level', 'demo:8002', 4],
      ['add_skill', 'demo:8003', 5],
      ['add_queue', 'demo:8004', null],
    ],
  );
  assert.equal(JSON.stringify(floor.acd.snapshot()), before, 'asking changes nothing');
});

test('who would serve somebody else first is not named: so many agents together as stand callers before', () => {
  const floor = floorOf('8001', '8002', '8003');
  wants(floor, 'first');
  wants(floor, 'second');
  wants(floor, 'mine');
  floor.ready('8001');
  floor.tell(wentNotReady('8001', 'break'));
  const { changes } = explained(floor, 'mine');
  assert.deepEqual(
    changes.map(({ kind }) => kind),
    [],
    'one alone would serve another; nobody else has signed in',
  );
});

test('three agents on a break serve the third caller together', () => {
  const floor = floorOf('8001', '8002', '8003');
  floor.ready('8001', '8002', '8003');
  for (const number of ['8001', '8002', '8003']) floor.tell(wentNotReady(number, 'break'));
  for (const call of ['first', 'second', 'mine']) wants(floor, call);
  assert.deepEqual(explained(floor, 'mine').changes, [
    { kind: 'ready', agents: [agentId('8001'), agentId('8002'), agentId('8003')], skill: null, level: null },
  ]);
  assert.deepEqual(explained(floor, 'first').changes[0]?.agents, [agentId('8001')]);
});

test('an agent who is to serve an older caller of another queue first is no answer', () => {
  const floor = floorOf('8001');
  floor.tell(agentConfigured('8001', { queues: [queueId('service'), queueId('sales')] }));
  floor.ready('8001');
  floor.tell(wentNotReady('8001', 'break'));
  floor.tell(callArrived('older'), callQueued('older', 'sales'));
  floor.now += 1_000;
  wants(floor, 'mine');
  const { changes, before, place } = explained(floor, 'mine');
  assert.deepEqual([changes, before, place], [[], [{ why: 'other_queue', calls: 1 }], 1]);
});

test('an agent says why she has no call, and what stands between her and the longest waiting caller of each queue', () => {
  const floor = floorOf('8001', '8002');
  floor.tell(queueConfigured('sales', { skills: [{ skill: 'plans', level: 3 }] }));
  floor.tell(agentConfigured('8001', { queues: [queueId('service'), queueId('sales')], skills: { plans: 1 } }));
  const asked = () => floor.acd.explain.agent(agentId('8001'), floor.now);
  assert.equal(asked()?.why, 'signed_out');
  floor.ready('8001');
  assert.equal(asked()?.why, 'nobody_waits');
  floor.tell(callArrived('plan'), callQueued('plan', 'sales'));
  assert.equal(asked()?.why, 'nobody_fits');
  assert.deepEqual(asked()?.queues[1], {
    ...{ queueId: queueId('sales'), waiting: 1, servable: 0, idleBefore: 0 },
    longest: {
      callId: callId('plan'),
      queuedAt: floor.now,
      obstacle: { what: 'level_too_low', skill: 'plans', level: 3, has: 1, reason: null, channel: null },
    },
  });
  floor.tell(wentNotReady('8001', 'training'));
  wants(floor, 'mine');
  assert.equal(asked()?.why, 'not_ready');
  assert.deepEqual(asked()?.queues[0]?.longest?.obstacle, { what: 'not_ready', skill: null, level: null, has: null, reason: 'training', channel: null });
});

test('an offer says who the runner-up was and whom else she would have served', () => {
  const floor = floorOf('8001', '8002');
  floor.ready('8001');
  floor.now += 5_000;
  floor.ready('8002');
  floor.tell(callArrived('mine'));
  const turn = floor.acd.decide(callQueued('mine'), floor.now);
  const offered = turn.events.find((fact) => fact.type === 'callOffered');
  assert.deepEqual(offered?.choice, {
    ...{ by: ['longest_idle'], keys: [floor.now - 5_000], runnerUp: { agentId: agentId('8002'), keys: [floor.now] }, idle: 2 },
    ...{ caller: { callId: callId('mine'), priority: 0, placedAt: floor.now }, nextCaller: null },
  });
  floor.tell(legAnswered('mine.1'));
  wants(floor, 'second');
  floor.now += 1_000;
  wants(floor, 'third', { priority: 1 });
  floor.tell(legEnded('second.1', 'busy'));
  assert.equal(explained(floor, 'second').place, 2);
});

test('asking of a floor of 8,000 agents and 2,000 callers takes a moment, not a minute', () => {
  const acd = createAcd();
  for (let n = 0; n < 20; n += 1) acd.decide(queueConfigured(`q${n}`, { skills: [{ skill: `s${n}`, level: 5 }] }), 0);
  for (let n = 0; n < 8_000; n += 1) {
    const number = `${10_000 + n}`;
    const queues = [queueId(`q${n % 20}`), queueId(`q${(n * 7) % 20}`)];
    acd.decide(agentConfigured(number, { queues, skills: { [`s${n % 20}`]: 1 + (n % 9) }, staticContact: `sip:${number}@127.0.0.1` }), 0);
    acd.decide({ type: 'agentSignedIn', agentId: agentId(number) }, 0);
    if (n % 3 === 0) acd.decide({ type: 'agentWentReady', agentId: agentId(number) }, 0);
  }
  for (let n = 0; n < 2_000; n += 1) {
    acd.decide(callArrived(`c${n}`), n);
    acd.decide(callQueued(`c${n}`, `q${n % 20}`, { skills: [{ skill: `s${(n + 1) % 20}`, level: 9 }] }), n);
  }
  const startedAt = process.cpuUsage();
  const explanation = acd.explain.call(callId('c1999'), 5_000);
  const { user, system } = process.cpuUsage(startedAt);
  assert.equal(explanation?.place, 100);
  assert.ok(user + system < 2_000_000, `${user + system} µs of processor time`);
});

/** Of `service`: to `sales` when it has waited a minute and somebody stands before it; at the door to the exit `sorry` in an emergency. */
function overflowing(): Floor {
  const floor = floorOf('8001');
  const overflow = [
    { when: { waitedMs: 60_000, waiting: 1 }, to: { queue: 'sales' } },
    { when: { state: ['emergency' as const] }, at: 'door' as const, to: { exit: 'sorry' } },
    { when: { estimate: { quantile: 'p90' as const, ms: 90_000 }, state: ['closed' as const] }, to: { queue: 'nowhere' } },
  ];
  floor.tell(queueConfigured('service', { overflow }), agentConfigured('8001', { queues: [queueId('sales')] }));
  return floor;
}

test('of who may overflow each step that is left says which condition is not met yet, with its figures, and what hinders it', () => {
  const floor = overflowing();
  wants(floor, 'first');
  wants(floor, 'mine');
  floor.after(10_000);
  const before = floor.acd.snapshot();
  const { overflow } = explained(floor, 'mine');
  assert.deepEqual(floor.acd.snapshot(), before, 'looking changes nothing');
  const [toSales, nowhere] = overflow?.steps ?? [];
  assert.deepEqual(toSales, {
    step: 1,
    to: { kind: 'queue', queueId: 'demo:sales' },
    conditions: [
      { what: 'waited', is: 10_000, bound: 60_000, holds: false },
      { what: 'waiting', is: 1, bound: 1, holds: true },
    ],
    hindrance: null,
  });
  assert.deepEqual(
    [nowhere?.hindrance, nowhere?.conditions.map(({ what, holds }) => `${what} ${holds}`)],
    ['unknown', ['state false', 'estimate_by_longest_wait false']],
  );
  assert.deepEqual([overflow?.taken, overflow?.also, overflow?.lookAt !== null], [[], [], true]);
});

test('who came by overflow says from which queue, when and by which step; a queue without overflow says nothing of it', () => {
  const floor = overflowing();
  wants(floor, 'first');
  wants(floor, 'mine');
  assert.equal(explained(floor, 'mine').overflow?.steps.length, 2, 'the step at the door is not for who waits');
  floor.after(60_000);
  const at = floor.now;
  const { queueId: there, overflow } = explained(floor, 'mine');
  assert.equal(there, 'demo:sales');
  assert.deepEqual(overflow, { taken: [{ queueId: 'demo:service', step: 1, at, stays: false }], also: [], lookAt: null, steps: [] });
  floor.tell(callArrived('plain'), callQueued('plain', 'sales'));
  assert.equal(explained(floor, 'plain').overflow, null);
  const restored = createAcd();
  restored.restore(floor.acd.snapshot());
  assert.deepEqual(restored.explain.call(callId('mine'), floor.now)?.overflow, overflow, 'also after a restart of the core');
});

test('the next step of the widening says what it does', () => {
  const floor = floorOf('8001');
  floor.tell(queueConfigured('service', { widening: { steps: [{ afterMs: 30_000, lower: [{ by: 2 }], open: [{ queue: 'sales' }] }] } }));
  wants(floor, 'mine');
  const { widening } = explained(floor, 'mine');
  assert.deepEqual(widening, { at: floor.now + 30_000, step: '1', change: { lower: [{ by: 2 }], open: [{ queue: 'sales' }] } });
});
