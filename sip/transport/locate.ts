import type { Naptr, Srv } from './dns.ts';
import { defaultPort, type Protocol } from './hop.ts';

/** What RFC 3263 §4 asks DNS, through a cache. */
export interface Questions {
  naptr(name: string): Promise<readonly Naptr[]>;
  srv(name: string): Promise<readonly Srv[]>;
  /** Of the families we have sockets of, in the order we like them. */
  addresses(name: string): Promise<readonly string[]>;
}

/** What a URI says of where it leads. */
export interface Wanted {
  readonly name: string;
  /** Of its `transport` parameter. */
  readonly transport: 'udp' | 'tcp' | 'tls' | undefined;
  readonly port: number | undefined;
  readonly isSecure: boolean;
}
export interface Place {
  readonly protocol: Exclude<Protocol, 'ws' | 'wss'>;
  readonly address: string;
  readonly port: number;
}
type Carrier = Place['protocol'];

/** Of one name; each is a wait of seconds when it is dead. */
const MOST_PLACES = 8;
const SERVICES: Readonly<Record<string, Carrier>> = { 'SIP+D2U': 'udp', 'SIP+D2T': 'tcp', 'SIPS+D2T': 'tls' };
const SRV_NAMES: Readonly<Record<Carrier, string>> = { udp: '_sip._udp', tcp: '_sip._tcp', tls: '_sips._tcp' };

/**
 * RFC 3263 §4: the places of a name in the order they are to be tried. `random` gives a whole number below its argument. Rejects when DNS is away; none:
 * the name leads nowhere.
 */
export async function locate(wanted: Wanted, ask: Questions, random: (below: number) => number): Promise<Place[]> {
  const { name, transport, port, isSecure } = wanted;
  const carrier: Carrier = isSecure ? 'tls' : (transport ?? 'udp');
  // §4.2: with a port of its own the name is asked for addresses alone.
  if (port !== undefined) return placesAt(name, carrier, port, ask);
  const servers = transport === undefined ? await byNaptr(wanted, ask) : await serversOf(carrier, `${SRV_NAMES[carrier]}.${name}`, ask);
  // "If no SRV records were found, the client performs an A or AAAA record lookup of the domain name", in our words: then the name itself is the server.
  if (servers.length === 0) return placesAt(name, carrier, defaultPort(carrier), ask);
  const places = await Promise.all(
    inOrder(servers, random)
      .slice(0, MOST_PLACES)
      .map(({ carrier, srv }) => placesAt(srv.name, carrier, srv.port, ask)),
  );
  return places.flat().slice(0, MOST_PLACES);
}

interface Server {
  readonly carrier: Carrier;
  readonly srv: Srv;
  /** Of its transport: all servers of one are tried before the next. */
  readonly rank: number;
}

/** §4.1: which transports the name has, and which it likes; without NAPTR, those that have SRV records. */
async function byNaptr({ name, isSecure }: Wanted, ask: Questions): Promise<Server[]> {
  const usable = (await ask.naptr(name)).filter(({ service }) => SERVICES[service] !== undefined && (!isSecure || service === 'SIPS+D2T'));
  const sorted = [...usable].sort((a, b) => a.order - b.order || a.preference - b.preference);
  const lists =
    sorted.length > 0
      ? sorted.map(({ service, replacement }, rank) => serversOf(SERVICES[service] ?? 'udp', replacement, ask, rank))
      : (isSecure ? (['tls'] as const) : (['udp', 'tcp', 'tls'] as const)).map((carrier, rank) =>
          serversOf(carrier, `${SRV_NAMES[carrier]}.${name}`, ask, rank),
        );
  return (await Promise.all(lists)).flat();
}

const serversOf = async (carrier: Carrier, name: string, ask: Questions, rank = 0): Promise<Server[]> =>
  (await ask.srv(name)).map((srv) => ({ carrier, srv, rank }));

async function placesAt(name: string, protocol: Carrier, port: number, ask: Questions): Promise<Place[]> {
  return (await ask.addresses(name)).map((address) => ({ protocol, address, port }));
}

/** RFC 2782: lowest priority first; of one priority each next is drawn with a chance that is its weight. */
function inOrder(servers: readonly Server[], random: (below: number) => number): Server[] {
  const ordered: Server[] = [];
  const left = [...servers].sort((a, b) => a.rank - b.rank || a.srv.priority - b.srv.priority);
  while (left.length > 0) {
    const [first] = left;
    const group = left.filter(({ rank, srv }) => rank === first?.rank && srv.priority === first.srv.priority);
    const drawn = draw(group, random);
    ordered.push(drawn);
    left.splice(left.indexOf(drawn), 1);
  }
  return ordered;
}

/** Those of weight 0 have a very small chance: as one in a hundred of a single weight. */
function draw(group: readonly Server[], random: (below: number) => number): Server {
  const weightOf = ({ srv }: Server): number => srv.weight * 100 || 1;
  let at = random(group.reduce((sum, each) => sum + weightOf(each), 0));
  for (const each of group) {
    at -= weightOf(each);
    if (at < 0) return each;
  }
  throw new Error('nothing to draw from');
}
