import { type Application, type Incoming, mergeKey } from '../agent/ledger.ts';
import { replyHop } from '../agent/return-path.ts';
import type { Stack } from '../agent/stack.ts';
import { type Request, responseTo, tagOf } from '../message/message.ts';
import { parseUri } from '../message/uri.ts';
import { parseCSeq } from '../message/values.ts';
import { topVia } from '../message/via.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Source } from '../transport/network.ts';
import { RoutedCalls } from './calls.ts';
import { Challenges } from './challenges.ts';
import { MOST_TARGETS } from './context.ts';
import { barrierTo, loopMark } from './forward.ts';
import type { Hearer, Order } from './order.ts';
import { isOwnUri } from './own.ts';
import { Passage, type Passing } from './passage.ts';
import { takeOwnRoutes } from './record-route.ts';
import { relayAck } from './relay.ts';

/** A stateful proxy (RFC 3261 §16): requests that applications want passed on, and later requests of the calls it has stayed in. */
export class StatefulProxy {
  readonly #stack: Stack;
  readonly #passing: Passing;
  readonly #passages = new Map<ServerTransaction, Passage>();
  /** INVITEs that are not a user agent's, for their CANCEL. */
  readonly #passed = new WeakSet<ServerTransaction>();
  /** INVITEs under way by all that a NAT leaves alone when it changes the sent-by of their CANCEL. */
  readonly #behindNat = new Map<string, ServerTransaction>();

  constructor(stack: Stack) {
    this.#stack = stack;
    this.#passing = { stack, calls: new RoutedCalls(stack.clock), challenges: new Challenges(stack.clock) };
  }

  /** Requests under way and calls that run through us. */
  get calls(): number {
    return this.#passages.size + this.#passing.calls.size;
  }
  sweep(): void {
    this.#passing.calls.sweep();
  }

  /**
   * An application gives a request away. The passage tells `hearer`; what is returned instead is why nothing was done (the request is still the application's) or
   * why the request was refused.
   */
  pass(app: Application, transaction: string, order: Order, hearer: Hearer): string | undefined {
    const targets = order.targets.filter(isUri).slice(0, MOST_TARGETS);
    if (targets.length === 0) return `error proxying request to ${order.targets[0] ?? 'nowhere'}`;
    const incoming = this.#takeOver(app, transaction);
    if (incoming === undefined) return `Unknown transaction id: ${transaction}`;
    const known = this.#passing.challenges.targetsOf(incoming.request);
    return this.#begin(incoming, { ...order, targets: known.length > 0 ? known : targets }, hearer);
  }

  /** A request that `app` was given and has not finally answered: from here on it is ours. */
  #takeOver(app: Application, id: string): Incoming | undefined {
    const { ledger, guard, clock } = this.#stack;
    const incoming = ledger.incoming.get(id);
    if (incoming === undefined || incoming.app !== app || incoming.isInside || incoming.held !== undefined) return undefined;
    ledger.removeIncoming(incoming);
    guard.overload.heard(id, incoming.request.method, clock.now());
    ledger.merged.delete(mergeKey(incoming.request));
    // Whatever the application said of it so far was provisional.
    if (incoming.leg !== undefined) ledger.removeLeg(incoming.leg);
    return incoming;
  }

  /** True when the request is none of a user agent here: it goes on along its Route, or cancels one that was passed on. */
  take(request: Request, source: Source): boolean {
    if (request.method === 'CANCEL') return this.#takeCancel(request, source);
    if (!request.headers.has('route')) return false;
    if (!takeOwnRoutes(request, this.#stack.sign(request.headers.get('call-id') ?? ''))) return false;
    // The last hop of the route is us: a call that was passed on to an application here.
    if (!request.headers.has('route') && isOwnUri(this.#stack, request.uri)) return false;
    // The mark is proof that its sender belongs to the call; what it may say is another matter.
    this.#stack.guard.clean(request, source, this.#stack.clock.now());
    if (request.method === 'ACK') this.#takeAck(request);
    else this.#relay(request, source);
    return true;
  }

  #takeAck(ack: Request): void {
    if (this.#stack.transactions.findServer(ack, 'INVITE')?.acknowledge() !== true) relayAck(this.#passing, ack);
  }

  #relay(request: Request, source: Source): void {
    const { transactions } = this.#stack;
    const known = transactions.findServer(request, request.method);
    if (known !== undefined) {
      known.repeat();
      return;
    }
    const transaction = transactions.newServer(request, replyHop(request, source), { onFailure: () => undefined });
    const order: Order = {
      targets: [request.uri],
      simultaneous: false,
      followRedirects: false,
      remain: false,
      provisionalMs: undefined,
      finalMs: undefined,
      added: [],
    };
    this.#begin({ request, source, transaction }, order, undefined);
  }

  #begin(asked: Pick<Incoming, 'request' | 'source' | 'transaction'>, order: Order, hearer: Hearer | undefined): string | undefined {
    const { request, transaction } = asked;
    const loop = loopMark(request, this.#stack.sign);
    const barrier = barrierTo(request, loop, order.simultaneous ? order.targets.length : 1);
    if (barrier !== undefined) {
      const response = responseTo(request, barrier.status, this.#stack.names.tag());
      for (const [name, value] of barrier.headers) response.headers.add(name, value);
      this.#stack.records.ended(asked, 'application', 'call-rejected', response);
      transaction.respond(response);
      return `Rejected with ${barrier.status} ${barrier.reason}`;
    }
    const key = natKey(request);
    const passage = new Passage(this.#passing, asked, order, loop, hearer, () => {
      this.#passages.delete(transaction);
      this.#behindNat.delete(key);
    });
    if (request.method === 'INVITE') this.#behindNat.set(key, transaction);
    this.#passed.add(transaction);
    this.#passages.set(transaction, passage);
    passage.begin();
    return undefined;
  }

  /** §16.10: "If a matching response context is found, the element MUST immediately return a 200 (OK) response to the CANCEL request." */
  #takeCancel(request: Request, source: Source): boolean {
    const { transactions, names, guard, clock } = this.#stack;
    const invite = transactions.findServer(request, 'INVITE') ?? this.#behindNat.get(natKey(request));
    if (invite === undefined || !this.#passed.has(invite)) return false;
    if (!guard.mayInside(source, (address) => address === invite.hop.address, clock.now())) return false;
    const known = transactions.findServer(request, 'CANCEL');
    if (known !== undefined) {
      known.repeat();
      return true;
    }
    transactions.newServer(request, replyHop(request, source), { onFailure: () => undefined }).respond(responseTo(request, 200, names.tag()));
    this.#passages.get(invite)?.cancel(request);
    return true;
  }
}

function natKey({ headers }: Request): string {
  const branch = topVia(headers).params.get('branch')?.toLowerCase() ?? '';
  return [branch, headers.get('call-id'), tagOf(headers.get('from') ?? ''), parseCSeq(headers.get('cseq') ?? '').number].join('|');
}

function isUri(text: string): boolean {
  try {
    return /^sips?$/.test(parseUri(text).scheme);
  } catch {
    return false;
  }
}
