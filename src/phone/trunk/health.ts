/**
 * Is an address of a trunk fit for calls? Pure: told what pings and calls came to, and when.
 *
 *        2 pings in a row unanswered · 3 calls in a row refused by the trunk itself
 *   in ─────────────────────────────────────────────────────────────────────────▶ out
 *    ◀──────────────────────────────────────────────────────────────────────────
 *        2 pings in a row answered, once the penalty of a refusing trunk is over
 *
 * With pings each 20 s at most, 4 s for an answer and the second look a second later, a dead address is out within 30 s (J4).
 * Two thresholds, so that an address at the edge does not flap.
 */
export type Health =
  | { at: 'in'; failedPings: number; failedCalls: number }
  /** `until`: answers to pings count only from then on (ms since 1970). */
  | { at: 'out'; since: number; why: OutBecause; goodPings: number; until: number };

type OutBecause = 'pings' | 'calls';

export type HealthWord =
  | { type: 'pingAnswered' }
  | { type: 'pingFailed' }
  /** The called answered, whatever they said: the trunk carried the call. */
  | { type: 'callCarried' }
  /** 5xx, time-out or transport error. `retryAfterMs`: what a 503 asked for. */
  | { type: 'callFailed'; retryAfterMs: number };

export const FIT: Health = { at: 'in', failedPings: 0, failedCalls: 0 };

const PINGS_FAILED_OUT = 2;
const CALLS_FAILED_OUT = 3;
const PINGS_GOOD_IN = 2;
/** A trunk may answer OPTIONS while it refuses every call: it is left alone for so long. */
const PENALTY_MS = 30_000;
/** RFC 3261 §20.33: a longer wait is not believed. */
const LONGEST_PENALTY_MS = 300_000;

type Step<H extends Health> = (health: H, word: HealthWord, now: number) => Health;

const whileIn: Step<Extract<Health, { at: 'in' }>> = (health, word, now) => {
  switch (word.type) {
    case 'pingAnswered':
      return { ...health, failedPings: 0 };
    case 'callCarried':
      return FIT;
    case 'pingFailed':
      if (health.failedPings + 1 < PINGS_FAILED_OUT) return { ...health, failedPings: health.failedPings + 1 };
      return { at: 'out', since: now, why: 'pings', goodPings: 0, until: now };
    case 'callFailed': {
      // A 503 that names a time means it (§21.5.4): no second call is tried before.
      if (word.retryAfterMs === 0 && health.failedCalls + 1 < CALLS_FAILED_OUT) return { ...health, failedCalls: health.failedCalls + 1 };
      const penaltyMs = word.retryAfterMs === 0 ? PENALTY_MS : Math.min(word.retryAfterMs, LONGEST_PENALTY_MS);
      return { at: 'out', since: now, why: 'calls', goodPings: 0, until: now + penaltyMs };
    }
  }
};

const whileOut: Step<Extract<Health, { at: 'out' }>> = (health, word, now) => {
  switch (word.type) {
    case 'pingFailed':
      return { ...health, goodPings: 0 };
    case 'pingAnswered':
      if (now < health.until) return health;
      return health.goodPings + 1 < PINGS_GOOD_IN ? { ...health, goodPings: health.goodPings + 1 } : FIT;
    case 'callCarried':
      // Tried for want of a better one, and it worked.
      return FIT;
    case 'callFailed':
      return { ...health, goodPings: 0, until: Math.max(health.until, now + Math.min(word.retryAfterMs, LONGEST_PENALTY_MS)) };
  }
};

export const hearHealth = (health: Health, word: HealthWord, now: number): Health =>
  health.at === 'in' ? whileIn(health, word, now) : whileOut(health, word, now);

/** Where nothing is pinged: the penalty is over, so one call may try. */
export const mayTry = (health: Health, pinged: boolean, now: number): boolean =>
  health.at === 'in' || (!pinged && health.why === 'calls' && now >= health.until);
