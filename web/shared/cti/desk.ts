/**
 * What one agent's desk shows, folded from a snapshot and the numbered changes after it. Pure, and never changed in place:
 * a page may compare by identity. The invariant the tests keep: after any number of changes this equals the snapshot the
 * server would send at that number.
 */
import type { AgentStateData, DeskCall, DeskInteraction, QueueStats, ServerMessage, ServerMessageOf, Snapshot } from './messages.ts';

export type Desk = Snapshot;
/** The messages that carry a number of their own. */
export type Change = Exclude<ServerMessage, { type: 'welcome' | 'snapshot' | 'error' | 'reply' } | { topic: 'floor' }>;
type ChangeType = Change['type'];
type Fold = { [T in ChangeType]: (desk: Desk, message: ServerMessageOf<T>) => Desk };

const withCall = (desk: Desk, callId: string, change: (call: DeskCall) => DeskCall): Desk =>
  desk.call?.pop.callId === callId ? { ...desk, call: change(desk.call) } : desk;

/** The states in which a call is on her desk; a cleared one stays while she wraps it up. */
const withCallStates: readonly AgentStateData['state'][] = ['offered', 'talking', 'wrapping_up'];

function afterAgent({ beneath, ...desk }: Desk, agent: AgentStateData): Desk {
  const call = withCallStates.includes(agent.state) ? desk.call : null;
  if (beneath === undefined) return { ...desk, agent, call };
  if (agent.state === 'offered') return { ...desk, agent, call, beneath };
  // The offer that interrupted her wrap-up came to nothing, and it goes on.
  return { ...desk, agent, call: agent.state === 'wrapping_up' && agent.callId === beneath.pop.callId ? beneath : call };
}

function afterPop({ beneath, ...desk }: Desk, pop: DeskCall['pop'], ts: string): Desk {
  const offered: DeskCall = { phase: 'offered', phaseSince: ts, establishedAt: null, audio: { agent: 'none', caller: 'none' }, capture: null, pop };
  const wrapping = desk.call?.phase === 'cleared' ? desk.call : beneath;
  return { ...desk, call: offered, ...(wrapping === undefined ? {} : { beneath: wrapping }) };
}

function afterQueue(desk: Desk, stats: QueueStats): Desk {
  const known = desk.queues.some((queue) => queue.queueId === stats.queueId);
  return { ...desk, queues: known ? desk.queues.map((queue) => (queue.queueId === stats.queueId ? stats : queue)) : [...desk.queues, stats] };
}

/** Nobody hears her yet. */
const isBefore = ({ phase }: DeskCall): boolean => phase === 'offered' || phase === 'calling';

/** The caller's own hold is only worth knowing: what she can do stays as it is. */
const afterHold = (desk: Desk, { data, ts }: ServerMessageOf<'callHeld' | 'callRetrieved'>, phase: 'held' | 'established'): Desk =>
  withCall(desk, data.callId, (call) => (data.by === 'caller' || isBefore(call) || call.phase === phase ? call : { ...call, phase, phaseSince: ts }));

const without = ({ interactions }: Desk, gone: string): DeskInteraction[] => interactions.filter(({ interactionId }) => interactionId !== gone);
/** Their ids sort by the time at which they were handed in. */
const sorted = (interactions: DeskInteraction[]): DeskInteraction[] => interactions.sort((a, b) => (a.interactionId < b.interactionId ? -1 : 1));

const withInteraction = (desk: Desk, which: string, change: Partial<DeskInteraction>): Desk => ({
  ...desk,
  interactions: desk.interactions.map((one) => (one.interactionId === which ? { ...one, ...change } : one)),
});

/** What is under way; how it ended is only news. */
function underWay({ form, field, state, count }: ServerMessageOf<'captureChanged'>['data']): DeskCall['capture'] {
  return state === 'keying' || state === 'sending' ? { form, field, state, count } : null;
}

/** Who was on hold hears music on: the hold is part of the consultation now. */
function afterConsult({ consult: _, ...call }: DeskCall, { data, ts }: ServerMessageOf<'consultChanged'>): DeskCall {
  const { state, party } = data;
  if (state === 'over') return call;
  return { ...call, ...(state === 'ringing' && call.phase === 'held' ? { phase: 'established', phaseSince: ts } : {}), consult: { state, party } };
}

