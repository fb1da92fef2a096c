/**
 * One journal line: eight hex digits of CRC-32 over the rest, a space, `{"seq":n,"at":ms,"event":{…}}`, a line feed.
 * Text, so that `tail -f` and `grep` work on a bad day. What is personal in the event (`personal.ts`) stands behind it, `"sealed":[[k,"…"]]`, each under key k of the
 * segment (`keys.ts`), bound to the line's number; in its place in the event stands `*k`.
 */
import { crc32 } from 'node:zlib';
import type { Recorded } from '../vocabulary.ts';

const CHECK_DIGITS = 8;

/** As it lies on disk. Absent `sealed`: nothing in it is personal, or it is of before that was sealed. */
export interface StoredEvent extends Recorded {
  sealed?: [k: number, base64: string][];
}

export function writeLine(recorded: StoredEvent): string {
  const body = JSON.stringify(recorded);
  return `${checkOf(body)} ${body}\n`;
}

/** null when the line is torn or was changed. */
export function readLine(line: string): StoredEvent | null {
  const body = line.slice(CHECK_DIGITS + 1);
  if (line[CHECK_DIGITS] !== ' ' || line.slice(0, CHECK_DIGITS) !== checkOf(body)) return null;
  return JSON.parse(body) as StoredEvent;
}

const NUMBER = '{"seq":';

/** What the line says its number is, for passing over it: whether the line is whole is not looked at. null = it does not begin like one. */
export function numberOf(line: string): number | null {
  const from = CHECK_DIGITS + 1;
  if (!line.startsWith(NUMBER, from)) return null;
  const seq = Number.parseInt(line.slice(from + NUMBER.length, from + NUMBER.length + 16), 10);
  return Number.isNaN(seq) ? null : seq;
}

export const checkOf = (text: string): string => checkDigits(crc32(text));
export const checkDigits = (check: number): string => check.toString(16).padStart(CHECK_DIGITS, '0');
