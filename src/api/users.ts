/** Users of the tenant: who may sign in, and as what. */
import { z } from 'zod';
import { asker } from './access.ts';
import type { ApiPorts, NewUser, UserChange } from './ports.ts';
import { Problem } from './problems.ts';
import { identitySchema } from './sessions.ts';
import { type Api, branded, given, idSchema, languageSchema, nameSchema, pageOf, pageQuery, pageRequest, passwordSchema } from './shapes.ts';

const userSchema = identitySchema.extend({ disabled: z.boolean() });
const usernameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'letters, digits and _ . -: 64 at most');
const roleSchema = z.enum(['agent', 'supervisor', 'admin']);
const body = {
  name: nameSchema,
  role: roleSchema,
  language: languageSchema.default('zh'),
  agentId: idSchema.nullable().default(null),
  password: passwordSchema,
};
const changeSchema = z
  .strictObject({ name: nameSchema, role: roleSchema, language: languageSchema, password: passwordSchema, disabled: z.boolean() })
  .partial();
const params = z.strictObject({ userId: idSchema });

/** Without what must never be written down. */
const audited = ({ password, ...rest }: Partial<NewUser> & { disabled?: boolean }): object =>
  password === undefined ? rest : { ...rest, password: 'changed' };

export function users(app: Api, ports: ApiPorts): void {
  readUsers(app, ports);
  addUser(app, ports);
  changeUser(app, ports);
}

function readUsers(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/users',
    {
      config: { action: 'user.read' },
      schema: { tags: ['users'], summary: 'Users', querystring: z.strictObject(pageQuery), response: { 200: pageOf(userSchema) } },
    },
    async (request) => ports.users.list(asker(request).tenantId, pageRequest(request.query)),
  );

  app.get(
    '/api/v1/users/:userId',
    { config: { action: 'user.read' }, schema: { tags: ['users'], summary: 'One user', params, response: { 200: userSchema } } },
    async (request) => {
      const user = await ports.users.get(asker(request).tenantId, branded(request.params.userId));
      if (user === null) throw new Problem('not_found');
      return user;
    },
  );
}

function checkAgent({ directory }: ApiPorts, tenantId: string, agentId: string | null | undefined): void {
  if (agentId === null || agentId === undefined) return;
  if (directory.agent(branded(agentId))?.tenantId !== tenantId) throw new Problem('validation_failed', '', [{ at: 'body.agentId', message: 'no such agent' }]);
}

function addUser(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/users',
    {
      config: { action: 'user.change' },
      schema: { tags: ['users'], summary: 'Add a user', body: z.strictObject({ username: usernameSchema, ...body }), response: { 201: userSchema } },
    },
    async (request, reply) => {
      const { tenantId, userId } = asker(request);
      checkAgent(ports, tenantId, request.body.agentId);
      const user: NewUser = { ...request.body, agentId: request.body.agentId === null ? null : branded(request.body.agentId) };
      await ports.audit.write({ tenantId, userId, action: 'user.create', resource: `user/${user.username}`, after: audited(user) });
      const made = await ports.users.create(tenantId, user);
      if (made === null) throw new Problem('conflict');
      reply.code(201);
      return made;
    },
  );
}

function changeUser(app: Api, ports: ApiPorts): void {
  app.patch(
    '/api/v1/users/:userId',
    {
      config: { action: 'user.change' },
      schema: {
        tags: ['users'],
        summary: 'Change or disable a user; a new password, role or disabling ends the user’s sessions',
        params,
        body: changeSchema,
        response: { 200: userSchema },
      },
    },
    async (request) => {
      const { tenantId, userId } = asker(request);
      const change: UserChange = given(request.body);
      const before = await ports.users.get(tenantId, branded(request.params.userId));
      if (before === null) throw new Problem('not_found');
      const lockedOut = before.userId === userId && (change.disabled === true || (change.role !== undefined && change.role !== before.role));
      if (lockedOut) throw new Problem('forbidden', 'you cannot take your own rights away');
      await ports.audit.write({
        tenantId,
        userId,
        action: 'user.update',
        resource: `user/${before.userId}`,
        before: userSchema.parse(before),
        after: audited(change),
      });
      const after = await ports.users.update(tenantId, before.userId, change);
      if (after === null) throw new Problem('not_found');
      return after;
    },
  );
}
