/** What the observer has seen of agents, calls and legs. */
import type { AgentId, CallId, OfferId, QueueId } from '../../../kernel/ids.ts';
import type { OverflowTarget, QueueExit } from '../../call/event.ts';
import type { Event } from '../../vocabulary.ts';
import type { AgentConfiguration, AgentState } from '../event.ts';
import type { SeenWork } from './matching.ts';

export interface SeenAgent {
  configuration: AgentConfiguration;
  state: AgentState;
  callId: CallId | null;
  wrapUpUntil: number | null;
  pausedUntil: number | null;
  idleSince: number | null;
  phone: boolean;
  work: SeenWork;
}

export interface SeenWait {
  queueId: QueueId;
  priority: number;
  skills: { skill: string; level: number }[];
  preferred: { skill: string; level: number }[];
  place: string | null;
  virtualWaitMs: number;
  queuedAt: number;
  /** Steps of the widening, as they were told. */
  steps: number;
  awaited: { agentId: AgentId; until: number } | null;
  /** Whom it asked for. */
  preferredAgent: AgentId | null;
  leaveAt: number | null;
  /** Reasons to leave that came up while it waited. */
  reasons: Set<QueueExit>;
  /** Whose agents may serve it too, as was told; where it is about to go. */
  also: QueueId[];
  overflow?: OverflowTarget;
  /** Since when it waits for no agent alone, where it did. */
  freeSince: number;
  /** When it was last told how it stands, or the rules for that changed, or its phone rang. */
  toldAt: number;
}

export interface SeenCall {
  callId: CallId;
  number: string;
  placedAt: number | null;
  place: number;
  gone: boolean;
  ended: boolean;
  waits: SeenWait[];
  /** Live ones. */
  offers: Map<OfferId, Extract<Event, { type: 'callOffered' }>>;
  /** How often it has been offered, to agents who could not be reached as well. */
  offered: number;
  visited: Set<QueueId>;
  /** Steps of overflow it has taken. */
  overflows: Set<string>;
}

export interface SeenLeg {
  agentId: AgentId;
  callId: CallId;
  state: 'ringing' | 'up' | 'released';
  releasedAt: number;
}

export const newCall = (callId: CallId, number: string): SeenCall => ({
  callId,
  number,
  placedAt: null,
  place: 0,
  gone: false,
  ended: false,
  waits: [],
  offers: new Map(),
  offered: 0,
  visited: new Set(),
  overflows: new Set(),
});
