/** The section `overflow` of a queue as tenant file and API take it. */
import { z } from 'zod';
import type { Overflow } from '../acd/overflow/rules.ts';

const DAY_MS = 86_400_000;
const waitMs = z.int().min(0).max(DAY_MS);
const name = z.string().min(1).max(64);
/** A call takes sixteen steps at most. */
const MOST_STEPS = 10;

const staffing = z.strictObject({
  needs: z.enum(['signed_in', 'on_duty', 'ready']).describe('signed in; on duty (not on a break); or ready for a call'),
  wrapUpCounts: z.boolean().optional().describe('Who wraps up counts as on duty, and as ready; absent = yes'),
});

const estimate = z.strictObject({
  quantile: z.enum(['p50', 'p90']),
  ms: z.int().min(1_000).max(DAY_MS),
  otherwise: z
    .enum(['longest_wait', 'pace', 'never'])
    .optional()
    .describe(
      'What is held against `ms` while the estimate is not calibrated: the longest wait (the usual), callers before it × the usual time between answers, or nothing',
    ),
});

const serviceLevel = z
  .strictObject({
    belowPct: z.number().min(1).max(100).describe('The target'),
    withinMs: z.int().min(1_000).max(DAY_MS).optional().describe('Absent = the queue’s answerWithinMs'),
    lastCalls: z.int().min(1).max(200).optional().describe('Absent, and without `lastMinutes`: 50'),
    lastMinutes: z.int().min(1).max(1_440).optional().describe('Of these the last 200 calls at most'),
    leastCalls: z.int().min(1).max(200).optional().describe('Of fewer it says nothing; absent = 10'),
  })
  .refine(({ lastCalls, lastMinutes }) => lastCalls === undefined || lastMinutes === undefined, 'give lastCalls or lastMinutes, not both');

const conditions = z
  .strictObject({
    waiting: z.int().min(0).max(10_000).describe('So many stand before the caller'),
    longestWaitMs: waitMs.describe('Somebody in the queue has waited so long'),
    waitedMs: waitMs.describe('So has the caller, in this queue'),
    estimate,
    serviceLevel,
    without: staffing.describe('Not one such agent is there'),
    state: z
      .array(z.enum(['open', 'closed', 'emergency']))
      .min(1)
      .max(3),
  })
  .partial()
  .refine((when) => Object.values(when).some((given) => given !== undefined), 'give at least one condition');

const target = z.union([
  z.strictObject({ queue: name, alsoWaits: z.boolean().optional().describe('It keeps waiting here, and the other queue’s agents may serve it too') }),
  z
    .strictObject({ exit: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'name of an exit') })
    .describe('The dialplan goes on at this exit of its `queue` step, or at its flow of that name'),
  z.strictObject({ offer: z.literal('callback') }).describe('As exit `callback`, where the queue calls back and this number has no callback yet'),
]);

export const overflowSchema = z
  .array(z.strictObject({ when: conditions, at: z.enum(['door', 'waiting']).optional().describe('Absent = both'), to: target }))
  .min(1)
  .max(MOST_STEPS) satisfies z.ZodType<Overflow>;
