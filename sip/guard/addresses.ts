/** IP addresses as numbers: lists of networks, and the network a source counts for. Pure: no look-ups. */

interface Address {
  bits: 32 | 128;
  value: bigint;
}

/** `192.0.2.7`, `2001:db8::7`, `::ffff:192.0.2.7` (which is the IPv4 address); undefined for anything else. A zone id is not looked at. */
function parseAddress(text: string): Address | undefined {
  const bare = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  if (mapped !== null) return parseIpv4(mapped[1] ?? '');
  return bare.includes(':') ? parseIpv6(bare) : parseIpv4(bare);
}

function parseIpv4(text: string): Address | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return { bits: 32, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
}

function parseIpv6(text: string): Address | undefined {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const low = tail === null ? undefined : parseIpv4(tail[2] ?? '')?.value;
  if (tail !== null && low === undefined) return undefined;
  const whole = low === undefined ? text : `${tail?.[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  const halves = whole.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], end = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - end.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: halves.length === 1 ? 0 : missing }, () => '0'), ...end];
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return { bits: 128, value: groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n) };
}

/** A network of trusted addresses; `port` undefined: any. */
export interface TrustedNetwork {
  bits: 32 | 128;
  prefix: number;
  network: bigint;
  port: number | undefined;
}

/** `address[/prefix][:port]`, IPv6 in brackets or bare without a port: as the application reads TRUSTED_TRUNKS. A fault as text. */
export function parseTrustedNetwork(text: string): TrustedNetwork | string {
  const match = /^(?:\[([^\]]+)\]|([^/:]+)|([0-9a-f:.]*:[0-9a-f:.]*))(?:\/(\d{1,3}))?(?::(\d{1,5}))?$/i.exec(text.trim());
  const address = parseAddress(match?.[1] ?? match?.[2] ?? match?.[3] ?? '');
  if (match === null || address === undefined) return `"${text}": give an IP address, as address[/prefix][:port]`;
  const prefix = match[4] === undefined ? address.bits : Number(match[4]);
  const port = match[5] === undefined ? undefined : Number(match[5]);
  if (prefix > address.bits) return `"${text}": the prefix may be 0 to ${address.bits}`;
  if (port !== undefined && (port < 1 || port > 65_535)) return `"${text}": the port may be 1 to 65535`;
  return { bits: address.bits, prefix, network: cut(address, prefix), port };
}

const cut = ({ bits, value }: Address, prefix: number): bigint => value >> BigInt(bits - prefix);

export function isWithin(networks: readonly TrustedNetwork[], text: string, port: number): boolean {
  if (networks.length === 0) return false;
  const address = parseAddress(text);
  if (address === undefined) return false;
  return networks.some((each) => each.bits === address.bits && (each.port === undefined || each.port === port) && cut(address, each.prefix) === each.network);
}

/** What one subscriber or one rack commonly holds: the /24 of an IPv4 address, the /64 of an IPv6 one. */
export function networkOf(text: string): string {
  if (!text.includes(':')) return text.slice(0, text.lastIndexOf('.'));
  const address = parseAddress(text);
  if (address === undefined) return text;
  return address.bits === 32 ? networkOf(text.slice(text.lastIndexOf(':') + 1)) : cut(address, 64).toString(16);
}
