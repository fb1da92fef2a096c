import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Clock, within } from '../../kernel/clock.ts';
import { bareHost, parseUri, type Uri } from '../message/uri.ts';
import { defaultPort, type Hop, NO_FLOW, type Protocol } from './hop.ts';

const FRESH_MS = 30_000;
/** J3 of any operator's bad day: while DNS is away, what it said within the last hour still serves. */
const STALE_MS = 3_600_000;
const LOOKUP_MS = 4_000;
const MOST_NAMES = 1_000;

/** The reasons are those an application may match. */
export class Unreachable extends Error {}
/** DNS knows no address for the name. */
export class Unresolvable extends Unreachable {}

export type LookUp = (name: string, family: 0 | 4 | 6) => Promise<string>;

const systemLookUp: LookUp = async (name, family) => (await lookup(name, { family, order: 'ipv4first' })).address;

/** Finds the hop of a URI: at once for an IP address, by DNS (A/AAAA, cached) for a name. */
export class Resolver {
  readonly #clock: Clock;
  readonly #lookUp: LookUp;
  readonly #families: () => { v4: boolean; v6: boolean };
  readonly #known = new Map<string, { address: string; at: number }>();
  readonly #asked = new Map<string, Promise<string>>();

  constructor(clock: Clock, families: () => { v4: boolean; v6: boolean }, lookUp: LookUp = systemLookUp) {
    this.#clock = clock;
    this.#families = families;
    this.#lookUp = lookUp;
  }

  /** Throws or rejects with Unreachable or ParseError. */
  resolve(text: string): Hop | Promise<Hop> {
    const uri = parseUri(text);
    if (isBehindFlow(uri)) return NO_FLOW;
    const protocol = protocolOf(uri);
    const port = uri.port ?? defaultPort(protocol);
    const host = bareHost(uri.params.get('maddr') ?? uri.host);
    if (isIP(host) !== 0) return { protocol, address: host, port };
    return this.#address(host).then((address) => ({ protocol, address, port, ...(protocol === 'tls' ? { name: host } : {}) }));
  }

  async #address(name: string): Promise<string> {
    const known = this.#known.get(name);
    const age = known === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() - known.at;
    if (known !== undefined && age < FRESH_MS) return known.address;
    try {
      return await this.#ask(name);
    } catch {
      if (known !== undefined && age < STALE_MS) return known.address;
      throw new Unresolvable(`${name} is not known to DNS`);
    }
  }

  #ask(name: string): Promise<string> {
    const asked = this.#asked.get(name);
    if (asked !== undefined) return asked;
    const { v4, v6 } = this.#families();
    const answer = within(this.#clock, LOOKUP_MS, this.#lookUp(name, v4 && v6 ? 0 : v6 ? 6 : 4), () => new Error('DNS is silent'))
      .then((address) => {
        if (this.#known.size >= MOST_NAMES) this.#known.clear();
        this.#known.set(name, { address, at: this.#clock.now() });
        return address;
      })
      .finally(() => this.#asked.delete(name));
    this.#asked.set(name, answer);
    return answer;
  }
}

/** Browsers cannot be dialled, and names below `.invalid` (RFC 2606) are never asked for: whoever is not found by a flow is not found. */
const isBehindFlow = ({ host, params }: Uri): boolean => host.endsWith('.invalid') || /^wss?$/i.test(params.get('transport') ?? '');

function protocolOf({ scheme, params }: Uri): Protocol {
  if (scheme !== 'sip' && scheme !== 'sips') throw new Unreachable(`invalid request-uri: ${scheme} cannot be reached`);
  const transport = params.get('transport')?.toLowerCase() ?? (scheme === 'sips' ? 'tls' : 'udp');
  if (transport === 'tls' || (transport === 'tcp' && scheme === 'sips')) return 'tls';
  if (scheme === 'sip' && (transport === 'udp' || transport === 'tcp')) return transport;
  // RFC 3261 §26.2.2: each hop of a sips URI is secured with TLS.
  throw new Unreachable('requested protocol/transport not available');
}
