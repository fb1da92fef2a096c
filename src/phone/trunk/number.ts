/**
 * What somebody wants to dial → where that is, and how a trunk wants it written. Pure. China's conventions: 0 before a long-distance or
 * (from old phones) a mobile number, 00 before another country, 11 digits for mobiles, short codes as they are.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { type Dialling, normaliseNumber } from '../../customers/normalise.ts';
import type { TrunkSettings } from '../../tenants/trunk.ts';
import type { Destination } from '../../toll/policy.ts';

/** Police, fire, ambulance, traffic accidents; and what foreigners and handsets dial. Never blocked, never counted (fault row H6). */
const EMERGENCY: ReadonlySet<string> = new Set(['110', '112', '119', '120', '122', '911']);
const SHORT = /^(?:1[0-9]{2,5}|9[56][0-9]{3,4})$/;
/** China's pay-per-call ranges, local (160…, 168…) and national (1258…, 1259… and the like are information lines). */
const PREMIUM_SHORT = /^(?:16[0-9]{3,6}|1259[0-9]*)$/;
/** Ten digits whose callers pay little or nothing. */
const FREE = /^[48]00[0-9]{7}$/;
/** No area of China has this code: who dials it means another country, and is told the same as with 00. */
const AMERICAN_PREFIX = /^011(?=[2-9][0-9]{7})/;
const LONGEST_DIALLED = 32;
/** E.164 §6.2.1: country code and number together. */
const LONGEST_E164 = 15;

/** null = no number anybody could be reached at. */
export function destinationOf(dialled: string, dialling: Dialling = {}): Destination | null {
  const bare = dialled.trim().replace(/[\s().\u2010-\u2015-]/g, '');
  if (bare.length > LONGEST_DIALLED || !/^\+?[0-9]{2,}$/.test(bare)) return null;
  const number = FREE.test(bare) ? `+86${bare}` : normaliseNumber(bare.replace(AMERICAN_PREFIX, '00'), dialling);
  if (EMERGENCY.has(number)) return { kind: 'emergency', number, country: 'CN' };
  if (number.startsWith('+')) return number.length - 1 > LONGEST_E164 ? null : abroadOrHome(number);
  if (PREMIUM_SHORT.test(number)) return { kind: 'premium', number, country: 'CN' };
  return SHORT.test(number) ? { kind: 'short', number, country: 'CN' } : null;
}

function abroadOrHome(number: string): Destination | null {
  const parsed = parsePhoneNumberFromString(number);
  if (parsed === undefined || !parsed.isPossible() || number.startsWith('+860')) return null;
  const country = parsed.country ?? (parsed.countryCallingCode === '86' ? 'CN' : parsed.isNonGeographic() ? '001' : null);
  // Satellite and international-rate numbers (+870, +881, +882, +883, +979) cost as much as premium ones.
  const premium = parsed.getType() === 'PREMIUM_RATE' || country === '001';
  return { kind: premium ? 'premium' : country === 'CN' ? 'domestic' : 'international', number, country };
}

/** The user part of the URI that a trunk gets. */
export function writtenFor(destination: Pick<Destination, 'kind' | 'number'>, format: TrunkSettings['format']): string {
  if (destination.kind === 'emergency') return destination.number;
  return `${format.prefix}${written(destination.number, format)}`;
}

/** A number of ours, as this trunk wants to be shown it. */
export const shownFor = (number: string, format: TrunkSettings['format']): string => written(number, format);

function written(number: string, { out, areaCode }: TrunkSettings['format']): string {
  if (!number.startsWith('+') || out === 'e164') return number;
  if (out === 'plain') return number.slice(1);
  if (!number.startsWith('+86')) return `00${number.slice(1)}`;
  const national = number.slice(3);
  // Mobiles, and service numbers such as 400 and 800, go without the trunk 0.
  if (/^(?:1[3-9][0-9]{9}|[48]00[0-9]{7})$/.test(national)) return national;
  const area = areaCode?.slice(1);
  return area !== undefined && national.startsWith(area) ? national.slice(area.length) : `0${national}`;
}
