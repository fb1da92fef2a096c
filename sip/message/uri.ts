import { ParseError } from './fault.ts';
import { recently } from './recent.ts';
import { type Params, parseParams } from './scan.ts';

/** A sip: or sips: URI in parts; of any other scheme only `scheme` and `user` (all that follows the colon). */
export interface Uri {
  /** Lower case, without the colon. */
  readonly scheme: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Lower case; an IPv6 address stands in brackets. Empty for schemes other than sip and sips. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  /** What follows the `?`. */
  readonly headers: string | undefined;
}

const NONE: Params = new Map();

/** Most URIs: nothing in them but a user, a host and a port. */
const PLAIN = /^sip:([A-Za-z0-9_.!~*'()%+-]+)@([A-Za-z0-9.-]+)(?::(\d{1,5}))?$/;
const MOST_PORT = 65_535;

/** Throws ParseError `uri`. `<sip:…>` is not a URI but a name-addr. */
export const parseUri: (text: string) => Uri = recently((text) => {
  const plain = PLAIN.exec(text);
  if (plain !== null && Number(plain[3] ?? 0) <= MOST_PORT) {
    const port = plain[3] === undefined ? undefined : Number(plain[3]);
    return { scheme: 'sip', user: plain[1], password: undefined, host: (plain[2] ?? '').toLowerCase(), port, params: NONE, headers: undefined };
  }
  const colon = text.indexOf(':');
  if (colon <= 0 || !/^[A-Za-z][A-Za-z0-9+.-]*$/.test(text.slice(0, colon))) throw new ParseError('uri', 'a URI needs a scheme');
  if (/[\s<>"\p{Cc}]/u.test(text)) throw new ParseError('uri', 'white space or brackets in a URI');
  const scheme = text.slice(0, colon).toLowerCase();
  const rest = text.slice(colon + 1);
  if (scheme !== 'sip' && scheme !== 'sips') return { scheme, user: rest, password: undefined, host: '', port: undefined, params: NONE, headers: undefined };
  const at = rest.indexOf('@');
  if (at === 0) throw new ParseError('uri', 'nothing before the @');
  const afterUser = rest.slice(at + 1);
  const question = afterUser.indexOf('?');
  const hostAndParams = question < 0 ? afterUser : afterUser.slice(0, question);
  const semicolon = hostAndParams.indexOf(';');
  return {
    scheme,
    ...splitUser(at < 0 ? undefined : rest.slice(0, at)),
    ...parseHostPort(semicolon < 0 ? hostAndParams : hostAndParams.slice(0, semicolon)),
    params: semicolon < 0 ? NONE : parseParams(hostAndParams.slice(semicolon + 1)),
    headers: question < 0 ? undefined : afterUser.slice(question + 1),
  };
});

function splitUser(info: string | undefined): Pick<Uri, 'user' | 'password'> {
  if (info === undefined) return { user: undefined, password: undefined };
  const colon = info.indexOf(':');
  return colon < 0 ? { user: info, password: undefined } : { user: info.slice(0, colon), password: info.slice(colon + 1) };
}

/** `[::1]:5060`, `10.0.0.1`, `pbx.example.com:5061`. Throws ParseError `uri`. */
export function parseHostPort(text: string): { host: string; port: number | undefined } {
  const split = text.startsWith('[') ? text.indexOf(']') + 1 : text.indexOf(':');
  const host = (split <= 0 ? text : text.slice(0, split)).trim();
  const rest = split <= 0 ? '' : text.slice(split).trim();
  if (!(/^[A-Za-z0-9._-]+$/.test(host) || /^\[[0-9A-Fa-f:.]+(%[A-Za-z0-9._~-]+)?\]$/.test(host))) throw new ParseError('uri', 'not a host');
  if (rest === '') return { host: host.toLowerCase(), port: undefined };
  const port = /^:\s*(\d{1,5})$/.exec(rest);
  if (port === null || Number(port[1]) > MOST_PORT) throw new ParseError('uri', 'not a port');
  return { host: host.toLowerCase(), port: Number(port[1]) };
}

/** An address without its brackets: `[::1]` → `::1`. */
export const bareHost = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host);
/** An address as a URI writes it: `::1` → `[::1]`. */
export const uriHost = (address: string): string => (address.includes(':') && !address.startsWith('[') ? `[${address}]` : address);
