import { ParseError } from './fault.ts';
import type { Headers } from './headers.ts';
import { recently } from './recent.ts';
import { type Params, paramsStart, parseParams, splitOutside } from './scan.ts';
import { bareHost, parseHostPort } from './uri.ts';

/** One Via value: `SIP/2.0/UDP host:port;branch=…`. */
export interface Via {
  /** Upper case: UDP, TCP, TLS, WS, WSS … */
  readonly transport: string;
  /** Lower case; IPv6 in brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
}

/** RFC 3261 §8.1.1.7: "The branch ID inserted by an element compliant with this specification MUST always begin with the characters "z9hG4bK"". */
export const BRANCH_COOKIE = 'z9hG4bK';

/** As nearly everybody writes it. What does not look like this is read with care. */
const PLAIN = /^SIP\/2\.0\/([A-Z]{2,5}) ([A-Za-z0-9.-]+)(?::(\d{1,5}))?(?:;(.*))?$/;
const MOST_PORT = 65_535;

/** Throws ParseError `via`. White space may stand around the slashes (RFC 3261 §25.1, sent-protocol). */
export const parseVia: (text: string) => Via = recently((text) => {
  const plain = PLAIN.exec(text);
  if (plain !== null && Number(plain[3] ?? 0) <= MOST_PORT) {
    const port = plain[3] === undefined ? undefined : Number(plain[3]);
    return { transport: plain[1] ?? '', host: (plain[2] ?? '').toLowerCase(), port, params: parseParams(plain[4] ?? '') };
  }
  const end = paramsStart(text);
  const found = /^\s*SIP\s*\/\s*2\.0\s*\/\s*([^\s/;]+)\s+(\S.*)$/i.exec(text.slice(0, end));
  if (found === null) throw new ParseError('via', 'a Via is SIP/2.0/TRANSPORT sent-by');
  try {
    return { transport: (found[1] ?? '').toUpperCase(), ...parseHostPort((found[2] ?? '').trim()), params: parseParams(text.slice(end + 1)) };
  } catch {
    throw new ParseError('via', 'a Via needs a host');
  }
});

/** The topmost Via value, or ParseError `missing`. */
export function topVia(headers: Headers): Via {
  const first = firstOf(headers.get('via') ?? '');
  if (first === undefined) throw new ParseError('missing', 'no Via');
  return parseVia(first);
}

const firstOf = (list: string): string | undefined => (list.includes(',') ? splitOutside(list, ',')[0] : list.trim() || undefined);

/**
 * Notes in the topmost Via where the request came from; all else of it stays as written.
 * RFC 3261 §18.2.1: "If the host portion of the "sent-by" parameter contains a domain name, or if it contains an IP address that differs
 * from the packet source address, the server MUST add a "received" parameter". RFC 3581 §4: an empty rport is given
 * the source port of the request.
 */
export function noteSource(headers: Headers, address: string, port: number): void {
  const raw = headers.get('via') ?? '';
  const first = firstOf(raw);
  if (first === undefined) return;
  const via = parseVia(first);
  const wantsPort = via.params.has('rport');
  const differs = bareHost(via.host) !== address.toLowerCase();
  if (!wantsPort && !differs) return;
  let noted = first;
  if (wantsPort) noted = noted.replace(/;\s*rport\s*(=[^;]*)?(?=;|$)/i, `;rport=${port}`);
  // RFC 3581 §4: with rport, "received" is written even when it equals the sent-by.
  if (via.params.has('received')) noted = noted.replace(/;\s*received\s*=[^;]*(?=;|$)/i, '');
  noted = `${noted};received=${address}`;
  headers.replaceFirst('via', raw === first ? noted : raw.replace(first, () => noted));
}
