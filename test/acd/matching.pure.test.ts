/** Who is chosen, by each strategy, in examples small enough to work by hand; and that equal agents get equal shares at any size. */
import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import type { QueueMatching, Strategy } from '../../src/acd/matching/rules.ts';
import { occupancyAt } from '../../src/acd/matching/work.ts';
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
  wentReady,
} from './floor.ts';

type Rules = Parameters<typeof agentConfigured>[1];
type Wish = Parameters<typeof callQueued>[2];

/** Queue `service` without wrap-up, and these agents, ready in this order, a second apart. */
function floorWith(agents: Record<string, Rules>, matching: QueueMatching): Floor {
  const floor = new Floor();
  floor.tell(queueConfigured('service', { wrapUpMs: 0, matching }));
  for (const [number, rules] of Object.entries(agents)) {
    floor.now += 1_000;
    floor.tell(agentConfigured(number, rules));
    floor.ready(number);
  }
  return floor;
}

const by = (...strategy: Strategy[]): QueueMatching => ({ strategy });

class Calls {
  readonly floor: Floor;
  #calls = 0;
  readonly #legs = new Map<string, string>();

  constructor(floor: Floor) {
    this.floor = floor;
  }

  /** A call a second later; she who is offered it answers. */
  next(wish: Wish = {}, queue = 'service'): string {
    this.#calls += 1;
    this.floor.now += 1_000;
    const name = `c${this.#calls}`;
    const line = this.floor.tell(callArrived(name), callQueued(name, queue, wish)).find((each) => each.includes(' offered to '));
    if (line === undefined) return 'nobody';
    const agent = / offered to (\d+) /.exec(line)?.[1] ?? '';
    const leg = / on (\S+) until/.exec(line)?.[1] ?? '';
    this.#legs.set(agent, leg);
    this.floor.tell(legAnswered(leg));
    return agent;
  }

  /** Her call ends a second later; answers with who is offered what then. */
  ends(agent: string): string[] {
    this.floor.now += 1_000;
    const leg = this.#legs.get(agent) ?? '';
    const lines = this.floor.tell(legEnded(leg));
    const call = leg.split('.')[0] ?? '';
    return [...lines, ...this.floor.tell(legEnded(`${call}.0`)), ...this.floor.tell(callEnded(call))].flatMap(
      (each) => /^\S+ (\S+) offered to/.exec(each)?.[1] ?? [],
    );
  }

  times(count: number): string[] {
    return Array.from({ length: count }, () => this.next());
  }
}

const EQUAL = { 8001: {}, 8002: {}, 8003: {} };

