/**
 * One press is one digit, though it may reach us in up to three ways: as telephone-events, as tones in the audio, and by signalling (SIP INFO).
 *
 *     a report of a key, by a way        │ the oldest press of that key, of the last 500 ms, not yet reported by that way
 *     ───────────────────────────────────┼──────────────────────────────────────────────────────────────────────────────
 *     there is one                       │ the same press: nothing is told
 *     there is none                      │ a new press: told
 *
 * So a way never swallows its own repetitions (each way already makes one report of one press), and a way that is late by
 * less than the window finds its press even when the same key was pressed again meanwhile.
 */

export type Way = 'event' | 'tone' | 'signalling';

/** INFO is sent when the key is let go, tones are found 30 ms in: what comes later than this is another press. */
export const SAME_PRESS_MS = 500;
/** Keys beyond this many in any one second are not taken: nobody presses so fast, and a flood must not reach the application. */
export const MOST_KEYS_A_SECOND = 20;

export interface Press {
  key: string;
  atMs: number;
  ways: Set<Way>;
}

export class KeyMerge {
  /** Oldest first; never more than a second holds. */
  #presses: Press[] = [];

  get presses(): readonly Press[] {
    return this.#presses;
  }

  resume(presses: readonly Press[]): void {
    this.#presses = [...presses];
  }

  /** true = a new press. */
  heard(key: string, way: Way, nowMs: number): boolean {
    while (this.#presses[0] !== undefined && nowMs - this.#presses[0].atMs >= 1000) this.#presses.shift();
    const known = this.#presses.find((press) => press.key === key && nowMs - press.atMs < SAME_PRESS_MS && !press.ways.has(way));
    if (known !== undefined) {
      known.ways.add(way);
      return false;
    }
    if (this.#presses.length >= MOST_KEYS_A_SECOND) return false;
    this.#presses.push({ key, atMs: nowMs, ways: new Set([way]) });
    return true;
  }
}
