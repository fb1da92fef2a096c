/**
 * The call room: what a call is made of, who hears whom, and how it ends.
 *
 * A call begins with the customer's leg (0). Agents' legs (1…) come with offers of the acd, legs to other numbers
 * (1001…) with transfers. Once two are joined they share their fate: the end of one releases the other, unless a transfer
 * is under way. The call is over when its last leg is.
 *
 *   arriving ──answered──▶ up ──hold──▶ held ──retrieve──▶ up ──end──▶ ended        (caller)
 *   dialling ──▶ ringing ──answered──▶ up …                                         (agent, target)
 */
import type { AgentId, CallId, LegId } from '../../kernel/ids.ts';
import { loseMedia, restoreMedia } from './anchor.ts';
import { askAttended, merge } from './attended.ts';
import { type Call, callerLeg, isEnded, isUp, type Leg } from './call.ts';
import { callbackAnswered, callbackLeft, callbackOver, reachCallback } from './callback.ts';
import { Calls } from './calls.ts';
import { askCapture, type CaptureWish, cancelCapture, captureChanged, captureWaiting, delivered } from './capture.ts';
import { conferenceFailed, conferenceHeld, conferenceLegEnded, dropParty, giveUpInviting, invitationAnswered, invitationFailed, invite } from './conference.ts';
import { noteConsent } from './consent.ts';
import { askConsult, cancelConsult, completeConsult, conferenceConsult, consultAnswered, consultFailed, consultLegEnded, toggleConsult } from './consult.ts';
import { askControl, controlFailed } from './control.ts';
import { cutBroken, cutOverdue } from './cutting.ts';
import { answered, dialledFailed, reach, rings } from './dialled.ts';
import { anchorFirst, askDirect, becameDirect, directEnded } from './direct.ts';
import type { EndedBy, Ending, EndingCause } from './ending.ts';
import type { AskedFor, CallEvent, OfferEnd, PartyTarget } from './event.ts';
import { type CallTurn, partnerOf, stopRecording } from './joining.ts';
import { outboundAnswered, outboundFailed, outboundLeft, outboundOfferEnded, outboundRings, reachOutbound } from './outbound.ts';
import { leftQueue, overflowed, queued } from './overflowed.ts';
import { askPause, askResume, byAgent, pause, resume, resumeDue } from './pausing.ts';
import { askSupervision, followSupervision, stopSupervision, supervisionFailed, supervisorAnswered, supervisorLegEnded } from './supervising.ts';
import { askSurvey, leftUnasked, sendToSurvey } from './survey.ts';
import { askTakeover, replace, takesOver } from './takeover.ts';
import { askTransfer, FIRST_TRANSFER_LEG, failTransfer } from './transfer.ts';
import type { TimePassed } from './turn.ts';

/** The desk's wishes that concern legs; declared here because this room is left of the desk's. */
type DeskWish = {
  [T in 'deskAnswered' | 'deskHungUp' | 'deskSentToSurvey' | 'deskHeld' | 'deskRetrieved' | 'deskPausedRecording' | 'deskResumedRecording']: {
    type: T;
    agentId: AgentId;
    callId: CallId;
  };
};
type CaptureWord = ({ type: 'deskCaptureAsked'; callId: CallId } & CaptureWish) | { type: 'deskCaptureCancelled'; agentId: AgentId; callId: CallId };
type PartyWord =
  | { type: 'deskPartyAsked'; agentId: AgentId; callId: CallId; how: AskedFor; target: PartyTarget }
  | { type: 'deskConsulted'; agentId: AgentId; callId: CallId; what: 'complete' | 'cancel' | 'toggle' | 'conference' }
  | { type: 'deskMuted'; agentId: AgentId; callId: CallId; muted: boolean }
  | { type: 'deskPartyDropped'; agentId: AgentId; callId: CallId; legId: LegId };
type Heard = CallEvent | CaptureWord | PartyWord | DeskWish[keyof DeskWish] | TimePassed | { type: 'serverStarted' };
type Handlers = { [T in Heard['type']]?: (calls: Calls, event: Extract<Heard, { type: T }>, turn: CallTurn, now: number) => void };

const MOST_PATH_STEPS = 64;

