/**
 * Who sent this request? By digest alone (never by From), against the directory. What a stranger gets is the same for a known
 * and for an unknown user name: same status, same headers, same work.
 */
import type { Clock } from '../../kernel/clock.ts';
import { type Directory, SIP_REALM, type SipAccount } from '../tenants/directory.ts';
import { parseSipUri } from './address.ts';
import { type Credentials, challengeOf, digestAlgorithms, ha1Of, parseCredentials, responseFits } from './digest.ts';
import { Md5Phones } from './md5-phones.ts';
import { Nonces } from './nonce.ts';
import { headerLines, type SipHeaders, type SipRequest } from './srf.ts';
import { FailureThrottle } from './throttle.ts';

/** `byPass`: it is the phone of her console, with the pass that she was given there. */
export type Identity = { is: 'account'; account: SipAccount; byPass: boolean } | { is: 'stranger'; status: 401 | 403; headers: SipHeaders };

/** Stands in for a user that does not exist, so that the same work is done. */
const NOBODY = { MD5: ha1Of('MD5', 'nobody', SIP_REALM, ''), 'SHA-256': ha1Of('SHA-256', 'nobody', SIP_REALM, '') };

/** Of browsers, which know no password: `src/users/phone-passes.ts`. */
export interface Passes {
  account(username: string, now: number): SipAccount | null;
}

/** Wrong passwords of one user in a minute, from whatever sources, after which only phones that are registered already are believed. */
const MOST_FAILURES_OF_USER = 60;

export class Authenticator {
  readonly #clock: Clock;
  readonly #directory: Directory;
  readonly #nonces: Nonces;
  readonly #throttle: FailureThrottle;
  readonly #users = new FailureThrottle(MOST_FAILURES_OF_USER);
  readonly #onGuessing: (guessed: { source: string } | { username: string }) => void;
  readonly #passes: Passes;
  readonly #md5Phones = new Md5Phones();

  /** `onGuessing` is told once of each source, and of each user name, that too many wrong passwords came for. */
  constructor(
    clock: Clock,
    directory: Directory,
    nonces = new Nonces(),
    throttle = new FailureThrottle(),
    onGuessing: (guessed: { source: string } | { username: string }) => void = () => undefined,
    passes: Passes = { account: () => null },
  ) {
    this.#passes = passes;
    this.#clock = clock;
    this.#directory = directory;
    this.#nonces = nonces;
    this.#throttle = throttle;
    this.#onGuessing = onGuessing;
  }

  /** `known`: a source that already proved itself (a live registration) is not shut out by a neighbour's failures. */
  identify(req: SipRequest, domain: string, known: boolean): Identity {
    const now = this.#clock.now();
    const source = req.source_address;
    if (!known && this.#throttle.blocks(source, now)) return { is: 'stranger', status: 403, headers: {} };
    const header = req.get('Authorization');
    const credentials = header === undefined ? null : parseCredentials(header);
    if (credentials === null || credentials.realm !== SIP_REALM || !sameTarget(credentials.uri, req.uri)) return this.#challenge(req, now, false);
    this.#md5Phones.understood(socketOf(req));
    const verdict = this.#nonces.look(credentials.nonce, credentials.nc, source, now);
    const account = this.#accountFor(credentials, domain, req.method, now);
    // Guessed at from everywhere: the same answer as to a wrong password, the same work, and no new phone until it is over.
    const isGuessedAt = !known && this.#users.blocks(credentials.username, now);
    if (account === null || isGuessedAt) {
      // A wrong password on a nonce that is not ours proves nothing: it cost its sender no round trip.
      if (account === null && verdict !== 'foreign') this.#failed(source, credentials.username, now);
      return this.#challenge(req, now, false);
    }
    // RFC 7616 §3.3: stale=true "indicates that the previous request from the client was rejected because the nonce value was stale".
    if (verdict !== 'good') return this.#challenge(req, now, true);
    this.#nonces.spend(credentials.nonce, credentials.nc);
    return { is: 'account', account, byPass: this.#passes.account(credentials.username, now) !== null };
  }

  #failed(source: string, username: string, now: number): void {
    if (this.#throttle.failed(source, now)) this.#onGuessing({ source });
    if (this.#users.failed(username, now)) this.#onGuessing({ username });
  }

  #accountFor(credentials: Credentials, domain: string, method: string, now: number): SipAccount | null {
    const account = this.#passes.account(credentials.username, now) ?? this.#directory.sipAccount(credentials.username, domain);
    const own = credentials.algorithm === 'MD5' ? account?.ha1Md5 : account?.ha1Sha256;
    const ha1 = own === undefined || own === '' ? NOBODY[credentials.algorithm] : own;
    return responseFits(ha1, method, credentials) && ha1 === own ? account : null;
  }

  #challenge(req: SipRequest, now: number, stale: boolean): Identity {
    const nonce = this.#nonces.issue(now, req.source_address);
    const algorithms = this.#md5Phones.mustAsk(req, socketOf(req)) ? (['MD5'] as const) : digestAlgorithms;
    const challenges = algorithms.map((algorithm) => challengeOf(algorithm, SIP_REALM, nonce, stale));
    return { is: 'stranger', status: 401, headers: headerLines('WWW-Authenticate', challenges) };
  }
}

const socketOf = (req: SipRequest): string => `${req.source_address}:${req.source_port}`;

/** The digest's uri must name what the request asks for; hosts may be written differently (with and without port) by the same phone. */
function sameTarget(digestUri: string, requestUri: string): boolean {
  if (digestUri === requestUri) return true;
  const a = parseSipUri(digestUri);
  const b = parseSipUri(requestUri);
  return a !== null && b !== null && a.user === b.user && a.host === b.host;
}