describe('one comparator after the other', () => {
  test('longest idle is the usual: since the end of the last call, whatever she did between', () => {
    const calls = new Calls(floorWith(EQUAL, {}));
    assert.deepEqual(calls.times(3), ['8001', '8002', '8003']);
    for (const agent of ['8002', '8001', '8003']) calls.ends(agent);
    calls.floor.tell(wentNotReady('8002', 'break'), wentReady('8002'));
    assert.deepEqual(calls.times(3), ['8002', '8001', '8003']);
  });

  test('longest ready: a break begins the wait anew', () => {
    const calls = new Calls(floorWith(EQUAL, by('longest_ready')));
    calls.floor.now += 1_000;
    calls.floor.tell(wentNotReady('8001', 'break'), wentReady('8001'));
    assert.deepEqual(calls.times(3), ['8002', '8003', '8001']);
  });

  test('fewest calls: who took fewer since she signed in; between equals the longer idle', () => {
    const calls = new Calls(floorWith(EQUAL, by('fewest_calls')));
    assert.deepEqual(calls.times(3), ['8001', '8002', '8003']);
    calls.ends('8003');
    assert.equal(calls.next(), '8003', 'nobody else is free');
    for (const agent of ['8003', '8001', '8002']) calls.ends(agent);
    assert.deepEqual(calls.times(3), ['8001', '8002', '8003'], '8003 took two and is last, though she is idle longest');
    calls.ends('8003');
    calls.floor.tell(signedOut('8003'));
    calls.floor.ready('8003');
    for (const agent of ['8001', '8002']) calls.ends(agent);
    assert.equal(calls.next(), '8003', 'a new shift counts from nothing');
  });

  test('least occupied: the share of her time that calls had her, not how many they were', () => {
    const calls = new Calls(floorWith({ 8001: {}, 8002: {} }, by('least_occupied')));
    assert.deepEqual(calls.times(2), ['8001', '8002']);
    calls.floor.now += 60_000;
    calls.ends('8001');
    for (const _ of [1, 2, 3]) {
      assert.equal(calls.next(), '8001', 'she is the only one');
      calls.ends('8001');
    }
    calls.floor.now += 600_000;
    calls.ends('8002');
    assert.equal(calls.next(), '8001', 'four short calls weigh less than one of twelve minutes');
  });

  test('occupancy fades by the hour and stands still in a break', () => {
    const floor = floorWith({ 8001: {} }, by('least_occupied'));
    const calls = new Calls(floor);
    calls.next();
    floor.now += 3_599_000;
    calls.ends('8001');
    const work = () => (floor.acd.snapshot() as { agents: { work: Parameters<typeof occupancyAt>[0] }[] }).agents[0]?.work as Parameters<typeof occupancyAt>[0];
    assert.ok(Math.abs(occupancyAt(work(), floor.now) - (1 - Math.exp(-1))) < 1e-9, 'an hour of talking after nothing');
    floor.now += 3_600_000;
    floor.tell(wentNotReady('8001', 'break'));
    floor.now += 3_600_000;
    floor.tell(wentReady('8001'));
    assert.ok(Math.abs(work().occupancy - (1 - Math.exp(-1)) * Math.exp(-1)) < 1e-9, 'an hour idle; the hour of the break counts neither way');
  });

  test('round robin: the line goes round; who was busy in her turn is next as soon as she is free', () => {
    const calls = new Calls(floorWith(EQUAL, by('round_robin')));
    assert.deepEqual(calls.times(2), ['8001', '8002']);
    calls.ends('8001');
    assert.equal(calls.next(), '8003');
    calls.ends('8003');
    assert.equal(calls.next(), '8001', '8002, whose turn was before hers, still talks');
    calls.ends('8001');
    calls.ends('8002');
    assert.equal(calls.next(), '8002', 'her last turn is longest ago');
    calls.ends('8002');
    assert.deepEqual(calls.times(3), ['8003', '8001', '8002']);
  });

  test('linear: always the first who is free, by rank, then by number', () => {
    const calls = new Calls(floorWith({ 8003: {}, 8002: {}, 8001: { matching: { rank: 2, ranks: { other: 1 } } } }, by('linear')));
    assert.deepEqual(calls.times(3), ['8002', '8003', '8001']);
    calls.ends('8003');
    calls.ends('8002');
    assert.deepEqual(calls.times(2), ['8002', '8003']);
  });

  test('rank, then the next comparator: tiers', () => {
    const calls = new Calls(floorWith({ 8001: { matching: { rank: 5, ranks: { service: 2 } } }, 8002: {}, 8003: {} }, by('rank', 'longest_idle')));
    assert.deepEqual(calls.times(3), ['8002', '8003', '8001']);
  });

  test('best skill: the highest levels of what the call needs', () => {
    const skills = { 8001: { skills: { bills: 3, english: 9 } }, 8002: { skills: { bills: 7 } }, 8003: { skills: { bills: 5, english: 4 } } };
    const calls = new Calls(floorWith(skills, by('best_skill')));
    assert.equal(calls.next({ skills: [{ skill: 'bills', level: 1 }] }), '8002');
    calls.ends('8002');
    assert.equal(
      calls.next({
        skills: [
          { skill: 'bills', level: 1 },
          { skill: 'english', level: 2 },
        ],
      }),
      '8001',
      '3 + 9 are more than 5 + 4',
    );
  });

  test('same site: who sits where the call came in; from elsewhere, as if there were no such rule', () => {
    const calls = new Calls(floorWith({ 8001: { site: 'beijing' }, 8002: { site: 'hohhot' }, 8003: {} }, by('same_site')));
    assert.equal(calls.next({ place: 'hohhot' }), '8002');
    assert.equal(calls.next({ place: 'hohhot' }), '8001', 'she has been idle longer than 8003');
    assert.equal(calls.next(), '8003');
  });

  test('preferred skills: more of them first, whatever the strategy; nobody waits for them', () => {
    const agents = { 8001: { skills: {} }, 8002: { skills: { mongolian: 2 } }, 8003: { skills: { mongolian: 5 } } };
    const calls = new Calls(floorWith(agents, by('linear')));
    const wish = { preferredSkills: [{ skill: 'mongolian', level: 4 }] };
    assert.deepEqual([calls.next(wish), calls.next(wish), calls.next(wish)], ['8003', '8001', '8002'], '8002 speaks it too little to count');
  });

  test('by lot: shares as the weights, the same lots from the same log', () => {
    const agents = { 8001: { matching: { weight: 1 } }, 8002: { matching: { weight: 2 } }, 8003: { matching: { weight: 5 } } };
    const lots = (): string[] => {
      const calls = new Calls(floorWith(agents, by('weighted_random')));
      return Array.from({ length: 2_000 }, () => {
        const agent = calls.next();
        calls.ends(agent);
        return agent;
      });
    };
    const drawn = lots();
    for (const [agent, weight] of [
      ['8001', 1],
      ['8002', 2],
      ['8003', 5],
    ] as const) {
      const share = drawn.filter((each) => each === agent).length / drawn.length;
      const p = weight / 8;
      assert.ok(Math.abs(share - p) < 4 * Math.sqrt((p * (1 - p)) / drawn.length), `${agent} has weight ${weight} of 8 and got ${share}`);
    }
    assert.deepEqual(lots().slice(0, 200), drawn.slice(0, 200));
  });

  test('by lot behind another comparator: only among those it finds equal', () => {
    const agents = { 8001: { matching: { rank: 2 } }, 8002: {}, 8003: {} };
    const calls = new Calls(floorWith(agents, by('rank', 'weighted_random')));
    for (let n = 0; n < 200; n += 1) {
      const agent = calls.next();
      assert.notEqual(agent, '8001');
      calls.ends(agent);
    }
  });
});

