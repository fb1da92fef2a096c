import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Protocol } from './hop.ts';

/** One bound socket that takes SIP. */
export interface Listener {
  /** `udp:0`, `tcp:1`: a hop that names it is answered through it. */
  readonly id: string;
  readonly protocol: Protocol;
  /** As bound: `0.0.0.0` and `::` are all addresses of their family. */
  readonly address: string;
  readonly port: number;
}

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';

/** The first address of that family that is not loopback; loopback when there is none. */
function firstAddress(family: 'IPv4' | 'IPv6'): string {
  for (const rows of Object.values(networkInterfaces()))
    for (const row of rows ?? []) if (row.family === family && !row.internal && !row.address.startsWith('fe80:')) return row.address;
  return family === 'IPv6' ? '::1' : '127.0.0.1';
}

/**
 * What we call a listener towards a peer: a peer on this host is told a loopback address (it can always reach that one), all others the
 * public address.
 */
export function advertised(listener: Listener, peer: string, publicAddress: string | undefined): string {
  const v6 = isIPv6(listener.address);
  if (isLoopback(peer)) return isWildcard(listener.address) ? (v6 ? '::1' : '127.0.0.1') : listener.address;
  if (publicAddress !== undefined && isIPv6(publicAddress) === v6 && !isLoopback(listener.address)) return publicAddress;
  return isWildcard(listener.address) ? firstAddress(v6 ? 'IPv6' : 'IPv4') : listener.address;
}

/** The listener best suited to reach `address`: same family, and a loopback one for a loopback peer only. */
export function choose<L extends Listener>(listeners: readonly L[], address: string): L | undefined {
  let best: L | undefined;
  let bestScore = -1;
  for (const listener of listeners) {
    if (isIPv6(listener.address) !== isIPv6(address)) continue;
    const exact = listener.address === address ? 4 : 0;
    const fits = isLoopback(listener.address) === isLoopback(address) ? 2 : 0;
    const score = exact + (isWildcard(listener.address) ? 3 : fits);
    if (score > bestScore) {
      best = listener;
      bestScore = score;
    }
  }
  return best;
}
