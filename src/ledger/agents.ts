/** Agents' seconds: each goes into the one bucket of what she was, and beside it into what she did for the contact she had. */
import type { AgentId, CallId, LegId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { AcdEvent, NotReadyReason } from '../acd/event.ts';
import { agentRow } from './blocks.ts';
import { addHandled, beginPart, latestPart } from './contacts.ts';
import { parts } from './interval.ts';
import type { TimeBucket } from './measures.ts';
import type { AgentState, Span, State } from './state.ts';

type StateChanged = Extract<AcdEvent, { type: 'agentStateChanged' }>;

/** Several reasons can hold at once; her seconds lie with the first of these. */
const reasonsByRank: readonly NotReadyReason[] = [
  ...(['own_call', 'supervisor', 'meal', 'break', 'training', 'meeting', 'other'] as const),
  ...(['no_answer', 'rejected', 'busy', 'unreachable', 'phone_lost', 'client_lost', 'restart', 'signed_in'] as const),
];
const reasonOf = (reasons: readonly NotReadyReason[]): NotReadyReason => reasonsByRank.find((reason) => reasons.includes(reason)) ?? 'other';

const WITH_A_CALL: ReadonlySet<TimeBucket> = new Set(['talking', 'holding', 'consulting']);

function bucketOf({ state, activity }: StateChanged): TimeBucket | null {
  switch (state) {
    case 'signed_out':
      return null;
    case 'not_ready':
      return 'notReady';
    case 'ready':
      return activity === 'serving' ? 'serving' : 'ready';
    case 'offered':
      return activity === 'ringing' ? 'ringing' : 'reserved';
    case 'talking':
      return activity === 'holding' ? 'holding' : activity === 'consulting' ? 'consulting' : 'talking';
    case 'wrapping_up':
      return 'wrappingUp';
  }
}

export function configured(state: State, agentId: AgentId, tenantId: TenantId, team: string): void {
  const known = state.agents.get(agentId);
  if (known === undefined) state.agents.set(agentId, { tenantId, team, span: null, presentSince: null, work: null, removed: false });
  else {
    // What she has done so far, she did for the team she was in.
    if (known.team !== team) settle(state, agentId, known);
    Object.assign(known, { tenantId, team, removed: false });
  }
}

export function stateChanged(state: State, event: StateChanged): void {
  const { agentId, callId } = event;
  const agent = state.agents.get(agentId);
  if (agent === undefined) return;
  settle(state, agentId, agent);
  const before = agent.span;
  const bucket = bucketOf(event);
  if (bucket === null) {
    signedOut(state, agentId, agent);
    return;
  }
  const span: Span = { since: state.now, bucket, reason: bucket === 'notReady' ? reasonOf(event.reasons) : null, callId, queueId: '' };
  if (callId !== null) {
    const goesOn = before !== null && before.callId === callId && (WITH_A_CALL.has(before.bucket) || before.bucket === 'wrappingUp');
    if (WITH_A_CALL.has(bucket) && !goesOn) beginPart(state, callId, agentId, agent);
    span.queueId = owedTo(state, agentId, agent, callId, bucket);
  }
  if (before === null) state.present += 1;
  agent.span = span;
  agent.presentSince ??= state.now;
}

function owedTo(state: State, agentId: AgentId, { work }: AgentState, callId: CallId, bucket: TimeBucket): QueueId | '' {
  if (bucket === 'reserved' || bucket === 'ringing') return work?.callId === callId ? work.queueId : '';
  return latestPart(state, callId, agentId)?.owedTo ?? '';
}

/** An offer is told before the state it brings her into, or behind it. */
export function offered(state: State, agentId: AgentId, callId: CallId, queueId: QueueId | ''): void {
  const agent = state.agents.get(agentId);
  if (agent === undefined) return;
  agent.work = { callId, queueId };
  if (agent.span?.callId === callId && agent.span.bucket === 'reserved') {
    settle(state, agentId, agent);
    agent.span.queueId = queueId;
  }
}

export function removed(state: State, agentId: AgentId, hasHungUp = false): void {
  const agent = state.agents.get(agentId);
  if (agent === undefined) return;
  agent.removed = true;
  // While she talks she is removed after the call.
  if (!hasHungUp && agent.span !== null && WITH_A_CALL.has(agent.span.bucket)) return;
  settle(state, agentId, agent);
  signedOut(state, agentId, agent);
}

function signedOut(state: State, agentId: AgentId, agent: AgentState): void {
  if (agent.span !== null) state.present -= 1;
  Object.assign(agent, { span: null, presentSince: null, work: null });
  if (agent.removed) state.agents.delete(agentId);
}

/** Counts everybody's seconds up to now. */
export function settleAll(state: State): void {
  for (const [agentId, agent] of state.agents) settle(state, agentId, agent);
  for (const agentId of state.standing.keys()) settleLegs(state, agentId);
}

/** The house was not there: what everybody was ended with the last event it heard, and until now nobody saw anything. */
export function restarted(state: State, lastAt: number): void {
  const { now } = state;
  state.now = lastAt;
  settleAll(state);
  state.standing.clear();
  state.legs.clear();
  state.now = now;
  for (const [agentId, agent] of state.agents) {
    const { span } = agent;
    if (span === null) continue;
    agent.span = { since: lastAt, bucket: 'unobserved', reason: null, callId: null, queueId: '' };
    settle(state, agentId, agent);
    // Who had a call is told to be something else in this turn; of the others nothing is told where nothing has changed.
    agent.span = span.callId === null ? { ...span, since: now } : { since: now, bucket: 'notReady', reason: 'restart', callId: null, queueId: '' };
    agent.work = null;
  }
}

function settle(state: State, agentId: AgentId, agent: AgentState): void {
  const { span, tenantId, team, presentSince } = agent;
  if (presentSince !== null) {
    for (const { start, ms } of parts(presentSince, state.now)) state.blocks.at(tenantId, start).presentMs += ms;
    agent.presentSince = state.now;
  }
  if (span === null || span.since >= state.now) return;
  for (const { start, ms } of parts(span.since, state.now)) {
    const row = agentRow(state.blocks.at(tenantId, start), { agentId, team, queueId: span.queueId });
    row[`${span.bucket}Ms`] += ms;
    if (span.reason !== null) row.reasons[span.reason] = (row.reasons[span.reason] ?? 0) + ms;
  }
  if (span.callId !== null) creditPart(state, agentId, span, span.callId);
  span.since = state.now;
}

/** The same seconds as work on the contact, in the interval in which it came. */
function creditPart(state: State, agentId: AgentId, { bucket, since }: Span, callId: CallId): void {
  const measure = bucket === 'talking' ? 'talkMs' : bucket === 'wrappingUp' ? 'wrapUpMs' : WITH_A_CALL.has(bucket) ? 'holdMs' : null;
  const contact = state.contacts.get(callId);
  const part = latestPart(state, callId, agentId);
  if (measure !== null && contact !== undefined && part !== undefined) addHandled(state, contact, part, { [measure]: state.now - since });
}

// -- the same by way of the calls: how long legs of hers stand

export function legUp(state: State, legId: LegId): void {
  const leg = state.legs.get(legId);
  if (leg === undefined || leg.up) return;
  leg.up = true;
  const { agentId } = leg;
  settleLegs(state, agentId);
  const standing = state.standing.get(agentId);
  if (standing === undefined) state.standing.set(agentId, { since: state.now, legs: [legId] });
  else standing.legs.push(legId);
}

export function legDown(state: State, legId: LegId): void {
  const leg = state.legs.get(legId);
  if (leg === undefined) return;
  const { agentId } = leg;
  if (leg.up) settleLegs(state, agentId);
  state.legs.delete(legId);
  const standing = state.standing.get(agentId);
  if (standing === undefined) return;
  standing.legs = standing.legs.filter((found) => found !== legId);
  if (standing.legs.length > 0) return;
  state.standing.delete(agentId);
  if (state.agents.get(agentId)?.removed === true) removed(state, agentId, true);
}

/** Counts what stood so far to the queue it was owed to, before that changes. */
export function legOwedTo(state: State, legId: LegId, queueId: QueueId | ''): void {
  const leg = state.legs.get(legId);
  if (leg === undefined) return;
  if (leg.up) settleLegs(state, leg.agentId);
  leg.queueId = queueId;
}

function settleLegs(state: State, agentId: AgentId): void {
  const standing = state.standing.get(agentId);
  const tenantId = state.agents.get(agentId)?.tenantId;
  if (standing === undefined || tenantId === undefined) return;
  const [first] = standing.legs;
  const queueId = (first === undefined ? undefined : state.legs.get(first)?.queueId) ?? '';
  for (const { start, ms } of parts(standing.since, state.now)) {
    const { legMs } = state.blocks.at(tenantId, start);
    legMs.set(queueId, (legMs.get(queueId) ?? 0) + ms);
  }
  standing.since = state.now;
}