const firstLeg = ({ legId, callback, outbound }: Extract<CallEvent, { type: 'callArrived' }>, now: number): Leg => ({
  ...{ legId, role: 'caller', agentId: null, offerId: null, record: false, startedAt: now },
  progress: { state: callback === undefined && outbound === undefined ? 'arriving' : 'dialling' },
});

/** What `callArrived` lays down. */
function openCall(event: Extract<CallEvent, { type: 'callArrived' }>, now: number): Call {
  return {
    callId: event.callId,
    tenantId: event.tenantId,
    arrivedAt: now,
    caller: event.caller,
    callee: event.callee,
    dialled: event.dialled ?? null,
    callback: event.callback ?? null,
    callbackDialled: false,
    outbound: event.outbound === undefined ? null : { ...event.outbound, stage: 'own_phone' },
    answering: null,
    legs: new Map([[event.legId, firstLeg(event, now)]]),
    nextTransferLeg: FIRST_TRANSFER_LEG,
    customer: null,
    authLevel: 0,
    language: 'zh',
    data: {},
    ivrPath: [],
    queueId: null,
    waiting: false,
    joined: null,
    direct: null,
    directs: 0,
    ...{ recordingId: null, recordingRuns: false, recorded: null, recordings: 0 },
    pauses: new Map(),
    capture: null,
    captures: 0,
    captured: new Set(),
    takeovers: new Map(),
    adrift: new Set(),
    transfer: null,
    supervision: null,
    ...{ consult: null, conference: null, invitations: [] },
    overdue: false,
    ending: null,
    endedAt: null,
  };
}

/** A direct offer that came to nothing, as the one who sent the call there is told. */
const causeOfOfferEnd: Record<Exclude<OfferEnd, 'answered'>, EndingCause> = {
  no_answer: 'no_answer',
  rejected: 'rejected',
  busy: 'busy',
  unreachable: 'unreachable',
  caller_gone: 'unreachable',
  withdrawn: 'unreachable',
  answered_elsewhere: 'answered_elsewhere',
};

/** What a phone is told that answers when its offer is over already. */
const tooLate: Record<Exclude<OfferEnd, 'answered'>, { cause: EndingCause; by: EndedBy }> = {
  no_answer: { cause: 'no_answer', by: 'server' },
  rejected: { cause: 'rejected', by: 'server' },
  busy: { cause: 'busy', by: 'server' },
  unreachable: { cause: 'unreachable', by: 'server' },
  caller_gone: { cause: 'abandoned', by: 'other_party' },
  withdrawn: { cause: 'transferred', by: 'server' },
  answered_elsewhere: { cause: 'answered_elsewhere', by: 'server' },
};

