/** Proves the audit trail of every tenant while the house is open: what is new each minute, all of it once a day. */
import type { Clock } from '../../kernel/clock.ts';
import type { TenantId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import { auditedTenants } from '../store/audit-chain.ts';
import type { Store } from '../store/store.ts';
import { type Breach, type ChainHead, emptyChain } from './chain.ts';
import { AuditNotes } from './notes.ts';
import { proveChain } from './prove.ts';

const EACH_MS = 60_000;
const WHOLE_EACH_MS = 86_400_000;
const BROKEN = 'ALARM: the audit trail was changed behind our back';

export interface AuditStanding {
  /** Proved up to here. */
  head: ChainHead;
  /** ms since 1970; null = not looked at yet. */
  provedAt: number | null;
  breach: Breach | null;
}
interface Watched extends AuditStanding {
  wholeAt: number;
}

export class AuditWatch {
  readonly #parts: { store: Pick<Store, 'db'>; clock: Clock; log: Logger };
  readonly #notes: AuditNotes;
  readonly #watched = new Map<TenantId, Watched>();
  readonly #stop: () => void;
  #running: Promise<void> | null = null;

  constructor({ dataDir, ...parts }: { store: Pick<Store, 'db'>; clock: Clock; log: Logger; dataDir: string }) {
    this.#parts = parts;
    this.#notes = new AuditNotes(dataDir);
    this.#stop = parts.clock.every(EACH_MS, () => void this.look());
    void this.look();
  }

  standing(tenantId: TenantId): AuditStanding {
    return this.#watched.get(tenantId) ?? { head: emptyChain, provedAt: null, breach: null };
  }

  /** Of all tenants. */
  get broken(): number {
    return [...this.#watched.values()].filter(({ breach }) => breach !== null).length;
  }

  /** One turn at a time; who asks during one gets its end. */
  look(): Promise<void> {
    this.#running ??= this.#turn()
      .catch((error: unknown) => this.#parts.log.warn({ err: error }, 'audit: not proved now: again in a minute'))
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#running;
  }

  async #turn(): Promise<void> {
    for (const tenantId of await auditedTenants(this.#parts.store.db)) await this.#prove(tenantId);
  }

  async #prove(tenantId: TenantId): Promise<void> {
    const { store, clock, log } = this.#parts;
    const now = clock.now();
    const known = this.#watched.get(tenantId);
    const whole = known === undefined || known.breach !== null || now - known.wholeAt >= WHOLE_EACH_MS;
    const { head, breach } = await proveChain(store, tenantId, whole ? emptyChain : known.head, this.#notes.of(tenantId));
    if (breach === null) this.#notes.note(tenantId, head);
    else if (known?.breach?.seq !== breach.seq) log.error({ ...breach, tenant: tenantId }, BROKEN);
    this.#watched.set(tenantId, { head, breach, provedAt: now, wholeAt: whole ? now : known.wholeAt });
  }
}
