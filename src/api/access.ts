/** One guard in front of every route of /api/v1: who asks, and may her role do this at all. What is whose, each room checks with `may`. */
import type { FastifyRequest } from 'fastify';
import { Strangers } from '../cti/strangers.ts';
import { type Action, mayAtAll, type User } from '../users/user.ts';
import type { ApiPorts, AuditEntry } from './ports.ts';
import { Problem } from './problems.ts';
import type { Api } from './shapes.ts';
import { Tickets } from './tickets.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route does; 'signedIn': anybody who is; 'public': needs nobody signed in. */
    action?: Action | 'signedIn' | 'public';
    /** Its `recordingId`, or all of its `callId`, may be fetched with a ticket instead of a token. */
    ticketed?: boolean;
    /** Also in a session that lacks the second factor its user must have. */
    whenLimited?: boolean;
  }
  interface FastifyInstance {
    tickets: Tickets;
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

/** Who asks and from where, for the audit trail; only behind the guard. */
export type Author = Pick<AuditEntry, 'tenantId' | 'userId' | 'source'>;
export function author(request: FastifyRequest): Author {
  const { tenantId, userId } = asker(request);
  return { tenantId, userId, source: request.ip };
}

export const bearerOf = (request: FastifyRequest): string | null => /^Bearer ([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;

function tokenOfTicket(tickets: Tickets, { query, params }: FastifyRequest, now: number): string | null {
  const { ticket } = query as { ticket?: unknown };
  const { recordingId, callId } = params as { recordingId?: unknown; callId?: unknown };
  if (typeof ticket !== 'string') return null;
  if (typeof recordingId === 'string') return tickets.tokenOf(ticket, `recording/${recordingId}`, now);
  return typeof callId === 'string' ? tickets.tokenOf(ticket, `call/${callId}`, now) : null;
}

const MOST_TOKENS_REMEMBERED = 20_000;

/** Looks a token up, unless it is one more guess from an address that has guessed too often. */
function identifier({ sessions, clock }: Pick<ApiPorts, 'sessions' | 'clock'>): (token: string, address: string) => Promise<User | null> {
  const strangers = new Strangers();
  /** Tokens that were good: who behind a tiresome address has one is served. */
  const seenGood = new Set<string>();
  return async (token, address) => {
    if (!seenGood.has(token) && strangers.isTiresome(address, clock.now())) throw new Problem('too_many_requests');
    const user = await sessions.identify(token, address);
    seenGood.delete(token);
    if (user === null) strangers.guessed(address, clock.now());
    else seenGood.add(token);
    if (seenGood.size > MOST_TOKENS_REMEMBERED) for (const oldest of seenGood) if (seenGood.delete(oldest)) break;
    return user;
  };
}

/** Refuses to start with a route that names no action; refuses requests whose user may not do it. */
export function guardRoutes(app: Api, ports: Pick<ApiPorts, 'sessions' | 'clock'>): void {
  const identify = identifier(ports);
  app.decorate('tickets', new Tickets());
  app.decorateRequest('user', null);
  app.decorateRequest('token', null);
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/v1') && route.config?.action === undefined) throw new Error(`${String(route.method)} ${route.url} names no action`);
  });
  app.addHook('onRequest', async (request) => {
    const { action } = request.routeOptions.config;
    if (action === undefined || action === 'public') return;
    const token = bearerOf(request) ?? (request.routeOptions.config.ticketed === true ? tokenOfTicket(app.tickets, request, ports.clock.now()) : null);
    const user = token === null ? null : await identify(token, request.ip);
    if (user === null) throw new Problem('unauthenticated');
    request.user = user;
    request.token = token;
    if (user.limited === true && request.routeOptions.config.whenLimited !== true) throw new Problem('second_factor_missing');
    // What anybody may who is signed in is for people: a program has no session to end and no console.
    if (action === 'signedIn' ? user.role === 'key' : !mayAtAll(user, action)) throw new Problem('forbidden');
  });
}
