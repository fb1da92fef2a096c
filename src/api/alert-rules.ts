/** When walls call for help: the bounds of each queue and of the whole floor. Supervisors set them; the server goes by them at once. */
import { z } from 'zod';
import type { TenantId } from '../../kernel/ids.ts';
import { alertBoundsSchema, present } from '../tenants/alerts.ts';
import { withQueueSections } from '../tenants/sections.ts';
import { asker, author } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { params, queueOf } from './queues.ts';
import { type Api, bilingualSchema, branded } from './shapes.ts';

const queueRules = z.object({ queueId: z.string(), name: bilingualSchema, bounds: alertBoundsSchema });
const rulesSchema = z.object({
  /** Of all queues and agents together. */
  floor: alertBoundsSchema,
  queues: z.array(queueRules),
});

export function alertRules(app: Api, ports: ApiPorts): void {
  readRules(app, ports);
  setOfFloor(app, ports);
  setOfQueue(app, ports);
}

function readRules(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/alert-rules',
    {
      config: { action: 'alert.read' },
      schema: {
        tags: ['floor'],
        summary: 'When walls call for help: bounds of the floor and of each queue; an absent one never calls',
        response: { 200: rulesSchema },
      },
    },
    async (request) => rulesOf(ports, asker(request).tenantId),
  );
}

function setOfFloor(app: Api, ports: ApiPorts): void {
  app.put(
    '/api/v1/alert-rules/floor',
    {
      config: { action: 'alert.change' },
      schema: { tags: ['floor'], summary: 'Set all bounds of the whole floor', body: alertBoundsSchema, response: { 200: alertBoundsSchema } },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const [before, after] = [ports.directory.floorAlerts(tenantId), present(request.body)];
      const told = { ...author(request), action: 'alertRules.update', resource: `tenant/${tenantId}`, before, after };
      await ports.configuration.saveFloorAlerts(tenantId, after, told);
      return after;
    },
  );
}

function setOfQueue(app: Api, ports: ApiPorts): void {
  app.put(
    '/api/v1/alert-rules/queues/:queueId',
    {
      config: { action: 'alert.change' },
      schema: { tags: ['floor'], summary: 'Set all bounds of a queue', params, body: alertBoundsSchema, response: { 200: alertBoundsSchema } },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const queue = queueOf(ports, tenantId, branded(request.params.queueId));
      const after = present(request.body);
      const changed = withQueueSections(queue, { alerts: Object.keys(after).length === 0 ? null : after });
      const told = { ...author(request), action: 'alertRules.update', resource: `queue/${queue.queueId}`, before: queue.alerts ?? {}, after };
      await ports.configuration.saveQueue(changed, told);
      return after;
    },
  );
}

const rulesOf = ({ directory }: ApiPorts, tenantId: TenantId): z.infer<typeof rulesSchema> => ({
  floor: directory.floorAlerts(tenantId),
  queues: directory
    .queues()
    .filter((queue) => queue.tenantId === tenantId)
    .map(({ queueId, name, alerts = {} }) => ({ queueId, name: { zh: name.zh, en: name.en }, bounds: alerts })),
});
