/** E5 at a running server: more calls than it is rated for. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { type App, connectApp, leave, SDP, type SipProgram, startProgram } from './support/program.ts';

const RATED = 20;
const BURST = 100;
let program: SipProgram;
let app: App;
let peer: Peer;

before(async () => {
  program = await startProgram({ TRUSTED_TRUNKS: '127.0.0.1', SIP_RATED_CALLS: String(RATED), LOG_LEVEL: 'info' });
  app = await connectApp(program);
  app.invite((req, res) => void app.createUAS(req, res, { localSdp: SDP }));
  app.options((_req, res) => res.send(200));
  peer = await Peer.udp(program.sipPort);
});
after(async () => {
  peer.close();
  leave(app);
  await program.stop();
});

test('E5: above the rated load (SIP_RATED_CALLS) calls get 503 with Retry-After, those within it are answered, a call that is up can end, and soon there is room again', async () => {
  const invites = Array.from({ length: BURST }, () => peer.newRequest('INVITE'));
  const began = performance.now();
  for (const invite of invites) peer.send(invite);
  await until('an answer to each', () => peer.countResponses('INVITE', 200) + peer.countResponses('INVITE', 503) >= BURST);
  const answered = peer.countResponses('INVITE', 200);
  const most = RATED * (1 + (performance.now() - began) / 1_000);
  assert.ok(answered >= RATED && answered <= most + 1, `${answered} answered, of ${most} in that time`);
  for (const { message } of peer.arrived) {
    if (message.kind !== 'response' || message.status !== 503) continue;
    const seconds = Number(message.headers.get('retry-after'));
    assert.ok(seconds >= 5 && seconds <= 30, `Retry-After: ${message.headers.get('retry-after')}`);
  }
  const ok = await peer.response('INVITE', 200);
  const invite = invites.find(({ headers }) => headers.get('call-id') === ok.headers.get('call-id'));
  assert.ok(invite !== undefined, 'it answers one of them');
  peer.send(peer.inside('ACK', invite, ok));
  peer.send(peer.inside('BYE', invite, ok));
  await peer.response('BYE', 200);
  peer.send(peer.newRequest('OPTIONS'));
  await peer.response('OPTIONS', 200);
  await until('room for another call', async () => {
    const another = await Peer.udp(program.sipPort);
    another.send(another.newRequest('INVITE'));
    const isTaken = await another.response('INVITE', 200, 1_000).then(
      () => true,
      () => false,
    );
    another.close();
    return isTaken;
  });
});
