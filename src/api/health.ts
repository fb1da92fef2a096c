/** For the machines that watch us: alive, ready, and figures. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { mayAtAll } from '../users/user.ts';
import { bearerOf } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import type { Api } from './shapes.ts';

const readySchema = z.object({
  status: z.enum(['ok', 'degraded', 'unavailable', 'draining']),
  parts: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
});

/** Straight from this machine, not through a proxy on it. */
const isLoopback = (request: FastifyRequest): boolean =>
  /^(127\.|::1$|::ffff:127\.)/.test(request.socket.remoteAddress ?? '') &&
  request.headers['x-forwarded-for'] === undefined &&
  request.headers.forwarded === undefined;

export function health(app: Api, ports: ApiPorts): void {
  app.get('/livez', { schema: { hide: true } }, async () => ({ status: 'ok' }));

  app.get('/readyz', { schema: { hide: true, response: { 200: readySchema, 503: readySchema } } }, async (_request, reply) => {
    const all = Object.entries(ports.health.parts());
    const parts = Object.fromEntries(all.map(([name, { ok, detail }]) => [name, detail === undefined ? { ok } : { ok, detail }]));
    const broken = all.some(([, part]) => part.essential && !part.ok);
    const weak = all.some(([, part]) => !part.ok);
    const status = ports.health.draining() ? 'draining' : broken ? 'unavailable' : weak ? 'degraded' : 'ok';
    reply.code(status === 'ok' || status === 'degraded' ? 200 : 503);
    return { status, parts } as const;
  });

  /** Not public: from this machine, or with the token of who may. */
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    if (!isLoopback(request)) {
      const token = bearerOf(request);
      const user = token === null ? null : await ports.sessions.identify(token, request.ip);
      if (user === null) throw new Problem('unauthenticated');
      if (!mayAtAll(user, 'metrics.read')) throw new Problem('forbidden');
    }
    reply.type(ports.metrics.contentType);
    return ports.metrics.text();
  });
}
