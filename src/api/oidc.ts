/** Sign-in by a tenant's identity provider: there and back by the browser, and the session by a code that is good once. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { identityOf, sessionSchema } from './sessions.ts';
import { type Api, iso, shortNameSchema } from './shapes.ts';

const COOKIE = 'huawu_oidc';
const COOKIE_SECONDS = 900;
const PER_MINUTE = 1_500;
const pages = ['/agent', '/supervisor', '/admin', '/account'] as const;
const params = z.strictObject({ tenant: shortNameSchema });
/** A whole floor signs in at eight from one address. */
const config = { action: 'public', rateLimit: { max: PER_MINUTE, timeWindow: 60_000, keyGenerator: (request: FastifyRequest) => request.ip } } as const;

const cookieOf = (request: FastifyRequest): string => new RegExp(`(?:^|; )${COOKIE}=([0-9a-f]{64})(?:;|$)`).exec(request.headers.cookie ?? '')?.[1] ?? '';

export function oidc(app: Api, ports: ApiPorts): void {
  app.get(
    '/api/v1/sign-in-ways',
    {
      config,
      schema: {
        tags: ['sessions'],
        summary: 'Identity providers by which one may sign in',
        response: { 200: z.object({ items: z.array(z.object({ tenant: z.string(), name: z.object({ zh: z.string(), en: z.string() }) })) }) },
      },
    },
    async () => ({ items: ports.oidc.ways() }),
  );
  app.get(
    '/api/v1/oidc/:tenant/start',
    {
      config,
      schema: {
        tags: ['sessions'],
        summary: 'To the identity provider, with PKCE, state and nonce; for browsers',
        params,
        querystring: z.strictObject({ page: z.enum(pages).default('/agent').describe('Where it comes back to') }),
        response: { 302: z.null() },
      },
    },
    async (request, reply) => {
      const begun = await ports.oidc.begin(request.params.tenant, request.query.page);
      if (begun === 'unavailable') throw new Problem('unavailable');
      if (typeof begun === 'string') throw new Problem('not_found');
      const { url, cookie, secure } = begun;
      reply.header('set-cookie', `${COOKIE}=${cookie}; Path=/api/v1/oidc; Max-Age=${COOKIE_SECONDS}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`);
      return reply.header('cache-control', 'no-store').redirect(url);
    },
  );
  app.get(
    '/api/v1/oidc/:tenant/callback',
    { config, schema: { tags: ['sessions'], summary: 'Back from the identity provider; for browsers', params, response: { 302: z.null() } } },
    async (request, reply) => {
      const ended = await ports.oidc.end(request.params.tenant, request.url.split('?')[1] ?? '', cookieOf(request));
      // Behind a # it reaches no server and no log.
      return reply.header('cache-control', 'no-store').redirect(`${ended.page}#${ended.ok ? `oidc=${ended.code}` : `oidc-failed=${ended.why}`}`);
    },
  );
  fetchSession(app, ports);
}

function fetchSession(app: Api, ports: ApiPorts): void {
  app.post(
    '/api/v1/oidc/sessions',
    {
      config,
      schema: {
        tags: ['sessions'],
        summary: 'The session of who came back from the identity provider: once, within a minute, by the same browser',
        body: z.strictObject({ code: z.string().regex(/^[0-9a-f]{64}$/) }),
        response: { 201: sessionSchema },
      },
    },
    async (request, reply) => {
      const opened = await ports.oidc.fetch(request.body.code, cookieOf(request), ({ tenantId, userId }) => ({
        ...{ tenantId, userId, source: request.ip, action: 'session.open', resource: `user/${userId}`, after: { by: 'oidc' } },
      }));
      if (opened === null) throw new Problem('unauthenticated');
      reply.code(201).header('cache-control', 'no-store');
      return { token: opened.token, expiresAt: iso(opened.expiresAt), user: identityOf(opened.user), limited: false };
    },
  );
}
