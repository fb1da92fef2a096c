/** RFC 3261 table 4 and RFC 6026: how long each timer of a transaction runs. Timer C belongs to proxies. All in milliseconds. */
export const T1_MS = 500;
export const T2_MS = 4_000;
const T4_MS = 5_000;
const SIXTY_FOUR_T1_MS = 64 * T1_MS;

export type Timer = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M';

/**
 * The wait of a timer when it is set for the `nth` time (0 first) in one transaction; undefined when it is not set at all on that kind of
 * transport. 0 means: fires at once.
 */
export function timerMs(timer: Timer, reliable: boolean, nth: number): number | undefined {
  switch (timer) {
    // §17.1.1.2: "When timer A fires, the client transaction MUST retransmit the request … and MUST reset the timer with a value of 2*T1."
    case 'A':
      return reliable ? undefined : T1_MS * 2 ** nth;
    // §17.1.2.2: "the timer is reset, but this time with a value of MIN(2*T1, T2)" · §17.2.1 the same for G.
    case 'E':
    case 'G':
      return reliable ? undefined : Math.min(T1_MS * 2 ** nth, T2_MS);
    case 'B':
    case 'F':
    case 'H':
    // RFC 6026 §7.1, §7.2: L and M are "64*T1" on any transport.
    case 'L':
    case 'M':
      return SIXTY_FOUR_T1_MS;
    // §17.1.1.2: "a value of at least 32 seconds for unreliable transports, and a value of zero seconds for reliable transports".
    case 'D':
    case 'J':
      return reliable ? 0 : SIXTY_FOUR_T1_MS;
    case 'I':
    case 'K':
      return reliable ? 0 : T4_MS;
  }
}
