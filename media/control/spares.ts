/**
 * RTP ports that workers have bound before anybody asks: who opens an endpoint is told its port at once, and the worker hears of the endpoint while the
 * offer is on its way already. An agent's next call rings sooner by that wait. IPv4 alone: what we offer is offered there.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { WorkerPool } from '../worker/pool.ts';
import type { PortPool } from './ports.ts';

export const SPARES_A_WORKER = 8;
/** With fewer free, ports are for endpoints alone. */
export const LEAST_FREE = 256;

export class SparePorts {
  readonly #pool: Pick<WorkerPool, 'order'>;
  readonly #ports: PortPool;
  readonly #clock: Clock;
  readonly #host: string;
  /** By worker. */
  readonly #ready: number[][];
  readonly #coming: number[];

  constructor(pool: Pick<WorkerPool, 'order'>, ports: PortPool, clock: Clock, host: string, workers: number) {
    this.#pool = pool;
    this.#ports = ports;
    this.#clock = clock;
    this.#host = host;
    this.#ready = Array.from({ length: workers }, () => []);
    this.#coming = Array.from({ length: workers }, () => 0);
  }

  /** null = the worker has none ready; it prepares some for the next. */
  take(worker: number): number | null {
    const port = this.#ready[worker]?.shift() ?? null;
    this.#refill(worker);
    return port;
  }

  /** Lets one go, for an endpoint of another worker; false = there is none. */
  async release(): Promise<boolean> {
    const worker = this.#ready.findIndex((ports) => ports.length > 0);
    const port = this.#ready[worker]?.shift();
    if (port === undefined) return false;
    await this.#pool.order(worker, 'discard', { port });
    this.#ports.putBack(port);
    return true;
  }

  /** Its sockets went with it. */
  workerLost(worker: number): void {
    for (const port of this.#ready[worker]?.splice(0) ?? []) this.#ports.putBack(port);
  }

  #refill(worker: number): void {
    const ready = this.#ready[worker];
    if (ready === undefined) return;
    while (ready.length + (this.#coming[worker] ?? 0) < SPARES_A_WORKER) {
      const port = this.#ports.free > LEAST_FREE ? this.#ports.take(this.#clock.now()) : null;
      if (port === null) return;
      this.#coming[worker] = (this.#coming[worker] ?? 0) + 1;
      this.#prepare(worker, port).then((isBound) => {
        this.#coming[worker] = (this.#coming[worker] ?? 1) - 1;
        if (isBound) ready.push(port);
        else this.#ports.giveBack(port, this.#clock.now());
      });
    }
  }

  /** false = another program holds it, or the worker died. */
  async #prepare(worker: number, port: number): Promise<boolean> {
    try {
      const { taken } = await this.#pool.order(worker, 'prepare', { family: 4, host: this.#host, port });
      return !taken;
    } catch {
      return false;
    }
  }
}
