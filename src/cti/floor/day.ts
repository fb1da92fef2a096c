/**
 * The day's figures of queues for walls and alerts. They are counted by the ledger alone, as reports are, and asked of it every few seconds for
 * tenants whose queues somebody looks at; in between the last ones stand.
 */
import type { Clock } from '../../../kernel/clock.ts';
import type { QueueId, TenantId } from '../../../kernel/ids.ts';
import type { FloorQueue } from './messages.ts';
import { tenantOf } from './rows.ts';

export type DayOfQueues = ReadonlyMap<QueueId, NonNullable<FloorQueue['today']>>;

const EVERY_MS = 5_000;
/** Nobody has asked for so long: nobody looks. */
const UNASKED_MS = 15_000;

interface TenantDay {
  askedAt: number;
  asking: boolean;
  /** null = not known (yet, or while the database is away). */
  queues: DayOfQueues | null;
}

export class DayFigures {
  readonly #clock: Clock;
  readonly #ask: (tenantId: TenantId) => Promise<DayOfQueues | null>;
  readonly #days = new Map<TenantId, TenantDay>();
  readonly #stop: () => void;

  /** `ask` rejects, or says null, where the figures cannot be told. */
  constructor(clock: Clock, ask: (tenantId: TenantId) => Promise<DayOfQueues | null>) {
    this.#clock = clock;
    this.#ask = ask;
    this.#stop = clock.every(EVERY_MS, () => this.#refresh());
  }

  of(queueId: QueueId): FloorQueue['today'] {
    const tenantId = tenantOf(queueId);
    const day = this.#days.get(tenantId) ?? { askedAt: 0, asking: false, queues: null };
    day.askedAt = this.#clock.now();
    if (!this.#days.has(tenantId)) {
      this.#days.set(tenantId, day);
      void this.#read(tenantId, day);
    }
    return day.queues?.get(queueId) ?? null;
  }

  close(): void {
    this.#stop();
  }

  #refresh(): void {
    const now = this.#clock.now();
    for (const [tenantId, day] of this.#days) {
      if (now - day.askedAt > UNASKED_MS) this.#days.delete(tenantId);
      else if (!day.asking) void this.#read(tenantId, day);
    }
  }

  async #read(tenantId: TenantId, day: TenantDay): Promise<void> {
    day.asking = true;
    day.queues = await this.#ask(tenantId).catch(() => null);
    day.asking = false;
  }
}
