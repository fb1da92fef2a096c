/**
 * Registering at an address of a trunk (RFC 3261 §10.2), for carriers that must know where we are: answered challenges, refreshed before it
 * runs out, tried again ever more rarely where it is refused, taken back on close.
 */
import { randomBelow, randomToken } from '../../../kernel/ids.ts';
import { parseNameAddress, splitValues } from '../address.ts';
import type { SipAgent, SipHeaders, SipRequest, SipResponse } from '../srf.ts';
import type { AddressHouse, TrunkAddress } from './address.ts';
import { authorizationFor, type Challenge, challengeFor, type Login } from './challenge.ts';

export type RegistrationState = { is: 'trying' } | { is: 'registered'; until: number } | { is: 'refused'; status: number | null; retryAt: number };

const ANSWER_WITHIN_MS = 32_000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;
const LEAST_REFRESH_MS = 5_000;
const LONGEST_MIN_EXPIRES = 86_400;

/** Three quarters to nine tenths of what was granted, so that a thousand trunks do not come at once. `dice`: [0, 1). */
export const refreshAfterMs = (grantedSeconds: number, dice: number): number => Math.max(LEAST_REFRESH_MS, grantedSeconds * 1_000 * (0.75 + 0.15 * dice));

/** Doubling from 5 s to 5 min, half of it by lot. `failures` from 1. */
export function retryAfterMs(failures: number, dice: number): number {
  const longest = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10), LONGEST_RETRY_MS);
  return longest / 2 + (longest / 2) * dice;
}

export interface RegistrationOptions {
  house: Pick<AddressHouse, 'clock' | 'publicAddress'> & { readonly sip: SipAgent };
  address: TrunkAddress;
  /** Null domain: the host of the address. */
  domain: string | null;
  seconds: number;
  login: Login;
  onChange: (state: RegistrationState) => void;
}

export class Registration {
  readonly #options: RegistrationOptions;
  readonly #callId = randomToken(16);
  readonly #fromTag = randomToken(8);
  #seconds: number;
  #cseq = 0;
  #failures = 0;
  #nonce: { challenge: Challenge; count: number; proxy: boolean } | null = null;
  #state: RegistrationState = { is: 'trying' };
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#seconds = options.seconds;
  }

  get state(): RegistrationState {
    return this.#state;
  }

  start(): void {
    this.#register(this.#seconds, true);
  }

  /** Takes it back, without waiting for the answer: the last nonce goes with it, so that it need not be asked for. */
  close(): void {
    if (this.#closed) return;
    this.#cancel();
    this.#closed = true;
    if (this.#state.is !== 'registered') return;
    this.#register(0, true);
    this.#cancel();
  }

  /** `first`: a challenge may still be answered. */
  #register(seconds: number, first: boolean): void {
    const { house } = this.#options;
    let over = false;
    const once = (then: () => void): void => {
      if (over) return;
      over = true;
      stopTimer();
      then();
    };
    const stopTimer = house.clock.after(ANSWER_WITHIN_MS, () => once(() => this.#failed(null)));
    this.#cancel = () => once(() => undefined);
    const request = { method: 'REGISTER', uri: this.#domainUri, proxy: this.#options.address.uri, headers: this.#headers(seconds) };
    try {
      house.sip.request(request, (_error: Error | null, sent?: SipRequest) => {
        if (sent === undefined) once(() => this.#failed(null));
        else sent.on('response', (res) => once(() => this.#answered(res, seconds, first)));
      });
    } catch {
      once(() => this.#failed(null));
    }
  }

  get #domainUri(): string {
    return `sip:${this.#options.domain ?? this.#options.address.host}`;
  }

  #headers(seconds: number): SipHeaders {
    const { username } = this.#options.login;
    const us = `<sip:${encodeURIComponent(username)}@${this.#options.domain ?? this.#options.address.host}>`;
    this.#cseq += 1;
    return {
      From: `${us};tag=${this.#fromTag}`,
      To: us,
      'Call-ID': this.#callId,
      CSeq: `${this.#cseq} REGISTER`,
      Contact: `<sip:${encodeURIComponent(username)}@localhost>`,
      Expires: String(seconds),
      ...this.#authorization(),
    };
  }

  #authorization(): SipHeaders {
    if (this.#nonce === null) return {};
    this.#nonce.count += 1;
    const { challenge, count, proxy } = this.#nonce;
    const value = authorizationFor(challenge, this.#options.login, { method: 'REGISTER', uri: this.#domainUri }, count, randomToken(8));
    return { [proxy ? 'Proxy-Authorization' : 'Authorization']: value };
  }

  #answered(res: SipResponse, seconds: number, first: boolean): void {
    if ((res.status === 401 || res.status === 407) && first && this.#mayAnswer(res)) {
      this.#register(seconds, false);
      return;
    }
    if (this.#closed || seconds === 0) return;
    const least = Number(res.get('Min-Expires'));
    // §10.2.8: 423 names the shortest time that is taken.
    if (res.status === 423 && least > this.#seconds && least <= LONGEST_MIN_EXPIRES) {
      this.#seconds = least;
      this.#register(least, true);
    } else if (res.status >= 200 && res.status < 300) this.#succeeded(grantedSeconds(res, seconds));
    else this.#failed(res.status);
  }

  /** Only the trunk itself, and only for its realm. */
  #mayAnswer(res: SipResponse): boolean {
    const proxy = res.status === 407;
    const challenge = challengeFor(res.get(proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate') ?? '', this.#options.login.realm);
    if (challenge === null || !this.#options.address.answered(res)) return false;
    this.#nonce = { challenge, count: 0, proxy };
    return true;
  }

  #succeeded(granted: number): void {
    const { clock } = this.#options.house;
    this.#failures = 0;
    this.#turn({ is: 'registered', until: clock.now() + granted * 1_000 });
    this.#cancel = clock.after(refreshAfterMs(granted, randomBelow(1_000) / 1_000), () => this.#register(this.#seconds, true));
  }

  #failed(status: number | null): void {
    if (this.#closed) return;
    const { clock } = this.#options.house;
    this.#failures += 1;
    this.#nonce = null;
    const waitMs = retryAfterMs(this.#failures, randomBelow(1_000) / 1_000);
    // A refresh that failed leaves what was granted good until it runs out.
    const { until } = this.#state.is === 'registered' ? this.#state : { until: 0 };
    if (until <= clock.now() + waitMs) this.#turn({ is: 'refused', status, retryAt: clock.now() + waitMs });
    this.#cancel = clock.after(waitMs, () => this.#register(this.#seconds, true));
  }

  #turn(state: RegistrationState): void {
    this.#state = state;
    this.#options.onChange(state);
  }
}

/** §10.2.4: each binding has its own time; ours is the one with our user, else what Expires says. */
function grantedSeconds(res: SipResponse, asked: number): number {
  const times = splitValues(res.get('Contact') ?? '').flatMap((value) => {
    const seconds = Number(parseNameAddress(value)?.params.get('expires'));
    return seconds > 0 ? [seconds] : [];
  });
  const header = Number(res.get('Expires'));
  return Math.min(asked, ...times, header > 0 ? header : asked);
}
