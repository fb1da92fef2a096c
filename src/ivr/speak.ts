/**
 * Numbers, money, dates and telephone numbers as recorded fragments, in Mandarin and English: value → names of prompts.
 *
 * Mandarin: 两 stands for 2 before 千, 万 and 亿, and before a lone 元; 二 elsewhere; a gap of zeros inside a number is one 零; ten to
 * nineteen at the head of a number drop the 一 (十二, but 一百一十二); in telephone numbers 1 is 幺.
 */
import type { Language } from '../call/event.ts';

export type SpokenKind = 'number' | 'digits' | 'money' | 'date' | 'phone';
/** Larger numbers are read digit by digit. */
const MOST_SPOKEN = 999_999_999_999;
const MOST_DIGITS = 40;

/** null = the value cannot be said in this way. */
export function speak(kind: SpokenKind, value: string, language: Language): string[] | null {
  const text = value.trim();
  if (text === '' || text.length > MOST_DIGITS) return null;
  return speakers[language][kind](text);
}

type Speaker = (text: string) => string[] | null;

const digit = (character: string): string => `digit-${character}`;

const readDigits: Speaker = (text) => (/^[0-9]+$/.test(text) ? [...text].map(digit) : null);

/** Sign, whole part and decimals of a plain number; null for anything else. */
function partsOf(text: string): { minus: boolean; whole: string; decimals: string } | null {
  const match = /^(-?)0*([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  if (match === null) return null;
  return { minus: match[1] === '-', whole: match[2] ?? '0', decimals: (match[3] ?? '').replace(/0+$/, '') };
}

function readNumber(text: string, whole: (value: number) => string[]): string[] | null {
  const parts = partsOf(text);
  if (parts === null) return null;
  const { minus, decimals } = parts;
  const spoken = Number(parts.whole) > MOST_SPOKEN ? [...parts.whole].map(digit) : whole(Number(parts.whole));
  return [...(minus ? ['minus'] : []), ...spoken, ...(decimals === '' ? [] : ['point', ...[...decimals].map(digit)])];
}

// -- Mandarin

const zhUnits = ['', 'ten', 'hundred', 'thousand'];
const zhGroups = ['', 'ten-thousand', 'hundred-million'];

/** One group of four digits. `head`: nothing was said before it. */
function zhGroup(group: number, head: boolean): string[] {
  const said: string[] = [];
  let gap = !head && group < 1000;
  for (let power = 3; power >= 0; power -= 1) {
    const figure = Math.floor(group / 10 ** power) % 10;
    if (figure === 0) {
      gap ||= said.length > 0;
      continue;
    }
    if (gap) said.push('digit-0');
    gap = false;
    // 十二, not 一十二, where the number begins with it.
    const bareTen = power === 1 && figure === 1 && said.length === 0;
    if (!bareTen) said.push(figure === 2 && power === 3 ? 'liang' : digit(String(figure)));
    if (power > 0) said.push(zhUnits[power] as string);
  }
  return said;
}

function zhWhole(value: number): string[] {
  if (value === 0) return ['digit-0'];
  const said: string[] = [];
  for (let index = 2; index >= 0; index -= 1) {
    const group = Math.floor(value / 10_000 ** index) % 10_000;
    if (group === 0) continue;
    const head = said.length === 0;
    const words = group === 2 && index > 0 && head ? ['liang'] : zhGroup(group, head);
    said.push(...words);
    if (index > 0) said.push(zhGroups[index] as string);
  }
  return said;
}

/** 零元 · 两元 · 十二元五角 · 一元零五分 · 负三角 */
const zhMoney: Speaker = (text) => {
  const fenTotal = fenOf(text);
  if (fenTotal === null) return null;
  const [yuan, jiao, fen] = [Math.floor(fenTotal.fen / 100), Math.floor(fenTotal.fen / 10) % 10, fenTotal.fen % 10];
  const said: string[] = fenTotal.minus ? ['minus'] : [];
  if (yuan > 0 || fenTotal.fen === 0) said.push(...(yuan === 2 ? ['liang'] : zhWhole(yuan)), 'yuan');
  if (jiao > 0) said.push(digit(String(jiao)), 'jiao');
  if (fen > 0) {
    if (jiao === 0 && yuan > 0) said.push('digit-0');
    said.push(digit(String(fen)), 'fen');
  }
  return said;
};

const zhDate: Speaker = (text) => {
  const day = dayOf(text);
  if (day === null) return null;
  return [...[...day.year].map(digit), 'year', ...zhWhole(day.month), 'month', ...zhWhole(day.day), 'day'];
};

/** 幺三八 零零零零 幺零零幺 */
const zhPhone: Speaker = (text) => {
  const digits = phoneDigits(text);
  return digits === null ? null : [...digits].map((figure) => (figure === '1' ? 'yao' : digit(figure)));
};

// -- English

function enBelowThousand(value: number): string[] {
  const [hundreds, rest] = [Math.floor(value / 100), value % 100];
  const said = hundreds > 0 ? [digit(String(hundreds)), 'hundred'] : [];
  if (rest === 0) return said;
  if (hundreds > 0) said.push('and');
  if (rest < 10) return [...said, digit(String(rest))];
  if (rest < 20) return [...said, `number-${rest}`];
  said.push(`number-${rest - (rest % 10)}`);
  return rest % 10 === 0 ? said : [...said, digit(String(rest % 10))];
}

function enWhole(value: number): string[] {
  if (value === 0) return ['digit-0'];
  const said: string[] = [];
  for (const [size, name] of [
    [1_000_000_000, 'billion'],
    [1_000_000, 'million'],
    [1000, 'thousand'],
  ] as const) {
    const group = Math.floor(value / size) % 1000;
    if (group > 0) said.push(...enBelowThousand(group), name);
  }
  const rest = value % 1000;
  if (rest > 0 && rest < 100 && said.length > 0) said.push('and');
  return [...said, ...enBelowThousand(rest)];
}

const enMoney: Speaker = (text) => {
  const total = fenOf(text);
  if (total === null) return null;
  const [yuan, fen] = [Math.floor(total.fen / 100), total.fen % 100];
  const said: string[] = total.minus ? ['minus'] : [];
  if (yuan > 0 || fen === 0) said.push(...enWhole(yuan), 'yuan');
  if (fen > 0) said.push(...(yuan > 0 ? ['and'] : []), ...enWhole(fen), 'fen');
  return said;
};

/** May 17, 2026: month, ordinal day, year in pairs. */
const enDate: Speaker = (text) => {
  const day = dayOf(text);
  if (day === null) return null;
  return [`month-${day.month}`, `ordinal-${day.day}`, ...enYear(Number(day.year))];
};

function enYear(year: number): string[] {
  const [century, rest] = [Math.floor(year / 100), year % 100];
  if (year < 1000 || (year >= 2000 && year < 2010)) return enWhole(year);
  if (rest === 0) return [...enBelowThousand(century), 'hundred'];
  return [...enBelowThousand(century), ...(rest < 10 ? ['digit-0', digit(String(rest))] : enBelowThousand(rest))];
}

const enPhone: Speaker = (text) => {
  const digits = phoneDigits(text);
  return digits === null ? null : [...digits].map(digit);
};

// -- both

/** A whole number of fen. */
function fenOf(text: string): { minus: boolean; fen: number } | null {
  const match = /^(-?)([0-9]{1,14})$/.exec(text);
  if (match === null) return null;
  return { minus: match[1] === '-' && Number(match[2]) > 0, fen: Number(match[2]) };
}

function dayOf(text: string): { year: string; month: number; day: number } | null {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})/.exec(text);
  if (match === null) return null;
  const [month, day] = [Number(match[2]), Number(match[3])];
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 ? { year: match[1] ?? '', month, day } : null;
}

