import type { Incoming } from '../agent/ledger.ts';
import type { Stack } from '../agent/stack.ts';
import { viaOf } from '../control/compose.ts';
import { type Request, type Response, responseTo } from '../message/message.ts';
import { writeMessage } from '../message/write.ts';
import type { Hop } from '../transport/hop.ts';
import { addChallenges, statusOf } from './best.ts';
import { Branch, type BranchOwner, type Kept } from './branch.ts';
import type { RoutedCalls } from './calls.ts';
import type { Challenges } from './challenges.ts';
import { ResponseContext, type SearchUser } from './context.ts';
import { backward, branchWith, type Onward, onward } from './forward.ts';
import type { Hearer, Order } from './order.ts';
import { isOwnUri } from './own.ts';
import { pathOf, recordRoutes } from './record-route.ts';
import { hopOf } from './relay.ts';

/** What passages stand on. */
export interface Passing {
  readonly stack: Stack;
  readonly calls: RoutedCalls;
  readonly challenges: Challenges;
}

/** One request on its way through us: a response context, with the caller's transaction on one side and a branch for each target on the other. */
export class Passage implements SearchUser {
  readonly #hearer: Hearer | undefined;
  readonly #passing: Passing;
  readonly #asked: Pick<Incoming, 'request' | 'source' | 'transaction'>;
  readonly #order: Order;
  readonly #loop: string;
  readonly #onOver: () => void;
  readonly #context: ResponseContext;
  /** Its Request-URI names us, so that the target takes its place. */
  readonly #isForUs: boolean;
  #isCancelled = false;

  constructor(
    passing: Passing,
    asked: Pick<Incoming, 'request' | 'source' | 'transaction'>,
    order: Order,
    loop: string,
    hearer: Hearer | undefined,
    onOver: () => void,
  ) {
    this.#passing = passing;
    this.#asked = asked;
    this.#order = order;
    this.#loop = loop;
    this.#hearer = hearer;
    this.#onOver = onOver;
    this.#isForUs = isOwnUri(passing.stack, asked.request.uri);
    this.#context = new ResponseContext(order, this);
  }

  begin(): void {
    this.#context.begin();
  }

