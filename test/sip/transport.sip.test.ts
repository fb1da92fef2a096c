/** What peers do to connections and to the UDP port besides SIP messages: names for a connection, keep-alives, floods, silence. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomToken } from '../../kernel/ids.ts';
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
