/** Which socket addresses are trusted trunks: `address[/prefix][:port]`, IPv6 in brackets (`[2001:db8::]/32:5060`) or bare without a port. */
import { BlockList, isIP } from 'node:net';

export interface Trunk {
  /** As configured: also its name in records. */
  name: string;
  list: BlockList;
  /** null = any port */
  port: number | null;
}

/** Throws with what is wrong and how to write it. */
export function parseTrunk(text: string): Trunk {
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

/** The first trunk that holds the socket address, never anything a header claims. */
export function trunkAt(trunks: readonly Trunk[], address: string, port: number): Trunk | null {
  const bare = address.replace(/^\[|\]$/g, '').replace(/^::ffff:(?=\d+\.)/i, '');
  const family = isIP(bare);
  if (family === 0) return null;
  return trunks.find((trunk) => (trunk.port === null || trunk.port === port) && trunk.list.check(bare, family === 4 ? 'ipv4' : 'ipv6')) ?? null;
}
