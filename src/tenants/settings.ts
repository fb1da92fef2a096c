/** What a tenant's own admin sets of it: one schema for the API and what the store gives back. What is the operator's (its id, its phones' host names) is not in here. */
import { z } from 'zod';
import { CHINA } from './calendar.ts';
import { isTimeZone } from './zone.ts';

const shown = z.string().regex(/^\+?[0-9]{3,20}$/, 'a number that may be shown: 3 to 20 digits');

export const tenantRules = {
  timeZone: z
    .string()
    .max(64)
    .refine(isTimeZone, 'give a time zone by its IANA name, for example Asia/Shanghai')
    .describe('Of new calendars and of reports, where they do not say'),
  language: z.enum(['zh', 'en']).describe('Of new users, where nothing is said'),
  outboundNumbers: z
    .record(z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, 'a purpose: lower-case letters, digits, _ and -'), shown)
    .refine((numbers) => Object.keys(numbers).length <= 50, 'at most 50 purposes')
    .describe('What the called see, by purpose (`service`, `sales` …; `default` where the purpose has none), over trunks that have none of their own'),
};
const settings = z.strictObject(tenantRules);
export type TenantSettings = z.infer<typeof settings>;

export const usualSettings: TenantSettings = { timeZone: CHINA, language: 'zh', outboundNumbers: {} };

export const readTenantSettings = (stored: unknown): TenantSettings => settings.parse({ ...usualSettings, ...(stored as object) });
