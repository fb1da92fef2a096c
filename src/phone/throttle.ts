/** Counts failures (wrong passwords, calls asked for in vain) per source address or per name, a minute at a time, in a bounded table (the longest silent source is forgotten first). */

const WINDOW_MS = 60_000;

export class FailureThrottle {
  readonly #mostFailures: number;
  readonly #mostSources: number;
  readonly #sources = new Map<string, { since: number; failures: number }>();

  constructor(mostFailures = 20, mostSources = 10_000) {
    this.#mostFailures = mostFailures;
    this.#mostSources = mostSources;
  }

  blocks(source: string, now: number): boolean {
    const row = this.#sources.get(source);
    return row !== undefined && now - row.since < WINDOW_MS && row.failures >= this.#mostFailures;
  }

  /** It proved who it is. */
  forgive(source: string): void {
    this.#sources.delete(source);
  }

  /** true: this one was the last before it is blocked. */
  failed(source: string, now: number): boolean {
    const row = this.#sources.get(source);
    const next = row !== undefined && now - row.since < WINDOW_MS ? { since: row.since, failures: row.failures + 1 } : { since: now, failures: 1 };
    this.#sources.delete(source);
    this.#sources.set(source, next);
    const oldest = this.#sources.size > this.#mostSources ? this.#sources.keys().next().value : undefined;
    if (oldest !== undefined) this.#sources.delete(oldest);
    return next.failures === this.#mostFailures;
  }
}
