/** Sections `alerts` and `supervision` of a queue, as tenant file and API take them: when its supervisors' walls sound an alert, and what they may do on its calls. */
import { z } from 'zod';
import { supervisionModes } from '../call/event.ts';

export const alertBoundsSchema = z.strictObject({
  /** So many callers wait, or more. */
  waiting: z.int().min(1).max(10_000).optional(),
  /** One of them for so long. */
  longestWaitMs: z.int().min(1_000).max(3_600_000).optional(),
  /** The day's service level is below it, once twenty callers have been answered or lost. */
  serviceLevelPct: z.number().min(1).max(100).optional(),
});

/** None: nobody listens. */
export const supervisionSchema = z.array(z.enum(supervisionModes)).max(supervisionModes.length);
