/**
 * Watches the routing core's invariants in production: every few seconds a bounded sample, counted for /metrics, logged as an alarm
 * where one is broken. What can be healed is told to the core as an event, which the journal has, so that replay sees it too.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { LegId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { Acd } from '../acd/acd.ts';
import type { Breach, Lease } from '../acd/inspection/inspect.ts';
import type { CallsView } from '../call/call.ts';
import type { Event } from '../vocabulary.ts';

const EACH_MS = 5_000;
/** Agents, and lines, in one look: well below a millisecond's work. */
const SAMPLE = 500;
/** So long a leg must have been gone before its agent is let go: its end may be on its way. */
const GONE_MS = 10_000;
const MOST_SUSPECTS = 10_000;
/** The same breach is logged again after so long. */
const SAID_AGAIN_MS = 60_000;
const MOST_SAID = 1_000;

export interface WatchCounts {
  looks: number;
  breaches: Record<Breach['invariant'], number>;
  /** Agents let go of legs that no longer existed, and timers fired that had been lost. */
  healed: number;
}

export interface WatchOptions {
  acd: Pick<Acd, 'inspect' | 'isHeld'>;
  calls: CallsView;
  clock: Clock;
  log: Logger;
  take: (event: Event) => void;
}

export class InvariantWatch {
  readonly counts: WatchCounts = { looks: 0, breaches: { INV1: 0, INV2: 0, INV6: 0, INV7: 0 }, healed: 0 };
  readonly #options: WatchOptions;
  /** Legs that hold an agent and are not there, with since when. */
  readonly #suspects = new Map<LegId, Lease & { since: number }>();
  readonly #said = new Map<string, number>();
  readonly #stop: () => void;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#stop = options.clock.every(EACH_MS, () => this.look());
  }

  look(): void {
    const { acd, clock, take } = this.#options;
    const now = clock.now();
    const { breaches, leases, overdue } = acd.inspect(now, SAMPLE);
    this.counts.looks += 1;
    for (const breach of breaches) this.#tell(breach, now);
    if (overdue) {
      this.counts.healed += 1;
      take({ type: 'timePassed' });
    }
    for (const lease of leases) this.#suspect(lease, now);
    for (const lease of [...this.#suspects.values()]) this.#heal(lease, now);
  }

  close(): void {
    this.#stop();
  }

  #suspect(lease: Lease, now: number): void {
    if (this.#isThere(lease) || this.#suspects.has(lease.legId) || this.#suspects.size >= MOST_SUSPECTS) return;
    this.#suspects.set(lease.legId, { ...lease, since: now });
  }

  #heal({ agentId, callId, legId, since }: Lease & { since: number }, now: number): void {
    // An offer that came to nothing holds her for a moment more: she may long have another.
    if (this.#isThere({ agentId, callId, legId }) || !this.#options.acd.isHeld({ agentId, callId, legId })) this.#suspects.delete(legId);
    else if (now - since >= GONE_MS) {
      this.#suspects.delete(legId);
      this.counts.healed += 1;
      this.#tell({ invariant: 'INV6', what: 'she is held by a leg that does not exist, and is let go', agentId, callId }, now);
      this.#options.take({ type: 'leaseExpired', agentId, legId });
    }
  }

  #isThere({ callId, legId }: Lease): boolean {
    const leg = this.#options.calls.get(callId)?.legs.get(legId);
    return leg !== undefined && leg.progress.state !== 'ended';
  }

  #tell(breach: Breach, now: number): void {
    this.counts.breaches[breach.invariant] += 1;
    const key = `${breach.invariant} ${breach.what} ${breach.agentId ?? ''}`;
    if (now - (this.#said.get(key) ?? Number.NEGATIVE_INFINITY) < SAID_AGAIN_MS) return;
    if (this.#said.size >= MOST_SAID) this.#said.clear();
    this.#said.set(key, now);
    this.#options.log.error({ ...breach }, 'ALARM: an invariant of the routing core is broken');
  }
}
