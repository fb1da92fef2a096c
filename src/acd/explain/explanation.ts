/**
 * What the routing core says of itself when somebody asks why. Codes and figures only: sentences are made where they are shown.
 * A *line* of callers and *place* are SPEC.md's words.
 */
import type { AgentId, CallId, QueueId, TenantId } from '../../../kernel/ids.ts';
import type { OverflowReason, OverflowTarget } from '../../call/event.ts';
import type { Channel } from '../channels/channel.ts';
import type { AgentState, AwaitedWhy, NotReadyReason } from '../event.ts';
import { precedences as named } from '../matching/place.ts';
import type { WideningStep } from '../widening/rules.ts';

/** Why one agent does not get one call: the first of these, in this order, that holds for her. */
export const obstacles = [
  'not_member',
  /** She takes nothing of its channel. */
  'channel_not_hers',
  'skill_missing',
  'level_too_low',
  /** A rule of the queue keeps her out, or keeps her for others. */
  'kept_out',
  'signed_out',
  'not_ready',
  'phone_lost',
  /** An offer to her failed, and she is offered nothing for a while. */
  'pausing',
  /** The queue, or what is written, wants a connected desk. */
  'desk_lost',
  'offered',
  'releasing',
  'talking',
  'wrapping_up',
  /** She has as much of its channel as she may have. */
  'channel_full',
  /** What she has lets nothing of its channel in. */
  'other_work',
  /** Her team helps another queue out. */
  'helps_elsewhere',
] as const;

export interface Obstacle {
  what: (typeof obstacles)[number];
  /** Of `skill_missing` and `level_too_low`: what is asked for; `has` = the level she has. */
  skill: string | null;
  level: number | null;
  has: number | null;
  /** Of `not_ready`: the reason she has held longest. */
  reason: NotReadyReason | null;
  /** Of `channel_not_hers` and `channel_full`; `level` of the latter: how many she may have. */
  channel: Channel | null;
}

export interface Excluded extends Obstacle {
  /** Agents of whom this is the first that fails. */
  agents: number;
}

/** Why another caller is served before this one. */
export const precedences = [...named, 'other_queue'] as const;
export type Precedence = (typeof precedences)[number];

export interface Ahead {
  callId: CallId;
  queueId: QueueId;
  why: Precedence;
  priority: number;
  placedAt: number;
  /** An agent's phone rings for it already. */
  offered: boolean;
}

export const changeKinds = ['ready', 'end_wrap_up', 'raise_level', 'lower_level', 'add_skill', 'add_queue', 'sign_in', 'phone'] as const;

/** Tried on a copy: with this alone, the call is offered at once. */
export interface Change {
  kind: (typeof changeKinds)[number];
  /** Who is changed; several only where one is not enough, because others stand before the call. */
  agents: AgentId[];
  skill: string | null;
  level: number | null;
}

/** Why a step of overflow does not lead anywhere now, even when its conditions hold. `been_there`: the call was in that queue. */
export const overflowHindrances = ['unknown', 'been_there', 'closed', 'emergency', 'no_agents', 'full', 'no_callback'] as const;
export type OverflowHindrance = (typeof overflowHindrances)[number];

export interface OverflowStepTold {
  /** 1 = the first of the queue */
  step: number;
  to: OverflowTarget;
  /** All must hold. */
  conditions: (OverflowReason & { holds: boolean })[];
  hindrance: OverflowHindrance | null;
}

export interface OverflowExplanation {
  /** By which steps it came, first to last; `stays`: of the queue it waits in. `at` null: from a snapshot that had no time. */
  taken: { queueId: QueueId; step: number; at: number | null; stays: boolean }[];
  /** Queues whose agents may serve it too. */
  also: QueueId[];
  /** When the steps are looked at next; null: not while a phone rings, or there is none left. */
  lookAt: number | null;
  /** Those it may still take, in their order: the first that holds and is not hindered is taken. */
  steps: OverflowStepTold[];
}

export const callStates = ['waiting', 'ringing', 'leaving', 'not_waiting'] as const;

export interface CallExplanation {
  callId: CallId;
  tenantId: TenantId;
  /** ms since 1970 */
  at: number;
  state: (typeof callStates)[number];
  queueId: QueueId | null;
  priority: number;
  queuedAt: number | null;
  /** Since when it stands in line, in whichever queue it came into first. */
  placedAt: number | null;
  /** When its wait ends at the latest; null = never. */
  leaveAt: number | null;
  /** 1 = served next of its queue. */
  place: number | null;
  /** How many stand before it, why, and the first of them. */
  before: { why: Precedence; calls: number }[];
  ahead: Ahead[];
  needs: { skill: string; level: number }[];
  /** Agents who may serve it, whatever they are doing. */
  eligible: number;
  /** Agents of the tenant who do not get it, by the first thing that stands against it; most agents first. */
  excluded: Excluded[];
  /** The next step at which more agents may serve it, with what it does (`change` null: it waited for one agent alone, then anybody serves it); null = there is none. */
  widening: { at: number; step: string; change: Omit<WideningStep, 'afterMs'> | null } | null;
  /** Steps of the queue's widening that were taken, and the agent it waits for alone. */
  steps: number;
  awaited: { agentId: AgentId; why: AwaitedWhy; until: number } | null;
  /** null = neither did it overflow nor can it. */
  overflow: OverflowExplanation | null;
  /** The smallest change first; empty: nothing that one change could do. */
  changes: Change[];
}

export const agentAnswers = [
  'signed_out',
  'phone_lost',
  'not_ready',
  'pausing',
  'offered',
  'releasing',
  'talking',
  'wrapping_up',
  'channel_full',
  'other_work',
  'others_first',
  'nobody_fits',
  'nobody_waits',
] as const;

export interface AgentQueue {
  queueId: QueueId;
  /** Callers of the queue who wait and are not being offered. */
  waiting: number;
  /** Of these, whom she may serve. */
  servable: number;
  /** Idle agents who are chosen before her; null = she is not idle. */
  idleBefore: number | null;
  /** Who came first of those who wait, and what stands between the two. */
  longest: { callId: CallId; queuedAt: number; obstacle: Obstacle | null } | null;
}

export interface AgentExplanation {
  agentId: AgentId;
  tenantId: TenantId;
  at: number;
  why: (typeof agentAnswers)[number];
  state: AgentState;
  reasons: NotReadyReason[];
  since: number;
  idleSince: number | null;
  callId: CallId | null;
  phoneReachable: boolean;
  queues: AgentQueue[];
}

export interface Explainer {
  call(callId: CallId, now: number): CallExplanation | undefined;
  agent(agentId: AgentId, now: number): AgentExplanation | undefined;
}
