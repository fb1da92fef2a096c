/** Offers: the agent is reserved before anybody hears of it, and every offer ends once. */
import { type LegId, legIdOf, type OfferId, offerIdOf } from '../../kernel/ids.ts';
import type { OfferChoice, OfferEnd, QueueExit } from '../call/event.ts';
import { afterwardsOf, landing, legOf, type Offer, reasonsOf, talkingOn } from './agent.ts';
import { become, canBeOffered } from './agents.ts';
import { announce } from './callback/announce.ts';
import { isWritten } from './channels/interaction.ts';
import { endOffered, offerWritten } from './channels/serving.ts';
import type { QueueConfiguration } from './event.ts';
import { choiceOf } from './explain/choice.ts';
import type { Agent, Call, Moment, Waiting } from './floor.ts';
import { rememberServed } from './matching/served.ts';
import { ringAlong, ringingFor } from './offering/along.ts';
import { consequence, type Failure, type Release } from './offering/failure.ts';
import { MOST_OFFERS_A_CALL } from './offering/offering.ts';
import { comeBack, depart, stepOut } from './waiting.ts';

const DIRECT_RING_MS = 20_000;
/** The phone rim's own limit on ringing comes so much later than ours: it only matters if we failed. */
const BACK_STOP_MS = 5_000;
/** So long a leg may take to end that we have asked to end. */
const RELEASE_MS = 5_000;
const OUR_FAULT_PAUSE_MS = 1_000;

/** The caller's turn has come and she is the one. */
export function offerWaiting(m: Moment, waiting: Waiting, agent: Agent): void {
  const { call, queue } = waiting;
  const { ringTimeoutMs } = queue.configuration;
  const choice = choiceOf(waiting, agent, m.now);
  stepOut(m.floor, waiting);
  goesBy(call, queue.configuration);
  if (isWritten(call)) {
    offerWritten(m, waiting, call, agent, ringTimeoutMs);
    return;
  }
  offer(m, call, agent, ringTimeoutMs, choice);
  ringAlong(m.floor, waiting);
}

/** How it is recorded and wrapped up from now on, also after transfers. */
export function goesBy(call: Call, { record, recording = 'optional', recordingConsent, media, wrapUpMs, offering, survey }: QueueConfiguration): void {
  call.record = recording === 'mandatory' || (record && recording !== 'forbidden');
  call.recording = recording;
  if (recordingConsent === undefined) delete call.consent;
  else call.consent = recordingConsent;
  call.direct = media === 'direct';
  call.wrapUpMs = wrapUpMs;
  if (offering?.conferenceEnds === true) call.conferenceEnds = true;
  else delete call.conferenceEnds;
  if (survey === undefined) delete call.survey;
  else call.survey = survey;
  if (offering?.wrapUpExtension === undefined) delete call.wrapUpExtension;
  else call.wrapUpExtension = offering.wrapUpExtension;
}

/** A transfer to this very agent: her phone rings whatever her reasons not to be ready, unless a call has her. */
export function offerDirectly(m: Moment, call: Call, agent: Agent | undefined, agentId: Offer['agentId'], how: Directly = {}): void {
  if (call.callerGone) refuse(m, call, agentId, 'caller_gone');
  else if (agent === undefined || !canBeOffered(m.floor, agent)) refuse(m, call, agentId, 'unreachable');
  else if (
    legOf(agent.activity) !== null ||
    (agent.others?.offered ?? null) !== null ||
    reasonsOf(agent.activity).includes('own_call') ||
    call.legs >= MOST_OFFERS_A_CALL
  )
    refuse(m, call, agentId, 'busy');
  else offer(m, call, agent, DIRECT_RING_MS, undefined, how);
}

/** Who asks her in: her phone shows that number, not the customer's. */
export type Asking = Call['from'];
/** `own`: she makes the call herself · `legId`: she is the party that is served. */
interface Directly {
  asking?: Asking;
  own?: true;
  legId?: LegId;
}

/** Her fault or her phone's: she is set aside as the queue has it, the caller goes back to its place and to the next agent in this very turn. */
export function failOffer(m: Moment, agent: Agent, failure: Failure): void {
  const { activity } = agent;
  if (activity.state !== 'offered') return;
  const waiting = endOffer(m, activity.offer, failure.end, failure.release);
  const { offer: failed, after } = activity;
  // Who does not take her own call has thought better of it; a phone that is gone is gone for others too.
  const isHers = failed.own === true && failure.end !== 'unreachable';
  become(m, agent, isHers ? landing(after, m.now) : consequence(m, agent, failure, failed.queueId, after));
  if (waiting !== null) comeBack(m, waiting);
}

/** Not the fault of those whose phones ring: they keep their idleness, and are free as soon as their phones have stopped. */
export function withdrawOffer(m: Moment, call: Call, end: 'caller_gone' | 'withdrawn', release: Release): void {
  for (const agent of ringingFor(call)) {
    if (isWritten(call)) endOffered(m, agent, end);
    else withdrawFrom(m, agent, end, release);
  }
}

export function withdrawFrom(m: Moment, agent: Agent, end: OfferEnd, release: Release): void {
  const { activity } = agent;
  if (activity.state !== 'offered') return;
  const { offer: live, after } = activity;
  endOffer(m, live, end, release);
  become(m, agent, { state: 'releasing', callId: live.callId, legId: live.legId, until: m.now + RELEASE_MS, after });
}

/**
 * The offer failed by a fault of ours (no port, a lost server): she is spared and the caller keeps its place, but she is not
 * offered anything for a moment, so that a fault that lasts does not send callers round and round at full speed.
 */
