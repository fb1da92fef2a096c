/** Whom a supervisor holds (rule 26), counted anew: she is ready by a supervisor's word alone. */
import type { AgentId } from '../../../kernel/ids.ts';
import type { Event } from '../../vocabulary.ts';
import type { AgentState } from '../event.ts';
import { demand } from './demand.ts';

export class SeenHolds {
  readonly #held = new Set<AgentId>();

  /** `stateOf`: how she was told to be, before this event. */
  hear(event: Event, stateOf: (agentId: AgentId) => AgentState | undefined): void {
    if (event.type === 'agentRemoved') this.#held.delete(event.agentId);
    if (event.type === 'agentWentReady' && event.by !== undefined) this.#held.delete(event.agentId);
    if (event.type !== 'agentWentNotReady' || event.by === undefined || event.reason !== 'supervisor') return;
    const state = stateOf(event.agentId);
    if (state !== undefined && state !== 'signed_out') this.#held.add(event.agentId);
  }

  isReady(agentId: AgentId): void {
    demand(!this.#held.has(agentId), 'INV6', () => `${agentId} is ready, but a supervisor holds her`);
  }
}
