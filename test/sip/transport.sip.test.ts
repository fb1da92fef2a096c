/** What peers do to connections and to the UDP port besides SIP messages: names for a connection, keep-alives, floods, silence. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomToken } from '../../kernel/ids.ts';
import { Peer } from './support/peer.ts';
import { type App, connectApp, leave, SDP, type SipProgram, startProgram } from './support/program.ts';

/** Discard: nobody listens there. */
const NOBODYS_PORT = 9;
const closers: (() => void)[] = [];
let program: SipProgram;
let app: App;

before(async () => {
  program = await startProgram();
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