const handlers: Handlers = {
  callArrived(calls, event, turn, now) {
    const call = openCall(event, now);
    calls.add(call);
    if (!reachCallback(call, turn) && !reachOutbound(call, turn)) reach(call, turn);
  },
  customerFound(calls, event) {
    const call = calls.live(event.callId);
    if (call === undefined) return;
    call.customer = event.customer;
    call.authLevel = event.authLevel;
    if (event.surveyedAt !== undefined) call.surveyedAt = event.surveyedAt;
    call.language = event.customer?.language ?? call.language;
  },
  authenticationEnded(calls, event) {
    const call = calls.live(event.callId);
    if (call !== undefined) call.authLevel = event.authLevel;
  },
  languageChosen(calls, event) {
    const call = calls.live(event.callId);
    if (call !== undefined) call.language = event.language;
  },
  dataSet(calls, event) {
    const call = calls.get(event.callId);
    if (call !== undefined) call.data = { ...call.data, ...event.data };
  },
  flowEntered(calls, event) {
    const path = calls.live(event.callId)?.ivrPath;
    if (path !== undefined && path.length < MOST_PATH_STEPS) path.push(`${event.flow}/${event.step}`);
  },
  callQueued(calls, event) {
    const call = calls.live(event.callId);
    if (call === undefined) return;
    call.queueId = event.queueId;
    call.waiting = true;
    queued(call);
  },
  callOverflowed(calls, event, _turn, now) {
    const call = calls.live(event.callId);
    if (call !== undefined) overflowed(call, event, now);
  },
  callLeftQueue(calls, event) {
    const call = calls.live(event.callId);
    if (call === undefined) return;
    if (call.queueId === event.queueId) call.waiting = false;
    leftQueue(call, event);
  },
  callOffered(calls, event, _turn, now) {
    const { legId, agentId, offerId, record, recording, consent, direct, conferenceEnds, survey } = event;
    const rule = {
      ...(recording === undefined ? {} : { recording }),
      ...(direct === undefined ? {} : { direct }),
      ...(conferenceEnds === undefined ? {} : { conferenceEnds }),
      ...(survey === undefined ? {} : { survey }),
    };
    const call = calls.live(event.callId);
    if (call === undefined) return;
    if (consent === undefined) delete call.consentNeed;
    else call.consentNeed = consent;
    const called = call.legs.get(legId);
    // A colleague who is called from a desk is the party that is served.
    if (called !== undefined) Object.assign(called, { agentId, offerId });
    else call.legs.set(legId, { legId, role: 'agent', agentId, offerId, record, ...rule, startedAt: now, progress: { state: 'dialling' } });
    if (event.queueId === null) partyOffered(call, agentId, legId);
  },
  offerEnded(calls, event, turn, now) {
    const call = calls.live(event.callId);
    if (call === undefined || event.end === 'answered') return;
    const leg = call.legs.get(event.legId);
    if (leg !== undefined) leg.offerEnd = event.end;
    if (event.queueId !== null) return;
    const cause = causeOfOfferEnd[event.end];
    if (partyFailed(call, event.legId, event.agentId, cause, turn)) return;
    if (outboundOfferEnded(call, event, cause, turn, now)) return endCallIfEmpty(call, turn);
    if (!dialledFailed(call, event, cause, turn)) failTransfer(call, cause, turn);
  },
  legRinging(calls, event, turn) {
    const call = calls.live(event.callId);
    const leg = call?.legs.get(event.legId);
    if (call === undefined || leg?.progress.state !== 'dialling') return;
    leg.progress = { state: 'ringing' };
    outboundRings(call, leg, turn);
    rings(call, turn);
  },
  legAnswered(calls, event, turn, now) {
    const call = calls.live(event.callId);
    const leg = call?.legs.get(event.legId);
    if (call === undefined || leg === undefined || isUp(leg) || isEnded(leg)) return;
    leg.progress = { state: 'up', since: now, held: false };
    if (event.stands?.takes !== undefined) leg.takes = event.stands.takes;
    // Two answered in the same moment, or her answer crossed our CANCEL: the call is no longer hers, and she hears so.
    if (leg.offerEnd !== undefined) turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: leg.legId, ...tooLate[leg.offerEnd] });
    else if (!answers.some((answersIt) => answersIt(call, leg, turn))) answered(call, leg, turn);
  },
  legHeld(calls, event, turn) {
    const call = calls.live(event.callId);
    const leg = call?.legs.get(event.legId);
    if (leg !== undefined && event.by === 'phone') leg.holdsItself = true;
    if (call === undefined || leg?.progress.state !== 'up' || leg.progress.held) return;
    const other = partnerOf(call, leg.legId);
    leg.progress = { ...leg.progress, held: true };
    if (conferenceHeld(call, leg, turn)) return;
    if (call.joined !== null) turn.commands.push({ type: 'partLegs', callId: call.callId, legIds: call.joined, musicTo: other, music: 'default' });
  },
  legRetrieved(calls, event, turn) {
    const call = calls.live(event.callId);
    const leg = call?.legs.get(event.legId);
    if (leg !== undefined && event.by === 'phone') leg.holdsItself = false;
    if (call === undefined || leg?.progress.state !== 'up' || !leg.progress.held) return;
    leg.progress = { ...leg.progress, held: false };
    if (conferenceHeld(call, leg, turn)) return;
    const other = call.legs.get(partnerOf(call, leg.legId) ?? leg.legId);
    const otherHeld = other?.progress.state === 'up' && other.progress.held;
    if (call.joined !== null && !otherHeld) turn.commands.push({ type: 'joinLegs', callId: call.callId, legIds: call.joined });
  },
  legEnded(calls, event, turn, now) {
    const call = calls.live(event.callId);
    const leg = call?.legs.get(event.legId);
    if (call === undefined || leg === undefined || isEnded(leg)) return;
    const before = leg.progress.state;
    leg.progress = { state: 'ended', at: now, ending: event.ending };
    call.adrift.delete(leg.legId);
    if (supervisorLegEnded(call, leg, event.ending.cause, turn)) return endCallIfEmpty(call, turn);
    if (leg.role === 'caller') endCaller(call, leg, event.ending, turn);
    else if (!partyLegEnded(call, leg, event.ending.cause, turn)) endOther(call, leg, before === 'up', turn);
    endCallIfEmpty(call, turn);
  },
  legMediaLost(calls, event, turn) {
    const call = calls.live(event.callId);
    const leg = call?.legs.get(event.legId);
    // What goes past the media server does not miss it.
    if (call !== undefined && leg !== undefined && call.direct !== 'direct') loseMedia(call, leg, turn);
  },
  legMediaRestored(calls, event, turn) {
    const call = calls.live(event.callId);
    const leg = call?.legs.get(event.legId);
    if (call !== undefined && leg !== undefined) restoreMedia(call, leg, turn);
  },
  legsJoined: (calls, event, turn) => askDirect(calls.live(event.callId), event, turn),
  legsDirect: (calls, event, turn) => becameDirect(calls.live(event.callId), turn),
  directEnded: (calls, event, turn) => directEnded(calls.live(event.callId), event, turn),
  transferAsked(calls, event, turn) {
    const call = calls.live(event.callId);
    if (call !== undefined) askTransfer(call, event, turn);
  },
  attendedTransferAsked(calls, event, turn) {
    askAttended(calls, event, turn);
  },
  callsMerged(calls, event, turn) {
    merge(calls, event, turn);
  },
  takeoverAsked(calls, event, turn, now) {
    askTakeover(calls, event, turn, now);
  },
  legReplaced(calls, event, turn) {
    const call = calls.live(event.callId);
    if (call !== undefined) replace(call, event, turn);
  },
  callTransferred(calls, event, _turn, now) {
    const call = calls.live(event.callId);
    if (call === undefined || event.legId === null) return;
    const { legId, target } = event;
    const dialled = target.kind === 'number' ? { number: target.number } : {};
    call.legs.set(legId, { legId, role: 'target', agentId: null, offerId: null, ...dialled, record: false, startedAt: now, progress: { state: 'dialling' } });
  },
  callbackEnded(calls, event, turn, now) {
    const call = calls.live(event.callId);
    if (call !== undefined && callbackOver(call, event, turn, now)) endCallIfEmpty(call, turn);
  },
  callBroke: (calls, event, turn) => cutBroken(calls, event, turn),
  callEnded(calls, event, _turn, now) {
    const call = calls.live(event.callId);
    if (call !== undefined) calls.end(call, now);
  },
  deskAnswered(calls, event, turn) {
    const leg = agentLegOf(calls.live(event.callId), event.agentId);
    if (leg !== undefined && !isUp(leg)) turn.commands.push({ type: 'pickUpLeg', callId: event.callId, legId: leg.legId });
  },
  deskHungUp(calls, event, turn) {
    const leg = agentLegOf(calls.live(event.callId), event.agentId);
    // She hung up, only by another button: the end is hers, not the server's.
    if (leg !== undefined) turn.commands.push({ type: 'releaseLeg', callId: event.callId, legId: leg.legId, cause: 'normal', by: 'far_end' });
  },
  deskSentToSurvey: (calls, { callId, agentId }, turn) => sendToSurvey(calls.live(callId), agentLegOf(calls.live(callId), agentId), turn),
  deskHeld: (calls, { callId, agentId }, turn) => askedAtDesk(calls.live(callId), agentId, 'hold', turn),
  deskRetrieved: (calls, { callId, agentId }, turn) => askedAtDesk(calls.live(callId), agentId, 'retrieve', turn),
  legControlFailed(calls, { callId, legId, control }, turn) {
    const call = calls.live(callId);
    const leg = call?.legs.get(legId);
    if (call !== undefined && leg !== undefined) controlFailed(call, leg, control, turn);
  },
  deskPausedRecording(calls, { callId, agentId }, turn, now) {
    askPause(calls.live(callId), 'agent', byAgent(agentId), null, turn, now);
  },
  deskResumedRecording(calls, { callId, agentId }, turn) {
    askResume(calls.live(callId), 'agent', byAgent(agentId), turn);
  },
  deskCaptureAsked: (calls, event, turn, now) => askCapture(calls.live(event.callId), event, turn, now),
  deskCaptureCancelled: (calls, event, turn) => cancelCapture(calls.live(event.callId), turn),
  captureChanged: (calls, event, turn) => captureChanged(calls.get(event.callId), event, turn),
  secretsDelivered: (calls, event, turn) => delivered(calls.get(event.callId), event, turn),
  deskPartyAsked(calls, { callId, agentId, how, target }, turn, now) {
    (how === 'consult' ? askConsult : invite)(calls.live(callId), agentId, target, turn, now);
  },
  deskConsulted: (calls, { callId, agentId, what }, turn) => consultWords[what](calls.live(callId), agentId, turn),
  deskMuted(calls, { callId, agentId, muted }, turn) {
    const leg = agentLegOf(calls.live(callId), agentId);
    if (leg === undefined || !isUp(leg) || (leg.muted ?? false) === muted) return;
    leg.muted = muted;
    turn.commands.push({ type: 'muteLeg', callId, legId: leg.legId, muted });
  },
  deskPartyDropped: (calls, { callId, agentId, legId }, turn) => dropParty(calls.live(callId), agentId, legId, turn),
  conferenceFailed(calls, { callId }, turn) {
    if (!supervisionFailed(calls.live(callId), turn)) conferenceFailed(calls.live(callId), turn);
  },
  supervisionAsked: (calls, event, turn, now) => askSupervision(calls.live(event.callId), event, turn, now),
  supervisionStopAsked: (calls, { callId, by }, turn) => stopSupervision(calls.live(callId), by, turn),
  recordingPauseAsked(calls, { callId, holder, by, forMs }, turn, now) {
    askPause(calls.live(callId), holder, by, forMs, turn, now);
  },
  recordingResumeAsked(calls, { callId, holder, by }, turn) {
    askResume(calls.live(callId), holder, by, turn);
  },
  recordingPaused: (calls, event, turn) => pause(calls, event, turn),
  recordingResumed: (calls, event, turn) => resume(calls, event, turn),
  consentNoted(calls, event, turn) {
    const call = calls.live(event.callId);
    if (call !== undefined && !noteConsent(call, event)) stopRecording(call, turn);
  },
  recordingStarted(calls, event) {
    const call = calls.live(event.callId);
    if (call?.recordingId === event.recordingId) call.recordingRuns = true;
  },
  recordingEnded(calls, event, turn) {
    const call = calls.live(event.callId);
    if (call?.recordingId === event.recordingId) endRecording(call, turn);
  },
  serverStarted(calls, _event, _turn, now) {
    // The dialogs and the audio of these calls died with us; their records are closed by the cdr room on the same event.
    calls.endAll(now);
  },
};

