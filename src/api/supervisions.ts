/** Who listened to whom, whispered, barged in, took over and left: the audit trail of supervision, for those who supervise. */
import { z } from 'zod';
import { supervisionModes } from '../call/event.ts';
import { asker } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { type Api, branded, idSchema, iso, pageOf, pageQuery, pageRequest, timeSchema } from './shapes.ts';

const modes = [...supervisionModes, 'left'] as const;
type Mode = (typeof modes)[number];
const LEFT = 'call.stopMonitor';
/** As the orders name themselves in the trail. */
const modeOf = new Map<string, Mode>([...supervisionModes.map((mode): [string, Mode] => [`call.${mode}`, mode]), [LEFT, 'left']]);

const supervisionSchema = z.object({
  at: z.string(),
  callId: z.string(),
  mode: z.enum(modes),
  by: z.object({ userId: z.string().nullable(), name: z.string().nullable() }),
  /** Who was on the call, and at whose phone the supervisor was; null = not told (who left). */
  agentId: z.string().nullable(),
  phone: z.string().nullable(),
});
const told = z.object({ agentId: z.string(), phone: z.string() }).partial().catch({});

export function supervisions(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/supervisions',
    {
      config: { action: 'supervision.read' },
      schema: {
        tags: ['calls'],
        summary: 'Who listened to calls, whispered, barged in, took over and left, newest first',
        querystring: z.strictObject({ ...pageQuery, callId: idSchema.optional(), from: timeSchema.optional() }),
        response: { 200: pageOf(supervisionSchema) },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const { callId, from, ...page } = request.query;
      const filter = {
        actions: [...modeOf.keys()],
        ...(callId === undefined ? {} : { resource: `call/${callId}` }),
        ...(from === undefined ? {} : { from: Date.parse(from) }),
      };
      const { items, nextCursor } = await ports.audit.list(tenantId, filter, pageRequest(page));
      const people = [...new Set(items.flatMap(({ userId }) => userId ?? []))];
      const names = new Map(
        await Promise.all(people.map(async (userId) => [userId, (await ports.users.get(tenantId, branded(userId)))?.name ?? null] as const)),
      );
      return {
        nextCursor,
        items: items.map(({ at, action, resource, userId, after }) => {
          const { agentId = null, phone = null } = told.parse(after ?? {});
          const by = { userId, name: userId === null ? null : (names.get(userId) ?? null) };
          return { at: iso(at), callId: resource.slice(resource.indexOf('/') + 1), mode: modeOf.get(action) ?? 'left', by, agentId, phone };
        }),
      };
    },
  );
}
