/** What desks, walls and the API may see of agents and queues. */
import type { AgentId, CallbackId, CallId, OfferId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { CallbackRefusal } from '../call/event.ts';
import type { Notice } from '../call/notice.ts';
import type { QueueState } from './calendar/calendar.ts';
import type { InteractionEnd } from './channels/event.ts';
import type { AgentActivity, AgentState, NotReadyReason, QueueConfiguration } from './event.ts';
import type { Hold } from './offering/hold.ts';

export interface AgentView {
  agentId: AgentId;
  tenantId: TenantId;
  number: string;
  name: string;
  /** Absent = none. */
  team?: string;
  state: AgentState;
  activity: AgentActivity;
  /** What takes effect after the call that has her; null = no call has her. */
  afterwards: 'ready' | 'not_ready' | 'signed_out' | null;
  reasons: NotReadyReason[];
  /** The supervisor who has made her not ready, which she cannot end herself; null = nobody, or she may. */
  heldBy: Hold | null;
  /** ms since 1970: when this state began */
  since: number;
  callId: CallId | null;
  wrapUpUntil: number | null;
  /** By how much she may make her wrap-up longer yet. */
  wrapUpExtendableMs: number;
  /** She failed to take a call and is offered none until then; null = she does not pause. */
  pausedUntil: number | null;
  queues: QueueId[];
  skills: Record<string, number>;
  phoneReachable: boolean;
  deskConnected: boolean;
  /** Channel → how many of it at once; absent = she takes calls alone. */
  channels?: Record<string, number>;
}

export interface QueueView {
  queueId: QueueId;
  tenantId: TenantId;
  configuration: QueueConfiguration;
  state: QueueState;
  /** ms since 1970: when the calendar, or the end of a switch, may change it; null = nothing will by itself */
  stateUntil: number | null;
  switched: boolean;
  /** What who is sent back hears first; null = what its dialplan says. */
  notice: Notice | null;
  waiting: number;
  /** ms since 1970 at which the longest waiting caller came; null = nobody waits */
  oldestSince: number | null;
  signedIn: number;
  ready: number;
  talking: number;
  wrappingUp: number;
  /** Reserves that help out now. */
  reserves: { name: string; since: number }[];
  /** Position (1 = next) → call, in the order of service; at most 100. */
  callIds: CallId[];
}

/** How long who comes now, or stands at a place, has to wait; `calibrated`: it may be said aloud. */
export interface EstimateView {
  p50Ms: number;
  p90Ms: number;
  calibrated: boolean;
}

/** Of the last callers: how many were scored, which share waited no longer than the P50 and the P90; mean pinball loss of both. */
export interface EstimateScore {
  n: number;
  p50: number;
  p90: number;
  loss50Ms: number;
  loss90Ms: number;
}

export interface CallbackView {
  callbackId: CallbackId;
  /** The call it was asked for in, and the one that stands for it now, once the others have heard of it. */
  of: CallId;
  callId: CallId | null;
  tenantId: TenantId;
  number: string;
  queueId: QueueId;
  /** ms since 1970; `placedAt`: since when its place waits */
  askedAt: number;
  placedAt: number;
  /** Tries that came to nothing. */
  attempts: number;
  /** `held`: not to be dialled before `dueAt`, or (null) before its turn comes or the queue opens. Only what is held, waiting or offered can be cancelled. */
  state: 'held' | 'waiting' | 'offered' | 'dialling' | 'talking';
  dueAt: number | null;
  /** The agent who booked it, until when it may be made, and what she said of it; null = the caller asked for it. */
  bookedBy: AgentId | null;
  notAfter: number | null;
  note: string | null;
}

/** An interaction of another channel than voice; `ended` ones are remembered until ten thousand more are over. */
export interface InteractionView {
  interactionId: CallId;
  tenantId: TenantId;
  channel: string;
  queueId: QueueId;
  externalId: string | null;
  from: string;
  data: Record<string, string>;
  priority: number;
  state: 'waiting' | 'offered' | 'active' | 'wrapping_up' | 'ended';
  /** Whom it is offered to, or who has or had it. */
  agentId: AgentId | null;
  /** When the offer or the wrap-up ends by itself. */
  until: number | null;
  /** null = it is offered to nobody. */
  offerId: OfferId | null;
  askedAt: number;
  /** Since when it is so. */
  since: number;
  /** Why it is over; null = it is not. */
  end: InteractionEnd | null;
  /** What its agent has said came of it. */
  disposition: string | null;
}

export interface AcdView {
  /** Live ones, in the order in which they were asked for; a thousand at most. */
  interactions(tenantId: TenantId): InteractionView[];
  /** What she is offered and has, in the order in which they were asked for. */
  interactionsOf(agentId: AgentId): InteractionView[];
  /** Live or over. */
  interaction(interactionId: CallId): InteractionView | undefined;
  /** By the name it has in the operator's system. */
  interactionNamed(tenantId: TenantId, externalId: string): InteractionView | undefined;
  agent(agentId: AgentId): AgentView | undefined;
  agents(tenantId: TenantId): AgentView[];
  queue(queueId: QueueId): QueueView | undefined;
  queues(tenantId: TenantId): QueueView[];
  /** Of a caller at this place of the queue (1 = next), without a place of one who would come now; null = nobody is there to serve it. */
  estimate(queueId: QueueId, place?: number): EstimateView | null;
  estimateScore(queueId: QueueId): EstimateScore | null;
  /** Who is still to be called back; a thousand at most. */
  callbacks(tenantId: TenantId): CallbackView[];
  /** Whether a queue of the tenant calls anybody back. */
  callsBack(tenantId: TenantId): boolean;
  /** Why no callback to this number can be booked now; null = it can. */
  callbackRefusal(wish: { tenantId: TenantId; queueId: QueueId; number: string }): CallbackRefusal | null;
}
