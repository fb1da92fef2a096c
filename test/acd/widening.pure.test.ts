/** Who comes to serve a caller the longer it waits: step by step, when the one it waited for does not come, when reserves are opened. */
import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { createAcd } from '../../src/acd/acd.ts';
import type { Bounds, Reserve, WideningStep } from '../../src/acd/widening/rules.ts';
import {
  agentConfigured,
  agentId,
  callArrived,
  callEnded,
  callQueued,
  Floor,
  legAnswered,
  legEnded,
  queueConfigured,
  queueId,
  signedOut,
  wentNotReady,
} from './floor.ts';

type Rules = Parameters<typeof agentConfigured>[1];

function floorWith(agents: Record<string, Rules>, rules: Parameters<typeof queueConfigured>[1]): Floor {
  const floor = new Floor();
  floor.tell(queueConfigured('service', { wrapUpMs: 0, ...rules }));
  for (const [number, settings] of Object.entries(agents)) {
    floor.now += 1_000;
    floor.tell(agentConfigured(number, settings));
    floor.ready(number);
  }
  return floor;
}

const steps = (...all: WideningStep[]) => ({ widening: { steps: all } });
const call = (floor: Floor, name: string, wish: Parameters<typeof callQueued>[2] = {}, number?: string): string[] =>
  floor.tell(callArrived(name, number), callQueued(name, 'service', wish));
const offeredTo = (lines: string[]): string[] => lines.flatMap((line) => / offered to (\d+) /.exec(line)?.[1] ?? []);
const facts = (lines: string[]): object[] => lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as object);

describe('steps', () => {
  test('a level is lowered by a step, and by the next one again, to 1 at the lowest', () => {
    const floor = floorWith(
      { 8001: { skills: { bills: 1 } } },
      { skills: [{ skill: 'bills', level: 5 }], ...steps({ afterMs: 20_000, lower: [{ by: 3 }] }, { afterMs: 50_000, lower: [{ skill: 'bills', by: 3 }] }) },
    );
    assert.deepEqual(call(floor, 'c1'), ['wake +20000']);
    assert.deepEqual(facts(floor.after(20_000)), [{ type: 'callWidened', callId: 'c1', queueId: 'demo:service', step: 1 }]);
    assert.deepEqual(offeredTo(floor.after(30_000)), ['8001']);
  });

  test('a required skill is dropped by the step that names it, and by no other', () => {
    const needs = {
      skills: [
        { skill: 'bills', level: 1 },
        { skill: 'english', level: 1 },
      ],
    };
    const floor = floorWith(
      { 8001: { skills: { bills: 3 } } },
      { ...needs, ...steps({ afterMs: 1_000, lower: [{ by: 9 }] }, { afterMs: 2_000, drop: ['english'] }) },
    );
    call(floor, 'c1');
    assert.deepEqual(offeredTo(floor.after(1_000)), [], 'level 1 is still asked for');
    assert.deepEqual(offeredTo(floor.after(1_000)), ['8001']);
  });

  test('a preferred skill that a step drops is required until then, and only preferred from then on', () => {
    const wish = { preferredSkills: [{ skill: 'mongolian', level: 3 }] };
    const floor = floorWith({ 8001: {}, 8002: { skills: { mongolian: 4 } } }, steps({ afterMs: 15_000, dropPreferred: 'all' }));
    assert.deepEqual(offeredTo(call(floor, 'c1', wish)), ['8002']);
    assert.deepEqual(offeredTo(call(floor, 'c2', wish)), [], '8001 is idle and does not speak it');
    assert.deepEqual(offeredTo(floor.after(15_000)).slice(-1), ['8001']);
  });

  test('rings: a step opens another queue’s agents, the next a team; the inner ring is asked first', () => {
    const floor = floorWith(
      { 8001: { queues: [queueId('orders')] }, 8002: { queues: [], team: 'night' }, 8003: {} },
      steps({ afterMs: 10_000, open: [{ queue: 'orders' }] }, { afterMs: 20_000, open: [{ team: 'night' }] }),
    );
    assert.deepEqual(offeredTo(call(floor, 'c1')), ['8003'], 'the own agent, though she has been idle shortest');
    floor.tell(legAnswered('c1.1'));
    assert.deepEqual(offeredTo(call(floor, 'c2')), []);
    assert.deepEqual(offeredTo(floor.after(10_000)), ['8001']);
    floor.tell(legAnswered('c2.1'));
    call(floor, 'c3');
    assert.deepEqual(offeredTo(floor.after(10_000)), []);
    assert.deepEqual(offeredTo(floor.after(10_000)), ['8002']);
  });

  test('who has waited longest is served first by the agents of another ring, too, and does not lose its place', () => {
    const floor = floorWith({}, steps({ afterMs: 10_000, open: [{ queue: 'orders' }] }));
    floor.tell(queueConfigured('orders'), agentConfigured('8001', { queues: [queueId('orders')] }));
    call(floor, 'c1');
    floor.now += 5_000;
    floor.tell(callArrived('o1'), callQueued('o1', 'orders'));
    floor.after(5_000);
    floor.ready('8001');
    assert.equal(floor.acd.view.agent(agentId('8001'))?.callId, 'c1');
  });

  test('the wait ends before a step that would come later; a failed offer takes no step back', () => {
    const floor = floorWith(
      { 8001: { skills: { bills: 1 } } },
      { maxWaitMs: 30_000, skills: [{ skill: 'bills', level: 2 }], ...steps({ afterMs: 10_000, lower: [{ by: 1 }] }, { afterMs: 40_000, drop: ['bills'] }) },
    );
    call(floor, 'c1');
    assert.deepEqual(offeredTo(floor.after(10_000)), ['8001']);
    assert.deepEqual(facts(floor.tell(legEnded('c1.1', 'busy'))), []);
    floor.ready('8001');
    assert.equal(floor.acd.view.agent(agentId('8001'))?.callId, 'c1', 'the lowered level stands');
    floor.tell(legEnded('c1.2', 'busy'));
    assert.ok(floor.after(20_000).includes('c1 left service timeout'), 'the wait is over');
  });

  test('other steps are begun anew, and those that are due by then taken at once', () => {
    const floor = floorWith({ 8001: { skills: { bills: 1 } } }, { skills: [{ skill: 'bills', level: 5 }], ...steps({ afterMs: 60_000, drop: ['bills'] }) });
    call(floor, 'c1');
    floor.now += 30_000;
    floor.tell(queueConfigured('service', { skills: [{ skill: 'bills', level: 5 }], ...steps({ afterMs: 20_000, drop: ['bills'] }) }));
    assert.ok((floor.wakeAt ?? 0) <= floor.now, 'asks to be woken at once');
    assert.deepEqual(offeredTo(floor.after(0)), ['8001']);
  });
});

