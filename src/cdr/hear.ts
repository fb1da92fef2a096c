/** What each event does to the record of its call. */
import type { AcdEvent } from '../acd/event.ts';
import { consentAfter } from '../call/consent.ts';
import type { CallEvent, LegAudio } from '../call/event.ts';
import { askedOf, consultToggled, partyAskEnded, partyAsked } from './asked.ts';
import { mergeLegs } from './merge.ts';
import { close, endLeg, endOfCall, endOfLeg, type OpenCall, retrieve } from './open.ts';
import { beginsPaused, endSilence, pausedBy, resumedBy } from './pauses.ts';
import { beginPart, endPart, live, liveLeg, makeRoom, newLeg, openCall, type State } from './state.ts';
import { surveyAsked, surveyNotAsked, surveyWord } from './survey.ts';

type Heard = CallEvent | AcdEvent;
/** A handler returns the call whose record it changed, for it to be written again if it was written before. */
type Handlers = { [T in Heard['type']]?: (state: State, event: Extract<Heard, { type: T }>, at: number) => OpenCall | undefined };

const MOST_PATH_STEPS = 64;

/** It never was answered: nothing to tell. */
const isSilent = ({ heard, sent, troubles, direct }: LegAudio): boolean => heard === null && sent === null && troubles.length === 0 && direct === undefined;

