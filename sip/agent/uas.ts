import { newRequestEvent, sipEvent } from '../control/wire.ts';
import { contactUri, dialogId, inOrder } from '../dialog/dialog.ts';
import { rackOf } from '../dialog/reliable.ts';
import { isTooBrief } from '../dialog/session.ts';
import { type Request, responseTo, tagOf } from '../message/message.ts';
import { numberOf, parseCSeq } from '../message/values.ts';
import { writeMessage } from '../message/write.ts';
import type { ServerTransaction, ServerUser } from '../transaction/server-transaction.ts';
import type { Source } from '../transport/network.ts';
import { Answers } from './answers.ts';
import { cancelFor, takeCancel, tellCancelled } from './cancelled.ts';
import { collisionOf, type Refused, tooBrief } from './collision.ts';
import { Gate } from './gate.ts';
import { type Application, type Incoming, inviteBehindNat, type Leg, mergeKey, notePeer } from './ledger.ts';
import { MUST_BE_2XX, networkTrip, reject } from './reply.ts';
import { replyHop } from './return-path.ts';
import { RETRY_AFTER_S, type Stack } from './stack.ts';
import { notifiedEarly } from './subscription.ts';

/** RFC 3261 gives a caller 32 s (timers B and F): an application that has said nothing by now is answered for. */
const SILENCE_MS = 25_000;

