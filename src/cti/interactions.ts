/** Interactions of other channels at the desk of whom they are offered to: what is shown, what is told, and what she may say of one. */
import type { AgentId } from '../../kernel/ids.ts';
import type { InteractionEvent } from '../acd/channels/event.ts';
import { eventOfWord, type InteractionWord, mayBeSaid } from '../acd/channels/words.ts';
import type { AcdView, InteractionView } from '../acd/view.ts';
import type { DeskNews } from './event.ts';
import type { Outcome } from './obey.ts';
import { iso, isoOrNull } from './pop.ts';
import { type DeskInteraction, type DeskMessageOf, type InteractionCommand, interactionCommands } from './protocol.ts';

/** Data of one interaction at a desk, in bytes of JSON: an agent's snapshot stays below what a socket may owe her (1 MB). The rest is read over the API. */
export const MOST_SHOWN_BYTES = 4_096;

export function interactionsOf(acd: AcdView, agentId: AgentId): DeskInteraction[] {
  return acd.interactionsOf(agentId).flatMap((view) => shown(acd, view) ?? []);
}

function shown(acd: AcdView, view: InteractionView): DeskInteraction | null {
  const { interactionId, channel, queueId, offerId, externalId, from, priority, state } = view;
  if (state !== 'offered' && state !== 'active' && state !== 'wrapping_up') return null;
  return {
    ...{ interactionId, channel, offerId, externalId, from, priority, state, disposition: view.disposition },
    queue: { queueId, name: acd.queue(queueId)?.configuration.name ?? { zh: queueId, en: queueId } },
    ...fitting(view.data),
    ...{ askedAt: iso(view.askedAt), since: iso(view.since), until: isoOrNull(view.until) },
  };
}

/** Whole entries, in their order, as long as they fit. */
function fitting(all: Record<string, string>): Pick<DeskInteraction, 'data' | 'moreData'> {
  const encoder = new TextEncoder();
  const data: Record<string, string> = {};
  let room = MOST_SHOWN_BYTES;
  let moreData = 0;
  for (const [key, value] of Object.entries(all)) {
    const bytes = encoder.encode(JSON.stringify([key, value])).length;
    if (bytes > room) moreData += 1;
    else {
      room -= bytes;
      data[key] = value;
    }
  }
  return { data, moreData };
}

type Told = 'interactionOffered' | 'interactionOfferEnded' | 'interactionAssigned' | 'interactionGivenBack' | 'interactionWrapUpBegan' | 'interactionEnded';
type Tellers = { [T in Told]: (event: Extract<InteractionEvent, { type: T }>, acd: AcdView, now: number) => DeskNews | null };

const tellers: Tellers = {
  interactionOffered({ interactionId, agentId }, acd) {
    const view = acd.interaction(interactionId);
    const data = view?.agentId === agentId ? shown(acd, view) : null;
    return data === null ? null : { type: 'interactionOffered', data };
  },
  interactionOfferEnded: ({ interactionId, offerId, end }) => ({ type: 'interactionOfferEnded', data: { interactionId, offerId, end } }),
  interactionAssigned: ({ interactionId }, acd, now) => ({
    type: 'interactionAssigned',
    data: { interactionId, since: iso(acd.interaction(interactionId)?.since ?? now) },
  }),
  interactionGivenBack: ({ interactionId, why }) => ({ type: 'interactionGivenBack', data: { interactionId, why } }),
  interactionWrapUpBegan({ interactionId, until }, acd, now) {
    const { since = now, disposition = null } = acd.interaction(interactionId) ?? {};
    return { type: 'interactionWrapUpBegan', data: { interactionId, since: iso(since), until: iso(until), disposition } };
  },
  interactionEnded: ({ interactionId, end, disposition = null }) => ({ type: 'interactionEnded', data: { interactionId, end, disposition } }),
};

/** null: nothing that concerns a desk. */
export function newsOf(event: Extract<InteractionEvent, { type: Told }>, acd: AcdView, now: number): DeskNews | null {
  // The table is typed by event: the key and the argument belong together, which the compiler cannot see through a lookup.
  const tell = tellers[event.type] as (event: InteractionEvent, acd: AcdView, now: number) => DeskNews | null;
  return tell(event, acd, now);
}

const wordOf: Record<InteractionCommand, InteractionWord> = {
  acceptInteraction: 'accept',
  declineInteraction: 'decline',
  doneInteraction: 'done',
  endInteractionWrapUp: 'end_wrap_up',
};

type Message = DeskMessageOf<InteractionCommand>;

export const isInteractionCommand = (message: { type: string }): message is Message => (interactionCommands as readonly string[]).includes(message.type);

/** Independent of any call she has: only how the interaction itself stands decides. */
export function obeyInteraction({ type, data }: Message, agentId: AgentId, acd: AcdView): Outcome {
  const view = acd.interactionsOf(agentId).find(({ interactionId }) => interactionId === data.interactionId);
  if (view === undefined) return { ok: false, code: 'other_interaction' };
  const word = wordOf[type];
  if (!mayBeSaid(word, view)) return { ok: false, code: 'interaction_moved' };
  const said = { disposition: 'disposition' in data ? data.disposition : null, reason: 'reason' in data ? data.reason : null };
  return { ok: true, events: [eventOfWord(word, view.interactionId, agentId, said)] };
}
