import { isAscii } from 'node:buffer';
import { ParseError } from './fault.ts';
import { type Header, Headers, headerKey } from './headers.ts';
import type { Charset, Message, Request } from './message.ts';
import { isToken } from './scan.ts';

export const MOST_HEAD_BYTES = 64 * 1024;
export const MOST_MESSAGE_BYTES = 256 * 1024;
const MOST_HEADERS = 512;
const COLON = 0x3a;

/** A request that could be read in part: enough to answer it, when its Via, From, To, Call-ID and CSeq are there. */
export class MalformedRequest extends ParseError {
  readonly request: Request;
  constructor(fault: ParseError, request: Request) {
    super(fault.code, fault.message);
    this.request = request;
  }
}

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One whole message (a datagram, or what `StreamFramer` cut out of a stream). Header values are kept as they came; folded lines
 * become one line. Only CRLF ends a line: a bare CR or LF is refused, so that nothing can grow a header on its way.
 * Throws ParseError.
 */
export function parseMessage(input: Uint8Array | string): Message {
  const bytes = typeof input === 'string' ? Buffer.from(input, 'utf8') : Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (bytes.length > MOST_MESSAGE_BYTES) throw new ParseError('tooLong', `a message may have ${MOST_MESSAGE_BYTES} bytes`);
  const start = skipBlankLines(bytes);
  if (start >= bytes.length) throw new ParseError('empty', 'nothing but blank lines');
  const end = bytes.indexOf(HEAD_END, start);
  if (end < 0) throw new ParseError('header', 'the head never ends (no empty line)');
  if (end - start > MOST_HEAD_BYTES) throw new ParseError('headTooLong', `a head may have ${MOST_HEAD_BYTES} bytes`);
  const { text, charset, isPlain } = decode(bytes.subarray(start, end));
  const lineEnd = text.indexOf('\r\n');
  const line = lineEnd < 0 ? text : text.slice(0, lineEnd);
  const message = parseStartLine(line, charset);
  try {
    const viaAt = lineEnd < 0 ? undefined : parseHeaderLines(text, lineEnd + 2, message.headers);
    message.body = cutBody(message.headers, bytes.subarray(end + HEAD_END.length));
    if (isPlain && isAsSent(line) && viaAt !== undefined && message.headers.count('content-length') === 1)
      noteOrigin(message, bytes.subarray(start, end + HEAD_END.length + message.body.length), viaAt);
  } catch (error) {
    throw error instanceof ParseError && message.kind === 'request' ? new MalformedRequest(error, message) : error;
  }
  return message;
}

/** RFC 3261 §7.1: the version may come in any case, but is sent in upper case: drachtio-srf understands no other. */
const isAsSent = (line: string): boolean => line.endsWith(' SIP/2.0') || line.startsWith('SIP/2.0 ');

function noteOrigin(message: Message, bytes: Buffer, viaAt: number): void {
  const { headers, body } = message;
  headers.cameAs({ bytes, body, viaAt, start: message.kind === 'request' ? [message.method, message.uri] : [message.status, message.reason] });
}

