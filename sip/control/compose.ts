/** From an application's sketch to the message that is sent: what it may set, what is added, what is put in place of `localhost`. */
import { type Dialog, requestInside } from '../dialog/dialog.ts';
import { parseNameAddr } from '../message/address.ts';
import { ParseError } from '../message/fault.ts';
import { headerKey } from '../message/headers.ts';
import { asCharset, newRequest, type Request, type Response, reasonOf, responseTo, tagOf } from '../message/message.ts';
import { splitOutside } from '../message/scan.ts';
import { uriHost } from '../message/uri.ts';
import { parseCSeq } from '../message/values.ts';
import type { Hop } from '../transport/hop.ts';
import { headerOf, type Sketch } from './sketch.ts';

/** Refused with this text. */
export class Refusal extends Error {}

type Local = { address: string; port: number };

/** These are the stack's alone; what an application says of them is dropped. */
const STACKS_OWN: ReadonlySet<string> = new Set(['via', 'route', 'rseq', 'record-route', 'content-length']);
const IDENTITY: ReadonlySet<string> = new Set(['from', 'to', 'call-id', 'cseq']);
const HAS_LOCALHOST: ReadonlySet<string> = new Set(['from', 'to', 'contact', 'p-asserted-identity']);
/** Requests that open a dialog or refresh its target carry our Contact (inside a dialog the one it began with). */
const NEEDS_CONTACT: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'UPDATE', 'NOTIFY']);

/**
 * `<sip:host:port>`, with the transport when it is not UDP. RFC 3261 §8.1.1.8 and §12.1.1: sips where the Request-URI is, so that what comes
 * back to us is as secure.
 */
const defaultContact = (local: Local, hop: Hop, uri: string): string =>
  `<${/^sips:/i.test(uri) ? 'sips' : 'sip'}:${uriHost(local.address)}:${local.port}${transportParam(hop)}>`;
/** RFC 7118 §5.2: `ws` is the one value for WebSockets, secure or not. */
const transportParam = ({ protocol }: Hop): string => (protocol === 'udp' ? '' : `;transport=${protocol === 'wss' ? 'ws' : protocol}`);

export function viaOf(local: Local, hop: Hop, branch: string): string {
  // RFC 5923 §5: requests to us may come over the connection that we dial.
  const alias = hop.protocol === 'tls' ? ';alias' : '';
  return `SIP/2.0/${hop.protocol.toUpperCase()} ${uriHost(local.address)}:${local.port};rport${alias};branch=${branch}`;
}

/** `sip:a@b;tag=x` → `<sip:a@b>;tag=x`, so that parameters stay the header's. */
function bracketed(value: string): string {
  if (value.includes('<') || value === '*' || value.includes(',')) return value;
  const at = value.indexOf(';');
  return at < 0 ? `<${value}>` : `<${value.slice(0, at)}>${value.slice(at)}`;
}

const ourHost = (value: string, local: Local): string => value.replace(/@localhost(:\d+)?(?![\w.-])/gi, () => `@${uriHost(local.address)}:${local.port}`);

/** The value an application gave for a header that names us. */
function localised(key: string, value: string, local: Local, hop: Hop): string {
  if (!HAS_LOCALHOST.has(key)) return value;
  const named = ourHost(value, local);
  if (key !== 'contact') return key === 'p-asserted-identity' ? named : bracketed(named);
  const contact = bracketed(named);
  const saysTransport = /;transport=/i.test(contact);
  return named !== value && !saysTransport && hop.protocol !== 'udp' ? contact.replace('>', `${transportParam(hop)}>`) : contact;
}

export interface Fresh {
  branch: string;
  tag: string;
  callId: string;
  seq: number;
}

/** A request outside any dialog. Call-ID, CSeq and From tag of the application are kept: a digest retry needs them. Throws Refusal. */
export function requestOutside(sketch: Sketch, hop: Hop, local: Local, fresh: Fresh): Request {
  const { start } = sketch;
  if (start.kind !== 'request') throw new Refusal('invalid request');
  const { method, uri } = start;
  const contact = headerOf(sketch, 'contact');
  const ownContact = contact === undefined ? undefined : localised('contact', contact, local, hop);
  let from = headerOf(sketch, 'from');
  from =
    from === undefined
      ? (ownContact ?? defaultContact(local, hop, uri))
      : bracketed(from.replace(/([@:])localhost(:\d+)?(?![\w.-])/gi, (_all, mark: string) => `${mark}${uriHost(local.address)}:${local.port}`));
  checkAddress('from', from);
  const to = headerOf(sketch, 'to');
  const callId = headerOf(sketch, 'call-id') ?? fresh.callId;
  // Both make the dialog id, a token of lines that are cut at "|".
  if (/[|\s]/.test(`${callId}${tagOf(from) ?? ''}`)) throw new Refusal(`invalid Call-ID or From tag provided by client: ${callId}`);
  if (to !== undefined) checkAddress('to', to);
  const request = newRequest(method, uri, [
    ['Via', viaOf(local, hop, fresh.branch)],
    ['Max-Forwards', headerOf(sketch, 'max-forwards') ?? '70'],
    ['From', tagOf(from) === undefined ? `${from};tag=${fresh.tag}` : from],
    ['To', to === undefined ? `<${uri}>` : localised('to', to, local, hop)],
    ['Call-ID', callId],
    ['CSeq', `${seqOf(sketch) ?? fresh.seq} ${method}`],
  ]);
  if (ownContact === undefined && NEEDS_CONTACT.has(method)) request.headers.add('Contact', defaultContact(local, hop, uri));
  addHeaders(request, sketch, local, hop, (key) => IDENTITY.has(key) || key === 'max-forwards');
  addBody(request, sketch);
  return request;
}