/** As people here say their numbers: without +86. */
function phoneDigits(text: string): string | null {
  const digits = text.replace(/^\+86/, '').replace(/[ +-]/g, '');
  return /^[0-9]+$/.test(digits) ? digits : null;
}

const speakers: Record<Language, Record<SpokenKind, Speaker>> = {
  zh: { number: (text) => readNumber(text, zhWhole), digits: readDigits, money: zhMoney, date: zhDate, phone: zhPhone },
  en: { number: (text) => readNumber(text, enWhole), digits: readDigits, money: enMoney, date: enDate, phone: enPhone },
};

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const allDigits = range(0, 9).map((figure) => `digit-${figure}`);
const zhNumberWords = [...allDigits, 'liang', 'ten', 'hundred', 'thousand', 'ten-thousand', 'hundred-million', 'minus'];
const enTeens = [...range(10, 19), ...range(2, 9).map((ten) => ten * 10)].map((value) => `number-${value}`);
const enNumberWords = [...allDigits, ...enTeens, 'hundred', 'thousand', 'million', 'billion', 'and', 'minus'];

/** Every fragment a kind may need: the compiler asks for all of them to be recorded. */
export const fragments: Record<Language, Record<SpokenKind, readonly string[]>> = {
  zh: {
    number: [...zhNumberWords, 'point'],
    digits: allDigits,
    money: [...zhNumberWords, 'yuan', 'jiao', 'fen'],
    date: [...allDigits, 'ten', 'year', 'month', 'day'],
    phone: [...allDigits.filter((name) => name !== 'digit-1'), 'yao'],
  },
  en: {
    number: [...enNumberWords, 'point'],
    digits: allDigits,
    money: [...enNumberWords, 'yuan', 'fen'],
    date: [
      ...allDigits,
      ...enTeens,
      'hundred',
      'thousand',
      'and',
      ...range(1, 12).map((month) => `month-${month}`),
      ...range(1, 31).map((day) => `ordinal-${day}`),
    ],
    phone: allDigits,
  },
};
