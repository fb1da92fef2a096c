import { sipEvent } from '../control/wire.ts';
import { REFRESHES_TARGET, refreshTarget, uacDialog } from '../dialog/dialog.ts';
import { ReliableHeard, rseqOf } from '../dialog/reliable.ts';
import { agreedInTheirs } from '../dialog/session.ts';
import { type Request, type Response, reasonOf, responseTo, tagOf } from '../message/message.ts';
import { writeMessage } from '../message/write.ts';
import type { Hop } from '../transport/hop.ts';
import { acknowledge } from './ack.ts';
import { CREDENTIALS_WITHIN_MS } from './challenged.ts';
import { hangUp } from './hangup.ts';
import { type Leg, newLeg, noteOurs, notePeer, type Outgoing, openingId } from './ledger.ts';
import { pathToCallee } from './return-path.ts';
import { keepSession } from './session.ts';
import type { Stack } from './stack.ts';
import { keepSubscription } from './subscription.ts';

/** Another fork answered first; the application never hears of this one. */
const FORKED = 'another branch answered first';
const MOST_REFUSED = 1_000;

/** What comes back of applications' requests. */
export class Returns {
  readonly #stack: Stack;
  /** Dialog ids of INVITEs of applications that were refused lately: drachtio-srf acknowledges those too, which the transaction has done. */
  readonly refused = new Set<string>();
  constructor(stack: Stack) {
    this.#stack = stack;
  }

  onResponse(outgoing: Outgoing, response: Response, from: Hop): void {
    const { status } = response;
    if (status < 200) this.#onProvisional(outgoing, response, from);
    else if (status < 300 && outgoing.transaction.request.method === 'INVITE') this.#onAnswer(outgoing, response, from);
    else this.#onFinal(outgoing, response, from);
  }

  #onProvisional(outgoing: Outgoing, response: Response, from: Hop): void {
    if (outgoing.state === 'final') return;
    outgoing.state = 'proceeding';
    if (outgoing.cancel?.state === 'held') outgoing.cancel.send();
    // 100 is between neighbours (RFC 3261 §8.1.3.2) and no news to the application.
    if (response.status === 100) return;
    const leg = outgoing.inside ?? (opensDialog(outgoing) ? this.#fork(outgoing, response, from) : undefined);
    if (leg !== undefined && rseqOf(response) !== undefined) {
      leg.heard ??= new ReliableHeard();
      if (!leg.heard.isNews(response)) return;
    }
    this.#tell(outgoing, response, from);
  }

  /** A 2xx to INVITE: the first, a copy of it, or another fork's. */
  #onAnswer(outgoing: Outgoing, response: Response, from: Hop): void {
    const leg = outgoing.inside ?? this.#fork(outgoing, response, from);
    const { request } = outgoing.transaction;
    if (outgoing.winner === leg) {
      // RFC 3261 §13.2.2.4: the same ACK "MUST be passed to the client transport every time a retransmission of the 2xx final response that triggered the ACK arrives."
      leg.answered?.ack?.();
      return;
    }
    if (outgoing.winner !== undefined || outgoing.state === 'final') {
      this.#dropFork(leg, request, FORKED);
      return;
    }
    outgoing.winner = leg;
    this.#stack.records.answered(outgoing, 'network', 'uac', response, leg);
    for (const [tag, other] of outgoing.forks) {
      if (other === leg) continue;
      this.#stack.ledger.removeLeg(other);
      outgoing.forks.delete(tag);
    }
    leg.dialog.state = leg.dialog.state === 'ending' ? 'ending' : 'confirmed';
    refreshTarget(leg.dialog, response);
    leg.answered = { request, ack: undefined };
    this.#noteSession(leg, request, response);
    this.#stack.ledger.removeOutgoing(outgoing);
    if (outgoing.inside === undefined) this.#stack.ledger.prefer(leg);
    this.#tell(outgoing, response, from);
    if (outgoing.inside !== undefined) {
      if (outgoing.cancel !== undefined) acknowledge(this.#stack, leg, request);
    } else if (outgoing.cancel !== undefined || outgoing.app.isGone) {
      this.#dropFork(leg, request, outgoing.app.isGone ? 'application disconnected' : 'ACK-BYE due to cancel race condition');
    }
  }

  #noteSession(leg: Leg, request: Request, response: Response): void {
    notePeer(leg, response);
    noteOurs(leg, request);
    keepSession(this.#stack, leg, agreedInTheirs(response, leg.session?.interval));
  }

