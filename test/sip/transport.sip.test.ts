/** What peers do to connections and to the UDP port besides SIP messages: names for a connection, keep-alives, floods, silence. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { Descriptors } from '../../kernel/descriptors.ts';
import { randomToken } from '../../kernel/ids.ts';
import { Network } from '../../sip/transport/network.ts';
import { bindingResponse } from '../../sip/transport/stun.ts';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { type App, connectApp, leave, SDP, type SipProgram, startProgram } from './support/program.ts';
import { openWire } from './support/wire.ts';

/** Discard: nobody listens there. */
const NOBODYS_PORT = 9;
const closers: (() => void)[] = [];
let program: SipProgram;
let app: App;

before(async () => {
  // The guard is on: everybody here is a stranger.
  program = await startProgram({ TRUSTED_TRUNKS: '10.9.8.7' });
  app = await connectApp(program);
  app.options((_req, res) => res.send(200));
});
after(async () => {
  for (const close of closers) close();
  leave(app);
  await program.stop();
});

const statusOfCall = (uri: string): Promise<number> =>
  app.createUAC(uri, { localSdp: SDP }).then(
    () => 200,
    ({ status }: { status: number }) => status,
  );

test('B21: RFC 5923: over TCP `alias` names the address that the connection comes from, and no other', async () => {
  const peer = await Peer.tcp(program.sipPort);
  const introduce = async (sentBy: string): Promise<void> => {
    peer.send(peer.newRequest('OPTIONS', ({ headers }) => headers.set('Via', `SIP/2.0/TCP ${sentBy};alias;branch=z9hG4bK${randomToken(8)}`)));
    await peer.response('OPTIONS', 200);
  };
  await introduce(`127.0.0.2:${NOBODYS_PORT}`);
  assert.equal(await statusOfCall(`sip:x@127.0.0.2:${NOBODYS_PORT};transport=tcp`), 503);
  await introduce(`127.0.0.1:${NOBODYS_PORT}`);
  const calling = statusOfCall(`sip:x@127.0.0.1:${NOBODYS_PORT};transport=tcp`);
  (await peer.request('INVITE')).answer(486);
  assert.equal(await calling, 486);
  peer.close();
  assert.equal(await statusOfCall(`sip:x@127.0.0.1:${NOBODYS_PORT};transport=tcp`), 503, 'gone with its connection');
});

test('C8: keep-alives of a stranger over UDP are silence and no strikes, his STUN binding request is answered with his own address', async () => {
  const wire = await openWire('UDP', program);
  closers.push(() => wire.close());
  // Twenty malformed messages in ten seconds would have him blocked.
  for (let n = 0; n < 30; n += 1) for (const bytes of ['\r\n', '\r\n\r\n', '\0\0\0\0', '']) wire.send(bytes);
  const cookieAndId = Buffer.from('2112a442b7e7a701bc34d686fa87dfae', 'hex');
  wire.send(Buffer.concat([Buffer.from([0, 1, 0, 0]), cookieAndId]));
  await until('an answer', () => wire.came.length > 0);
  assert.deepEqual(wire.came, [bindingResponse(cookieAndId, '127.0.0.1', wire.port)]);
  const peer = await Peer.udp(program.sipPort);
  closers.push(() => peer.close());
  peer.send(peer.newRequest('OPTIONS'));
  await peer.response('OPTIONS', 200);
});

test('PUBLIC_ADDRESS: applications are told every listener by it, and beside that by the address that is bound; no listener of a family, no way to it', async () => {
  const nothing = (): void => undefined;
  const user = { onMessage: nothing, onBroken: nothing, onClosed: nothing, onError: nothing, onCertificate: nothing };
  const files = { certificate: undefined, key: undefined, authorities: undefined, revoked: undefined };
  const webSocket = { origins: [], secret: 'x' };
  const descriptors = new Descriptors(systemClock);
  closers.push(() => descriptors.stop());
  const network = new Network(user, systemClock, descriptors, {
    publicAddress: '203.0.113.1',
    localNets: [],
    files,
    verifyClient: false,
    verifyServer: true,
    webSocket,
  });
  closers.push(() => network.close());
  await network.open({ addresses: ['0.0.0.0'], optional: new Set(), port: 0, tlsPort: undefined, wsPort: 0, wssPort: undefined, wsSocket: undefined });
  assert.match(network.hostports(false), /^udp\/203\.0\.113\.1:(\d+),tcp\/203\.0\.113\.1:\1,ws\/203\.0\.113\.1:\d+$/);
  assert.doesNotMatch(network.hostports(true), /203\.0\.113\.1|0\.0\.0\.0/);
  assert.equal(network.localFor({ protocol: 'udp', address: '198.51.100.9', port: 5060 })?.address, '203.0.113.1');
  assert.equal(network.localFor({ protocol: 'udp', address: '2001:db8::9', port: 5060 }), undefined);
});
