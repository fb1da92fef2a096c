/** Figures of the media servers, by the names the house gives them: where calls lie, what carries their packets, who drains. */
import { Gauge, type Registry } from 'prom-client';
import type { FleetStatus } from '../sound/fleet.ts';

export function mediaFigures(registry: Registry, servers: () => FleetStatus[]): void {
  const perServer = (name: string, help: string, figure: (server: FleetStatus) => number | null): void => {
    new Gauge({
      name,
      help,
      labelNames: ['server'],
      registers: [registry],
      collect() {
        this.reset();
        for (const server of servers()) {
          const value = figure(server);
          if (value !== null) this.set({ server: server.name }, value);
        }
      },
    });
  };
  perServer('huawu_media_connected', 'The media server answers', ({ connected, capabilities }) => (connected && capabilities !== null ? 1 : 0));
  perServer('huawu_media_endpoints', 'Legs of ours that lie on it', ({ endpoints }) => endpoints);
  perServer('huawu_media_draining', 'It takes no new calls and ends with its last one', ({ report }) => (report === null ? null : Number(report.draining)));
  perServer('huawu_media_lag_seconds', 'The longest a worker of it took to answer', ({ report }) => (report === null ? null : report.lagMs / 1000));
  perServer(
    'huawu_media_moved_groups',
    'Calls it went on with in another worker since its start, because theirs lagged',
    ({ report }) => report?.moved ?? null,
  );
  perServer('huawu_media_cpu_percent', 'Of the whole process, in percent of one core', ({ report }) => report?.cpuPercent ?? null);
  new Gauge({
    name: 'huawu_media_packet_path',
    help: 'What carries its packets: native or plain',
    labelNames: ['server', 'path'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, capabilities } of servers()) if (capabilities?.packetPath !== undefined) this.set({ server: name, path: capabilities.packetPath }, 1);
    },
  });
}
