/** How a queue chooses, and how an agent stands beside others: as tenant file and API take it. */
import { z } from 'zod';
import { strategies } from '../acd/matching/rules.ts';

const HOUR_MS = 3_600_000;
const MOST_WITHIN_MS = 30 * 24 * HOUR_MS;
/** These leave nothing to decide for a comparator behind them. */
const LAST_WORD: readonly string[] = ['linear', 'weighted_random'];

const strategy = z
  .array(z.enum(strategies))
  .min(1)
  .max(strategies.length)
  .refine((chain) => new Set(chain).size === chain.length, 'each at most once')
  .refine((chain) => chain.slice(0, -1).every((name) => !LAST_WORD.includes(name)), `${LAST_WORD.join(' and ')} can only be the last`);

export const queueMatching = z
  .strictObject({
    strategy,
    priorityMs: z.int().min(0).max(HOUR_MS),
    headStartMs: z.int().min(0).max(HOUR_MS),
    weight: z.number().min(0.01).max(100),
    lastAgent: z.strictObject({ withinMs: z.int().min(1).max(MOST_WITHIN_MS), waitMs: z.int().min(0).max(HOUR_MS) }),
  })
  .partial();

const rank = z.int().min(1).max(1000);

export const agentMatching = z
  .strictObject({
    rank,
    ranks: z.record(z.string().min(1).max(64), rank).refine((ranks) => Object.keys(ranks).length <= 100, 'at most 100 queues'),
    weight: z.int().min(1).max(100),
  })
  .partial();
