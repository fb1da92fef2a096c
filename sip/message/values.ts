import { ParseError } from './fault.ts';
import type { Headers } from './headers.ts';
import { recently } from './recent.ts';

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** `4711 INVITE`. RFC 3261 §8.1.1.5: "The sequence number value MUST be expressible as a 32-bit unsigned integer and MUST be less than 2**31." */
export const parseCSeq: (text: string) => CSeq = recently((text) => {
  const found = /^(\d{1,10})\s+(\S+)$/.exec(text.trim());
  const number = Number(found?.[1]);
  if (found === null || number >= 2 ** 31) throw new ParseError('cseq', 'CSeq is a number below 2^31 and a method');
  return { number, method: found[2] ?? '' };
});

/** A header that is one plain number (Max-Forwards, Expires); undefined when absent or not a number. */
export function numberOf(headers: Headers, name: string): number | undefined {
  const value = headers.get(name);
  return value !== undefined && /^\d{1,10}$/.test(value) ? Number(value) : undefined;
}
