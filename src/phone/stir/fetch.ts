/** Fetches a small text from a place that a stranger named: https, public addresses, no redirects, little and soon. */
import { lookup } from 'node:dns';
import { get } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const MOST_BYTES = 64 * 1024;

/** An IPv4 rule holds for the address in its IPv6 clothes (::ffff:10.0.0.1) as well. */
const notPublic = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  notPublic.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  notPublic.addSubnet(net, bits, 'ipv6');

/** Neither ours nor our neighbours': a URL of a stranger may make us ask nobody else. */
export const isPublic = (address: string): boolean => isIP(address) !== 0 && !notPublic.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

export interface FetchOptions {
  timeoutMs: number;
  /** Authorities of the TLS server; absent = those of the system. */
  ca?: string;
  /** Which addresses may be asked. */
  allows?: (address: string) => boolean;
}

/** Rejects with the reason. */
export function fetchText(url: string, { timeoutMs, ca, allows = isPublic }: FetchOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const place = URL.canParse(url) ? new URL(url) : null;
    if (place?.protocol !== 'https:' || place.username !== '') return reject(new Error('not an https URL'));
    const literal = place.hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal) !== 0 && !allows(literal)) return reject(new Error('not a public address'));
    const signal = AbortSignal.timeout(timeoutMs);
    const request = get(place, { lookup: onlyAllowed(allows), signal, agent: false, ...(ca === undefined ? {} : { ca }) }, (response) => {
      // A redirect could lead anywhere.
      if (response.statusCode !== 200) return void request.destroy(new Error(`status ${response.statusCode}`));
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MOST_BYTES) request.destroy(new Error(`more than ${MOST_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
      response.once('error', reject);
    });
    request.once('error', reject);
  });
}

/** The name is looked up once, and that very address is dialled: no second answer can point elsewhere. */
const onlyAllowed =
  (allows: (address: string) => boolean): LookupFunction =>
  (hostname, options, found) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const refused = error ?? (addresses.every(({ address }) => allows(address)) ? null : new Error('not a public address'));
      const [first] = addresses ?? [];
      if (refused !== null || first === undefined) found(refused ?? new Error('no address'), '', 4);
      else if (options.all === true) found(null, addresses);
      else found(null, first.address, first.family);
    });
  };
