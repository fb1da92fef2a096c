import { parseNameAddr } from '../message/address.ts';
import { ParseError } from '../message/fault.ts';
import type { Request } from '../message/message.ts';
import { bareHost, parseUri } from '../message/uri.ts';

const DEFAULT_PORT = 5060;
const isAddress = (host: string): boolean => host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host);

/**
 * Whether a request asks us to pass it on to somebody else: by a Route that names another host than us, or by `maddr`. A Route by name may be a name of ours
 * and is left to the application, which does not follow it.
 */
export function leadsElsewhere({ headers, uri }: Request, isMine: (address: string, port: number) => boolean): boolean {
  const targets = headers.list('route');
  try {
    const { params, port } = parseUri(uri);
    const maddr = params.get('maddr');
    if (maddr !== undefined && !isMine(bareHost(maddr), port ?? DEFAULT_PORT)) return true;
    return targets.some((target) => {
      const { host, port: routePort } = parseUri(parseNameAddr(target).uri);
      return isAddress(host) && !isMine(bareHost(host), routePort ?? DEFAULT_PORT);
    });
  } catch (error) {
    // What cannot be read as an address leads nowhere.
    if (error instanceof ParseError) return false;
    throw error;
  }
}

/** Whether its Request-URI names a host that is none of ours (fault row D11). Without names of ours every name may be one. */
export function isForAnother({ uri }: Request, domains: ReadonlySet<string> | undefined, isMine: (address: string, port: number) => boolean): boolean {
  if (domains === undefined || domains.size === 0 || !/^sips?:/i.test(uri)) return false;
  try {
    const { host, port } = parseUri(uri);
    return isAddress(host) ? !isMine(bareHost(host), port ?? DEFAULT_PORT) : !domains.has(host.toLowerCase());
  } catch (error) {
    if (error instanceof ParseError) return false;
    throw error;
  }
}
