/** The section `door` of a queue as tenant file and API take it. */
import { z } from 'zod';
import type { DoorRules } from '../acd/door/rules.ts';

export const doorSchema = z.strictObject({
  calendar: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'name of a calendar')
    .optional()
    .describe('One of the calendars of the tenant; absent = always open'),
  whenClosed: z.enum(['stay', 'leave']).optional().describe('Who waits when it closes: is still served (stay, the usual) or goes back to the dialplan'),
}) satisfies z.ZodType<DoorRules>;
