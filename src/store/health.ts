/**
 * Is Postgres there? One fault that means an outage, or three missed deadlines in a row, open the breaker: the call path then
 * gets its "don't know" at once instead of waiting 300 ms a call, and a probe looks for the server with back-off and jitter.
 *
 *   ok ──outage / 3 missed deadlines──▶ degraded ──probe answers in time and may write──▶ ok
 */
import { type Clock, within } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { backoffMs } from './backoff.ts';
import { breaksConnection } from './outage.ts';

export type StoreState = 'ok' | 'degraded';

const MISSES_TO_OPEN = 3;
const PROBE_FIRST_MS = 100;
const PROBE_MOST_MS = 3_000;
const PROBE_DEADLINE_MS = 1_000;

export class StoreHealth {
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Resolves true when the server answers and takes writes. */
  readonly #probe: () => Promise<boolean>;
  #state: StoreState = 'ok';
  #since: number;
  #missed = 0;
  #tries = 0;
  #cancelProbe: (() => void) | null = null;
  #closed = false;
  readonly #listeners = new Set<(state: StoreState) => void>();

  constructor(options: { clock: Clock; log: Logger; probe: () => Promise<boolean> }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#probe = options.probe;
    this.#since = options.clock.now();
  }

  get state(): StoreState {
    return this.#state;
  }

  /** ms since 1970 at which the present state began. */
  get since(): number {
    return this.#since;
  }

  /** Hears each change of state; returns its unsubscribe. */
  watch(listener: (state: StoreState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  answered(): void {
    this.#missed = 0;
  }

  missedDeadline(): void {
    this.#missed += 1;
    if (this.#missed >= MISSES_TO_OPEN) this.#open('deadlines missed');
  }

  /** Any error a query ended with; those that are no outage change nothing. */
  failed(error: unknown): void {
    if (breaksConnection(error)) this.#open(error instanceof Error ? error.message : 'connection lost');
  }

  close(): void {
    this.#closed = true;
    this.#cancelProbe?.();
  }

  #open(reason: string): void {
    if (this.#state === 'degraded' || this.#closed) return;
    this.#log.error({ reason }, 'store: Postgres is away; calls go on, records wait');
    this.#become('degraded');
    this.#tries = 0;
    this.#armProbe();
  }

  #armProbe(): void {
    if (this.#closed) return;
    this.#cancelProbe = this.#clock.after(backoffMs(this.#tries, PROBE_FIRST_MS, PROBE_MOST_MS), () => void this.#tryAgain());
    this.#tries += 1;
  }

  async #tryAgain(): Promise<void> {
    const usable = await within(this.#clock, PROBE_DEADLINE_MS, this.#probe(), () => new Error('probe: no answer')).catch(() => false);
    if (this.#closed) return;
    if (!usable) return this.#armProbe();
    this.#missed = 0;
    this.#log.info({ awayMs: Math.round(this.#clock.now() - this.#since) }, 'store: Postgres is back');
    this.#become('ok');
  }

  #become(state: StoreState): void {
    this.#state = state;
    this.#since = this.#clock.now();
    for (const listener of this.#listeners) listener(state);
  }
}
