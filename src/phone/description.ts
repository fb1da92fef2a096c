/** Where the session description of a message stands: a carrier sends it beside ISUP (SIP-I) or a place, in one part of several (RFC 5621). Pure. */
import { partOfType } from '../../kernel/multipart.ts';
import type { SipMessage } from './srf.ts';

/** '' when there is none: a body of several parts may hold no session description. */
export const descriptionIn = (message: Pick<SipMessage, 'body' | 'get'>): string => descriptionOf(message.body, message.get('Content-Type'));

/** The same of a body alone, as a dialog of drachtio-srf keeps it: what begins with a delimiter is of several parts. */
export function descriptionOf(body: string, contentType = sniffed(body)): string {
  return /^\s*multipart\//i.test(contentType) ? (partOfType(body, contentType, 'application/sdp') ?? '') : body;
}

function sniffed(body: string): string {
  const boundary = /^\s*--([^\r\n"]{1,70}?)[ \t]*\r?\n/.exec(body)?.[1];
  return boundary === undefined ? '' : `multipart/mixed;boundary="${boundary}"`;
}
