/**
 * A floor of equal agents with random arrivals, talks and patience must behave as Erlang's formulas say: C when everybody waits,
 * A when callers hang up. The formulas are checked against figures known from elsewhere, then the simulated day against the formulas.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { agentIdOf, asId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import { generated } from '../../src/acd/simulation/day/callers.ts';
import { playDay } from '../../src/acd/simulation/day/day.ts';
import type { DayPlan, Demand } from '../../src/acd/simulation/day/plan.ts';
import { type DayFigures, gini } from '../../src/acd/simulation/day/tally.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';

interface Traffic {
  callsPerHour: number;
  handleS: number;
  /** null = everybody waits as long as it takes */
  patienceS: number | null;
  agents: number;
  withinS: number;
}
interface Expected {
  waited: number;
  serviceLevel: number;
  abandonment: number;
  /** Of who is answered. */
  asaS: number;
  /** Of everybody, who hung up too. */
  meanWaitS: number;
  occupancy: number;
}

/** Erlang C by way of B's recursion. */
function erlangC({ callsPerHour, handleS, agents, withinS }: Traffic): Expected {
  const load = (callsPerHour * handleS) / 3600;
  let b = 1;
  for (let k = 1; k <= agents; k += 1) b = (load * b) / (k + load * b);
  const waited = (agents * b) / (agents - load * (1 - b));
  const drain = (agents - load) / handleS;
  return {
    waited,
    serviceLevel: 1 - waited * Math.exp(-drain * withinS),
    abandonment: 0,
    asaS: waited / drain,
    meanWaitS: waited / drain,
    occupancy: load / agents,
  };
}

/** M/M/n+M: stationary states of the birth and death process, and who is answered in time by numerical integration over the wait offered. */
function erlangA({ callsPerHour, handleS, patienceS, agents, withinS }: Traffic): Expected {
  assert.ok(patienceS !== null, 'callers hang up');
  const [lambda, mu, theta] = [callsPerHour / 3600, 1 / handleS, 1 / patienceS];
  const states = [1];
  let sum = 1;
  for (let k = 1; k < agents + 3_000; k += 1) {
    const next = ((states[k - 1] ?? 0) * lambda) / (Math.min(k, agents) * mu + Math.max(0, k - agents) * theta);
    states.push(next);
    sum += next;
    if (k > agents && next < sum * 1e-14) break;
  }
  const shares = states.map((state) => state / sum);
  const queue = shares.reduce((total, share, k) => total + Math.max(0, k - agents) * share, 0);
  const waited = shares.slice(agents).reduce((total, share) => total + share, 0);
  const busy = shares.reduce((total, share, k) => total + Math.min(k, agents) * share, 0);
  // Who finds j waiting is answered after j + 1 departures, at rates nμ + iθ; she herself stays with e^(-θt).
  let [inTime, waitedForAnswer] = [1 - waited, 0];
  const stepS = withinS / 400;
  const left = shares.slice(agents);
  // `left[j]` becomes the chance that j + 1 departures are still to come at time t.
  for (let at = 0; left.reduce((total, share) => total + share, 0) > 1e-6; at += stepS) {
    const rate = (j: number): number => agents * mu + j * theta;
    const middle = at + stepS / 2;
    const answered = (left[0] ?? 0) * rate(0) * stepS * Math.exp(-theta * middle);
    if (middle < withinS) inTime += answered;
    waitedForAnswer += answered * middle;
    for (let j = 0; j < left.length; j += 1) left[j] = (left[j] ?? 0) + ((left[j + 1] ?? 0) * rate(j + 1) - (left[j] ?? 0) * rate(j)) * stepS;
  }
  const abandonment = (theta * queue) / lambda;
  return { waited, serviceLevel: inTime, abandonment, asaS: waitedForAnswer / (1 - abandonment), meanWaitS: queue / lambda, occupancy: busy / agents };
}

const near = (got: number, expected: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(got - expected) <= tolerance, `${what}: ${got.toFixed(4)}, expected ${expected.toFixed(4)} ± ${tolerance.toFixed(4)}`);

const HALF_HOUR = 2;
const C = (perHalfHour: number, handleS: number, agents: number, withinS = 15): Traffic => ({
  ...{ callsPerHour: perHalfHour * HALF_HOUR, handleS, agents, withinS },
  patienceS: null,
});

