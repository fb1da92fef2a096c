/**
 * Equal agents get equal shares at any size: 2,000 of them at half, at seven tenths and at nine tenths of their time. (Where a round is kept by
 * positions modulo 1,000, half of so many agents never get a call.)
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createAcd } from '../../src/acd/acd.ts';
import type { Strategy } from '../../src/acd/matching/rules.ts';
import { OrderedList } from '../../src/acd/ordered.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';
import type { Event } from '../../src/vocabulary.ts';
import { agentConfigured, callArrived, callEnded, callQueued, legAnswered, legEnded, queueConfigured, signedIn, wentReady } from './floor.ts';

const AGENTS = 2_000;
const CALLS_EACH = 6;
const HANDLE_MS = 300_000;

/** How many calls each agent got. */
function callsOf(strategy: Strategy, occupancy: number): number[] {
  const acd = createAcd();
  const dice = new Dice(10086);
  const after = (meanMs: number): number => -Math.log(1 - dice.fraction()) * meanMs;
  const ends = new OrderedList<{ at: number; call: string; leg: string }>((a, b) => a.at - b.at || (a.call < b.call ? -1 : a.call > b.call ? 1 : 0));
  const calls = new Map<string, number>();
  let now = 0;
  const tell = (event: Event): void => {
    for (const command of acd.decide(event, now).commands) {
      if (command.type !== 'ringLeg') continue;
      calls.set(command.agentId, (calls.get(command.agentId) ?? 0) + 1);
      tell(legAnswered(command.legId));
      ends.add({ at: now + after(HANDLE_MS), call: command.callId, leg: command.legId });
    }
  };
  const hangUp = (until: number): void => {
    for (let next = ends.first(); next !== undefined && next.at <= until; next = ends.first()) {
      ends.remove(next);
      now = next.at;
      for (const event of [legEnded(`${next.call}.0`), legEnded(next.leg), callEnded(next.call)]) tell(event);
    }
    now = until;
  };
  tell(queueConfigured('service', { maxWaiting: 1_000_000, wrapUpMs: 0, matching: { strategy: [strategy] } }));
  for (let n = 0; n < AGENTS; n += 1) {
    const number = `${10_000 + n}`;
    for (const event of [agentConfigured(number, { staticContact: `sip:${number}@127.0.0.1` }), signedIn(number), wentReady(number)]) tell(event);
  }
  for (let n = 0; n < AGENTS * CALLS_EACH; n += 1) {
    hangUp(now + after(HANDLE_MS / (AGENTS * occupancy)));
    tell(callArrived(`c${n}`));
    tell(callQueued(`c${n}`));
  }
  return Array.from({ length: AGENTS }, (_, n) => calls.get(`demo:${10_000 + n}`) ?? 0);
}

for (const strategy of ['longest_idle', 'fewest_calls', 'least_occupied', 'round_robin'] as const) {
  test(`${strategy}: nobody’s share of the calls of 2,000 agents is off by more than chance, at 50, 70 and 90 % occupancy`, () => {
    for (const occupancy of [0.5, 0.7, 0.9]) {
      const shares = callsOf(strategy, occupancy);
      const mean = shares.reduce((sum, each) => sum + each, 0) / AGENTS;
      const variance = shares.reduce((sum, each) => sum + (each - mean) ** 2, 0) / AGENTS;
      const [least, most] = [Math.min(...shares), Math.max(...shares)];
      const figures = `at ${occupancy * 100} %: ${least} to ${most} calls, mean ${mean.toFixed(2)}, variance ${variance.toFixed(2)}`;
      // Had each call been given by lot, the variance would be the mean, and of 2,000 agents one in 15 shifts would be 4 standard deviations off.
      assert.ok(variance <= mean, figures);
      assert.ok(least > 0 && most <= mean + 4 * Math.sqrt(mean), figures);
    }
  });
}