const handlers: Handlers = {
  callArrived(state, event, at) {
    if (state.calls.has(event.callId)) return undefined;
    state.calls.set(event.callId, openCall(event, at));
    return undefined;
  },
  legRinging(state, event, at) {
    const leg = liveLeg(state, event);
    if (leg !== undefined && leg.answeredAt === null) leg.ringingAt ??= at;
    return undefined;
  },
  legAnswered(state, event, at) {
    const leg = liveLeg(state, event);
    if (leg === undefined || leg.answeredAt !== null) return undefined;
    leg.answeredAt = at;
    if (leg.agentId !== null) beginPart(state, event.callId, leg.agentId, at);
    return undefined;
  },
  legHeld(state, event, at) {
    const leg = liveLeg(state, event);
    if (leg !== undefined && leg.answeredAt !== null) leg.heldSince ??= at;
    return undefined;
  },
  legRetrieved(state, event, at) {
    const leg = liveLeg(state, event);
    if (leg !== undefined) retrieve(leg, at);
    return undefined;
  },
  legEnded(state, event, at) {
    const leg = liveLeg(state, event);
    if (leg !== undefined) endLeg(leg, endOfLeg(leg, at, event.ending), event.ending);
    return undefined;
  },
  legAudioMeasured(state, event) {
    const call = state.calls.get(event.callId);
    const leg = call?.legs.find((found) => found.legId === event.legId);
    if (call === undefined || leg === undefined || isSilent(event.audio)) return undefined;
    leg.audio = event.audio;
    return call;
  },
  callTransferred(state, event, at) {
    if (event.legId === null || event.target.kind !== 'number') return undefined;
    live(state, event.callId)?.legs.push(newLeg({ legId: event.legId, role: 'target', agentId: null, offerId: null, target: event.target.number }, at));
    return undefined;
  },
  callsMerged(state, event, at) {
    return mergeLegs(state, event, at);
  },
  takeoverAsked(state, event, at) {
    const { legId, agentId } = event;
    live(state, event.callId)?.legs.push(newLeg({ legId, role: 'agent', agentId, offerId: null, target: null }, at));
    return undefined;
  },
  partyAsked(state, event, at) {
    partyAsked(state, event, at);
    return undefined;
  },
  partyAskEnded(state, event, at) {
    partyAskEnded(state, event, at);
    return undefined;
  },
  consultToggled(state, event, at) {
    consultToggled(state, event, at);
    return undefined;
  },
  legReplaced(state, { callId, legId, agentId }, at) {
    const call = live(state, callId);
    // A supervisor who takes over is known by now only.
    if (call === undefined || call.legs.some((leg) => leg.legId === legId)) return undefined;
    call.legs.push({ ...newLeg({ legId, role: 'agent', agentId, offerId: null, target: null }, at), answeredAt: at });
    beginPart(state, callId, agentId, at);
    return undefined;
  },
  customerFound(state, event) {
    const call = live(state, event.callId);
    if (call === undefined) return undefined;
    call.authLevel = event.authLevel;
    if (event.customer === null) return undefined;
    const { customerId, tier, language } = event.customer;
    Object.assign(call, { customerId, tier, language });
    return undefined;
  },
  authenticationEnded(state, event) {
    const call = live(state, event.callId);
    if (call !== undefined) call.authLevel = event.authLevel;
    return undefined;
  },
  languageChosen(state, event) {
    const call = live(state, event.callId);
    if (call !== undefined) call.language = event.language;
    return undefined;
  },
  flowEntered(state, event) {
    const call = live(state, event.callId);
    if (call === undefined) return undefined;
    call.dialplanVersion = event.version;
    if (call.ivrPath.length < MOST_PATH_STEPS) call.ivrPath.push(`${event.flow}/${event.step}`);
    return undefined;
  },
  dataSet(state, event) {
    const call = state.calls.get(event.callId);
    if (call === undefined || Object.entries(event.data).every(([key, value]) => call.data[key] === value)) return undefined;
    call.data = { ...call.data, ...event.data };
    return call;
  },
  callQueued(state, event, at) {
    const call = live(state, event.callId);
    const last = call?.visits.at(-1);
    if (call === undefined || (last?.leftAt === null && last.queueId === event.queueId)) return undefined;
    if (last?.leftAt === null) Object.assign(last, { leftAt: at, exit: 'transferred' });
    call.visits.push({ queueId: event.queueId, enteredAt: at, leftAt: null, exit: null, presumed: false });
    return undefined;
  },
  callOverflowed(state, { callId, queueId, step, to, why }, at) {
    const visit = live(state, callId)?.visits.findLast((found) => found.queueId === queueId && found.leftAt === null);
    if (visit !== undefined) visit.overflow = [...(visit.overflow ?? []), { at, step, to, why }];
    return undefined;
  },
  callLeftQueue(state, event, at) {
    const call = state.calls.get(event.callId);
    const visit = call?.visits.findLast((found) => found.queueId === event.queueId && (found.leftAt === null || found.presumed));
    if (visit === undefined) return undefined;
    const presumedRight = visit.presumed && visit.exit === event.exit;
    Object.assign(visit, { leftAt: visit.leftAt ?? at, exit: event.exit, presumed: false });
    return presumedRight ? undefined : call;
  },
  callOffered(state, event, at) {
    const call = live(state, event.callId);
    if (call === undefined) return undefined;
    const { offerId, agentId, queueId, legId, choice } = event;
    makeRoom(call);
    call.offers.push({
      offerId,
      agentId,
      queueId,
      legId,
      offeredAt: at,
      endedAt: null,
      end: null,
      presumed: false,
      ...(choice === undefined ? {} : { choice }),
    });
    const called = call.legs.find((leg) => leg.legId === legId);
    // A colleague who is called from a desk is the party that is served.
    if (called !== undefined) Object.assign(called, { agentId, offerId });
    else call.legs.push({ ...newLeg({ legId, role: 'agent', agentId, offerId, target: null }, at), ...askedOf(state, event) });
    return undefined;
  },
  offerEnded(state, event, at) {
    const call = state.calls.get(event.callId);
    const offer = call?.offers.findLast((found) => found.offerId === event.offerId && (found.endedAt === null || found.presumed));
    if (offer === undefined) return undefined;
    const presumedRight = offer.presumed && offer.end === event.end;
    Object.assign(offer, { endedAt: offer.endedAt ?? at, end: event.end, presumed: false });
    return presumedRight ? undefined : call;
  },
  recordingStarted(state, event, at) {
    const call = state.calls.get(event.callId);
    if (call === undefined || call.recordings.some((known) => known.recordingId === event.recordingId)) return undefined;
    call.recordings.push({ recordingId: event.recordingId, path: event.path, startedAt: at, durationMs: null, complete: false });
    beginsPaused(call, event.recordingId, at);
    return call;
  },
  recordingEnded(state, event, at) {
    const { type: _, callId, ...told } = event;
    const { recordingId, durationMs } = told;
    const call = state.calls.get(callId);
    if (call === undefined) return undefined;
    const known = call.recordings.find((found) => found.recordingId === recordingId);
    const ended = { ...told, startedAt: known?.startedAt ?? at - durationMs };
    if (known === undefined) call.recordings.push(ended);
    else Object.assign(known, ended);
    endSilence(call, at, recordingId);
    return call;
  },
  recordingPaused(state, event, at) {
    const call = live(state, event.callId);
    if (call !== undefined) pausedBy(call, event.holder, at);
    return undefined;
  },
  recordingResumed(state, event, at) {
    const call = live(state, event.callId);
    if (call !== undefined) resumedBy(call, event.holder, at);
    return undefined;
  },
  consentNoted(state, { callId, consent, how }, at) {
    const call = state.calls.get(callId);
    if (call === undefined) return undefined;
    const before = call.consent;
    const announcedAt = before?.announcedAt ?? (consent === 'announced' ? at : null);
    if (before !== undefined && before.state === consentAfter(before.state, consent)) call.consent = { ...before, announcedAt };
    else call.consent = { state: consent, how, at, announcedAt };
    return call;
  },
  surveyAsked(state, event, at) {
    const call = live(state, event.callId);
    if (call !== undefined) call.survey = surveyAsked(event, at);
    return undefined;
  },
  surveyNotAsked(state, event) {
    const call = state.calls.get(event.callId);
    if (call === undefined) return undefined;
    call.survey = surveyNotAsked(event);
    return call;
  },
  surveyAnswered: (state, event) => surveyWord(state.calls.get(event.callId), event),
  surveyReasonGiven: (state, event) => surveyWord(state.calls.get(event.callId), event),
  surveyGivenUp: (state, event) => surveyWord(state.calls.get(event.callId), event),
  callEnded(state, event, at) {
    const call = live(state, event.callId);
    if (call === undefined) return undefined;
    close(call, endOfCall(call, at), event.ending, 'caller_gone');
    state.ended.add(call.callId);
    return call;
  },
  agentStateChanged(state, event, at) {
    const callId = event.state === 'wrapping_up' ? (event.callId ?? state.serving.get(event.agentId)) : state.serving.get(event.agentId);
    const call = callId === undefined ? undefined : state.calls.get(callId);
    const part = call?.parts.find((found) => found.agentId === event.agentId);
    if (call === undefined || part === undefined || part.phase === 'done' || event.state === 'talking') return undefined;
    if (event.state === 'wrapping_up') {
      if (part.phase === 'talking') Object.assign(part, { phase: 'wrapping', since: at });
      return undefined;
    }
    const stillTalks = call.legs.some((leg) => leg.agentId === event.agentId && leg.answeredAt !== null && leg.endedAt === null);
    return stillTalks ? undefined : endPart(state, call, part, at);
  },
  wrapUpEnded(state, event, at) {
    const call = state.calls.get(event.callId);
    const part = call?.parts.find((found) => found.agentId === event.agentId);
    if (call === undefined || part === undefined) return undefined;
    const { disposition, notes, form = {} } = event;
    if (disposition !== null) call.disposition = part.disposition = disposition;
    if (notes !== null) call.notes = part.notes = notes;
    const filledIn = Object.entries(form).map(([name, value]) => [`form.${name}`, value]);
    if (filledIn.length > 0) call.data = { ...call.data, ...Object.fromEntries(filledIn) };
    const ended = part.phase === 'wrapping' ? endPart(state, call, part, at) : undefined;
    return disposition !== null || notes !== null || filledIn.length > 0 ? call : ended;
  },
  agentRemoved(state, event, at) {
    const callId = state.serving.get(event.agentId);
    const call = callId === undefined ? undefined : state.calls.get(callId);
    const part = call?.parts.find((found) => found.agentId === event.agentId);
    return call === undefined || part === undefined ? undefined : endPart(state, call, part, at);
  },
};

/** Words of other rooms pass by. */
export function hear(state: State, event: { type: string }, at: number): OpenCall | undefined {
  if (!Object.hasOwn(handlers, event.type)) return undefined;
  const handle = handlers[event.type as Heard['type']] as ((state: State, event: { type: string }, at: number) => OpenCall | undefined) | undefined;
  return handle?.(state, event, at);
}
