import type { Clock } from '../../kernel/clock.ts';
import { Buckets } from '../guard/buckets.ts';
import { bindingRequestIn, bindingResponse, isBareKeepAlive, isStun } from './stun.ts';

/**
 * An answer (32 bytes, 44 over IPv6) is longer than its request (20), and anybody can write another's address on a datagram: no address gets more than a
 * floor of phones behind it needs.
 */
const OF_ONE_ADDRESS = { perSecond: 100, burst: 200 };
const OF_ALL = { perSecond: 2_000, burst: 4_000 };
const MOST_ADDRESSES = 10_000;

/** What phones send to the UDP port to keep their NAT open. It is no SIP: it is neither parsed nor held against who sends it. */
export class KeepAlives {
  readonly #addresses = new Buckets(OF_ONE_ADDRESS, MOST_ADDRESSES);
  readonly #all = new Buckets(OF_ALL, 1);
  readonly #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it was one. `answer` is called when one is due. */
  take(bytes: Buffer, address: string, port: number, answer: (bytes: Buffer) => void): boolean {
    if (isBareKeepAlive(bytes)) return true;
    if (!isStun(bytes)) return false;
    const asked = bindingRequestIn(bytes);
    const now = this.#clock.now();
    if (asked !== undefined && this.#addresses.take(address, now) && this.#all.take('', now)) answer(bindingResponse(asked, address, port));
    return true;
  }
}
