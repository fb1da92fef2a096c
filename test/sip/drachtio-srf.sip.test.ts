/** The server against the real drachtio-srf: every way an application takes, makes, changes and ends calls. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { until } from '../support/wait.ts';
import { Peer } from './support/peer.ts';
import { type App, type AppDialog, type AppRequest, type AppResponse, connectApp, leave, SDP, type SipProgram, startProgram } from './support/program.ts';

let program: SipProgram;
const apps: App[] = [];
const peers: Peer[] = [];

before(async () => {
  program = await startProgram();
});
after(async () => {
  for (const peer of peers) peer.close();
  assert.equal(await program.stop(), 0, 'the server leaves with 0');
  assert.deepEqual(
    program.log.filter((line) => line.includes('"level":50')),
    [],
    'nothing was logged as an error',
  );
});
afterEach(async () => {
  for (const app of apps.splice(0)) leave(app);
});

async function anApp(): Promise<App> {
  const app = await connectApp(program);
  apps.push(app);
  return app;
}
async function aPeer(transport: 'udp' | 'tcp' | 'tcpListener' = 'udp'): Promise<Peer> {
  const peer = await Peer[transport](program.sipPort);
  peers.push(peer);
  return peer;
}
/** The application answers every INVITE. */
function answering(app: App, onUp: (dialog: AppDialog, req: AppRequest) => void = () => undefined): void {
  app.invite((req, res) => {
    app.createUAS(req, res, { localSdp: SDP }).then((dialog) => onUp(dialog, req));
  });
}
const request = (app: App, uri: string, opts: Parameters<App['request']>[1]): Promise<AppRequest> =>
  new Promise((resolve, reject) => app.request(uri, opts, (error, req) => (error === null ? resolve(req) : reject(error))));
const responseOf = (req: AppRequest): Promise<AppResponse> => new Promise((resolve) => req.once('response', resolve));

test('a REGISTER reaches the application and its answer the phone', async () => {
  const app = await anApp();
  app.register((req, res) => {
    assert.equal(req.source_address, '127.0.0.1');
    assert.equal(req.receivedOn, `127.0.0.1:${program.sipPort}`);
    res.send(200, { headers: { Contact: `${req.get('contact')};expires=60` } });
  });
  const peer = await aPeer();
  const register = peer.newRequest('REGISTER');
  peer.send(register);
  const ok = await peer.response('REGISTER', 200);
  assert.equal(ok.headers.get('contact'), `<${peer.uri}>;expires=60`);
  assert.equal(ok.headers.get('call-id'), register.headers.get('call-id'));
});

for (const transport of ['udp', 'tcp'] as const)
  test(`a caller over ${transport} is answered, acknowledges and hangs up`, async () => {
    const app = await anApp();
    const seen: string[] = [];
    answering(app, (dialog, req) => {
      seen.push('up');
      assert.equal(dialog.id, `${req.get('call-id')};from-tag=${dialog.sip.remoteTag}`);
      dialog.on('ack', () => seen.push('ack'));
      dialog.on('destroy', () => seen.push('destroy'));
    });
    const peer = await aPeer(transport);
    const invite = peer.newRequest('INVITE');
    peer.send(invite);
    await peer.response('INVITE', 100);
    const ok = await peer.response('INVITE', 200);
    assert.match(ok.headers.get('contact') ?? '', new RegExp(`^<sip:127\\.0\\.0\\.1:${program.sipPort}${transport === 'tcp' ? ';transport=tcp' : ''}>$`));
    assert.equal(ok.headers.get('content-type'), 'application/sdp');
    peer.send(peer.inside('ACK', invite, ok));
    await until('the application to hear the ACK', () => seen.includes('ack'));
    peer.send(peer.inside('BYE', invite, ok));
    await peer.response('BYE', 200);
    assert.deepEqual(seen, ['up', 'ack', 'destroy']);
    peer.send(peer.inside('BYE', invite, ok, 9));
    await peer.response('BYE', 481);
  });

