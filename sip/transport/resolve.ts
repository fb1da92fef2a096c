import { isIP } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import { randomBelow } from '../../kernel/ids.ts';
import { bareHost, parseUri, type Uri } from '../message/uri.ts';
import type { Dns } from './dns.ts';
import { defaultPort, type Hop, NO_FLOW } from './hop.ts';
import { locate, type Place, type Questions } from './locate.ts';
import { Names } from './names.ts';

/** A target that failed is tried last for so long. */
const FAILED_MS = 30_000;
const MOST_FAILED = 1_000;

/** The reasons are those an application may match. */
export class Unreachable extends Error {}
/** DNS knows no address for the name. */
export class Unresolvable extends Unreachable {}

/** Finds the hops of a URI by RFC 3263: at once for an IP address, by DNS (NAPTR, SRV, A and AAAA, cached) for a name. */
export class Resolver {
  readonly #clock: Clock;
  readonly #families: () => { v4: boolean; v6: boolean };
  readonly #dns: Dns;
  readonly #names: Names;
  readonly #random: (below: number) => number;
  /** Hops that failed lately, until when. */
  readonly #failed = new Map<string, number>();

  constructor(clock: Clock, families: () => { v4: boolean; v6: boolean }, dns: Dns, random: (below: number) => number = randomBelow) {
    this.#clock = clock;
    this.#families = families;
    this.#dns = dns;
    this.#names = new Names(clock);
    this.#random = random;
  }

  /** Throws or rejects with Unreachable or ParseError. The hop names those that may be tried after it. */
  resolve(text: string): Hop | Promise<Hop> {
    const uri = parseUri(text);
    if (isBehindFlow(uri)) return NO_FLOW;
    const transport = transportOf(uri);
    const isSecure = uri.scheme === 'sips' || transport === 'tls';
    const protocol = isSecure ? 'tls' : (transport ?? 'udp');
    const name = bareHost(uri.params.get('maddr') ?? uri.host);
    // RFC 3261 §18.1.1: a request too large for a datagram takes TCP, where the URI leaves it to us.
    const mayGrow = transport === undefined && !isSecure ? { mayGrow: true } : {};
    if (isIP(name) !== 0) return { protocol, address: name, port: uri.port ?? defaultPort(protocol), ...mayGrow };
    return this.#locate({ name, transport, port: uri.port, isSecure }, mayGrow);
  }

  async #locate(wanted: Parameters<typeof locate>[0], mayGrow: Pick<Hop, 'mayGrow'>): Promise<Hop> {
    const places = await locate(wanted, this.#questions(), this.#random).catch(() => []);
    const [first, ...others] = this.#livingFirst(places).map((place): Hop => hopOf(place, wanted.name, mayGrow));
    if (first === undefined) throw new Unresolvable(`no address for ${wanted.name}`);
    return others.length === 0 ? first : { ...first, others };
  }

  /** A request to that hop came to nothing. */
  failed(hop: Hop): void {
    const now = this.#clock.now();
    if (this.#failed.size >= MOST_FAILED) for (const [key, until] of this.#failed) if (until <= now) this.#failed.delete(key);
    if (this.#failed.size < MOST_FAILED) this.#failed.set(keyOf(hop), now + FAILED_MS);
  }

  hasFailed(hop: Pick<Hop, 'protocol' | 'address' | 'port'>): boolean {
    return (this.#failed.get(keyOf(hop)) ?? 0) > this.#clock.now();
  }

  #livingFirst(places: readonly Place[]): Place[] {
    if (this.#failed.size === 0) return [...places];
    return [...places.filter((place) => !this.hasFailed(place)), ...places.filter((place) => this.hasFailed(place))];
  }

  #questions(): Questions {
    const families = this.#families();
    const address = (name: string, family: 4 | 6): Promise<readonly string[]> =>
      this.#names.ask(`${family} ${name}`, () => this.#dns.addresses(name, family)).catch(() => []);
    return {
      // A name that answers no NAPTR (some resolvers do not) may still have addresses.
      naptr: (name) => this.#names.ask(`N ${name}`, () => this.#dns.naptr(name)).catch(() => []),
      srv: (name) => this.#names.ask(`S ${name}`, () => this.#dns.srv(name)).catch(() => []),
      addresses: async (name) => (await Promise.all([families.v4 ? address(name, 4) : [], families.v6 ? address(name, 6) : []])).flat(),
    };
  }
}

const keyOf = ({ protocol, address, port }: Pick<Hop, 'protocol' | 'address' | 'port'>): string => `${protocol} ${address} ${port}`;

const hopOf = (place: Place, name: string, { mayGrow }: Pick<Hop, 'mayGrow'>): Hop => ({
  ...place,
  ...(place.protocol === 'tls' ? { name } : {}),
  ...(place.protocol === 'udp' && mayGrow !== undefined ? { mayGrow } : {}),
});

/** Browsers cannot be dialled, and names below `.invalid` (RFC 2606) are never asked for: whoever is not found by a flow is not found. */
const isBehindFlow = ({ host, params }: Uri): boolean => host.endsWith('.invalid') || /^wss?$/i.test(params.get('transport') ?? '');

function transportOf({ scheme, params }: Uri): 'udp' | 'tcp' | 'tls' | undefined {
  if (scheme !== 'sip' && scheme !== 'sips') throw new Unreachable(`invalid request-uri: ${scheme} cannot be reached`);
  const transport = params.get('transport')?.toLowerCase();
  if (transport === undefined || transport === 'tls' || transport === 'tcp' || (transport === 'udp' && scheme === 'sip')) return transport;
  // RFC 3261 §26.2.2: each hop of a sips URI is secured with TLS.
  throw new Unreachable('requested protocol/transport not available');
}
