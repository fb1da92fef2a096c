/** Is the caller's number proven (RFC 8224)? The answer is shown to agents and kept in the record; no call is refused or kept waiting for it. */
import { type Clock, within } from '../../../kernel/clock.ts';
import { Certificates, certificatesIn } from './certificates.ts';
import { fetchText } from './fetch.ts';
import { type Attestation, type Claimed, type Doubt, doubtOf, firstIdentity, parseIdentity, signatureFits } from './passport.ts';

/** The values of the verstat parameter (ATIS-1000082), which 3GPP networks and phones know. */
export type Verstat = 'TN-Validation-Passed' | 'TN-Validation-Failed' | 'No-TN-Validation';

export interface Verdict {
  verstat: Verstat;
  /** Of a number that is proven. */
  attestation: Attestation | null;
  doubt: Doubt | null;
}

/** A call waits no longer than this for a certificate. */
const PATIENCE_MS = 2_000;

export class CallerVerifier {
  readonly #clock: Clock;
  readonly #certificates: Certificates;

  /** `roots`: PEM text of the authorities whose certificates may sign numbers. */
  constructor(clock: Clock, roots: string, fetch = (url: string) => fetchText(url, { timeoutMs: PATIENCE_MS })) {
    this.#clock = clock;
    this.#certificates = new Certificates(clock, certificatesIn(roots), fetch);
  }

  /** Resolves within two seconds, whatever the header names. */
  async verify(identity: string | undefined, call: Omit<Claimed, 'now'>): Promise<Verdict> {
    if (identity === undefined || identity.trim() === '') return doubted('absent');
    const passport = parseIdentity(firstIdentity(identity));
    if (typeof passport === 'string') return doubted(passport);
    const doubt = doubtOf(passport, { ...call, now: this.#clock.now() });
    if (doubt !== null) return doubted(doubt);
    const late = (): Error => new Error('no certificate in time');
    const key = await within(this.#clock, PATIENCE_MS, this.#certificates.keyAt(passport.x5u), late).catch(() => 'no_certificate' as const);
    if (typeof key === 'string') return doubted(key);
    if (!signatureFits(passport, key)) return doubted('bad_signature');
    return { verstat: 'TN-Validation-Passed', attestation: passport.attestation, doubt: null };
  }
}

/** Nobody's word is no word against the number; a word that does not hold is. */
const doubted = (doubt: Doubt): Verdict => ({
  verstat: doubt === 'absent' || doubt === 'unsupported' || doubt === 'no_certificate' ? 'No-TN-Validation' : 'TN-Validation-Failed',
  attestation: null,
  doubt,
});
