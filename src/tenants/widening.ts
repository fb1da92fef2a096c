/** How a queue's callers come to be served by more agents: as tenant file and API take it. */
import { z } from 'zod';

const HOUR_MS = 3_600_000;
const name = z.string().min(1).max(64);
const skills = z.array(name).min(1).max(20);
const groupSchema = z.union([z.strictObject({ queue: name }), z.strictObject({ team: name })]);

const step = z
  .strictObject({
    afterMs: z.int().min(0).max(HOUR_MS),
    lower: z
      .array(z.strictObject({ skill: name.optional(), by: z.int().min(1).max(9) }))
      .max(20)
      .optional(),
    drop: skills.optional(),
    dropPreferred: z.union([skills, z.literal('all')]).optional(),
    open: z.array(groupSchema).min(1).max(20).optional(),
  })
  .refine(
    ({ lower, drop, dropPreferred, open }) => [lower, drop, dropPreferred, open].some((part) => part !== undefined),
    'a step must do something: lower, drop, dropPreferred or open',
  );

const bounds = z
  .strictObject({
    longestWaitMs: z.int().min(0).max(HOUR_MS),
    waiting: z.int().min(1).max(10_000),
    estimatedWaitMs: z.int().min(0).max(HOUR_MS),
    serviceLevelPct: z.number().min(1).max(100),
  })
  .partial();

const reserve = z.strictObject({
  name,
  open: z.array(groupSchema).min(1).max(20),
  when: bounds.refine((when) => Object.values(when).some((bound) => bound !== undefined), 'give at least one bound that opens it'),
  until: bounds.optional(),
  leastMs: z.int().min(1_000).max(HOUR_MS).optional(),
});

export const wideningSchema = z.strictObject({
  steps: z
    .array(step)
    .max(20)
    .refine((steps) => steps.every(({ afterMs }, at) => at === 0 || afterMs > (steps[at - 1]?.afterMs ?? 0)), 'each step must come later than the one before')
    .optional(),
  reserves: z
    .array(reserve)
    .max(10)
    .refine((all) => new Set(all.map((each) => each.name)).size === all.length, 'each reserve needs a name of its own')
    .optional(),
});
