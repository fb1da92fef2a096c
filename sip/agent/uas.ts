import { chosenTag, composeResponse, Refusal } from '../control/compose.ts';
import type { Sketch } from '../control/sketch.ts';
import { newRequestEvent, refused, responseSent, sipEvent } from '../control/wire.ts';
import { Answer } from '../dialog/answer.ts';
import { contactUri, dialogId, hostOf, inOrder, REFRESHES_TARGET, refreshTarget, uasDialog } from '../dialog/dialog.ts';
import { ParseError } from '../message/fault.ts';
import { newRequest, type Request, type Response, responseTo, tagOf } from '../message/message.ts';
import { bareHost } from '../message/uri.ts';
import { numberOf, parseCSeq } from '../message/values.ts';
import { topVia } from '../message/via.ts';
import { writeMessage } from '../message/write.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Hop } from '../transport/hop.ts';
import type { Source } from '../transport/network.ts';
import { hangUp } from './hangup.ts';
import { type Application, type Incoming, type Leg, newLeg } from './ledger.ts';
import type { Stack } from './stack.ts';

/** RFC 3261 gives a caller 32 s (timers B and F): an application that has said nothing by now is answered for. */
const SILENCE_MS = 25_000;
/** Rung, queued, announced at, but never finally answered: nobody waits longer than this. */
const UNANSWERED_MS = 3_600_000;
const RETRY_AFTER_S = 5;

/** Who takes a new request. */
export interface Dispatch {
  /** The application for a method (lower case), `none` for a method nobody has routed, `busy` when all that have are too slow. */
  pick(method: string): Application | 'none' | 'busy';
  /** New calls are refused: the server is on its way out. */
  readonly isDraining: boolean;
}

/** The server side: requests of the network, and applications' responses to them. */
export class ServerSide {
  readonly #stack: Stack;
  readonly #dispatch: Dispatch;
  constructor(stack: Stack, dispatch: Dispatch) {
    this.#stack = stack;
    this.#dispatch = dispatch;
  }

  /** A valid request whose Via has been noted. */
  take(request: Request, source: Source): void {
    if (request.method === 'ACK') {
      this.#takeAck(request, source);
      return;
    }
    const known = this.#stack.transactions.findServer(request, request.method);
    if (known !== undefined) {
      known.repeat();
      return;
    }
    if (request.method === 'CANCEL') {
      this.#takeCancel(request, source);
      return;
    }
    const transaction = this.#stack.transactions.newServer(request, replyHop(request, source), { onFailure: () => undefined });
    if (tagOf(request.headers.get('to') ?? '') === undefined) this.#takeNew(request, source, transaction);
    else this.#takeInside(request, source, transaction);
  }

  /** Answers a request without any application. */
  refuse(request: Request, source: Source, status: number, reason?: string): void {
    if (request.method === 'ACK') return;
    const known = this.#stack.transactions.findServer(request, request.method);
    if (known !== undefined) {
      known.repeat();
      return;
    }
    this.#reject(this.#stack.transactions.newServer(request, replyHop(request, source), { onFailure: () => undefined }), status, [], reason);
  }

  #reject(transaction: ServerTransaction, status: number, headers: [string, string][] = [], reason?: string): void {
    const response = responseTo(transaction.request, status, this.#stack.names.tag(), reason);
    for (const [name, value] of headers) response.headers.add(name, value);
    transaction.respond(response);
  }

  // ── new requests ────────────────────────────────────────────────────────────────────────────────────────────────────

