/**
 * What callers key in secretly, between the last key and the moment it is handed on. In memory alone: no event, log line, record or file ever
 * holds it, and it is forgotten with its call, or after a quarter of an hour. Told the time.
 */
import type { CallId } from '../../kernel/ids.ts';

const KEEP_MS = 900_000;
const MOST_OF_A_CALL = 16;
const MOST_CALLS = 10_000;

interface Held {
  until: number;
  secrets: Map<string, string>;
}

export class Vault {
  /** In the order in which they were last added to. */
  readonly #calls = new Map<CallId, Held>();

  keep(callId: CallId, name: string, digits: string, now: number): void {
    this.#forgetOld(now);
    const held = this.#calls.get(callId) ?? { until: 0, secrets: new Map() };
    if (held.secrets.size >= MOST_OF_A_CALL && !held.secrets.has(name)) return;
    held.until = now + KEEP_MS;
    held.secrets.set(name, digits);
    this.#calls.delete(callId);
    this.#calls.set(callId, held);
  }

  /** What is asked for, if all of it is there; the call has none afterwards either way. */
  take(callId: CallId, names: readonly string[], now: number): Record<string, string> | null {
    this.#forgetOld(now);
    const secrets = this.#calls.get(callId)?.secrets;
    this.#calls.delete(callId);
    const taken = names.map((name) => [name, secrets?.get(name)] as const);
    return taken.every(([, digits]) => digits !== undefined) ? (Object.fromEntries(taken) as Record<string, string>) : null;
  }

  forget(callId: CallId): void {
    this.#calls.delete(callId);
  }

  get size(): number {
    return this.#calls.size;
  }

  #forgetOld(now: number): void {
    for (const [callId, { until }] of this.#calls) {
      if (until > now && this.#calls.size <= MOST_CALLS) break;
      this.#calls.delete(callId);
    }
  }
}
