import { chosenTag, composeResponse, Refusal } from '../control/compose.ts';
import { headerOf, type Sketch } from '../control/sketch.ts';
import { refused, responseSent } from '../control/wire.ts';
import { Answer } from '../dialog/answer.ts';
import { dialogId, REFRESHES_TARGET, refreshTarget, uasDialog } from '../dialog/dialog.ts';
import { mayBeReliable, mustBeReliable, namesReliable, ReliableResponses } from '../dialog/reliable.ts';
import { agreeAsCallee, agreedInOurs, writeAgreed } from '../dialog/session.ts';
import { ParseError } from '../message/fault.ts';
import { headerKey } from '../message/headers.ts';
import { type Request, type Response, responseTo, tagOf } from '../message/message.ts';
import { parseCSeq } from '../message/values.ts';
import { writeMessage } from '../message/write.ts';
import { T1_MS } from '../transaction/timers.ts';
import { cancelFor, tellCancelled } from './cancelled.ts';
import { modest } from './gate.ts';
import { hangUp } from './hangup.ts';
import { type Application, type Incoming, type Leg, mergeKey, newLeg, noteOurs, notePeer } from './ledger.ts';
import { MUST_BE_2XX } from './reply.ts';
import { pathToCaller } from './return-path.ts';
import { keepSession } from './session.ts';
import { RETRY_AFTER_S, type Stack } from './stack.ts';
import { keepSubscription } from './subscription.ts';

/** Rung, queued, announced at, but never finally answered: nobody waits longer than this. */
const UNANSWERED_MS = 3_600_000;
const LATE_PRACK_MS = 64 * T1_MS;

/** Applications' responses to requests of the network, and ours where they are silent or gone. */
export class Answers {
  readonly #stack: Stack;
  constructor(stack: Stack) {
    this.#stack = stack;
  }

  /** `sip|<transaction>|` with a response. Answers the frame `frameId`. */
  respond(app: Application, frameId: string, sketch: Sketch, id: string): void {
    const incoming = this.#incomingOf(id, sketch);
    if (incoming === undefined || incoming.app !== app || incoming.held !== undefined) {
      app.deliver(refused(frameId, 'Response not sent due to unknown transaction'));
      return;
    }
    try {
      const { response, isReliable } = this.#compose(incoming, sketch);
      const bytes = this.#carryOut(incoming, response, isReliable);
      const { hop } = incoming.transaction;
      const trip = { source: 'application', bytes: bytes.length, at: hop, time: this.#stack.clock.now() } as const;
      app.deliver(responseSent(frameId, trip, id, this.#dialogIdFor(incoming), bytes));
    } catch (error) {
      if (error instanceof ParseError) app.deliver(refused(frameId, `Unknown server error sending response: ${error.message}`));
      else if (error instanceof Refusal) app.deliver(refused(frameId, error.message));
      else throw error;
    }
  }

  /** An UPDATE may have been told with the id of its INVITE: the CSeq of the answer tells which of the two is meant. */
  #incomingOf(id: string, sketch: Sketch): Incoming | undefined {
    const { incoming, updates } = this.#stack.ledger;
    const invite = incoming.get(id);
    const update = updates.get(id);
    return update !== undefined && (invite === undefined || /\bUPDATE\s*$/.test(headerOf(sketch, 'cseq') ?? '')) ? update : invite;
  }

  /** Answers for an application that is gone. */
  abandon(incoming: Incoming): void {
    const response = responseTo(incoming.request, MUST_BE_2XX.has(incoming.request.method) ? 200 : 503, this.localTag(incoming));
    if (response.status === 503) response.headers.add('Retry-After', String(RETRY_AFTER_S));
    this.finish(incoming, response);
  }

  #compose(incoming: Incoming, sketch: Sketch): { response: Response; isReliable: boolean } {
    const { request } = incoming;
    const { start } = sketch;
    const mayAsk = request.method === 'INVITE' && start.kind === 'response' && start.status > 100 && start.status < 200;
    const asks = mayAsk && sketch.headers.some(([name, value]) => headerKey(name) === 'require' && namesReliable(value.split(',')));
    if (asks && !mayBeReliable(request)) throw new Refusal('Remote endpoint does not support 100rel');
    if (incoming.localTag === '') incoming.localTag = chosenTag(sketch) ?? this.#stack.names.tag();
    const response = composeResponse(request, sketch, incoming.localTag, incoming.transaction.hop, incoming.source.local, incoming.leg?.dialog.contact);
    // RFC 3262 §3: a caller that requires 100rel is sent no unreliable one, whatever the application knows of it.
    const isReliable = asks || (mayAsk && mustBeReliable(request));
    if (isReliable && !asks) response.headers.add('Require', '100rel');
    if (carriesSession(incoming) && response.status >= 200 && response.status < 300) {
      const agreed = agreeAsCallee(request, headerOf(sketch, 'session-expires'), incoming.leg?.session?.interval);
      if (agreed !== undefined) writeAgreed(response, agreed);
    }
    return { response, isReliable };
  }

  #carryOut(incoming: Incoming, response: Response, isReliable = false): Buffer {
    const { status } = response;
    const { request } = incoming;
    incoming.cancelSilence();
    modest(this.#stack, incoming, response);
    this.#stack.guard.answered(request, response, incoming.source, this.#stack.clock.now());
    if (status > 100 && status < 300 && opensDialog(request) && incoming.leg === undefined) this.#openLeg(incoming, response);
    if (status < 200) return this.#provisional(incoming, response, isReliable);
    // RFC 3262 §3: "The UAS MAY send a final response to the initial request before having received PRACKs for all unacknowledged reliable
    // provisional responses, unless the final response is 2xx and any of the unacknowledged reliable provisional responses contained a session description."
    if (status < 300 && reliableOf(incoming)?.holdsSession === true) {
      incoming.held = response;
      return writeMessage(response);
    }
    return this.#final(incoming, response);
  }

  #provisional(incoming: Incoming, response: Response, isReliable: boolean): Buffer {
    const { request, leg } = incoming;
    incoming.cancelSilence = this.#stack.clock.after(UNANSWERED_MS, () => this.finish(incoming, responseTo(request, 480, this.localTag(incoming))));
    if (leg !== undefined && !incoming.isInside) noteOurs(leg, response);
    if (!isReliable || leg === undefined) return incoming.transaction.respond(response);
    const reliable = reliableOf(incoming) ?? this.#newReliable(incoming, leg);
    if (!reliable.add(response)) throw new Refusal('too many reliable provisional responses wait for their PRACK');
    return writeMessage(response);
  }

