/** One guard in front of every route of /api/v1: who asks, and may her role do this at all. What is whose, each room checks with `may`. */
import type { FastifyRequest } from 'fastify';
import { type Action, may, type User } from '../users/user.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import type { Api } from './shapes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route does; 'signedIn': anybody who is; 'public': needs nobody signed in. */
    action?: Action | 'signedIn' | 'public';
  }
  interface FastifyRequest {
    user: User | null;
    token: string | null;
  }
}

/** The signed-in user; only behind the guard. */
export function asker(request: FastifyRequest): User {
  if (request.user === null) throw new Problem('unauthenticated');
  return request.user;
}

export const bearerOf = (request: FastifyRequest): string | null => /^Bearer ([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;

/** With what is most her own: whether there is anything at all that she may do this to. */
export const mayAtAll = (user: User, action: Action): boolean => may(user, action, { tenantId: user.tenantId, agentId: user.agentId });

/** Refuses to start with a route that names no action; refuses requests whose user may not do it. */
export function guardRoutes(app: Api, ports: Pick<ApiPorts, 'sessions'>): void {
  app.decorateRequest('user', null);
  app.decorateRequest('token', null);
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/v1') && route.config?.action === undefined) throw new Error(`${String(route.method)} ${route.url} names no action`);
  });
  app.addHook('onRequest', async (request) => {
    const { action } = request.routeOptions.config;
    if (action === undefined || action === 'public') return;
    const token = bearerOf(request);
    const user = token === null ? null : await ports.sessions.identify(token);
    if (user === null) throw new Problem('unauthenticated');
    request.user = user;
    request.token = token;
    if (action !== 'signedIn' && !mayAtAll(user, action)) throw new Problem('forbidden');
  });
}
