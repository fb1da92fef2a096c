/** The second factor of who is signed in, what an admin does when it is lost, and which roles must have one. */
import { z } from 'zod';
import { signInRulesSchema } from '../users/rules.ts';
import { asker, author } from './access.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { Problem } from './problems.ts';
import { codeSchema } from './sessions.ts';
import { type Api, branded, given, idSchema } from './shapes.ts';

const wrongCode = (): Problem => new Problem('validation_failed', '', [{ at: 'body.code', message: 'the code is wrong, or was used: wait for the next one' }]);
const body = z.strictObject({ code: codeSchema });

const isDemanded = async ({ factors }: ApiPorts, { tenantId, role }: Identity): Promise<boolean> =>
  role !== 'key' && (await factors.rules(tenantId)).secondFactor.includes(role);

export function secondFactor(app: Api, ports: ApiPorts): void {
  own(app, ports);
  remove(app, ports);
  rules(app, ports);
}

function own(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/me/second-factor',
    {
      config: { action: 'signedIn', whenLimited: true },
      schema: {
        tags: ['sessions'],
        summary: 'Whether I have a second factor, and must',
        response: { 200: z.object({ has: z.boolean(), mustHave: z.boolean() }) },
      },
    },
    async (request) => ({ has: await ports.factors.has(asker(request).userId), mustHave: await isDemanded(ports, asker(request)) }),
  );
  app.post(
    '/api/v1/me/second-factor',
    {
      config: { action: 'signedIn', whenLimited: true },
      schema: {
        tags: ['sessions'],
        summary: 'Begin to set up a second factor (RFC 6238): what an authenticator needs; it counts once it is confirmed',
        response: { 201: z.object({ secret: z.string(), uri: z.string(), qr: z.string().describe('An SVG of the QR code') }) },
      },
    },
    async (request, reply) => {
      const begun = await ports.factors.begin(asker(request));
      if (begun === null) throw new Problem('not_now', 'you have a second factor: take it away first');
      reply.code(201).header('cache-control', 'no-store');
      return begun;
    },
  );
  app.post(
    '/api/v1/me/second-factor/confirmation',
    {
      config: { action: 'signedIn', whenLimited: true },
      schema: {
        tags: ['sessions'],
        summary: 'Confirm it by a code; in the answer are recovery codes, once',
        body,
        response: { 200: z.object({ recoveryCodes: z.array(z.string()) }) },
      },
    },
    async (request, reply) => {
      const { userId, limited } = asker(request);
      const told = { ...author(request), action: 'secondFactor.confirm', resource: `user/${userId}` };
      const recoveryCodes = await ports.factors.confirm(userId, request.body.code, told);
      if (recoveryCodes === null) throw wrongCode();
      if (limited === true) await ports.sessions.widen(request.token ?? '');
      reply.header('cache-control', 'no-store');
      return { recoveryCodes };
    },
  );
  app.post(
    '/api/v1/me/second-factor/removal',
    {
      config: { action: 'signedIn' },
      schema: { tags: ['sessions'], summary: 'Take my second factor away, by one more code of it', body, response: { 204: z.null() } },
    },
    async (request, reply) => {
      const user = asker(request);
      if (await isDemanded(ports, user)) throw new Problem('forbidden', 'your role must have one');
      if (!(await ports.factors.isRight(user.userId, request.body.code))) throw wrongCode();
      await ports.factors.remove(user.userId, { ...author(request), action: 'secondFactor.remove', resource: `user/${user.userId}` });
      return reply.code(204).send(null);
    },
  );
}

function remove(app: Api, ports: ApiPorts): void {
  app.delete(
    '/api/v1/users/:userId/second-factor',
    {
      config: { action: 'user.change' },
      schema: {
        tags: ['users'],
        summary: 'Take a user’s second factor away, when it is lost; every session of the user ends',
        params: z.strictObject({ userId: idSchema }),
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const whose = await ports.users.get(asker(request).tenantId, branded(request.params.userId));
      if (whose === null) throw new Problem('not_found');
      const told = { ...author(request), action: 'secondFactor.remove', resource: `user/${whose.userId}` };
      if (await ports.factors.remove(whose.userId, told)) await ports.users.endSessions(whose.userId);
      return reply.code(204).send(null);
    },
  );
}

function rules(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/sign-in-rules',
    { config: { action: 'user.read' }, schema: { tags: ['users'], summary: 'What is demanded of who signs in', response: { 200: signInRulesSchema } } },
    async (request) => ports.factors.rules(asker(request).tenantId),
  );
  app.patch(
    '/api/v1/sign-in-rules',
    {
      config: { action: 'user.change' },
      schema: {
        tags: ['users'],
        summary: 'Change it: who signs in without what her role must have may set that up, and nothing else',
        body: signInRulesSchema.partial(),
        response: { 200: signInRulesSchema },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const before = await ports.factors.rules(tenantId);
      const after = { ...before, ...given(request.body) };
      await ports.factors.saveRules(tenantId, after, { ...author(request), action: 'signInRules.update', resource: `tenant/${tenantId}`, before, after });
      return after;
    },
  );
}
