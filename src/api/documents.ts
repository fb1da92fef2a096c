/** What the API says of itself: OpenAPI 3.1 from the schemas of the routes, AsyncAPI of the desks, and a page to read. */
import swagger from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { type Action, keyScopes } from '../users/user.ts';
import type { ApiPorts } from './ports.ts';
import { problemSchema } from './problems.ts';
import type { Api } from './shapes.ts';

const DESCRIPTION = [
  'Errors are RFC 9457 problem documents (`application/problem+json`) with a `code` from one table.',
  'Lists come in pages: pass `nextCursor` as `cursor` until it is null.',
  'Unsafe calls take an `Idempotency-Key`: sent again, the same call is not done twice and gets the same answer.',
].join(' ');

/** Before the routes: it watches them being added. */
export async function describeRoutes(app: Api, ports: Pick<ApiPorts, 'version'>): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Huawu API', version: ports.version, description: DESCRIPTION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'The token of POST /api/v1/sessions' },
          key: { type: 'http', scheme: 'bearer', description: 'An API key of POST /api/v1/api-keys; what is named with an operation is the scope it needs' },
        },
      },
      security: [{ bearer: [] }],
    },
    transform: jsonSchemaTransform,
  });
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/api/v1')) return;
    const security = { security: securityOf(route.config?.action) };
    const response = (route.schema?.response ?? {}) as Record<string, unknown>;
    route.schema = { ...route.schema, ...security, response: { ...response, '4xx': problemSchema, '5xx': problemSchema } };
  });
}

function securityOf(action: Action | 'signedIn' | 'public' | undefined): Record<string, string[]>[] {
  if (action === 'public') return [];
  const isScope = action !== undefined && (keyScopes as readonly string[]).includes(action);
  return [{ bearer: [] }, ...(isScope ? [{ key: [action] }] : [])];
}

export function documents(app: Api, ports: Pick<ApiPorts, 'asyncApi'>): void {
  app.get('/api/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  app.get('/cti/asyncapi.json', { schema: { hide: true } }, async () => ports.asyncApi);
  app.get('/api/docs', { schema: { hide: true } }, async (_request, reply) => {
    reply.type('text/html; charset=utf-8');
    return docsPage(app.swagger() as OpenApi);
  });
}

interface OpenApi {
  info: { title: string; version: string };
  paths?: Record<string, Record<string, { summary?: string; tags?: string[] }>>;
}

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Plain HTML without a script: it works behind any policy and without a network. */
function docsPage({ info, paths = {} }: OpenApi): string {
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, { summary = '' }]) => `<tr><td>${method.toUpperCase()}</td><td><code>${escapeHtml(path)}</code></td><td>${escapeHtml(summary)}</td></tr>`,
    ),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(info.title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}td{padding:.25rem .75rem;border-bottom:1px solid #ddd}</style></head>
<body><h1>${escapeHtml(info.title)} ${escapeHtml(info.version)}</h1>
<p>Machine-readable: <a href="/api/openapi.json">OpenAPI 3.1</a> · <a href="/cti/asyncapi.json">AsyncAPI 3 of the desk protocol</a></p>
<table>${rows.join('\n')}</table></body></html>`;
}
