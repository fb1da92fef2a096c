/** The outbound and the tagged mode: a web-hook of the test, applications of the real drachtio-srf that listen. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { encodeFrame } from '../../kernel/frames.ts';
import { askHook } from '../../sip/outbound/hook.ts';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { type App, connectApp, leave, newApp, SDP, SECRET, type SipProgram, startProgram } from './support/program.ts';

/** What the hook answers for the dialled user (`uriUser`): text is sent as it is, undefined is never answered. */
const answers = new Map<string, object | string | undefined>();
const asked: { path: string; headers: IncomingMessage['headers']; body: string; method: string }[] = [];
let hook: HttpServer;
let program: SipProgram;
let hookPort = 0;
const closers: (() => void)[] = [];

async function listening<S extends Server>(server: S): Promise<S & { at: number }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return Object.assign(server, { at: (server.address() as AddressInfo).port });
}

before(async () => {
  hook = createHttpServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const url = new URL(request.url ?? '', 'http://hook');
      asked.push({ path: url.pathname + url.search, headers: request.headers, body, method: request.method ?? '' });
      const answer = answers.get(url.searchParams.get('uriUser') ?? '');
      if (answer === 'moved') response.writeHead(302, { location: '/elsewhere' }).end();
      else if (answer !== undefined) response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  hookPort = (await listening(hook)).at;
  program = await startProgram({ DRACHTIO_HTTP_HANDLER: `http://127.0.0.1:${hookPort}/route` });
});
after(async () => {
  for (const close of closers) close();
  hook.closeAllConnections();
  program.child.kill('SIGKILL');
});

async function aCaller(): Promise<Peer> {
  const peer = await Peer.udp(program.sipPort);
  closers.push(() => peer.close());
  return peer;
}
/** Calls `user`, and hears that status. */
async function callHears(
  user: string,
  status: number,
  withinMs = 5_000,
  method = 'INVITE',
): Promise<{ caller: Peer; response: Awaited<ReturnType<Peer['response']>> }> {
  const caller = await aCaller();
  caller.send(caller.newRequest(method, undefined, user));
  return { caller, response: await caller.response(method, status, withinMs) };
}
/** A drachtio-srf application that listens. */
async function aListener(): Promise<{ app: App; port: number; connections: Socket[] }> {
  const app = newApp();
  const connections: Socket[] = [];
  const server = app.listen({ host: '127.0.0.1', port: 0, secret: SECRET }, () => undefined);
  server.on('connection', (socket: Socket) => connections.push(socket));
  await until('the application to listen', () => server.listening);
  closers.push(() => server.close());
  return { app, port: (server.address() as AddressInfo).port, connections };
}

test('the web-hook is asked with every key; reject, redirect and proxy are carried out', async () => {
  answers.set('closed', { action: 'reject', data: { status: 480, reason: 'Closed for today' } });
  assert.equal((await callHears('closed', 480)).response.reason, 'Closed for today');
  assert.match(
    asked.at(-1)?.path ?? '',
    /^\/route\/\?method=INVITE&domain=127\.0\.0\.1&protocol=udp&source_address=127\.0\.0\.1&fromUser=caller&toUser=closed&uriUser=closed&/,
  );
  answers.set('moved-to', { action: 'redirect', data: { contact: ['sip:a@127.0.0.2', 'sip:b@127.0.0.3'] } });
  assert.deepEqual((await callHears('moved-to', 302)).response.headers.list('contact'), ['<sip:a@127.0.0.2>', '<sip:b@127.0.0.3>']);
  const callee = await aCaller();
  answers.set('passed', { action: 'proxy', data: { destination: callee.uri } });
  const caller = await aCaller();
  caller.send(caller.newRequest('INVITE', undefined, 'passed'));
  (await callee.request('INVITE')).answer(486);
  await caller.response('INVITE', 486);
});

test('with POST the web-hook gets the message, cut at 16 kB', async () => {
  answers.set('posted', 'thank you');
  const caller = await aCaller();
  const invite = caller.newRequest('INVITE', (request) => request.headers.add('X-Long', 'x'.repeat(20_000)), 'posted');
  const source = { protocol: 'udp', address: '127.0.0.1', port: 5060, flow: 'udp-0', local: { address: '127.0.0.1', port: 5060 } } as const;
  const handler = { kind: 'hook', url: `http://127.0.0.1:${hookPort}/post`, post: true } as const;
  assert.equal(await askHook(handler, invite, source, systemClock), 'thank you');
  const { method, headers, body, path } = asked.at(-1) ?? { method: '', headers: {}, body: '', path: '' };
  assert.deepEqual([method, headers['content-type'], body.length, path.startsWith('/post/?method=INVITE')], ['POST', 'text/plain', 16_384, true]);
  assert.match(body, /^INVITE sip:posted@/);
});