test('the formulas give the figures that are known of Erlang C and A', () => {
  const known: [Traffic, Partial<Expected>][] = [
    [C(100, 180, 14), { serviceLevel: 0.8752, asaS: 7.84, occupancy: 0.714 }],
    [C(200, 240, 33), { serviceLevel: 0.8848, asaS: 6.48, occupancy: 0.808 }],
    [C(200, 240, 32, 20), { serviceLevel: 0.8485, asaS: 10.63 }],
    [C(1157, 240, 166), { serviceLevel: 0.8764, asaS: 5.26, occupancy: 0.929 }],
    [C(2000, 180, 211), { serviceLevel: 0.8656, asaS: 5.5, occupancy: 0.948 }],
    [
      { ...C(200, 240, 28, 20), patienceS: 120 },
      { waited: 0.3594, abandonment: 0.0669, meanWaitS: 8.03, occupancy: 0.8887, serviceLevel: 0.7966 },
    ],
    [
      { ...C(200, 240, 25, 20), patienceS: 120 },
      { abandonment: 0.1252, serviceLevel: 0.6323 },
    ],
    [
      { ...C(1157, 240, 150, 20), patienceS: 180 },
      { abandonment: 0.0501, serviceLevel: 0.7867 },
    ],
  ];
  for (const [traffic, expected] of known) {
    const got = traffic.patienceS === null ? erlangC(traffic) : erlangA(traffic);
    for (const [name, figure] of Object.entries(expected) as [keyof Expected, number][])
      near(
        got[name],
        figure,
        name === 'asaS' || name === 'meanWaitS' ? 0.006 : name === 'serviceLevel' && traffic.patienceS !== null ? 0.002 : 0.0006,
        `${name} of ${traffic.agents}`,
      );
  }
});

test('so many agents as are known to be enough for 85 % within 15 s, with callers who wait and with callers who hang up', () => {
  const enough = (formula: (traffic: Traffic) => Expected, traffic: Traffic, goal: number): number => {
    let agents = Math.ceil((traffic.callsPerHour * traffic.handleS) / 3600 / (traffic.patienceS === null ? 1 : 1.25)) + 1;
    while (formula({ ...traffic, agents }).serviceLevel < goal) agents += 1;
    return agents;
  };
  const goals = [C(100, 180, 0), C(200, 240, 0), C(1157, 240, 0), C(2000, 180, 0)];
  assert.deepEqual(
    goals.map((traffic) => enough(erlangC, traffic, 0.85)),
    [14, 33, 166, 211],
  );
  assert.equal(enough(erlangC, C(1157, 240, 0, 20), 0.8), 163);
  assert.equal(enough(erlangC, C(1157, 240, 0, 30), 0.9), 164);
  assert.deepEqual(
    goals.slice(1).map((traffic) => enough(erlangA, { ...traffic, patienceS: 180 }, 0.85)),
    [31, 157, 200],
  );
});

const TENANT = asId<TenantId>('erlang');
const QUEUE = queueIdOf(TENANT, 'service');

function dayOf({ callsPerHour, handleS, patienceS, agents, withinS }: Traffic, calls: number): { plan: DayPlan; demands: Demand[] } {
  const warmUpMs = 5 * handleS * 1000;
  const lengthMs = warmUpMs + Math.round((calls / callsPerHour) * 3_600_000);
  const ids = Array.from({ length: agents }, (_, n) => agentIdOf(TENANT, `${1000 + n}`));
  const plan: DayPlan = {
    queues: [
      {
        ...{ queueId: QUEUE, tenantId: TENANT, name: { zh: 's', en: 's' }, skills: [], maxWaitMs: null, maxWaiting: 1_000_000, leaveWhenNoAgents: false },
        ...{ ringTimeoutMs: 20_000, wrapUpMs: 0, record: false, music: null, answerWithinMs: withinS * 1000 },
      },
    ],
    agents: ids.map((agentId) => ({
      agentId,
      tenantId: TENANT,
      number: agentId,
      name: agentId,
      queues: [QUEUE],
      skills: {},
      staticContact: 'sip:x@127.0.0.1',
    })),
    shifts: ids.map((agentId) => ({ agentId, fromMs: 0, toMs: 1e12, breaks: [] })),
    habits: { answer: { kind: 'fixed', mean: 0 }, noAnswerShare: 0, backAfterMs: 1_000, wrapUp: null },
    ...{ lengthMs, warmUpMs },
  };
  const patience: Demand['patience'] = patienceS === null ? null : { kind: 'exponential', mean: patienceS * 1000 };
  const arrivals = [{ fromMs: 0, toMs: lengthMs, calls: (callsPerHour * lengthMs) / 3_600_000 }];
  return { plan, demands: [{ queueId: QUEUE, arrivals, talk: { kind: 'exponential', mean: handleS * 1000 }, patience }] };
}

const SEEDS = [1, 2, 3, 4, 5];
/** Student's t with four degrees of freedom, 99.5 % of both sides. */
const T = 5.6;

