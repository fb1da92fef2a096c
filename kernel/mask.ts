/** What is left of people's numbers, names and words where who looks need not see them. Pure. */

/**
 * What a field holds of people who call or are called: a `number` · a `name` · a `text` somebody wrote of them · `data`, names of ours with values of theirs · a
 * `message` of SIP · `json`, anything.
 */
export const personalKinds = ['number', 'name', 'text', 'data', 'message', 'json'] as const;
export type PersonalKind = (typeof personalKinds)[number];
/** The mark of such a field, as `.meta(…)` of its schema; documents of the schemas have it too. */
export const PERSONAL = 'x-personal';
export const personal = (kind: PersonalKind): { [PERSONAL]: PersonalKind } => ({ [PERSONAL]: kind });

/** Of a text that is withheld whole; how long it was is not told either. */
const WITHHELD = '****';

/** `138****0001`. Short numbers (extensions, 10086) and names stay whole. */
export function maskNumber(number: string): string {
  const digits = number.startsWith('+86') ? number.slice(3) : number.replace(/^\+/, '');
  if (!/^[0-9]{7,}$/.test(digits)) return number;
  return `${digits.slice(0, 3)}****${digits.slice(-4)}`;
}

/** 张伟 → 张**, Zhang Wei → Z**. */
export function maskName(name: string): string {
  const [first] = name.trim();
  return first === undefined ? '' : `${first}**`;
}

export const withheld = (text: string): string => (text === '' ? '' : WITHHELD);

/** Seven digits and more that are no part of a word, of a number with a point or of a time; the last may be the X of an identity card. */
const IN_TEXT = /(?<![\w.])\+?\d{6,18}[\dXx](?!\w|\.\d)/g;

/** `keep`: those that are nobody's. */
export const maskNumbersIn = (text: string, keep: (number: string) => boolean = () => false): string =>
  text.replace(IN_TEXT, (number) => (keep(number) ? number : maskAny(number)));

/** Also of what ends with an X. */
function maskAny(number: string): string {
  const digits = number.replace(/^\+(?:86)?/, '');
  return digits.length < 7 ? number : `${digits.slice(0, 3)}****${digits.slice(-4)}`;
}

/**
 * In a line of a log: 11 to 19 digits, no part of a word or of a number with a point, as phones, identity cards (whose last may be X) and bank cards have. Not a
 * number of JSON, which stands behind `":`, `[` or a comma.
 */
const IN_LINE = /(?<!\w|[[,]|\d[.-]|":)(\d{3})\d{4,12}(\d{3}[\dXx])(?!\w|[.-]\d)/g;

/** A line as it may be written. */
export const maskLine = (line: string): string => line.replace(IN_LINE, '$1****$2');
