/** What programs of drachtio-srf do as callers, one by one: redirects, credentials, PRACK, re-INVITE, UPDATE, plain requests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../support/wait.ts';
import type { Peer } from './support/peer.ts';
import { type App, type AppDialog, type AppRequest, type AppResponse, SDP } from './support/program.ts';
import { CHALLENGE, hasCredentials, setStage, withHeaders } from './support/stage.ts';

const { anApp, aPeer } = setStage();
const auth = { username: 'u', password: 'p' };
const FROM_TO = { To: 'sip:someone@example.com', From: 'sip:caller@example.com' };

/** The application calls, the peer answers, the ACK has come. */
async function calling(app: App, peer: Peer, opts: Parameters<App['createUAC']>[1] = { localSdp: SDP }): Promise<AppDialog> {
  const dialling = app.createUAC(peer.uri, opts);
  (await peer.request('INVITE')).answer(200);
  const dialog = await dialling;
  await peer.request('ACK');
  return dialog;
}
const responseTo = (app: App, peer: Peer, opts: Parameters<App['request']>[1]): Promise<AppResponse> =>
  new Promise((resolve, reject) =>
    app.request(peer.uri, opts, (error, req) => {
      if (error !== null) reject(error);
      else req.on('response', resolve);
    }),
  );

test('a ringing with RSeq is acknowledged by a PRACK that names it, and the ACK keeps the number of the INVITE', async () => {
  const app = await anApp();
  const peer = await aPeer();
  const dialling = app.createUAC(peer.uri, { headers: FROM_TO, localSdp: SDP });
  const { request: invite, answer } = await peer.request('INVITE');
  answer(180, withHeaders(['Require', '100rel'], ['RSeq', '17']));
  const prack = await peer.request('PRACK');
  assert.equal(prack.request.headers.get('rack'), `17 ${invite.headers.get('cseq')}`);
  prack.answer(200);
  answer(200);
  await dialling;
  assert.equal((await peer.request('ACK')).request.headers.get('cseq'), invite.headers.get('cseq')?.replace('INVITE', 'ACK'));
});

test('a redirect is followed to its Contact when the application asks for it', async () => {
  const app = await anApp();
  const first = await aPeer();
  const second = await aPeer();
  const dialling = app.createUAC(first.uri, { headers: FROM_TO, followRedirects: true });
  (await first.request('INVITE')).answer(302, withHeaders(['Contact', `<${second.uri}>`]));
  await first.request('ACK');
  (await second.request('INVITE')).answer(200);
  assert.equal((await dialling).connected, true);
});

test('the dialog of a call comes by a callback, too', async () => {
  const app = await anApp();
  const peer = await aPeer();
  const dialling = new Promise<AppDialog>((resolve, reject) =>
    app.createUAC(peer.uri, { headers: FROM_TO }, {}, (error, dialog) => (error ? reject(error) : resolve(dialog))),
  );
  (await peer.request('INVITE')).answer(200);
  assert.equal((await dialling).connected, true);
});

test('a calling number makes From and Contact, a Contact that is given (in any spelling) stays and has our address for localhost', async () => {
  const app = await anApp();
  const peer = await aPeer();
  for (const [headers, contact] of [
    [{}, /^<sip:12345@127\.0\.0\.1:\d+>$/],
    [{ Contact: 'sip:foo@localhost' }, /^<sip:foo@127\.0\.0\.1:\d+>$/],
    [{ contact: 'sip:foo@localhost' }, /^<sip:foo@127\.0\.0\.1:\d+>$/],
  ] as [Record<string, string>, RegExp][]) {
    const dialling = app.createUAC(peer.uri, { callingNumber: '12345', headers });
    const { request, answer } = await peer.request('INVITE');
    assert.match(request.headers.get('from') ?? '', /^<?sip:12345@127\.0\.0\.1/);
    assert.match(request.headers.get('contact') ?? '', contact);
    assert.equal(request.headers.all('contact').length, 1);
    answer(200);
    const dialog = await dialling;
    const ended = dialog.destroy();
    (await peer.request('BYE')).answer(200);
    await ended;
  }
});

test('re-INVITEs of one dialog go one after the other, each acknowledged before the next', async () => {
  const app = await anApp();
  const peer = await aPeer();
  const dialog = await calling(app, peer);
  const changes = Promise.all([1, 2, 3].map(() => dialog.modify(SDP)));
  for (let nth = 1; nth <= 3; nth += 1) {
    const { answer } = await peer.request('INVITE');
    assert.equal(peer.arrived.filter(({ message, taken }) => message.kind === 'request' && message.method === 'INVITE' && !taken).length, 0);
    answer(200);
    await peer.request('ACK');
  }
  await changes;
});

