/**
 * The nonces of `kernel/nonce.ts`, with what must be remembered of them: the highest nonce count seen of each (RFC 7616 §3.4), in a bounded table.
 * What was issued before this process began may have been spent in the one before: it is stale, and its phone simply asks again.
 */
import { randomToken } from '../../kernel/ids.ts';
import { isFresh, NonceMint } from '../../kernel/nonce.ts';

/** `stale`: ours, but too old or already used up to this count: the phone may try again with a new one. */
export type NonceVerdict = 'good' | 'stale' | 'foreign';

const MOST_COUNTED = 50_000;

export class Nonces {
  readonly #mint: NonceMint;
  readonly #most: number;
  /** nonce → highest count spent; in order of first use. */
  readonly #spent = new Map<string, number>();
  /** The counts of nonces issued up to here are not known (any more), so they are taken no more. */
  #forgottenUpTo: number;

  constructor(key: string = randomToken(32), since = 0, mostCounted = MOST_COUNTED) {
    this.#mint = new NonceMint(key);
    this.#forgottenUpTo = since;
    this.#most = mostCounted;
  }

  issue(now: number, address: string): string {
    return this.#mint.issue(now, address);
  }

  /** `nc`: hex as sent. Looks only: the count is spent by `spend` once the password proved right. */
  look(nonce: string, nc: string, address: string, now: number): NonceVerdict {
    const issuedAt = this.#mint.issuedAt(nonce, address);
    if (issuedAt === null) return 'foreign';
    if (!isFresh(issuedAt, now)) return 'stale';
    const spent = this.#spent.get(nonce);
    if (spent === undefined) return issuedAt <= this.#forgottenUpTo ? 'stale' : 'good';
    return Number.parseInt(nc, 16) > spent ? 'good' : 'stale';
  }

  spend(nonce: string, nc: string): void {
    this.#spent.set(nonce, Number.parseInt(nc, 16));
    if (this.#spent.size <= this.#most) return;
    const oldest = this.#spent.keys().next().value;
    if (oldest === undefined) return;
    this.#spent.delete(oldest);
    this.#forgottenUpTo = Math.max(this.#forgottenUpTo, Number.parseInt(oldest, 36));
  }
}
