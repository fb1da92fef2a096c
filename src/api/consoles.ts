/** The built consoles at `/`; each console's own addresses all lead to its page. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyRequest } from 'fastify';
import { Problem } from './problems.ts';
import type { Api } from './shapes.ts';

const CONSOLES = ['/', '/agent', '/supervisor', '/admin', '/account'];
const A_YEAR_SECONDS = 31_536_000;

export async function consoles(app: Api, webDir: string): Promise<void> {
  const built = existsSync(join(webDir, 'index.html'));
  const clientDir = join(webDir, 'cti/client/');
  if (built) {
    await app.register(fastifyStatic, {
      root: webDir,
      // One route a file: what is no file falls through to the consoles' addresses.
      wildcard: false,
      // Packed when they were built: a slow line must not make an agent wait for her desk.
      preCompressed: true,
      index: false,
      cacheControl: false,
      setHeaders(response, path) {
        // Vite names assets by their content; the page itself must always be the newest.
        const hashed = path.includes('/assets/');
        response.setHeader('vary', 'accept-encoding');
        response.setHeader('cache-control', hashed ? `public, max-age=${A_YEAR_SECONDS}, immutable` : 'no-cache');
        // The client of the desk protocol is for pages of others; it holds nothing of anybody's.
        if (!path.startsWith(clientDir)) return;
        response.setHeader('access-control-allow-origin', '*');
        response.setHeader('cross-origin-resource-policy', 'cross-origin');
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    if (!isConsole(request)) throw new Problem('not_found');
    if (!built) throw new Problem('not_found', 'the consoles are not built: run npm run build');
    return reply.sendFile(pageOf(request));
  });
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';

/** Each console's own page names the scripts it will need. */
const pageOf = (request: FastifyRequest): string => `${/^\/(\w+)/.exec(pathOf(request))?.[1] ?? 'index'}.html`;

function isConsole(request: FastifyRequest): boolean {
  const path = pathOf(request);
  return request.method === 'GET' && CONSOLES.some((console) => path === console || (console !== '/' && path.startsWith(`${console}/`)));
}
