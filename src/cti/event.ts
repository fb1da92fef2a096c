/** What desks do that is not an agent's or a call's own event, and what is sent to them. */
import type { AgentId, CallId, LegId } from '../../kernel/ids.ts';

export type CtiEvent =
  | { type: 'deskAnswered'; agentId: AgentId; callId: CallId }
  | { type: 'deskRejected'; agentId: AgentId; callId: CallId }
  | { type: 'deskHungUp'; agentId: AgentId; callId: CallId }
  | { type: 'deskHeld'; agentId: AgentId; callId: CallId }
  | { type: 'deskRetrieved'; agentId: AgentId; callId: CallId };

/** A numbered message to every socket of one agent's desk; `seq` is given by the feed (`cti/feed.ts`). */
export type CtiCommand = { type: 'tellDesk'; agentId: AgentId; message: { type: string; data: Record<string, unknown> }; legId?: LegId };
