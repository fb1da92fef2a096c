/** A queue's section `callback`, as tenant file and API take it. */
import { z } from 'zod';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const clock = z.string().regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/, 'a time of the day: 09:00');

export const callbackSchema = z.strictObject({
  first: z.enum(['agent', 'customer']).optional(),
  attempts: z.int().min(1).max(10).optional(),
  retryMs: z
    .int()
    .min(10_000)
    .max(6 * HOUR_MS)
    .optional(),
  ringMs: z.int().min(10_000).max(60_000).optional(),
  keepMs: z
    .int()
    .min(MINUTE_MS)
    .max(72 * HOUR_MS)
    .optional(),
  window: z.strictObject({ from: clock, to: clock }).optional(),
  display: z
    .string()
    .regex(/^\+?[0-9]{2,20}$/, 'a number of the tenant')
    .optional(),
});

export const redialMsSchema = z.int().min(1_000).max(HOUR_MS);
