/** Wrong passwords, counted per user name for a minute. Pure but for its own map: told the time. */
const MOST_WRONG = 5;
const WINDOW_MS = 60_000;
/** Names tried at once; a guesser who tries more names than this pushes out the oldest. */
const MOST_NAMES = 10_000;

export class SignInThrottle {
  readonly #names = new Map<string, number[]>();

  /** ms until the next try is allowed; 0 = now. */
  waitMs(name: string, now: number): number {
    const wrong = this.#recent(name, now);
    const first = wrong[wrong.length - MOST_WRONG];
    return first === undefined ? 0 : first + WINDOW_MS - now;
  }

  /** Booked before the password is looked at, so that tries at the same time count too. */
  tried(name: string, now: number): void {
    const wrong = [...this.#recent(name, now), now].slice(-MOST_WRONG);
    this.#names.delete(name);
    if (this.#names.size >= MOST_NAMES) for (const oldest of this.#names.keys()) if (this.#names.delete(oldest)) break;
    this.#names.set(name, wrong);
  }

  succeeded(name: string): void {
    this.#names.delete(name);
  }

  #recent(name: string, now: number): number[] {
    return (this.#names.get(name) ?? []).filter((at) => at > now - WINDOW_MS);
  }
}
