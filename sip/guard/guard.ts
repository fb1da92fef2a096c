/**
 * Who is let in, and how much of each: told of every message, asked before anything is kept of it. Pure: told the time, given dice and nonces. See
 * README.md of `sip/` for the classes and their limits.
 */
import type { Request, Response } from '../message/message.ts';
import { numberOf } from '../message/values.ts';
import type { Hop } from '../transport/hop.ts';
import { networkOf, type TrustedNetwork } from './addresses.ts';
import { Buckets, type Rate } from './buckets.ts';
import { Challenger, type Signer } from './challenge.ts';
import { type BlockCause, type DropCause, noGuardCounts, type RefusalCause } from './counts.ts';
import { stripInternal } from './internal-headers.ts';
import { Overload } from './overload.ts';
import { isForAnother, leadsElsewhere } from './relay.ts';
import { isScanner } from './scanners.ts';
import { Strikes } from './strikes.ts';
import { flowKey, Trust, type TrustClass } from './trust.ts';

const MOST_SOURCES = 100_000;
/** Messages of any kind. A floor of phones behind one address registers in a minute or two; a stranger's single phone needs three in an hour. */
const STRANGER: Rate = { perSecond: 50, burst: 200 };
const STRANGER_NETWORK: Rate = { perSecond: 200, burst: 1_000 };
const ALL_STRANGERS: Rate = { perSecond: 1_000, burst: 2_000 };
/** A load balancer's ping is one in some seconds. */
const STRANGER_OPTIONS: Rate = { perSecond: 2, burst: 20 };
/** Shown credentials, which the application must check. */
const STRANGER_CREDENTIALS: Rate = { perSecond: 20, burst: 100 };
const FLOW: Rate = { perSecond: 100, burst: 300 };
/** Gateways that applications call: whole dialogs, but no calls of theirs. */
const DIALLED: Rate = { perSecond: 2_000, burst: 4_000 };
/** New requests. */
const FLOW_NEW: Rate = { perSecond: 20, burst: 60 };
const TRUNK_NEW: Rate = { perSecond: 5_000, burst: 10_000 };

const MALFORMED = { most: 20, windowMs: 10_000, blockMs: 60_000 };
/** A phone that is known may have a bad day. */
const MALFORMED_OF_FLOW = { most: 200, windowMs: 10_000, blockMs: 60_000 };
/** faults D2: a source is blocked after 20 failures in a minute. */
const FAILURES = { most: 20, windowMs: 60_000, blockMs: 60_000 };
const SCANS = { most: 1, windowMs: 60_000, blockMs: 60_000 };
const SWEEPS = { most: 50, windowMs: 10_000, blockMs: 60_000 };
/** Of one stranger's address that wait for an application. */
const MOST_PENDING_OF_STRANGER = 100;
/** An authenticated call without a registration is known for so long after its answer. */
const CALL_KNOWN_MS = 3_600_000;
const DEFAULT_EXPIRES_S = 3_600;
const RETRY_LEAST_S = 5;
const RETRY_SPREAD_S = 25;

export interface GuardOptions {
  /** false: nobody is told from anybody; scanners are dropped and overload is refused all the same. */
  isOn: boolean;
  trunks: readonly TrustedNetwork[];
  /** undefined: strangers are not challenged here. */
  realm: string | undefined;
  signer: Signer;
  /** [0, 1) */
  dice: () => number;
  /** Whether `address:port` is ours. */
  isMine: (address: string, port: number) => boolean;
  /** Whether a request is one that we have sent and wait for the answer of. */
  isOurs?: (request: Request) => boolean;
  /** Calls a second that are let in; undefined: as many as can be served. */
  ratedCalls?: number | undefined;
  /** Names of ours, in lower case; none: any may be. */
  domains?: ReadonlySet<string>;
  /** A source is blocked: worth a line in the log. */
  onBlocked?: (cause: BlockCause, address: string) => void;
}

