import type { Clock } from '../../kernel/clock.ts';
import type { Request, Response } from '../message/message.ts';
import { type CSeq, parseCSeq } from '../message/values.ts';
import { T1_MS } from '../transaction/timers.ts';

const GIVE_UP_MS = 64 * T1_MS;
/** Provisional responses that wait for the PRACK of the one before. */
const MOST_WAITING = 16;

/** Whether the header list names the extension `100rel`. */
export const namesReliable = (values: readonly string[]): boolean => values.some((tag) => tag.trim().toLowerCase() === '100rel');
/** RFC 3262 §3: a peer may be sent reliable provisional responses when its INVITE says `100rel` in Supported or Require. */
export const mayBeReliable = ({ headers }: Request): boolean => namesReliable(headers.list('supported')) || mustBeReliable({ headers });
/** §3: it must be sent no others when it says so in Require. */
export const mustBeReliable = ({ headers }: Pick<Request, 'headers'>): boolean => namesReliable(headers.list('require'));

/** `RSeq CSeq-number method`: which reliable provisional response a PRACK acknowledges. */
export interface RAck {
  rseq: number;
  cseq: CSeq;
}
/** Some write more behind the method; it is not looked at. */
export function rackOf({ headers }: Request): RAck | undefined {
  const found = /^(\d{1,10})\s+(\d{1,10})\s+(\S+)/.exec(headers.get('rack') ?? '');
  return found === null ? undefined : { rseq: Number(found[1]), cseq: { number: Number(found[2]), method: found[3] ?? '' } };
}
/** The number of a reliable provisional response. */
export function rseqOf({ headers }: Response): number | undefined {
  const value = headers.get('rseq') ?? '';
  return /^\d{1,10}$/.test(value) ? Number(value) : undefined;
}

export interface ReliableUser {
  send(response: Response): void;
  /** The first in the line was acknowledged. */
  onAcknowledged(): void;
  /** §3: no PRACK in 64*T1, the INVITE is to be refused with a 5xx. */
  onGiveUp(): void;
}

/**
 * Our reliable provisional responses to one INVITE, RFC 3262 §3: numbered one by one, one at a time on its way, repeated at T1, 2*T1, 4*T1 …
 * until its PRACK; the next leaves when the one before is acknowledged.
 */
export class ReliableResponses {
  /** The sequence number of the INVITE. */
  readonly inviteSeq: number;
  readonly #clock: Clock;
  readonly #user: ReliableUser;
  /** The first is under way. */
  readonly #line: { rseq: number; response: Response }[] = [];
  #nextRSeq: number;
  #isFinal = false;
  #cancelRepeat: () => void = () => undefined;
  #cancelGiveUp: () => void = () => undefined;

  constructor(inviteSeq: number, firstRSeq: number, clock: Clock, user: ReliableUser) {
    this.inviteSeq = inviteSeq;
    this.#nextRSeq = firstRSeq;
    this.#clock = clock;
    this.#user = user;
  }

  /** False when too many wait already. Numbers the response and sends it when its turn comes. */
  add(response: Response): boolean {
    if (this.#line.length >= MOST_WAITING) return false;
    const rseq = this.#nextRSeq;
    this.#nextRSeq += 1;
    response.headers.add('RSeq', String(rseq));
    this.#line.push({ rseq, response });
    if (this.#line.length === 1) this.#start(response);
    return true;
  }

  /** Whether the PRACK is that of the response under way. */
  acknowledge(rack: RAck | undefined): boolean {
    const [first] = this.#line;
    if (first === undefined || rack === undefined) return false;
    if (rack.rseq !== first.rseq || rack.cseq.number !== this.inviteSeq || rack.cseq.method !== 'INVITE') return false;
    this.#line.shift();
    this.#rest();
    const [next] = this.#line;
    if (next !== undefined && !this.#isFinal) this.#start(next.response);
    this.#user.onAcknowledged();
    return true;
  }

  /** §3: a 2xx waits while a response with a session description is not acknowledged. */
  get holdsSession(): boolean {
    return this.#line.some(({ response }) => response.body.length > 0);
  }
  get isWaiting(): boolean {
    return this.#line.length > 0;
  }

  /** §3: after a final response none is repeated or begun, but the one that left may still be acknowledged. */
  stop(): void {
    this.#isFinal = true;
    this.#line.length = Math.min(this.#line.length, 1);
    this.#rest();
  }

  #start(response: Response): void {
    this.#cancelGiveUp = this.#clock.after(GIVE_UP_MS, () => {
      this.#cancelRepeat();
      this.#user.onGiveUp();
    });
    this.#user.send(response);
    this.#repeat(response, T1_MS);
  }
  #repeat(response: Response, ms: number): void {
    this.#cancelRepeat = this.#clock.after(ms, () => {
      this.#user.send(response);
      this.#repeat(response, 2 * ms);
    });
  }
  #rest(): void {
    this.#cancelRepeat();
    this.#cancelGiveUp();
  }
}

/** The caller's side, RFC 3262 §4: which reliable provisional responses of one fork are news. */
export class ReliableHeard {
  #inviteSeq = -1;
  #newest = 0;
  /** The application has sent the PRACK of the newest. */
  isAcknowledged = false;

  /** The newest as a RAck names it; undefined when none came. */
  get rack(): string | undefined {
    return this.#newest === 0 ? undefined : `${this.#newest} ${this.#inviteSeq} INVITE`;
  }

  /** False for a copy, and for one that overtook another: the peer sends that again, and only in order are they to be taken. */
  isNews(response: Response): boolean {
    const rseq = rseqOf(response);
    if (rseq === undefined) return true;
    const { number } = parseCSeq(response.headers.get('cseq') ?? '');
    if (number === this.#inviteSeq && rseq !== this.#newest + 1) return false;
    this.#inviteSeq = number;
    this.#newest = rseq;
    this.isAcknowledged = false;
    return true;
  }
}