/** For whom a leg may have answered that is no plain one: the first that says so. */
const answers = [
  supervisorAnswered,
  takesOver,
  (call: Call, leg: Leg, turn: CallTurn) => consultAnswered(call, leg, turn) || invitationAnswered(call, leg, turn),
  callbackAnswered,
  outboundAnswered,
];

const consultWords = { complete: completeConsult, cancel: cancelConsult, toggle: toggleConsult, conference: conferenceConsult } as const;

/** The acd has made the offer to an agent who is asked in. */
function partyOffered(call: Call, agentId: AgentId, legId: LegId): void {
  for (const asked of [call.consult, ...call.invitations]) {
    if (asked?.legId === null && asked.target.kind === 'agent' && asked.target.agentId === agentId) asked.legId = legId;
  }
}

const partyFailed = (call: Call, legId: LegId, agentId: AgentId | null, cause: EndingCause, turn: CallTurn): boolean =>
  consultFailed(call, legId, agentId, cause, turn) || invitationFailed(call, legId, agentId, cause, turn);
const partyLegEnded = (call: Call, leg: Leg, cause: EndingCause, turn: CallTurn): boolean =>
  consultLegEnded(call, leg, cause, turn) || conferenceLegEnded(call, leg, turn) || invitationFailed(call, leg.legId, leg.agentId, cause, turn);

