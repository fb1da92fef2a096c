import { parseNameAddr } from '../message/address.ts';
import { newRequest, type Request, type Response, tagOf } from '../message/message.ts';
import { parseUri } from '../message/uri.ts';
import { parseCSeq } from '../message/values.ts';
import type { Hop } from '../transport/hop.ts';

/**
 * early ─2xx→ confirmed ─BYE of either side→ ending → gone
 *
 * early: a provisional response with a To tag. confirmed: answered. ending: our BYE is out; the peer's requests find nothing any more.
 */
export type DialogState = 'early' | 'confirmed' | 'ending';

/** What RFC 3261 §12 keeps of a dialog, from our side. */
export interface Dialog {
  /** `<Call-ID>;from-tag=<tag of the first request's sender>`: what applications call it. */
  readonly id: string;
  readonly role: 'uac' | 'uas';
  /** The method of the first request. */
  readonly method: string;
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** The From of our requests, whole. */
  readonly local: string;
  /** The To of our requests, whole. */
  readonly remote: string;
  readonly routes: readonly string[];
  readonly charset: Request['charset'];
  /** Our Contact, whole. */
  contact: string;
  /** The remote target: a URI. */
  target: string;
  localSeq: number;
  remoteSeq: number | undefined;
  state: DialogState;
  /** Requests go here whatever the target says (a peer behind NAT, or on its own connection). */
  via: Hop | undefined;
}

export const dialogId = (callId: string, fromTag: string): string => `${callId};from-tag=${fromTag}`;
/** How a request of the peer finds its dialog. */
export const dialogKey = (callId: string, localTag: string, remoteTag: string): string => `${callId}|${localTag}|${remoteTag}`;

/** The URI of the first Contact, or undefined when there is none that can be read. */
export function contactUri(message: Request | Response): string | undefined {
  try {
    const first = message.headers.list('contact')[0];
    if (first === undefined || first === '*') return undefined;
    const { uri } = parseNameAddr(first);
    parseUri(uri);
    return uri;
  } catch {
    return undefined;
  }
}

/** The host of a URI; empty when it cannot be read. */
export function hostOf(uri: string): string {
  try {
    return parseUri(uri).host;
  } catch {
    return '';
  }
}