  /** RFC 3261 §13.2.2.4: "If, after acknowledging any 2xx response to an INVITE, the UAC does not want to continue with that dialog, then the UAC MUST terminate the dialog by sending a BYE request". */
  #dropFork(leg: Leg, invite: Request, reason: string): void {
    acknowledge(this.#stack, leg, invite);
    if (leg.dialog.state !== 'ending') leg.dialog.state = 'confirmed';
    hangUp(this.#stack, leg, reason, reason !== FORKED);
  }

  #onFinal(outgoing: Outgoing, response: Response, from: Hop): void {
    if (outgoing.state === 'final') return;
    this.#recordRefusal(outgoing, response);
    const { request } = outgoing.transaction;
    const { ledger } = this.#stack;
    ledger.removeOutgoing(outgoing);
    const { inside } = outgoing;
    const good = response.status < 300;
    if (good && request.method === 'REGISTER') this.#stack.guard.registered(response, from, this.#stack.clock.now());
    if (inside !== undefined) {
      if (good && REFRESHES_TARGET.has(request.method)) refreshTarget(inside.dialog, response);
      if (good && request.method === 'UPDATE' && inside.dialog.state === 'confirmed') this.#noteSession(inside, request, response);
      else if (good) noteOurs(inside, request);
      if (good && request.method === 'SUBSCRIBE') keepSubscription(this.#stack, inside, response);
      if (endsDialog(inside, request, response)) ledger.removeLeg(inside);
      else if (request.method === 'BYE') this.#mayComeAgain(inside);
    } else if (good && opensDialog(outgoing)) {
      const leg = this.#fork(outgoing, response, from);
      leg.dialog.state = 'confirmed';
      // A last NOTIFY may have ended it already.
      if (ledger.holds(leg)) keepSubscription(this.#stack, leg, response);
    } else this.#refusedAll(outgoing);
    this.#tell(outgoing, response, from);
  }

  /** A BYE that was challenged leaves the call as it was, for a BYE with credentials; who has none leaves no dialog here for ever. */
  #mayComeAgain(leg: Leg): void {
    // One with credentials for a BYE of ours that was challenged: there is no third.
    if (leg.awaitsBye) {
      this.#stack.ledger.removeLeg(leg);
      return;
    }
    leg.dialog.state = 'confirmed';
    this.#stack.clock.after(CREDENTIALS_WITHIN_MS, () => {
      if (leg.dialog.state !== 'ending') this.#stack.ledger.removeLeg(leg);
    });
  }

  #refusedAll(outgoing: Outgoing): void {
    for (const leg of outgoing.forks.values()) this.#stack.ledger.removeLeg(leg);
    if (outgoing.transaction.request.method !== 'INVITE') return;
    this.refused.add(this.#dialogIdOf(outgoing));
    if (this.refused.size > MOST_REFUSED) for (const oldest of this.refused) if (this.refused.delete(oldest)) break;
  }

  #recordRefusal(outgoing: Outgoing, response: Response): void {
    this.#stack.records.ended(outgoing, 'network', outgoing.cancel === undefined ? 'call-rejected' : 'call-canceled', response);
  }

  /** The dialog that this response belongs to, opened when it is the first with its To tag. */
  #fork(outgoing: Outgoing, response: Response, from: Hop): Leg {
    const tag = tagOf(response.headers.get('to') ?? '') ?? '';
    const known = outgoing.forks.get(tag);
    if (known !== undefined) return known;
    const { request, hop } = outgoing.transaction;
    const leg = newLeg(uacDialog(request, response), outgoing.app, [hop.address, from.address], outgoing);
    leg.dialog.via = pathToCallee(hop, leg, from);
    outgoing.forks.set(tag, leg);
    if (tag !== '' && outgoing.winner === undefined) this.#stack.ledger.addLeg(leg);
    return leg;
  }

  #tell(outgoing: Outgoing, response: Response, from: Pick<Hop, 'address' | 'port' | 'protocol'>, made = false): void {
    if (outgoing.app.isGone) return;
    // RFC 3261 §8.1.3.2 lets an unknown code count as the x00 of its class: an application that knows only 200 of INVITE still gets its call.
    const isOtherAnswer = outgoing.transaction.request.method === 'INVITE' && response.status > 200 && response.status < 300;
    const bytes = writeMessage(isOtherAnswer ? { ...response, status: 200 } : response);
    const trip = { source: 'network', bytes: made ? 0 : bytes.length, at: from, time: this.#stack.clock.now() } as const;
    outgoing.app.deliver(sipEvent(trip, outgoing.id, this.#dialogIdOf(outgoing), bytes));
  }

  #dialogIdOf(outgoing: Outgoing): string {
    if (outgoing.inside !== undefined) return outgoing.inside.dialog.id;
    return opensDialog(outgoing) ? openingId(outgoing) : '';
  }

  /** A final response that no peer sent: nothing was heard, or nothing could be sent. */
  finalOfOurs(outgoing: Outgoing, status: 408 | 430 | 487 | 503): void {
    if (outgoing.state === 'final') return;
    const { request, hop } = outgoing.transaction;
    const { ledger } = this.#stack;
    ledger.removeOutgoing(outgoing);
    for (const leg of outgoing.forks.values()) ledger.removeLeg(leg);
    // RFC 3261 §12.2.1.2: "If the response for a request within a dialog is a 481 … or a 408 (Request Timeout), the UAC SHOULD terminate the dialog."
    if (outgoing.inside !== undefined && request.method === 'BYE') ledger.removeLeg(outgoing.inside);
    const response = responseTo(request, status, this.#stack.names.tag(), reasonOf(status));
    this.#recordRefusal(outgoing, response);
    this.#tell(outgoing, response, { protocol: hop.protocol, address: '', port: 0 }, true);
  }
}

const opensDialog = (outgoing: Outgoing): boolean =>
  outgoing.inside === undefined && (outgoing.transaction.request.method === 'INVITE' || outgoing.transaction.request.method === 'SUBSCRIBE');

/** BYE ends it with any answer but a challenge; a last NOTIFY ends a subscription, but never a call in which a REFER made one (RFC 5057). */
function endsDialog(leg: Leg, request: Request, response: Response): boolean {
  if (request.method === 'BYE') return response.status !== 401 && response.status !== 407;
  return leg.dialog.method === 'SUBSCRIBE' && request.method === 'NOTIFY' && /^\s*terminated/i.test(request.headers.get('subscription-state') ?? '');
}
