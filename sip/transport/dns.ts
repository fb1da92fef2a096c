import { lookup, Resolver } from 'node:dns/promises';

export interface Naptr {
  readonly order: number;
  readonly preference: number;
  /** `SIP+D2U`, `SIPS+D2T` … */
  readonly service: string;
  /** The name to ask SRV of. */
  readonly replacement: string;
}
export interface Srv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly name: string;
}
export interface Answer<T> {
  /** None: the name has none of that kind, and DNS says so. */
  readonly records: readonly T[];
  /** undefined where it is not told. */
  readonly ttlSeconds: number | undefined;
}

/** What is asked of DNS. Rejects when DNS does not answer; a name that is not there is an answer. */
export interface Dns {
  naptr(name: string): Promise<Answer<Naptr>>;
  srv(name: string): Promise<Answer<Srv>>;
  addresses(name: string, family: 4 | 6): Promise<Answer<string>>;
}

/** One question is repeated once; the cache does not wait for longer than 4 s anyway. */
const TIMEOUT_MS = 1_500;
const TRIES = 2;
/** The system's own look-up takes one of Node's four threads for as long as it likes. */
const MOST_SYSTEM_LOOKUPS = 2;

/**
 * DNS as Node asks it, beside the loop. Names that DNS does not know may stand in the system's own lists (/etc/hosts, mDNS): those are asked last.
 * Node tells no TTL of NAPTR and SRV.
 */
export class SystemDns implements Dns {
  readonly #resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  #systemLookups = 0;

  /** `servers`: `127.0.0.1:5353` …, those of the system otherwise. */
  constructor(servers: readonly string[] = []) {
    if (servers.length > 0) this.#resolver.setServers(servers);
  }

  async naptr(name: string): Promise<Answer<Naptr>> {
    const found = await orNone(this.#resolver.resolveNaptr(name));
    // RFC 3263 §4.1: the flag "s" says that SRV comes next; others lead elsewhere.
    const records = found.filter(({ flags }) => flags.toLowerCase() === 's').map((each) => ({ ...each, service: each.service.toUpperCase() }));
    return { records, ttlSeconds: undefined };
  }

  async srv(name: string): Promise<Answer<Srv>> {
    // RFC 2782: a target of "." means that the service is decidedly not there.
    return { records: (await orNone(this.#resolver.resolveSrv(name))).filter((each) => each.name !== ''), ttlSeconds: undefined };
  }

  async addresses(name: string, family: 4 | 6): Promise<Answer<string>> {
    const ask = family === 4 ? this.#resolver.resolve4(name, { ttl: true }) : this.#resolver.resolve6(name, { ttl: true });
    const [found, failure] = await orNone(ask).then(
      (records) => [records, undefined] as const,
      (error: Error) => [[], error] as const,
    );
    if (found.length > 0) return { records: found.map(({ address }) => address), ttlSeconds: Math.min(...found.map(({ ttl }) => ttl)) };
    const listed = await this.#listed(name, family);
    if (listed.length === 0 && failure !== undefined) throw failure;
    return { records: listed, ttlSeconds: undefined };
  }

  async #listed(name: string, family: 4 | 6): Promise<string[]> {
    if (this.#systemLookups >= MOST_SYSTEM_LOOKUPS) return [];
    this.#systemLookups += 1;
    try {
      return (await lookup(name, { family, all: true })).map(({ address }) => address);
    } catch {
      return [];
    } finally {
      this.#systemLookups -= 1;
    }
  }
}

/** The name is not there, or has nothing of that kind. */
const NOTHING: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ENONAME']);

async function orNone<T>(asked: Promise<T[]>): Promise<T[]> {
  try {
    return await asked;
  } catch (error) {
    if (NOTHING.has((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
