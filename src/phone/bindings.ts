/** Which contacts an agent's phones registered: the location table, its clock, and what the world hears of it. No SIP in here. */
import type { Clock } from '../../kernel/clock.ts';
import type { AgentId } from '../../kernel/ids.ts';
import { type PhoneWord, wordsIn } from '../call/control.ts';
import type { Event } from '../vocabulary.ts';
import { parseSipUri } from './address.ts';
import type { ContactBinding } from './event.ts';

const SWEEP_MS = 1_000;

export class Bindings {
  readonly #clock: Clock;
  readonly #take: (event: Event) => void;
  readonly #byAgent = new Map<AgentId, ContactBinding[]>();
  /** How many live bindings came from a socket address: such sources are trusted not to be shut out. */
  readonly #sources = new Map<string, number>();
  #stopSweep: (() => void) | null = null;

  constructor(clock: Clock, take: (event: Event) => void) {
    this.#clock = clock;
    this.#take = take;
  }

  start(): void {
    this.#stopSweep ??= this.#clock.every(SWEEP_MS, () => this.#sweep());
  }

  stop(): void {
    this.#stopSweep?.();
    this.#stopSweep = null;
  }

  of(agentId: AgentId): readonly ContactBinding[] {
    const now = this.#clock.now();
    return (this.#byAgent.get(agentId) ?? []).filter((binding) => binding.expiresAt > now);
  }

  /** `udp/10.0.0.7:5060` */
  isKnownSource(source: string): boolean {
    return this.#sources.has(source);
  }

  get size(): number {
    let sum = 0;
    for (const bindings of this.#byAgent.values()) sum += bindings.length;
    return sum;
  }

  /** Puts the new list in place and tells: what changed, and whether she became or ceased to be reachable. */
  replace(agentId: AgentId, bindings: ContactBinding[]): void {
    const before = this.#byAgent.get(agentId) ?? [];
    this.#store(agentId, bindings);
    if (before.length === 0 && bindings.length === 0) return;
    this.#take({ type: 'bindingsChanged', agentId, bindings });
    if (before.length === 0) this.#take({ type: 'phoneReachable', agentId });
    if (bindings.length === 0) this.#take({ type: 'phoneLost', agentId });
  }

  /** What the journal knew: nothing is told for those that still hold, and phones that expired meanwhile are lost. */
  restore(agentId: AgentId, bindings: readonly ContactBinding[]): void {
    const now = this.#clock.now();
    const live = bindings.filter((binding) => binding.expiresAt > now);
    this.#store(agentId, [...bindings]);
    if (live.length !== bindings.length) this.replace(agentId, live);
    if (live.length > 0) this.#take({ type: 'phoneReachable', agentId });
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [agentId, bindings] of this.#byAgent) {
      if (bindings.every((binding) => binding.expiresAt > now)) continue;
      this.replace(
        agentId,
        bindings.filter((binding) => binding.expiresAt > now),
      );
    }
  }

  #store(agentId: AgentId, bindings: ContactBinding[]): void {
    for (const { source } of this.#byAgent.get(agentId) ?? []) this.#count(source, -1);
    for (const { source } of bindings) this.#count(source, 1);
    if (bindings.length === 0) this.#byAgent.delete(agentId);
    else this.#byAgent.set(agentId, bindings);
  }

  #count(source: string, by: number): void {
    const count = (this.#sources.get(source) ?? 0) + by;
    if (count > 0) this.#sources.set(source, count);
    else this.#sources.delete(source);
  }
}

/** Which of her phones ring, and which do when none of those can be reached: the phone of her console comes first while she has chosen it there. */
export function inTurn<B extends Pick<ContactBinding, 'chosen'>>(bindings: readonly B[]): { first: B[]; others: B[] } {
  const chosen = bindings.filter((binding) => binding.chosen === true);
  return chosen.length === 0 ? { first: [...bindings], others: [] } : { first: chosen, others: bindings.filter((binding) => binding.chosen !== true) };
}

/** Where an INVITE for a contact goes. */
export interface Target {
  uri: string;
  /** Next hop when it is not the contact's own address. */
  proxy: string | null;
  /** Address the phone signals from, for its media's lock. */
  address: string;
  /** What it does when told to, by what it said as it registered; null = it is not told anything, whatever it says. */
  takes: readonly PhoneWord[] | null;
  /** It is a browser: its audio takes ICE and DTLS-SRTP. */
  isBrowser: boolean;
  /** Nobody else reads what it is sent (TLS): it is offered audio with keys first. */
  isPrivate: boolean;
}

/**
 * A phone behind NAT writes an address nobody can reach: over UDP, TCP and TLS the request goes back to where its REGISTER came from (RFC 3581's
 * idea). This also keeps a forged Contact from making us send to third parties. A browser's name is known to the SIP server by its connection.
 */
export function targetOf(binding: ContactBinding): Target {
  const match = /^(\w+)\/(.*):(\d+)$/.exec(binding.source);
  const [, protocol = '', host = '', port = '0'] = match ?? [];
  const address = host.replace(/^\[|\]$/g, '');
  const contact = parseSipUri(binding.uri);
  const sameHost = contact?.host.replace(/^\[|\]$/g, '') === address;
  // A connection is found by the phone's registered address, whatever port it writes.
  const direct = protocol === 'udp' ? sameHost && (contact?.port ?? 5060) === Number(port) : sameHost || !NAMES_ITS_SOURCE.has(protocol);
  return {
    uri: binding.uri,
    proxy: direct ? null : `sip:${host}:${port};transport=${protocol}`,
    address,
    takes: wordsIn(binding.allowEvents),
    isBrowser: protocol === 'ws' || protocol === 'wss',
    isPrivate: protocol === 'tls',
  };
}

const NAMES_ITS_SOURCE: ReadonlySet<string> = new Set(['udp', 'tcp', 'tls']);
