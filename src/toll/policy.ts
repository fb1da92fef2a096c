/**
 * May this number be dialled, on this account, now? Pure and total: destination, rules, what the account has used, and the time come in;
 * a verdict with its reason goes out. The first reason that holds is given, the hardest first.
 */

export type DestinationKind = 'emergency' | 'short' | 'domestic' | 'international' | 'premium';

export interface Destination {
  kind: DestinationKind;
  /** E.164 with +, or the short code as dialled. */
  number: string;
  /** ISO 3166 code, `001` for what belongs to no country; null where it could not be told. */
  country: string | null;
}

/** What one account may use. Minutes are of talk, in windows that end now. */
export interface Caps {
  parallel: number;
  callsPerHour: number;
  minutesPerHour: number;
  callsPerDay: number;
  minutesPerDay: number;
}

export interface OutsideRules {
  /** Countries opened beside China, ISO 3166 (`HK`, `GB` …). */
  openCountries: string[];
  /** Numbers that cost the caller extra, at home, abroad and by satellite. */
  premiumOpen: boolean;
  /** Of each agent. */
  agent: Caps;
  /** Of the tenant's dialplans together. */
  flow: Caps;
  /** China's time, `HH:MM`; what may be dialled between them. null = the night is as the day. */
  night: { from: string; to: string; kinds: DestinationKind[] } | null;
  /** How long an account is blocked that went on after being refused; an admin may lift it before. */
  blockHours: number;
}

export const usualRules: OutsideRules = {
  openCountries: [],
  premiumOpen: false,
  agent: { parallel: 2, callsPerHour: 60, minutesPerHour: 90, callsPerDay: 300, minutesPerDay: 480 },
  flow: { parallel: 100, callsPerHour: 3_000, minutesPerHour: 6_000, callsPerDay: 20_000, minutesPerDay: 60_000 },
  night: { from: '22:00', to: '07:00', kinds: ['short', 'domestic'] },
  blockHours: 24,
};

/** What an account has used. */
export interface Usage {
  live: number;
  callsHour: number;
  minutesHour: number;
  callsDay: number;
  minutesDay: number;
  blocked: boolean;
}

export const refusals = ['blocked', 'premium', 'closed', 'night', 'parallel', 'hour_calls', 'hour_minutes', 'day_calls', 'day_minutes'] as const;
export type Refusal = (typeof refusals)[number];
export type Verdict = { is: 'let' } | { is: 'refused'; why: Refusal };

export function judge(destination: Destination, rules: OutsideRules, caps: Caps, usage: Usage, now: number): Verdict {
  // H6: who calls for help is put through, whatever else holds.
  if (destination.kind === 'emergency') return { is: 'let' };
  const why = refusals.find((refusal) => holds[refusal](destination, rules, caps, usage, now));
  return why === undefined ? { is: 'let' } : { is: 'refused', why };
}

/** Spent: what runs must be cut. Calls alone are only refused. */
export const isSpent = (caps: Caps, usage: Usage): boolean => usage.minutesHour >= caps.minutesPerHour || usage.minutesDay >= caps.minutesPerDay;

const holds: Record<Refusal, (destination: Destination, rules: OutsideRules, caps: Caps, usage: Usage, now: number) => boolean> = {
  blocked: (_destination, _rules, _caps, usage) => usage.blocked,
  premium: ({ kind }, rules) => kind === 'premium' && !rules.premiumOpen,
  closed: ({ kind, country }, rules) => kind === 'international' && (country === null || !rules.openCountries.includes(country)),
  night: ({ kind }, { night }, _caps, _usage, now) => night !== null && isWithin(night, now) && !night.kinds.includes(kind),
  parallel: (_destination, _rules, caps, usage) => usage.live >= caps.parallel,
  hour_calls: (_destination, _rules, caps, usage) => usage.callsHour >= caps.callsPerHour,
  hour_minutes: (_destination, _rules, caps, usage) => usage.minutesHour >= caps.minutesPerHour,
  day_calls: (_destination, _rules, caps, usage) => usage.callsDay >= caps.callsPerDay,
  day_minutes: (_destination, _rules, caps, usage) => usage.minutesDay >= caps.minutesPerDay,
};

const CHINA_OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

function isWithin({ from, to }: { from: string; to: string }, now: number): boolean {
  const minute = Math.floor(((now + CHINA_OFFSET_MS) % DAY_MS) / 60_000);
  const [begins, ends] = [minuteOf(from), minuteOf(to)];
  return begins <= ends ? minute >= begins && minute < ends : minute >= begins || minute < ends;
}

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
