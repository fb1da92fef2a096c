/**
 * One call of ours over trunks: one live attempt at a time, the next address when the trunk failed before anybody rang. Whoever waits
 * for the call hears nothing of it.
 */
import { randomToken } from '../../../kernel/ids.ts';
import type { Ending } from '../../call/ending.ts';
import { ANSWERED_ELSEWHERE, endingOfStatus, statusOfCause } from '../endings.ts';
import type { Rim } from '../rim.ts';
import type { ForkListener, Ringing } from '../ring.ts';
import type { SipDialog, SipFailure, SipHeaders, SipRequest, SipResponse } from '../srf.ts';
import { authorizationFor, challengeFor } from './challenge.ts';
import { type AttemptEnd, triesNext } from './choose.ts';
import { endDialog } from './inside.ts';
import type { Route } from './trunks.ts';

export interface HuntListener extends ForkListener {
  /** Our SDP for an attempt at this address; null = the leg has ended meanwhile. */
  describe(route: Route): Promise<string | null>;
  /** The attempt goes over this trunk. */
  over(route: Route): void;
}

/** What an attempt at a route says: its Request-URI and headers. */
export type Compose = (route: Route) => { uri: string; headers: SipHeaders; body?: (sdp: string) => string };

/**
 * A trunk says something within this time. Its 100 never reaches an application (the SIP server keeps it), so who is silent is asked
 * (OPTIONS) meanwhile: one that answers is at work on the call, and may take as long as networks do.
 */
const SILENT_MS = 4_000;
const ASK_AFTER_MS = 1_500;
const WORKING_MS = 20_000;
/** The SIP server hangs up by itself when a 200 crosses a CANCEL; when it did not so long after, we do. */
const CROSSING_MS = 500;
const NOBODY: Ending = { cause: 'unreachable', by: 'server', q850: statusOfCause.unreachable.q850 };

interface Attempt {
  route: Route;
  body: string;
  request: SipRequest | null;
  /** It is decided: nothing it says counts any more. */
  over: boolean;
  cancelled: string | null;
  challenged: boolean;
  stopTimers: () => void;
}

export class Hunt implements Ringing {
  readonly pickable = null;
  /** Nobody in the house may take a trunk's early dialog over. */
  readonly dialogs = [];
  readonly #rim: Rim;
  readonly #routes: Route[];
  readonly #urgent: boolean;
  readonly #compose: Compose;
  readonly #listener: HuntListener;
  #attempt: Attempt | null = null;
  #last: Ending = NOBODY;
  #rang = false;
  #over = false;

  /** `urgent`: goes out however full a trunk is, and on to the next whatever one says (H6). */
  constructor(rim: Rim, routes: readonly Route[], urgent: boolean, compose: Compose, listener: HuntListener) {
    this.#rim = rim;
    this.#routes = [...routes];
    this.#urgent = urgent;
    this.#compose = compose;
    this.#listener = listener;
  }

  async next(): Promise<void> {
    const route = this.#routes.shift();
    if (this.#over) return;
    if (route === undefined) return this.#fail(this.#last);
    if (!this.#urgent && (route.line.full || !route.line.takeTurn(this.#rim.clock.now()))) {
      this.#last = { cause: 'congestion', by: 'server', q850: statusOfCause.congestion.q850 };
      return this.next();
    }
    this.#listener.over(route);
    const sdp = await this.#listener.describe(route);
    if (sdp === null || this.#over) return;
    const { uri, headers, body } = this.#compose(route);
    const attempt: Attempt = { route, body: body?.(sdp) ?? sdp, request: null, over: false, cancelled: null, challenged: false, stopTimers: () => undefined };
    this.#attempt = attempt;
    this.#watch(attempt);
    this.#send(attempt, uri, headers);
  }

  cancel(reason: string): void {
    this.#over = true;
    if (this.#attempt !== null) this.#cancel(this.#attempt, reason);
  }

  #send(attempt: Attempt, uri: string, headers: SipHeaders): void {
    const progress = {
      cbRequest: (_error: Error | null, request?: SipRequest) => {
        attempt.request = request ?? null;
        if (request !== undefined && !attempt.challenged) this.#listener.sent(request.get('Call-ID') ?? '');
        this.#sendCancel(attempt);
      },
      cbProvisional: (response: SipResponse) => this.#progress(attempt, response),
    };
    try {
      const options = { headers: { ...headers }, localSdp: attempt.body };
      this.#rim.sip.createUAC(uri, options, progress, (error, dialog) => {
        if (dialog !== undefined) this.#answered(attempt, dialog);
        else this.#refused(attempt, error, uri, headers);
      });
    } catch {
      // No connection to our SIP server: no other trunk would fare better.
      attempt.over = true;
      attempt.stopTimers();
      this.#fail({ cause: 'sip_failure', by: 'server', q850: statusOfCause.sip_failure.q850 });
    }
  }

  /** Silence for 4 s ends an attempt, unless its trunk answers when asked. */
  #watch(attempt: Attempt): void {
    const { clock } = this.#rim;
    let works = false;
    let stopAsking = (): void => undefined;
    const stops = [
      clock.after(ASK_AFTER_MS, () => {
        stopAsking = attempt.route.address.ask((fit) => {
          works = fit === true;
        });
      }),
      clock.after(SILENT_MS, () => {
        if (!works) this.#ended(attempt, { is: 'silence' }, NOBODY, 0);
      }),
      clock.after(WORKING_MS, () => this.#ended(attempt, { is: 'silence' }, NOBODY, 0)),
    ];
    attempt.stopTimers = () => {
      for (const stop of [...stops, stopAsking]) stop();
    };
  }