  #takeNew(request: Request, source: Source, transaction: ServerTransaction): void {
    const { ledger, counters } = this.#stack;
    const refusal = this.#whyNot(request, transaction);
    if (refusal !== undefined) {
      this.#reject(transaction, ...refusal);
      return;
    }
    if (ledger.pending.isFull(source.address)) {
      counters.refusedOverload += 1;
      this.#reject(transaction, 503, [['Retry-After', String(RETRY_AFTER_S)]]);
      return;
    }
    const app = this.#dispatch.pick(request.method.toLowerCase());
    if (app === 'none' || app === 'busy') {
      if (app === 'none') counters.refusedNoApplication += 1;
      else counters.refusedOverload += 1;
      this.#reject(transaction, ...this.#unserved(request.method));
      return;
    }
    const incoming = this.#newIncoming(request, source, transaction, app, undefined);
    const merged = mergeKey(request);
    ledger.merged.set(merged, transaction);
    incoming.cancelSilence = this.#whenSilent(incoming);
    if (request.method === 'INVITE') this.#stack.records.attempted(incoming, 'network', request);
    const bytes = writeMessage(request);
    app.deliver(newRequestEvent(this.#trip(bytes, source), incoming.id, source.local, bytes));
  }

  /** Status, headers and phrase of a refusal that needs no application. */
  #whyNot(request: Request, transaction: ServerTransaction): [number, [string, string][]] | undefined {
    const { headers, method } = request;
    // RFC 3261 §8.2.2.2: "If the request has no tag in the To header field, the UAS core MUST check the request against ongoing transactions.
    // If the From tag, Call-ID, and CSeq exactly match those associated with an ongoing transaction, but the request does not match that
    // transaction …, the UAS core SHOULD generate a 482 (Loop Detected) response".
    const other = this.#stack.ledger.merged.get(mergeKey(request));
    if (other !== undefined && other !== transaction) return [482, []];
    // We pass calls on (every application here is a back-to-back user agent), so that a loop of servers must end.
    if (numberOf(headers, 'max-forwards') === 0 && method !== 'OPTIONS') return [483, []];
    // §15.1.2, RFC 3311, RFC 3262: these live inside dialogs only.
    if (method === 'BYE' || method === 'UPDATE' || method === 'PRACK') return [481, []];
    // §8.2.2.3: "If a UAS does not understand an option-tag listed in a Require header field, it MUST respond by generating a response with status code 420 (Bad Extension). The UAS MUST add an Unsupported header field".
    const reliable = headers.list('require').find((tag) => tag.toLowerCase() === '100rel');
    if (reliable !== undefined && method === 'INVITE') return [420, [['Unsupported', reliable]]];
    // §8.1.1.8: "The Contact header field MUST be present and contain exactly one SIP or SIPS URI in any request that can result in the establishment of a dialog."
    if (method === 'INVITE' && contactUri(request) === undefined) return [400, []];
    if (this.#dispatch.isDraining && method !== 'CANCEL') return [503, [['Retry-After', String(RETRY_AFTER_S)]]];
    return undefined;
  }

  #unserved(method: string): [number, [string, string][]] {
    return KNOWN_METHODS.has(method) ? [503, [['Retry-After', String(RETRY_AFTER_S)]]] : [501, []];
  }

