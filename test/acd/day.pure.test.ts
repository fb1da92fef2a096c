/** Simulated days: the same seed the same day, sums that add up, a draft compared, a gate that holds or does not. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { chart } from '../../scripts/simulate/chart.ts';
import { compare, estimateOf } from '../../scripts/simulate/compare.ts';
import { failing, readGates } from '../../scripts/simulate/gate.ts';
import { report } from '../../scripts/simulate/report.ts';
import { generated } from '../../src/acd/simulation/day/callers.ts';
import { playDay } from '../../src/acd/simulation/day/day.ts';
import { Due } from '../../src/acd/simulation/day/due.ts';
import { bigDay } from '../../src/acd/simulation/day/standard.ts';
import { gini } from '../../src/acd/simulation/day/tally.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';

const { plan, demands } = bigDay(60, 2_000, 6);
const callers = generated(demands);

test('the same seed gives the same day, another seed another; every call is counted once', () => {
  const [first, again, other] = [playDay(plan, callers, 1), playDay(plan, callers, 1), playDay(plan, callers, 2)];
  assert.equal(first.hash, again.hash);
  assert.deepEqual(first.figures, again.figures);
  assert.notEqual(first.hash, other.hash);
  const { offered, answered, abandoned, sentBack, queues, intervals, occupancy } = first.figures;
  assert.ok(Math.abs(offered - 2_000) < 200, `${offered} calls came`);
  assert.equal(answered + abandoned + sentBack, offered);
  assert.equal(
    Object.values(queues).reduce((sum, queue) => sum + queue.offered, 0),
    offered,
  );
  assert.equal(
    intervals.reduce((sum, interval) => sum + interval.offered, 0),
    offered,
  );
  assert.ok(occupancy > 0.2 && occupancy < 0.9, `${occupancy} of the time is worked`);
});

test('a draft with half of the agents is worse, by more than the interval; both face the same callers; the gate says so', () => {
  const fewer = { ...plan, shifts: plan.shifts.filter((_, n) => n % 2 === 0) };
  const told: string[] = [];
  const comparison = compare(callers, plan, fewer, [1, 2, 3], (what) => told.push(what));
  assert.equal(told.length, 6);
  assert.equal(comparison.difference?.offered.mean, 0);
  const { mean, plusMinus } = comparison.difference?.serviceLevel ?? { mean: 0, plusMinus: 0 };
  assert.ok(plusMinus !== null && mean + plusMinus < 0, `${mean} ± ${plusMinus}`);
  assert.deepEqual(failing(readGates('serviceLevel>=0.01, q0.waitP90<7200'), comparison), []);
  assert.equal(failing(readGates('serviceLevel>=0.999'), comparison).length, 1);
  assert.equal(failing(readGates('nowhere.serviceLevel>=0'), comparison).length, 1);
  assert.match(report(comparison), /serviceLevel +\d+\.\d+ % ± \d+\.\d+ % .*difference|today +draft +difference/);
  const page = chart(comparison, 'a <day> & another');
  assert.match(page, /<svg .*<polyline .*<polyline /);
  assert.match(page, /a &lt;day> &amp; another/);
  assert.doesNotMatch(page, /(src|href)=|NaN|undefined/);
});

test('a gate that is none names what may be written', () => {
  for (const wrong of ['serviceLevel', 'fun>=1', 'serviceLevel=>0.8', '']) assert.throws(() => readGates(wrong), /write serviceLevel>=0\.8/);
});

test('what is due comes in the order of its time, and of the same time in the order it was added', () => {
  const due = new Due<number>();
  const dice = new Dice(3);
  const all = Array.from({ length: 500 }, (_, n) => ({ at: dice.between(0, 50), n }));
  for (const { at, n } of all) due.add(at, n);
  const taken: number[] = [];
  for (let next = due.take(); next !== undefined; next = due.take()) taken.push(next);
  const sorted = all.sort((a, b) => a.at - b.at || a.n - b.n).map(({ n }) => n);
  assert.deepEqual(taken, sorted);
});

test('the Gini coefficient and the interval of a mean are what they are by hand', () => {
  assert.equal(gini([5, 5, 5, 5]), 0);
  assert.equal(gini([0, 0, 0, 8]), 0.75);
  assert.ok(Math.abs(gini([1, 2, 3, 4]) - 0.25) < 1e-12);
  const { mean, plusMinus } = estimateOf([1, 2, 3]);
  assert.ok(mean === 2 && plusMinus !== null && Math.abs(plusMinus - 4.303 / Math.sqrt(3)) < 1e-9, `${mean} ± ${plusMinus}`);
  assert.equal(estimateOf([7]).plusMinus, null);
});
