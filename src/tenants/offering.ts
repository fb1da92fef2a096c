/** Section `offering` of a queue, as tenant file and API take it; `src/acd/offering/offering.ts` says what it means. */
import { z } from 'zod';

const signOutAfter = z.int().min(1).max(100).optional();
const failurePolicy = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('not_ready'), signOutAfter }),
  z.strictObject({ action: z.literal('pause'), pauseMs: z.int().min(1_000).max(3_600_000), signOutAfter }),
]);

export const offeringSchema = z.strictObject({
  afterFailure: z
    .strictObject({
      no_answer: failurePolicy.optional(),
      rejected: failurePolicy.optional(),
      busy: failurePolicy.optional(),
      unreachable: failurePolicy.optional(),
    })
    .optional(),
  needsDesk: z.boolean().optional(),
  /** With more phones than this a call is no longer rung but announced. */
  ringAtOnce: z.int().min(1).max(32).optional(),
  conferenceEnds: z.boolean().optional(),
  wrapUpExtension: z.strictObject({ stepMs: z.int().min(1_000).max(600_000), mostMs: z.int().min(1_000).max(3_600_000) }).optional(),
});