/** RFC 3261 §7.5: "Implementations processing SIP messages over stream-oriented transports MUST ignore any CRLF appearing before the start-line." */
function skipBlankLines(bytes: Buffer): number {
  let at = 0;
  while (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) at += 2;
  return at;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `isPlain`: one character is one byte, in whatever charset. */
function decode(head: Buffer): { text: string; charset: Charset; isPlain: boolean } {
  const text = head.toString('latin1');
  if (isAscii(head)) return { text, charset: 'utf8', isPlain: true };
  try {
    return { text: strictUtf8.decode(head), charset: 'utf8', isPlain: false };
  } catch {
    return { text, charset: 'latin1', isPlain: false };
  }
}

function parseStartLine(line: string, charset: Charset): Message {
  const rest = { headers: new Headers(), body: Buffer.alloc(0), charset };
  if (/[\r\n]/.test(line)) throw new ParseError('startLine', 'a bare CR or LF in the start line');
  const response = /^(SIP\/\d+\.\d+) (\d{3})(?: (.*))?$/i.exec(line);
  if (response !== null) {
    const status = Number(response[2]);
    if (status < 100 || status > 699) throw new ParseError('startLine', 'a status is 100 to 699');
    return { kind: 'response', version: (response[1] ?? '').toUpperCase(), status, reason: response[3] ?? '', ...rest };
  }
  const first = line.indexOf(' ');
  const last = line.trimEnd().lastIndexOf(' ');
  const version = line.slice(last + 1);
  if (first <= 0 || last <= first || !/^SIP\/\d+\.\d+ *$/i.test(version)) throw new ParseError('notSip', 'not a SIP start line');
  const method = line.slice(0, first);
  if (!/^[A-Za-z0-9\-.!%*_+`'~]+$/.test(method)) throw new ParseError('startLine', 'a method is a token');
  return { kind: 'request', method, uri: line.slice(first + 1, last), version: version.trimEnd().toUpperCase(), ...rest };
}

/** Where the value of the first Via begins; undefined when there is none, or when a line is written in a way that is not sent on as it is. */
function parseHeaderLines(text: string, from: number, headers: Headers): number | undefined {
  let at = from;
  let viaAt: number | undefined;
  let isTidy = true;
  while (at < text.length) {
    const end = endOfHeader(text, at);
    if (headers.size >= MOST_HEADERS) throw new ParseError('tooManyHeaders', `a message may have ${MOST_HEADERS} headers`);
    const header = parseHeaderLine(text.slice(at, end));
    headers.append(header);
    const valueAt = at + header.name.length + 2;
    // Lines as we write them ourselves; folded ones and those with more or less white space are written anew.
    if (text.charCodeAt(valueAt - 2) !== COLON || end - valueAt !== header.value.length) isTidy = false;
    if (header.key === 'via') viaAt ??= valueAt;
    at = end + 2;
  }
  return isTidy ? viaAt : undefined;
}

/** RFC 3261 §7.3.1: "Header fields can be extended over multiple lines by preceding each extra line with at least one SP or horizontal tab". */
function endOfHeader(text: string, from: number): number {
  let end = text.indexOf('\r\n', from);
  while (end >= 0 && (text.charCodeAt(end + 2) === 0x20 || text.charCodeAt(end + 2) === 0x09)) end = text.indexOf('\r\n', end + 2);
  return end < 0 ? text.length : end;
}

function parseHeaderLine(line: string): Header {
  const colon = line.indexOf(':');
  if (colon <= 0) throw new ParseError('header', 'a header line has no colon');
  const name = line.slice(0, colon).trimEnd();
  if (!isToken(name)) throw new ParseError('header', 'a header name is a token');
  return { key: headerKey(name), name, value: unfold(line.slice(colon + 1)) };
}

function unfold(value: string): string {
  // §7.3.1: "The line break and the whitespace at the beginning of the next line are treated as a single SP character."
  const flat = value.includes('\r\n')
    ? value
        .split('\r\n')
        .map((part) => part.trim())
        .join(' ')
    : value;
  if (flat.includes('\r') || flat.includes('\n')) throw new ParseError('header', 'a bare CR or LF in a header');
  return flat.trim();
}

function cutBody(headers: Headers, rest: Buffer): Buffer {
  const lengths = headers.all('content-length');
  if (lengths.length === 0) return rest;
  const length = contentLength(lengths);
  // RFC 3261 §18.3: "If there are additional bytes in the transport packet beyond the end of the body, they MUST be discarded.
  // If the transport packet ends before the end of the message body, this is considered an error."
  if (length > rest.length) throw new ParseError('contentLength', 'the body is shorter than Content-Length says');
  return rest.subarray(0, length);
}

/** The one length that all Content-Length headers agree on. */
export function contentLength(values: readonly string[]): number {
  for (const value of values) if (!/^\d{1,9}$/.test(value)) throw new ParseError('contentLength', 'Content-Length is not a number');
  if (new Set(values.map(Number)).size !== 1) throw new ParseError('contentLength', 'Content-Length twice and different');
  const length = Number(values[0]);
  if (length > MOST_MESSAGE_BYTES) throw new ParseError('tooLong', `a message may have ${MOST_MESSAGE_BYTES} bytes`);
  return length;
}