test('the application hangs up a call it took: BYE goes to the caller with the roles of the dialog', async () => {
  const app = await anApp();
  let up: AppDialog | undefined;
  answering(app, (dialog) => {
    up = dialog;
  });
  const peer = await aPeer();
  const invite = peer.newRequest('INVITE');
  peer.send(invite);
  const ok = await peer.response('INVITE', 200);
  peer.send(peer.inside('ACK', invite, ok));
  const dialog = await until('the dialog', () => up);
  await until('the ACK to have arrived', () => peer.countResponses('INVITE', 200) >= 1);
  const gone = dialog.destroy({ headers: { 'X-Reason': 'closing time' } });
  const { request: bye, answer } = await peer.request('BYE');
  assert.equal(bye.uri, peer.uri);
  assert.equal(bye.headers.get('from'), ok.headers.get('to'));
  assert.equal(bye.headers.get('to'), invite.headers.get('from'));
  assert.equal(bye.headers.get('x-reason'), 'closing time');
  answer(200);
  await gone;
});

test('a BYE before the ACK waits for the ACK', async () => {
  const app = await anApp();
  let gone: Promise<unknown> | undefined;
  answering(app, (dialog) => {
    gone = dialog.destroy();
  });
  const peer = await aPeer();
  const invite = peer.newRequest('INVITE');
  peer.send(invite);
  const ok = await peer.response('INVITE', 200);
  await until('the 200 to be repeated', () => peer.countResponses('INVITE', 200) >= 2);
  assert.equal(peer.count('BYE'), 0);
  peer.send(peer.inside('ACK', invite, ok));
  (await peer.request('BYE')).answer(200);
  await gone;
});

for (const kind of ['udp', 'tcpListener'] as const)
  test(`the application calls a phone over ${kind}: ringing, answer, ACK, re-INVITE, BYE`, async () => {
    const app = await anApp();
    const peer = await aPeer(kind);
    const ringing: number[] = [];
    const calling = app.createUAC(
      peer.uri,
      { localSdp: SDP, headers: { From: '<sip:10086@localhost>', 'X-Call': '话务' } },
      { cbProvisional: (res) => void ringing.push(res.status) },
    );
    const { request: invite, answer } = await peer.request('INVITE');
    assert.equal(invite.headers.get('x-call'), '话务');
    assert.equal(invite.headers.get('max-forwards'), '70');
    assert.match(invite.headers.get('from') ?? '', new RegExp(`^<sip:10086@127\\.0\\.0\\.1:${program.sipPort}>;tag=[0-9a-f]{16}$`));
    assert.match(invite.headers.get('via') ?? '', /;rport;branch=z9hG4bK/);
    answer(180);
    const ok = answer(200);
    const dialog = await calling;
    assert.deepEqual(ringing, [180]);
    const { request: ack } = await peer.request('ACK');
    assert.equal(ack.uri, peer.uri);
    assert.equal(ack.headers.get('cseq'), invite.headers.get('cseq')?.replace('INVITE', 'ACK'));

    const changing = dialog.modify(SDP.replace('sendrecv', 'sendonly'));
    const again = await peer.request('INVITE');
    assert.match(again.request.body.toString(), /sendonly/);
    again.answer(200, (response) => response.headers.set('To', ok.headers.get('to') ?? ''));
    assert.equal(await changing, SDP);
    await peer.request('ACK');

    let destroyed = false;
    dialog.on('destroy', () => {
      destroyed = true;
    });
    peer.send(peer.insideAsCallee('BYE', invite, ok));
    if (kind === 'udp') await peer.response('BYE', 200);
    else {
      const ended = dialog.destroy();
      (await peer.request('BYE')).answer(200);
      await ended;
    }
    assert.equal(destroyed, kind === 'udp');
  });

test('the application cancels before anything was heard: the CANCEL waits for the first provisional response', async () => {
  const app = await anApp();
  const peer = await aPeer();
  let sent: AppRequest | undefined;
  const calling = app.createUAC(
    peer.uri,
    { localSdp: SDP },
    {
      cbRequest: (_error, req) => {
        sent = req;
      },
    },
  );
  calling.catch(() => undefined);
  const { request: invite, answer } = await peer.request('INVITE');
  (await until('the request', () => sent)).cancel();
  await until('the INVITE to be repeated', () => peer.count('INVITE') >= 2);
  assert.equal(peer.count('CANCEL'), 0);
  answer(180);
  const { request: cancel, answer: answerCancel } = await peer.request('CANCEL');
  assert.equal(cancel.headers.get('via'), invite.headers.get('via'));
  assert.equal(cancel.headers.get('cseq'), invite.headers.get('cseq')?.replace('INVITE', 'CANCEL'));
  answerCancel(200);
  answer(487);
  await peer.request('ACK');
  await assert.rejects(calling, (error: { status: number }) => error.status === 487);
});

