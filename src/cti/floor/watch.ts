/** Which alerts each tenant's floor has: its queues and the whole of it are looked at against their bounds, whether anybody looks at a wall or not. */
import type { QueueId, TenantId } from '../../../kernel/ids.ts';
import type { AlertBounds } from '../../acd/sections.ts';
import type { AcdView, AgentView } from '../../acd/view.ts';
import { Alerts, type NotReady, type Watched, watchedFloor, watchedQueue } from './alerts.ts';
import type { FloorAlert, FloorQueue } from './messages.ts';

/** So many looks apart it is looked for who has been not ready longest: every agent is asked. */
const NOT_READY_LOOKS = 5;

export interface AlertWatchOptions {
  acd: Pick<AcdView, 'agents' | 'queues'>;
  /** When the whole floor of the tenant calls for help. */
  bounds(tenantId: TenantId): AlertBounds;
  /** A queue as walls are told it; null: it is gone. */
  row(queueId: QueueId): FloorQueue | null;
}

interface TenantAlerts {
  alerts: Alerts;
  looks: number;
  /** By queue, and of all (''), as of the last look that asked. */
  notReady: ReadonlyMap<string, NotReady>;
}

export class AlertWatch {
  readonly #options: AlertWatchOptions;
  readonly #tenants = new Map<TenantId, TenantAlerts>();

  constructor(options: AlertWatchOptions) {
    this.#options = options;
  }

  all(tenantId: TenantId): FloorAlert[] {
    return this.#tenants.get(tenantId)?.alerts.all ?? [];
  }

  acknowledge(tenantId: TenantId, alertId: string, by: string, now: number): FloorAlert | null {
    return this.#tenants.get(tenantId)?.alerts.acknowledge(alertId, by, now) ?? null;
  }

  /** The queue is gone: ids of alerts that are over with it. */
  forget(tenantId: TenantId, queueId: QueueId): string[] {
    return this.#tenants.get(tenantId)?.alerts.forget(queueId) ?? [];
  }

  /** What changed since the last look. */
  look(tenantId: TenantId, now: number): { raised: FloorAlert[]; over: string[] } {
    const tenant = this.#tenants.get(tenantId) ?? { alerts: new Alerts(), looks: 0, notReady: new Map() };
    this.#tenants.set(tenantId, tenant);
    const changes = this.#watched(tenantId, tenant).map((watched) => tenant.alerts.look(watched, now));
    tenant.looks += 1;
    return { raised: changes.flatMap(({ raised }) => raised), over: changes.flatMap(({ over }) => over) };
  }

  /** What has a bound, or had one a moment ago. */
  #watched(tenantId: TenantId, tenant: TenantAlerts): Watched[] {
    const { acd, bounds, row } = this.#options;
    const ofFloor = bounds(tenantId);
    const raised = new Set(tenant.alerts.all.map(({ queueId }) => queueId));
    const watchesFloor = Object.keys(ofFloor).length > 0 || raised.has(null);
    const queues = acd.queues(tenantId).filter(({ queueId, configuration }) => watchesFloor || configuration.alerts !== undefined || raised.has(queueId));
    const asks = ofFloor.notReadyMs !== undefined || queues.some(({ configuration }) => configuration.alerts?.notReadyMs !== undefined);
    if (!asks) tenant.notReady = new Map();
    else if (tenant.looks % NOT_READY_LOOKS === 0) tenant.notReady = longestNotReady(acd.agents(tenantId));
    const rows = queues.flatMap(({ queueId }) => row(queueId) ?? []);
    const watched = rows.map((each) => watchedQueue(each, tenant.notReady.get(each.queueId) ?? null));
    return watchesFloor ? [watchedFloor(rows, ofFloor, tenant.notReady.get('') ?? null), ...watched] : watched;
  }
}

function longestNotReady(agents: readonly AgentView[]): Map<string, NotReady> {
  const longest = new Map<string, NotReady>();
  for (const { agentId, state, since, queues } of agents) {
    if (state !== 'not_ready') continue;
    for (const where of ['', ...queues]) if (since < (longest.get(where)?.since ?? Number.POSITIVE_INFINITY)) longest.set(where, { agentId, since });
  }
  return longest;
}
