/** What the routing core promises, one rule a test; the whole turn is compared each time. */
import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { asId, type UserId } from '../../kernel/ids.ts';
import { createAcd } from '../../src/acd/acd.ts';
import type { Event } from '../../src/vocabulary.ts';
import {
  agentConfigured,
  agentId,
  callArrived,
  callEnded,
  callId,
  callQueued,
  DEMO,
  deskRejected,
  Floor,
  legAnswered,
  legEnded,
  legId,
  phoneLost,
  phoneReachable,
  queueConfigured,
  queueId,
  signedIn,
  signedOut,
  transferredTo,
  wentNotReady,
  wentReady,
  wrapUpEnded,
} from './floor.ts';

/** Queue `service` and these agents, ready in this order, a second apart. */
function floorWith(agents: Record<string, Parameters<typeof agentConfigured>[1]>, queue: Parameters<typeof queueConfigured>[1] = {}): Floor {
  const floor = new Floor();
  floor.tell(queueConfigured('service', queue));
  for (const [number, rules] of Object.entries(agents)) {
    floor.now += 1_000;
    floor.tell(agentConfigured(number, rules));
    floor.ready(number);
  }
  return floor;
}

const call = (floor: Floor, name: string, ...wish: Parameters<typeof callQueued> extends [string, ...infer Rest] ? Rest : never): string[] =>
  floor.tell(callArrived(name), callQueued(name, ...wish));

const offeredTo = (lines: string[]): string[] => lines.flatMap((line) => / offered to (\d+) /.exec(line)?.[1] ?? []);
const offeredCall = (lines: string[]): string[] => lines.flatMap((line) => /^\S+ (\S+) offered to/.exec(line)?.[1] ?? []);

test('the agent who was idle longest is offered first; a break does not make her wait anew', () => {
  const floor = floorWith({ 8001: {}, 8002: {}, 8003: {} });
  floor.tell(wentNotReady('8001', 'break'));
  floor.now += 60_000;
  floor.tell(wentReady('8001'));
  assert.deepEqual([call(floor, 'c1'), call(floor, 'c2'), call(floor, 'c3')].map(offeredTo), [['8001'], ['8002'], ['8003']]);
});

test('idleness counts from the end of the last call, not from the end of wrap-up', () => {
  const floor = floorWith({ 8001: {}, 8002: {} });
  call(floor, 'c1');
  call(floor, 'c2');
  floor.tell(legAnswered('c1.1'), legAnswered('c2.1'));
  floor.now += 1_000;
  floor.tell(legEnded('c2.1'));
  floor.now += 1_000;
  floor.tell(legEnded('c1.1'), wrapUpEnded('8001', 'c1'));
  floor.tell(wrapUpEnded('8002', 'c2'));
  assert.deepEqual(offeredTo(call(floor, 'c3')), ['8002']);
});

test('B11: no answer: the agent is not ready and the caller is offered to the next in the same turn', () => {
  const floor = floorWith({ 8001: {}, 8002: {} });
  call(floor, 'c1');
  assert.deepEqual(floor.after(15_000), [
    'c1.o1 c1 no_answer at 8001 on c1.1 service',
    'c1.o2 c1 offered to 8002 from service on c1.2 until +15000, recorded',
    '8001 not_ready (no_answer)',
    '8002 offered c1',
    '> release c1 c1.1 no_answer by server',
    '> pop c1.o2 c1 c1.2 at 8002 service',
    '> ring c1.o2 c1 c1.2 at 8002 of demo as +8613800001001 for 20000',
    'wake +15000',
  ]);
  assert.deepEqual(floor.tell(legEnded('c1.1', 'no_answer')), ['wake +15000'], 'the released leg ends, and that is no news');
});

test('B11: phone after phone vanishes while it rings: the caller is offered before those who came later, each time, and each agent is set aside once', () => {
  const floor = floorWith({ 8001: {}, 8002: {} });
  call(floor, 'c1');
  floor.now += 1_000;
  floor.tell(wentNotReady('8002', 'break'));
  call(floor, 'c2');
  assert.deepEqual(offeredCall(floor.after(14_000)), [], 'nobody is left');
  assert.deepEqual(floor.acd.view.queue(queueId('service'))?.callIds, ['c1', 'c2']);
  assert.deepEqual(offeredCall(floor.tell(wentReady('8002'))), ['c1']);
  assert.deepEqual(offeredCall(floor.after(15_000)), []);
  assert.deepEqual(offeredCall(floor.tell(wentReady('8001'))), ['c1']);
  assert.deepEqual(offeredCall(floor.tell(wentReady('8002'))), ['c2']);
});

test('B12: an agent whose phone vanishes in mid-call is not ready (unreachable) after her wrap-up, until she says otherwise; one whose caller vanished is ready', () => {
  for (const cause of ['media_timeout', 'session_expired'] as const) {
    const floor = floorWith({ 8001: {} });
    call(floor, 'c1');
    floor.tell(legAnswered('c1.1'));
    assert.deepEqual(floor.tell(legEnded('c1.1', cause, 'server')), ['8001 wrapping_up (unreachable) c1 until +10000', 'wake +10000']);
    assert.deepEqual(floor.after(10_000), ['8001 not_ready (unreachable)']);
    assert.deepEqual(offeredTo(call(floor, 'c2')), []);
    assert.deepEqual(offeredTo(floor.tell(wentReady('8001'))), ['8001']);
  }
  const floor = floorWith({ 8001: {} }, { wrapUpMs: 0 });
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'), legEnded('c1.0', 'media_timeout', 'server'));
  assert.deepEqual(floor.tell(legEnded('c1.1', 'normal', 'other_party')), ['8001 ready']);
});

