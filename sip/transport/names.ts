import { type Clock, within } from '../../kernel/clock.ts';
import type { Answer } from './dns.ts';

/** What DNS tells no TTL of, and what it says is not there. */
const USUAL_TTL_MS = 60_000;
const ABSENT_TTL_MS = 30_000;
const LEAST_TTL_MS = 5_000;
const MOST_TTL_MS = 3_600_000;
/** J3: while DNS is away, what it said within the last hour still serves. */
const STALE_MS = 3_600_000;
const LONGEST_MS = 4_000;
/** A call does not wait longer than this for a fresh answer when there is an old one. */
const PATIENCE_MS = 300;
const MOST_ENTRIES = 4_000;

interface Entry {
  readonly records: readonly unknown[];
  readonly freshUntil: number;
  readonly staleUntil: number;
}

/** What DNS has said: fresh for its TTL, stale for an hour when it is away or slow. */
export class Names {
  readonly #clock: Clock;
  readonly #known = new Map<string, Entry>();
  readonly #asked = new Map<string, Promise<readonly unknown[]>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `key` names question and kind. Rejects when DNS says nothing and never did within the hour. */
  async ask<T>(key: string, ask: () => Promise<Answer<T>>): Promise<readonly T[]> {
    const known = this.#known.get(key);
    const now = this.#clock.now();
    if (known !== undefined && known.freshUntil > now) return known.records as readonly T[];
    const fresh = this.#fetch(key, ask);
    if (known === undefined || known.staleUntil <= now) return fresh as Promise<readonly T[]>;
    const stale = (): readonly unknown[] => known.records;
    return within(this.#clock, PATIENCE_MS, fresh, () => new Error('DNS is slow')).catch(stale) as Promise<readonly T[]>;
  }

  #fetch<T>(key: string, ask: () => Promise<Answer<T>>): Promise<readonly unknown[]> {
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const answer = within(this.#clock, LONGEST_MS, ask(), () => new Error('DNS is silent'))
      .then((found) => this.#keep(key, found))
      .finally(() => this.#asked.delete(key));
    this.#asked.set(key, answer);
    // Whoever asked may have gone on with an old answer.
    answer.catch(() => undefined);
    return answer;
  }

  #keep<T>(key: string, { records, ttlSeconds }: Answer<T>): readonly T[] {
    const now = this.#clock.now();
    const told = records.length === 0 ? ABSENT_TTL_MS : ttlSeconds === undefined ? USUAL_TTL_MS : ttlSeconds * 1_000;
    const freshUntil = now + Math.min(MOST_TTL_MS, Math.max(LEAST_TTL_MS, told));
    this.#known.delete(key);
    // The one that was not renewed for longest goes first.
    if (this.#known.size >= MOST_ENTRIES) for (const oldest of [...this.#known.keys()].slice(0, 1)) this.#known.delete(oldest);
    this.#known.set(key, { records, freshUntil, staleUntil: freshUntil + STALE_MS });
    return records;
  }
}
