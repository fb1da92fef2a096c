/** The keys that sign callers' numbers: fetched from where a call says, believed only under the roots we were given, kept for a while. */
import { type KeyObject, X509Certificate } from 'node:crypto';
import type { Clock } from '../../../kernel/clock.ts';

/** RFC 8224 leaves it to the certificate; an hour bounds how long a revoked one is believed. */
const KEPT_MS = 3_600_000;
const FAILURE_KEPT_MS = 60_000;
const MOST_KEPT = 1_000;
const MOST_IN_CHAIN = 5;
/** So many names of strangers may be asked at once; a call beyond is shown as unproven. */
const MOST_ASKED = 32;

export type KeyResult = KeyObject | 'no_certificate' | 'untrusted_certificate';

export class Certificates {
  readonly #clock: Clock;
  readonly #roots: readonly X509Certificate[];
  readonly #fetch: (url: string) => Promise<string>;
  readonly #kept = new Map<string, { result: KeyResult; until: number }>();
  readonly #asked = new Map<string, Promise<KeyResult>>();

  constructor(clock: Clock, roots: readonly X509Certificate[], fetch: (url: string) => Promise<string>) {
    this.#clock = clock;
    this.#roots = roots;
    this.#fetch = fetch;
  }

  async keyAt(url: string): Promise<KeyResult> {
    const kept = this.#kept.get(url);
    if (kept !== undefined && kept.until > this.#clock.now()) return kept.result;
    const asked = this.#asked.get(url);
    if (asked !== undefined) return asked;
    if (this.#asked.size >= MOST_ASKED) return 'no_certificate';
    const asking = this.#ask(url).finally(() => this.#asked.delete(url));
    this.#asked.set(url, asking);
    return asking;
  }

  async #ask(url: string): Promise<KeyResult> {
    const result = await this.#fetch(url).then(
      (pem) => trustedKey(pem, this.#roots, this.#clock.now()),
      (): KeyResult => 'no_certificate',
    );
    this.#kept.delete(url);
    this.#kept.set(url, { result, until: this.#clock.now() + (typeof result === 'string' ? FAILURE_KEPT_MS : KEPT_MS) });
    const oldest = this.#kept.size > MOST_KEPT ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
    return result;
  }
}

/** The key of the first certificate of a bundle when every step up to one of the roots holds at `now`. */
export function trustedKey(pem: string, roots: readonly X509Certificate[], now: number): KeyResult {
  const chain = certificatesIn(pem);
  const [leaf] = chain;
  if (leaf === undefined) return 'no_certificate';
  let at = leaf;
  for (let steps = 0; steps < MOST_IN_CHAIN; steps += 1) {
    if (!isValidAt(at, now)) return 'untrusted_certificate';
    const root = roots.find((each) => isIssuer(each, at));
    if (root !== undefined) return isValidAt(root, now) ? leaf.publicKey : 'untrusted_certificate';
    const next = chain.find((each) => each !== at && isIssuer(each, at));
    if (next === undefined) return 'untrusted_certificate';
    at = next;
  }
  return 'untrusted_certificate';
}

const isIssuer = (issuer: X509Certificate, issued: X509Certificate): boolean => issuer.ca && issued.checkIssued(issuer) && issued.verify(issuer.publicKey);
const isValidAt = ({ validFrom, validTo }: X509Certificate, now: number): boolean => Date.parse(validFrom) <= now && now <= Date.parse(validTo);

/** Every certificate of a PEM text; what is none is left out. */
export function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.slice(0, MOST_IN_CHAIN).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}
