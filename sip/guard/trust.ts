import type { Hop } from '../transport/hop.ts';
import { isWithin, type TrustedNetwork } from './addresses.ts';
import { BoundedTable } from './table.ts';

/**
 * `trunk`: an address we were told to trust, or a registrar that took our REGISTER. `flow`: a socket address or connection over which somebody
 * proved who he is. `stranger`: everybody else.
 */
export type TrustClass = 'trunk' | 'flow' | 'stranger';

const MOST_FLOWS = 100_000;
const MOST_PEERS = 10_000;
const MOST_KNOWN_ADDRESSES = 10_000;
/** Whom an application called may answer, and speak of the call, for so long after our last request to him. */
const DIALLED_MS = 3_600_000;

/** Who is who, by socket address alone: nothing that a header claims. */
export class Trust {
  /** Without anybody to trust nobody can be told from anybody: all are served alike. */
  readonly isOn: boolean;
  readonly #configured: readonly TrustedNetwork[];
  #told: readonly TrustedNetwork[] = [];
  /** Whether an address and port are on a list: looked up once. */
  readonly #listed = new BoundedTable<boolean>(MOST_KNOWN_ADDRESSES);
  readonly #flows = new BoundedTable<number>(MOST_FLOWS);
  readonly #registrars = new BoundedTable<number>(MOST_PEERS);
  readonly #dialled = new BoundedTable<number>(MOST_PEERS);

  constructor(isOn: boolean, networks: readonly TrustedNetwork[]) {
    this.isOn = isOn;
    this.#configured = networks;
  }

  get flows(): number {
    return this.#flows.size;
  }

  /** Trunks that an application knows of beside the configured ones, in place of those it told before. */
  tell(networks: readonly TrustedNetwork[]): void {
    this.#told = networks;
    this.#listed.sweep(() => true);
  }

  classOf(source: Hop, now: number): TrustClass {
    if (!this.isOn || this.isListed(source) || (this.#registrars.peek(source.address) ?? 0) > now) return 'trunk';
    return this.isFlow(source, now) ? 'flow' : 'stranger';
  }

  isListed({ address, port }: Hop): boolean {
    if (this.#configured.length + this.#told.length === 0) return false;
    const key = `${address} ${port}`;
    let listed = this.#listed.touch(key);
    if (listed === undefined) {
      listed = isWithin(this.#configured, address, port) || isWithin(this.#told, address, port);
      this.#listed.set(key, listed);
    }
    return listed;
  }

  isFlow(source: Hop, now: number): boolean {
    if (this.#flows.size === 0) return false;
    const key = flowKey(source);
    const until = this.#flows.touch(key);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#flows.delete(key);
    return false;
  }
  /** It proved itself: known until then, or for longer where it was already. */
  believe(source: Hop, until: number): void {
    const key = flowKey(source);
    this.#flows.set(key, Math.max(until, this.#flows.peek(key) ?? 0));
  }
  forget(source: Hop): void {
    this.#flows.delete(flowKey(source));
  }

  registeredAt(address: string, until: number): void {
    this.#registrars.set(address, until);
  }

  dial(address: string, now: number): void {
    if (this.isOn) this.#dialled.set(address, now + DIALLED_MS);
  }
  isDialled(address: string, now: number): boolean {
    return (this.#dialled.peek(address) ?? 0) > now;
  }

  sweep(now: number): void {
    for (const table of [this.#flows, this.#registrars, this.#dialled]) table.sweep((until) => until <= now);
  }
}

/** Over UDP the source's address and port, over a stream its connection. */
export const flowKey = ({ protocol, address, port, flow }: Hop): string => (protocol === 'udp' || flow === undefined ? `${address} ${port}` : flow);
