/** The calls there are: live ones, and for a while those that ended, for the desk that is still wrapping up. */
import type { CallId } from '../../kernel/ids.ts';
import type { Call, CallsView } from './call.ts';

const KEEP_ENDED_MS = 300_000;
const MOST_ENDED_KEPT = 5_000;

export class Calls implements CallsView {
  readonly #live = new Map<CallId, Call>();
  /** In the order of their end. */
  readonly #ended = new Map<CallId, Call>();
  /** Live calls whose recordings are paused. */
  readonly paused = new Set<Call>();

  get(callId: CallId): Call | undefined {
    return this.#live.get(callId) ?? this.#ended.get(callId);
  }

  live(callId: CallId): Call | undefined {
    return this.#live.get(callId);
  }

  values(): IterableIterator<Call> {
    return this.#live.values();
  }

  get size(): number {
    return this.#live.size;
  }

  add(call: Call): void {
    this.#live.set(call.callId, call);
  }

  end(call: Call, now: number): void {
    call.endedAt = now;
    this.#live.delete(call.callId);
    this.paused.delete(call);
    this.#ended.set(call.callId, call);
    for (const [callId, old] of this.#ended) {
      if (this.#ended.size <= MOST_ENDED_KEPT && (old.endedAt ?? 0) > now - KEEP_ENDED_MS) break;
      this.#ended.delete(callId);
    }
  }

  /** Live ones, and of those that ended lately the ones that are asked for, each in its order. */
  all(wanted: ReadonlySet<CallId>): { live: Call[]; ended: Call[] } {
    return { live: [...this.#live.values()], ended: [...this.#ended.values()].filter(({ callId }) => wanted.has(callId)) };
  }

  /** Becomes what it was when they were given. */
  restore({ live, ended }: { live: readonly Call[]; ended: readonly Call[] }): void {
    for (const call of live) this.#live.set(call.callId, call);
    for (const call of ended) this.#ended.set(call.callId, call);
    for (const call of live) if (call.pauses.size > 0) this.paused.add(call);
  }

  endAll(now: number): void {
    for (const call of [...this.#live.values()]) this.end(call, now);
  }
}
