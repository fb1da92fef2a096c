/**
 * `npm run bench -- acd --day [--agents N] [--calls N]`: one simulated day on one core, played twice with the same seed: how long it takes, and that it is the same day. `simulate --day` plays it too.
 */
import { generated } from '../../src/acd/simulation/day/callers.ts';
import { playDay } from '../../src/acd/simulation/day/day.ts';
import { bigDay } from '../../src/acd/simulation/day/standard.ts';

const AGENTS = 8_000;
const CALLS = 300_000;
const QUEUES = 60;
const SEED = 1;

export function runDay({ agents = AGENTS, calls = CALLS }: { agents?: number | undefined; calls?: number | undefined }): object {
  const { plan, demands } = bigDay(agents, calls, QUEUES);
  const callers = generated(demands);
  const [first, again] = [1, 2].map(() => {
    const startedAt = performance.now();
    const { hash, figures } = playDay(plan, callers, SEED);
    return { hash, offered: figures.offered, seconds: Math.round((performance.now() - startedAt) / 100) / 10 };
  });
  if (first === undefined || first.hash !== again?.hash) throw new Error(`the same seed gave two days: ${first?.hash} and ${again?.hash}`);
  return { day: { agents, calls: first.offered, seed: SEED, hash: first.hash, wallSeconds: first.seconds, againSeconds: again.seconds, sameHash: true } };
}
