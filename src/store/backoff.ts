/** Waits between tries: doubling, capped, with jitter, so that many who lost the same server do not return in step. */
import { randomBelow } from '../../kernel/ids.ts';

/** ms before try `n` (0 = the first again): between half and the whole of `firstMs`·2ⁿ, at most `mostMs`. */
export function backoffMs(n: number, firstMs: number, mostMs: number): number {
  const whole = Math.max(2, Math.min(mostMs, firstMs * 2 ** Math.min(n, 20)));
  return Math.floor(whole / 2) + randomBelow(Math.ceil(whole / 2));
}
