/** Schemas of calls that an agent makes from her desk. A part of `protocol.ts`; nothing here needs Node. */
import { z } from 'zod';
import { askedTargetSchema } from './calling.ts';

/** What is asked without a call, or beside it. */
export const diallingCommands = ['dial', 'requestCallback'] as const;

/** `queue`: on whose behalf, one of hers; left out, of the first of hers. Null: nobody's. `data`: the call's, from its beginning. */
export const dialSchema = (data: z.ZodType<Record<string, string>, Record<string, string>>) =>
  z.strictObject({
    target: askedTargetSchema,
    queue: z
      .string()
      .regex(/^[0-9A-Za-z_.-]{1,64}$/)
      .nullable()
      .optional(),
    data: data.optional(),
  });

/** How far ahead a callback may be booked. */
export const LONGEST_AHEAD_MS = 31 * 24 * 3_600_000;

/** `number` left out: of the caller of her call. Nobody is called before `notBefore` (left out: in turn) or after `notAfter` (left out: as long as the queue keeps it). */
export const requestCallbackSchema = z.strictObject({
  callId: z.string().max(64).optional(),
  queue: z.string().regex(/^[0-9A-Za-z_.-]{1,64}$/),
  number: z
    .string()
    .regex(/^\+?[0-9]{3,20}$/)
    .optional(),
  notBefore: z.iso.datetime({ offset: true }).optional(),
  notAfter: z.iso.datetime({ offset: true }).optional(),
  note: z.string().trim().min(1).max(250).optional(),
});

/** The callback that she has booked is in its queue. */
export const callbackPlacedSchema = z.object({ callbackId: z.string(), queueId: z.string(), number: z.string() });

/** Her own phone has answered: who is called is being dialled, or (`ringing`) rings. */
export const calledSchema = z.object({ ringing: z.boolean(), since: z.iso.datetime() });

/** Who called the customer, where we did; `number` is of the agent. */
export const outboundSchema = z.object({ number: z.string(), name: z.string().nullable() });