test('a challenge to an INVITE, a re-INVITE, a BYE and a REGISTER is met with credentials, once, under the next number', async () => {
  const app = await anApp();
  const peer = await aPeer();
  const challenged = async (method: string): Promise<void> => {
    const first = await peer.request(method);
    first.answer(401, CHALLENGE);
    if (method === 'INVITE') await peer.request('ACK');
    const second = await peer.request(method);
    assert.ok(hasCredentials(second.request), method);
    const [was, is] = [first, second].map(({ request }) => Number.parseInt(request.headers.get('cseq') ?? '', 10));
    assert.equal(is, (was ?? 0) + 1, method);
    for (const name of ['from', 'call-id']) assert.equal(second.request.headers.get(name), first.request.headers.get(name));
    second.answer(200);
    if (method === 'INVITE') await peer.request('ACK');
  };
  const dialling = app.createUAC(peer.uri, { localSdp: SDP, headers: FROM_TO, auth });
  await challenged('INVITE');
  const dialog = await dialling;
  const changing = dialog.modify(SDP);
  await challenged('INVITE');
  await changing;
  const ended = dialog.destroy();
  await challenged('BYE');
  await ended;
  const registering = responseTo(app, peer, { method: 'REGISTER', headers: { ...FROM_TO, Contact: '<sip:u@localhost>;expires=3600' }, auth });
  await challenged('REGISTER');
  assert.equal((await registering).status, 200);
});

test('a challenge that says nothing to answer is the end of the call: 407 for the application', async () => {
  const app = await anApp();
  const peer = await aPeer();
  const dialling = app.createUAC(peer.uri, { localSdp: SDP, headers: FROM_TO, auth });
  (await peer.request('INVITE')).answer(407);
  await assert.rejects(dialling, (error: { status: number }) => error.status === 407);
});

test('a call that rings is cancelled with the reason the application gives, and ends with 487', async () => {
  const app = await anApp();
  const peer = await aPeer();
  let sent: AppRequest | undefined;
  const dialling = app.createUAC(
    peer.uri,
    { headers: FROM_TO },
    {
      cbRequest: (_error, req) => {
        sent = req;
      },
      cbProvisional: () => sent?.cancel(Object.assign({ headers: { Reason: 'SIP;cause=200;text="Call completed elsewhere"' } })),
    },
  );
  dialling.catch(() => undefined);
  const { answer } = await peer.request('INVITE');
  answer(180);
  const cancel = await peer.request('CANCEL');
  assert.match(cancel.request.headers.get('reason') ?? '', /completed elsewhere/);
  cancel.answer(200);
  answer(487);
  await assert.rejects(dialling, (error: { status: number }) => error.status === 487);
});

test('an UPDATE of the callee right behind the answer is answered 200 with our session description', async () => {
  const app = await anApp();
  const peer = await aPeer();
  const dialling = app.createUAC(peer.uri, { localSdp: SDP, headers: FROM_TO });
  const { request: invite, answer } = await peer.request('INVITE');
  const ok = answer(200);
  await dialling;
  await peer.request('ACK');
  const update = peer.insideAsCallee('UPDATE', invite, ok);
  update.headers.add('Content-Type', 'application/sdp');
  update.body = Buffer.from(SDP);
  peer.send(update);
  const answered = await peer.response('UPDATE', 200);
  assert.equal(answered.body.toString(), SDP);
  assert.equal(answered.headers.get('contact'), invite.headers.get('contact'));
});

test('an UPDATE of the callee in the early dialog is answered by drachtio-srf with the offer of the call', async () => {
  const app = await anApp();
  const peer = await aPeer();
  const dialling = app.createUAC(peer.uri, { localSdp: SDP, headers: FROM_TO });
  const { request: invite, answer } = await peer.request('INVITE');
  const ringing = answer(180);
  await until('the ringing to have been told', () => new Promise((resolve) => setImmediate(() => resolve(true))));
  peer.send(peer.insideAsCallee('UPDATE', invite, ringing));
  assert.equal((await peer.response('UPDATE', 200)).body.toString(), SDP);
  answer(200);
  assert.equal((await dialling).connected, true);
});

test('an answer without Contact is no call for drachtio-srf: it is acknowledged, and the application hears 500', async () => {
  const app = await anApp();
  const peer = await aPeer();
  const dialling = app.createUAC(peer.uri, { localSdp: SDP, headers: FROM_TO });
  (await peer.request('INVITE')).answer(200, (response) => void response.headers.remove('contact'));
  await assert.rejects(dialling, (error: { status: number }) => error.status === 500);
  await peer.request('ACK');
});