test('a caller whose offer failed keeps its place before those who came later', () => {
  const floor = floorWith({ 8001: {} });
  call(floor, 'c1');
  floor.now += 1_000;
  call(floor, 'c2');
  floor.tell(deskRejected('8001', 'c1'));
  assert.deepEqual(floor.acd.view.queue(queueId('service'))?.callIds, ['c1', 'c2']);
  assert.deepEqual(offeredCall(floor.tell(wentReady('8001'))), ['c1']);
});

test('each way a ringing phone fails has its own name', () => {
  const ends = {
    busy: 'busy',
    rejected: 'rejected',
    not_found: 'unreachable',
    unreachable: 'unreachable',
    no_answer: 'no_answer',
  } as const;
  for (const [cause, end] of Object.entries(ends)) {
    const floor = floorWith({ 8001: {} });
    call(floor, 'c1');
    const lines = floor.tell(legEnded('c1.1', cause as keyof typeof ends));
    assert.deepEqual(lines, [`c1.o1 c1 ${end} at 8001 on c1.1 service`, `8001 not_ready (${end})`]);
  }
});

test('a fault of ours sets no agent aside: the caller keeps its place, the next agent is rung at once, and she again after a second', () => {
  const floor = floorWith({ 8001: {} });
  call(floor, 'c1');
  assert.deepEqual(floor.tell(legEnded('c1.1', 'congestion')), ['c1.o1 c1 withdrawn at 8001 on c1.1 service', 'wake +1000']);
  assert.deepEqual(floor.acd.view.queue(queueId('service'))?.callIds, ['c1']);
  floor.now += 999;
  assert.deepEqual(offeredCall(floor.tell({ type: 'timePassed' })), []);
  floor.now += 1;
  assert.deepEqual(offeredCall(floor.tell({ type: 'timePassed' })), ['c1']);
});

test('a lost phone is no offence: the agent is ready again when it is back', () => {
  const floor = floorWith({ 8001: {} });
  call(floor, 'c1');
  floor.tell(phoneLost('8001'));
  assert.deepEqual(offeredCall(floor.tell(phoneReachable('8001'))), ['c1']);
  floor.tell(deskRejected('8001', 'c1'), phoneLost('8001'));
  assert.deepEqual(floor.tell(wentReady('8001')), ['8001 not_ready (phone_lost)'], 'she cannot say that her phone is there');
});

test('her own reasons follow one another, those of others stay', () => {
  const floor = floorWith({ 8001: {} });
  floor.tell(wentNotReady('8001', 'break'), wentNotReady('8001', 'supervisor'));
  assert.deepEqual(floor.tell(wentNotReady('8001', 'meal')), ['8001 not_ready (supervisor, meal)']);
});

test('what she asks for during a call takes effect after it and its wrap-up', () => {
  const floor = floorWith({ 8001: {} });
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'), wentNotReady('8001', 'meal'));
  assert.deepEqual(floor.tell(legEnded('c1.1')), ['8001 wrapping_up (meal) c1 until +10000', 'wake +10000']);
  assert.deepEqual(floor.after(10_000), ['8001 not_ready (meal)']);
});

test('signing out during a call waits for its end, and signing in again takes it back', () => {
  const floor = floorWith({ 8001: {} });
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'));
  floor.tell(signedOut('8001'), signedIn('8001'));
  assert.deepEqual(floor.tell(legEnded('c1.1')), ['8001 wrapping_up c1 until +10000', 'wake +10000']);
  const other = floorWith({ 8001: {} });
  call(other, 'c1');
  other.tell(legAnswered('c1.1'), signedOut('8001'));
  assert.deepEqual(other.tell(legEnded('c1.1')), ['8001 signed_out']);
});

test('an agent removed in mid-call ends it first, and then is gone', () => {
  const floor = floorWith({ 8001: {} });
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'), { type: 'agentRemoved', agentId: agentId('8001') });
  assert.equal(floor.acd.view.agent(agentId('8001'))?.state, 'talking');
  assert.deepEqual(floor.tell(legEnded('c1.1')), ['8001 signed_out']);
  assert.equal(floor.acd.view.agent(agentId('8001')), undefined);
});

test('skills are asked for with their level, the queue’s and the call’s own together', () => {
  const skilled = { 8001: { skills: { english: 9 } }, 8002: { skills: { english: 3, elder: 5 } }, 8003: { skills: { english: 6, elder: 5 } } };
  const floor = floorWith(skilled, { skills: [{ skill: 'english', level: 4 }] });
  assert.deepEqual(offeredTo(call(floor, 'c1', 'service', { skills: [{ skill: 'elder', level: 5 }] })), ['8003']);
  assert.deepEqual(offeredTo(call(floor, 'c2')), ['8001']);
  assert.deepEqual(offeredTo(call(floor, 'c3')), [], '8002 speaks too little English');
});

test('an agent of several queues takes the call that waits longest in any of them, but priority first', () => {
  const floor = new Floor();
  floor.tell(queueConfigured('service'), queueConfigured('sales'), agentConfigured('8001', { queues: [queueId('service'), queueId('sales')] }));
  for (const [name, queue, priority] of [
    ['c1', 'sales', 0],
    ['c2', 'service', 0],
    ['c3', 'service', 5],
  ] as const) {
    floor.now += 1_000;
    call(floor, name, queue, { priority });
  }
  const served: string[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    if (turn === 0) floor.tell(phoneReachable('8001'), signedIn('8001'));
    const [next = ''] = offeredCall(floor.tell(wentReady('8001')));
    served.push(next);
    floor.tell(legAnswered(`${next}.1`), legEnded(`${next}.1`));
  }
  assert.deepEqual(served, ['c3', 'c1', 'c2']);
});

