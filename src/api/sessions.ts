/** Signing in and out, and who am I. */
import { z } from 'zod';
import { actions, mayAtAll, roles, scopeOf } from '../users/user.ts';
import { asker, author } from './access.ts';
import type { ApiPorts, Identity } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, branded, iso, languageSchema, shortNameSchema } from './shapes.ts';

export const identitySchema = z.object({
  userId: z.string(),
  tenantId: z.string(),
  username: z.string(),
  name: z.string(),
  role: z.enum(roles),
  language: languageSchema,
  agentId: z.string().nullable(),
  /** Of a lead: those she leads. */
  teams: z.array(z.string()),
});
export const identityOf = ({ userId, tenantId, username, name, role, language, agentId, teams = [] }: Identity) => ({
  ...{ userId, tenantId, username, name },
  ...{ role, language, agentId, teams: [...teams] },
});
const meSchema = identitySchema.extend({
  may: z.record(z.string(), z.enum(['all', 'team', 'own'])).describe('What she may do, and how far it reaches; consoles show nothing else'),
});

function reachOf(user: Identity): Record<string, 'all' | 'team' | 'own'> {
  const hers = actions.filter((action) => mayAtAll(user, action));
  return Object.fromEntries(
    hers.flatMap((action) => {
      const scope = scopeOf(user, action);
      return scope === 'none' ? [] : [[action, scope] as const];
    }),
  );
}

/** Of an authenticator, or a recovery code. */
export const codeSchema = z.string().trim().min(6).max(20);
export const sessionSchema = z.object({
  token: z.string(),
  expiresAt: z.string(),
  user: identitySchema,
  limited: z.boolean().describe('Nothing may be done in it but set up the second factor that the role must have'),
});

/** A whole floor signs in at eight from one address; who guesses one user's password is slowed down by her name. */
const SIGN_INS_PER_MINUTE = 1_500;
const refusals = { second_factor: 'second_factor_needed', wrong: 'wrong_credentials', throttled: 'too_many_requests', unavailable: 'unavailable' } as const;

export function sessions(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/sessions',
    {
      config: { action: 'public', rateLimit: { max: SIGN_INS_PER_MINUTE, timeWindow: 60_000, keyGenerator: (request) => request.ip } },
      schema: {
        tags: ['sessions'],
        summary: 'Sign in: an opaque token for `Authorization: Bearer`',
        body: z.strictObject({
          tenant: shortNameSchema.optional(),
          username: z.string().min(1).max(64),
          password: z.string().min(1).max(128),
          code: codeSchema.optional(),
        }),
        response: { 201: sessionSchema },
      },
    },
    async (request, reply) => {
      const { tenant, username, password, code } = request.body;
      const signIn = await ports.sessions.signIn(tenant === undefined ? null : branded(tenant), username, password, code);
      if (signIn.result !== 'ok') {
        if ('of' in signIn && signIn.of !== undefined) {
          const { tenantId, userId } = signIn.of;
          const told = { tenantId, userId: null, source: request.ip, action: 'session.refuse', resource: `user/${userId}` };
          // Not waited for: how long an answer takes must not tell which names there are.
          ports.audit.write(told).catch((error: unknown) => ports.log.error({ err: error }, 'a refused sign-in is not in the audit trail'));
        }
        if (signIn.retryAfterMs !== undefined && signIn.retryAfterMs > 0) reply.header('retry-after', Math.ceil(signIn.retryAfterMs / 1000));
        throw new Problem(refusals[signIn.result]);
      }
      const { identity } = signIn;
      const { tenantId, userId } = identity;
      await ports.audit.write({ tenantId, userId, source: request.ip, action: 'session.open', resource: `user/${userId}` });
      reply.code(201).header('cache-control', 'no-store');
      return { token: signIn.token, expiresAt: iso(signIn.expiresAt), user: identityOf(identity), limited: identity.limited === true };
    },
  );

  app.delete(
    '/api/v1/sessions/current',
    {
      config: { action: 'signedIn', whenLimited: true },
      schema: { tags: ['sessions'], summary: 'Sign out: the token is void at once', response: { 204: z.null() } },
    },
    async (request, reply) => {
      await ports.sessions.signOut(request.token ?? '');
      await ports.audit.write({ ...author(request), action: 'session.close', resource: `user/${asker(request).userId}` });
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/api/v1/me',
    { config: { action: 'signedIn' }, schema: { tags: ['sessions'], summary: 'Who am I, and what may I do', response: { 200: meSchema } } },
    async (request) => ({ ...identityOf(asker(request)), may: reachOf(asker(request)) }),
  );
}
