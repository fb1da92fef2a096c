/** The application's figures for Prometheus. No label holds a number, a name or a call: there are too many, and they are private. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { agentStates } from '../cti/protocol.ts';
import type { ApiPorts } from './ports.ts';

/** `desks`: how many sockets have said hello. */
export function openMetrics(house: Pick<ApiPorts, 'acd' | 'calls' | 'directory'>, desks: () => number): ApiPorts['metrics'] & { registry: Registry } {
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
  return { registry, contentType: registry.contentType, text: () => registry.metrics() };
}