test('a call queued again keeps the place it first had', () => {
  const floor = new Floor();
  floor.tell(queueConfigured('service'), queueConfigured('sales'), agentConfigured('8001', { queues: [queueId('sales')] }));
  call(floor, 'c1', 'service');
  floor.now += 1_000;
  call(floor, 'c2', 'sales');
  assert.deepEqual(floor.tell(callQueued('c1', 'sales')), ['c1 left service transferred']);
  assert.deepEqual(floor.acd.view.queue(queueId('sales'))?.callIds, ['c1', 'c2']);
});

test('the wait ends at the shorter of the queue’s and the call’s limit', () => {
  const floor = floorWith({}, { maxWaitMs: 30_000 });
  assert.deepEqual(call(floor, 'c1', 'service', { maxWaitMs: 60_000 }), ['wake +30000']);
  assert.deepEqual(call(floor, 'c2', 'service', { maxWaitMs: 20_000 }), ['wake +20000']);
  assert.deepEqual(floor.after(20_000), ['c2 left service timeout', 'wake +10000']);
  assert.deepEqual(floor.after(10_000), ['c1 left service timeout']);
});

test('a phone that rings is let ring to its end; then a caller whose time is up goes back', () => {
  const floor = floorWith({ 8001: {}, 8002: {} }, { maxWaitMs: 10_000 });
  call(floor, 'c1');
  assert.deepEqual(floor.after(10_000), ['wake +5000']);
  assert.deepEqual(floor.after(5_000), [
    'c1.o1 c1 no_answer at 8001 on c1.1 service',
    'c1 left service timeout',
    '8001 not_ready (no_answer)',
    '> release c1 c1.1 no_answer by server',
  ]);
});

test('a caller whose time is up while a phone rings in vain is not offered again, not even beside an idle agent', () => {
  const floor = floorWith({ 8001: {}, 8002: {} }, { maxWaitMs: 10_000 });
  call(floor, 'c1');
  floor.now += 12_000;
  assert.deepEqual(floor.tell(deskRejected('8001', 'c1')), [
    'c1.o1 c1 rejected at 8001 on c1.1 service',
    'c1 left service timeout',
    '8001 not_ready (rejected)',
    '> release c1 c1.1 rejected by far_end',
  ]);
});

test('F8: a queue that must be recorded takes nobody while there is no room; who waits keeps its place, other queues take callers', () => {
  const floor = floorWith({}, { recording: 'mandatory' });
  floor.tell(queueConfigured('open'));
  assert.deepEqual(call(floor, 'c1'), []);
  floor.tell({ type: 'recordingSpaceChanged', full: true });
  assert.deepEqual(call(floor, 'c2'), ['c2 left service closed']);
  assert.deepEqual(call(floor, 'c3', 'open'), []);
  floor.tell({ type: 'recordingSpaceChanged', full: false });
  assert.deepEqual(call(floor, 'c4'), []);
  floor.tell(agentConfigured('8001'), phoneReachable('8001'), signedIn('8001'));
  assert.deepEqual(offeredCall(floor.tell(wentReady('8001'))), ['c1']);
});

test('an offer says what the queue’s rule makes of `record`', () => {
  const recorded = (rules: Parameters<typeof queueConfigured>[1]): boolean[] =>
    call(floorWith({ 8001: {} }, rules), 'c1').map((line) => / recorded/.test(line));
  assert.deepEqual([recorded({ record: false, recording: 'mandatory' }), recorded({ record: true, recording: 'forbidden' })].flat().slice(0, 2), [true, false]);
});

test('the door: unknown queue, no agents, full, caller gone', () => {
  const floor = floorWith({}, { maxWaiting: 1, leaveWhenNoAgents: false });
  assert.deepEqual(call(floor, 'c1', 'nowhere'), ['c1 left nowhere closed']);
  assert.deepEqual(call(floor, 'c2'), []);
  assert.deepEqual(call(floor, 'c3'), ['c3 left service full']);
  assert.deepEqual(floor.tell(queueConfigured('lonely', { leaveWhenNoAgents: true }), callQueued('c3', 'lonely')), ['c3 left lonely no_agents']);
  floor.tell(legEnded('c3.0'));
  assert.deepEqual(floor.tell(callQueued('c3')), ['c3 left service ended']);
  assert.deepEqual(floor.tell(callQueued('c9')), ['c9 left service ended'], 'a call nobody knows cannot wait for ever');
});

test('when the last agent signs out, everybody who waits goes back in the order of service', () => {
  const floor = floorWith({ 8001: {} }, { leaveWhenNoAgents: true });
  floor.tell(wentNotReady('8001', 'meal'));
  call(floor, 'c1');
  call(floor, 'c2', 'service', { priority: 1 });
  assert.deepEqual(floor.tell(signedOut('8001')), ['c2 left service no_agents', 'c1 left service no_agents', '8001 signed_out']);
});

test('a queue also has no agents when its last one is configured out of it, or when that becomes its rule', () => {
  const floor = floorWith({ 8001: { skills: { elder: 1 } } }, { leaveWhenNoAgents: true, skills: [{ skill: 'english', level: 1 }] });
  call(floor, 'c1');
  assert.deepEqual(floor.tell(agentConfigured('8001', { queues: [] })), ['c1 left service no_agents']);
  const other = floorWith({});
  call(other, 'c1');
  assert.deepEqual(other.tell(queueConfigured('service', { leaveWhenNoAgents: true })), ['c1 left service no_agents']);
});