/**
 * By itself, for example because the disk is full: what is joined next may be recorded again. F8: who talks goes on; but a talk that must be
 * recorded, and is not from its very beginning, does not take place.
 */
function endRecording(call: Call, turn: CallTurn): void {
  const neverRan = !call.recordingRuns;
  call.recordingId = null;
  call.recorded = null;
  call.recordingRuns = false;
  const caller = callerLeg(call);
  if (!neverRan || caller === undefined || isEnded(caller) || call.joined?.some((legId) => call.legs.get(legId)?.recording === 'mandatory') !== true) return;
  turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: caller.legId, cause: 'recording_failure', by: 'server' });
}

function askedAtDesk(call: Call | undefined, agentId: AgentId, control: 'hold' | 'retrieve', turn: CallTurn): void {
  const leg = agentLegOf(call, agentId);
  if (call !== undefined && leg !== undefined) askControl(call, leg, control, turn);
}

/** The live leg of this agent's phone in this call. */
function agentLegOf(call: Call | undefined, agentId: AgentId): Leg | undefined {
  if (call === undefined) return undefined;
  return [...call.legs.values()].find((leg) => leg.agentId === agentId && !isEnded(leg));
}

function endCaller(call: Call, leg: Leg, ending: Ending, turn: CallTurn): void {
  const leftWaiting = call.waiting && ending.by === 'far_end' && ending.cause === 'normal';
  call.ending = leftWaiting ? { ...ending, cause: 'abandoned' } : ending;
  giveUpInviting(call, turn);
  if (partyLegEnded(call, leg, ending.cause, turn)) return;
  leftUnasked(call, leg, turn);
  const cause = outboundFailed(call, leg) ? ending.cause : fateShared(ending.cause);
  call.joined = null;
  call.transfer = null;
  stopRecording(call, turn);
  for (const leg of call.legs.values()) {
    // A leg that still rings for an offer is the acd's to withdraw.
    const withdrawnByAcd = leg.role === 'agent' && leg.offerId !== null && !isUp(leg);
    if (isEnded(leg) || withdrawnByAcd) continue;
    turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: leg.legId, cause, by: 'other_party' });
  }
}