export type Verdict = { does: 'pass' } | { does: 'drop' } | { does: 'refuse'; status: number; headers: readonly (readonly [string, string])[] };

const PASS: Verdict = { does: 'pass' };
const DROP: Verdict = { does: 'drop' };

export class Guard {
  readonly trust: Trust;
  readonly overload: Overload;
  readonly counts = noGuardCounts();
  readonly #options: GuardOptions;
  readonly #challenger: Challenger | undefined;
  readonly #strangers = new Buckets(STRANGER, MOST_SOURCES);
  readonly #networks = new Buckets(STRANGER_NETWORK, MOST_SOURCES);
  readonly #everybody = new Buckets(ALL_STRANGERS, 1);
  readonly #pings = new Buckets(STRANGER_OPTIONS, MOST_SOURCES);
  readonly #credentials = new Buckets(STRANGER_CREDENTIALS, MOST_SOURCES);
  readonly #flows = new Buckets(FLOW, MOST_SOURCES);
  readonly #dialled = new Buckets(DIALLED, MOST_SOURCES);
  readonly #newOfFlows = new Buckets(FLOW_NEW, MOST_SOURCES);
  readonly #newOfTrunks = new Buckets(TRUNK_NEW, MOST_SOURCES);
  readonly #strikes = {
    malformed: new Strikes(MALFORMED, MOST_SOURCES),
    scanner: new Strikes(SCANS, MOST_SOURCES),
    passwords: new Strikes(FAILURES, MOST_SOURCES),
    sweep: new Strikes(SWEEPS, MOST_SOURCES),
  };
  readonly #malformedOfFlows = new Strikes(MALFORMED_OF_FLOW, MOST_SOURCES);

  constructor(options: GuardOptions) {
    this.#options = options;
    this.overload = new Overload(options.ratedCalls);
    this.trust = new Trust(options.isOn, options.trunks);
    this.#challenger = options.realm === undefined ? undefined : new Challenger(options.realm, options.signer);
  }

  get isOn(): boolean {
    return this.trust.isOn;
  }
  /** Rows of the stranger tables. */
  get sourcesTracked(): number {
    return this.#strangers.size;
  }
  /** A tag for an answer that nothing is kept of. */
  stamp(text: string): string {
    return this.#options.signer.stamp(text);
  }
  /** A stranger whom no application has called. */
  isUnknown(peer: Hop, now: number): boolean {
    return this.isStranger(peer, now) && !this.trust.isDialled(peer.address, now);
  }
  isStranger(source: Hop, now: number): boolean {
    return this.trust.classOf(source, now) === 'stranger';
  }

  // ── the first look: before a message is parsed ──────────────────────────────────────────────────────────────────────

  /** False: not worth reading. Costs a stranger's flood a few look-ups a datagram. */
  admit(bytes: Uint8Array, source: Hop, now: number): boolean {
    if (!this.isOn) return true;
    const kind = this.trust.classOf(source, now);
    if (kind === 'trunk') return true;
    const { address } = source;
    if (kind === 'flow') {
      if (this.#malformedOfFlows.isBlocked(flowKey(source), now)) return this.#drop('blocked');
      return this.#flows.take(flowKey(source), now) || this.#drop('rate');
    }
    // Whom an application calls is not shut out by what others write in his name.
    if (this.trust.isDialled(address, now)) return this.#dialled.take(address, now) || this.#drop('rate');
    if (this.#isBlocked(address, now)) return this.#drop('blocked');
    return this.#admitStranger(bytes, address, now);
  }

  #admitStranger(bytes: Uint8Array, address: string, now: number): boolean {
    if (!this.#strangers.take(address, now)) return this.#drop('rate');
    if (isOptions(bytes) && !this.#pings.take(address, now)) {
      this.#strike('sweep', address, now);
      return this.#drop('sweep');
    }
    if (!this.#networks.take(networkOf(address), now)) return this.#drop('network rate');
    return this.#everybody.take('', now) || this.#drop('global rate');
  }

  #isBlocked(address: string, now: number): boolean {
    const { malformed, scanner, passwords, sweep } = this.#strikes;
    return malformed.isBlocked(address, now) || scanner.isBlocked(address, now) || passwords.isBlocked(address, now) || sweep.isBlocked(address, now);
  }

  #drop(cause: DropCause): false {
    this.counts.dropped[cause] += 1;
    return false;
  }

  #strike(cause: BlockCause, address: string, now: number): void {
    if (this.#strikes[cause].strike(address, now)) this.#blocked(cause, address);
  }
  #blocked(cause: BlockCause, address: string): void {
    this.counts.blocked[cause] += 1;
    this.#options.onBlocked?.(cause, address);
  }

  /** A message of that source could not be read, or belonged to nothing. */
  malformed(source: Hop, now: number): void {
    const kind = this.trust.classOf(source, now);
    if (kind === 'stranger') this.#strike('malformed', source.address, now);
    else if (kind === 'flow' && this.#malformedOfFlows.strike(flowKey(source), now)) this.#blocked('malformed', source.address);
  }

  // ── a request that is valid ─────────────────────────────────────────────────────────────────────────────────────────

  /** A request outside dialogs that is no copy of another. `pending`: how many of its address wait for an application. Strips what it may not say. */
  judge(request: Request, source: Hop, pending: number, now: number): Verdict {
    const kind = this.trust.classOf(source, now);
    const verdict = this.#judgeAs(kind, request, source, pending, now);
    if (verdict.does !== 'pass' || request.method !== 'INVITE' || this.overload.takesCall(kind, now)) return verdict;
    return this.#retry('overload');
  }

  #judgeAs(kind: TrustClass, request: Request, source: Hop, pending: number, now: number): Verdict {
    if (!this.trust.isListed(source) && isScanner(request.headers)) {
      if (this.isOn && kind === 'stranger') this.#strike('scanner', source.address, now);
      this.#drop('scanner');
      return DROP;
    }
    this.clean(request, source, now);
    if (this.overload.refuses(kind)) return this.#retry('overload');
    if (kind === 'trunk') return this.#newOfTrunks.take(source.address, now) ? PASS : this.#retry('rate');
    if (this.#isSpiral(request, source)) return PASS;
    if (leadsElsewhere(request, this.#options.isMine)) return this.#refuse('route', 403);
    if (kind === 'flow') return this.#newOfFlows.take(flowKey(source), now) ? PASS : this.#retry('rate');
    if (isForAnother(request, this.#options.domains, this.#options.isMine)) return this.#refuse('route', 403);
    return this.#judgeStranger(request, source, pending, now);
  }

  /** RFC 3261 §6: what we sent comes back to us with another Request-URI. An address alone can be forged; the branch of a request under way is known to who got it. */
  #isSpiral(request: Request, { address, port }: Hop): boolean {
    const { isMine, isOurs } = this.#options;
    return isMine(address, port) && isOurs?.(request) === true;
  }

  #judgeStranger(request: Request, source: Hop, pending: number, now: number): Verdict {
    if (INSIDE_ONLY.has(request.method)) return this.#refuse('outside a dialog', 481);
    if (pending >= MOST_PENDING_OF_STRANGER) return this.#retry('pending');
    const challenger = this.#challenger;
    // Pings are answered to anybody alike; the first look has seen to their number.
    if (challenger === undefined || request.method === 'OPTIONS') return PASS;
    const shown = challenger.look(request, source, now);
    if (shown === 'good') return this.#credentials.take(source.address, now) ? PASS : this.#retry('rate');
    return this.#refuse('challenge', 401, challenger.challenge(request, source, now, shown === 'stale'));
  }

  /** Takes out what only trunks may say. */
  clean(request: Request, source: Hop, now: number): void {
    if (this.isOn && this.trust.classOf(source, now) !== 'trunk') this.counts.headersStripped += stripInternal(request.headers);
  }

  /**
   * Whether a request inside a dialog, or its CANCEL or ACK, may come from there. `known`: the addresses the dialog was made with. A trunk's other address and
   * a registered phone that moved may speak of a call whose 64-bit tags they know; a stranger may not.
   */
  mayInside(source: Hop, known: (address: string) => boolean, now: number): boolean {
    if (!this.isOn || known(source.address) || this.trust.classOf(source, now) !== 'stranger') return true;
    this.counts.refused['foreign dialog'] += 1;
    return false;
  }

  #refuse(cause: RefusalCause, status: number, headers: readonly (readonly [string, string])[] = []): Verdict {
    this.counts.refused[cause] += 1;
    return { does: 'refuse', status, headers };
  }
  /** 503, each to come back at another time. */
  #retry(cause: RefusalCause): Verdict {
    return this.#refuse(cause, 503, [['Retry-After', String(this.retryAfterSeconds())]]);
  }
  retryAfterSeconds(): number {
    return RETRY_LEAST_S + Math.floor(this.#options.dice() * RETRY_SPREAD_S);
  }

  // ── what came of it ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** An application answered: who proved himself is known from now on, who guesses passwords is counted. */
  answered(request: Request, response: Response, source: Hop, now: number): void {
    if (!this.isOn) return;
    const { status } = response;
    const { headers, method } = request;
    if (method === 'REGISTER' && status >= 200 && status < 300) {
      const seconds = grantedSeconds(response);
      if (seconds > 0) this.trust.believe(source, now + seconds * 1_000);
      else this.trust.forget(source);
    } else if (headers.has('authorization')) {
      if (status > 100 && status < 300) this.trust.believe(source, now + CALL_KNOWN_MS);
    }
    if (!headers.has('authorization') || (status !== 401 && status !== 403)) return;
    if (isStale(response) || this.trust.classOf(source, now) !== 'stranger') return;
    this.#strike('passwords', source.address, now);
  }

  /** A registrar took a REGISTER of ours: its calls come without credentials. */
  registered(response: Response, from: Hop, now: number): void {
    const seconds = grantedSeconds(response);
    if (this.isOn && seconds > 0) this.trust.registeredAt(from.address, now + seconds * 1_000);
  }

  /** Forgets what has run out. */
  sweep(now: number): void {
    this.trust.sweep(now);
  }

  classOf(source: Hop, now: number): TrustClass {
    return this.trust.classOf(source, now);
  }
}

/** Tells nobody from anybody: for a world without strangers. */
export const openToAll = (): Guard =>
  new Guard({
    ...{ isOn: false, trunks: [], realm: undefined, dice: () => 0, isMine: () => true },
    signer: { issue: () => '', look: () => 'foreign', stamp: () => 'stamped' },
  });

const INSIDE_ONLY: ReadonlySet<string> = new Set(['BYE', 'UPDATE', 'PRACK']);

/** `OPTIONS ` */
const isOptions = (bytes: Uint8Array): boolean => bytes[0] === 0x4f && bytes[1] === 0x50 && bytes[2] === 0x54 && bytes[7] === 0x20;

/** RFC 7616 §3.3: the password was right, or at least not looked at; only the nonce was too old. */
const isStale = (response: Response): boolean => response.headers.all('www-authenticate').some((value) => /\bstale\s*=\s*"?true/i.test(value));

/** The longest of the bindings that a registrar's 200 lists; 0 when it lists none. */
function grantedSeconds(response: Response): number {
  const contacts = response.headers.list('contact');
  const whole = numberOf(response.headers, 'expires') ?? DEFAULT_EXPIRES_S;
  return Math.max(0, ...contacts.map((contact) => Number(/;\s*expires\s*=\s*"?(\d{1,10})/i.exec(contact)?.[1] ?? whole)));
}