test('a caller who hangs up frees the agent when her phone has stopped ringing, in the place she had', () => {
  const floor = floorWith({ 8001: {}, 8002: {} });
  call(floor, 'c1');
  assert.deepEqual(floor.tell(legEnded('c1.0')).slice(0, 2), ['c1.o1 c1 caller_gone at 8001 on c1.1 service', 'c1 left service abandoned']);
  assert.equal(floor.acd.view.agent(agentId('8001'))?.state, 'offered');
  assert.deepEqual(floor.tell(legEnded('c1.1', 'abandoned', 'server')), ['8001 ready']);
  assert.deepEqual(offeredTo(call(floor, 'c2')), ['8001']);
});

test('a phone that does not say it stopped ringing holds its agent five seconds, no longer', () => {
  const floor = floorWith({ 8001: {} });
  call(floor, 'c1');
  floor.tell(legEnded('c1.0'));
  assert.deepEqual(floor.after(4_999), ['wake +1']);
  assert.deepEqual(floor.after(1), ['8001 ready']);
});

test('a direct offer rings an agent at her meal and leaves her there when she does not answer', () => {
  const floor = floorWith({ 8001: {}, 8002: {} });
  floor.tell(wentNotReady('8002', 'meal'));
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'));
  assert.deepEqual(floor.tell(transferredTo('c1', '8002')), [
    'c1.o2 c1 offered to 8002 directly on c1.2 until +20000, recorded',
    '8002 offered (meal) c1',
    '> pop c1.o2 c1 c1.2 at 8002 direct',
    '> ring c1.o2 c1 c1.2 at 8002 of demo as +8613800001001 for 25000',
    'wake +20000',
  ]);
  assert.deepEqual(floor.after(20_000), [
    'c1.o2 c1 no_answer at 8002 on c1.2 direct',
    '8002 not_ready (meal, no_answer)',
    '> release c1 c1.2 no_answer by server',
  ]);
});

test('a direct offer that is answered: both agents wrap up at the end of their own leg', () => {
  const floor = floorWith({ 8001: {}, 8002: {} });
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'), transferredTo('c1', '8002'));
  assert.deepEqual(floor.tell(legAnswered('c1.2')), ['c1.o2 c1 answered at 8002 on c1.2 direct', '8002 talking c1']);
  assert.deepEqual(floor.tell(legEnded('c1.1', 'transferred', 'server')), ['8001 wrapping_up c1 until +10000', 'wake +10000']);
  floor.now += 5_000;
  assert.deepEqual(floor.tell(legEnded('c1.2')), ['8002 wrapping_up c1 until +10000', 'wake +5000']);
});

test('a direct offer nobody can take ends at once: busy, unreachable, caller gone', () => {
  const floor = floorWith({ 8001: {}, 8002: {} });
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'), callArrived('c2'));
  assert.deepEqual(floor.tell(transferredTo('c2', '8001')), ['c2.o1 c2 busy at 8001 on c2.1 direct']);
  floor.tell(phoneLost('8002'));
  assert.deepEqual(floor.tell(transferredTo('c2', '8002')), ['c2.o2 c2 unreachable at 8002 on c2.2 direct']);
  assert.deepEqual(floor.tell(transferredTo('c2', '8888')), ['c2.o3 c2 unreachable at 8888 on c2.3 direct']);
  floor.tell(phoneReachable('8002'), legEnded('c2.0'));
  assert.deepEqual(floor.tell(transferredTo('c2', '8002')), ['c2.o4 c2 caller_gone at 8002 on c2.4 direct']);
});

test('a wrap-up that a direct offer interrupted goes on when the offer comes to nothing', () => {
  const floor = floorWith({ 8001: {} });
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'), legEnded('c1.1'), callArrived('c2'));
  floor.now += 2_000;
  floor.tell(transferredTo('c2', '8001'), legEnded('c2.0'));
  assert.deepEqual(floor.tell(legEnded('c2.1')), ['8001 wrapping_up c1 until +8000', 'wake +8000']);
});

test('a call transferred while it waits leaves its queue, and the ringing phone is stopped', () => {
  const floor = floorWith({ 8001: {}, 8002: {} });
  call(floor, 'c1');
  assert.deepEqual(floor.tell(transferredTo('c1', '8002')), [
    'c1.o1 c1 withdrawn at 8001 on c1.1 service',
    'c1 left service transferred',
    'c1.o2 c1 offered to 8002 directly on c1.2 until +20000, recorded',
    '8002 offered c1',
    '> release c1 c1.1 transferred by server',
    '> pop c1.o2 c1 c1.2 at 8002 direct',
    '> ring c1.o2 c1 c1.2 at 8002 of demo as +8613800001001 for 25000',
    'wake +5000',
  ]);
});

test('new rules for a queue are met at once: an agent who now may serve is offered', () => {
  const floor = floorWith({ 8001: {} }, { skills: [{ skill: 'english', level: 1 }] });
  assert.deepEqual(offeredTo(call(floor, 'c1')), []);
  assert.deepEqual(offeredTo(floor.tell(queueConfigured('service'))), ['8001']);
  const other = floorWith({ 8001: { queues: [] } });
  call(other, 'c1');
  assert.deepEqual(offeredTo(other.tell(agentConfigured('8001'))), ['8001']);
});

