import type { Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Agent } from '../agent/agent.ts';
import { type Application, type Incoming, ownsNothing } from '../agent/ledger.ts';
import type { Stack } from '../agent/stack.ts';
import type { Routes } from '../control/routes.ts';
import { asCharset, responseTo } from '../message/message.ts';
import type { Order } from '../proxy/order.ts';
import type { DialTarget, Handler, Handlers } from './handlers.ts';
import { askHook, HookSilent } from './hook.ts';
import { Nonsense, parseVerdict, type Verdict } from './verdict.ts';

/** Requests whose application is not known yet. */
const MOST_UNDECIDED = 2_000;

export interface OutboundUser {
  readonly clock: Clock;
  readonly log: Logger;
  readonly stack: Stack;
  readonly agent: Agent;
  readonly routes: Routes;
  dial(target: DialTarget): Promise<Socket>;
  /** Resolves when the application behind the connection has shown the secret. */
  adopt(socket: Socket): Promise<Application & { readonly socket: Socket }>;
}

/**
 * The outbound and the tagged mode: a web-hook, or the configuration, says for each new request which application takes it. Until then it
 * belongs to nobody, as to a silent application: it can be cancelled, and is answered 480 in time.
 */
export class Outbound {
  readonly #handlers: Handlers;
  readonly #user: OutboundUser;
  /** Owns what is undecided. */
  readonly #nobody: Application = {
    deliver: () => undefined,
    decide: (incoming) => void this.#decide(incoming),
    isBusy: false,
    isAway: false,
    isGone: false,
    tags: new Set(),
    owned: ownsNothing(),
  };

  constructor(handlers: Handlers, user: OutboundUser) {
    this.#handlers = handlers;
    this.#user = user;
  }

  /** Who takes a new request of that method; undefined when connected applications do. */
  pick(method: string): Application | 'busy' | undefined {
    if (this.#handlerOf(method) === undefined) return undefined;
    return this.#nobody.owned.incoming.size < MOST_UNDECIDED ? this.#nobody : 'busy';
  }

  #handlerOf(method: string): Handler | undefined {
    return this.#handlers.get(method) ?? this.#handlers.get('*');
  }

  async #decide(incoming: Incoming): Promise<void> {
    const { method } = incoming.request;
    try {
      const handler = this.#handlerOf(method.toLowerCase());
      if (handler?.kind === 'dial') await this.#hand(incoming, handler.target);
      else if (handler !== undefined) {
        const answer = await askHook(handler, incoming.request, incoming.source, this.#user.clock);
        await this.#carryOut(incoming, parseVerdict(answer));
      }
    } catch (error) {
      // Nobody could be reached or nobody spoke in time: 480. An answer that makes no sense, or no answer but an error: 500.
      const status = error instanceof Unreached || error instanceof HookSilent ? 480 : 500;
      this.#user.log.warn({ method, status, error: error instanceof Error ? error.message : String(error) }, 'a new request found no application');
      this.#refuse(incoming, status);
    }
  }

  async #carryOut(incoming: Incoming, verdict: Verdict): Promise<void> {
    if (!this.#isWaiting(incoming)) return;
    if (verdict.kind === 'reject') this.#refuse(incoming, verdict.status, verdict.reason);
    else if (verdict.kind === 'redirect') this.#refuse(incoming, 302, undefined, verdict.contacts);
    else if (verdict.kind === 'proxy') this.#pass(incoming, verdict.order);
    else if (verdict.kind === 'dial') await this.#hand(incoming, verdict.target);
    else {
      const app = this.#user.routes.pick(incoming.request.method.toLowerCase(), verdict.tag);
      if (typeof app === 'string') throw new Unreached(`no application for the tag ${verdict.tag}`);
      this.#give(incoming, app);
    }
  }

  /** The caller has neither given up nor been answered. */
  #isWaiting(incoming: Incoming): boolean {
    return this.#nobody.owned.incoming.has(incoming);
  }

  #refuse(incoming: Incoming, status: number, reason?: string, contacts: readonly string[] = []): void {
    if (!this.#isWaiting(incoming)) return;
    const { answers } = this.#user.agent.serverSide;
    const { request } = incoming;
    const response = responseTo(request, status, answers.localTag(incoming), ...(reason === undefined ? [] : [asCharset(reason, request.charset)]));
    for (const contact of contacts) response.headers.add('Contact', contact);
    answers.finish(incoming, response);
  }

  #pass(incoming: Incoming, order: Order): void {
    const refusal = this.#user.agent.proxy.pass(this.#nobody, incoming.id, order, SILENT);
    if (refusal !== undefined && this.#isWaiting(incoming)) throw new Nonsense(refusal);
  }

  /** Dials an application and, once it has shown the secret, gives it the request. */
  async #hand(incoming: Incoming, target: DialTarget): Promise<void> {
    const app = await this.#dialled(target);
    // The caller may have given up meanwhile: nothing is left to talk about.
    if (this.#isWaiting(incoming)) this.#give(incoming, app);
    else app.socket.end();
  }

  async #dialled(target: DialTarget): Promise<Application & { readonly socket: Socket }> {
    try {
      return await this.#user.adopt(await this.#user.dial(target));
    } catch (error) {
      throw new Unreached(`the application at ${target.host}:${target.port} cannot be had: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #give(incoming: Incoming, app: Application): void {
    const { stack, agent } = this.#user;
    stack.ledger.assign(incoming, app);
    agent.serverSide.tellNew(incoming);
  }
}

/** No application: the caller may try later. */
class Unreached extends Error {}

const SILENT = { onFinal: () => undefined, onSent: () => undefined, onDone: () => undefined };
