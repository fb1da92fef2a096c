/**
 * Where a webhook may lead: to addresses of the Internet alone. Who may name an address could otherwise have us ask what only this machine can reach: our own
 * ports, the neighbours', a cloud's metadata. The name is looked up once, and the connection goes to the very address that was looked at.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

const closed = new BlockList();
/** RFC 6890 and its updates: what is not the public Internet. 169.254.169.254 and 100.100.100.200 (metadata) are within. */
for (const range of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]) {
  const [network = '', bits] = range.split('/');
  closed.addSubnet(network, Number(bits), 'ipv4');
}
const open6 = new BlockList();
open6.addSubnet('2000::', 3, 'ipv6');
/** Within it: Teredo and others, documentation, 6to4 (which can name any IPv4 address). */
const closed6 = new BlockList();
closed6.addSubnet('2001::', 23, 'ipv6');
closed6.addSubnet('2001:db8::', 32, 'ipv6');
closed6.addSubnet('2002::', 16, 'ipv6');
closed6.addSubnet('3fff::', 20, 'ipv6');

export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !closed.check(address, 'ipv4');
  return family === 6 && open6.check(address, 'ipv6') && !closed6.check(address, 'ipv6');
}

export interface Target {
  address: string;
  family: 4 | 6;
}
export type Resolve = (host: string) => Promise<readonly { address: string; family: number }[]>;

const systemResolve: Resolve = (host) => lookup(host, { all: true });
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '').toLowerCase();

/** What is wrong with an address before anybody is asked for its name; null = nothing. `allowed`: hosts that the server's settings name. */
export function urlFault(text: string, allowed: ReadonlySet<string>): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return 'not an address: https://host/path';
  const host = bare(url.hostname);
  const isAllowed = allowed.has(host);
  if (url.protocol !== 'https:' && !(isAllowed && url.protocol === 'http:')) return 'only https: what is told is nobody else’s business';
  if (url.username !== '' || url.password !== '') return 'without a name and password in it: deliveries are signed';
  if (isIP(host) !== 0 && !isPublic(host) && !isAllowed) return `${host} is no address of the Internet: name it in WEBHOOK_HOSTS if it must be`;
  return null;
}

/** The address to connect to. Throws when there is none that may be. One that is not public among several closes the name: somebody plays with it. */
export async function targetOf(url: URL, allowed: ReadonlySet<string>, resolve: Resolve = systemResolve): Promise<Target> {
  const host = bare(url.hostname);
  const found = isIP(host) === 0 ? await resolve(host) : [{ address: host, family: isIP(host) }];
  const [first] = found;
  if (first === undefined) throw new Error(`${host} has no address`);
  const wrong = allowed.has(host) ? undefined : found.find(({ address }) => !isPublic(address));
  if (wrong !== undefined) throw new Error(`${host} leads to ${wrong.address}, which is no address of the Internet`);
  return { address: first.address, family: first.family === 6 ? 6 : 4 };
}