test('a 200 that crosses our CANCEL is acknowledged and hung up', async () => {
  const app = await anApp();
  const peer = await aPeer();
  let sent: AppRequest | undefined;
  const calling = app.createUAC(
    peer.uri,
    { localSdp: SDP },
    {
      cbRequest: (_error, req) => {
        sent = req;
      },
    },
  );
  calling.catch(() => undefined);
  const { answer } = await peer.request('INVITE');
  answer(180);
  (await until('the request', () => sent)).cancel();
  const { answer: answerCancel } = await peer.request('CANCEL');
  answer(200);
  answerCancel(200);
  await peer.request('ACK');
  const { request: bye, answer: answerBye } = await peer.request('BYE');
  assert.match(bye.headers.get('reason') ?? '', /cancel race/);
  answerBye(200);
});

test('a second answer of a forked call is acknowledged and hung up, the first goes on', async () => {
  const app = await anApp();
  const peer = await aPeer();
  const calling = app.createUAC(peer.uri, { localSdp: SDP });
  const { answer } = await peer.request('INVITE');
  const first = answer(200);
  const dialog = await calling;
  answer(200, (response) => response.headers.set('To', `${first.headers.get('to')?.replace(/;tag=.*/, '')};tag=another`));
  const { request: bye, answer: answerBye } = await peer.request('BYE');
  assert.match(bye.headers.get('to') ?? '', /;tag=another$/);
  answerBye(200);
  await until('both answers to be acknowledged', () => peer.count('ACK') === 2);
  const ended = dialog.destroy();
  const last = await peer.request('BYE');
  assert.equal(last.request.headers.get('to'), first.headers.get('to'));
  last.answer(200);
  await ended;
});

test('a repeated 200 gets the same ACK again, and the application hears of it once', async () => {
  const app = await anApp();
  const peer = await aPeer();
  const calling = app.createUAC(peer.uri, { localSdp: SDP });
  const { answer } = await peer.request('INVITE');
  const ok = answer(200);
  await calling;
  await peer.request('ACK');
  answer(200, (response) => response.headers.set('To', ok.headers.get('to') ?? ''));
  await peer.request('ACK');
  assert.equal(peer.count('BYE'), 0);
});

test('a caller that cancels while it rings gets 200 and 487, and the application is told', async () => {
  const app = await anApp();
  let cancelled = 0;
  app.invite((req, res) => {
    req.on('cancel', () => {
      cancelled += 1;
    });
    res.send(180);
  });
  const peer = await aPeer();
  const invite = peer.newRequest('INVITE');
  peer.send(invite);
  await peer.response('INVITE', 180);
  const cancel = peer.newRequest('CANCEL', ({ headers }) => {
    for (const name of ['Via', 'From', 'To', 'Call-ID']) headers.set(name, invite.headers.get(name) ?? '');
  });
  peer.send(cancel);
  await peer.response('CANCEL', 200);
  const gone = await peer.response('INVITE', 487);
  peer.send(peer.inside('ACK', invite, gone));
  await until('the application to hear of it', () => cancelled === 1);
  // An unknown CANCEL is refused.
  peer.send(peer.newRequest('CANCEL'));
  await peer.response('CANCEL', 481);
});

test('a B2BUA carries offer, answer, hold and hang-up from one phone to the other', async () => {
  const app = await anApp();
  const caller = await aPeer();
  const callee = await aPeer();
  app.invite((req, res) => {
    app.createB2BUA(req, res, callee.uri, {}).then(({ uas, uac }) => {
      uas.on('destroy', () => uac.destroy());
      uac.on('destroy', () => uas.destroy());
    });
  });
  const invite = caller.newRequest('INVITE');
  caller.send(invite);
  const { request: invited, answer } = await callee.request('INVITE');
  assert.equal(invited.body.toString(), SDP);
  answer(180);
  await caller.response('INVITE', 180);
  const answered = answer(200);
  const ok = await caller.response('INVITE', 200);
  assert.equal(ok.body.toString(), SDP);
  caller.send(caller.inside('ACK', invite, ok));
  await callee.request('ACK');
  callee.send(callee.insideAsCallee('BYE', invited, answered));
  await callee.response('BYE', 200);
  (await caller.request('BYE')).answer(200);
});

