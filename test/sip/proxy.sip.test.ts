/** srf.proxyRequest of the real drachtio-srf against the program. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Request, Response } from '../../sip/message/message.ts';
import { Peer } from './support/peer.ts';
import { type App, connectApp, leave, type ProxyResult, type SipProgram, startProgram } from './support/program.ts';

let program: SipProgram;
const peers: Peer[] = [];
before(async () => {
  program = await startProgram();
});
after(() => {
  for (const peer of peers) peer.close();
  program.child.kill('SIGKILL');
});
async function aPeer(transport: 'udp' | 'tcp' | 'tcpListener' = 'udp'): Promise<Peer> {
  const peer = await Peer[transport](program.sipPort);
  peers.push(peer);
  return peer;
}
/** The next request `from` sends along the route that `ok` recorded. */
function routed(from: Peer, method: string, invite: Request, ok: Response): Request {
  const request = from.inside(method, invite, ok);
  for (const route of ok.headers.list('record-route').reverse()) request.headers.add('Route', route);
  return request;
}

const rings: Record<string, (app: App, to: string, done: (result: ProxyResult) => void) => void> = {
  'as a promise': (app, to, done) => app.invite((req) => void app.proxyRequest(req, to, { remainInDialog: true }).then(done)),
  'with a callback': (app, to, done) => app.invite((req) => app.proxyRequest(req, to, { remainInDialog: true }, (_error, result) => done(result))),
};
for (const [how, ring] of Object.entries(rings))
  for (const transport of ['udp', 'tcpListener'] as const)
    test(`srf.proxyRequest ${how}: a call over ${transport} is set up, talks and ends through us`, async () => {
      const app = await connectApp(program);
      const [caller, callee] = [await aPeer(), await aPeer(transport)];
      const result = new Promise<ProxyResult>((resolve) => ring(app, callee.uri, resolve));
      const invite = caller.newRequest('INVITE');
      caller.send(invite);
      const { request, answer } = await callee.request('INVITE');
      answer(180);
      await caller.response('INVITE', 180);
      answer(200, (response) => {
        for (const route of request.headers.all('record-route')) response.headers.add('Record-Route', route);
      });
      const ok = await caller.response('INVITE', 200);
      const { connected, finalStatus, responses } = await result;
      assert.deepEqual([connected, finalStatus, responses.map(({ port }) => port)], [true, 200, [callee.port]]);
      caller.send(routed(caller, 'ACK', invite, ok));
      await callee.request('ACK');
      leave(app);
      caller.send(routed(caller, 'BYE', invite, ok));
      (await callee.request('BYE')).answer(200);
      await caller.response('BYE', 200);
    });

test('a graceful stop waits for a call that runs through us, without any application', async () => {
  const app = await connectApp(program);
  const [caller, callee] = [await aPeer(), await aPeer()];
  app.invite((req) => void app.proxyRequest(req, callee.uri, { remainInDialog: true }));
  const invite = caller.newRequest('INVITE');
  caller.send(invite);
  const { request, answer } = await callee.request('INVITE');
  answer(200, (response) => {
    for (const route of request.headers.all('record-route')) response.headers.add('Record-Route', route);
  });
  const ok = await caller.response('INVITE', 200);
  caller.send(routed(caller, 'ACK', invite, ok));
  await callee.request('ACK');
  leave(app);
  const stopped = program.stop();
  const other = caller.newRequest('OPTIONS');
  caller.send(other);
  await caller.response('OPTIONS', 503);
  assert.equal(program.child.exitCode, null);
  caller.send(routed(caller, 'BYE', invite, ok));
  (await callee.request('BYE')).answer(200);
  await caller.response('BYE', 200);
  assert.equal(await stopped, 0);
});
