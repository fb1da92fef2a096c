/** Schemas of the interactions of other channels. A part of `protocol.ts`; nothing here needs Node. */
import { z } from 'zod';

const time = z.iso.datetime();
const bilingual = z.object({ zh: z.string(), en: z.string() });

/** A chat, mail or message that is offered to her, or that she has. */
const interactionStates = ['offered', 'active', 'wrapping_up'] as const;
export const deskInteractionSchema = z.object({
  interactionId: z.string(),
  channel: z.string(),
  queue: z.object({ queueId: z.string(), name: bilingual }),
  /** null: it is offered no more */
  offerId: z.string().nullable(),
  /** its name in the system that has the words that are written */
  externalId: z.string().nullable(),
  /** who writes: a number or an address; '' = not said */
  from: z.string(),
  priority: z.number().int(),
  /** 4 KiB at most; `moreData`: how many entries more there are, to be read at `/api/v1/interactions/{id}` */
  data: z.record(z.string(), z.string()),
  moreData: z.number().int(),
  state: z.enum(interactionStates),
  /** when it was handed in, and since when it is as it is */
  askedAt: time,
  since: time,
  /** when the offer or the wrap-up ends by itself */
  until: time.nullable(),
  disposition: z.string().nullable(),
});
export const theInteraction = z.object({ interactionId: z.string() });