function simulated(traffic: Traffic, calls: number): DayFigures[] {
  const { plan, demands } = dayOf(traffic, calls);
  return SEEDS.map((seed) => playDay(plan, generated(demands), seed).figures);
}

/** Within the sampling error, as the seeds themselves scatter; and they must not scatter so much that anything would do. */
function agrees(days: readonly DayFigures[], of: (day: DayFigures) => number, expected: number, most: number, what: string): void {
  const values = days.map(of);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const error = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) / values.length);
  near(mean, expected, Math.min(most, Math.max(T * error, most / 4)), what);
}

/** In the field's order: 100/180, 200/240, 1157/240, 2000/180 calls a half hour and seconds. The busier the floor, the longer a bad hour lasts: so few calls say less of it. */
const waiting: [Traffic, number, { level: number; asaS: number }][] = [
  [C(100, 180, 14), 5_000, { level: 0.03, asaS: 2.5 }],
  [C(200, 240, 33), 4_000, { level: 0.04, asaS: 2.5 }],
  [C(1157, 240, 166), 5_000, { level: 0.12, asaS: 6 }],
  [C(2000, 180, 211), 6_000, { level: 0.12, asaS: 6 }],
];
for (const [traffic, calls, most] of waiting) {
  test(`Erlang C: ${traffic.callsPerHour} calls an hour of ${traffic.handleS} s on ${traffic.agents} agents, everybody waits`, () => {
    const expected = erlangC(traffic);
    const days = simulated(traffic, calls);
    agrees(days, ({ waited }) => waited, expected.waited, most.level * 1.5, 'chance to wait');
    agrees(days, ({ serviceLevel }) => serviceLevel, expected.serviceLevel, most.level, 'answered in time');
    agrees(days, ({ asa }) => asa, expected.asaS, most.asaS, 'average speed of answer');
    assert.ok(
      days.every(({ offered, answered }) => answered === offered),
      'everybody is answered',
    );
  });
}

const hangingUp: [Traffic, number][] = [
  [{ ...C(200, 240, 28, 20), patienceS: 120 }, 4_000],
  [{ ...C(200, 240, 25, 20), patienceS: 120 }, 4_000],
  [{ ...C(1157, 240, 150, 20), patienceS: 180 }, 5_000],
];
for (const [traffic, calls] of hangingUp) {
  test(`Erlang A: ${traffic.callsPerHour} calls an hour of ${traffic.handleS} s on ${traffic.agents} agents, patience ${traffic.patienceS} s`, () => {
    const expected = erlangA(traffic);
    const days = simulated(traffic, calls);
    agrees(days, ({ waited }) => waited, expected.waited, 0.07, 'chance to wait');
    agrees(days, ({ abandoned, offered }) => abandoned / offered, expected.abandonment, 0.015, 'abandoned');
    agrees(days, ({ within, offered }) => within / offered, expected.serviceLevel, 0.045, 'answered in time');
    agrees(days, ({ asa }) => asa, expected.asaS, 2.5, 'average speed of answer');
    // The first minutes and the last are in it, which weigh little in a long day of few agents.
    if (traffic.agents < 30) agrees(days, ({ occupancy }) => occupancy, expected.occupancy, 0.02, 'occupancy');
  });
}

/** The Gini coefficient of so many calls given by lot. */
function byLot(calls: number, agents: number): number {
  const dice = new Dice(7);
  const got = Array.from({ length: agents }, () => 0);
  for (let n = 0; n < calls; n += 1) {
    const at = dice.between(0, agents - 1);
    got[at] = (got[at] ?? 0) + 1;
  }
  return gini(got);
}

// At 50, 70 and 90 %, and by other strategies: fairness.pure.test.ts. Here it is the day's own figures that must show it.
test("2,000 equal agents, 90 % busy: nobody's share of the calls is off by more than chance, and nobody gets none", () => {
  const agents = 2_000;
  const traffic = { callsPerHour: (agents * 0.9 * 3600) / 180, handleS: 180, patienceS: null, agents, withinS: 15 };
  const { plan, demands } = dayOf(traffic, 5 * agents);
  const { figures } = playDay({ ...plan, warmUpMs: 0 }, generated(demands), 3);
  const share = figures.answered / agents;
  assert.ok(figures.fewestCalls >= 1, `the least served had ${figures.fewestCalls} of ${share}`);
  assert.ok(figures.mostCalls <= share + 5 * Math.sqrt(share), `the most served had ${figures.mostCalls} of ${share}`);
  assert.ok(figures.callsGini <= byLot(figures.answered, agents), `Gini ${figures.callsGini}, by lot ${byLot(figures.answered, agents)}`);
});
