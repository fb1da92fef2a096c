import { responseTo } from '../message/message.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Hop } from '../transport/hop.ts';
import type { Stack } from './stack.ts';

/** A BYE ends the call whatever an application says; a PRACK that matches is answered 2xx (RFC 3262 §3). */
export const MUST_BE_2XX: ReadonlySet<string> = new Set(['BYE', 'PRACK']);

/** Answers a request that no application is given. */
export function reject(stack: Stack, transaction: ServerTransaction, status: number, headers: [string, string][] = [], reason?: string): void {
  const response = responseTo(transaction.request, status, stack.names.tag(), reason);
  for (const [name, value] of headers) response.headers.add(name, value);
  transaction.respond(response);
}

/** How a message of the network came. */
export const networkTrip = (stack: Stack, bytes: Buffer, from: Hop) => ({ source: 'network', bytes: bytes.length, at: from, time: stack.clock.now() }) as const;