describe('one agent alone', () => {
  const manager = (waitMs: number) => ({ preferredAgent: { agentId: agentId('8002'), waitMs } });

  test('the preferred agent gets it if she is free, though another has been idle longer', () => {
    const floor = floorWith({ 8001: {}, 8002: {} }, {});
    assert.deepEqual(offeredTo(call(floor, 'c1', manager(30_000))), ['8002']);
    assert.deepEqual(offeredTo(call(floor, 'c2', manager(0))), ['8001'], 'who waits for nobody is not kept waiting');
  });

  test('while she talks it waits for her, in its place among her callers; after the time whoever is free has it', () => {
    const floor = floorWith({ 8001: {}, 8002: {} }, {});
    call(floor, 'c1', manager(0));
    floor.tell(legAnswered('c1.1'));
    const lines = call(floor, 'c2', manager(30_000));
    assert.deepEqual(facts(lines), [
      { type: 'agentAwaited', callId: 'c2', queueId: 'demo:service', agentId: 'demo:8002', why: 'preferred_agent', until: floor.now + 30_000 },
    ]);
    assert.deepEqual(offeredTo(lines), [], '8001 is idle beside it');
    const late = floor.after(30_000);
    assert.deepEqual(facts(late), [{ type: 'agentAwaitedNoMore', callId: 'c2', queueId: 'demo:service', agentId: 'demo:8002', end: 'time' }]);
    assert.deepEqual(offeredTo(late), ['8001']);
  });

  test('she comes free in time, and takes whoever has waited longest of all who may have her', () => {
    const floor = floorWith({ 8002: {} }, {});
    call(floor, 'c1', manager(0));
    floor.tell(legAnswered('c1.1'));
    call(floor, 'c2');
    floor.now += 1_000;
    call(floor, 'c3', manager(30_000));
    assert.deepEqual(
      floor.tell(legEnded('c1.1')).flatMap((line) => /^\S+ (\S+) offered/.exec(line)?.[1] ?? []),
      ['c2'],
    );
    floor.tell(legAnswered('c2.1'));
    assert.deepEqual(
      floor.tell(legEnded('c2.1')).flatMap((line) => /^\S+ (\S+) offered/.exec(line)?.[1] ?? []),
      ['c3'],
    );
  });

  test('a break, a sign-out or an unanswered offer ends the waiting for her at once', () => {
    for (const leave of [wentNotReady('8002', 'break'), signedOut('8002')]) {
      const floor = floorWith({ 8001: {}, 8002: {} }, {});
      call(floor, 'c1', manager(0));
      floor.tell(legAnswered('c1.1'));
      call(floor, 'c2', manager(60_000));
      floor.tell(leave);
      assert.deepEqual(offeredTo(floor.tell(legEnded('c1.1'))), [], 'she is off; the caller is about to go on');
      assert.deepEqual(offeredTo(floor.after(0)), ['8001']);
    }
    const floor = floorWith({ 8001: {}, 8002: {} }, {});
    call(floor, 'c1', manager(60_000));
    assert.deepEqual(offeredTo(floor.after(15_000)), ['8001'], 'her phone rang out');
  });

  test('nobody waits for an agent who is off, unknown, of another queue or without the skill', () => {
    const skills = { skills: [{ skill: 'bills', level: 1 }] };
    for (const [rules, prepare] of [
      [{}, signedOut('8002')],
      [{ queues: [] }, null],
      [{ skills: {} }, null],
      [null, null],
    ] as const) {
      const floor = floorWith({ 8001: { skills: { bills: 1 } }, ...(rules === null ? {} : { 8002: { skills: { bills: 1 }, ...rules } as Rules }) }, skills);
      if (prepare !== null) floor.tell(prepare);
      assert.deepEqual(offeredTo(call(floor, 'c1', manager(30_000))), ['8001']);
    }
  });

  test('who calls again is given the agent it talked to, within the time, and waits for her a while', () => {
    const floor = floorWith({ 8001: {}, 8002: {}, 8003: {} }, { matching: { lastAgent: { withinMs: 600_000, waitMs: 20_000 } } });
    const offered = (lines: string[]) => offeredTo(lines).at(-1);
    call(floor, 'c1', {}, '+8613800001001');
    floor.tell(legAnswered('c1.1'));
    floor.now += 900_000;
    floor.tell(legEnded('c1.1'), legEnded('c1.0'), callEnded('c1'));
    floor.now += 599_000;
    assert.equal(offered(call(floor, 'c2', {}, '+8613800001001')), '8001', 'though 8002 has been idle longer; the time counts from the end of the talk');
    assert.equal(offered(call(floor, 'c3', {}, '+8613900000000')), '8002', 'another number');
  });

  test('who waits for an agent whose phone rings for another, and hangs up after the queue has new rules, is offered to nobody', () => {
    const rules = { matching: { lastAgent: { withinMs: 600_000, waitMs: 60_000 } }, overflow: [{ when: { waiting: 50 }, to: { exit: 'full' } }] };
    const floor = floorWith({ 8001: {} }, rules);
    for (const [name, number] of Object.entries({ a1: '+8613800001001', b1: '+8613800001002' })) {
      call(floor, name, {}, number);
      floor.tell(legAnswered(`${name}.1`), legEnded(`${name}.1`), legEnded(`${name}.0`), callEnded(name));
    }
    assert.deepEqual(offeredTo(call(floor, 'a2', {}, '+8613800001001')), ['8001']);
    assert.deepEqual(offeredTo(call(floor, 'b2', {}, '+8613800001002')), []);
    floor.tell(legAnswered('a2.1'), queueConfigured('service', { wrapUpMs: 0, ...rules, skills: [] }));
    floor.tell(legEnded('b2.0'), callEnded('b2'));
    assert.deepEqual(offeredTo(floor.tell(legEnded('a2.1'))), []);
  });

  test('who served whom outlives a restart, by the snapshot; nobody is kept waiting for a number that is withheld', () => {
    const floor = floorWith({ 8001: {}, 8002: {} }, { matching: { lastAgent: { withinMs: 600_000, waitMs: 20_000 } } });
    for (const [name, number] of [
      ['c1', '+8613800001001'],
      ['c2', ''],
    ] as const) {
      call(floor, name, {}, number);
      floor.tell(legAnswered(`${name}.1`), legEnded(`${name}.1`), legEnded(`${name}.0`), callEnded(name));
    }
    const other = createAcd();
    other.restore(JSON.parse(JSON.stringify(floor.acd.snapshot())));
    const served = (other.snapshot() as { served: unknown }).served;
    assert.deepEqual(served, [['demo +8613800001001', { agentId: 'demo:8001', at: floor.now }]]);
    other.decide(callArrived('c3'), floor.now);
    const turn = other.decide(callQueued('c3'), floor.now);
    assert.ok(
      turn.events.some((fact) => fact.type === 'agentAwaited' && fact.agentId === 'demo:8001' && fact.why === 'last_agent'),
      'she is remembered',
    );
  });
});

