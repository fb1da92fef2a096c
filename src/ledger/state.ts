/** What the fold keeps of agents, their legs and contacts that are not over. Plain JSON but for the maps, so that it can lie in a snapshot. */
import type { AgentId, CallId, LegId, OfferId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { NotReadyReason } from '../acd/event.ts';
import type { Ending } from '../call/ending.ts';
import type { Blocks } from './blocks.ts';
import type { Handled, LedgerChannel, TimeBucket, VisitBucket } from './measures.ts';

/** What she is, since when. `queueId`: whose call she has; '' = nobody's. */
export interface Span {
  since: number;
  bucket: TimeBucket;
  reason: NotReadyReason | null;
  callId: CallId | null;
  queueId: QueueId | '';
}

export interface AgentState {
  tenantId: TenantId;
  team: string;
  /** null = signed out */
  span: Span | null;
  /** Counted up to here since she signed in; null = signed out. */
  presentSince: number | null;
  /** Offered to her last. */
  work: { callId: CallId; queueId: QueueId | '' } | null;
  removed: boolean;
}

/** A leg of an agent in a call; counted while one of hers stands. */
export interface AgentLeg {
  agentId: AgentId;
  callId: CallId;
  queueId: QueueId | '';
  up: boolean;
}

/** Since when a leg of hers stands, and which; the first says whose queue it is. */
export interface Standing {
  since: number;
  legs: LegId[];
}

export interface OpenVisit {
  queueId: QueueId;
  enteredAt: number;
  bucket: VisitBucket;
  /** An agent was given it. */
  served: boolean;
}

/** What one agent did for the contact, from the moment she had it. */
export interface Part {
  agentId: AgentId;
  team: string;
  /** Of the visit she was given it from, or of the offer; '' = she had it directly. */
  queueId: QueueId | '';
  /** Whose queue her time is owed to: that of the offer. */
  owedTo: QueueId | '';
  start: number;
  disposition: string;
  sums: Handled;
  /** In writing: since when she has it, and whether she wraps it up. null = her own seconds tell. */
  written: { since: number; wrapsUp: boolean } | null;
}

export interface Contact {
  id: CallId;
  tenantId: TenantId;
  number: string;
  channel: LedgerChannel;
  /** Interval in which it arrived; null = it is no call. */
  arrived: number | null;
  /** Begins of intervals that it may still change. */
  holds: number[];
  visits: OpenVisit[];
  parts: Part[];
  offers: { offerId: OfferId; agentId: AgentId; team: string; queueId: QueueId | ''; start: number }[];
  /** Legs that ring, or rang, at a number it was sent to. */
  targets: LegId[];
  answered: boolean;
  inFlow: boolean;
  served: boolean;
  callbackKept: boolean;
  /** For whom the rating counts that its caller is asked for; absent = she is not. */
  surveyOf?: AgentId;
  ended: { at: number; ending: Ending } | null;
  /** What became of it is counted. */
  settled: boolean;
}

export interface QueueState {
  tenantId: TenantId;
  answerWithinMs: number;
}

export interface State {
  /** Time of the last event; it never goes back. */
  now: number;
  /** Intervals that were over then have been handed out. */
  handedOutAt: number;
  /** Agents who are signed in. */
  present: number;
  agents: Map<AgentId, AgentState>;
  queues: Map<QueueId, QueueState>;
  contacts: Map<CallId, Contact>;
  /** Over, and still open to a late word, in about the order of their end. */
  ended: Set<CallId>;
  /** Ended in this very moment: facts about their end may follow. */
  closing: CallId[];
  legs: Map<LegId, AgentLeg>;
  standing: Map<AgentId, Standing>;
  /** Told last; the core takes it in the same turn, or not at all. */
  asked: { id: CallId; tenantId: TenantId; channel: LedgerChannel } | null;
  blocks: Blocks;
}
