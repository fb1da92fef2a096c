/** Socket addresses whose calls are believed: `address[/prefix][:port]`, IPv6 in brackets (`[2001:db8::]/32:5060`) or bare without a port. */
import { BlockList, isIP } from 'node:net';

export interface TrustedSource {
  /** As configured; of a list without a trunk also its name in records. */
  name: string;
  list: BlockList;
  /** null = any port */
  port: number | null;
}

/** Throws with what is wrong and how to write it. */
export function parseSource(text: string): TrustedSource {
  const match = /^(?:\[([^\]]+)\]|([^/:]+)|([0-9a-f:.]*:[0-9a-f:.]*))(?:\/(\d{1,3}))?(?::(\d{1,5}))?$/i.exec(text.trim());
  const address = match?.[1] ?? match?.[2] ?? match?.[3] ?? '';
  const family = isIP(address);
  if (family === 0) throw new Error(`trusted trunk "${text}": give an IP address, as address[/prefix][:port]`);
  const bits = family === 4 ? 32 : 128;
  const prefix = match?.[4] === undefined ? bits : Number(match[4]);
  const port = match?.[5] === undefined ? null : Number(match[5]);
  if (prefix > bits) throw new Error(`trusted trunk "${text}": the prefix may be 0 to ${bits}`);
  if (port !== null && (port < 1 || port > 65_535)) throw new Error(`trusted trunk "${text}": the port may be 1 to 65535`);
  const list = new BlockList();
  list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return { name: text.trim(), list, port };
}

/** The first that holds the socket address, never anything a header claims (D10). */
export function sourceAt<S extends TrustedSource>(sources: readonly S[], address: string, port: number): S | null {
  const bare = address.replace(/^\[|\]$/g, '').replace(/^::ffff:(?=\d+\.)/i, '');
  const family = isIP(bare);
  if (family === 0) return null;
  return sources.find((source) => (source.port === null || source.port === port) && source.list.check(bare, family === 4 ? 'ipv4' : 'ipv6')) ?? null;
}

/** `carrier.example[:5060]`: whom the name stands for, by SRV and addresses. Of a trunk alone: a list in the environment is of addresses. */
const NAME = /^(?=.*[a-z])([a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+)(?::(\d{1,5}))?$/i;

/** null: it is no name. */
export function parseSourceName(text: string): { host: string; port: number | null } | null {
  const [, host, port] = NAME.exec(text.trim()) ?? [];
  return host === undefined ? null : { host: host.toLowerCase(), port: port === undefined ? null : Number(port) };
}

/** A trunk that believed half the world would take every stranger, and other tenants' phones, for its own. */
const WIDEST = { ipv4: 16, ipv6: 32 };

/** Of a configured trunk: what is wrong with it and how to write it; null = nothing. */
export function sourceFault(text: string): string | null {
  if (parseSourceName(text) !== null) return null;
  try {
    parseSource(text);
    const prefix = Number(/\/(\d+)/.exec(text)?.[1] ?? 128);
    const widest = text.includes('.') ? WIDEST.ipv4 : WIDEST.ipv6;
    return prefix < widest ? `trusted trunk "${text}": that believes too many: the prefix may be ${widest} or longer` : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
