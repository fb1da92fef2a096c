import { chosenTag, composeResponse, Refusal } from '../control/compose.ts';
import type { Sketch } from '../control/sketch.ts';
import { refused, responseSent } from '../control/wire.ts';
import { Answer } from '../dialog/answer.ts';
import { dialogId, REFRESHES_TARGET, refreshTarget, uasDialog } from '../dialog/dialog.ts';
import { ParseError } from '../message/fault.ts';
import { type Request, type Response, responseTo, tagOf } from '../message/message.ts';
import { parseCSeq } from '../message/values.ts';
import { hangUp } from './hangup.ts';
import { type Application, type Incoming, type Leg, mergeKey, newLeg } from './ledger.ts';
import { pathToCaller } from './return-path.ts';
import { RETRY_AFTER_S, type Stack } from './stack.ts';

/** Rung, queued, announced at, but never finally answered: nobody waits longer than this. */
const UNANSWERED_MS = 3_600_000;

/** Applications' responses to requests of the network, and ours where they are silent or gone. */
export class Answers {
  readonly #stack: Stack;
  constructor(stack: Stack) {
    this.#stack = stack;
  }

  /** `sip|<transaction>|` with a response. Answers the frame `frameId`. */
  respond(app: Application, frameId: string, sketch: Sketch, id: string): void {
    const incoming = this.#stack.ledger.incoming.get(id);
    if (incoming === undefined || incoming.app !== app) {
      app.deliver(refused(frameId, 'Response not sent due to unknown transaction'));
      return;
    }
    try {
      const response = this.#compose(incoming, sketch);
      const bytes = this.#carryOut(incoming, response);
      const { hop } = incoming.transaction;
      const trip = { source: 'application', bytes: bytes.length, at: hop, time: this.#stack.clock.now() } as const;
      app.deliver(responseSent(frameId, trip, id, this.#dialogIdFor(incoming), bytes));
    } catch (error) {
      if (error instanceof ParseError) app.deliver(refused(frameId, `Unknown server error sending response: ${error.message}`));
      else if (error instanceof Refusal) app.deliver(refused(frameId, error.message));
      else throw error;
    }
  }

  /** Answers for an application that is gone. */
  abandon(incoming: Incoming): void {
    const response = responseTo(incoming.request, incoming.request.method === 'BYE' ? 200 : 503, this.localTag(incoming));
    if (response.status === 503) response.headers.add('Retry-After', String(RETRY_AFTER_S));
    this.finish(incoming, response);
  }

  #compose(incoming: Incoming, sketch: Sketch): Response {
    if (
      sketch.start.kind === 'response' &&
      sketch.start.status < 200 &&
      sketch.headers.some(([name, value]) => name.toLowerCase() === 'require' && /\b100rel\b/i.test(value))
    )
      throw new Refusal('reliable provisional responses (100rel) are not sent by this server');
    if (incoming.localTag === '') incoming.localTag = chosenTag(sketch) ?? this.#stack.names.tag();
    return composeResponse(incoming.request, sketch, incoming.localTag, incoming.transaction.hop, incoming.source.local);
  }

  #carryOut(incoming: Incoming, response: Response): Buffer {
    const { status } = response;
    const { request, source } = incoming;
    const { ledger, flows, records } = this.#stack;
    incoming.cancelSilence();
    if (status > 100 && status < 300 && opensDialog(request) && incoming.leg === undefined) this.#openLeg(incoming, response);
    if (status < 200) {
      incoming.cancelSilence = this.#stack.clock.after(UNANSWERED_MS, () => this.finish(incoming, responseTo(request, 480, this.localTag(incoming))));
      return incoming.transaction.respond(response);
    }
    ledger.removeIncoming(incoming);
    if (!incoming.isInside) ledger.merged.delete(mergeKey(request));
    const { leg } = incoming;
    if (status >= 300) records.ended(incoming, 'application', 'call-rejected', response);
    else if (leg !== undefined) records.answered(incoming, 'application', 'uas', response, leg);
    if (status < 300) {
      if (leg !== undefined) this.#confirm(leg, incoming, response);
      // RFC 6665 §4.4.1: a NOTIFY that says "terminated" ends the subscription.
      if (leg !== undefined && endsSubscription(leg, request)) ledger.removeLeg(leg);
      if (request.method === 'REGISTER' || request.method === 'SUBSCRIBE') flows.note(request, response, source);
    } else if (leg !== undefined && !incoming.isInside) ledger.removeLeg(leg);
    return incoming.transaction.respond(response);
  }

  /** A final response of ours. */
  finish(incoming: Incoming, response: Response): void {
    this.#carryOut(incoming, response);
  }

  #openLeg(incoming: Incoming, response: Response): void {
    const { request, source, app } = incoming;
    const leg = newLeg(uasDialog(request, response, this.#stack.names.seq()), app);
    leg.dialog.via = pathToCaller(leg, source);
    leg.inviteIn = request.method === 'INVITE' ? incoming : undefined;
    incoming.leg = leg;
    this.#stack.ledger.addLeg(leg);
  }

  #confirm(leg: Leg, incoming: Incoming, response: Response): void {
    const { dialog } = leg;
    if (dialog.state === 'early') dialog.state = 'confirmed';
    if (!incoming.isInside) dialog.contact = response.headers.get('contact') ?? dialog.contact;
    else if (REFRESHES_TARGET.has(incoming.request.method)) refreshTarget(dialog, incoming.request);
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

const endsSubscription = (leg: Leg, request: Request): boolean =>
  leg.dialog.method === 'SUBSCRIBE' && request.method === 'NOTIFY' && /^\s*terminated/i.test(request.headers.get('subscription-state') ?? '');

export const opensDialog = (request: Request): boolean => request.method === 'INVITE' || request.method === 'SUBSCRIBE';