test('an unmodified srf.listen: a call is dialled out for, answered, ended by the caller, and the session ended', async () => {
  const { app, port, connections } = await aListener();
  let isUp = false;
  app.invite((req, res) => {
    void app.createUAS(req, res, { localSdp: SDP }).then((dialog) => {
      isUp = true;
      dialog.on('destroy', () => app.endSession(req));
    });
  });
  answers.set('listener', { action: 'route', data: { uri: `127.0.0.1:${port}` } });
  const caller = await aCaller();
  const invite = caller.newRequest('INVITE', undefined, 'listener');
  caller.send(invite);
  const ok = await caller.response('INVITE', 200);
  caller.send(caller.inside('ACK', invite, ok));
  await until('the application to have its dialog', () => isUp);
  caller.send(caller.inside('BYE', invite, ok));
  await caller.response('BYE', 200);
  await until('the session to end', () => connections.length === 1 && connections[0]?.destroyed);
});

test('nobody to be had is 480: no application at the address, none with the tag; a caller that gives up meanwhile hears 487 and nobody is told', async () => {
  answers.set('nobody', { action: 'route', data: { uri: '127.0.0.1:1' } });
  answers.set('untagged', { action: 'route', data: { tag: 'nobody-is-called-so' } });
  await Promise.all([callHears('nobody', 480), callHears('untagged', 480)]);
  answers.set('hanging', undefined);
  const caller = await aCaller();
  const invite = caller.newRequest('INVITE', undefined, 'hanging');
  caller.send(invite);
  await caller.response('INVITE', 100);
  const cancel = caller.newRequest('CANCEL', undefined, 'hanging');
  for (const name of ['via', 'from', 'to', 'call-id']) cancel.headers.set(name, invite.headers.get(name) ?? '');
  caller.send(cancel);
  await caller.response('INVITE', 487);
});

test('silence is 480 before the caller gives up: a web-hook that hangs, an application that takes the connection and never authenticates', async () => {
  const mute = await listening(createServer((socket) => void socket.resume()));
  answers.set('mute', { action: 'route', data: { uri: `127.0.0.1:${mute.at}` } });
  await Promise.all([callHears('hanging', 480, 8_000), callHears('mute', 480, 8_000)]);
});

test('nonsense is 500: no JSON, an unknown action, a redirect of the hook itself, an answer without end, a wrong secret is 480', async () => {
  const rows: [string, object | string][] = [
    ['no-json', 'yes please'],
    ['unknown', { action: 'dance', data: {} }],
    ['moved', 'moved'],
    ['endless', 'x'.repeat(100_000)],
    ['bad-target', { action: 'proxy', data: { destination: 'tel:1' } }],
  ];
  for (const [user, answer] of rows) answers.set(user, answer);
  await Promise.all(rows.map(([user]) => callHears(user, 500)));
  assert.ok(!asked.some(({ path }) => path.startsWith('/elsewhere')), 'redirects are not followed');
  const impostor = await listening(createServer((socket) => void socket.resume().write(encodeFrame('1|authenticate|wrong|'))));
  answers.set('impostor', { action: 'route', data: { uri: `127.0.0.1:${impostor.at}` } });
  await callHears('impostor', 480);
});

test('a tag picks among connected applications that have routed the method', async () => {
  const [sales, service] = [await connectApp(program, SECRET, { tags: ['sales'] }), await connectApp(program, SECRET, { tags: ['service', 'vip'] })];
  const heard: string[] = [];
  sales.invite((_req, res) => {
    heard.push('sales');
    res.send(486);
  });
  service.invite((_req, res) => {
    heard.push('service');
    res.send(486);
  });
  for (const tag of ['vip', 'sales', 'service']) {
    answers.set(tag, { action: 'route', data: { tag } });
    await callHears(tag, 486);
  }
  assert.deepEqual(heard, ['service', 'sales', 'service']);
  await callHears('sales', 480, 5_000, 'MESSAGE');
  for (const app of [sales, service]) leave(app);
});
