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

  endAll(now: number): void {
    for (const call of [...this.#live.values()]) this.end(call, now);
  }
}
