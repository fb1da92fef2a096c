/** The section `announcements` of a queue as tenant file and API take it. */
import { z } from 'zod';
import type { Announcements } from '../acd/door/announcing.ts';

const HOUR_MS = 3_600_000;

export const announcementsSchema = z.strictObject({
  firstMs: z.int().min(1_000).max(HOUR_MS).describe('From coming in to the first'),
  everyMs: z.int().min(5_000).max(HOUR_MS),
  position: z.boolean().optional().describe('The place is told'),
  estimate: z.boolean().optional().describe('How long it may take is told: in minutes while the estimate is calibrated, else that it takes several'),
  messages: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'name of a prompt'))
    .max(20)
    .optional()
    .describe('Prompts, one each time in turn'),
}) satisfies z.ZodType<Announcements>;