/** Record-Route values that can be followed; others are left out here, once, so that no later request of the dialog trips over them. */
function routesOf(message: Request | Response): string[] {
  return message.headers.list('record-route').filter((route) => {
    try {
      parseUri(parseNameAddr(route).uri);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * RFC 3261 §12.1.1, the callee's side: "The route set MUST be set to the list of URIs in the Record-Route header field from the request, taken
 * in order" · "The remote target MUST be set to the URI from the Contact header field of the request. The remote sequence number MUST be set to the value of the
 * sequence number in the CSeq header field of the request."
 */
export function uasDialog(request: Request, response: Response, localSeq: number): Dialog {
  const { headers } = request;
  const callId = headers.get('call-id') ?? '';
  const remote = headers.get('from') ?? '';
  const local = response.headers.get('to') ?? '';
  const remoteTag = tagOf(remote) ?? '';
  return {
    id: dialogId(callId, remoteTag),
    role: 'uas',
    method: request.method,
    callId,
    localTag: tagOf(local) ?? '',
    remoteTag,
    local,
    remote,
    routes: routesOf(request),
    charset: request.charset,
    contact: response.headers.get('contact') ?? '',
    target: contactUri(request) ?? parseNameAddr(remote).uri,
    localSeq,
    remoteSeq: parseCSeq(headers.get('cseq') ?? '').number,
    state: 'early',
    via: undefined,
  };
}

/** §12.1.2, the caller's side: "The route set MUST be set to the list of URIs in the Record-Route header field from the response, taken in reverse order". */
export function uacDialog(request: Request, response: Response): Dialog {
  const callId = request.headers.get('call-id') ?? '';
  const local = request.headers.get('from') ?? '';
  const remote = response.headers.get('to') ?? '';
  const localTag = tagOf(local) ?? '';
  return {
    id: dialogId(callId, localTag),
    role: 'uac',
    method: request.method,
    callId,
    localTag,
    remoteTag: tagOf(remote) ?? '',
    local,
    remote,
    routes: routesOf(response).reverse(),
    charset: response.charset,
    contact: request.headers.get('contact') ?? '',
    target: contactUri(response) ?? request.uri,
    localSeq: parseCSeq(request.headers.get('cseq') ?? '').number,
    remoteSeq: undefined,
    state: 'early',
    via: undefined,
  };
}

/**
 * RFC 6665 §4.4.1: the subscriber's dialog is made by the first NOTIFY, which may come before the answer to the SUBSCRIBE. Its route set is that of a request
 * (§12.1.1), in order.
 */
export function notifiedDialog(subscribe: Request, notify: Request): Dialog {
  const { headers } = notify;
  const callId = headers.get('call-id') ?? '';
  const local = subscribe.headers.get('from') ?? '';
  const localTag = tagOf(local) ?? '';
  const remote = headers.get('from') ?? '';
  return {
    id: dialogId(callId, localTag),
    role: 'uac',
    method: subscribe.method,
    callId,
    localTag,
    remoteTag: tagOf(remote) ?? '',
    local,
    remote,
    routes: routesOf(notify),
    charset: notify.charset,
    contact: subscribe.headers.get('contact') ?? '',
    target: contactUri(notify) ?? subscribe.uri,
    localSeq: parseCSeq(subscribe.headers.get('cseq') ?? '').number,
    remoteSeq: undefined,
    state: 'confirmed',
    via: undefined,
  };
}

/** The URI whose address a request of this dialog is sent to. */
export function nextHopUri(dialog: Dialog): string {
  const first = dialog.routes[0];
  return first === undefined ? dialog.target : parseNameAddr(first).uri;
}

/**
 * §12.2.1.1, a request inside the dialog, without Via and Contact. "If the route set is not empty, and the first URI in the route set contains
 * the lr parameter, the UAC MUST place the remote target URI into the Request-URI and MUST include a Route header field containing the
 * route set values in order" · "If … its first URI does not contain the lr parameter, the UAC MUST place the first URI from the route set
 * into the Request-URI … MUST add a Route header field containing the remainder of the route set values in order … The UAC MUST then place
 * the remote target URI into the Route header field as the last value."
 * `uri` overrides the remote target.
 */
export function requestInside(dialog: Dialog, method: string, seq: number, uri: string = dialog.target): Request {
  const request = newRequest(method, uri, [['Max-Forwards', '70']]);
  const [first, ...rest] = dialog.routes;
  if (first !== undefined) {
    const firstUri = parseNameAddr(first).uri;
    const loose = parseUri(firstUri).params.has('lr');
    if (!loose) request.uri = firstUri;
    for (const route of loose ? dialog.routes : [...rest, `<${uri}>`]) request.headers.add('Route', route);
  }
  request.headers.add('From', dialog.local).add('To', dialog.remote).add('Call-ID', dialog.callId).add('CSeq', `${seq} ${method}`);
  request.charset = dialog.charset;
  return request;
}

/**
 * Notes the sequence number of a request of the peer. §12.2.2: "If the remote sequence number is not empty, but the sequence number of the request is lower than the
 * remote sequence number, the request is out of order and MUST be rejected with a 500 (Server Internal Error) response."
 */
export function inOrder(dialog: Dialog, request: Request): boolean {
  const { number } = parseCSeq(request.headers.get('cseq') ?? '');
  if (dialog.remoteSeq !== undefined && number < dialog.remoteSeq) return false;
  dialog.remoteSeq = number;
  return true;
}

/** §12.2.1.2, §12.2.2: re-INVITE, UPDATE, SUBSCRIBE, NOTIFY and REFER "MUST replace the dialog's remote target URI with the URI from the Contact header field". */
export function refreshTarget(dialog: Dialog, message: Request | Response): void {
  dialog.target = contactUri(message) ?? dialog.target;
}

/** Methods whose requests carry our Contact, and whose 2xx refresh the target. */
export const REFRESHES_TARGET: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']);
