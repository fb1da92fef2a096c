/** What an agent may say of an interaction, whichever way it comes (desk, API), and how it must stand for that. */
import type { AgentId } from '../../../kernel/ids.ts';
import type { InteractionView } from '../view.ts';
import type { InteractionEvent } from './event.ts';
import type { InteractionId } from './interaction.ts';

export const interactionWords = ['accept', 'decline', 'done', 'end_wrap_up'] as const;
export type InteractionWord = (typeof interactionWords)[number];

const stateFor: Record<InteractionWord, InteractionView['state']> = { accept: 'offered', decline: 'offered', done: 'active', end_wrap_up: 'wrapping_up' };

/** Anything else is refused before anything happens. */
export const mayBeSaid = (word: InteractionWord, { state }: Pick<InteractionView, 'state'>): boolean => state === stateFor[word];

/** Names of the operator's own; null = she gave none. */
export interface Said {
  /** Of `done` and `end_wrap_up`. */
  disposition: string | null;
  /** Of `decline`. */
  reason: string | null;
}
type Words = {
  [W in InteractionWord]: (of: { interactionId: InteractionId; agentId: AgentId }, said: Said) => Extract<InteractionEvent, { agentId: AgentId }>;
};

const words: Words = {
  accept: (of) => ({ type: 'interactionAccepted', ...of }),
  decline: (of, { reason }) => ({ type: 'interactionDeclined', ...of, reason }),
  done: (of, { disposition }) => ({ type: 'interactionDone', ...of, disposition }),
  end_wrap_up: (of, { disposition }) => ({ type: 'interactionWrapUpEnded', ...of, disposition }),
};

export const eventOfWord = (word: InteractionWord, interactionId: InteractionId, agentId: AgentId, said: Said) => words[word]({ interactionId, agentId }, said);
