import type { Clock } from '../../kernel/clock.ts';
import type { Request, Response } from '../message/message.ts';
import type { Hop } from '../transport/hop.ts';
import { type ClientTransaction, type ClientUser, cancelOf } from './client-transaction.ts';

/** Nothing was heard of a target for so long: the next one is tried, so that it has the request within 4 s. */
const SILENT_MS = 3_500;

/** One request of ours under way, as those who send see it: one transaction, or several in a row. */
export type Sending = Pick<ClientTransaction, 'request' | 'hop' | 'bytes' | 'isProxied' | 'start' | 'abandon'>;

export interface AttemptsOptions {
  /** The transaction of one attempt. */
  open(request: Request, hop: Hop, user: ClientUser): ClientTransaction;
  /** The request as it goes to another hop, with a branch of its own; undefined when there is no way to it. */
  redirect(request: Request, hop: Hop, nth: number): Request | undefined;
  onFailed(hop: Hop): void;
  readonly clock: Clock;
}

const NOBODY: ClientUser = { onResponse: () => undefined, onTimeout: () => undefined, onTransportError: () => undefined };

interface Attempt {
  readonly transaction: ClientTransaction;
  /** Something provisional came, and nothing final yet. */
  isProceeding: boolean;
  /** It was given up for another; what it still brings is not wanted. */
  isPast: boolean;
  isCancelled: boolean;
}

/**
 * RFC 3263 §4.3: a request that gets nowhere (a transport error, a 503, silence) goes to the next of its targets, as a new transaction with the same
 * Call-ID, CSeq and tags. A target given up may wake up late: its INVITE is then cancelled, and its 2xx is told as that of another branch.
 */
export class Attempts implements Sending {
  readonly #options: AttemptsOptions;
  readonly #user: ClientUser;
  readonly #others: Hop[];
  readonly #attempts: Attempt[] = [];
  #current: Attempt;
  #cancelSilence: () => void = () => undefined;
  #isOver = false;

  constructor(request: Request, hop: Hop, others: readonly Hop[], user: ClientUser, options: AttemptsOptions) {
    this.#options = options;
    this.#user = user;
    this.#others = [...others];
    this.#current = this.#open(request, hop);
  }

  get request(): Request {
    return this.#current.transaction.request;
  }
  get hop(): Hop {
    return this.#current.transaction.hop;
  }
  get bytes(): Buffer {
    return this.#current.transaction.bytes;
  }
  get isProxied(): boolean {
    return this.#current.transaction.isProxied;
  }

  start(): void {
    if (this.#isOver) return;
    const attempt = this.#current;
    if (this.#others.length > 0) this.#cancelSilence = this.#options.clock.after(SILENT_MS, () => this.#next(attempt));
    attempt.transaction.start();
  }

  abandon(): void {
    this.#end();
    for (const { transaction } of this.#attempts) transaction.abandon();
  }

  #open(request: Request, hop: Hop): Attempt {
    const transaction = this.#options.open(request, hop, {
      ...(this.#user.isProxy === true ? { isProxy: true } : {}),
      onResponse: (response, from) => this.#onResponse(attempt, response, from),
      onTimeout: () => {
        if (!attempt.isPast) this.#tellEnd(() => this.#user.onTimeout());
      },
      onTransportError: (error) => {
        if (!attempt.isPast && !this.#next(attempt)) this.#tellEnd(() => this.#user.onTransportError(error));
      },
    });
    const attempt: Attempt = { transaction, isProceeding: false, isPast: false, isCancelled: false };
    this.#attempts.push(attempt);
    return attempt;
  }

  #onResponse(attempt: Attempt, response: Response, from: Hop): void {
    const { status } = response;
    const isAnswer = status >= 200 && status < 300 && attempt.transaction.request.method === 'INVITE';
    attempt.isProceeding = status < 200;
    if (attempt.isPast && !isAnswer) {
      if (attempt.isProceeding) this.#cancel(attempt);
      return;
    }
    this.#cancelSilence();
    // RFC 3263 §4.3: a 503 is a failure of the target, not of the request.
    if (status === 503 && this.#next(attempt)) return;
    if (isAnswer) for (const other of this.#attempts) if (other !== attempt) this.#giveUp(other);
    if (status >= 200) this.#end();
    this.#user.onResponse(response, from);
  }

  /** False when there is nowhere else to go. */
  #next(attempt: Attempt): boolean {
    if (this.#isOver || attempt !== this.#current) return false;
    this.#cancelSilence();
    for (let hop = this.#others.shift(); hop !== undefined; hop = this.#others.shift()) {
      const request = this.#options.redirect(attempt.transaction.request, hop, this.#attempts.length);
      if (request === undefined) continue;
      this.#options.onFailed(attempt.transaction.hop);
      this.#giveUp(attempt);
      this.#current = this.#open(request, hop);
      this.start();
      return true;
    }
    return false;
  }

  /** A request other than INVITE is simply forgotten; of an INVITE a late answer must still be dealt with. */
  #giveUp(attempt: Attempt): void {
    attempt.isPast = true;
    if (attempt.transaction.request.method !== 'INVITE') attempt.transaction.abandon();
    else if (attempt.isProceeding) this.#cancel(attempt);
  }

  /** RFC 3261 §9.1: a CANCEL goes once something provisional has come. */
  #cancel(attempt: Attempt): void {
    const { request, hop } = attempt.transaction;
    if (attempt.isCancelled || request.method !== 'INVITE') return;
    attempt.isCancelled = true;
    this.#options.open(cancelOf(request, []), hop, NOBODY).start();
  }

  #tellEnd(tell: () => void): void {
    this.#end();
    tell();
  }
  #end(): void {
    this.#isOver = true;
    this.#cancelSilence();
  }
}
