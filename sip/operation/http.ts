/**
 * What an operator and the application ask of this server beside calls, over HTTP: figures (also on a loopback port), the trace of a call, and which further trunks to
 * trust. The last two only on a socket file, which its folder protects: a verb of our own on the control connection would break with any other drachtio server.
 */
import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { parseTrustedNetwork, type TrustedNetwork } from '../guard/addresses.ts';
import type { TracedMessage } from './trace.ts';

const MOST_BODY_BYTES = 1024 * 1024;
const REQUEST_MS = 10_000;

export interface Operation {
  contentType: string;
  metrics(): Promise<string>;
  trace(callIds: readonly string[], huawuCallId: string | undefined): TracedMessage[];
  trust(networks: readonly TrustedNetwork[]): void;
}

/** Port of the figures alone, on 127.0.0.1; path of the socket file for all. Rejects when one cannot be bound. */
export async function openOperation(operation: Operation, port: number | undefined, path: string | undefined): Promise<{ port: number; close(): void }> {
  const servers: Server[] = [];
  const close = (): void => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  try {
    if (path !== undefined) {
      // Of a server that was killed.
      rmSync(path, { force: true });
      servers.push(
        await listening(
          createServer((request, response) => void answer(operation, request, response, true)),
          { path },
        ),
      );
      chmodSync(path, 0o600);
    }
    if (port !== undefined)
      servers.push(
        await listening(
          createServer((request, response) => void answer(operation, request, response, false)),
          { host: '127.0.0.1', port },
        ),
      );
  } catch (error) {
    close();
    throw error;
  }
  const bound = port === undefined ? null : (servers.at(-1)?.address() ?? null);
  return { port: typeof bound === 'object' && bound !== null ? bound.port : 0, close };
}

async function listening(server: Server, where: { path: string } | { host: string; port: number }): Promise<Server> {
  server.requestTimeout = REQUEST_MS;
  const ready = once(server, 'listening');
  server.listen(where);
  await ready;
  return server;
}

async function answer(operation: Operation, request: IncomingMessage, response: ServerResponse, isPrivate: boolean): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const asked = `${request.method} ${url.pathname}`;
  const reply = (status: number, type: string, text: string): void => void response.writeHead(status, { 'Content-Type': type }).end(text);
  try {
    if (asked === 'GET /metrics') reply(200, operation.contentType, await operation.metrics());
    else if (asked === 'GET /trace' && isPrivate) {
      const messages = operation.trace(url.searchParams.getAll('sip'), url.searchParams.get('call') ?? undefined);
      reply(200, 'application/json', JSON.stringify({ messages }));
    } else if (asked === 'PUT /trusted-trunks' && isPrivate) {
      operation.trust(networksOf(JSON.parse(await bodyOf(request))));
      reply(204, 'text/plain', '');
    } else reply(404, 'text/plain', 'nothing is here\n');
  } catch (error) {
    if (!response.headersSent) reply(400, 'text/plain', `${(error as Error).message}\n`);
  }
}

/** Throws with what is wrong: half a list is worse than the one before. */
function networksOf(json: unknown): TrustedNetwork[] {
  if (!Array.isArray(json)) throw new Error('give a list of address[/prefix][:port]');
  return json.map((text) => {
    const network = parseTrustedNetwork(String(text));
    if (typeof network === 'string') throw new Error(network);
    return network;
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BODY_BYTES) throw new Error(`a body may have ${MOST_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
