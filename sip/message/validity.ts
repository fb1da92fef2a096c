import { parseNameAddr } from './address.ts';
import { ParseError } from './fault.ts';
import type { Headers } from './headers.ts';
import type { Request, Response } from './message.ts';
import { hasEmptyPart, splitOutside } from './scan.ts';
import { parseUri } from './uri.ts';
import { numberOf, parseCSeq } from './values.ts';
import { topVia } from './via.ts';

/** RFC 3261 §8.1.1 and §7.3.1: these are there, and once. */
const ONCE = ['to', 'from', 'call-id', 'cseq'] as const;
/** The longest address in use, with every token a proxy hangs on it, is a tenth of this. */
const MOST_URI_CHARACTERS = 4_096;
const ONCE_IF_THERE = ['max-forwards', 'content-length', 'content-type'] as const;

/** Why a request cannot be processed, as the status and phrase of the refusal; undefined when it can. */
export function faultOf(request: Request): { status: number; reason: string } | undefined {
  // RFC 3261 §21.5.6: "The server does not support … the SIP protocol version that was used in the request."
  if (request.version.trim().toUpperCase() !== 'SIP/2.0') return { status: 505, reason: 'Version Not Supported' };
  if (request.uri.length > MOST_URI_CHARACTERS) return { status: 414, reason: 'Request-URI Too Long' };
  try {
    checkHeaders(request.headers, request.method);
    checkContacts(request);
    const uri = parseUri(request.uri);
    // §19.1.1: headers in a URI make a request of it when it is dialled; in a Request-URI they have no place.
    if (uri.headers !== undefined) return { status: 400, reason: 'Bad Request-URI' };
    // §8.2.2.1: "If the Request-URI uses a scheme not supported by the UAS, it SHOULD reject the request with a 416".
    if (!SCHEMES.has(uri.scheme)) return { status: 416, reason: 'Unsupported URI Scheme' };
  } catch (error) {
    if (error instanceof ParseError) return { status: 400, reason: PHRASES[error.code] ?? 'Bad Request' };
    throw error;
  }
  return undefined;
}

const SCHEMES: ReadonlySet<string> = new Set(['sip', 'sips', 'tel', 'urn']);

const PHRASES: Partial<Record<ParseError['code'], string>> = {
  via: 'Bad Via Header',
  cseq: 'Bad CSeq Header',
  address: 'Bad Address Header',
  uri: 'Bad Request-URI',
  missing: 'Missing Required Header',
  repeated: 'Repeated Header',
  contentLength: 'Bad Content-Length Header',
  callId: 'Bad Call-ID Header',
  maxForwards: 'Bad Max-Forwards Header',
};

/** Whether a response can be matched at all; a response is never answered, so the why is not asked. */
export function isUsable(response: Response): boolean {
  try {
    checkHeaders(response.headers, undefined);
    return response.version.toUpperCase() === 'SIP/2.0';
  } catch (error) {
    if (error instanceof ParseError) return false;
    throw error;
  }
}

/** §8.1.1.8, §10.2.1: what a registrar binds and what a dialog's requests are sent to must be addresses. */
const NEEDS_CONTACTS: ReadonlySet<string> = new Set(['REGISTER', 'SUBSCRIBE', 'INVITE']);

function checkContacts({ method, headers }: Request): void {
  if (!NEEDS_CONTACTS.has(method)) return;
  for (const value of headers.all('contact')) if (hasEmptyPart(value)) throw new ParseError('address', 'nothing between two separators of a Contact');
  const contacts = headers.list('contact');
  for (const contact of contacts) if (contact !== '*') parseUri(parseNameAddr(contact).uri);
  // §10.3 step 6: "if the request has additional Contact fields or an expiration time other than zero, the request is invalid".
  if (method === 'REGISTER' && contacts.includes('*') && (contacts.length > 1 || numberOf(headers, 'expires') !== 0))
    throw new ParseError('address', 'a Contact * stands alone, with Expires: 0');
}

/** Comma lists that are looked into: they must at least come apart, which only a quote without its end can keep them from. */
const LISTS: ReadonlySet<string> = new Set(['via', 'route', 'record-route', 'contact', 'require']);

function checkHeaders(headers: Headers, method: string | undefined): void {
  topVia(headers);
  for (const name of ONCE) {
    if ((headers.get(name) ?? '') === '') throw new ParseError('missing', `no ${name}`);
    if (headers.count(name) > 1) throw new ParseError('repeated', `${name} twice`);
  }
  for (const name of ONCE_IF_THERE) if (headers.count(name) > 1) throw new ParseError('repeated', `${name} twice`);
  for (const { key, value } of headers) {
    if (LISTS.has(key) && value.includes('"')) splitOutside(value, ',');
    if (key === 'via' && hasEmptyPart(value)) throw new ParseError('via', 'nothing between two separators of a Via');
  }
  checkMaxForwards(headers.get('max-forwards'));
  parseNameAddr(headers.get('to') ?? '');
  parseNameAddr(headers.get('from') ?? '');
  // The dialog id of the control protocol embeds the Call-ID in a line cut at "|".
  if (/[|\s]/.test(headers.get('call-id') ?? '')) throw new ParseError('callId', 'white space or "|" in a Call-ID');
  const cseq = parseCSeq(headers.get('cseq') ?? '');
  // §8.1.1.5: "The method MUST match that of the request."
  if (method !== undefined && cseq.method !== method) throw new ParseError('cseq', 'the method of the CSeq is another');
}

/** §20.22: an integer in the range 0 to 255. */
function checkMaxForwards(value: string | undefined): void {
  if (value !== undefined && !(/^0*\d{1,3}$/.test(value) && Number(value) <= 255)) throw new ParseError('maxForwards', 'Max-Forwards is 0 to 255');
}
