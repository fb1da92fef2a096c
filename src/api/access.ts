/** Who may do what over HTTP: one table of actions, one guard in front of every route of /api/v1. */
import type { FastifyRequest } from 'fastify';
import type { TenantId } from '../../kernel/ids.ts';
import type { ApiPorts, Identity, Role } from './ports.ts';
import { Problem } from './problems.ts';
import type { Api } from './shapes.ts';

const everybody: readonly Role[] = ['agent', 'supervisor', 'admin'];
const leaders: readonly Role[] = ['supervisor', 'admin'];
const admins: readonly Role[] = ['admin'];

export const actions = {
  'me.read': everybody,
  'session.end': everybody,
  'users.read': admins,
  'users.write': admins,
  'queues.read': everybody,
  'queues.write': admins,
  'agents.read': leaders,
  'agents.write': leaders,
  'customers.read': everybody,
  'dialplans.read': admins,
  'dialplans.write': admins,
  'liveCalls.read': leaders,
  /** An agent reads the calls she had, and no others. */
  'records.read': everybody,
  'recordings.read': everybody,
} as const satisfies Record<string, readonly Role[]>;
export type Action = keyof typeof actions;

export const may = (role: Role, action: Action): boolean => (actions[action] as readonly Role[]).includes(role);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route does; 'public' needs nobody signed in. */
    action?: Action | 'public';
  }
  interface FastifyRequest {
    identity: Identity | null;
    token: string | null;
  }
}

/** The signed-in user; only behind the guard. */
export function asker(request: FastifyRequest): Identity {
  if (request.identity === null) throw new Problem('unauthenticated');
  return request.identity;
}

/** What lies in another tenant does not exist. */
export function ownTenant(request: FastifyRequest, tenantId: TenantId): boolean {
  return asker(request).tenantId === tenantId;
}

const bearer = (request: FastifyRequest): string | null => /^Bearer ([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;

/** Refuses to start with a route that names no action; refuses requests whose user may not do it. */
export function guardRoutes(app: Api, ports: Pick<ApiPorts, 'sessions'>): void {
  app.decorateRequest('identity', null);
  app.decorateRequest('token', null);
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/v1') && route.config?.action === undefined) throw new Error(`${String(route.method)} ${route.url} names no action`);
  });
  app.addHook('onRequest', async (request) => {
    const { action } = request.routeOptions.config;
    if (action === undefined || action === 'public') return;
    const token = bearer(request);
    const identity = token === null ? null : await ports.sessions.identify(token);
    if (identity === null) throw new Problem('unauthenticated');
    request.identity = identity;
    request.token = token;
    if (!may(identity.role, action)) throw new Problem('forbidden');
  });
}
