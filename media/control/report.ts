/** How the process is doing, for whoever chooses among several media servers. */
import type { Clock } from '../../kernel/clock.ts';
import type { ServerReport } from '../port.ts';
import type { WorkerPool } from '../worker/pool.ts';

export class Reporter {
  readonly #clock: Clock;
  readonly #pool: WorkerPool;
  #cpu = process.cpuUsage();
  #sinceMs: number;

  constructor(clock: Clock, pool: WorkerPool) {
    this.#clock = clock;
    this.#pool = pool;
    this.#sinceMs = clock.now();
  }

  report(endpoints: number, draining: boolean): Omit<ServerReport, 'moved'> {
    const workers = this.#pool.size;
    const lagMs = Math.max(...Array.from({ length: workers }, (_, worker) => this.#pool.stateOf(worker).lagMs));
    return { endpoints, workers, lagMs: Math.round(lagMs), cpuPercent: this.#cpuSince(this.#clock.now()), draining };
  }

  #cpuSince(nowMs: number): number {
    const { user, system } = process.cpuUsage(this.#cpu);
    const elapsedMs = Math.max(1, nowMs - this.#sinceMs);
    this.#cpu = process.cpuUsage();
    this.#sinceMs = nowMs;
    return Math.round((user + system) / 10 / elapsedMs);
  }
}
