/** The application's figures for Prometheus. No label holds a number, a name or a call: there are too many, and they are private. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { agentStates } from '../cti/protocol.ts';
import type { WatchCounts } from '../invariants/watch.ts';
import type { FleetStatus } from '../sound/fleet.ts';
import { refusals } from '../toll/policy.ts';
import { mediaFigures } from './media-metrics.ts';
import type { ApiPorts } from './ports.ts';

type House = Pick<ApiPorts, 'acd' | 'calls' | 'trunks' | 'toll' | 'directory' | 'health'> & {
  mediaServers(): FleetStatus[];
  watched(): WatchCounts;
  auditWatch: { broken: number };
};

/** `desks`: how many sockets have said hello. `sip`: the SIP server's own figures, appended. */
/** `watched`: what the watcher of the invariants has counted. */
export function openMetrics(house: House, desks: () => number, sip: () => Promise<string>): ApiPorts['metrics'] & { registry: Registry } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, collect: (gauge: Gauge) => void): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        collect(this);
      },
    });
  };
  gauge('huawu_calls_live', 'Calls alive now', (live) => live.set(house.calls.size));
  gauge('huawu_desks_connected', 'Desks connected now', (connected) => connected.set(desks()));
  new Gauge({
    name: 'huawu_queue_waiting',
    help: 'Callers waiting',
    labelNames: ['tenant', 'queue'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { tenantId, queueId } of house.directory.queues()) this.set({ tenant: tenantId, queue: queueId }, house.acd.queue(queueId)?.waiting ?? 0);
    },
  });
  new Gauge({
    name: 'huawu_agents',
    help: 'Agents by state',
    labelNames: ['tenant', 'state'],
    registers: [registry],
    collect() {
      for (const { tenantId } of house.directory.tenants()) {
        const agents = house.acd.agents(tenantId);
        for (const state of agentStates) this.set({ tenant: tenantId, state }, agents.filter((agent) => agent.state === state).length);
      }
    },
  });
  gauge('huawu_audit_broken', 'Tenants whose audit trail was changed behind our back', (broken) => broken.set(house.auditWatch.broken));
  gauge('huawu_backup_age_seconds', 'Since the newest whole backup was begun; NaN: the server takes none (BACKUP_DIR)', (age) =>
    age.set((house.health.backupAgeMs?.() ?? Number.NaN) / 1_000),
  );
  new Gauge({
    name: 'huawu_part_ok',
    help: 'A part of the house works (1) or has failed (0), as /readyz has it',
    labelNames: ['part'],
    registers: [registry],
    collect() {
      for (const [part, { ok }] of Object.entries(house.health.parts())) this.set({ part }, Number(ok));
    },
  });
  invariantFigures(registry, house.watched);
  trunkFigures(registry, house);
  mediaFigures(registry, house.mediaServers);
  return { registry, contentType: registry.contentType, text: async () => (await Promise.all([registry.metrics(), sip()])).join('\n') };
}

function invariantFigures(registry: Registry, watched: () => WatchCounts): void {
  new Gauge({
    name: 'huawu_invariant_breaches_total',
    help: 'Times an invariant of the routing core was found broken',
    labelNames: ['invariant'],
    registers: [registry],
    collect() {
      for (const [invariant, count] of Object.entries(watched().breaches)) this.set({ invariant }, count);
    },
  });
  new Gauge({
    name: 'huawu_invariant_looks_total',
    help: 'Samples of the routing core that were looked at',
    registers: [registry],
    collect() {
      this.set(watched().looks);
    },
  });
  new Gauge({
    name: 'huawu_leases_healed_total',
    help: 'Agents let go of legs that no longer existed, and lost timers that were fired',
    registers: [registry],
    collect() {
      this.set(watched().healed);
    },
  });
}

function trunkFigures(registry: Registry, { trunks, toll }: Pick<House, 'trunks' | 'toll'>): void {
  const perTrunk = (name: string, help: string, figure: (status: ReturnType<House['trunks']['status']>[number]) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['trunk'],
      registers: [registry],
      collect() {
        this.reset();
        for (const status of trunks.status()) this.set({ trunk: status.trunkId }, figure(status));
      },
    });
  };
  perTrunk('huawu_trunk_calls', 'Calls over the trunk now, in and out', ({ calls }) => calls);
  perTrunk('huawu_trunk_carried_total', 'Calls of ours that the trunk carried to an answer of the called', ({ carried }) => carried);
  perTrunk('huawu_trunk_failed_total', 'Attempts of ours that failed at the trunk', ({ failed }) => failed);
  perTrunk('huawu_trunk_addresses', 'Addresses of the trunk', ({ addresses }) => addresses.length);
  perTrunk('huawu_trunk_addresses_in_rotation', 'Addresses that calls go to', ({ addresses }) => addresses.filter(({ inRotation }) => inRotation).length);
  new Gauge({
    name: 'huawu_outside_refused_total',
    help: 'Calls outside that were refused',
    labelNames: ['why'],
    registers: [registry],
    collect() {
      for (const why of refusals) this.set({ why }, toll.counts.refused[why] ?? 0);
    },
  });
  new Gauge({
    name: 'huawu_outside_blocks_total',
    help: 'Accounts blocked for calls outside',
    registers: [registry],
    collect() {
      this.set(toll.counts.blocked);
    },
  });
  new Gauge({
    name: 'huawu_emergency_calls_total',
    help: 'Emergency calls that were put through',
    registers: [registry],
    collect() {
      this.set(toll.counts.emergencies);
    },
  });
}
