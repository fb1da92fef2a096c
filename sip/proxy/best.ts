import type { Response } from '../message/message.ts';
import type { Kept } from './branch.ts';

/** They say what would make the next try succeed. */
const TELLING: ReadonlySet<number> = new Set([401, 407, 415, 420, 484]);

/**
 * RFC 3261 §16.7 step 6: "It MUST choose from the 6xx class responses if any exist in the context. If no 6xx class responses are present, the proxy
 * SHOULD choose from the lowest response class stored in the response context. The proxy MAY select any response within that chosen class. The proxy SHOULD give
 * preference to responses that provide information affecting resubmission of this request, such as 401, 407, 415, 420, and 484 if the 4xx class is chosen."
 * Within the rest of 4xx what a peer said goes before what we made of its silence. Undefined when there is none.
 */
export function bestOf(kept: readonly Kept[]): Kept | undefined {
  return kept.reduce<Kept | undefined>((best, each) => (best === undefined || rank(each) < rank(best) ? each : best), undefined);
}

export const statusOf = ({ outcome }: Kept): number => (typeof outcome === 'number' ? outcome : outcome.status);

function rank(kept: Kept): number {
  const status = statusOf(kept);
  if (status >= 600) return 0;
  const within = TELLING.has(status) ? 0 : kept.from !== undefined && status !== 487 ? 1 : 2;
  return Math.floor(status / 100) * 10 + within;
}

/**
 * §16.7 step 7: "If the selected response is a 401 (Unauthorized) or 407 (Proxy Authentication Required), the proxy MUST collect any
 * WWW-Authenticate and Proxy-Authenticate header field values from all other 401 (Unauthorized) and 407 (Proxy Authentication Required)
 * responses received so far in this response context and add them to this response".
 */
export function addChallenges(response: Response, chosen: Kept, kept: readonly Kept[]): void {
  if (response.status !== 401 && response.status !== 407) return;
  for (const other of kept) {
    const { outcome } = other;
    if (other === chosen || typeof outcome === 'number' || (outcome.status !== 401 && outcome.status !== 407)) continue;
    for (const name of ['WWW-Authenticate', 'Proxy-Authenticate']) for (const value of outcome.headers.all(name)) response.headers.add(name, value);
  }
}