/** What the other party is told: why the first one ended, where that concerns it; otherwise a plain end. */
const fateShared = (cause: EndingCause): EndingCause =>
  cause === 'media_failure' || cause === 'recording_failure' || cause === 'sip_failure' || cause === 'server_shutdown' || cause === 'max_duration'
    ? cause
    : 'normal';

function endOther(call: Call, leg: Leg, wasUp: boolean, turn: CallTurn): void {
  const partner = partnerOf(call, leg.legId);
  if (partner === null) {
    if (wasUp) callbackLeft(call, leg, turn);
    if (wasUp) outboundLeft(call, leg, turn);
    const cause = leg.progress.state === 'ended' ? leg.progress.ending.cause : 'internal';
    if (!dialledFailed(call, null, cause, turn) && !wasUp && leg.role === 'target' && call.transfer !== null) failTransfer(call, cause, turn);
    return;
  }
  const goesOn = askSurvey(call, leg, turn);
  call.joined = null;
  stopRecording(call, turn);
  const cause = leg.progress.state === 'ended' ? fateShared(leg.progress.ending.cause) : 'normal';
  if (!goesOn && !isEnded(call.legs.get(partner))) turn.commands.push({ type: 'releaseLeg', callId: call.callId, legId: partner, cause, by: 'other_party' });
}

function endCallIfEmpty(call: Call, turn: CallTurn): void {
  if (call.ending === null || [...call.legs.values()].some((leg) => !isEnded(leg))) return;
  turn.events.push({ type: 'callEnded', callId: call.callId, ending: call.ending });
}

const sooner = (a: number | null, b: number | null): number | null => (a === null || b === null ? (a ?? b) : Math.min(a, b));

/** Words of other rooms pass by: this room hears only its own. */
interface Passing {
  type: string;
  callId?: unknown;
}

export function createCallRoom(): { name: 'call'; calls: Calls; decide(event: Passing, now: number): CallTurn } {
  const calls = new Calls();
  return {
    name: 'call',
    calls,
    decide(event, now) {
      const turn: CallTurn = { events: [], commands: [], wakeAt: null };
      const handler = handlers[event.type as Heard['type']] as ((calls: Calls, event: Passing, turn: CallTurn, now: number) => void) | undefined;
      handler?.(calls, event, turn, now);
      if (event.callId !== undefined) followSupervision(calls.live(event.callId as CallId), turn);
      anchorFirst(calls, turn);
      if (event.callId !== undefined) captureWaiting(calls.live(event.callId as CallId), turn);
      turn.wakeAt = sooner(cutOverdue(calls, turn, now), resumeDue(calls, turn, now));
      return turn;
    },
  };
}
