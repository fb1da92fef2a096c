/** What the desk room makes of what happens: whose screen changes, and what is told there. */
import type { AgentId } from '../../kernel/ids.ts';
import type { AcdEvent } from '../acd/event.ts';
import type { EndingCause } from '../call/ending.ts';
import type { CallEvent, OfferEnd, TransferTarget } from '../call/event.ts';
import type { TimePassed } from '../call/turn.ts';
import type { DeskRoom } from './desk.ts';
import type { CtiEvent } from './event.ts';
import { addressed, asNews, type MessageSent } from './floor/message.ts';
import { askedByOf } from './parties.ts';

/** What the phone rim tells of her phones: only which of them go off-hook when told to matters here. */
export interface PhoneWord {
  type: 'bindingsChanged';
  agentId: AgentId;
  bindings: readonly { allowEvents: readonly string[] }[];
}
export type Heard = Extract<CtiEvent, { type: 'deskMuted' }> | CallEvent | AcdEvent | MessageSent | PhoneWord | TimePassed | { type: 'serverStarted' };
type Handlers = { [T in Heard['type']]?: (room: DeskRoom, event: Extract<Heard, { type: T }>, now: number) => void };

/** How an offer that came to nothing is told to the desk whose phone rang. */
const causeOfOfferEnd: Record<Exclude<OfferEnd, 'answered'>, EndingCause | 'withdrawn'> = {
  no_answer: 'no_answer',
  rejected: 'rejected',
  busy: 'busy',
  unreachable: 'unreachable',
  caller_gone: 'abandoned',
  withdrawn: 'withdrawn',
  answered_elsewhere: 'answered_elsewhere',
};

