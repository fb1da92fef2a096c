/** What the API says of the floor as it is now, and why (see /api/docs): live calls, agents, explanations. */
import { useQuery } from '@tanstack/react-query';
import { get, post } from '../shared/api.ts';

export interface LiveLeg {
  legId: string;
  role: string;
  agentId: string | null;
  offerId: string | null;
  state: string;
}

export interface LiveCall {
  callId: string;
  /** RFC 3339, like every time here. */
  arrivedAt: string;
  caller: string;
  customerName: string | null;
  tier: string | null;
  queueId: string | null;
  waiting: boolean;
  legs: LiveLeg[];
}

type AgentState = 'signed_out' | 'not_ready' | 'ready' | 'offered' | 'talking' | 'wrapping_up';

export interface AgentRow {
  agentId: string;
  number: string;
  name: string;
  live: {
    state: AgentState;
    /** The same more finely. */
    activity: string;
    afterwards: 'ready' | 'not_ready' | 'signed_out' | null;
    reasons: string[];
    heldBy: { name: string | null; note: string | null } | null;
    since: string;
    callId: string | null;
    phoneReachable: boolean;
  } | null;
}

export interface Obstacle {
  what:
    | 'not_member'
    | 'channel_not_hers'
    | 'skill_missing'
    | 'level_too_low'
    | 'kept_out'
    | 'signed_out'
    | 'not_ready'
    | 'phone_lost'
    | 'pausing'
    | 'desk_lost'
    | 'offered'
    | 'releasing'
    | 'talking'
    | 'wrapping_up'
    | 'channel_full'
    | 'other_work'
    | 'helps_elsewhere';
  skill: string | null;
  level: number | null;
  has: number | null;
  reason: string | null;
  channel: string | null;
}

type Precedence = 'priority' | 'weight' | 'virtual_wait' | 'place' | 'other_queue';

export interface Change {
  kind: 'ready' | 'end_wrap_up' | 'raise_level' | 'lower_level' | 'add_skill' | 'add_queue' | 'sign_in' | 'phone';
  agents: string[];
  skill: string | null;
  level: number | null;
}

export interface WideningChange {
  lower?: { skill?: string; by: number }[];
  drop?: string[];
  dropPreferred?: string[] | 'all';
  open?: ({ queue: string } | { team: string })[];
}

export interface OverflowCondition {
  what: 'waited' | 'waiting' | 'longest_wait' | 'state' | 'no_agents' | 'service_level' | 'estimate' | 'estimate_by_longest_wait' | 'estimate_by_pace';
  is: number | string;
  bound: number | string;
  holds: boolean;
}

export interface OverflowStep {
  step: number;
  to: { kind: 'queue' | 'also'; queueId: string } | { kind: 'exit'; exit: string } | { kind: 'callback' };
  conditions: OverflowCondition[];
  hindrance: 'unknown' | 'been_there' | 'closed' | 'emergency' | 'no_agents' | 'full' | 'no_callback' | null;
}

interface Overflow {
  taken: { queueId: string; step: number; at: string | null; stays: boolean }[];
  also: string[];
  lookAt: string | null;
  steps: OverflowStep[];
}

export interface CallExplanation {
  callId: string;
  at: string;
  state: 'waiting' | 'ringing' | 'leaving' | 'not_waiting';
  queueId: string | null;
  priority: number;
  queuedAt: string | null;
  placedAt: string | null;
  leaveAt: string | null;
  place: number | null;
  before: { why: Precedence; calls: number }[];
  ahead: { callId: string; queueId: string; why: Precedence; offered: boolean }[];
  needs: { skill: string; level: number }[];
  eligible: number;
  excluded: (Obstacle & { agents: number })[];
  widening: { at: string; step: string; change: WideningChange | null } | null;
  steps: number;
  awaited: { agentId: string; until: string } | null;
  overflow: Overflow | null;
  changes: Change[];
}

export interface AgentExplanation {
  agentId: string;
  at: string;
  why:
    | 'pausing'
    | 'signed_out'
    | 'phone_lost'
    | 'not_ready'
    | 'offered'
    | 'releasing'
    | 'talking'
    | 'wrapping_up'
    | 'channel_full'
    | 'other_work'
    | 'others_first'
    | 'nobody_fits'
    | 'nobody_waits';
  reasons: string[];
  since: string;
  idleSince: string | null;
  phoneReachable: boolean;
  queues: {
    queueId: string;
    waiting: number;
    servable: number;
    idleBefore: number | null;
    longest: { callId: string; queuedAt: string; obstacle: Obstacle | null } | null;
  }[];
}

interface Caller {
  callId: string;
  priority: number;
  placedAt: string;
}

export interface OfferExplanation {
  offerId: string;
  agentId: string;
  queueId: string | null;
  offeredAt: string;
  choice: {
    by: string[];
    keys: number[];
    runnerUp: { agentId: string; keys: number[] } | null;
    idle: number;
    caller: Caller;
    nextCaller: Caller | null;
  } | null;
}

/** A floor changes all the time; so often it is asked for. */
const LOOK_EACH_MS = 3_000;
/** The API's longest page. */
const MOST_SHOWN = 200;

export const useLiveCalls = (token: string, enabled: boolean) =>
  useQuery({
    enabled,
    queryKey: ['live calls', token],
    refetchInterval: LOOK_EACH_MS,
    queryFn: () => get<{ items: LiveCall[]; nextCursor: string | null }>(token, `/api/v1/calls/live?limit=${MOST_SHOWN}`),
  });

/** `moved`: as the wall has her; when that changes, what is held against her and what comes after is asked again. */
export const useAgent = (token: string, agentId: string, moved: string) =>
  useQuery({
    queryKey: ['agent', token, agentId, moved],
    placeholderData: (before: AgentRow | undefined) => before,
    queryFn: () => get<AgentRow>(token, `/api/v1/agents/${encodeURIComponent(agentId)}`),
  });

const useExplanation = <T>(token: string, path: string, wanted: boolean) =>
  useQuery({ queryKey: ['explanation', token, path], enabled: wanted, refetchInterval: LOOK_EACH_MS, retry: false, queryFn: () => get<T>(token, path) });

export const useCallExplanation = (token: string, callId: string) =>
  useExplanation<CallExplanation>(token, `/api/v1/calls/${encodeURIComponent(callId)}/explanation`, true);
export const useAgentExplanation = (token: string, agentId: string) =>
  useExplanation<AgentExplanation>(token, `/api/v1/agents/${encodeURIComponent(agentId)}/explanation`, true);
export const useOfferExplanation = (token: string, offerId: string | null) =>
  useExplanation<OfferExplanation>(token, `/api/v1/offers/${encodeURIComponent(offerId ?? '')}/explanation`, offerId !== null);

export type AgentWish = { state: 'ready' } | { state: 'not_ready'; note?: string } | { state: 'signed_out' };

export const setAgentState = (token: string, agentId: string, wish: AgentWish): Promise<{ takesEffect: 'now' | 'after_call' }> =>
  post(token, `/api/v1/agents/${encodeURIComponent(agentId)}/state`, wish);
