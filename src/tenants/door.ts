/** The section `door` of a queue as tenant file and API take it. */
import { z } from 'zod';
import type { DoorRules } from '../acd/door/rules.ts';

const staffing = z.strictObject({
  needs: z.enum(['signed_in', 'on_duty', 'ready']).describe('One agent at least: signed in; on duty (not on a break); or ready for a call'),
  wrapUpCounts: z.boolean().optional().describe('Who wraps up counts as on duty, and as ready; absent = yes'),
});

export const doorSchema = z.strictObject({
  calendar: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'name of a calendar')
    .optional()
    .describe('One of the calendars of the tenant; absent = always open'),
  whenClosed: z.enum(['stay', 'leave']).optional().describe('Who waits when it closes: is still served (stay, the usual) or goes back to the dialplan'),
  join: staffing.optional().describe('Without them nobody comes in (`no_agents`)'),
  leave: staffing.optional().describe('Without them nobody goes on waiting (`no_agents`), but for whom a phone rings'),
  dissuade: z
    .strictObject({
      waiting: z.int().min(0).max(10_000).optional().describe('So many wait'),
      estimateMs: z
        .int()
        .min(1_000)
        .max(86_400_000)
        .optional()
        .describe('So long it takes half of the callers; while the estimate is not calibrated: somebody has waited so long'),
    })
    .optional()
    .describe('Who could not be served at once then goes back to the dialplan (`dissuaded`)'),
}) satisfies z.ZodType<DoorRules>;
