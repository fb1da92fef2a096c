/** How an agent is to be, as the API is asked: by herself (`by` null) or by a supervisor. */
import type { AgentId, UserId } from '../../../kernel/ids.ts';
import type { AcdEvent, NotReadyReason } from '../event.ts';

/** `note`: a supervisor's words for her. */
export type AgentWish = { state: 'ready' } | { state: 'not_ready'; reason: NotReadyReason; note?: string } | { state: 'signed_out' };

export function eventOfWish(agentId: AgentId, wish: AgentWish, by: UserId | null, byName?: string): AcdEvent {
  const who = by === null ? {} : { by };
  if (wish.state === 'ready') return { type: 'agentWentReady', agentId, ...who };
  if (wish.state === 'signed_out') return { type: 'agentSignedOut', agentId, ...who };
  const holding = by === null ? {} : { ...(byName === undefined ? {} : { byName }), ...(wish.note === undefined ? {} : { note: wish.note }) };
  return { type: 'agentWentNotReady', agentId, reason: wish.reason, ...who, ...holding };
}