describe('reserves', () => {
  const outbound = (when: Bounds, more: Partial<Reserve> = {}) => ({
    wrapUpMs: 0,
    widening: { reserves: [{ name: 'outbound', open: [{ team: 'sales' }], when, leastMs: 1_000, ...more }] },
  });
  const changed = (lines: string[]): string[] =>
    facts(lines).flatMap((fact) => ('reserve' in fact && 'open' in fact && 'why' in fact ? [`${fact.open === true ? 'open' : 'closed'} by ${fact.why}`] : []));
  const SALES = { queues: [], team: 'sales' };

  test('agents of other work join when the longest wait passes a bound, all callers may have them, and they leave at a lower one', () => {
    const floor = floorWith({ 8001: SALES, 8002: SALES }, outbound({ longestWaitMs: 20_000 }, { until: { longestWaitMs: 5_000 } }));
    call(floor, 'c1');
    floor.now += 19_000;
    call(floor, 'c2');
    assert.deepEqual(floor.acd.view.queue(queueId('service'))?.reserves, []);
    const lines = floor.after(1_000);
    assert.deepEqual([changed(lines), offeredTo(lines)], [['open by longest_wait'], ['8001', '8002']]);
    assert.deepEqual(floor.acd.view.queue(queueId('service'))?.reserves, [{ name: 'outbound', since: floor.now }]);
    floor.now += 4_500;
    assert.deepEqual(changed(floor.tell(legAnswered('c1.1'))), [], 'who waits longest now has waited 5.5 s: it would swing');
    assert.deepEqual(changed(floor.tell(legAnswered('c2.1'))), ['closed by over']);
    floor.tell(legEnded('c1.1'));
    assert.deepEqual(offeredTo(call(floor, 'c3')), [], '8001 is back at her own work');
  });

  test('it stays open for its least time, and closes then by itself', () => {
    const floor = floorWith({ 8001: SALES }, outbound({ waiting: 1 }, { leastMs: 30_000 }));
    assert.deepEqual(offeredTo(call(floor, 'c1')), ['8001']);
    assert.deepEqual(changed(floor.tell(legAnswered('c1.1'))), []);
    assert.equal(floor.wakeAt, floor.now + 30_000);
    assert.deepEqual(changed(floor.after(30_000)), ['closed by over']);
  });

  test('own agents are asked before reserves; agents of the group without the skill stay out', () => {
    const floor = floorWith({ 8001: { ...SALES, skills: { bills: 1 } }, 8002: SALES }, { ...outbound({ waiting: 1 }), skills: [{ skill: 'bills', level: 1 }] });
    floor.tell(agentConfigured('8003', { skills: { bills: 9 } }));
    floor.ready('8003');
    assert.deepEqual([offeredTo(call(floor, 'c1')), offeredTo(call(floor, 'c2')), offeredTo(call(floor, 'c3'))], [['8003'], ['8001'], []]);
  });

  test('by service level: of the last calls too few were answered in time; it fades in half an hour', () => {
    const floor = floorWith(
      { 8009: {} },
      { ...outbound({ serviceLevelPct: 80 }, { until: { serviceLevelPct: 90 } }), answerWithinMs: 10_000, maxWaitMs: 30_000 },
    );
    floor.tell(wentNotReady('8009', 'break'));
    let opened = '';
    for (let n = 1; n <= 10 && opened === ''; n += 1) {
      opened = [...changed(call(floor, `c${n}`)), ...changed(floor.after(30_000))][0] ?? '';
    }
    assert.equal(opened, 'open by service_level');
    call(floor, 'last');
    const closed: string[] = [];
    for (let wakes = 0; wakes < 400 && floor.wakeAt !== null; wakes += 1) closed.push(...changed(floor.after(floor.wakeAt - floor.now)));
    assert.deepEqual(closed, ['closed by over']);
  });

  test('a reserve that the rules no longer know is closed', () => {
    const floor = floorWith({}, outbound({ waiting: 1 }));
    call(floor, 'c1');
    assert.deepEqual(changed(floor.tell(queueConfigured('service'))), ['closed by rules']);
  });
});