test('a challenge is met by drachtio-srf with the same Call-ID and From and the next CSeq', async () => {
  const app = await anApp();
  const peer = await aPeer();
  const calling = app.createUAC(peer.uri, { localSdp: SDP, auth: { username: 'u', password: 'p' } });
  const first = await peer.request('INVITE');
  first.answer(401, (response) => response.headers.add('WWW-Authenticate', 'Digest realm="r", nonce="n", qop="auth"'));
  const second = await peer.request('INVITE');
  for (const name of ['call-id', 'from']) assert.equal(second.request.headers.get(name), first.request.headers.get(name));
  const seqOf = (text: string | undefined): number => Number(text?.split(' ')[0]);
  assert.equal(seqOf(second.request.headers.get('cseq')), seqOf(first.request.headers.get('cseq')) + 1);
  assert.match(second.request.headers.get('authorization') ?? '', /^Digest username="u"/);
  second.answer(200);
  const dialog = await calling;
  assert.equal(dialog.sip.callId, first.request.headers.get('call-id'));
});

test('requests outside and inside dialogs carry their answers back: OPTIONS, MESSAGE, INFO', async () => {
  const app = await anApp();
  app.message((req, res) => res.send(req.body === '你好' ? 202 : 500));
  app.options((_req, res) => res.send(200, { headers: { Allow: 'INVITE' } }));
  const peer = await aPeer();
  peer.send(peer.newRequest('OPTIONS'));
  assert.equal((await peer.response('OPTIONS', 200)).headers.get('allow'), 'INVITE');
  peer.send(
    peer.newRequest('MESSAGE', (message) => {
      message.headers.add('Content-Type', 'text/plain');
      message.body = Buffer.from('你好');
    }),
  );
  await peer.response('MESSAGE', 202);
  const options = await request(app, peer.uri, { method: 'OPTIONS' });
  (await peer.request('OPTIONS')).answer(200);
  assert.equal((await responseOf(options)).status, 200);
  const calling = app.createUAC(peer.uri, { localSdp: SDP });
  (await peer.request('INVITE')).answer(200);
  const dialog = await calling;
  const info = dialog.request({ method: 'INFO', headers: { 'Content-Type': 'application/dtmf-relay' }, body: 'Signal=5\r\n' });
  const { request: got, answer } = await peer.request('INFO');
  assert.equal(got.body.toString(), 'Signal=5\r\n');
  answer(200);
  assert.equal((await info).status, 200);
});

test('an unreachable phone is a 503 made here, a request to ourselves and an unknown dialog are refused', async () => {
  const app = await anApp();
  await assert.rejects(app.createUAC('sip:x@127.0.0.1:1;transport=tcp', { localSdp: SDP }), (error: { status: number }) => error.status === 503);
  await assert.rejects(request(app, `sip:me@127.0.0.1:${program.sipPort}`, { method: 'OPTIONS' }), /can not send request to myself/);
  await assert.rejects(request(app, 'sips:x@127.0.0.1:9;transport=udp', { method: 'OPTIONS' }), /requested protocol\/transport not available/);
  await assert.rejects(
    new Promise((_resolve, reject) => app.request('sip:placeholder', Object.assign({ method: 'BYE' }, { stackDialogId: 'no;from-tag=such' }), reject)),
    (error: { code: string }) => error.code === 'ENODIALOG',
  );
});

test('a phone registered over TCP is called over its own connection', async () => {
  const app = await anApp();
  app.register((req, res) => res.send(200, { headers: { Contact: `${req.get('contact')};expires=60` } }));
  const peer = await aPeer('tcp');
  const contact = '<sip:8001@abc.invalid;transport=tcp>';
  peer.send(peer.newRequest('REGISTER', ({ headers }) => headers.set('Contact', contact)));
  await peer.response('REGISTER', 200);
  const calling = app.createUAC('sip:8001@abc.invalid;transport=tcp', { localSdp: SDP });
  const { answer } = await peer.request('INVITE');
  answer(200, (response) => response.headers.set('Contact', contact));
  const dialog = await calling;
  await peer.request('ACK');
  const ended = dialog.destroy();
  (await peer.request('BYE')).answer(200);
  await ended;
});

