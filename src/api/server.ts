/** The HTTP server: limits and guards first, then one file a room. */
import type { IncomingMessage, RequestListener } from 'node:http';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors, serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { randomToken } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import { isPassing } from '../store/outage.ts';
import { KeyThrottled } from '../users/api-keys.ts';
import { SessionUnknown } from '../users/lookup.ts';
import { guardRoutes } from './access.ts';
import { agentImport } from './agent-import.ts';
import { agentState } from './agent-state.ts';
import { agents } from './agents.ts';
import { alertRules } from './alert-rules.ts';
import { apiKeys } from './api-keys.ts';
import { auditTrail } from './audit.ts';
import { calendars } from './calendars.ts';
import { callAudio } from './call-audio.ts';
import { callbacks } from './callbacks.ts';
import { calls } from './calls.ts';
import { cases } from './cases.ts';
import { consoles } from './consoles.ts';
import { customers } from './customers.ts';
import { dialplans } from './dialplans.ts';
import { directory } from './directory.ts';
import { describeRoutes, documents } from './documents.ts';
import { erasures } from './erasures.ts';
import { explanations } from './explanations.ts';
import { health } from './health.ts';
import { honourKeys } from './idempotency.ts';
import { interactions } from './interactions.ts';
import { numbers } from './numbers.ts';
import { oidc } from './oidc.ts';
import { orders } from './orders.ts';
import { outside } from './outside.ts';
import { maskAnswers } from './personal.ts';
import { phonePasses } from './phone-passes.ts';
import type { ApiPorts } from './ports.ts';
import { PROBLEM_TYPE, Problem, type ProblemCode, problemDocument, problems } from './problems.ts';
import { prompts } from './prompts.ts';
import { queueSwitch } from './queue-switch.ts';
import { queues } from './queues.ts';
import { recordings } from './recordings.ts';
import { reportSchedules } from './report-schedules.ts';
import { reports } from './reports.ts';
import { resolution } from './resolution.ts';
import { Reveals, reveal } from './reveals.ts';
import { secondFactor } from './second-factor.ts';
import { sessions } from './sessions.ts';
import type { Api } from './shapes.ts';
import { sipTrace } from './sip-trace.ts';
import { supervisions } from './supervisions.ts';
import { system } from './system.ts';
import { tenant } from './tenant.ts';
import type { HttpTls } from './tls.ts';
import { trials } from './trials.ts';
import { trunks } from './trunks.ts';
import { users } from './users.ts';
import { webhooks } from './webhooks.ts';

const BODY_LIMIT_BYTES = 1_048_576;
const HEADER_MS = 10_000;
const REQUEST_MS = 30_000;
const TIMEOUTS = { headersTimeout: HEADER_MS, connectionsCheckingInterval: 1_000 };
const REQUESTS_PER_MINUTE = 1_200;
/** Beyond this the loop serves calls, not the API. */
const MOST_LOOP_DELAY_MS = 1_000;
const RETRY_AFTER_SECONDS = 5;

/** Everything registered, not yet listening: `app.server` is the http.Server to which the desks' sockets are attached. */
const PLUGIN_START_MS = 60_000;

/** `mostLoopDelayMs`: behind an event loop that is late by more, the API answers 503; 0 = however late. */
export async function buildServer(ports: ApiPorts, tls: HttpTls | null = null, mostLoopDelayMs = MOST_LOOP_DELAY_MS): Promise<Api> {
  const app: Api = fastify({
    // A busy machine is no fault of a plugin: the usual 10 s are too few beside work that fills every core.
    pluginTimeout: PLUGIN_START_MS,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_MS,
    // Node looks for who is too slow every 30 s unless told otherwise.
    http: TIMEOUTS,
    ...(tls === null ? {} : { serverFactory: (handler: RequestListener) => tls.serve(handler, { ...TIMEOUTS, requestTimeout: REQUEST_MS }) }),
    forceCloseConnections: true,
    genReqId: () => randomToken(8),
    frameworkErrors: (error, request, reply) => sendProblem(error, request as FastifyRequest, reply as FastifyReply, ports.log),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, ports.log));
  // Not when the server closes: it does also while descriptors are few.
  if (tls !== null) app.addHook('onClose', async () => tls.stop());
  await protect(app, { isSecure: tls !== null, mostLoopDelayMs, embedOrigins: ports.embedOrigins ?? [] });
  guardRoutes(app, ports);
  honourKeys(app, ports.clock);
  maskAnswers(app, ports);
  await describeRoutes(app, ports);
  for (const room of [
    sessions,
    secondFactor,
    oidc,
    phonePasses,
    users,
    apiKeys,
    webhooks,
    reportSchedules,
    queues,
    queueSwitch,
    alertRules,
    trials,
    calendars,
    agents,
    agentImport,
    agentState,
    directory,
    tenant,
    numbers,
    trunks,
    outside,
    dialplans,
    prompts,
    auditTrail,
    system,
    callAudio,
    callbacks,
    orders,
    supervisions,
    interactions,
    explanations,
    recordings,
    erasures,
    cases,
    reports,
    resolution,
    sipTrace,
    health,
    documents,
  ])
    room(app, ports);
  const reveals = new Reveals(ports);
  for (const room of [customers, calls, reveal]) room(app, ports, reveals);
  await consoles(app, ports.webDir);
  return app;
}

