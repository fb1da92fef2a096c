/** Hand-written scanners: each looks at a character once, so that no input of a stranger takes more than linear time. */
import { ParseError } from './fault.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LESS = 0x3c;
const GREATER = 0x3e;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const SPACE = 0x20;

/** The index after the quoted string that begins at `at`; throws when it never ends. */
export function endOfQuoted(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i += 1;
    else if (code === QUOTE) return i + 1;
  }
  throw new ParseError('quoting', 'a quoted string never ends');
}

/** Cuts at `separator` outside quotes and angle brackets; parts are trimmed, empty ones dropped. */
export function splitOutside(text: string, separator: ',' | ';'): string[] {
  const whole = text.trim();
  if (!whole.includes(separator)) return whole === '' ? [] : [whole];
  const mark = separator.charCodeAt(0);
  const parts: string[] = [];
  let from = 0;
  let inside = false;
  for (let i = 0; i < whole.length; i += 1) {
    const code = whole.charCodeAt(i);
    if (code === QUOTE && !inside) i = endOfQuoted(whole, i) - 1;
    else if (code === LESS) inside = true;
    else if (code === GREATER) inside = false;
    else if (code === mark && !inside) {
      keep(whole.slice(from, i), parts);
      from = i + 1;
    }
  }
  keep(whole.slice(from), parts);
  return parts;
}

function keep(part: string, parts: string[]): void {
  const trimmed = part.trim();
  if (trimmed !== '') parts.push(trimmed);
}

/** The index of the first `;` outside quotes and angle brackets, or the length. */
export function paramsStart(text: string): number {
  let inside = false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE && !inside) i = endOfQuoted(text, i) - 1;
    else if (code === LESS) inside = true;
    else if (code === GREATER) inside = false;
    else if (code === 0x3b && !inside) return i;
  }
  return text.length;
}

/** Whether two separators of a list or of its parameters, outside quotes and angle brackets, have nothing between them, or one ends the text. */
export function hasEmptyPart(text: string): boolean {
  // Few values look like it at all.
  if (!/[,;]\s*(?:[,;]|$)/.test(text)) return false;
  let inside = false;
  let isOpen = false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (!inside && (code === COMMA || code === SEMICOLON)) {
      if (isOpen) return true;
      isOpen = true;
    } else if (code > SPACE) isOpen = false;
    if (code === QUOTE && !inside) i = endOfQuoted(text, i) - 1;
    else if (code === LESS) inside = true;
    else if (code === GREATER) inside = false;
  }
  return isOpen;
}

/** Parameters by lower-case name; undefined for one without "=". A Map, so that `__proto__` is a name like any other. */
export type Params = ReadonlyMap<string, string | undefined>;

const NO_PARAMS: Params = new Map();

/** `;a=b;c` → Map. A quoted value is given without its quotes. Of a repeated parameter the first counts. */
export function parseParams(text: string): Params {
  if (text === '') return NO_PARAMS;
  const params = new Map<string, string | undefined>();
  if (text.includes('"') || text.includes('<')) for (const part of splitOutside(text, ';')) addParam(part, params);
  else
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf(';', from);
      addParam(end < 0 ? text.slice(from) : text.slice(from, end), params);
      from = end < 0 ? text.length : end + 1;
    }
  return params;
}

function addParam(part: string, params: Map<string, string | undefined>): void {
  const at = part.indexOf('=');
  const name = (at < 0 ? part : part.slice(0, at)).trim().toLowerCase();
  if (name !== '' && !params.has(name)) params.set(name, at < 0 ? undefined : unquote(part.slice(at + 1).trim()));
}

/** `"a \"b\""` → `a "b"`; text without quotes stays as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== QUOTE || text.charCodeAt(text.length - 1) !== QUOTE) return text;
  const inner = text.slice(1, -1);
  return inner.includes('\\') ? inner.replace(/\\(.)/gs, '$1') : inner;
}

/** token of RFC 3261 §25.1. */
export const isToken = (text: string): boolean => /^[A-Za-z0-9\-.!%*_+`'~]+$/.test(text);
