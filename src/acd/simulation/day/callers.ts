/** Callers of a generated day, one at a time: a day of 300,000 is never held whole. Each queue has dice of its own. */
import { Dice } from '../dice.ts';
import { Due } from './due.ts';
import { type Arrival, type Callers, type Demand, draw } from './plan.ts';

/** Far enough apart that queues do not share their fortunes. */
const SEED_STEP = 0x9e3779b1;

export function generated(demands: readonly Demand[]): Callers {
  return function* (seed) {
    const next = new Due<{ arrival: Arrival; rest: Iterator<Arrival> }>();
    for (const [n, demand] of demands.entries()) {
      const rest = ofQueue(demand, new Dice(Math.imul(seed + 1, SEED_STEP) ^ Math.imul(n + 1, 0x85ebca6b)));
      step(next, rest);
    }
    for (let first = next.take(); first !== undefined; first = next.take()) {
      yield first.arrival;
      step(next, first.rest);
    }
  };
}

function step(next: Due<{ arrival: Arrival; rest: Iterator<Arrival> }>, rest: Iterator<Arrival>): void {
  const { done, value } = rest.next();
  if (done !== true) next.add(value.at, { arrival: value, rest });
}

function* ofQueue({ queueId, arrivals, talk, patience, wishes = [] }: Demand, dice: Dice): Iterator<Arrival> {
  for (const { fromMs, toMs, calls } of arrivals) {
    if (calls <= 0) continue;
    const gapMs = (toMs - fromMs) / calls;
    for (let at = fromMs + draw(dice, { kind: 'exponential', mean: gapMs }); at < toMs; at += draw(dice, { kind: 'exponential', mean: gapMs })) {
      const { priority = 0, skills = [] } = wished(wishes, dice.fraction());
      const patienceMs = patience === null ? null : Math.round(draw(dice, patience));
      yield { at: Math.round(at), queueId, priority, skills, maxWaitMs: null, patienceMs, talkMs: Math.max(1, Math.round(draw(dice, talk))) };
    }
  }
}

function wished(wishes: NonNullable<Demand['wishes']>, fell: number): { priority?: number; skills?: { skill: string; level: number }[] } {
  let sum = 0;
  for (const wish of wishes) {
    sum += wish.share;
    if (fell < sum) return wish;
  }
  return {};
}