test('a fixed contact is a phone that is always there, also after a restart', () => {
  const floor = floorWith({ 8001: {}, 8002: { staticContact: 'sip:b2@127.0.0.1:5970' } });
  floor.tell(phoneLost('8002'));
  call(floor, 'c1');
  call(floor, 'c2');
  floor.tell(legAnswered('c1.1'), legAnswered('c2.1'));
  assert.deepEqual(floor.tell({ type: 'serverStarted' }), ['8001 not_ready (restart)', '8002 ready']);
  assert.deepEqual(offeredTo(call(floor, 'c3')), ['8002']);
});

test('after a restart nobody waits and nobody is on a call', () => {
  const floor = floorWith({ 8001: {}, 8002: {} }, { maxWaitMs: 60_000 });
  for (const name of ['c1', 'c2', 'c3', 'c4']) call(floor, name);
  floor.tell(legAnswered('c1.1'), signedOut('8001'));
  assert.deepEqual(floor.tell({ type: 'serverStarted' }), ['8001 signed_out', '8002 not_ready (restart)']);
  assert.deepEqual(floor.acd.view.queue(queueId('service'))?.callIds, []);
  assert.deepEqual(floor.after(3_600_000), []);
});

test('a queue that is removed sends back 600 callers in bounded turns, and nobody is told twice', () => {
  const floor = floorWith({}, {});
  for (let n = 1; n <= 600; n += 1) call(floor, `c${n}`);
  const turns = [floor.tell({ type: 'queueRemoved', queueId: queueId('service') })];
  assert.deepEqual(floor.tell(callArrived('late'), callQueued('late')), ['late left service closed', 'wake now'], 'the door is shut at once');
  while (floor.wakeAt !== null) turns.push(floor.after(0));
  const left = turns.flat().filter((line) => line.endsWith('closed'));
  assert.deepEqual(
    turns.map((lines) => lines.filter((line) => line.endsWith('closed')).length),
    [250, 250, 100],
  );
  assert.equal(new Set(left).size, left.length);
  assert.deepEqual(floor.acd.view.queues(DEMO), []);
});

test('the order in which callers are served survives a snapshot', () => {
  const floor = floorWith({ 8001: {} });
  for (const [name, priority] of [
    ['c1', 0],
    ['c2', 3],
    ['c3', 0],
  ] as const)
    call(floor, name, 'service', { priority });
  const copy = new Floor();
  copy.now = floor.now;
  copy.acd.restore(JSON.parse(JSON.stringify(floor.acd.snapshot())));
  assert.deepEqual(copy.acd.view.queues(DEMO), floor.acd.view.queues(DEMO));
  assert.deepEqual(copy.acd.view.agents(DEMO), floor.acd.view.agents(DEMO));
  assert.deepEqual(copy.tell(legAnswered('c1.1')), floor.tell(legAnswered('c1.1')));
  assert.throws(() => copy.acd.restore({ version: 99 }), /not of version 1/);
});

test('a call that rings a thousand times in vain goes back to its dialplan, and its legs stay below the call room’s', () => {
  const floor = floorWith({ 8001: {} });
  call(floor, 'c1');
  let legs = 0;
  for (let lines = ['']; !lines.includes('c1 left service timeout'); legs += 1) {
    lines = floor.tell(deskRejected('8001', 'c1'));
    floor.tell(wentReady('8001'));
  }
  assert.equal(legs, 1000);
  // Its numbers are used up: offered once more, it would ring on a leg that has rung before.
  assert.deepEqual(floor.tell(callQueued('c1')), ['c1 left service timeout'], 'queued anew it is sent back at the door');
  assert.deepEqual(offeredTo(call(floor, 'c2')), ['8001'], 'she is free for the next');
});

test('what the desk sees of an agent is a copy', () => {
  const floor = floorWith({ 8001: {} });
  floor.acd.view.agent(agentId('8001'))?.reasons.push('meal');
  assert.deepEqual(floor.acd.view.agent(agentId('8001'))?.reasons, []);
  assert.equal(floor.acd.view.queue(queueId('service'))?.ready, 1);
});

test('a call that ended is forgotten, whatever comes late', () => {
  const floor = floorWith({ 8001: {} });
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'), legEnded('c1.1'), wrapUpEnded('8001', 'c1'), legEnded('c1.0'), callEnded('c1'));
  assert.deepEqual(floor.tell(callQueued('c1')), ['c1 left service ended']);
  assert.deepEqual(floor.tell(legAnswered('c1.1'), legEnded('c1.1'), callEnded('c1')), []);
  assert.deepEqual((floor.acd.snapshot() as { calls: unknown[] }).calls, []);
});

describe('a call she dialled herself', () => {
  const dialled = (name: string, number: string): Event => ({ ...callArrived(name, number), dialled: { by: agentId(number), target: null } }) as Event;

  test('keeps her from the queues until it ends, and from a direct offer', () => {
    const floor = floorWith({ 8001: {} });
    assert.deepEqual(floor.tell(dialled('own', '8001')), ['8001 not_ready (own_call)']);
    assert.deepEqual(floor.tell(wentReady('8001')), [], 'saying so does not end it');
    assert.deepEqual(floor.tell(callArrived('c2'), transferredTo('c2', '8001')), ['c2.o1 c2 busy at 8001 on c2.1 direct']);
    assert.deepEqual(floor.tell(legEnded('own.0')), ['8001 ready']);
  });

  test('takes effect after the call that has her, and two are over when both are', () => {
    const floor = floorWith({ 8001: {} });
    call(floor, 'c1');
    floor.tell(legAnswered('c1.1'), dialled('one', '8001'), dialled('two', '8001'));
    floor.tell(legEnded('c1.1'), wrapUpEnded('8001', 'c1'));
    assert.deepEqual(floor.acd.view.agent(agentId('8001'))?.reasons, ['own_call']);
    assert.deepEqual(floor.tell(legEnded('one.0')), []);
    assert.deepEqual(floor.tell(legEnded('two.0')), ['8001 ready']);
  });

  test('is over after a restart', () => {
    const floor = floorWith({ 8001: {} });
    floor.tell(dialled('own', '8001'), { type: 'serverStarted' });
    assert.deepEqual(floor.acd.view.agent(agentId('8001'))?.state, 'ready');
  });
});

