/** How a queue calls its callers back; what is not said is as in `usual`. */
export interface CallbackRules {
  /**
   * `agent`: an agent is offered the call, and the customer's phone rings when she has taken it. `customer`: it rings ahead, when somebody is
   * about to be free, and who answers stands at the head of the line.
   */
  first?: 'agent' | 'customer' | undefined;
  /** How often the customer is tried; only what reached the network counts. */
  attempts?: number | undefined;
  /** Between two tries. */
  retryMs?: number | undefined;
  /** How long the customer's phone rings. */
  ringMs?: number | undefined;
  /** So long after it was asked for it is given up. */
  keepMs?: number | undefined;
  /** Only between these times of the day, `HH:MM` in China's time; absent = at any. */
  window?: { from: string; to: string } | undefined;
  /** Number to be shown to the customer, one of the tenant's; absent = as the trunk has it. */
  display?: string | undefined;
}

export interface WholeRules {
  first: 'agent' | 'customer';
  attempts: number;
  retryMs: number;
  ringMs: number;
  keepMs: number;
  window: { from: string; to: string } | undefined;
  display: string | undefined;
}

const usual = { first: 'agent', attempts: 3, retryMs: 300_000, ringMs: 30_000, keepMs: 43_200_000 } as const;

export const wholeRules = ({ first, attempts, retryMs, ringMs, keepMs, window, display }: CallbackRules): WholeRules => ({
  first: first ?? usual.first,
  attempts: attempts ?? usual.attempts,
  retryMs: retryMs ?? usual.retryMs,
  ringMs: ringMs ?? usual.ringMs,
  keepMs: keepMs ?? usual.keepMs,
  ...{ window, display },
});

const CHINA_OFFSET_MS = 8 * 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));

/** Whether a customer may be called now, and until when that stays so (ms since 1970; null = for ever). */
export function windowAt({ window }: Pick<CallbackRules, 'window'>, now: number): { open: boolean; until: number | null } {
  if (window === undefined) return { open: true, until: null };
  const today = now - ((now + CHINA_OFFSET_MS) % DAY_MS);
  const from = today + minuteOf(window.from) * MINUTE_MS;
  const to = today + minuteOf(window.to) * MINUTE_MS;
  if (from === to) return { open: true, until: null };
  // A window that passes midnight is open outside of its hole.
  const open = from < to ? now >= from && now < to : now >= from || now < to;
  const next = [from, to, from + DAY_MS, to + DAY_MS].filter((at) => at > now).sort((a, b) => a - b)[0];
  return { open, until: next ?? now + DAY_MS };
}
