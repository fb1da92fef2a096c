/** The queues a call was in, one after the other, and how it overflowed from them. */
import { z } from 'zod';
import { overflowConditions } from '../call/event.ts';
import type { QueueVisit } from '../cdr/record.ts';
import { iso } from './shapes.ts';

const text = z.string();
const figure = z.union([z.number(), text]);

/** Also as `explain` shows it. */
export const overflowTargetSchema = z.union([
  z.object({ kind: z.enum(['queue', 'also']), queueId: text }),
  z.object({ kind: z.literal('exit'), exit: text }),
  z.object({ kind: z.literal('callback') }),
]);
export const overflowReasonSchema = z.object({ what: z.enum(overflowConditions), is: figure, bound: figure });

export const queueVisitSchema = z.object({
  queueId: text,
  enteredAt: text,
  leftAt: text,
  waitMs: z.number(),
  exit: text,
  /** Steps of the queue's overflow it took, the last one where it left by `overflow`. */
  overflow: z.array(z.object({ at: text, step: z.number().int(), to: overflowTargetSchema, why: z.array(overflowReasonSchema) })),
});

export const shownVisit = ({ enteredAt, leftAt, overflow = [], ...rest }: QueueVisit): z.infer<typeof queueVisitSchema> => ({
  ...rest,
  ...{ enteredAt: iso(enteredAt), leftAt: iso(leftAt) },
  overflow: overflow.map(({ at, ...step }) => ({ ...step, at: iso(at) })),
});
