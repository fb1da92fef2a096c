/** Users of the tenant: who may sign in, and as what. */
import { z } from 'zod';
import type { TenantId, UserId } from '../../kernel/ids.ts';
import { personRoles } from '../users/user.ts';
import { asker, author } from './access.ts';
import type { ApiPorts, NewUser, UserChange, UserRecord } from './ports.ts';
import { Problem } from './problems.ts';
import { identitySchema } from './sessions.ts';
import { type Api, branded, given, idSchema, iso, languageSchema, nameSchema, pageOf, pageQuery, pageRequest, passwordSchema } from './shapes.ts';
import { settingsOf } from './tenant.ts';

const userSchema = identitySchema.extend({ disabled: z.boolean() });
const usernameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'letters, digits and _ . -: 64 at most');
const roleSchema = z.enum(personRoles);
const teamsSchema = z
  .array(z.string().trim().min(1).max(64))
  .max(100)
  .describe('Those a team lead leads, as agents have them; of other roles they count for nothing');
const body = {
  name: nameSchema,
  role: roleSchema,
  language: languageSchema.optional().describe('Left out: the tenant’s'),
  agentId: idSchema.nullable().default(null),
  teams: teamsSchema.default([]),
  password: passwordSchema,
};
const changeSchema = z
  .strictObject({ name: nameSchema, role: roleSchema, teams: teamsSchema, language: languageSchema, password: passwordSchema, disabled: z.boolean() })
  .partial();
const params = z.strictObject({ userId: idSchema });

/** Without what must never be written down. */
const audited = ({ password, ...rest }: Partial<NewUser> & { disabled?: boolean }): object =>
  password === undefined ? rest : { ...rest, password: 'changed' };

const shown = ({ teams = [], ...user }: UserRecord) => userSchema.parse({ ...user, teams });

export function users(app: Api, ports: ApiPorts): void {
  readUsers(app, ports);
  addUser(app, ports);
  changeUser(app, ports);
  userSessions(app, ports);
}

function readUsers(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/users',
    {
      config: { action: 'user.read' },
      schema: { tags: ['users'], summary: 'Users', querystring: z.strictObject(pageQuery), response: { 200: pageOf(userSchema) } },
    },
    async (request) => {
      const page = await ports.users.list(asker(request).tenantId, pageRequest(request.query));
      return { ...page, items: page.items.map(shown) };
    },
  );

  app.get(
    '/api/v1/users/:userId',
    { config: { action: 'user.read' }, schema: { tags: ['users'], summary: 'One user', params, response: { 200: userSchema } } },
    async (request) => {
      const user = await ports.users.get(asker(request).tenantId, branded(request.params.userId));
      if (user === null) throw new Problem('not_found');
      return shown(user);
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
      const { tenantId } = asker(request);
      checkAgent(ports, tenantId, request.body.agentId);
      const language = request.body.language ?? settingsOf(ports, tenantId).language;
      const user: NewUser = { ...request.body, language, agentId: request.body.agentId === null ? null : branded(request.body.agentId) };
      const told = { ...author(request), action: 'user.create', resource: `user/${user.username}`, after: audited(user) };
      const made = await ports.users.create(tenantId, user, told);
      if (made === null) throw new Problem('conflict');
      reply.code(201);
      return shown(made);
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
        summary: 'Change or disable a user; a new password, role, teams or disabling ends the user’s sessions',
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
      const told = { ...author(request), action: 'user.update', resource: `user/${before.userId}`, before: shown(before), after: audited(change) };
      const after = await ports.users.update(tenantId, before.userId, change, told);
      if (after === null) throw new Problem('not_found');
      return shown(after);
    },
  );
}

function userSessions(app: Api, ports: ApiPorts): void {
  const known = async (tenantId: TenantId, userId: string): Promise<UserId> => {
    const user = await ports.users.get(tenantId, branded(userId));
    if (user === null) throw new Problem('not_found');
    return user.userId;
  };
  app.get(
    '/api/v1/users/:userId/sessions',
    {
      config: { action: 'user.read' },
      schema: {
        tags: ['users'],
        summary: 'Where a user is signed in now, newest first: the newest 100',
        params,
        response: { 200: z.object({ items: z.array(z.object({ openedAt: z.string(), expiresAt: z.string() })) }) },
      },
    },
    async (request) => {
      const open = await ports.users.sessions(await known(asker(request).tenantId, request.params.userId));
      return { items: open.map(({ openedAt, expiresAt }) => ({ openedAt: iso(openedAt), expiresAt: iso(expiresAt) })) };
    },
  );

  app.delete(
    '/api/v1/users/:userId/sessions',
    {
      config: { action: 'user.change' },
      schema: { tags: ['users'], summary: 'End every session of a user at once; her desks are closed', params, response: { 204: z.null() } },
    },
    async (request, reply) => {
      const { tenantId } = asker(request);
      const whose = await known(tenantId, request.params.userId);
      await ports.audit.write({ ...author(request), action: 'user.endSessions', resource: `user/${whose}` });
      await ports.users.endSessions(whose);
      return reply.code(204).send(null);
    },
  );
}
