/** Reading the few address headers the rim needs. Anything that is not well-formed comes out as null, never as an exception. */

export interface SipUri {
  scheme: 'sip' | 'sips' | 'tel';
  /** Percent-decoded, without parameters (`10086;phone-context=…` → `10086`); '' when there is none. */
  user: string;
  /** Lower case, IPv6 in brackets; '' for tel. */
  host: string;
  port: number | null;
  params: ReadonlyMap<string, string>;
}

export interface NameAddress {
  name: string | null;
  uri: string;
  params: ReadonlyMap<string, string>;
}

const LONGEST_ADDRESS = 2_048;

export function parseSipUri(text: string): SipUri | null {
  if (text.length > LONGEST_ADDRESS) return null;
  const scheme = /^(sips?|tel):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'tel') {
    const [number = '', ...params] = text.slice(4).split(';');
    return { scheme, user: number.replaceAll(/[-.()]/g, ''), host: '', port: null, params: parametersOf(params) };
  }
  if (scheme !== 'sip' && scheme !== 'sips') return null;
  const rest = text.slice(scheme.length + 1).split('?')[0] ?? '';
  const at = rest.lastIndexOf('@');
  const user = decoded((at < 0 ? '' : rest.slice(0, at)).split(/[;:]/)[0] ?? '');
  const [hostPort = '', ...params] = rest.slice(at + 1).split(';');
  const match = /^(\[[0-9a-f:.]+\]|[0-9a-z._-]+)(?::(\d{1,5}))?$/i.exec(hostPort);
  if (match === null || user === null) return null;
  const port = match[2] === undefined ? null : Number(match[2]);
  if (port !== null && (port < 1 || port > 65_535)) return null;
  return { scheme, user, host: (match[1] ?? '').toLowerCase(), port, params: parametersOf(params) };
}

/** `"Name" <uri>;param`, `Name <uri>`, `uri;param` (RFC 3261 §20.10: without angle brackets all parameters belong to the header). */
export function parseNameAddress(text: string): NameAddress | null {
  if (text.length > LONGEST_ADDRESS) return null;
  const quoted = /^\s*"((?:[^"\\]|\\.)*)"\s*/.exec(text);
  const rest = quoted === null ? text : text.slice(quoted[0].length);
  const open = rest.indexOf('<');
  if (open >= 0) {
    const close = rest.indexOf('>', open);
    if (close < 0 || (quoted === null && rest.slice(0, open).includes('"'))) return null;
    const name = quoted === null ? rest.slice(0, open).trim() : (quoted[1] ?? '').replaceAll(/\\(.)/g, '$1');
    return { name: name === '' ? null : name, uri: rest.slice(open + 1, close).trim(), params: parametersOf(rest.slice(close + 1).split(';')) };
  }
  if (quoted !== null) return null;
  const [uri = '', ...params] = rest.trim().split(';');
  return uri === '' ? null : { name: null, uri, params: parametersOf(params) };
}

export const tagOf = (header: string | undefined): string | null => parseNameAddress(header ?? '')?.params.get('tag') ?? null;

/** Splits a header that holds several values, minding quotes and angle brackets. */
export function splitValues(text: string): string[] {
  const values: string[] = [];
  let from = 0;
  let quoted = false;
  let bracketed = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (quoted) {
      if (sign === '\\') at += 1;
      else if (sign === '"') quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === '<') bracketed = true;
    else if (sign === '>') bracketed = false;
    else if (sign === ',' && !bracketed) {
      values.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  values.push(text.slice(from).trim());
  return values.filter((value) => value !== '');
}

/** A display name that cannot break out of its quotes or its line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go
export const quoteName = (name: string): string => `"${name.replaceAll(/[\x00-\x1f\x7f]/g, ' ').replaceAll(/["\\]/g, '\\$&')}"`;

/** A number as the user part of a URI: what is not of the telephone alphabet is dropped; nothing left = anonymous. */
export const userPart = (number: string): string => number.replaceAll(/[^0-9A-Za-z+*#._-]/g, '').replaceAll('#', '%23') || 'anonymous';

/** An IP address as the host part of a URI. */
export const hostPart = (address: string): string => (address.includes(':') && !address.startsWith('[') ? `[${address}]` : address);

function parametersOf(parts: string[]): Map<string, string> {
  const params = new Map<string, string>();
  for (const part of parts) {
    const trimmed = part.trim();
    if (trimmed === '') continue;
    const equals = trimmed.indexOf('=');
    const value = equals < 0 ? '' : trimmed.slice(equals + 1).trim();
    params.set((equals < 0 ? trimmed : trimmed.slice(0, equals)).trim().toLowerCase(), value.startsWith('"') ? value.slice(1, -1) : value);
  }
  return params;
}

function decoded(text: string): string | null {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

const MOST_ALLOWED_EVENTS = 16;

/** Of an Allow-Events (RFC 6665 §8.2.2), in lower case. */
export const eventsIn = (allowEvents: string | undefined): string[] => splitValues((allowEvents ?? '').toLowerCase()).slice(0, MOST_ALLOWED_EVENTS);
