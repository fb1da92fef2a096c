/** Which addresses audio may be sent to. */
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** The one spelling of an address, as the sockets report it; v4-mapped IPv6 becomes IPv4. Anything that is no address stays as it is. */
export function canonicalAddress(address: string): string {
  const bare = address.replace(/^\[|\]$/g, '');
  const mapped = /^::ffff:([0-9.]+)$/i.exec(bare)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  return isIPv6(bare) ? new SocketAddress({ address: bare, family: 'ipv6' }).address : bare;
}

/** Why no packet may ever go there; null = it may. Broadcast and multicast would multiply what we send. */
export function refusedTarget(address: string, port: number): string | null {
  if (port < 1 || port > 65_535) return 'the port is out of range';
  if (isIPv4(address)) {
    const first = Number(address.split('.')[0]);
    if (address === '255.255.255.255') return 'the address is broadcast';
    if (first >= 224) return 'the address is multicast or reserved';
    if (first === 0) return 'the address names no host';
    return null;
  }
  if (/^ff/i.test(address)) return 'the address is multicast';
  return null;
}