  #progress(attempt: Attempt, response: SipResponse): void {
    attempt.stopTimers();
    if (attempt.over || this.#over || response.status < 180) return;
    attempt.route.address.hear({ type: 'callCarried' });
    if (this.#rang) return;
    this.#rang = true;
    this.#listener.ringing();
  }

  #answered(attempt: Attempt, dialog: SipDialog): void {
    attempt.stopTimers();
    if (this.#over || attempt.over) {
      this.#rim.clock.after(CROSSING_MS, () => endDialog(this.#rim, attempt.route.line, dialog, ANSWERED_ELSEWHERE));
      return;
    }
    attempt.over = true;
    this.#over = true;
    attempt.route.line.load.carried += 1;
    attempt.route.address.hear({ type: 'callCarried' });
    this.#listener.answered(dialog);
  }

  #refused(attempt: Attempt, error: SipFailure | null, uri: string, headers: SipHeaders): void {
    const res = error?.res;
    if (res === undefined || error?.status === undefined) {
      this.#ended(attempt, { is: 'transport' }, NOBODY, 0);
      return;
    }
    if (!attempt.over && !this.#over && this.#authorised(attempt, res, uri, headers)) return;
    const made = res.source_address === '';
    const ending = made ? NOBODY : endingOfStatus(error.status, res.get('Reason'));
    this.#ended(attempt, { is: 'status', status: error.status, made }, ending, retryAfterOf(res));
  }

  /** Answers the challenge of the trunk itself, once, and nobody else's (D5). */
  #authorised(attempt: Attempt, res: SipResponse, uri: string, headers: SipHeaders): boolean {
    const { line, address } = attempt.route;
    const proxy = res.status === 407;
    if ((res.status !== 401 && !proxy) || attempt.challenged || line.login === null || attempt.request === null) return false;
    const challenge = challengeFor(res.get(proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate') ?? '', line.login.realm);
    if (challenge === null || !address.answered(res)) {
      this.#rim.warn('a challenge that is not our trunk’s was not answered', { trunk: line.configuration.trunkId, status: res.status });
      return false;
    }
    attempt.challenged = true;
    const authorization = authorizationFor(challenge, line.login, { method: 'INVITE', uri }, 1, randomToken(8));
    const { request } = attempt;
    const again = { From: request.get('From') ?? '', 'Call-ID': request.get('Call-ID') ?? '', CSeq: nextCSeq(request.get('CSeq')) };
    attempt.request = null;
    this.#send(attempt, uri, { ...headers, ...again, [proxy ? 'Proxy-Authorization' : 'Authorization']: authorization });
    return true;
  }

  #ended(attempt: Attempt, end: AttemptEnd, ending: Ending, retryAfterMs: number): void {
    attempt.stopTimers();
    if (attempt.over) return;
    attempt.over = true;
    if (end.is === 'silence') this.#cancel(attempt, 'SIP;cause=408;text="No answer of the trunk"', true);
    if (this.#over) return;
    const { line, address } = attempt.route;
    const failed = triesNext(end) || (this.#urgent && this.#routes.length > 0);
    if (failed) line.load.failed += 1;
    else line.load.carried += 1;
    address.hear(failed ? { type: 'callFailed', retryAfterMs } : { type: 'callCarried' });
    this.#last = ending;
    if (!failed || this.#rang) {
      this.#fail(ending);
      return;
    }
    this.#rim.log.info({ trunk: line.configuration.trunkId, address: address.uri, end, left: this.#routes.length }, 'a trunk failed a call: the next is tried');
    this.next().catch((error: unknown) => {
      this.#rim.log.error({ err: error }, 'the next trunk could not be tried');
      this.#fail({ cause: 'internal', by: 'server', q850: statusOfCause.internal.q850 });
    });
  }

  #fail(ending: Ending): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener.failed(ending);
  }

  #cancel(attempt: Attempt, reason: string, evenOver = false): void {
    attempt.stopTimers();
    if ((attempt.over && !evenOver) || attempt.cancelled !== null) return;
    attempt.over = true;
    attempt.cancelled = reason;
    this.#sendCancel(attempt);
  }

  /** Now, or as soon as the SIP server has named the transaction. */
  #sendCancel({ request, cancelled }: Attempt): void {
    if (request === null || cancelled === null) return;
    try {
      request.cancel({ headers: { Reason: cancelled } }, () => undefined);
    } catch (error) {
      this.#rim.log.debug({ err: error }, 'CANCEL could not be sent');
    }
  }
}

const nextCSeq = (cseq: string | undefined): string => `${Number.parseInt(cseq ?? '0', 10) + 1} INVITE`;

/** RFC 3261 §20.33: seconds, then perhaps a comment or parameters. */
const retryAfterOf = (res: SipResponse): number => (res.status === 503 ? (Number.parseInt(res.get('Retry-After') ?? '0', 10) || 0) * 1_000 : 0);