  #newReliable(incoming: Incoming, leg: Leg): ReliableResponses {
    leg.reliable?.stop();
    const { number } = parseCSeq(incoming.request.headers.get('cseq') ?? '');
    leg.reliable = new ReliableResponses(number, this.#stack.names.seq(), this.#stack.clock, {
      send: (response) => void incoming.transaction.respond(response),
      onAcknowledged: () => {
        if (incoming.held !== undefined && reliableOf(incoming)?.holdsSession === false) this.#final(incoming, incoming.held);
      },
      onGiveUp: () => this.#neverPracked(incoming, leg),
    });
    return leg.reliable;
  }

  /** RFC 3262 §3: no PRACK in 64*T1, so that the INVITE "SHOULD" be refused "with a 5xx response". Of a re-INVITE only that one ends. */
  #neverPracked(incoming: Incoming, leg: Leg): void {
    this.finish(incoming, responseTo(incoming.request, 504, this.localTag(incoming)));
    for (const act of leg.afterAck.splice(0)) act();
    if (!incoming.isInside) tellCancelled(this.#stack, incoming, cancelFor(incoming.request, 'PRACK timeout'), incoming.source);
  }

  #final(incoming: Incoming, response: Response): Buffer {
    const { status } = response;
    const { request, source, leg } = incoming;
    const { ledger, flows, records } = this.#stack;
    ledger.removeIncoming(incoming);
    // Of an INVITE its transaction is waited for; a retry with credentials is news even from those who do not count on in CSeq.
    if (!incoming.isInside && (request.method !== 'INVITE' || status === 401 || status === 407)) ledger.merged.delete(mergeKey(request));
    reliableOf(incoming)?.stop();
    if (status >= 300) records.ended(incoming, 'application', 'call-rejected', response);
    else if (leg !== undefined) records.answered(incoming, 'application', 'uas', response, leg);
    if (status < 300) {
      if (leg !== undefined) this.#confirm(leg, incoming, response);
      // RFC 6665 §4.4.1: a NOTIFY that says "terminated" ends the subscription.
      if (leg !== undefined && endsSubscription(leg, request)) ledger.removeLeg(leg);
      if (request.method === 'REGISTER' || request.method === 'SUBSCRIBE') flows.note(request, response, source);
    } else if (leg !== undefined && !incoming.isInside) this.#endEarly(leg);
    return incoming.transaction.respond(response);
  }

  /** An early dialog ends with its INVITE; §3 of RFC 3262 has the PRACK that crossed the refusal answered all the same. */
  #endEarly(leg: Leg): void {
    const { ledger, clock } = this.#stack;
    if (leg.reliable?.isWaiting !== true) {
      ledger.removeLeg(leg);
      return;
    }
    leg.dialog.state = 'ending';
    ledger.retireLeg(leg);
    clock.after(LATE_PRACK_MS, () => ledger.removeLeg(leg));
  }

  /** A final response of ours. */
  finish(incoming: Incoming, response: Response): void {
    this.#carryOut(incoming, response);
  }

  #openLeg(incoming: Incoming, response: Response): void {
    const { request, source, app } = incoming;
    const leg = newLeg(uasDialog(request, response, this.#stack.names.seq()), app, [source.address]);
    leg.dialog.via = pathToCaller(leg, source);
    notePeer(leg, request);
    leg.inviteIn = request.method === 'INVITE' ? incoming : undefined;
    incoming.leg = leg;
    this.#stack.ledger.addLeg(leg);
  }

  #confirm(leg: Leg, incoming: Incoming, response: Response): void {
    const { dialog } = leg;
    if (!incoming.isInside && dialog.state === 'early') dialog.state = 'confirmed';
    noteOurs(leg, response);
    if (carriesSession(incoming)) keepSession(this.#stack, leg, agreedInOurs(response));
    if (!incoming.isInside) dialog.contact = response.headers.get('contact') ?? dialog.contact;
    else if (REFRESHES_TARGET.has(incoming.request.method)) refreshTarget(dialog, incoming.request);
    if (incoming.request.method === 'SUBSCRIBE') keepSubscription(this.#stack, leg, response);
    if (incoming.request.method !== 'INVITE') return;
    const { number } = parseCSeq(incoming.request.headers.get('cseq') ?? '');
    leg.answer?.stop();
    leg.answer = new Answer(
      this.#stack.clock,
      number,
      () => incoming.transaction.respond(response),
      () => this.#neverAcknowledged(leg),
    );
  }

  #neverAcknowledged(leg: Leg): void {
    leg.answer = undefined;
    const held = leg.afterAck.splice(0);
    if (held.length > 0) for (const act of held) act();
    else hangUp(this.#stack, leg, 'ACK timeout');
  }

  /** Our tag in the To of every response to it. */
  localTag(incoming: Incoming): string {
    if (incoming.localTag === '') incoming.localTag = this.#stack.names.tag();
    return incoming.localTag;
  }

  #dialogIdFor(incoming: Incoming): string {
    if (incoming.leg !== undefined) return incoming.leg.dialog.id;
    const { headers } = incoming.request;
    return opensDialog(incoming.request) ? dialogId(headers.get('call-id') ?? '', tagOf(headers.get('from') ?? '') ?? '') : '';
  }
}

/** Our reliable provisional responses to this INVITE; the leg may have those of an earlier one. */
const reliableOf = ({ leg, request }: Incoming): ReliableResponses | undefined =>
  request.method === 'INVITE' && leg?.reliable?.inviteSeq === parseCSeq(request.headers.get('cseq') ?? '').number ? leg.reliable : undefined;

/** Whether its 2xx speaks of the session timer: an INVITE's, and an UPDATE's once the call is up. */
const carriesSession = ({ request, leg }: Incoming): boolean =>
  request.method === 'INVITE' || (request.method === 'UPDATE' && leg?.dialog.method === 'INVITE' && leg.dialog.state === 'confirmed');

const endsSubscription = (leg: Leg, request: Request): boolean =>
  leg.dialog.method === 'SUBSCRIBE' && request.method === 'NOTIFY' && /^\s*terminated/i.test(request.headers.get('subscription-state') ?? '');

export const opensDialog = (request: Request): boolean => request.method === 'INVITE' || request.method === 'SUBSCRIBE';
