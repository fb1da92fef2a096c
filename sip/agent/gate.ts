import { hostOf } from '../dialog/dialog.ts';
import { MOST_ANSWER_SHARE, shorten, stripBanners } from '../guard/answers.ts';
import { type Request, type Response, responseTo } from '../message/message.ts';
import { bareHost } from '../message/uri.ts';
import { writeMessage } from '../message/write.ts';
import type { Source } from '../transport/network.ts';
import { type Incoming, inviteBehindNat, type Leg } from './ledger.ts';
import { replyHop } from './return-path.ts';
import type { Stack } from './stack.ts';

/** Where the guard's word is carried out: what goes no further is answered without a transaction, from the request alone. */
export class Gate {
  readonly #stack: Stack;
  constructor(stack: Stack) {
    this.#stack = stack;
  }

  /** A request outside dialogs that is no copy of another. False: it has been dealt with. */
  opens(request: Request, source: Source): boolean {
    const { guard, ledger, clock } = this.#stack;
    const verdict = guard.judge(request, source, ledger.pending.of(source.address), clock.now());
    if (verdict.does === 'refuse') this.answer(request, source, verdict.status, verdict.headers);
    return verdict.does === 'pass';
  }

  /** A request of a dialog, its ACK included: may it come from there? False: it has been dealt with. Takes out of it what its sender may not say. */
  enters(request: Request, source: Source, leg: Leg | undefined): boolean {
    const { guard, clock } = this.#stack;
    const now = clock.now();
    if (leg === undefined) {
      if (!this.isStranger(source)) return true;
      this.answer(request, source, 481);
      return false;
    }
    if (!guard.mayInside(source, (address) => isKnownTo(leg, address), now)) {
      this.answer(request, source, 403);
      return false;
    }
    guard.clean(request, source, now);
    return true;
  }

  /** The CANCEL of an INVITE comes from where the INVITE came from (by another port, when a NAT has changed it). */
  cancels(request: Request, source: Source): boolean {
    const { guard, clock, transactions, ledger } = this.#stack;
    const invite = transactions.findServer(request, 'INVITE') ?? inviteBehindNat(ledger, request);
    const may = invite === undefined ? !this.isStranger(source) : guard.mayInside(source, (address) => address === invite.hop.address, clock.now());
    if (!may) this.answer(request, source, 481);
    return may;
  }

  isStranger(source: Source): boolean {
    return this.#stack.guard.isStranger(source, this.#stack.clock.now());
  }

  /**
   * RFC 3261 §8.2.7, a stateless UAS: the To tag is the same for each copy of the request, nothing is kept and nothing repeated. To somebody who may have
   * written another's address on his datagram the answer is hardly longer than what he spent on it (faults E6), or there is none.
   */
  answer(request: Request, source: Source, status: number, headers: readonly (readonly [string, string])[] = [], reason?: string): void {
    if (request.method === 'ACK') return;
    const { guard, transport } = this.#stack;
    const most = source.protocol === 'udp' && this.isStranger(source) ? writeMessage(request).length * MOST_ANSWER_SHARE : Number.POSITIVE_INFINITY;
    for (let kept = headers.length; kept >= Math.min(1, headers.length); kept -= 1) {
      const response = responseTo(request, status, guard.stamp(stampOf(request)), reason);
      for (const [name, value] of headers.slice(0, kept)) response.headers.add(name, value);
      const bytes = writeMessage(response);
      if (bytes.length > most) continue;
      transport.send(bytes, replyHop(request, source), () => undefined);
      return;
    }
    guard.counts.dropped['too long an answer'] += 1;
  }
}

/** An application's answer to a stranger: without a word about the software, and over UDP not longer than what he spent lets him have. */
export function modest({ guard, clock }: Stack, { request, source }: Incoming, response: Response): void {
  if (!guard.isStranger(source, clock.now())) return;
  stripBanners(response);
  // Credentials that came this far stand on a nonce that was sent to that very address: it is his own.
  if (source.protocol === 'udp' && !request.headers.has('authorization')) shorten(request, response, (message) => writeMessage(message).length);
}

const stampOf = ({ headers }: Request): string => `${headers.get('via')} ${headers.get('call-id')} ${headers.get('cseq')}`;

function isKnownTo({ dialog, addresses }: Leg, address: string): boolean {
  const lower = address.toLowerCase();
  return addresses.includes(address) || [dialog.target, ...dialog.routes.slice(0, 1)].some((uri) => bareHost(hostOf(uri)) === lower);
}
