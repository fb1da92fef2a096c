/**
 * `npm run bench -- sip`: what a call, or a registered phone, costs `huawu sip`. The server runs as it is shipped, as a process of its own;
 * beside it a bare drachtio-srf application, and the callers or phones. Default: calls, 1,000 a second for `--seconds` (30) or for `--calls`.
 */
import { benchCalls } from './sip-calls.ts';
import { benchFuzz } from './sip-fuzz.ts';
import { benchParsers } from './sip-parse.ts';
import { benchRegistrations } from './sip-registrations.ts';

interface SipOptions {
  seconds?: number;
  /** Calls in all; goes before `seconds`. */
  calls?: number;
  /** Calls a second. */
  rate?: number;
  /** Phones to hold registered, instead of calls. */
  registrations?: number;
  /** Mutants to throw at it, instead of calls; `seed` makes the same ones again. */
  fuzz?: number;
  seed?: number;
  /** Mutants through the parsers as pure functions. */
  inputs?: number;
}

export async function run({ seconds, calls, rate = 1_000, registrations, fuzz, inputs, seed }: SipOptions): Promise<object> {
  if (inputs !== undefined) return benchParsers({ inputs, ...(seed === undefined ? {} : { seed }) });
  if (fuzz !== undefined) return await benchFuzz({ messages: fuzz, ...(seed === undefined ? {} : { seed }) });
  if (registrations !== undefined) return await benchRegistrations({ phones: registrations, seconds: seconds ?? 60 });
  return await benchCalls({ rate, calls: calls ?? rate * (seconds ?? 30) });
}