const fold: Fold = {
  agentState: (desk, { data }) => afterAgent(desk, data),
  callOffered: (desk, { data }) => withCall(desk, data.callId, (call) => ({ ...call, pop: { ...call.pop, offerId: data.offerId, ringUntil: data.ringUntil } })),
  screenPop: (desk, { data, ts }) =>
    desk.call?.pop.callId === data.callId && desk.call.phase !== 'cleared' ? { ...desk, call: { ...desk.call, pop: data } } : afterPop(desk, data, ts),
  answerFailed: (desk) => desk, // agentState follows, without `answer`
  retrieveFailed: (desk) => desk, // and without `retrieve`
  callDialled: (desk, { data }) =>
    withCall(desk, data.callId, (call) => ({
      ...call,
      ...{ phase: 'calling', phaseSince: data.since, pop: { ...call.pop, ringUntil: null } },
      ...(data.ringing ? { ringing: true } : {}),
    })),
  callEstablished: (desk, { data }) =>
    withCall(desk, data.callId, ({ ringing: _, ...call }) => ({
      ...call,
      phase: 'established',
      phaseSince: data.establishedAt,
      establishedAt: data.establishedAt,
      pop: { ...call.pop, ringUntil: null },
    })),
  callHeld: (desk, message) => afterHold(desk, message, 'held'),
  callRetrieved: (desk, message) => afterHold(desk, message, 'established'),
  audioTrouble: (desk, { data }) => withCall(desk, data.callId, (call) => ({ ...call, audio: { ...call.audio, [data.of]: data.trouble } })),
  captureChanged: (desk, { data }) => withCall(desk, data.callId, (call) => ({ ...call, capture: underWay(data) })),
  callTransferred: (desk) => desk, // callCleared follows
  callConferenced: (desk, { data }) =>
    withCall(desk, data.callId, ({ parties: _, ...call }) => (data.parties.length === 0 ? call : { ...call, parties: data.parties })),
  consultChanged: (desk, message) => withCall(desk, message.data.callId, (call) => afterConsult(call, message)),
  muteChanged: (desk, { data }) => withCall(desk, data.callId, ({ muted: _, ...call }) => (data.muted ? { ...call, muted: true } : call)),
  partyMissed: (desk) => desk, // callConferenced follows
  callCleared: (desk, { data, ts }) =>
    withCall(desk, data.callId, ({ consult: _, parties: _parties, muted: _muted, ringing: _ringing, ...call }) => ({
      ...call,
      phase: 'cleared',
      phaseSince: ts,
      pop: { ...call.pop, ringUntil: null },
    })),
  dataChanged: (desk, { data }) => withCall(desk, data.callId, (call) => ({ ...call, pop: { ...call.pop, data: data.data } })),
  callbackPlaced: (desk) => desk, // news, no part of the desk
  queueStats: (desk, { data }) => afterQueue(desk, data),
  interactionOffered: (desk, { data }) => ({ ...desk, interactions: sorted([...without(desk, data.interactionId), data]) }),
  // Of several offers of one only the last counts; `interactionAssigned` follows what was answered.
  interactionOfferEnded: (desk, { data }) =>
    data.end !== 'answered' && desk.interactions.some(({ offerId }) => offerId === data.offerId)
      ? { ...desk, interactions: without(desk, data.interactionId) }
      : desk,
  interactionAssigned: (desk, { data }) => withInteraction(desk, data.interactionId, { state: 'active', since: data.since, until: null, offerId: null }),
  interactionGivenBack: (desk, { data }) => ({ ...desk, interactions: without(desk, data.interactionId) }),
  interactionWrapUpBegan: (desk, { data: { interactionId, ...rest } }) => withInteraction(desk, interactionId, { state: 'wrapping_up', ...rest }),
  interactionEnded: (desk, { data }) => ({ ...desk, interactions: without(desk, data.interactionId) }),
  message: (desk) => desk, // news, no part of the desk
  alarm: (desk) => desk, // a supervisor's, no part of her own desk
};

export function applyChange(desk: Desk, message: Change): Desk {
  if (!Object.hasOwn(fold, message.type)) return desk; // a newer server may tell more than we can show
  // The table is total by its type; only the link between one message and its own row is lost on the compiler.
  const apply = fold[message.type] as (desk: Desk, message: Change) => Desk;
  return apply(desk, message);
}

/** How long she has been on it, or was: from the answer to now, or to the end. */
export function talkedMs(call: DeskCall, now: number): number {
  if (call.establishedAt === null) return 0;
  return (call.phase === 'cleared' ? Date.parse(call.phaseSince) : now) - Date.parse(call.establishedAt);
}