const NOBODY: ServerUser = { onFailure: () => undefined };

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
  readonly #gate: Gate;
  readonly answers: Answers;
  constructor(stack: Stack, dispatch: Dispatch) {
    this.#stack = stack;
    this.#gate = new Gate(stack);
    this.#dispatch = dispatch;
    this.answers = new Answers(stack);
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
      if (this.#gate.cancels(request, source)) takeCancel(this.#stack, this.answers, request, source);
      return;
    }
    const isNew = tagOf(request.headers.get('to') ?? '') === undefined;
    const leg = isNew ? undefined : (this.#legOf(request) ?? notifiedEarly(this.#stack, request, source));
    if (isNew ? !this.#mayOpen(request, source) : !this.#gate.enters(request, source, leg)) return;
    const transaction = this.#newTransaction(request, source);
    if (isNew) this.#takeNew(request, source, transaction);
    else this.#takeInside(request, source, transaction, leg);
  }

  /** Asked before anything is kept of a request: what a stranger is refused costs no transaction. */
  #mayOpen(request: Request, source: Source): boolean {
    if (!this.#gate.opens(request, source)) return false;
    const refusal = this.#gate.isStranger(source) ? this.#whyNot(request, undefined) : undefined;
    if (refusal !== undefined) this.#gate.answer(request, source, ...refusal);
    return refusal === undefined;
  }

  /** A new INVITE is known by what its merged copies share until its transaction is over, so that a copy that comes after the answer is no second call. */
  #newTransaction(request: Request, source: Source): ServerTransaction {
    const { transactions, ledger } = this.#stack;
    const hop = replyHop(request, source);
    if (request.method !== 'INVITE') return transactions.newServer(request, hop, NOBODY);
    const key = mergeKey(request);
    const onEnd = (): void => {
      if (ledger.merged.get(key) === transaction) ledger.merged.delete(key);
    };
    const transaction: ServerTransaction = transactions.newServer(request, hop, { ...NOBODY, onEnd });
    return transaction;
  }

  /** Answers a request without any application. */
  refuse(request: Request, source: Source, status: number, reason?: string): void {
    if (request.method === 'ACK') return;
    const known = this.#stack.transactions.findServer(request, request.method);
    if (known !== undefined) {
      known.repeat();
      return;
    }
    if (this.#gate.isStranger(source)) {
      this.#gate.answer(request, source, status, [], reason);
      return;
    }
    reject(this.#stack, this.#stack.transactions.newServer(request, replyHop(request, source), NOBODY), status, [], reason);
  }

  // ── new requests ────────────────────────────────────────────────────────────────────────────────────────────────────

  #takeNew(request: Request, source: Source, transaction: ServerTransaction): void {
    const { ledger, counters } = this.#stack;
    const refusal = this.#whyNot(request, transaction);
    if (refusal !== undefined) {
      reject(this.#stack, transaction, ...refusal);
      return;
    }
    if (ledger.pending.isFull(source.address)) {
      counters.refusedOverload += 1;
      reject(this.#stack, transaction, 503, [['Retry-After', String(RETRY_AFTER_S)]]);
      return;
    }
    if (request.method === 'OPTIONS' && this.#stack.probeAgents?.has(request.headers.get('user-agent') ?? '') === true) {
      reject(this.#stack, transaction, 200);
      return;
    }
    const app = this.#dispatch.pick(request.method.toLowerCase());
    if (app === 'none' || app === 'busy') {
      if (app === 'none') counters.refusedNoApplication += 1;
      else counters.refusedOverload += 1;
      reject(this.#stack, transaction, ...this.#unserved(request.method));
      return;
    }
    const incoming = this.#newIncoming(request, source, transaction, app, undefined);
    const merged = mergeKey(request);
    ledger.merged.set(merged, transaction);
    incoming.cancelSilence = this.#whenSilent(incoming);
    if (request.method === 'INVITE') this.#stack.records.attempted(incoming, 'network', request);
    this.tellNew(incoming);
  }

  /** Tells its application of a new request, or asks who takes it. */
  tellNew(incoming: Incoming): void {
    const { app, request, source, id } = incoming;
    if (app.decide !== undefined) {
      app.decide(incoming);
      return;
    }
    const bytes = writeMessage(request);
    app.deliver(newRequestEvent(networkTrip(this.#stack, bytes, source), id, source.local, bytes));
  }

  /** Status, headers and phrase of a refusal that needs no application. */
  #whyNot(request: Request, transaction: ServerTransaction | undefined): Refused | undefined {
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
    if (method === 'INVITE' && isTooBrief(request)) return tooBrief();
    if (method === 'INVITE' && this.#isTaken(request)) return [491, []];
    // §8.1.1.8: "The Contact header field MUST be present and contain exactly one SIP or SIPS URI in any request that can result in the establishment of a dialog."
    if (method === 'INVITE' && contactUri(request) === undefined) return [400, []];
    if (this.#dispatch.isDraining && method !== 'CANCEL') return [503, [['Retry-After', String(RETRY_AFTER_S)]]];
    return undefined;
  }

  /** Applications know a call by its Call-ID and From tag: a second one of that name would take the place of the first. */
  #isTaken({ headers }: Request): boolean {
    return this.#stack.ledger.legOf(dialogId(headers.get('call-id') ?? '', tagOf(headers.get('from') ?? '') ?? ''))?.dialog.role === 'uas';
  }

  #unserved(method: string): Refused {
    return KNOWN_METHODS.has(method) ? [503, [['Retry-After', String(RETRY_AFTER_S)]]] : [501, []];
  }

  #newIncoming(request: Request, source: Source, transaction: ServerTransaction, app: Application, leg: Leg | undefined): Incoming {
    const id = this.#stack.names.transaction();
    const incoming: Incoming = {
      id,
      toldAs: (request.method === 'UPDATE' && leg !== undefined ? inviteIdOf(leg) : undefined) ?? id,
      request,
      source,
      transaction,
      app,
      isInside: leg !== undefined,
      leg,
      localTag: leg?.dialog.localTag ?? '',
      cancelSilence: () => undefined,
      held: undefined,
    };
    this.#stack.ledger.addIncoming(incoming);
    if (leg === undefined) this.#stack.guard.overload.asked(id, request.method, this.#stack.clock.now());
    return incoming;
  }

  #whenSilent(incoming: Incoming): () => void {
    return this.#stack.clock.after(SILENCE_MS, () => {
      this.#stack.counters.silentApplications += 1;
      if (incoming.app.isAway) this.answers.abandon(incoming);
      else this.answers.finish(incoming, responseTo(incoming.request, MUST_BE_2XX.has(incoming.request.method) ? 200 : 480, this.answers.localTag(incoming)));
    });
  }

  // ── requests inside dialogs ─────────────────────────────────────────────────────────────────────────────────────────

  #legOf(request: Request): Leg | undefined {
    const { headers } = request;
    return this.#stack.ledger.legFor(headers.get('call-id') ?? '', tagOf(headers.get('to') ?? '') ?? '', tagOf(headers.get('from') ?? '') ?? '');
  }

  #takeInside(request: Request, source: Source, transaction: ServerTransaction, leg: Leg | undefined): void {
    if (leg === undefined) {
      reject(this.#stack, transaction, 481);
      return;
    }
    // Both ends hang up at once: each BYE is answered, the application has its own end already.
    if (leg.dialog.state === 'ending') {
      const isLatePrack = request.method === 'PRACK' && leg.reliable?.acknowledge(rackOf(request)) === true;
      reject(this.#stack, transaction, request.method === 'BYE' || isLatePrack ? 200 : 481);
      return;
    }
    if (leg.app.isGone) {
      reject(this.#stack, transaction, 481);
      return;
    }
    // It has missed much already; how a call ends is kept for it all the same.
    if (leg.app.isAway && leg.app.isBusy && request.method !== 'BYE') {
      reject(this.#stack, transaction, 503, [['Retry-After', String(RETRY_AFTER_S)]]);
      return;
    }
    if (!inOrder(leg.dialog, request)) {
      reject(this.#stack, transaction, 500);
      return;
    }
    // RFC 3262 §3: "If a PRACK request is received by the UA core that does not match any unacknowledged reliable provisional response, the UAS MUST respond to the PRACK with a 481 response."
    if (request.method === 'PRACK' && leg.reliable?.acknowledge(rackOf(request)) !== true) {
      reject(this.#stack, transaction, 481);
      return;
    }
    const collision = collisionOf(leg, request, () => this.#stack.names.seq());
    if (collision !== undefined) {
      reject(this.#stack, transaction, ...collision);
      return;
    }
    this.#tellInside(leg, request, source, transaction);
  }

  /** Requests inside calls that were told to an application whose connection is lost, and are not answered: whether it heard them nobody knows. */
  unanswered(app: Application): Buffer[] {
    const frames: Buffer[] = [];
    for (const incoming of [...app.owned.incoming]) {
      const { request, source, leg, toldAs } = incoming;
      if (!incoming.isInside || leg === undefined) continue;
      const bytes = writeMessage(request);
      frames.push(sipEvent(networkTrip(this.#stack, bytes, source), toldAs, leg.dialog.id, bytes));
      if (request.method === 'BYE') this.answers.finish(incoming, responseTo(request, 200));
    }
    return frames;
  }

  #tellInside(leg: Leg, request: Request, source: Source, transaction: ServerTransaction): void {
    const incoming = this.#newIncoming(request, source, transaction, leg.app, leg);
    notePeer(leg, request);
    if (request.method === 'INVITE') leg.inviteIn = incoming;
    if (request.method === 'UPDATE') leg.updateIn = incoming;
    if (request.method === 'PRACK') leg.isKnown = true;
    if (incoming.toldAs !== incoming.id) this.#stack.ledger.updates.set(incoming.toldAs, incoming);
    if (request.method === 'BYE') this.#endedByPeer(leg, request);
    incoming.cancelSilence = this.#whenSilent(incoming);
    const bytes = writeMessage(request);
    leg.app.deliver(sipEvent(networkTrip(this.#stack, bytes, source), incoming.toldAs, leg.dialog.id, bytes));
    // Nobody is there to say so, and no phone should wait for the end of its call.
    if (request.method === 'BYE' && leg.app.isAway) this.answers.finish(incoming, responseTo(request, 200));
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
    this.answers.finish(pending, responseTo(pending.request, 487, this.answers.localTag(pending)));
    if (!pending.isInside && pending.held === undefined) tellCancelled(this.#stack, pending, cancelFor(pending.request), pending.source);
  }

  /** The ACK of a 2xx finds its dialog; any other ended in its transaction. */
  #takeAck(ack: Request, source: Source): void {
    if (this.#stack.transactions.findServer(ack, 'INVITE')?.acknowledge() === true) return;
    const leg = this.#legOf(ack);
    const answer = leg?.answer;
    if (answer === undefined && inviteBehindNat(this.#stack.ledger, ack)?.acknowledge() === true) return;
    if (leg === undefined || answer === undefined || answer.seq !== parseCSeq(ack.headers.get('cseq') ?? '').number) return;
    if (!this.#gate.enters(ack, source, leg)) return;
    answer.stop();
    leg.answer = undefined;
    const after = leg.afterAck.splice(0);
    if (!leg.app.isGone && leg.dialog.state !== 'ending') {
      const bytes = writeMessage(ack);
      leg.app.deliver(sipEvent(networkTrip(this.#stack, bytes, source), answer.ackId, leg.dialog.id, bytes));
    }
    for (const act of after) act();
  }
}

/** An UPDATE in a dialog that no PRACK has made known yet is told to its application with the id of the INVITE. */
const inviteIdOf = ({ dialog, isKnown, inviteIn, opening }: Leg): string | undefined =>
  dialog.state === 'early' && !isKnown ? (inviteIn?.id ?? opening?.id) : undefined;

/** Routed by applications; any other method without a route is not implemented rather than out of service. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(['INVITE', 'REGISTER', 'MESSAGE', 'OPTIONS', 'INFO', 'NOTIFY', 'SUBSCRIBE', 'PUBLISH', 'REFER']);
