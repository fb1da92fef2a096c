/**
 * Folds what is told of interactions of other channels into one record each, which is written when it is over. They outlive a restart of the
 * house, and so does what is known of them here.
 */
import type { AgentId, CallId, OfferId, QueueId } from '../../kernel/ids.ts';
import type { InteractionEvent } from '../acd/channels/event.ts';
import type { InteractionOffer, InteractionPart, InteractionRecord, InteractionVisit } from './interaction-record.ts';

/** Of each; the oldest are forgotten first. The sums and the first times stay right. */
const MOST_STEPS = 100;

type Asked = Extract<InteractionEvent, { type: 'interactionAsked' }>;

/** One that is not over. */
export interface OpenInteraction {
  asked: Omit<Asked, 'type'>;
  at: number;
  queueId: QueueId;
  offeredAt: number | null;
  assignedAt: number | null;
  waitMs: number;
  activeMs: number;
  wrapUpMs: number;
  waitsSince: number | null;
  offered: { offerId: OfferId; agentId: AgentId; at: number } | null;
  has: { agentId: AgentId; at: number; wrapUpAt: number | null } | null;
  queues: InteractionVisit[];
  offers: InteractionOffer[];
  agents: InteractionPart[];
}

interface State {
  open: Map<CallId, OpenInteraction>;
  /** Told last; the core takes it in the same turn, or not at all. */
  asked: { event: Asked; at: number } | null;
}
type Heard = InteractionEvent['type'];
type EventOf<T extends Heard> = Extract<InteractionEvent, { type: T }>;
type Handlers = { [T in Heard]?: (one: OpenInteraction, event: EventOf<T>, at: number) => InteractionRecord | undefined };

export interface InteractionFold {
  /** The record of what is over by it. */
  hear(event: { type: string }, at: number): InteractionRecord | undefined;
  readonly size: number;
  snapshot(): OpenInteraction[];
  restore(open: OpenInteraction[]): void;
}

export function foldInteractions(): InteractionFold {
  const state: State = { open: new Map(), asked: null };
  return {
    hear: (event, at) => hear(state, event, at),
    get size() {
      return state.open.size;
    },
    snapshot: () => [...state.open.values()],
    restore(open) {
      state.open = new Map(open.map((one) => [one.asked.interactionId, one]));
      state.asked = null;
    },
  };
}

function hear(state: State, told: { type: string }, at: number): InteractionRecord | undefined {
  if (told.type === 'interactionAsked') state.asked = { event: told as Asked, at };
  if (!Object.hasOwn(handlers, told.type)) return undefined;
  const event = told as EventOf<keyof typeof handlers & Heard>;
  const one = state.open.get(event.interactionId) ?? begin(state, event.interactionId);
  if (one === undefined) return undefined;
  // The table is typed by event: the key and the argument belong together, which the compiler cannot see through a lookup.
  const handle = handlers[event.type] as (one: OpenInteraction, event: InteractionEvent, at: number) => InteractionRecord | undefined;
  const record = handle(one, event, at);
  if (record !== undefined) state.open.delete(event.interactionId);
  return record;
}

function begin(state: State, interactionId: CallId): OpenInteraction | undefined {
  if (state.asked?.event.interactionId !== interactionId) return undefined;
  const { type: _, ...asked } = state.asked.event;
  const one: OpenInteraction = {
    ...{ asked, at: state.asked.at, queueId: asked.queueId, offeredAt: null, assignedAt: null, waitMs: 0, activeMs: 0, wrapUpMs: 0 },
    ...{ waitsSince: null, offered: null, has: null, queues: [], offers: [], agents: [] },
  };
  state.asked = null;
  state.open.set(interactionId, one);
  return one;
}

const handlers: Handlers = {
  /** After a restart it is told again of what waits: its wait goes on. */
  interactionQueued(one, { queueId }, at) {
    if (one.waitsSince === null || one.queueId !== queueId) one.waitsSince = at;
    one.queueId = queueId;
    return undefined;
  },
  interactionLeftQueue(one, { queueId, exit }, at) {
    const enteredAt = one.waitsSince ?? at;
    const waitMs = Math.max(0, at - enteredAt);
    one.waitMs += waitMs;
    one.waitsSince = null;
    one.queueId = queueId;
    keep(one.queues, { queueId, enteredAt, leftAt: Math.max(at, enteredAt), waitMs, exit });
    return undefined;
  },
  interactionOffered(one, { offerId, agentId }, at) {
    one.offeredAt ??= at;
    one.offered = { offerId, agentId, at };
    return undefined;
  },
  interactionOfferEnded(one, { offerId, agentId, queueId, end, reason }, at) {
    const { offered } = one;
    if (offered?.offerId !== offerId) return undefined;
    one.offered = null;
    keep(one.offers, { offerId, agentId, queueId, offeredAt: offered.at, endedAt: Math.max(at, offered.at), end, ...(reason === undefined ? {} : { reason }) });
    return undefined;
  },
  interactionAssigned(one, { agentId }, at) {
    one.assignedAt ??= at;
    one.has = { agentId, at, wrapUpAt: null };
    return undefined;
  },
  interactionWrapUpBegan(one, _, at) {
    if (one.has !== null) one.has.wrapUpAt ??= at;
    return undefined;
  },
  interactionGivenBack(one, { why }, at) {
    endPart(one, at, why);
    return undefined;
  },
  interactionEnded(one, { agentId, end, disposition = null }, at) {
    endPart(one, at, end);
    return recordOf(one, { agentId, end, disposition }, at);
  },
};

function endPart(one: OpenInteraction, told: number, end: InteractionPart['end']): void {
  if (one.has === null) return;
  const { agentId, at: assignedAt, wrapUpAt } = one.has;
  const at = Math.max(told, wrapUpAt ?? assignedAt);
  const activeMs = (wrapUpAt ?? at) - assignedAt;
  const wrapUpMs = wrapUpAt === null ? 0 : at - wrapUpAt;
  one.has = null;
  one.activeMs += activeMs;
  one.wrapUpMs += wrapUpMs;
  keep(one.agents, { agentId, assignedAt, endedAt: at, activeMs, wrapUpMs, end });
}

function keep<T>(list: T[], step: T): void {
  list.push(step);
  if (list.length > MOST_STEPS) list.shift();
}

function recordOf(one: OpenInteraction, how: Pick<InteractionRecord, 'agentId' | 'end' | 'disposition'>, at: number): InteractionRecord {
  const { asked, queueId, offeredAt, assignedAt, waitMs, activeMs, wrapUpMs, queues, offers, agents } = one;
  const { interactionId: callId, tenantId, channel, externalId, from, priority, data } = asked;
  return {
    ...{ callId, revision: 1, tenantId, channel, externalId, from, priority, data, arrivedAt: one.at, offeredAt, assignedAt, endedAt: Math.max(at, one.at) },
    ...how,
    ...{ queueId, waitMs, activeMs, wrapUpMs, queues, offers, agents },
  };
}
