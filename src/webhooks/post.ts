/** One POST to the very address that was looked at, within a deadline; what comes back is its status alone. Nothing is followed. */
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Target } from './addresses.ts';

export const DEADLINE_MS = 10_000;

export function post(url: URL, { address, family }: Target, headers: Record<string, string>, body: string, deadlineMs = DEADLINE_MS): Promise<number> {
  const lookup: LookupFunction = (_host, { all }, answer) => (all === true ? answer(null, [{ address, family }]) : answer(null, address, family));
  const options: RequestOptions = {
    ...{ method: 'POST', agent: false, lookup, signal: AbortSignal.timeout(deadlineMs) },
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
  };
  return new Promise((resolve, reject) => {
    const asked = url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
    asked.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      // Nobody reads what it says.
      response.destroy();
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