describe("what comes of a failed offer is the queue's to say, by cause", () => {
  const pause = {
    offering: { afterFailure: { no_answer: { action: 'pause' as const, pauseMs: 5_000 }, rejected: { action: 'not_ready' as const, signOutAfter: 2 } } },
  };

  test('she pauses, is told until when, and is ready again by herself with the idleness she had', () => {
    const floor = floorWith({ 8001: {}, 8002: {} }, pause);
    assert.deepEqual(offeredTo(call(floor, 'c1')), ['8001']);
    const missed = floor.after(15_000);
    assert.deepEqual(missed.slice(0, 2), [
      'c1.o1 c1 no_answer at 8001 on c1.1 service',
      'c1.o2 c1 offered to 8002 from service on c1.2 until +15000, recorded',
    ]);
    assert.ok(missed.includes('8001 not_ready (no_answer) back +5000'), missed.join('\n'));
    floor.tell(legEnded('c1.0'), legEnded('c1.2'));
    assert.deepEqual(floor.after(5_000), ['8001 ready']);
    assert.deepEqual(offeredTo(call(floor, 'c2')), ['8001'], 'she was idle longer than 8002');
  });

  test('a pause is over at once when she says that she is ready, and by a call for her alone', () => {
    const floor = floorWith({ 8001: {} }, pause);
    call(floor, 'c1');
    floor.after(15_000);
    assert.deepEqual(offeredCall(floor.tell(wentReady('8001'))), ['c1']);
    floor.after(15_000);
    floor.tell(callArrived('c2'));
    assert.deepEqual(offeredTo(floor.tell(transferredTo('c2', '8001'))), ['8001']);
  });

  test('so many failures of one kind in a row sign her out; another kind, or a call she takes, begins the count anew', () => {
    const floor = floorWith({ 8001: {} }, pause);
    const refuses = (name: string): string[] => {
      floor.tell(wentReady('8001'));
      call(floor, name);
      const lines = floor.tell(deskRejected('8001', name));
      floor.tell(legEnded(`${name}.0`));
      return lines;
    };
    assert.ok(refuses('c1').includes('8001 not_ready (rejected)'));
    floor.tell(wentReady('8001'));
    call(floor, 'c2');
    floor.after(15_000);
    floor.tell(legEnded('c2.0'));
    assert.ok(refuses('c3').includes('8001 not_ready (rejected)'), 'no_answer lay between');
    assert.ok(refuses('c4').includes('8001 signed_out'));
    floor.tell(signedIn('8001'));
    assert.ok(refuses('c5').includes('8001 not_ready (rejected)'), 'signed in anew');
  });

  test('a lost phone is no pause', () => {
    const floor = floorWith({ 8001: {} }, { offering: { afterFailure: { unreachable: { action: 'pause', pauseMs: 5_000 } } } });
    call(floor, 'c1');
    assert.ok(floor.tell(phoneLost('8001')).includes('8001 not_ready (phone_lost)'));
    floor.after(60_000);
    assert.deepEqual(offeredTo(floor.tell(phoneReachable('8001'))), ['8001']);
  });
});

test('a queue that wants a desk offers its calls to nobody without one, and to her as soon as it is connected; other queues do not mind', () => {
  const queues = [queueId('service'), queueId('plain')];
  const floor = floorWith({ 8001: { queues } }, { offering: { needsDesk: true } });
  floor.tell(queueConfigured('plain'));
  assert.deepEqual(offeredTo(call(floor, 'c1')), []);
  assert.deepEqual(offeredTo(call(floor, 'c2', 'plain')), ['8001']);
  floor.tell(legEnded('c2.0'), legEnded('c2.1'));
  assert.deepEqual(offeredCall(floor.tell({ type: 'deskConnected', agentId: agentId('8001') })), ['c1']);
  assert.deepEqual(floor.tell({ type: 'deskLost', agentId: agentId('8001') }).slice(0, -1), [], 'what rings goes on ringing');
  floor.tell(legEnded('c1.0'), legEnded('c1.1'));
  assert.deepEqual(offeredTo(call(floor, 'c3')), []);
});

test('how she is, is told finely: reserved, ringing, talking, holding, consulting; and what takes effect after the call', () => {
  const floor = floorWith({ 8001: {} });
  const view = () => floor.acd.view.agent(agentId('8001'));
  call(floor, 'c1');
  assert.equal(view()?.activity, 'reserved');
  assert.deepEqual(floor.tell({ type: 'legRinging', callId: callId('c1'), legId: legId('c1.1') }).slice(0, 1), ['8001 offered ringing c1']);
  floor.tell(legAnswered('c1.1'));
  assert.equal(view()?.activity, 'talking');
  floor.tell({ type: 'legHeld', callId: callId('c1'), legId: legId('c1.1') });
  assert.equal(view()?.activity, 'holding');
  const dialled = { by: agentId('8001'), target: { kind: 'agent' as const, agentId: agentId('8002') } };
  assert.deepEqual(floor.tell({ ...callArrived('c2'), dialled } as Event), ['8001 talking consulting (own_call) c1']);
  assert.deepEqual(floor.tell(legEnded('c2.0')), ['8001 talking holding c1']);
  assert.deepEqual(floor.tell({ type: 'legRetrieved', callId: callId('c1'), legId: legId('c1.1') }), ['8001 talking c1']);
  assert.equal(view()?.afterwards, 'ready');
  floor.tell(wentNotReady('8001', 'meal'));
  assert.equal(view()?.afterwards, 'not_ready');
  floor.tell(signedOut('8001'));
  assert.equal(view()?.afterwards, 'signed_out');
});

