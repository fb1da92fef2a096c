/**
 * User-to-User Information (RFC 7433): what one user agent tells the other beside the call. Inbound it becomes the call's datum `uui`; outbound
 * it carries that datum on, or, where there is none, the call's data as `key=value` lines, as many whole lines as the peer takes.
 */
import type { CallData } from '../call/event.ts';
import { splitValues } from './address.ts';

/** Octets of payload a peer is given: what an ISDN behind it can carry on (Q.931 user-user information element). */
const USUAL_UUI_OCTETS = 128;
/** Of what comes in, more is not read. */
const MOST_OCTETS_IN = 1_024;
const PRINTABLE = /^[\P{Cc}\n\t]*$/u;

/** What a User-to-User header says: text where it is text, else `hex:` and its octets; null = nothing that can be kept. */
export function readUui(header: string | undefined): string | null {
  const [value] = splitValues(header ?? '');
  if (value === undefined) return null;
  const match = /^(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))\s*((?:;.*)?)$/s.exec(value);
  if (match === null) return null;
  const payload = match[1]?.replaceAll(/\\(.)/g, '$1') ?? match[2] ?? '';
  const encoding = /;\s*encoding\s*=\s*"?([^;"\s]+)/i.exec(match[3] ?? '')?.[1]?.toLowerCase() ?? 'hex';
  // RFC 7433 §4.1: what is encoded in a way nobody here knows is left alone.
  if (encoding !== 'hex' || !/^(?:[0-9a-f]{2})+$/i.test(payload) || payload.length > 2 * MOST_OCTETS_IN) return null;
  return textOf(Buffer.from(payload, 'hex')) ?? `hex:${payload.toLowerCase()}`;
}

function textOf(octets: Buffer): string | null {
  const text = octets.toString('utf8');
  return Buffer.from(text, 'utf8').equals(octets) && PRINTABLE.test(text) ? text : null;
}

/** The header's value; null = the call has nothing to tell, or nothing that fits. */
export function writeUui(data: CallData, mostOctets = USUAL_UUI_OCTETS): string | null {
  const octets = data.uui === undefined ? linesOf(data, mostOctets) : octetsOf(data.uui);
  return octets.length === 0 || octets.length > mostOctets ? null : `${octets.toString('hex')};encoding=hex`;
}

const octetsOf = (uui: string): Buffer => (/^hex:(?:[0-9a-f]{2})+$/.test(uui) ? Buffer.from(uui.slice(4), 'hex') : Buffer.from(uui, 'utf8'));

function linesOf(data: CallData, mostOctets: number): Buffer {
  let text = '';
  for (const [key, value] of Object.entries(data)) {
    if (/[=\n]/.test(key) || !PRINTABLE.test(value)) continue;
    const longer = `${text}${text === '' ? '' : '\n'}${key}=${value.replaceAll('\n', ' ')}`;
    if (Buffer.byteLength(longer) <= mostOctets) text = longer;
  }
  return Buffer.from(text, 'utf8');
}
