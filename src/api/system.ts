/** How the server is: its parts, its media servers and phones. */
import { z } from 'zod';
import { asker } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { type Api, iso } from './shapes.ts';

const systemSchema = z.object({
  version: z.string(),
  node: z.string(),
  now: z.string(),
  draining: z.boolean(),
  parts: z.record(
    z.string(),
    z.object({ ok: z.boolean(), essential: z.boolean().describe('Calls cannot be served without it'), detail: z.string().optional() }),
  ),
  mediaServers: z.array(z.object({ name: z.string(), connected: z.boolean(), endpoints: z.number().int() })),
  calls: z.number().int(),
  memoryMb: z.number(),
});
const phoneSchema = z.object({
  agentId: z.string(),
  number: z.string(),
  name: z.string(),
  reachable: z.boolean(),
  staticContact: z.string().nullable(),
  contacts: z.array(z.object({ contact: z.string(), source: z.string(), userAgent: z.string(), expiresAt: z.string() })),
});
const BYTES_A_MB = 1_048_576;

export function system(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/system',
    { config: { action: 'metrics.read' }, schema: { tags: ['system'], summary: 'How the server and its parts are', response: { 200: systemSchema } } },
    async () => ({
      ...{ version: ports.version, node: process.version, now: iso(ports.clock.now()), draining: ports.health.draining(), parts: ports.health.parts() },
      mediaServers: ports.mediaServers().map(({ name, connected, endpoints }) => ({ name, connected, endpoints })),
      ...{ calls: ports.calls.size, memoryMb: Math.round(process.memoryUsage.rss() / BYTES_A_MB) },
    }),
  );

  app.get(
    '/api/v1/phones',
    {
      config: { action: 'trunk.read' },
      schema: {
        tags: ['agents'],
        summary: 'Phones of the agents and where they have registered from',
        response: { 200: z.object({ items: z.array(phoneSchema), nextCursor: z.null() }) },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const mine = ports.directory.agents().filter((agent) => agent.tenantId === tenantId);
      const items = mine.map(({ agentId, number, name, staticContact }) => ({
        ...{ agentId, number, name, staticContact, reachable: ports.acd.agent(agentId)?.phoneReachable ?? false },
        contacts: ports.phoneContacts(agentId).map(({ uri, source, userAgent, expiresAt }) => ({ contact: uri, source, userAgent, expiresAt: iso(expiresAt) })),
      }));
      return { items, nextCursor: null };
    },
  );
}