test('a wrap-up is made longer step by step, no further than the queue lets her, and she may end it early', () => {
  const floor = floorWith({ 8001: {} }, { offering: { wrapUpExtension: { stepMs: 6_000, mostMs: 10_000 } } });
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'), legEnded('c1.1'));
  const longer: Event = { type: 'wrapUpExtended', agentId: agentId('8001'), callId: callId('c1') };
  assert.deepEqual(floor.tell(longer), ['8001 wrapping_up c1 until +16000', 'wake +16000']);
  assert.deepEqual(floor.tell(longer), ['8001 wrapping_up c1 until +20000', 'wake +20000']);
  assert.deepEqual(floor.tell(longer), ['wake +20000']);
  assert.equal(floor.acd.view.agent(agentId('8001'))?.wrapUpExtendableMs, 0);
  assert.deepEqual(floor.tell(wrapUpEnded('8001', 'c1')), ['8001 ready']);
});

test('rule 30: a colleague who is asked in is rung whatever her reasons, shown who asks, and wraps up once the customer is hers', () => {
  const floor = floorWith({ 8001: {}, 8002: {} }, { offering: { conferenceEnds: true } });
  floor.tell(wentNotReady('8002', 'meal'));
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'));
  const target = { kind: 'agent', agentId: agentId('8002') } as const;
  const ids = { callId: callId('c1'), how: 'consult', by: legId('c1.1'), agentId: agentId('8001'), target } as const;
  const asked = floor.tell({ ...ids, type: 'partyAsked', kept: legId('c1.0'), legId: null });
  assert.ok(
    asked.some((said) => said.startsWith('> ring c1.o2') && said.includes('as 8001')),
    asked.join(),
  );
  assert.ok(asked.includes('8001 talking consulting c1'), asked.join());
  floor.tell(legAnswered('c1.2'));
  const over = floor.tell({ ...ids, type: 'partyAskEnded', legId: legId('c1.2'), end: 'left', cause: 'normal', held: true });
  assert.ok(over.includes('8001 talking holding c1'), over.join());
  assert.deepEqual(floor.tell(legEnded('c1.2')), ['8002 not_ready (meal)'], 'who was only asked has nothing to wrap up');
  floor.tell({ ...ids, type: 'partyAsked', kept: legId('c1.0'), legId: null }, legAnswered('c1.3'));
  floor.tell({ type: 'callHandedOn', callId: callId('c1'), legId: legId('c1.3'), agentId: agentId('8002'), by: legId('c1.1'), kept: legId('c1.0') });
  assert.ok(
    floor.tell(legEnded('c1.3')).some((said) => said.startsWith('8002 wrapping_up')),
    'the customer was hers',
  );
});

test('rule 30: what is given up while it rings is withdrawn, and she keeps her place among the idle', () => {
  const floor = floorWith({ 8001: {}, 8002: {} });
  call(floor, 'c1');
  floor.tell(legAnswered('c1.1'));
  const ids = {
    ...({ callId: callId('c1'), how: 'consult', by: legId('c1.1'), agentId: agentId('8001') } as const),
    target: { kind: 'agent', agentId: agentId('8002') },
  } as const;
  floor.tell({ ...ids, type: 'partyAsked', kept: legId('c1.0'), legId: null });
  const over = floor.tell({ ...ids, type: 'partyAskEnded', legId: legId('c1.2'), end: 'cancelled', cause: null, held: false });
  assert.ok(over.some((said) => said.includes('withdrawn')) && over.some((said) => said.startsWith('> release c1 c1.2')), over.join());
  assert.deepEqual(floor.tell(legEnded('c1.2')), ['8002 ready']);
});

test('signed out by a supervisor while her phone rings, the offer is withdrawn: it was not her who refused', () => {
  const floor = floorWith({ 8001: {} });
  call(floor, 'c1');
  const lines = floor.tell({ ...signedOut('8001'), by: asId<UserId>('demo:supervisor') } as Event);
  assert.deepEqual(lines, ['c1.o1 c1 withdrawn at 8001 on c1.1 service', '8001 signed_out', '> release c1 c1.1 normal by server']);
});

