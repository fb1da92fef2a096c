import type { Headers } from '../message/headers.ts';
import type { Request, Response } from '../message/message.ts';
import { numberOf } from '../message/values.ts';

/** RFC 4028 §4: no session interval is shorter, and it is what we ask for as the least. */
export const MIN_SE_S = 90;
/** A session ends so long before its interval does, or a third of it where that is less (RFC 4028 §10). */
const EARLY_S = 32;

/** How often a session must be refreshed, and by whom, as seen from our side. */
export interface SessionInterval {
  readonly seconds: number;
  readonly weRefresh: boolean;
}

/** A Session-Expires value; the roles are those of the transaction that it stands in. */
interface Expires {
  seconds: number;
  refresher: 'uac' | 'uas' | undefined;
}

export const hasExtension = (headers: Headers, name: 'require' | 'supported', tag: string): boolean =>
  headers.list(name).some((each) => each.trim().toLowerCase() === tag);

function readExpires(value: string | undefined): Expires | undefined {
  const found = /^\s*(\d{1,9})\s*(?:;|$)/.exec(value ?? '');
  if (found === null) return undefined;
  const refresher = /;\s*refresher\s*=\s*"?(uac|uas)"?/i.exec(value ?? '')?.[1]?.toLowerCase();
  return { seconds: Number(found[1]), refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}
const expiresOf = ({ headers }: Request | Response): Expires | undefined => readExpires(headers.get('session-expires'));

const writeExpires = ({ seconds }: { seconds: number }, refresher: 'uac' | 'uas'): string => `${seconds};refresher=${refresher}`;

/** A request that asks for a shorter session than we keep: refused with 422 and our least. */
export const isTooBrief = (request: Request): boolean => (expiresOf(request)?.seconds ?? MIN_SE_S) < MIN_SE_S;

/**
 * RFC 4028 §9, what our 2xx says of the session: an application's own wish, else the caller's, else what was agreed before and is ours to keep.
 * The interval is not above what the caller asks and not below its least; a caller that knows nothing of session timers is not made to refresh.
 */
export function agreeAsCallee(request: Request, wish: string | undefined, before: SessionInterval | undefined): Expires | undefined {
  const asked = expiresOf(request);
  const wished = readExpires(wish);
  const knows = hasExtension(request.headers, 'supported', 'timer') || hasExtension(request.headers, 'require', 'timer');
  if (wished === undefined && asked === undefined) return before?.weRefresh === true ? { seconds: before.seconds, refresher: 'uas' } : undefined;
  const least = Math.max(MIN_SE_S, numberOf(request.headers, 'min-se') ?? 0);
  const most = Math.max(least, asked?.seconds ?? Number.POSITIVE_INFINITY);
  const seconds = Math.min(most, Math.max(least, wished?.seconds ?? asked?.seconds ?? least));
  return { seconds, refresher: knows ? (asked?.refresher ?? wished?.refresher ?? 'uac') : 'uas' };
}

/** Writes it into our 2xx. §9: where the caller is to refresh, it "MUST" be told with `Require: timer`. */
export function writeAgreed(response: Response, agreed: Expires): void {
  const refresher = agreed.refresher ?? 'uac';
  response.headers.set('Session-Expires', writeExpires(agreed, refresher));
  if (refresher === 'uac' && !hasExtension(response.headers, 'require', 'timer')) response.headers.add('Require', 'timer');
}

/** What a 2xx of ours has agreed. */
export function agreedInOurs(response: Response): SessionInterval | undefined {
  const found = expiresOf(response);
  return found === undefined ? undefined : { seconds: found.seconds, weRefresh: found.refresher === 'uas' };
}

/**
 * What a peer's 2xx to a request of ours has agreed (§7.2): without a word about the refresher it is us. Without a word at all there is no
 * session timer; one that we keep up ourselves goes on.
 */
export function agreedInTheirs(response: Response, before: SessionInterval | undefined): SessionInterval | undefined {
  const found = expiresOf(response);
  if (found === undefined) return before?.weRefresh === true ? before : undefined;
  return { seconds: Math.max(EARLY_S, found.seconds), weRefresh: found.refresher !== 'uas' };
}

/** The headers of a request of ours that refreshes the session (§7.4: with the refresher as it is). */
export const refreshHeaders = ({ seconds, weRefresh }: SessionInterval): [string, string][] => [
  ['Supported', 'timer'],
  ['Session-Expires', writeExpires({ seconds }, weRefresh ? 'uac' : 'uas')],
  ['Min-SE', String(Math.min(seconds, MIN_SE_S))],
];

/** A refusal 422 says what the peer's least is. */
export const leastOf = (response: Response): number => numberOf(response.headers, 'min-se') ?? MIN_SE_S;

/** §10: refreshed at half the interval by us; given up shortly before its end when it is the peer's to refresh. */
export const refreshAfterMs = ({ seconds }: SessionInterval): number => seconds * 500;
export const giveUpAfterMs = ({ seconds }: SessionInterval): number => (seconds - Math.min(EARLY_S, seconds / 3)) * 1_000;
