/** The record of an interaction of another channel: what the house says became of it, once for each, written when it is over. Times are ms since 1970, durations ms. */
import type { AgentId, CallId, OfferId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { InteractionEnd } from '../acd/channels/event.ts';
import type { OfferEnd, QueueExit } from '../call/event.ts';

export interface InteractionVisit {
  queueId: QueueId;
  enteredAt: number;
  leftAt: number;
  waitMs: number;
  exit: QueueExit;
}
export interface InteractionOffer {
  offerId: OfferId;
  agentId: AgentId;
  queueId: QueueId;
  offeredAt: number;
  endedAt: number;
  end: OfferEnd;
  /** Why she declined it, where she said so. */
  reason?: string;
}
/** One agent had it, from when to when; of several the last one may have ended it. */
export interface InteractionPart {
  agentId: AgentId;
  assignedAt: number;
  endedAt: number;
  activeMs: number;
  wrapUpMs: number;
  end: InteractionEnd | 'desk_lost' | 'signed_out' | 'requeued';
}

export interface InteractionRecord {
  /** An interaction's id is a call's. */
  callId: CallId;
  /** Nothing is learned behind: 1. */
  revision: number;
  tenantId: TenantId;
  /** What tells it from a call's record. */
  channel: string;
  externalId: string | null;
  from: string;
  priority: number;
  data: Record<string, string>;
  /** When it was handed in. */
  arrivedAt: number;
  /** First of all. */
  offeredAt: number | null;
  assignedAt: number | null;
  endedAt: number;
  end: InteractionEnd;
  /** The last one it was in, and whose it was last. */
  queueId: QueueId;
  agentId: AgentId | null;
  disposition: string | null;
  /** Sums over the visits and the agents' parts. */
  waitMs: number;
  activeMs: number;
  wrapUpMs: number;
  queues: InteractionVisit[];
  offers: InteractionOffer[];
  agents: InteractionPart[];
}