function checkContacts({ kind }: Request | Response, value: string): void {
  for (const each of splitOutside(value, ','))
    if (each !== '*') {
      if (kind === 'request') checkAddress('contact', each);
      else parseNameAddr(each);
    }
}

/** An address that nobody could read is the application's fault, told to it and not to the peer. */
function checkAddress(name: 'from' | 'to' | 'contact', value: string): void {
  try {
    parseNameAddr(value);
  } catch (error) {
    throw error instanceof ParseError ? new Refusal(`invalid ${name} value provided by client: ${value}`) : error;
  }
}

/** A request inside a dialog. Throws Refusal. */
export function composeInside(dialog: Dialog, sketch: Sketch, seq: number, hop: Hop, local: Local, branch: string): Request {
  const { start } = sketch;
  if (start.kind !== 'request') throw new Refusal('invalid request');
  const ownTarget = start.method === 'ACK' || start.uri.includes('placeholder') || start.uri === '';
  const request = requestInside(dialog, start.method, seq, ownTarget ? undefined : start.uri);
  request.headers.prepend('Via', viaOf(local, hop, branch));
  const maxForwards = headerOf(sketch, 'max-forwards');
  if (maxForwards !== undefined) request.headers.set('Max-Forwards', maxForwards);
  addHeaders(request, sketch, local, hop, (key) => IDENTITY.has(key) || key === 'max-forwards');
  if (NEEDS_CONTACT.has(start.method) && !request.headers.has('contact'))
    request.headers.add('Contact', dialog.contact || defaultContact(local, hop, request.uri));
  addBody(request, sketch);
  return request;
}

/** Headers of an application's CANCEL: never identity. */
export const cancelHeaders = (sketch: Sketch): [string, string][] =>
  sketch.headers
    .filter(([name]) => {
      const key = headerKey(name);
      return !STACKS_OWN.has(key) && !IDENTITY.has(key) && !HAS_LOCALHOST.has(key) && key !== 'max-forwards';
    })
    .map(([name, value]): [string, string] => [name, value]);

/** Headers an application adds to a request that is passed on: nothing of who calls whom, nothing of the stack's. */
export const addedHeaders = (sketch: Sketch): [string, string][] =>
  sketch.headers
    .filter(([name]) => {
      const key = headerKey(name);
      return !STACKS_OWN.has(key) && !IDENTITY.has(key) && key !== 'contact' && key !== 'max-forwards';
    })
    .map(([name, value]): [string, string] => [name, value]);

/** The application's response to a request of a peer; `localTag` is used where the To has none. Throws Refusal. */
export function composeResponse(request: Request, sketch: Sketch, localTag: string, hop: Hop, local: Local, contact?: string): Response {
  const { start } = sketch;
  if (start.kind !== 'response') throw new Refusal('invalid response');
  const reason = start.reason === '' ? reasonOf(start.status) : start.reason;
  const response = responseTo(request, start.status, start.status === 100 ? undefined : localTag, asCharset(reason, request.charset));
  const opensDialog = request.method === 'INVITE' || request.method === 'SUBSCRIBE';
  if (opensDialog && start.status > 100 && start.status < 300) {
    // RFC 3261 §12.1.1: "When a UAS responds to a request with a response that establishes a dialog …, the UAS MUST copy all Record-Route
    // header field values from the request into the response … The UAS MUST add a Contact header field to the response."
    for (const route of request.headers.all('record-route')) response.headers.add('Record-Route', route);
    addContact(response, sketch, contact || defaultContact(local, hop, request.uri));
  }
  // RFC 3311 §5.2 and its table: the 2xx to an UPDATE has our Contact, too.
  if (request.method === 'UPDATE' && start.status >= 200 && start.status < 300)
    addContact(response, sketch, contact || defaultContact(local, hop, request.uri));
  addHeaders(response, sketch, local, hop, (key) => IDENTITY.has(key));
  addBody(response, sketch);
  return response;
}

function addContact(response: Response, sketch: Sketch, contact: string): void {
  if (headerOf(sketch, 'contact') === undefined) response.headers.add('Contact', contact);
}

/** The To tag that the application chose for its side, if any. */
export const chosenTag = (sketch: Sketch): string | undefined => {
  const to = headerOf(sketch, 'to');
  return to === undefined ? undefined : tagOf(to);
};

/** The number of an application's CSeq header. */
export function seqOf(sketch: Sketch): number | undefined {
  const value = headerOf(sketch, 'cseq');
  return value === undefined ? undefined : parseCSeq(value).number;
}

function addHeaders(message: Request | Response, sketch: Sketch, local: Local, hop: Hop, isOurs: (key: string) => boolean): void {
  for (const [name, value] of sketch.headers) {
    const key = headerKey(name);
    if (STACKS_OWN.has(key) || isOurs(key)) continue;
    const own = localised(key, value, local, hop);
    if (key === 'contact') checkContacts(message, own);
    message.headers.add(name, asCharset(own, message.charset));
  }
}

function addBody(message: Request | Response, sketch: Sketch): void {
  if (sketch.body === '') return;
  message.body = Buffer.from(sketch.body, 'utf8');
  if (message.headers.has('content-type')) return;
  if (sketch.body.startsWith('v=0')) message.headers.add('Content-Type', 'application/sdp');
  else if (message.kind === 'request') throw new Refusal('missing content-type');
}
