/**
 * May this number be dialled, on this account, now? Pure and total: destination, rules, what the account has used, and the time come in;
 * a verdict with its reason goes out. The first reason that holds is given, the hardest first.
 */
import type { Location } from '../call/location.ts';

export type DestinationKind = 'emergency' | 'short' | 'domestic' | 'international' | 'premium';

/** What numbers that begin so cost, in the tenant's money. Each minute of talk that was begun counts whole. */
export interface Rate {
  /** `+8621`, `+1900`, `95`; `+` is every number of the world, `` every number. The longest that fits holds. */
  prefix: string;
  perMinute: number;
  perCall: number;
}

export interface Destination {
  kind: DestinationKind;
  /** E.164 with +, or the short code as dialled. */
  number: string;
  /** ISO 3166 code, `001` for what belongs to no country; null where it could not be told. */
  country: string | null;
}

/** What one account may use. Minutes are of talk, in windows that end now; money by the rates; null = no cap. */
export interface Caps {
  parallel: number;
  callsPerHour: number;
  minutesPerHour: number;
  callsPerDay: number;
  minutesPerDay: number;
  spendPerHour: number | null;
  spendPerDay: number | null;
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
  /** Numbers that none fits cost nothing. */
  rates: Rate[];
  /** Where phones stand of which nothing else is said; told to emergency services. */
  location: Location | null;
  /** How long an account is blocked that went on after being refused; an admin may lift it before. */
  blockHours: number;
}

export const usualRules: OutsideRules = {
  openCountries: [],
  premiumOpen: false,
  agent: { parallel: 2, callsPerHour: 60, minutesPerHour: 90, callsPerDay: 300, minutesPerDay: 480, spendPerHour: null, spendPerDay: null },
  flow: { parallel: 100, callsPerHour: 3_000, minutesPerHour: 6_000, callsPerDay: 20_000, minutesPerDay: 60_000, spendPerHour: null, spendPerDay: null },
  night: { from: '22:00', to: '07:00', kinds: ['short', 'domestic'] },
  rates: [],
  location: null,
  blockHours: 24,
};

/** What an account has used. */
export interface Usage {
  live: number;
  callsHour: number;
  minutesHour: number;
  callsDay: number;
  minutesDay: number;
  spentHour: number;
  spentDay: number;
  blocked: boolean;
}

export const refusals = [
  'blocked',
  'premium',
  'closed',
  'night',
  'parallel',
  'hour_calls',
  'hour_minutes',
  'hour_spend',
  'day_calls',
  'day_minutes',
  'day_spend',
] as const;
export type Refusal = (typeof refusals)[number];
export type Verdict = { is: 'let' } | { is: 'refused'; why: Refusal };

export function judge(destination: Destination, rules: OutsideRules, caps: Caps, usage: Usage, now: number): Verdict {
  // H6: who calls for help is put through, whatever else holds.
  if (destination.kind === 'emergency') return { is: 'let' };
  const why = refusals.find((refusal) => holds[refusal](destination, rules, caps, usage, now));
  return why === undefined ? { is: 'let' } : { is: 'refused', why };
}

const FREE: Rate = { prefix: '', perMinute: 0, perCall: 0 };

export function rateOf(number: string, rates: readonly Rate[]): Rate {
  let best: Rate | undefined;
  for (const rate of rates) if (number.startsWith(rate.prefix) && (best === undefined || rate.prefix.length > best.prefix.length)) best = rate;
  return best ?? FREE;
}

/** Of an account that was written down before there were caps on money, there is none. */
const isOver = (spent: number, cap: number | null | undefined): boolean => cap !== null && cap !== undefined && spent >= cap;

/** Spent: what runs must be cut, and why. Calls alone are only refused. */
export function spent(caps: Caps, usage: Usage): 'minutes' | 'money' | null {
  if (usage.minutesHour >= caps.minutesPerHour || usage.minutesDay >= caps.minutesPerDay) return 'minutes';
  return isOver(usage.spentHour, caps.spendPerHour) || isOver(usage.spentDay, caps.spendPerDay) ? 'money' : null;
}

const holds: Record<Refusal, (destination: Destination, rules: OutsideRules, caps: Caps, usage: Usage, now: number) => boolean> = {
  blocked: (_destination, _rules, _caps, usage) => usage.blocked,
  premium: ({ kind }, rules) => kind === 'premium' && !rules.premiumOpen,
  closed: ({ kind, country }, rules) => kind === 'international' && (country === null || !rules.openCountries.includes(country)),
  night: ({ kind }, { night }, _caps, _usage, now) => night !== null && isWithin(night, now) && !night.kinds.includes(kind),
  parallel: (_destination, _rules, caps, usage) => usage.live >= caps.parallel,
  hour_calls: (_destination, _rules, caps, usage) => usage.callsHour >= caps.callsPerHour,
  hour_minutes: (_destination, _rules, caps, usage) => usage.minutesHour >= caps.minutesPerHour,
  hour_spend: (_destination, _rules, caps, usage) => isOver(usage.spentHour, caps.spendPerHour),
  day_calls: (_destination, _rules, caps, usage) => usage.callsDay >= caps.callsPerDay,
  day_minutes: (_destination, _rules, caps, usage) => usage.minutesDay >= caps.minutesPerDay,
  day_spend: (_destination, _rules, caps, usage) => isOver(usage.spentDay, caps.spendPerDay),
};

const CHINA_OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

function isWithin({ from, to }: { from: string; to: string }, now: number): boolean {
  const minute = Math.floor(((now + CHINA_OFFSET_MS) % DAY_MS) / 60_000);
  const [begins, ends] = [minuteOf(from), minuteOf(to)];
  return begins <= ends ? minute >= begins && minute < ends : minute >= begins || minute < ends;
}

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
