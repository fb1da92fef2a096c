/** Calls outside: what may be dialled on the tenant's account, and who is blocked. */
import { z } from 'zod';
import { alarmForDesk } from '../cti/alarm.ts';
import { outsideRules } from '../tenants/outside.ts';
import { usualRules } from '../toll/policy.ts';
import { asker, author } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, given, idSchema, iso } from './shapes.ts';

const rulesSchema = z.strictObject(outsideRules);
const blocksSchema = z.object({ items: z.array(z.object({ account: z.string(), until: z.string() })) });

const alarmSchema = z.object({
  at: z.string(),
  what: z.enum(['emergency', 'blocked']),
  account: z.string(),
  callId: z.string().nullable(),
  number: z.string().nullable(),
  address: z.string().nullable(),
  why: z.enum(['refusals', 'minutes', 'money']).nullable(),
  until: z.string().nullable(),
});
const alarmsSchema = z.object({ items: z.array(alarmSchema) });

export function outside(app: Api, ports: ApiPorts): void {
  rules(app, ports);
  resetRules(app, ports);
  blocks(app, ports);
  alarms(app, ports);
}

function rules(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/outside-rules',
    { config: { action: 'trunk.read' }, schema: { tags: ['trunks'], summary: 'What may be dialled outside', response: { 200: rulesSchema } } },
    async (request) => shown(ports, asker(request).tenantId),
  );
  app.patch(
    '/api/v1/outside-rules',
    {
      config: { action: 'trunk.change' },
      schema: {
        tags: ['trunks'],
        summary: 'Change what may be dialled outside; calls under way keep the rules they began with',
        body: rulesSchema.partial(),
        response: { 200: rulesSchema },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const before = ports.directory.outsideRules(tenantId);
      const after = { ...before, ...given(request.body) };
      const told = { ...author(request), action: 'outsideRules.update', resource: `tenant/${tenantId}`, before, after };
      await ports.configuration.saveOutsideRules(tenantId, after, told);
      return shown(ports, tenantId);
    },
  );
}

function resetRules(app: Api, ports: ApiPorts): void {
  app.delete(
    '/api/v1/outside-rules',
    {
      config: { action: 'trunk.change' },
      schema: {
        tags: ['trunks'],
        summary: 'Take the rules back to the usual ones; calls under way keep those they began with',
        response: { 200: rulesSchema },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const before = ports.directory.outsideRules(tenantId);
      const told = { ...author(request), action: 'outsideRules.reset', resource: `tenant/${tenantId}`, before, after: usualRules };
      await ports.configuration.saveOutsideRules(tenantId, usualRules, told);
      return shown(ports, tenantId);
    },
  );
}

const shown = ({ directory }: ApiPorts, tenantId: Parameters<ApiPorts['directory']['outsideRules']>[0]): z.infer<typeof rulesSchema> =>
  rulesSchema.parse(directory.outsideRules(tenantId));

function blocks(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/outside-blocks',
    {
      config: { action: 'trunk.read' },
      schema: { tags: ['trunks'], summary: 'Accounts that may dial nothing outside for now', response: { 200: blocksSchema } },
    },
    async (request) => ({
      items: ports.toll.blocked(asker(request).tenantId, ports.clock.now()).map(({ account, until }) => ({ account, until: iso(until) })),
    }),
  );
  app.delete(
    '/api/v1/outside-blocks/:account',
    {
      config: { action: 'trunk.change' },
      schema: { tags: ['trunks'], summary: 'Lift a block', params: z.strictObject({ account: idSchema }), response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { tenantId, userId } = asker(request);
      const block = ports.toll.blocked(tenantId, ports.clock.now()).find(({ account }) => account === request.params.account);
      if (block === undefined) throw new Problem('not_found');
      const { account } = block;
      await ports.audit.write({ ...author(request), action: 'outsideBlock.lift', resource: `account/${account}`, before: { until: iso(block.until) } });
      ports.toll.lift(tenantId, account, userId);
      reply.code(204);
      return null;
    },
  );
}

function alarms(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/outside-alarms',
    {
      config: { action: 'trunk.read' },
      schema: { tags: ['trunks'], summary: 'Calls for help and accounts that were blocked, of the last day, newest first', response: { 200: alarmsSchema } },
    },
    async (request) => ({ items: ports.toll.alarms(asker(request).tenantId, ports.clock.now()).map(alarmForDesk) }),
  );
}
