/** Which hosts a phone's Contact may name. Calls go back to where it registered from (`targetOf`); this keeps nonsense and traps out of the table. */
import { BlockList, isIP } from 'node:net';

const nobodysPhone = new BlockList();
for (const [net, bits, family] of [
  ['0.0.0.0', 8, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  // Where clouds keep their metadata.
  ['169.254.0.0', 16, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
] as const)
  nobodysPhone.addSubnet(net, bits, family);

/**
 * `host` as parsed (IPv6 in brackets), `protocol` and `source` of the REGISTER. A browser knows no address of its own and writes a name under
 * `.invalid` (RFC 7118 §5); a phone behind NAT writes a private one; loopback, link-local and multicast addresses are only the sender's own.
 */
export function mayContact(host: string, protocol: string, source: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (bare === source.replace(/^\[|\]$/g, '').toLowerCase()) return true;
  if (protocol === 'ws' || protocol === 'wss') return isIP(bare) !== 0 ? !nobodysPhone.check(bare, familyOf(bare)) : bare.endsWith('.invalid');
  return isIP(bare) === 0 || !nobodysPhone.check(bare, familyOf(bare));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