export const handlers: Handlers = {
  callOffered(room, event, now) {
    const { callId, legId, offerId, queueId, agentId, record, until } = event;
    const call = room.calls.get(callId);
    const behalf = call?.outbound?.by === agentId ? call.outbound.queueId : null;
    room.interrupted(agentId);
    room.records.set(agentId, {
      ...{ callId, legId, offerId, queueId: queueId ?? behalf, recorded: record, ringUntil: until },
      ...{ phase: 'offered', phaseSince: now, establishedAt: null, transferring: false, pop: null, audio: { agent: 'none', caller: 'none' } },
      ...askedByOf(call, legId, room.acd),
    });
    // Whom an agent asked in has a leg by now: she can drop it.
    room.partiesMoved(callId, now);
  },
  offerEnded(room, event, now) {
    if (event.end !== 'answered') room.clear(event.agentId, event.legId, causeOfOfferEnd[event.end], 'server', now);
    if (event.queueId === null) room.tellStates(event.callId);
  },
  legsJoined(room, event, now) {
    for (const legId of event.legIds) room.joined(event.callId, legId, now);
  },
  legRinging: (room, { callId, legId }) => room.calledRings(callId, legId),
  legPickable: (room, { callId, legId, pickable }) => room.pickable(callId, legId, pickable),
  legControlFailed(room, { callId, legId, control }) {
    if (control === 'answer') room.answerFailed(callId, legId);
    if (control === 'retrieve') room.retrieveFailed(callId, legId);
  },
  legAnswered(room, { callId, legId }, now) {
    if (room.calls.get(callId)?.consult?.legId === legId) room.consultMoved(callId);
    room.callsNow(callId, legId, now);
    room.calledAnswers(callId, legId, now);
  },
  partyAsked(room, { callId, how, by }, now) {
    if (how === 'conference') return room.conferenceMoved(callId, now);
    for (const [, record] of room.onCall(callId))
      if (record.legId === by && record.phase === 'held') Object.assign(record, { phase: 'established', phaseSince: now });
    room.consultMoved(callId);
  },
  partyAskEnded: (room, event, now) => room.askEnded(event, now),
  deskMuted(room, { agentId, callId }) {
    const record = room.records.get(agentId);
    const leg = record === undefined ? undefined : room.calls.get(callId)?.legs.get(record.legId);
    if (record?.callId !== callId || leg === undefined || (record.muted ?? false) === (leg.muted ?? false)) return;
    room.tellMuted(agentId, callId, leg.muted ?? false);
  },
  consultToggled: (room, { callId }) => room.consultMoved(callId),
  conferenceChanged: (room, { callId }, now) => room.conferenceMoved(callId, now),
  callHandedOn(room, { callId, agentId }) {
    const record = agentId === null ? undefined : room.records.get(agentId);
    if (record?.callId === callId) delete record.askedBy;
    if (agentId !== null) room.popAgain(callId, agentId);
    room.tellStates(callId);
  },
  legHeld(room, event, now) {
    room.holdChanged(event.callId, event.legId, true, now);
    room.partiesMoved(event.callId, now);
  },
  legRetrieved(room, event, now) {
    room.holdChanged(event.callId, event.legId, false, now);
    room.partiesMoved(event.callId, now);
  },
  legAudioTroubled(room, event) {
    room.audioTroubled(event.callId, event.legId, event.trouble);
  },
  legEnded(room, event, now) {
    const agentId = room.agentOfLeg(event.callId, event.legId);
    if (agentId !== null) room.clear(agentId, event.legId, event.ending.cause, event.ending.by, now);
    room.tellStates(event.callId);
  },
  callEnded(room, event, now) {
    for (const [agentId, record] of room.onCall(event.callId)) room.clear(agentId, record.legId, event.ending.cause, event.ending.by, now);
  },
  callTransferred(room, event) {
    const { target } = event;
    const to = shownTarget(target);
    for (const [agentId, record] of room.onCall(event.callId)) {
      if (record.legId !== event.by) continue;
      record.transferring = true;
      room.tell(agentId, { type: 'callTransferred', data: { callId: event.callId, legId: record.legId, target: { kind: target.kind, to } } });
      room.tellState(agentId);
    }
  },
  callsMerged(room, event, now) {
    for (const [agentId, record] of room.onCall(event.callId)) {
      if (record.legId !== event.by) continue;
      const target =
        event.agentId === null
          ? ({ kind: 'number', to: room.calls.get(event.from)?.callee.number ?? '' } as const)
          : ({ kind: 'agent', to: event.agentId } as const);
      room.tell(agentId, { type: 'callTransferred', data: { callId: event.callId, legId: record.legId, target } });
    }
    if (event.agentId !== null) room.takesOver(event.agentId, event.callId, event.legId, event.up, now);
  },
  legReplaced: (room, event, now) => room.takesOver(event.agentId, event.callId, event.legId, true, now),
  dataSet(room, event) {
    const data = room.calls.get(event.callId)?.data ?? event.data;
    for (const [agentId] of room.onCall(event.callId)) {
      room.tell(agentId, { type: 'dataChanged', data: { callId: event.callId, changed: event.data, data, by: event.by } });
    }
  },
  captureChanged(room, { callId, by, form, field, state, count }) {
    room.tell(by, { type: 'captureChanged', data: { callId, form, field, state, count } });
    if (room.calls.get(callId)?.capture?.state === 'sending')
      room.tell(by, { type: 'captureChanged', data: { callId, form, field: null, state: 'sending', count: 0 } });
  },
  secretsDelivered(room, { callId, by, form, ok }) {
    if (by !== null) room.tell(by, { type: 'captureChanged', data: { callId, form, field: null, state: ok ? 'delivered' : 'refused', count: 0 } });
  },
  customerFound(room, event, now) {
    room.popAgain(event.callId);
    // Those who talk with her see who she is.
    room.partiesMoved(event.callId, now);
  },
  authenticationEnded: (room, event) => room.popAgain(event.callId),
  languageChosen: (room, event) => room.popAgain(event.callId),
  consentNoted: (room, event) => room.popAgain(event.callId),
  recordingPaused: (room, event) => room.popAgain(event.callId),
  recordingResumed: (room, event) => room.popAgain(event.callId),
  interactionOffered: (room, event, now) => room.tellInteraction(event, now),
  interactionOfferEnded: (room, event, now) => room.tellInteraction(event, now),
  interactionAssigned: (room, event, now) => room.tellInteraction(event, now),
  interactionGivenBack: (room, event, now) => room.tellInteraction(event, now),
  interactionWrapUpBegan: (room, event, now) => room.tellInteraction(event, now),
  interactionEnded: (room, event, now) => room.tellInteraction(event, now),
  messageSent(room, event, now) {
    const message = asNews(event, now);
    for (const agentId of addressed(room.acd, event.tenantId, event.to)) room.tell(agentId, message);
  },
  interactionQueued: (room, event, now) => room.figures.moved(event.queueId, now),
  interactionLeftQueue: (room, event, now) => room.figures.moved(event.queueId, now),
  callbackPlaced(room, { callbackId, queueId, number, by }) {
    if (by !== undefined) room.tell(by, { type: 'callbackPlaced', data: { callbackId, queueId, number } });
  },
  callQueued: (room, event, now) => room.figures.moved(event.queueId, now),
  callLeftQueue: (room, event, now) => room.figures.moved(event.queueId, now),
  queueStateChanged: (room, event, now) => room.figures.moved(event.queueId, now),
  queueConfigured: (room, event, now) => room.figures.moved(event.queue.queueId, now),
  agentConfigured: (room, event, now) => room.agentMoved(event.agent.agentId, now),
  agentRemoved: (room, event, now) => room.agentMoved(event.agentId, now),
  bindingsChanged: (room, event, now) => room.phonesChanged(event, now),
  agentWentReady: (room, event, now) => room.agentMoved(event.agentId, now),
  agentWentNotReady: (room, event, now) => room.agentMoved(event.agentId, now),
  phoneReachable: (room, event, now) => room.agentMoved(event.agentId, now),
  phoneLost: (room, event, now) => room.agentMoved(event.agentId, now),
  agentStateChanged(room, event, now) {
    const record = room.records.get(event.agentId);
    const withCall = event.state === 'offered' || event.state === 'talking' || event.state === 'wrapping_up';
    if (record !== undefined && !withCall) {
      room.clear(event.agentId, record.legId, 'internal', 'server', now);
      room.records.delete(event.agentId);
    }
    room.wrapUpGoesOn(event.agentId, event.state, now);
    room.agentMoved(event.agentId, now);
  },
  serverStarted(room) {
    room.records.clear();
    room.beneath.clear();
  },
};

function shownTarget(target: TransferTarget): string {
  switch (target.kind) {
    case 'agent':
      return target.agentId;
    case 'queue':
      return target.queueId;
    case 'number':
      return target.number;
    case 'dialplan':
      return target.flow;
  }
}
