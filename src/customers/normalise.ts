/**
 * Numbers as the network shows them → one form: E.164 (`+8613800001001`), a short number (`10086`), an extension as dialled
 * (`8001`), or '' when withheld. Networks show mobiles with 0, 86, +86, 0086 or nothing before them, and landlines with their area code.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

const WITHHELD = new Set(['', 'anonymous', 'unknown', 'restricted', 'unavailable', 'withheld', 'private', 'asterisk']);

/** Service numbers of China that no numbering plan library knows. 95xxx(x) and 96xxx(x) are banks, insurers, couriers, cities. */
const SHORT = [
  /^1(10|14|19|20|22)$/, // police, directory, fire, ambulance, traffic
  /^100(0[0-9]|1[0-9]|2[0-9]|5[0-9]|8[0-9]|9[0-9])$/, // operators: 10000, 10010, 10086, 10085 …
  /^12[0-9]{3}$/, // public services: 12345, 12306, 12580 …
  /^1[12][0-9]{2}$/, // 1258, 1186 …
  /^186[01]$/, // the hotline's old numbers
  /^9[56][0-9]{3,4}$/,
];

const MOBILE = /^1[3-9][0-9]{9}$/;
const LOCAL = /^[2-8][0-9]{6,7}$/;
const LONGEST = 64;

export interface Dialling {
  /** Area code with its 0 (`0311`) to which numbers without one belong; absent = they are left as they are. */
  areaCode?: string;
}

export function normaliseNumber(raw: string, dialling: Dialling = {}): string {
  const text = raw.trim().slice(0, LONGEST);
  if (WITHHELD.has(text.toLowerCase())) return '';
  const bare = text.replace(/[\s().\u2010-\u2015-]/g, '');
  if (!/^\+?[0-9]+$/.test(bare)) return text; // a name, or a feature code with * or #
  const national = nationalPart(bare);
  if (national !== null && isShort(national)) return national;
  if (national !== null && MOBILE.test(national)) return `+86${national}`;
  if (dialling.areaCode !== undefined && LOCAL.test(bare)) return possible(`+86${dialling.areaCode.replace(/^0/, '')}${bare}`) ?? bare;
  // With nothing before it, what is left is an extension or a number of ours.
  if (national === bare) return bare;
  const chinese = national === null ? null : possible(`+86${national}`);
  if (chinese !== null || /^[1-9]/.test(bare)) return chinese ?? bare;
  return possible(bare.startsWith('00') ? `+${bare.slice(2)}` : bare) ?? bare;
}

/** Without the ways China and its trunk prefix are written before a number; null for another country's. */
function nationalPart(bare: string): string | null {
  const [, national] = /^(?:\+86|0086|086|86)?0?([1-9][0-9]*)$/.exec(bare) ?? [];
  return national ?? null;
}

const isShort = (national: string): boolean => SHORT.some((pattern) => pattern.test(national));

function possible(written: string): string | null {
  const parsed = parsePhoneNumberFromString(written, 'CN');
  return parsed?.isPossible() ? parsed.number : null;
}