interface Guards {
  isSecure: boolean;
  mostLoopDelayMs: number;
  embedOrigins: readonly string[];
}

/** The agent's desk may stand in a CRM's page; nothing else is framed by anybody. */
const framersOf = (url: string | undefined, origins: readonly string[]): string =>
  /^\/agent(?:[/?#]|$)/.test(url ?? '') ? ["'self'", ...origins].join(' ') : "'none'";

async function protect(app: Api, { isSecure, mostLoopDelayMs, embedOrigins }: Guards): Promise<void> {
  await app.register(helmet, {
    // Otherwise said by whoever does TLS in front of us.
    hsts: isSecure,
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        // antd writes its styles at run time
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        connectSrc: ["'self'", 'ws:', 'wss:'],
        frameAncestors: [(request: IncomingMessage) => framersOf(request.url, embedOrigins)],
        upgradeInsecureRequests: null,
      },
    },
  });
  await app.register(rateLimit, {
    max: REQUESTS_PER_MINUTE,
    timeWindow: 60_000,
    cache: 10_000,
    // A whole floor may sit behind one address: who shows a token is counted by it.
    keyGenerator: (request) => request.headers.authorization ?? request.ip,
    allowList: (request) => !request.url.startsWith('/api/v1'),
    errorResponseBuilder: () => new Problem('too_many_requests'),
  });
  await app.register(underPressure, {
    maxEventLoopDelay: mostLoopDelayMs,
    pressureHandler: (request) => {
      if (!request.url.startsWith('/api/v1')) return;
      throw new Problem('unavailable');
    },
  });
}

/** What other layers call their errors, in our table's words. */
const codeOfStatus: Record<number, ProblemCode> = {
  400: 'bad_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  413: 'too_large',
  414: 'too_large',
  415: 'unsupported_media',
  429: 'too_many_requests',
  431: 'too_large',
  503: 'unavailable',
};

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((fault) => ({
      at: `${error.validationContext ?? 'request'}${fault.instancePath.replaceAll('/', '.')}`,
      message: fault.message ?? 'not as it must be',
    }));
    return new Problem('validation_failed', '', errors);
  }
  if (error instanceof KeyThrottled) return new Problem('too_many_requests');
  if (isPassing(error) || error instanceof SessionUnknown) return new Problem('unavailable');
  const { statusCode } = (error ?? {}) as Partial<FastifyError>;
  return new Problem(statusCode === undefined ? 'internal' : (codeOfStatus[statusCode] ?? 'internal'));
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Logger): FastifyReply {
  const problem = problemOf(error);
  const { status } = problems[problem.code];
  if (status >= 500) log.error({ err: error, request: request.id, route: request.routeOptions?.url }, 'a request failed');
  if (status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
  const document = problemDocument(problem, languageOf(request), String(request.id));
  return reply.code(status).type(PROBLEM_TYPE).send(document);
}

/** The user's own language; before sign-in the browser's. */
function languageOf(request: FastifyRequest): 'zh' | 'en' {
  if (request.user) return request.user.language;
  return /^\s*en\b/i.test(request.headers['accept-language'] ?? '') ? 'en' : 'zh';
}
