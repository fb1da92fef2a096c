/**
 * Digest nonces that need no memory to be recognised: time, dice, and an HMAC over both and the address they were given to. The SIP server hands
 * them out and the application takes them, each from the secret they share, so that neither a stranger's challenge nor a restart costs a table.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { randomToken } from './ids.ts';

export const NONCE_LIFE_MS = 5 * 60_000;
/** Two programs' clocks, set by one machine at different times. */
const SKEW_MS = 2_000;
const DICE_BYTES = 6;
/** 128 bits of HMAC-SHA-256 in base64url. */
const SIGNATURE_CHARS = 22;

/** The key of both programs; the secret itself signs nothing. */
export const nonceKeyOf = (secret: string): string => createHmac('sha256', secret).update('huawu digest nonces').digest('hex');

export class NonceMint {
  readonly #key: string;
  constructor(key: string) {
    this.#key = key;
  }

  /** `<ms in base 36>.<dice>.<signature>`: short, because an answer to a stranger may hardly be longer than what was asked. */
  issue(now: number, address: string): string {
    const text = `${Math.floor(now).toString(36)}.${randomToken(DICE_BYTES)}`;
    return `${text}.${this.#sign(text, address)}`;
  }

  /** When it was made; null when it is not of this key or was given to another address. */
  issuedAt(nonce: string, address: string): number | null {
    const cut = nonce.lastIndexOf('.');
    const given = Buffer.from(nonce.slice(cut + 1), 'latin1');
    const expected = Buffer.from(this.#sign(nonce.slice(0, Math.max(0, cut)), address), 'latin1');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    return Number.parseInt(nonce, 36);
  }

  /** Something unguessable that is the same each time for the same text. */
  stamp(text: string): string {
    return this.#sign(text, 'stamp').slice(0, 16);
  }

  #sign(text: string, address: string): string {
    return createHmac('sha256', this.#key).update(`${text}|${address}`).digest('base64url').slice(0, SIGNATURE_CHARS);
  }
}

export const isFresh = (issuedAt: number, now: number): boolean => now - issuedAt <= NONCE_LIFE_MS && issuedAt - now <= SKEW_MS;