describe('a call that rings at several agents at once', () => {
  const at = (most: number) => ({ offering: { ringAtOnce: most } });
  const heard = (lines: string[]): string[] => lines.filter((line) => !line.startsWith('wake'));

  test('rings at as many idle agents as its queue has it, in the order in which they are chosen', () => {
    const floor = floorWith({ 8001: {}, 8002: {}, 8003: {} }, at(2));
    assert.deepEqual(offeredTo(call(floor, 'c1')), ['8001', '8002']);
    assert.deepEqual(offeredTo(call(floor, 'c2')), ['8003']);
  });

  test('the first who answers has it; the others are told why, their phones stop, and they keep their idleness', () => {
    const floor = floorWith({ 8001: {}, 8002: {}, 8003: {} }, at(3));
    call(floor, 'c1');
    assert.deepEqual(heard(floor.tell(legAnswered('c1.2'))), [
      'c1.o2 c1 answered at 8002 on c1.2 service',
      'c1.o1 c1 answered_elsewhere at 8001 on c1.1 service',
      'c1.o3 c1 answered_elsewhere at 8003 on c1.3 service',
      'c1 left service answered',
      '8002 talking c1',
      '> release c1 c1.1 answered_elsewhere by server',
      '> release c1 c1.3 answered_elsewhere by server',
    ]);
    assert.deepEqual(heard(floor.tell(legAnswered('c1.1'))), [], 'who answers in the same moment is too late, and not blamed');
    floor.tell(legEnded('c1.3', 'answered_elsewhere', 'server'), legEnded('c1.1', 'answered_elsewhere', 'server'));
    assert.deepEqual(offeredTo(call(floor, 'c2')), ['8001', '8003']);
  });

  test('one who does not take it is set aside, another rings along in her stead, and the caller stays where it is while any phone rings', () => {
    const floor = floorWith({ 8001: {}, 8002: {}, 8003: {} }, at(2));
    call(floor, 'c1');
    assert.deepEqual(heard(floor.tell(deskRejected('8001', 'c1'))).slice(0, 2), [
      'c1.o1 c1 rejected at 8001 on c1.1 service',
      'c1.o3 c1 offered to 8003 from service on c1.3 until +15000, recorded',
    ]);
    assert.deepEqual(offeredTo(floor.tell(wentReady('8001'))), [], 'two ring already');
  });

  test('nobody rings along while another caller rings nowhere', () => {
    const floor = floorWith({ 8001: {}, 8002: {} }, at(2));
    call(floor, 'c1');
    call(floor, 'c2');
    floor.tell(agentConfigured('8003'));
    assert.deepEqual(offeredCall(floor.tell(phoneReachable('8003'), signedIn('8003'), wentReady('8003'))), ['c2']);
    floor.tell(agentConfigured('8004'), phoneReachable('8004'), signedIn('8004'));
    assert.deepEqual(offeredCall(floor.tell(wentReady('8004'))), ['c2'], 'c1 rings at two, c2 at one');
  });

  test('a caller who hangs up stops every phone, and nobody is blamed', () => {
    const floor = floorWith({ 8001: {}, 8002: {} }, at(5));
    call(floor, 'c1');
    const lines = floor.tell(legEnded('c1.0'));
    assert.deepEqual(heard(lines), [
      'c1.o1 c1 caller_gone at 8001 on c1.1 service',
      'c1.o2 c1 caller_gone at 8002 on c1.2 service',
      'c1 left service abandoned',
      '> release c1 c1.1 abandoned by other_party',
      '> release c1 c1.2 abandoned by other_party',
    ]);
  });

  test('a call whose time is up rings to its end where it rings, and nowhere else', () => {
    const floor = floorWith({ 8001: {} }, { ...at(2), maxWaitMs: 5_000 });
    call(floor, 'c1');
    floor.now += 5_000;
    floor.tell(agentConfigured('8002'), phoneReachable('8002'), signedIn('8002'));
    assert.deepEqual(offeredTo(floor.tell(wentReady('8002'))), []);
    assert.ok(floor.tell(deskRejected('8001', 'c1')).includes('c1 left service timeout'));
  });

  test('a core restored while three phones ring decides alike', () => {
    const floor = floorWith({ 8001: {}, 8002: {}, 8003: {} }, at(3));
    call(floor, 'c1');
    const restored = new Floor();
    restored.acd.restore(JSON.parse(JSON.stringify(floor.acd.snapshot())));
    restored.now = floor.now;
    assert.deepEqual(restored.tell(legAnswered('c1.3')), floor.tell(legAnswered('c1.3')));
  });
});

test('26: whom a supervisor holds is not ready by her own word, nor by signing in anew or from a snapshot, but by a supervisor’s, or where she may lift it', () => {
  const by = asId<UserId>('demo:supervisor');
  const floor = new Floor();
  floor.tell(queueConfigured('service'), agentConfigured('8001'));
  floor.ready('8001');
  const her = agentId('8001');
  const reasons = (): string[] => floor.acd.view.agent(her)?.reasons ?? [];
  floor.tell({ type: 'agentWentNotReady', agentId: her, reason: 'supervisor', by, byName: '班长', note: '来一下' }, { type: 'agentWentReady', agentId: her });
  assert.deepEqual(reasons(), ['supervisor']);
  assert.deepEqual(floor.acd.view.agent(her)?.heldBy, { by, name: '班长', note: '来一下' });
  floor.tell({ type: 'agentSignedOut', agentId: her }, { type: 'agentSignedIn', agentId: her }, { type: 'agentWentReady', agentId: her });
  assert.deepEqual(reasons(), ['supervisor']);
  const again = createAcd();
  again.restore(JSON.parse(JSON.stringify(floor.acd.snapshot())));
  again.decide({ type: 'agentWentReady', agentId: her }, floor.now);
  assert.equal(again.view.agent(her)?.state, 'not_ready');
  floor.tell({ type: 'agentWentReady', agentId: her, by });
  assert.equal(floor.acd.view.agent(her)?.state, 'ready');
  floor.tell(agentConfigured('8001', { liftsHold: true }), { type: 'agentWentNotReady', agentId: her, reason: 'supervisor', by });
  floor.tell({ type: 'agentWentReady', agentId: her });
  assert.equal(floor.acd.view.agent(her)?.state, 'ready');
});
