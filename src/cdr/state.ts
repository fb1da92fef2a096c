/** What the fold keeps, and the small changes its handlers make to it. */
import type { AgentId, CallId } from '../../kernel/ids.ts';
import type { CallEvent } from '../call/event.ts';
import type { OpenCall, OpenLeg, Part } from './open.ts';

/** A caller rung past by phones that nobody answers for hours: the oldest fruitless offers go, with their legs. */
const MOST_OFFERS = 100;

export interface State {
  calls: Map<CallId, OpenCall>;
  /** Ended calls that may still change, in about the order of their end. */
  ended: Set<CallId>;
  /** The call an agent talks in or wraps up. */
  serving: Map<AgentId, CallId>;
  /** Time of the last event. */
  lastAt: number;
}

export function live(state: State, callId: CallId): OpenCall | undefined {
  const call = state.calls.get(callId);
  return call?.ended === null ? call : undefined;
}

export const liveLeg = (state: State, at: { callId: CallId; legId: string }): OpenLeg | undefined =>
  live(state, at.callId)?.legs.find((leg) => leg.legId === at.legId && leg.endedAt === null);

export const newLeg = (named: Pick<OpenLeg, 'legId' | 'role' | 'agentId' | 'offerId' | 'target'>, at: number): OpenLeg => ({
  ...named,
  startedAt: at,
  ringingAt: null,
  answeredAt: null,
  endedAt: null,
  holdMs: 0,
  heldSince: null,
  ending: null,
  audio: null,
});

type Arrived = Extract<CallEvent, { type: 'callArrived' }>;

/** What `callArrived` lays down. */
export function openCall(event: Arrived, at: number): OpenCall {
  const { callId, tenantId, caller, callee, trunk, sipCallId, legId } = event;
  return {
    ...{ callId, tenantId, caller, callee, ...madeBy(event), trunk, sipCallId, arrivedAt: at, revision: 0, ended: null },
    ...{ customerId: null, tier: null, language: 'zh', authLevel: 0, dialplanVersion: null, ivrPath: [], data: {} },
    ...{ visits: [], offers: [], parts: [], recordings: [], disposition: null, notes: null },
    legs: [newLeg({ legId, role: 'caller', agentId: null, offerId: null, target: null }, at)],
  };
}

/** Of a call that did not come from outside. One from a desk is laid down with who is called as its caller: here it is the agent who is. */
function madeBy({ caller, callee, dialled, callback, outbound }: Arrived): Partial<Pick<OpenCall, 'caller' | 'callee' | 'direction' | 'onBehalfOf'>> {
  const to = outbound?.target ?? dialled?.target ?? null;
  if (callback !== undefined) return { direction: 'callback' };
  if (to === null) return {};
  const direction = to.kind === 'number' ? 'outbound' : 'internal';
  if (outbound === undefined) return { direction };
  return { caller: callee, callee: caller, direction, ...(outbound.queueId === null ? {} : { onBehalfOf: outbound.queueId }) };
}

export function makeRoom(call: OpenCall): void {
  if (call.offers.length < MOST_OFFERS) return;
  const at = call.offers.findIndex((offer) => offer.endedAt !== null && offer.end !== 'answered');
  const [gone] = at < 0 ? [] : call.offers.splice(at, 1);
  call.legs = call.legs.filter((leg) => leg.offerId === null || leg.offerId !== gone?.offerId || leg.endedAt === null);
}

/** She may serve the same call twice (transferred back): her part goes on. */
export function beginPart(state: State, callId: CallId, agentId: AgentId, at: number): void {
  const call = live(state, callId);
  const part = call?.parts.find((found) => found.agentId === agentId);
  if (part !== undefined) Object.assign(part, { phase: 'talking', since: at });
  else call?.parts.push({ agentId, phase: 'talking', since: at, wrapUpMs: 0, disposition: null, notes: null });
  state.serving.set(agentId, callId);
}

/** Returns the call when its record changed by it. */
export function endPart(state: State, call: OpenCall, part: Part, at: number): OpenCall | undefined {
  const tookMs = part.phase === 'wrapping' ? Math.max(0, at - part.since) : 0;
  Object.assign(part, { phase: 'done', since: at, wrapUpMs: part.wrapUpMs + tookMs });
  if (state.serving.get(part.agentId) === call.callId) state.serving.delete(part.agentId);
  return tookMs > 0 ? call : undefined;
}