  cancel(cancel: Request): void {
    if (this.#isCancelled || this.#context.isOver) return;
    this.#isCancelled = true;
    this.#passing.stack.records.ended(this.#asked, 'network', 'call-canceled', cancel);
    this.#context.cancel();
  }

  // ── down: to the targets ────────────────────────────────────────────────────────────────────────────────────────────

  open(uri: string, owner: BranchOwner, isRedirect: boolean): Branch {
    const { stack } = this.#passing;
    const branch = new Branch(uri, stack.transactions, stack.clock, owner, this.#order);
    try {
      const found = this.#hopOf(uri);
      if (found instanceof Promise) void found.then((hop) => this.#send(branch, hop, isRedirect)).catch(() => branch.fail());
      else this.#send(branch, found, isRedirect);
    } catch {
      branch.fail();
    }
    return branch;
  }

  #hopOf(uri: string): Hop | Promise<Hop> {
    const { stack } = this.#passing;
    // A request inside a dialog follows its own route.
    return this.#hearer === undefined ? hopOf(this.#passing, this.#asked.request) : (stack.flows.find(uri) ?? stack.resolve(uri));
  }

  #send(branch: Branch, hop: Hop, isRedirect: boolean): void {
    const { stack } = this.#passing;
    const local = stack.transport.localFor(hop);
    if (!branch.isWaiting) return;
    if (local === undefined) {
      branch.fail();
      return;
    }
    const via = viaOf(local, hop, branchWith(stack.names.branch(), this.#loop));
    const request = this.#copyFor(branch.uri, isRedirect, { via, ...this.#routesTowards(hop, local) });
    if (request.method === 'INVITE' && this.#hearer !== undefined) stack.records.attempted(branch, 'application', request);
    stack.guard.trust.dial(hop.address, stack.clock.now());
    branch.start(request, hop);
    this.#hearer?.onSent();
  }

  #copyFor(target: string, isRedirect: boolean, routes: Pick<Onward, 'via' | 'recordRoutes' | 'path'>): Request {
    const { request } = this.#asked;
    const share = this.#order.simultaneous ? this.#order.targets.length : 1;
    if (this.#hearer === undefined) {
      return onward(request, { ...routes, uri: request.uri, added: [], share });
    }
    // RFC 3261 §16.5: "If the domain of the Request-URI indicates a domain this element is not responsible for", the Request-URI is the target and stays; it is
    // only sent by way of the address the application chose.
    const uri = this.#isForUs || isRedirect ? target : request.uri;
    const copy = onward(request, { ...routes, uri, added: this.#order.added, share });
    copy.headers.remove('Route');
    return copy;
  }

  #routesTowards(hop: Hop, local: { address: string; port: number }): Pick<Onward, 'recordRoutes' | 'path'> {
    const { source, request } = this.#asked;
    if (!this.#order.remain) return { recordRoutes: [], path: undefined };
    const inside = { protocol: source.protocol, ...source.local };
    if (request.method === 'REGISTER') return { recordRoutes: [], path: pathOf({ protocol: hop.protocol, ...local }) };
    const mark = this.#passing.stack.sign(request.headers.get('call-id') ?? '');
    return { recordRoutes: recordRoutes(inside, { protocol: hop.protocol, ...local }, mark, request.uri), path: undefined };
  }

  // ── up: to the caller ───────────────────────────────────────────────────────────────────────────────────────────────

  onProvisional(_branch: Branch, response: Response): void {
    if (!this.#isCancelled) this.#asked.transaction.respond(backward(response));
  }

  onAnswer(branch: Branch, response: Response, from: Hop, isFirst: boolean): void {
    const { transaction, request, source } = this.#asked;
    const { stack } = this.#passing;
    const upward = backward(response);
    // The transaction knows one answer; copies of it and those of other forks pass beside it (§16.7 step 9, RFC 6026 §8.5).
    if (!isFirst) {
      if (request.method === 'INVITE') stack.transport.send(writeMessage(upward), transaction.hop, () => undefined);
      return;
    }
    this.#noteAnswered(branch, response, upward, from);
    stack.guard.answered(request, upward, source, stack.clock.now());
    if (request.method === 'REGISTER' || request.method === 'SUBSCRIBE') stack.flows.note(request, response, source);
    transaction.respond(upward);
    for (const kept of this.#context.kept) this.#tell(kept);
    this.#hearer?.onFinal(response, from, stack.clock.now());
    this.#finish();
  }

  onKept(kept: Kept): void {
    const { stack, challenges } = this.#passing;
    const { outcome, branch } = kept;
    if (typeof outcome !== 'number' && (outcome.status === 401 || outcome.status === 407) && this.#hearer !== undefined) challenges.note(outcome, branch.uri);
    const reason = this.#isCancelled || statusOf(kept) === 487 ? 'call-canceled' : 'call-rejected';
    stack.records.ended(branch, 'network', reason, this.#responseOf(kept));
  }

  onFailed(found: Kept | undefined, all: readonly Kept[]): void {
    // Whoever gave up is told that it took effect, whatever was refused before.
    const best = (this.#isCancelled ? all.find((kept) => statusOf(kept) === 487) : undefined) ?? found;
    const { stack } = this.#passing;
    const { transaction, request, source } = this.#asked;
    const response = this.#upwardOf(best, all);
    stack.guard.answered(request, response, source, stack.clock.now());
    stack.records.ended(this.#asked, 'application', 'call-rejected', response);
    this.#noteEnded(request, response);
    transaction.respond(response);
    // An application takes the last response it is told for the one that counted.
    for (const kept of all) if (kept !== best) this.#tell(kept);
    if (best !== undefined) this.#tell(best);
    this.#finish();
  }

  #upwardOf(best: Kept | undefined, all: readonly Kept[]): Response {
    const { stack } = this.#passing;
    const { request } = this.#asked;
    if (best === undefined) return responseTo(request, this.#isCancelled ? 487 : 408, stack.names.tag());
    // §16.7 step 6: "A proxy which receives a 503 (Service Unavailable) response SHOULD NOT forward it upstream unless it can determine
    // that any subsequent requests it might proxy will also generate a 503. … the proxy SHOULD generate a 500 response and forward that upstream."
    if (statusOf(best) === 503) return responseTo(request, 500, stack.names.tag());
    if (typeof best.outcome === 'number') {
      // RFC 4320 §4.2: a proxy sends no 408 to anything but an INVITE.
      const status = best.outcome === 408 && request.method !== 'INVITE' ? 504 : best.outcome;
      return responseTo(request, status, stack.names.tag());
    }
    const upward = backward(best.outcome);
    addChallenges(upward, best, all);
    return upward;
  }

  #responseOf({ outcome }: Kept): Response {
    return typeof outcome === 'number' ? responseTo(this.#asked.request, outcome, this.#passing.stack.names.tag()) : outcome;
  }
  #tell(kept: Kept): void {
    this.#hearer?.onFinal(this.#responseOf(kept), kept.from, kept.at);
  }
  #finish(): void {
    this.#hearer?.onDone();
    this.#onOver();
  }

  // ── what is kept of the call ────────────────────────────────────────────────────────────────────────────────────────

  #noteAnswered(branch: Branch, response: Response, upward: Response, from: Hop): void {
    const { stack, calls } = this.#passing;
    const { request, source } = this.#asked;
    if (request.method !== 'INVITE') {
      this.#noteEnded(request, response);
      return;
    }
    const call = this.#order.remain ? calls.add(request, source, response, from) : undefined;
    stack.records.answered(branch, 'network', 'proxy-uac', response, call?.callee);
    stack.records.answered(this.#asked, 'application', 'proxy-uas', upward, call?.caller);
  }

  /** A BYE ends its call with any answer but a challenge; so does any request that the other end knows nothing of. */
  #noteEnded(request: Request, response: Response): void {
    const { calls, stack } = this.#passing;
    if (this.#hearer !== undefined) return;
    const found = calls.find(request);
    const isOver = request.method === 'BYE' ? response.status !== 401 && response.status !== 407 : response.status === 481;
    if (found === undefined || !isOver) return;
    calls.remove(found.call);
    stack.records.ended(found.from, 'network', 'normal-release', request);
    stack.records.ended(found.to, 'application', 'normal-release', request);
  }
}
