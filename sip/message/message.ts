import { ParseError } from './fault.ts';
import { Headers } from './headers.ts';
import { recently } from './recent.ts';
import { paramsStart, parseParams } from './scan.ts';

/** `latin1` when the head is not valid UTF-8: each character is then one byte, so that it is echoed as it came. */
export type Charset = 'utf8' | 'latin1';

interface Parts {
  /** `SIP/2.0` */
  version: string;
  headers: Headers;
  body: Buffer;
  charset: Charset;
}
export interface Request extends Parts {
  readonly kind: 'request';
  /** Case-sensitive (RFC 3261 §7.1). */
  method: string;
  /** The Request-URI as written. */
  uri: string;
}
export interface Response extends Parts {
  readonly kind: 'response';
  status: number;
  reason: string;
}
export type Message = Request | Response;

const SIP_VERSION = 'SIP/2.0';
const NO_BODY = Buffer.alloc(0);

const asHeaders = (rows: Iterable<readonly [string, string]>): Headers => {
  const headers = new Headers();
  for (const [name, value] of rows) headers.add(name, value);
  return headers;
};

/** A request from its parts; Content-Length is written by `writeMessage`. */
export function newRequest(method: string, uri: string, headers: Iterable<readonly [string, string]>, body: Buffer | string = NO_BODY): Request {
  return { kind: 'request', method, uri, version: SIP_VERSION, headers: asHeaders(headers), body: asBody(body), charset: 'utf8' };
}

const asBody = (body: Buffer | string): Buffer => (typeof body === 'string' ? Buffer.from(body, 'utf8') : body);

/**
 * RFC 3261 §8.2.6.2: "The From field of the response MUST equal the From header field of the request. The Call-ID … The CSeq …
 * The Via header field values in the response MUST equal … and MUST maintain the same ordering."
 * `toTag` is put on the To when it has none yet.
 */
export function responseTo(request: Request, status: number, toTag?: string, reason: string = reasonOf(status), body: Buffer | string = NO_BODY): Response {
  const headers = new Headers();
  for (const row of request.headers) {
    if (row.key === 'via') headers.add('Via', row.value);
  }
  // What a malformed request lacks, its refusal lacks too.
  for (const name of ['From', 'To', 'Call-ID', 'CSeq']) {
    const value = request.headers.get(name);
    if (value !== undefined) headers.add(name, name === 'To' ? tagged(value, toTag) : value);
  }
  return { kind: 'response', status, reason, version: SIP_VERSION, headers, body: asBody(body), charset: request.charset };
}

/** A To that cannot be read (its request is refused for that) is echoed as it is: what is hung on it would be part of its unfinished quote. */
function tagged(to: string, tag: string | undefined): string {
  if (tag === undefined) return to;
  try {
    return tagOf(to) === undefined ? `${to};tag=${tag}` : to;
  } catch (error) {
    if (error instanceof ParseError) return to;
    throw error;
  }
}

/** The tag parameter of a From or To value. A `tag` inside the angle brackets, the display name or a quoted parameter is none. */
export const tagOf: (value: string) => string | undefined = recently((value) => {
  const start = paramsStart(value);
  return start >= value.length ? undefined : parseParams(value.slice(start + 1)).get('tag');
});

/** Text as the bytes of its UTF-8, one character a byte: what a `latin1` message can carry. */
export const asCharset = (text: string, charset: Charset): string => (charset === 'utf8' ? text : Buffer.from(text, 'utf8').toString('latin1'));

const REASONS: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  181: 'Call Is Being Forwarded',
  182: 'Queued',
  183: 'Session Progress',
  199: 'Early Dialog Terminated',
  200: 'OK',
  202: 'Accepted',
  204: 'No Notification',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Moved Temporarily',
  305: 'Use Proxy',
  380: 'Alternative Service',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  410: 'Gone',
  412: 'Conditional Request Failed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  421: 'Extension Required',
  422: 'Session Interval Too Small',
  423: 'Interval Too Brief',
  428: 'Use Identity Header',
  430: 'Flow Failed',
  433: 'Anonymity Disallowed',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  484: 'Address Incomplete',
  485: 'Ambiguous',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  489: 'Bad Event',
  491: 'Request Pending',
  493: 'Undecipherable',
  494: 'Security Agreement Required',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  505: 'Version Not Supported',
  513: 'Message Too Large',
  580: 'Precondition Failure',
  600: 'Busy Everywhere',
  603: 'Decline',
  604: 'Does Not Exist Anywhere',
  606: 'Not Acceptable',
  607: 'Unwanted',
  608: 'Rejected',
};

/** The standard reason phrase, or that of the class (`x00`). */
export const reasonOf = (status: number): string => REASONS[status] ?? REASONS[Math.floor(status / 100) * 100] ?? 'Unknown';
