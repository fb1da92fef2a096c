/**
 * Nonces that need no memory to be recognised: time, dice and an HMAC over both and the address they were given to.
 * What must be remembered is the highest nonce count seen of each (RFC 7616 §3.4), in a bounded table.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { randomToken } from '../../kernel/ids.ts';

/** `stale`: ours, but too old or already used up to this count: the phone may try again with a new one. */
export type NonceVerdict = 'good' | 'stale' | 'foreign';

const NONCE_LIFE_MS = 5 * 60_000;
const MOST_COUNTED = 50_000;

export class Nonces {
  readonly #key: string;
  readonly #most: number;
  /** nonce → highest count spent; in order of first use. */
  readonly #spent = new Map<string, number>();
  /** Nonces issued up to here were pushed out of the table: their counts are forgotten, so they are taken no more. */
  #forgottenUpTo = 0;

  constructor(key: string = randomToken(32), mostCounted = MOST_COUNTED) {
    this.#key = key;
    this.#most = mostCounted;
  }

  issue(now: number, address: string): string {
    const text = `${Math.floor(now).toString(36)}-${randomToken(12)}`;
    return `${text}-${this.#sign(text, address)}`;
  }

  /** `nc`: hex as sent. Looks only: the count is spent by `spend` once the password proved right. */
  look(nonce: string, nc: string, address: string, now: number): NonceVerdict {
    const issuedAt = this.#issuedAt(nonce, address);
    if (issuedAt === null) return 'foreign';
    if (now - issuedAt > NONCE_LIFE_MS || issuedAt > now) return 'stale';
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

  #issuedAt(nonce: string, address: string): number | null {
    const cut = nonce.lastIndexOf('-');
    const given = Buffer.from(nonce.slice(cut + 1), 'latin1');
    const expected = Buffer.from(this.#sign(nonce.slice(0, Math.max(0, cut)), address), 'latin1');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    return Number.parseInt(nonce, 36);
  }

  #sign(text: string, address: string): string {
    return createHmac('sha256', this.#key).update(`${text}|${address}`).digest('hex').slice(0, 32);
  }
}
