/**
 * What a phone's message lamp counts until there is voicemail: offers that rang there and were not answered, since she last said she is ready
 * or signed in (her desk shows her why she was set aside). Kept in memory: a restart has seen them all.
 */
import type { AgentId } from '../../../kernel/ids.ts';
import type { Event } from '../../vocabulary.ts';
import type { MessageCounts } from './message-summary.ts';

const MOST_COUNTED = 999;
const NONE: MessageCounts = { fresh: 0, old: 0 };

export class Missed {
  readonly #counts = new Map<AgentId, number>();

  messages(agentId: AgentId): MessageCounts {
    const fresh = this.#counts.get(agentId);
    return fresh === undefined ? NONE : { fresh, old: 0 };
  }

  /** Whose count changed by this; null = nobody's. */
  hear(event: Event): AgentId | null {
    if (event.type === 'offerEnded' && event.end === 'no_answer') {
      this.#counts.set(event.agentId, Math.min((this.#counts.get(event.agentId) ?? 0) + 1, MOST_COUNTED));
      return event.agentId;
    }
    const seen = event.type === 'agentWentReady' || event.type === 'agentSignedIn' || event.type === 'agentRemoved';
    return seen && this.#counts.delete(event.agentId) ? event.agentId : null;
  }
}
