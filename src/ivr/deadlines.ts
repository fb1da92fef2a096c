/**
 * How long the walk waits for a rim that owes it an answer. Each kind has one fixed length, so the calls of a kind lie in the order of
 * their deadlines and the soonest is always the first: no heap, no scan.
 */
import type { CallId } from '../../kernel/ids.ts';

export type Wait = 'customer' | 'answer' | 'lookup' | 'delivery' | 'sound';

const lengthMs: Record<Wait, number> = {
  customer: 5000,
  /** Longer than SIP's own wait for an ACK (32 s, RFC 3261 Timer H), which ends the leg. */
  answer: 40_000,
  /** The carrier gives up after 2 s; this is for a carrier that is gone. */
  lookup: 5000,
  /** The carrier gives up after 20 s. */
  delivery: 25_000,
  /** Longer than any prompt with its wait for keys. */
  sound: 600_000,
};

export class Deadlines {
  readonly #kinds: Record<Wait, Map<CallId, number>> = { customer: new Map(), answer: new Map(), lookup: new Map(), delivery: new Map(), sound: new Map() };

  /** The one thing this call waits for from now on; null = nothing that must come. */
  set(callId: CallId, wait: Wait | null, now: number): void {
    for (const kind of Object.values(this.#kinds)) kind.delete(callId);
    if (wait !== null) this.#kinds[wait].set(callId, now + lengthMs[wait]);
  }

  /** What is waited for, and until when. */
  entries(): { wait: Wait; callId: CallId; until: number }[] {
    return (Object.entries(this.#kinds) as [Wait, Map<CallId, number>][]).flatMap(([wait, of]) => [...of].map(([callId, until]) => ({ wait, callId, until })));
  }

  /** Becomes what it was when they were given. */
  restore(entries: readonly { wait: Wait; callId: CallId; until: number }[]): void {
    for (const { wait, callId, until } of entries) this.#kinds[wait].set(callId, until);
  }

  soonest(): number | null {
    let least: number | null = null;
    for (const kind of Object.values(this.#kinds)) {
      const first = kind.values().next();
      if (first.done !== true && (least === null || first.value < least)) least = first.value;
    }
    return least;
  }

  /** Calls whose wait is over, and forgets them. */
  takeExpired(now: number): CallId[] {
    const expired: CallId[] = [];
    for (const kind of Object.values(this.#kinds)) {
      for (const [callId, until] of kind) {
        if (until > now) break;
        expired.push(callId);
      }
      for (const callId of expired) kind.delete(callId);
    }
    return expired;
  }

  clear(): void {
    for (const kind of Object.values(this.#kinds)) kind.clear();
  }
}