  #newIncoming(request: Request, source: Source, transaction: ServerTransaction, app: Application, leg: Leg | undefined): Incoming {
    const incoming: Incoming = {
      id: this.#stack.names.transaction(),
      request,
      source,
      transaction,
      app,
      isInside: leg !== undefined,
      leg,
      localTag: leg?.dialog.localTag ?? '',
      cancelSilence: () => undefined,
    };
    this.#stack.ledger.addIncoming(incoming);
    return incoming;
  }

  #whenSilent(incoming: Incoming): () => void {
    return this.#stack.clock.after(SILENCE_MS, () => {
      this.#stack.counters.silentApplications += 1;
      this.#finish(incoming, responseTo(incoming.request, incoming.request.method === 'BYE' ? 200 : 480, this.#tagOf(incoming)));
    });
  }

  #trip(bytes: Buffer, from: Hop) {
    return { source: 'network', bytes: bytes.length, at: from, time: this.#stack.clock.now() } as const;
  }

  // ── requests inside dialogs ─────────────────────────────────────────────────────────────────────────────────────────

  #legOf(request: Request): Leg | undefined {
    const { headers } = request;
    return this.#stack.ledger.legFor(headers.get('call-id') ?? '', tagOf(headers.get('to') ?? '') ?? '', tagOf(headers.get('from') ?? '') ?? '');
  }

  #takeInside(request: Request, source: Source, transaction: ServerTransaction): void {
    const leg = this.#legOf(request);
    if (leg === undefined) {
      this.#reject(transaction, 481);
      return;
    }
    // Both ends hang up at once: each BYE is answered, the application has its own end already.
    if (leg.dialog.state === 'ending') {
      this.#reject(transaction, request.method === 'BYE' ? 200 : 481);
      return;
    }
    if (leg.app.isGone) {
      this.#reject(transaction, 481);
      return;
    }
    if (!inOrder(leg.dialog, request)) {
      this.#reject(transaction, 500);
      return;
    }
    if (request.method === 'INVITE') {
      // RFC 3261 §14.2: "A UAS that receives a second INVITE before it sends the final response to a first INVITE … MUST return a 500 (Server Internal Error) response to the second INVITE and
      // MUST include a Retry-After header field with a randomly chosen value of between 0 and 10 seconds."
      if (leg.inviteIn !== undefined) {
        this.#reject(transaction, 500, [['Retry-After', String(this.#stack.names.seq() % 11)]]);
        return;
      }
      // "A UAS that receives an INVITE on a dialog while an INVITE it had sent on that dialog is in progress MUST return a 491 (Request Pending) response to the received INVITE."
      if (leg.inviteOut !== undefined) {
        this.#reject(transaction, 491);
        return;
      }
    }
    const incoming = this.#newIncoming(request, source, transaction, leg.app, leg);
    if (request.method === 'INVITE') leg.inviteIn = incoming;
    if (request.method === 'BYE') this.#endedByPeer(leg, request);
    incoming.cancelSilence = this.#whenSilent(incoming);
    const bytes = writeMessage(request);
    leg.app.deliver(sipEvent(this.#trip(bytes, source), incoming.id, leg.dialog.id, bytes));
  }

  /**
   * §15.1.2: "A UAS core receiving a BYE request for an existing dialog MUST … respond … The UAS core … MUST still respond to any pending requests
   * received for that dialog. It is RECOMMENDED that a 487 (Request Terminated) response be generated to those pending requests."
   */
  #endedByPeer(leg: Leg, bye: Request): void {
    const pending = leg.inviteIn;
    this.#stack.records.ended(leg, 'network', 'normal-release', bye);
    if (pending !== undefined) this.#stack.records.ended(pending, 'network', 'call-canceled', bye);
    this.#stack.ledger.removeLeg(leg);
    if (pending === undefined) return;
    this.#finish(pending, responseTo(pending.request, 487, this.#tagOf(pending)));
    if (!pending.isInside) this.#tellCancelled(pending, cancelFor(pending.request), pending.source);
  }

  /** The ACK of a 2xx finds its dialog; any other ended in its transaction. */
  #takeAck(ack: Request, source: Source): void {
    if (this.#stack.transactions.findServer(ack, 'INVITE')?.acknowledge() === true) return;
    const leg = this.#legOf(ack);
    const answer = leg?.answer;
    if (leg === undefined || answer === undefined || answer.seq !== parseCSeq(ack.headers.get('cseq') ?? '').number) return;
    answer.stop();
    leg.answer = undefined;
    const after = leg.afterAck.splice(0);
    if (!leg.app.isGone && leg.dialog.state !== 'ending') {
      const bytes = writeMessage(ack);
      leg.app.deliver(sipEvent(this.#trip(bytes, source), this.#stack.names.transaction(), leg.dialog.id, bytes));
    }
    for (const act of after) act();
  }

  #takeCancel(request: Request, source: Source): void {
    const { transactions } = this.#stack;
    const invite = transactions.findServer(request, 'INVITE');
    const own = transactions.newServer(request, replyHop(request, source), { onFailure: () => undefined });
    // RFC 3261 §9.2: "If the UAS did not find a matching transaction for the CANCEL according to the procedure above, it SHOULD respond to the CANCEL with a 481".
    if (invite === undefined) {
      this.#reject(own, 481);
      return;
    }
    const incoming = this.#stack.ledger.incomingOf(invite);
    const leg = incoming?.leg ?? this.#legAnsweredBy(invite);
    // "…the UAS answers the CANCEL request itself with a 200 (OK) response … the To tag of the response to the CANCEL and the To tag in the response to the original request SHOULD be the same."
    own.respond(responseTo(request, 200, (incoming === undefined ? leg?.dialog.localTag : this.#tagOf(incoming)) || this.#stack.names.tag()));
    if (incoming !== undefined && !invite.answered) {
      this.#stack.records.ended(incoming, 'network', 'call-canceled', request);
      this.#finish(incoming, responseTo(incoming.request, 487, this.#tagOf(incoming)));
      this.#tellCancelled(incoming, request, source);
    } else if (leg?.answer !== undefined) {
      // It crossed our 200: "If the UAS has already sent a final response for that request, … the CANCEL request has no effect". The caller does not want
      // the call all the same; §15 lets the BYE go once its ACK is here.
      leg.afterAck.push(() => hangUp(this.#stack, leg, 'CANCEL after 200 OK'));
    }
  }

  #legAnsweredBy(transaction: ServerTransaction): Leg | undefined {
    const { headers } = transaction.request;
    return this.#stack.ledger.legOf(dialogId(headers.get('call-id') ?? '', tagOf(headers.get('from') ?? '') ?? ''));
  }

  #tellCancelled(incoming: Incoming, cancel: Request, source: Source): void {
    if (incoming.app.isGone) return;
    const bytes = writeMessage(cancel);
    incoming.app.deliver(sipEvent(this.#trip(bytes, source), incoming.id, incoming.leg?.dialog.id ?? '', bytes));
  }

  // ── applications' responses ─────────────────────────────────────────────────────────────────────────────────────────

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
    const response = responseTo(incoming.request, incoming.request.method === 'BYE' ? 200 : 503, this.#tagOf(incoming));
    if (response.status === 503) response.headers.add('Retry-After', String(RETRY_AFTER_S));
    this.#finish(incoming, response);
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
      incoming.cancelSilence = this.#stack.clock.after(UNANSWERED_MS, () => this.#finish(incoming, responseTo(request, 480, this.#tagOf(incoming))));
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

  #finish(incoming: Incoming, response: Response): void {
    this.#carryOut(incoming, response);
  }

  #openLeg(incoming: Incoming, response: Response): void {
    const { request, source, app } = incoming;
    const leg = newLeg(uasDialog(request, response, this.#stack.names.seq()), app);
    leg.dialog.via = pinned(leg, source);
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

  #tagOf(incoming: Incoming): string {
    if (incoming.localTag === '') incoming.localTag = this.#stack.names.tag();
    return incoming.localTag;
  }

  #dialogIdFor(incoming: Incoming): string {
    if (incoming.leg !== undefined) return incoming.leg.dialog.id;
    const { headers } = incoming.request;
    return opensDialog(incoming.request) ? dialogId(headers.get('call-id') ?? '', tagOf(headers.get('from') ?? '') ?? '') : '';
  }
}

/** Routed by applications; any other method without a route is not implemented rather than out of service. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(['INVITE', 'REGISTER', 'MESSAGE', 'OPTIONS', 'INFO', 'NOTIFY', 'SUBSCRIBE', 'PUBLISH', 'REFER']);

const endsSubscription = (leg: Leg, request: Request): boolean =>
  leg.dialog.method === 'SUBSCRIBE' && request.method === 'NOTIFY' && /^\s*terminated/i.test(request.headers.get('subscription-state') ?? '');

const opensDialog = (request: Request): boolean => request.method === 'INVITE' || request.method === 'SUBSCRIBE';

const mergeKey = ({ headers }: Request): string => `${headers.get('call-id')}|${tagOf(headers.get('from') ?? '')}|${headers.get('cseq')}`;

/**
 * RFC 3261 §18.2.2 and RFC 3581 §4: over a connection the response goes back on it ("the response MUST be sent using the existing
 * connection … If that connection is no longer open, the server SHOULD open a connection to the IP address in the "received" parameter, if present, using
 * the port in the "sent-by" value, or the default port"); over UDP to the source address and, when the peer asked with rport, the source port.
 */
function replyHop(request: Request, source: Source): Hop {
  const via = topVia(request.headers);
  const port = source.protocol === 'udp' && via.params.has('rport') ? source.port : (via.port ?? 5060);
  return { protocol: source.protocol, address: source.address, port, flow: source.flow };
}

/**
 * Where our requests of a dialog that a peer opened go whatever its target says: back over its connection; over UDP to where it sent from when
 * its Contact names another address (it is behind NAT and does not know it).
 */
function pinned(leg: Leg, source: Source): Hop | undefined {
  if (leg.dialog.routes.length > 0) return undefined;
  const { protocol, address, port, flow } = source;
  if (protocol !== 'udp') return { protocol, address, port, flow };
  return bareHost(hostOf(leg.dialog.target)) === address.toLowerCase() ? undefined : { protocol, address, port, flow };
}

/** A BYE for a call that was never answered tells an application what a CANCEL would have. */
function cancelFor(invite: Request): Request {
  const { headers } = invite;
  const cancel = newRequest('CANCEL', invite.uri, [['Via', headers.get('via') ?? '']]);
  cancel.headers
    .add('From', headers.get('from') ?? '')
    .add('To', headers.get('to') ?? '')
    .add('Call-ID', headers.get('call-id') ?? '')
    .add('CSeq', `${parseCSeq(headers.get('cseq') ?? '').number} CANCEL`);
  cancel.charset = invite.charset;
  return cancel;
}
