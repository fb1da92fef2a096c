/**
 * Where one caller stands in a dialplan.
 *
 *   identifying ─customer known─▶ ┌──────────── the flow ────────────┐ ─last step─▶ over
 *                                 │ answering  playing  asking       │
 *                                 │ authenticating  looking_up       │
 *                                 │ delivering  queued  transferring │
 *                                 │ calling_back  echoing            │
 *                                 └────────────┬─────────────────▲───┘
 *                                    somebody  ▼                 │ a later queue gave up
 *                                    answered served ────────────┘
 *
 * To the caller: *asking* somebody wants keys of her, *queued* she hears music, *served* she talks to a person (or somebody
 * else has the call in hand), *over* the line is being cleared.
 */
import type { AgentId, CallId, LegId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { CallCommand, Sound } from '../call/command.ts';
import type { AuthLevel, CallData, CallEvent, CustomerCard, Language, Party } from '../call/event.ts';
import type { Turn } from '../call/turn.ts';
import { Evaluator, type LiveQueue } from './expression.ts';
import type { NodeId, Plan, PlanNode } from './plan.ts';

export type WalkState =
  | { at: 'identifying' }
  /** `node`: entered (again) once the line is up. */
  | { at: 'answering'; node: NodeId }
  /** `announces`: heard to its end, it has told her that she is recorded. */
  | { at: 'playing'; playId: string; next: NodeId | null; announces?: true }
  | { at: 'asking'; playId: string; node: NodeId; errors: number; silences: number }
  | { at: 'authenticating'; playId: string; node: NodeId; wrong: number; silences: number }
  | { at: 'looking_up'; playId: string; node: NodeId }
  | { at: 'delivering'; playId: string; node: NodeId }
  | { at: 'calling_back'; node: NodeId }
  /** `key`: pressed, and leads out once the queue has let the call go. */
  | { at: 'queued'; node: NodeId; queueId: QueueId; playId?: string; key?: string }
  | { at: 'transferring'; node: NodeId; legId: LegId | null; agentId: AgentId | null }
  | { at: 'echoing' }
  | { at: 'served' }
  | { at: 'over' };
export type WalkStateName = WalkState['at'];

/** Steps that ask for keys which everybody may hear. */
export const askingVerbs = ['menu', 'collect', 'rate', 'reason', 'ask-recording'] as const;
export type AskingNode = Extract<PlanNode, { verb: (typeof askingVerbs)[number] }>;
/** What a key was: it leads on, to ask again, or the question is put once more. */
export type Verdict = { go: NodeId | null } | 'error' | 'silence' | 'repeat';

/** A version taken into use, with what is worked out of it once. */
export interface LoadedPlan {
  plan: Plan;
  evaluator: Evaluator;
  prompts: Record<Language, ReadonlySet<string>>;
}

export const loadPlan = (plan: Plan): LoadedPlan => ({
  plan,
  evaluator: new Evaluator(),
  prompts: { zh: new Set(plan.prompts.zh), en: new Set(plan.prompts.en) },
});

export interface Walk {
  callId: CallId;
  /** The caller's leg. */
  legId: LegId;
  tenantId: TenantId;
  caller: Party;
  callee: Party;
  /** The flow its number enters by its own settings; null = as the dialplan says. */
  entry: string | null;
  /** The version the call began with; null until it begins. */
  loaded: LoadedPlan | null;
  customer: CustomerCard | null;
  authLevel: AuthLevel;
  language: Language;
  data: CallData;
  values: Map<string, string>;
  queues: ReadonlyMap<string, LiveQueue>;
  answered: boolean;
  /** We called: an agent has the call before a dialplan does. Absent = the caller did. */
  ours?: true;
  /** The talk is over, and she is asked how it was. */
  survey?: true;
  /** Steps so far. */
  steps: number;
  /** Sounds and lookups so far: the number of the last one's id. */
  plays: number;
  transfers: number;
  /** Menus gone through, for the back key; the last is the one the caller is in, or was in last. */
  menus: NodeId[];
  /** Prompts that may be cut short, held back to be played in one go with the question they lead to. */
  pending: Sound[];
  state: WalkState;
}

export type IvrTurn = Turn<CallEvent, CallCommand>;

/** Given back by a step: go on at this node (null = the end), or wait for something to happen. */
export type Outcome = { go: NodeId | null } | Waits;
/** All that can be done now is done. */
export type Waits = 'waits';

export function openWalk(event: Extract<CallEvent, { type: 'callArrived' }>, queues: Walk['queues']): Walk {
  const { callId, legId, tenantId, caller, callee } = event;
  return {
    callId,
    legId,
    tenantId,
    caller,
    callee,
    entry: event.flow ?? null,
    loaded: null,
    customer: null,
    authLevel: 0,
    language: 'zh',
    data: {},
    values: new Map(),
    queues,
    answered: false,
    steps: 0,
    plays: 0,
    transfers: 0,
    menus: [],
    pending: [],
    state: { at: 'identifying' },
  };
}
