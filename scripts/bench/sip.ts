/**
 * `npm run bench -- sip`: what a call, or a registered phone, costs `huawu sip`. The server runs as it is shipped, as a process of its own;
 * beside it a bare drachtio-srf application, and the callers or phones. Default: calls, 1,000 a second for `--seconds` (30) or for `--calls`.
 */
import { benchCalls } from './sip-calls.ts';
import { benchConnections } from './sip-connections.ts';
import { benchFlood } from './sip-flood.ts';
import { benchFuzz } from './sip-fuzz.ts';
import { benchOverload } from './sip-overload.ts';
import { benchParsers } from './sip-parse.ts';
import { benchRegistrations } from './sip-registrations.ts';

const HONEST_CALLS_PER_SECOND = 20;
const CONNECTIONS = 2_000;
/** Of each of its six periods. */
const CONNECTIONS_S = 10;
const OVERLOAD_S = 30;
const RATED_CALLS = 250;

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
  /** A stranger's INVITEs beside 20 honest calls a second, instead of calls alone: 1,000 a second, or as many as it says. */
  flood?: boolean | number;
  /** Connections over TLS and WebSocket, one that floods and then so many at once, beside 20 honest calls a second: 2,000 unless it says. */
  connections?: boolean | number;
  /** Twice the rated load, of so many calls a second; `told`: the server knows. */
  overload?: boolean | number;
  told?: boolean;
}

export async function run({
  seconds,
  calls,
  rate = 1_000,
  registrations,
  fuzz,
  inputs,
  seed,
  flood,
  connections,
  overload,
  told,
}: SipOptions): Promise<object> {
  if (inputs !== undefined) return benchParsers({ inputs, ...(seed === undefined ? {} : { seed }) });
  if (fuzz !== undefined) return await benchFuzz({ messages: fuzz, ...(seed === undefined ? {} : { seed }) });
  if (flood !== undefined)
    return await benchFlood({ seconds: seconds ?? 60, floodPerSecond: typeof flood === 'number' ? flood : 1_000, callsPerSecond: HONEST_CALLS_PER_SECOND });
  if (overload !== undefined)
    return await benchOverload({ rated: typeof overload === 'number' ? overload : RATED_CALLS, isTold: told === true, seconds: seconds ?? OVERLOAD_S });
  if (connections !== undefined)
    return await benchConnections({ connections: typeof connections === 'number' ? connections : CONNECTIONS, seconds: seconds ?? CONNECTIONS_S });
  if (registrations !== undefined) return await benchRegistrations({ phones: registrations, seconds: seconds ?? 60 });
  return await benchCalls({ rate, calls: calls ?? rate * (seconds ?? 30) });
}
