/** Schemas of calls with three parties and more: consultation and conference. A part of `protocol.ts`; nothing here needs Node. */
import { z } from 'zod';

/** In one call, those who are being rung included: `partiesOf` in `src/call` holds to it. */
export const MOST_CALL_PARTIES = 6;

export const callingCommands = [
  'consult',
  'consultComplete',
  'consultCancel',
  'consultToggle',
  'consultConference',
  'addParty',
  'dropParty',
  'sendDigits',
  'mute',
  'unmute',
  'sendToSurvey',
] as const;

const agentTarget = z.strictObject({ kind: z.literal('agent'), number: z.string().regex(/^[0-9A-Za-z_.-]{1,32}$/) });
const numberTarget = z.strictObject({ kind: z.literal('number'), number: z.string().regex(/^\+?[0-9*#]{1,24}$/) });

/** Keys for whom she talks with, such as another company's menu. */
export const digitsSchema = z.string().regex(/^[0-9A-D*#]{1,32}$/);

/** Whom she asks in. */
export const askedTargetSchema = z.discriminatedUnion('kind', [agentTarget, numberTarget]);

/** Who is at another end of the call. */
const otherPartySchema = z.object({
  kind: z.enum(['customer', 'agent', 'number']),
  /** of the agent, or as it was dialled; '' when withheld */
  number: z.string(),
  name: z.string().nullable(),
});

/** `ringing`: the customer hears music, she hears it ring · `talking`: with whom she asked · `with_customer`: with the customer, the other hears music. */
export const consultStates = ['ringing', 'talking', 'with_customer'] as const;
export const consultSchema = z.object({ state: z.enum(consultStates), party: otherPartySchema });

/** How asking somebody in ended. `failed`: did not come, `cause` says why · `left`: came, and hung up. */
const askEnd = z.enum(['completed', 'conferenced', 'cancelled', 'failed', 'left', 'customer_left']);

export const conferencePartySchema = otherPartySchema.extend({
  /** what `dropParty` names; null: not rung yet */
  legId: z.string().nullable(),
  state: z.enum(['ringing', 'talking', 'held']),
  /** she herself */
  me: z.boolean(),
});

export const consultChangedSchema = z.object({
  state: z.enum([...consultStates, 'over']),
  party: otherPartySchema,
  /** once it is over */
  end: askEnd.nullable(),
  cause: z.string().nullable(),
});
export const partyMissedSchema = z.object({ party: otherPartySchema, end: askEnd, cause: z.string().nullable() });

export type OtherParty = z.infer<typeof otherPartySchema>;
