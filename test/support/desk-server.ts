/** The HTTP edge around a `DeskHouse`: the built consoles, sign-in, and the real desk sockets; can go away and come back on its port. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { DeskSockets } from '../../src/cti/socket.ts';
import { builtWeb } from './built-web.ts';
import { AGENT, type DeskHouse, TENANT } from './desk-house.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};
/** As strict as a careful server sets it; antd writes its styles into the page. */
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; frame-ancestors 'self'";
const MOST_BODY_BYTES = 4096;

export class DeskServer {
  readonly #house: DeskHouse;
  readonly #password: string;
  readonly #sockets = new Set<Socket>();
  #folder = '';
  #server: Server | null = null;
  #deskSockets: DeskSockets | null = null;
  #port = 0;

  constructor(house: DeskHouse, password = 'demo-pass') {
    this.#house = house;
    this.#password = password;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    this.#folder = await builtWeb();
    const server = createServer((request, response) => void this.#answer(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#deskSockets = new DeskSockets({ clock: systemClock, log: silentLog, desks: this.#house.desks });
    this.#deskSockets.attach(server);
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Gone as if its cable were pulled: no close frames, nobody listens. The house goes on. */
  async goAway(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#deskSockets?.close();
  }

  async close(): Promise<void> {
    await this.goAway();
    this.#house.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', this.url).pathname;
    if (path === '/api/v1/sessions' && request.method === 'POST') await this.#signIn(request, response);
    else if (path === '/api/v1/sessions/current' && request.method === 'DELETE') response.writeHead(204).end();
    else if (path === '/api/v1/directory')
      json(response, 200, directoryOf(this.#house, new URL(request.url ?? '/', this.url).searchParams.get('search') ?? ''));
    else if (path === '/api/v1/callbacks') json(response, 200, { items: callbacksOf(this.#house) });
    else if (path === '/api/v1/figures/agent' || path === '/api/v1/sign-in-ways') json(response, 200, { items: [] });
    else if (path.startsWith('/api/v1/queues/')) json(response, 200, { desk: this.#house.queueDesk });
    else if (path.startsWith('/api/')) problem(response, 404, 'Nothing is here under that name.');
    else await this.#file(path, response);
  }

  async #signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body = (body + String(chunk)).slice(0, MOST_BODY_BYTES);
    const { username, password } = JSON.parse(body) as { username?: unknown; password?: unknown };
    if (username !== '8001' || password !== this.#password) return problem(response, 401, 'The user name or the password is wrong.');
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ token: 'token', expiresAt: '2099-01-01T00:00:00.000Z' }));
  }

  /** A file of the build, or the page itself for every address it draws. */
  async #file(path: string, response: ServerResponse): Promise<void> {
    const name = extname(path) === '' ? `/${/^\/(\w+)/.exec(path)?.[1] ?? 'index'}.html` : normalize(path);
    try {
      const content = await readFile(join(this.#folder, name));
      response.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream', 'content-security-policy': POLICY }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  }
}

/** As `GET /api/v1/callbacks` answers an agent. */
const callbacksOf = ({ acd }: DeskHouse): object[] =>
  acd.view
    .callbacks(TENANT)
    .filter(({ bookedBy }) => bookedBy === AGENT)
    .map((callback) => ({ ...callback, dueAt: callback.dueAt === null ? null : new Date(callback.dueAt).toISOString() }));

/** As `GET /api/v1/directory` answers, without its initials. */
function directoryOf({ acd, queueDesk }: DeskHouse, search: string): object {
  const agents = acd.view.agents(TENANT).filter(({ agentId, name, number }) => agentId !== AGENT && `${name} ${number}`.includes(search));
  return {
    agents: agents.map(({ number, name, activity, since, phoneReachable }) => ({
      number,
      name,
      activity,
      since: new Date(since).toISOString(),
      reachable: phoneReachable,
    })),
    queues: acd.view
      .queues(TENANT)
      .filter(({ configuration: { name } }) => name.zh.includes(search))
      .map(({ queueId, configuration: { name }, state, waiting, ready }) => ({
        queue: queueId.slice(TENANT.length + 1),
        name,
        state,
        waiting,
        ready,
        oldestSince: null,
      })),
    numbers: (queueDesk.numbers ?? []).filter(({ name, number }) => `${name.zh} ${number}`.includes(search)),
    more: 0,
  };
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function problem(response: ServerResponse, status: number, title: string): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ type: 'about:blank', title, status }));
}
