/**
 * What an operator and the application ask of this server beside calls, over HTTP: figures (also on a loopback port), the trace of a call, and which further trunks to
 * trust. The last two only on a socket file, which its folder protects: a verb of our own on the control connection would break with any other drachtio server.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Descriptors } from '../../kernel/descriptors.ts';
import { Listening } from '../../kernel/listening.ts';
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
export async function openOperation(
  operation: Operation,
  descriptors: Descriptors,
  where: { port: number | undefined; socket: string | undefined },
): Promise<{ port: number; close(): void }> {
  const servers: { server: Server; listening: Listening }[] = [];
  const close = (): void => {
    for (const { server, listening } of servers) {
      listening.close();
      server.closeAllConnections();
    }
  };
  const listen = async (at: { path: string } | { host: string; port: number }): Promise<number> => {
    const server = createServer({ requestTimeout: REQUEST_MS }, (request, response) => void answer(operation, request, response, 'path' in at));
    const onListening = (): void => {
      if ('path' in at) chmodSync(at.path, 0o600);
    };
    const listening = await Listening.open(server, at, { descriptors, isPrivate: true, onListening, onError: () => undefined });
    servers.push({ server, listening });
    return listening.port;
  };
  try {
    // Of a server that was killed.
    if (where.socket !== undefined) rmSync(where.socket, { force: true });
    if (where.socket !== undefined) await listen({ path: where.socket });
    return { port: where.port === undefined ? 0 : await listen({ host: '127.0.0.1', port: where.port }), close };
  } catch (error) {
    close();
    throw error;
  }
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
