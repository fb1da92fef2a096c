import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../kernel/clock.ts';
import type { Listener } from './listener.ts';

/** Interfaces come and go; asking for them costs a system call. */
const LOOK_MS = 10_000;

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';

export interface AddressOptions {
  /** What the world is told. */
  readonly publicAddress: string | undefined;
  /** `10.0.0.0/8`, `fd00::/8`: peers in there reach us by our own addresses. */
  readonly localNets: readonly string[];
}

/** `10.0.0.0/8` in parts; undefined when it is none. A bare address is a net of one. */
export function parseNet(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', said, ...more] = text.split('/');
  const octets = addressBytes(address);
  const widest = octets.length * 8;
  const prefix = said === undefined ? widest : /^\d{1,3}$/.test(said) ? Number(said) : Number.NaN;
  if (octets.length === 0 || more.length > 0 || !(prefix <= widest)) return undefined;
  return { address, prefix, family: isIPv6(address) ? 'ipv6' : 'ipv4' };
}

/** What we call our listeners, and which of them suits a peer. */
export class Addresses {
  readonly #publicAddress: string | undefined;
  readonly #local = new BlockList();
  readonly #clock: Clock;
  #own: readonly string[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor({ publicAddress, localNets }: AddressOptions, clock: Clock) {
    this.#publicAddress = publicAddress;
    this.#clock = clock;
    for (const text of localNets) {
      const net = parseNet(text);
      if (net !== undefined) this.#local.addSubnet(net.address, net.prefix, net.family);
    }
  }

  /**
   * A peer on this host is told a loopback address (it can always reach that one), one of the local nets the address nearest to it, all others the
   * public address.
   */
  advertised(listener: Pick<Listener, 'address'>, peer: string): string {
    const v6 = isIPv6(listener.address);
    if (isLoopback(peer)) return isWildcard(listener.address) ? (v6 ? '::1' : '127.0.0.1') : listener.address;
    const isLocal = this.#local.check(peer, isIPv6(peer) ? 'ipv6' : 'ipv4');
    if (!isLocal && this.#publicAddress !== undefined && isIPv6(this.#publicAddress) === v6 && !isLoopback(listener.address)) return this.#publicAddress;
    return isWildcard(listener.address) ? this.#nearest(v6, peer) : listener.address;
  }

  /** As bound: what is told to who asks for local addresses. */
  bound(listener: Pick<Listener, 'address'>): string {
    return isWildcard(listener.address) ? this.#nearest(isIPv6(listener.address), '') : listener.address;
  }

  /** The listener best suited to reach `peer`: same family; its very address; the one that shares most leading bits; a loopback one for loopback alone. */
  choose<L extends Listener>(listeners: readonly L[], peer: string): L | undefined {
    let best: L | undefined;
    let bestScore = -1;
    for (const listener of listeners) {
      if (isIPv6(listener.address) !== isIPv6(peer)) continue;
      const score = isWildcard(listener.address) ? ANY_SCORE : isLoopback(listener.address) === isLoopback(peer) ? sharedBits(listener.address, peer) + 1 : 0;
      if (score > bestScore) {
        best = listener;
        bestScore = score;
      }
    }
    return best;
  }

  #nearest(v6: boolean, peer: string): string {
    if (this.#clock.now() - this.#lookedAt > LOOK_MS) {
      this.#lookedAt = this.#clock.now();
      this.#own = ownAddresses();
    }
    let best: string | undefined;
    for (const address of this.#own) if (isIPv6(address) === v6 && (best === undefined || sharedBits(address, peer) > sharedBits(best, peer))) best = address;
    return best ?? (v6 ? '::1' : '127.0.0.1');
  }
}

/** A socket of all addresses: better than one of another net, not as good as one that shares eight bits. */
const ANY_SCORE = 8;

/** Of this host, but loopback and those that mean something on one cable only. */
function ownAddresses(): string[] {
  const rows = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return rows.filter((row) => !row.internal && !row.address.startsWith('fe80:')).map((row) => row.address);
}

/** Leading bits that two addresses of one family have in common. */
export function sharedBits(a: string, b: string): number {
  const [left, right] = [addressBytes(a), addressBytes(b)];
  if (left.length !== right.length) return 0;
  const at = left.findIndex((byte, n) => byte !== right[n]);
  if (at < 0) return left.length * 8;
  return at * 8 + Math.clz32((left[at] ?? 0) ^ (right[at] ?? 0)) - 24;
}

/** 4 or 16 bytes; none when it is no address. */
export function addressBytes(address: string): number[] {
  if (!address.includes(':')) {
    const parts = address.split('.');
    return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256) ? parts.map(Number) : [];
  }
  if (!isIPv6(address)) return [];
  const bare = address.split('%')[0] ?? '';
  const [head = '', tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [front, back] = [groups(head), groups(tail ?? '')];
  const all = tail === undefined ? front : [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return all.flatMap((group) => [group >> 8, group & 0xff]);
}
