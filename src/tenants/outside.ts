/** What a tenant may say of calls outside: one schema for its file, the API and what the store gives back. */
import { z } from 'zod';
import { type OutsideRules, usualRules } from '../toll/policy.ts';
import { locationSchema } from './location.ts';

const caps = z.strictObject({
  parallel: z.number().int().min(0).max(10_000),
  callsPerHour: z.number().int().min(0).max(100_000),
  minutesPerHour: z.number().int().min(0).max(1_000_000),
  callsPerDay: z.number().int().min(0).max(1_000_000),
  minutesPerDay: z.number().int().min(0).max(10_000_000),
  /** In the tenant's money, by `rates`; null = no cap. */
  spendPerHour: z.number().min(0).max(1e9).nullable().default(null),
  spendPerDay: z.number().min(0).max(1e9).nullable().default(null),
});
const rate = z.strictObject({
  prefix: z.string().regex(/^\+?[0-9]{0,15}$/, 'the digits numbers begin with, + before a country code'),
  perMinute: z.number().min(0).max(1e6),
  perCall: z.number().min(0).max(1e6).default(0),
});
const MOST_RATES = 5_000;
const clock = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'HH:MM');

export const outsideRules = {
  openCountries: z.array(z.string().regex(/^[A-Z]{2}$/, 'two capital letters of ISO 3166')).max(250),
  premiumOpen: z.boolean(),
  agent: caps,
  flow: caps,
  night: z.strictObject({ from: clock, to: clock, kinds: z.array(z.enum(['short', 'domestic', 'international', 'premium'])) }).nullable(),
  rates: z.array(rate).max(MOST_RATES),
  location: locationSchema.nullable(),
  blockHours: z.number().int().min(1).max(8_760),
};

/** The usual rules, where nothing else was said. */
export const readOutsideRules = (said: unknown): OutsideRules => z.strictObject(outsideRules).parse({ ...usualRules, ...(said as object) });