test('when the application goes, its calls are hung up, its callers refused, what it dials is cancelled', async () => {
  const app = await anApp();
  app.invite((req, res) => {
    if (req.get('to').includes('wait')) res.send(180);
    else app.createUAS(req, res, { localSdp: SDP });
  });
  const talking = await aPeer();
  const waiting = await aPeer();
  const dialled = await aPeer();
  const invite = talking.newRequest('INVITE');
  talking.send(invite);
  const ok = await talking.response('INVITE', 200);
  talking.send(talking.inside('ACK', invite, ok));
  waiting.send(waiting.newRequest('INVITE', undefined, 'wait'));
  await waiting.response('INVITE', 180);
  app.createUAC(dialled.uri, { localSdp: SDP }).catch(() => undefined);
  const { answer } = await dialled.request('INVITE');
  answer(180);
  await until('the application to know of the 180', () => new Promise((resolve) => setImmediate(() => resolve(true))));
  apps.pop()?.disconnect();
  const { request: bye, answer: answerBye } = await talking.request('BYE');
  assert.match(bye.headers.get('reason') ?? '', /application disconnected/);
  answerBye(200);
  const refused = await waiting.response('INVITE', 503);
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  const { answer: answerCancel } = await dialled.request('CANCEL');
  answerCancel(200);
  answer(487);
  await dialled.request('ACK');
});

test('an application with a name whose connection breaks has its dialogs again when drachtio-srf has reconnected', async () => {
  const app = await connectApp(program, undefined, { tags: ['name:reclaims'], reconnect: { maxAttempts: 5 } });
  apps.push(app);
  let up: AppDialog | undefined;
  let gone = 0;
  answering(app, (dialog) => {
    up = dialog;
    dialog.on('destroy', () => {
      gone += 1;
    });
  });
  const peer = await aPeer();
  const invite = peer.newRequest('INVITE');
  peer.send(invite);
  const ok = await peer.response('INVITE', 200);
  peer.send(peer.inside('ACK', invite, ok));
  const dialog = await until('the dialog', () => up);
  const again = new Promise((resolve) => app.once('connect', resolve));
  dialog.socket.destroy();
  await again;
  peer.send(peer.inside('BYE', invite, ok));
  await peer.response('BYE', 200);
  await until('the dialog to have ended for the application', () => gone === 1);
  // Calls that come before its leave is noticed would be kept for it.
  leave(app);
  const left = (line: string): boolean => line.includes('name:reclaims') && line.includes('application connection closed');
  await until('the server to know that it has left', () => program.log.filter(left).length === 2);
});

test('without an application a new call is refused at once with Retry-After, an unknown method as not implemented', async () => {
  const peer = await aPeer();
  peer.send(peer.newRequest('INVITE'));
  const refused = await peer.response('INVITE', 503);
  assert.ok(refused.headers.has('retry-after'));
  peer.send(peer.newRequest('DANCE'));
  await peer.response('DANCE', 501);
  peer.send(peer.newRequest('BYE'));
  await peer.response('BYE', 481);
});

test('REFER out of a dialog reaches the application that routed it', async () => {
  const app = await anApp();
  app.refer((_req, res) => res.send(202));
  const peer = await aPeer();
  peer.send(peer.newRequest('REFER', ({ headers }) => headers.add('Refer-To', '<sip:8002@x>')));
  await peer.response('REFER', 202);
});

test('loops and glare are refused: 483, 482, 491, 500', async () => {
  const app = await anApp();
  let up: AppDialog | undefined;
  app.invite((req, res) => {
    if (req.get('to').includes('slow')) res.send(180);
    else
      app.createUAS(req, res, { localSdp: SDP }).then((dialog) => {
        up = dialog;
      });
  });
  const peer = await aPeer();
  peer.send(peer.newRequest('INVITE', ({ headers }) => headers.set('Max-Forwards', '0')));
  await peer.response('INVITE', 483);
  const slow = peer.newRequest('INVITE', undefined, 'slow');
  peer.send(slow);
  await peer.response('INVITE', 180);
  peer.send(
    peer.newRequest('INVITE', ({ headers }) => {
      for (const name of ['From', 'To', 'Call-ID']) headers.set(name, slow.headers.get(name) ?? '');
    }),
  );
  await peer.response('INVITE', 482);
  const invite = peer.newRequest('INVITE');
  peer.send(invite);
  const ok = await peer.response('INVITE', 200);
  peer.send(peer.inside('ACK', invite, ok));
  const dialog = await until('the dialog', () => up);
  const changing = dialog.modify(SDP);
  changing.catch(() => undefined);
  const ours = await peer.request('INVITE');
  peer.send(peer.inside('INVITE', invite, ok, 2));
  await peer.response('INVITE', 491);
  peer.send(peer.inside('INFO', invite, ok, 1));
  await peer.response('INFO', 500);
  ours.answer(200, (response) => response.headers.set('To', invite.headers.get('from') ?? ''));
  await changing;
});
