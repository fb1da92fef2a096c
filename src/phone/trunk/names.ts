/**
 * Who a trunk's name stands for, as RFC 3263 finds servers: NAPTR, SRV, then A and AAAA. The SIP server finds its own way when it sends; here it is asked who may
 * be believed: whose challenge is the trunk's, and whose calls.
 */
import { lookup, Resolver } from 'node:dns/promises';

/** What is asked of DNS; a name that has nothing of the kind is an empty list, a rejection means that nobody knows. */
export interface TrunkNames {
  /** Names to ask SRV of. */
  services(domain: string): Promise<string[]>;
  srv(name: string): Promise<{ name: string; port: number }[]>;
  addresses(name: string): Promise<string[]>;
}

export type Protocol = 'udp' | 'tcp' | 'tls';

export interface Peer {
  address: string;
  port: number;
  /** null: UDP or TCP. */
  protocol: Protocol | null;
}

const TIMEOUT_MS = 1_500;
const TRIES = 2;
/** Of one name; a list without end is not followed. */
const MOST_TARGETS = 32;
const PORTS = { plain: 5060, tls: 5061 };
const NOTHING: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME']);

const protocolOf = (service: string): Protocol => (service.startsWith('_sips.') ? 'tls' : service.includes('._tcp.') ? 'tcp' : 'udp');

/** `port`: as written; SRV is for names without one (RFC 3263 §4.2). Rejects when DNS does not answer. */
export async function peersOf(names: TrunkNames, host: string, port: number | null, protocol: Protocol | null): Promise<Peer[]> {
  const found = port === null ? await bySrv(names, host, protocol) : [];
  if (found.length > 0) return found;
  const usual = port ?? (protocol === 'tls' ? PORTS.tls : PORTS.plain);
  return (await names.addresses(host)).slice(0, MOST_TARGETS).map((address) => ({ address, port: usual, protocol }));
}

async function bySrv(names: TrunkNames, host: string, protocol: Protocol | null): Promise<Peer[]> {
  const named = await names.services(host);
  const asked = named.length > 0 ? named : [`_sip._udp.${host}`, `_sip._tcp.${host}`, `_sips._tcp.${host}`];
  const wanted = asked.filter((name) => (protocol === null ? protocolOf(name) !== 'tls' : protocolOf(name) === protocol));
  const targets = await Promise.all(wanted.map(async (service) => (await names.srv(service)).map((target) => ({ ...target, protocol: protocolOf(service) }))));
  const peers = targets
    .flat()
    .slice(0, MOST_TARGETS)
    .map(async ({ name, port, protocol }) => (await names.addresses(name)).map((address) => ({ address, port, protocol })));
  return (await Promise.all(peers)).flat().slice(0, MOST_TARGETS);
}

/** As Node asks; `servers` as the SIP server is given them (SIP_DNS_SERVERS), else the system's. */
export function systemNames(servers: readonly string[] = []): TrunkNames {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    async services(domain) {
      const found = await orNone(resolver.resolveNaptr(domain));
      const sip = found.filter(({ flags, service }) => flags.toLowerCase() === 's' && /^SIPS?\+D2[UT]$/i.test(service));
      return sip.map(({ replacement }) => replacement.toLowerCase());
    },
    srv: async (name) => (await orNone(resolver.resolveSrv(name))).filter(({ name }) => name !== ''),
    async addresses(name) {
      const [four, six] = await Promise.all([orNone(resolver.resolve4(name)), orNone(resolver.resolve6(name))]);
      // Names that DNS does not know may stand in the system's own lists.
      return four.length + six.length > 0 ? [...four, ...six] : lookup(name, { all: true }).then((all) => all.map(({ address }) => address));
    },
  };
}

async function orNone<T>(asked: Promise<T[]>): Promise<T[]> {
  try {
    return await asked;
  } catch (error) {
    if (NOTHING.has((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
