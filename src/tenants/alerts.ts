/** Sections `alerts` and `supervision` of a queue, as tenant file and API take them: when its supervisors' walls sound an alert (a tenant's whole floor has such bounds too), and what they may do on its calls. */
import { z } from 'zod';
import type { AlertBounds } from '../acd/sections.ts';
import { supervisionModes } from '../call/event.ts';

export const alertBoundsSchema = z.strictObject({
  /** So many callers wait, or more. */
  waiting: z.int().min(1).max(10_000).optional(),
  /** One of them for so long. */
  longestWaitMs: z.int().min(1_000).max(3_600_000).optional(),
  /** The day's service level is below it, once twenty callers have been answered or lost. */
  serviceLevelPct: z.number().min(1).max(100).optional(),
  /** More of the day's callers were lost, once twenty have been answered or lost. */
  abandonedPct: z.number().min(0).max(100).optional(),
  /** An agent has been not ready for so long. */
  notReadyMs: z.int().min(60_000).max(86_400_000).optional(),
});

/** As the store has them. */
export const readAlertBounds = (stored: unknown): AlertBounds => present(alertBoundsSchema.parse(stored ?? {}));

/** Without what is not there. */
export const present = (bounds: z.infer<typeof alertBoundsSchema>): AlertBounds =>
  Object.fromEntries(Object.entries(bounds).filter(([, bound]) => bound !== undefined));

/** None: nobody listens. */
export const supervisionSchema = z.array(z.enum(supervisionModes)).max(supervisionModes.length);
