/**
 * Phones that fail when a SHA-256 challenge stands beside the MD5 one, though RFC 8760 §2.4 tells them to take what they can:
 * those with a stack known for it, and those that came back without credentials after they were challenged with both.
 * Nothing is lost by believing them: who could forge this could as well strip the stronger challenge on its way.
 */
import type { SipRequest } from './srf.ts';

/** libre before 2 (baresip 1.0: "Function not implemented"); SIP.js and JsSIP read the first challenge only, and only MD5. */
const KNOWN = /^(?:baresip v[01]\.|SIP\.js\b|JsSIP\b)/i;
const MOST_KEPT = 10_000;

export class Md5Phones {
  /** Challenged with both, and not heard since. */
  readonly #asked = new Set<string>();
  readonly #balked = new Set<string>();

  /** true: challenge this request with MD5 alone. `source`: the socket address it came from. */
  mustAsk(req: SipRequest, source: string): boolean {
    const asked = this.#asked.delete(source);
    if (KNOWN.test(req.get('User-Agent') ?? '')) return true;
    if (req.has('Authorization')) return this.#balked.has(source);
    if (asked) remember(this.#balked, source);
    if (this.#balked.has(source)) return true;
    remember(this.#asked, source);
    return false;
  }

  /** It showed credentials: it understood. */
  understood(source: string): void {
    this.#asked.delete(source);
  }
}

/** The oldest goes when the table is full. */
function remember(table: Set<string>, source: string): void {
  table.add(source);
  const oldest = table.size > MOST_KEPT ? table.values().next().value : undefined;
  if (oldest !== undefined) table.delete(oldest);
}
