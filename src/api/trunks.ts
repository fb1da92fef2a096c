/** Trunks: how they are configured and how they are. Passwords go in and never come out; whether a trunk is shared is the operator's to say. */
import { z } from 'zod';
import type { TenantId } from '../../kernel/ids.ts';
import { newTrunk, type TrunkConfiguration, type TrunkId, trunkFault, trunkSettings } from '../tenants/trunk.ts';
import { type Author, asker, author } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, branded, given, idSchema, iso, isoOrNull, pageOf, pageQuery, pageRequest, pageThrough, shortNameSchema } from './shapes.ts';

const { shared: _operatorsOnly, ...settings } = trunkSettings;
/** Answers the trunk's challenges for the realm of `credentials`; null takes it away, absent leaves it. */
const password = z.string().min(1).max(256).nullable().optional();
const changes = z.strictObject({ ...z.strictObject(settings).partial().shape, password });

const shownSchema = z.object({
  trunkId: z.string(),
  name: z.string(),
  ...trunkSettings,
  hasPassword: z.boolean(),
  /** Over it now, also while it is switched off. */
  calls: z.number().int(),
  /** null: switched off. */
  live: z
    .object({
      calls: z.number().int(),
      carried: z.number().int(),
      failed: z.number().int(),
      addresses: z.array(
        z.object({
          uri: z.string(),
          inRotation: z.boolean(),
          outSince: z.string().nullable(),
          outBecause: z.enum(['pings', 'calls']).nullable(),
          registration: z.enum(['trying', 'registered', 'refused']).nullable(),
          registeredUntil: z.string().nullable(),
        }),
      ),
    })
    .nullable(),
});
const params = z.strictObject({ trunkId: idSchema });

export function trunks(app: Api, ports: ApiPorts): void {
  readTrunks(app, ports);
  addTrunk(app, ports);
  changeTrunk(app, ports);
  removeTrunk(app, ports);
}

function shown({ directory, trunks }: ApiPorts, { tenantId: _, ...trunk }: TrunkConfiguration) {
  const status = trunks.status().find(({ trunkId }) => trunkId === trunk.trunkId);
  const live =
    status === undefined
      ? null
      : {
          ...{ calls: status.calls, carried: status.carried, failed: status.failed },
          addresses: status.addresses.map(({ uri, inRotation, health, registration }) => ({
            ...{ uri, inRotation, outSince: health.at === 'out' ? iso(health.since) : null, outBecause: health.at === 'out' ? health.why : null },
            ...{ registration: registration?.is ?? null, registeredUntil: isoOrNull(registration?.is === 'registered' ? registration.until : null) },
          })),
        };
  return { ...trunk, calls: trunks.calls(trunk.trunkId), hasPassword: directory.trunkSecret(trunk.trunkId) !== null, live };
}

/** Another tenant's shared trunk is no concern of hers but for its calls: it is neither shown nor changed. */
function trunkOf({ directory }: ApiPorts, tenantId: TenantId, trunkId: TrunkId): TrunkConfiguration {
  const trunk = directory.trunks().find((one) => one.trunkId === trunkId);
  if (trunk === undefined || trunk.tenantId !== tenantId) throw new Problem('not_found');
  return trunk;
}

function checked(trunk: TrunkConfiguration): TrunkConfiguration {
  const fault = trunkFault(trunk);
  if (fault !== null) throw new Problem('validation_failed', '', [{ at: 'body', message: fault }]);
  return trunk;
}

function readTrunks(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/trunks',
    {
      config: { action: 'trunk.read' },
      schema: { tags: ['trunks'], summary: 'Trunks and how they are', querystring: z.strictObject(pageQuery), response: { 200: pageOf(shownSchema) } },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const mine = ports.directory.trunks().filter((trunk) => trunk.tenantId === tenantId);
      const page = pageThrough(mine, (trunk) => trunk.trunkId, pageRequest(request.query));
      return { ...page, items: page.items.map((trunk) => shown(ports, trunk)) };
    },
  );

  app.get(
    '/api/v1/trunks/:trunkId',
    { config: { action: 'trunk.read' }, schema: { tags: ['trunks'], summary: 'One trunk', params, response: { 200: shownSchema } } },
    async (request) => shown(ports, trunkOf(ports, asker(request).tenantId, branded(request.params.trunkId))),
  );
}

function addTrunk(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/trunks',
    {
      config: { action: 'trunk.change' },
      schema: { tags: ['trunks'], summary: 'Add a trunk', body: z.strictObject({ ...changes.shape, name: shortNameSchema }), response: { 201: shownSchema } },
    },
    async (request, reply) => {
      const { password, name, ...said } = request.body;
      const trunk = checked(newTrunk(asker(request).tenantId, name, given(said)));
      if (ports.directory.trunks().some(({ trunkId }) => trunkId === trunk.trunkId)) throw new Problem('conflict');
      await save(ports, author(request), undefined, trunk, password ?? null);
      reply.code(201);
      return shown(ports, trunk);
    },
  );
}

function changeTrunk(app: Api, ports: ApiPorts): void {
  app.patch(
    '/api/v1/trunks/:trunkId',
    {
      config: { action: 'trunk.change' },
      schema: {
        tags: ['trunks'],
        summary: 'Change a trunk; calls over it go on. Other credentials need their password again',
        params,
        body: changes,
        response: { 200: shownSchema },
      },
    },
    async (request) => {
      const user = asker(request);
      const { password, ...said } = request.body;
      const before = trunkOf(ports, user.tenantId, branded(request.params.trunkId));
      const after = checked({ ...before, ...given(said) });
      // A digest is of one user and realm: it says nothing for another.
      const moved = JSON.stringify(before.credentials) !== JSON.stringify(after.credentials);
      await save(ports, author(request), before, after, password === undefined && moved ? null : password);
      return shown(ports, after);
    },
  );
}

function removeTrunk(app: Api, ports: ApiPorts): void {
  app.delete(
    '/api/v1/trunks/:trunkId',
    {
      config: { action: 'trunk.change' },
      schema: {
        tags: ['trunks'],
        summary: 'Remove a trunk over which no calls go any more',
        description:
          'Refused (409 `in_use`) while calls go over it: switch it off first (`{"enabled": false}`), which takes no new ones, and remove it when `calls` is 0.',
        params,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const { trunkId, ...before } = trunkOf(ports, tenantId, branded(request.params.trunkId));
      const calls = ports.trunks.calls(trunkId);
      if (calls > 0) throw new Problem('in_use', `${calls} calls go over it: switch it off ({"enabled": false}) and remove it when they have ended`);
      await ports.configuration.removeTrunk(trunkId, { ...author(request), action: 'trunk.remove', resource: `trunk/${trunkId}`, before });
      reply.code(204);
      return null;
    },
  );
}

async function save(
  { configuration }: ApiPorts,
  by: Author,
  before: TrunkConfiguration | undefined,
  after: TrunkConfiguration,
  password: string | null | undefined,
): Promise<void> {
  const words = { ...after, ...(password === undefined ? {} : { password: password === null ? 'none' : 'changed' }) };
  const action = before === undefined ? 'trunk.create' : 'trunk.update';
  const told = { ...by, action, resource: `trunk/${after.trunkId}`, ...(before === undefined ? {} : { before }), after: words };
  await configuration.saveTrunk(after, password, told);
}