describe('whose turn it is of those who wait', () => {
  /** `early` waits in one queue for ten seconds when `late` comes to the other; who is served when she is free? */
  function race(early: { matching?: QueueMatching; wish?: Wish }, late: { matching?: QueueMatching; wish?: Wish }, waitMs = 10_000): string | undefined {
    const floor = new Floor();
    floor.tell(queueConfigured('first', { matching: early.matching ?? {} }), queueConfigured('second', { matching: late.matching ?? {} }));
    floor.tell(agentConfigured('8001', { queues: [queueId('first'), queueId('second')] }));
    floor.tell(callArrived('early'), callQueued('early', 'first', early.wish));
    floor.now += waitMs;
    floor.tell(callArrived('late'), callQueued('late', 'second', late.wish));
    floor.now += waitMs;
    floor.ready('8001');
    return floor.acd.view.agent(agentId('8001'))?.callId ?? undefined;
  }

  test('the longest wait across all her queues', () => assert.equal(race({}, {}), 'early'));
  test('priority goes before any wait', () => assert.equal(race({}, { wish: { priority: 1 } }), 'late'));
  test('priority that ages: a step is worth so much waiting, and no more', () => {
    assert.equal(race({ matching: { priorityMs: 9_000 } }, { matching: { priorityMs: 9_000 }, wish: { priority: 1 } }), 'early');
    assert.equal(race({ matching: { priorityMs: 11_000 } }, { matching: { priorityMs: 11_000 }, wish: { priority: 1 } }), 'late');
  });
  test('a very important customer has waited longer than she has', () => {
    assert.equal(race({}, { wish: { virtualWaitMs: 9_999 } }), 'early');
    assert.equal(race({}, { wish: { virtualWaitMs: 10_001 } }), 'late');
  });
  test('a queue’s head start, and its weight', () => {
    assert.equal(race({}, { matching: { headStartMs: 10_001 } }), 'late');
    assert.equal(race({}, { matching: { weight: 1.9 } }), 'early', '20 s against 1.9 × 10 s');
    assert.equal(race({}, { matching: { weight: 2.1 } }), 'late', '20 s against 2.1 × 10 s');
  });

  test('new rules of the queue count for those who wait, too', () => {
    const floor = floorWith({}, {});
    for (const [name, priority] of [
      ['c1', 0],
      ['c2', 1],
    ] as const) {
      floor.tell(callArrived(name), callQueued(name, 'service', { priority }));
      floor.now += 10_000;
    }
    const order = () => floor.acd.view.queue(queueId('service'))?.callIds;
    assert.deepEqual(order(), ['c2', 'c1']);
    floor.tell(queueConfigured('service', { matching: { priorityMs: 1_000 } }));
    assert.deepEqual(order(), ['c1', 'c2']);
  });
});