export function spareAgent(m: Moment, agent: Agent): void {
  const { activity } = agent;
  if (activity.state !== 'offered') return;
  const { offer: live, after } = activity;
  const waiting = endOffer(m, live, 'withdrawn', null);
  become(m, agent, { state: 'releasing', callId: live.callId, legId: live.legId, until: m.now + OUR_FAULT_PAUSE_MS, after });
  if (waiting !== null) comeBack(m, waiting);
}

/** Another phone took what rang at hers (its leg is released by who put that one in its place): the call is served, she is free soon. */
export function pickedUp(m: Moment, agent: Agent): void {
  const { activity } = agent;
  if (activity.state !== 'offered') return;
  const { offer: live, after } = activity;
  const waiting = endOffer(m, live, 'withdrawn', null);
  const call = m.floor.calls.get(live.callId);
  if (call !== undefined) answeredElsewhere(m, call, agent);
  if (waiting !== null) depart(m, waiting, 'answered');
  become(m, agent, { state: 'releasing', callId: live.callId, legId: live.legId, until: m.now + RELEASE_MS, after });
}

/** One has taken it: the phones of the others stop, and who sits there hears why. They keep their idleness. */
function answeredElsewhere(m: Moment, call: Call, winner: Agent): void {
  for (const agent of ringingFor(call)) {
    if (agent !== winner) withdrawFrom(m, agent, 'answered_elsewhere', { cause: 'answered_elsewhere', by: 'server' });
  }
}

/** She took it. */
export function answerOffer(m: Moment, agent: Agent): void {
  const { activity } = agent;
  if (activity.state !== 'offered') return;
  const { offer: live, after } = activity;
  const call = m.floor.calls.get(live.callId);
  const waiting = endOffer(m, live, 'answered', null);
  agent.failures = null;
  if (call !== undefined && waiting !== null) rememberServed(m, call, waiting.queue, live.agentId);
  if (call !== undefined) answeredElsewhere(m, call, agent);
  if (waiting !== null) depart(m, waiting, 'answered');
  become(m, agent, talkingOn(call === undefined || live.asked === true ? { callId: live.callId, wrapUpMs: 0 } : call, live.legId, after));
}

/** Out of the queue for a reason of the call's or the queue's; a ringing phone is stopped. */
export function leave(m: Moment, waiting: Waiting, exit: QueueExit): void {
  const gone = exit === 'abandoned' || exit === 'ended';
  if (gone) withdrawOffer(m, waiting.call, 'caller_gone', { cause: 'abandoned', by: 'other_party' });
  else withdrawOffer(m, waiting.call, 'withdrawn', { cause: exit === 'transferred' ? 'transferred' : 'normal', by: 'server' });
  depart(m, waiting, exit);
}

function offer(m: Moment, call: Call, agent: Agent, ringMs: number, choice?: OfferChoice, { asking, own, legId: served }: Directly = {}): void {
  const { callId } = call;
  const { agentId } = agent.configuration;
  const queueId = call.waiting?.queue.configuration.queueId ?? null;
  announce(m, call);
  const ids = served === undefined ? nextIds(call) : { ...nextIds(call), legId: served };
  const mark = { ...(asking === undefined ? {} : { asked: true as const }), ...(own === undefined ? {} : { own }) };
  const live: Offer = { ...ids, callId, agentId, queueId, until: m.now + ringMs, ...mark };
  become(m, agent, { state: 'offered', offer: live, after: afterwardsOf(agent.activity) });
  const { offerId, legId } = live;
  const { recording = 'optional', consent, direct = false, conferenceEnds, survey } = call;
  const rule = {
    ...(recording === 'optional' ? {} : { recording }),
    ...(consent === undefined ? {} : { consent }),
    ...(direct ? { direct } : {}),
    ...(conferenceEnds === undefined ? {} : { conferenceEnds }),
    ...(survey === undefined ? {} : { survey }),
  };
  m.events.push({
    type: 'callOffered',
    callId,
    queueId,
    record: call.record,
    ...rule,
    offerId,
    legId,
    agentId,
    until: live.until,
    ...(choice === undefined ? {} : { choice }),
  });
  // In this order: her screen knows who is calling before her phone rings.
  m.commands.push(
    { type: 'popScreen', callId, offerId, legId, agentId, queueId },
    {
      ...{ type: 'ringLeg', callId, legId, offerId, agentId, from: asking ?? call.from, tenantId: call.tenantId, timeoutMs: ringMs + BACK_STOP_MS },
      ...(own === undefined ? {} : { autoAnswer: own }),
    },
  );
}

/** Tells the end once; answers with the caller's place in its queue, null after a direct offer. */
function endOffer(m: Moment, live: Offer, end: OfferEnd, release: Release | null): Waiting | null {
  const { callId, offerId, legId, agentId, queueId } = live;
  m.events.push({ type: 'offerEnded', callId, queueId, offerId, legId, agentId, end });
  if (release !== null) m.commands.push({ type: 'releaseLeg', callId, legId, ...release });
  return m.floor.calls.get(callId)?.waiting ?? null;
}

function refuse(m: Moment, call: Call, agentId: Offer['agentId'], end: OfferEnd): void {
  m.events.push({ type: 'offerEnded', callId: call.callId, queueId: null, ...nextIds(call), agentId, end });
}

function nextIds(call: Call): { offerId: OfferId; legId: LegId } {
  call.offers += 1;
  call.legs = Math.min(call.legs + 1, MOST_OFFERS_A_CALL);
  return { offerId: offerIdOf(call.callId, call.offers), legId: legIdOf(call.callId, call.legs) };
}
