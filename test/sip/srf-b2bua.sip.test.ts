/** What programs of drachtio-srf do between two parties: answer, refuse, bridge, pass on, transfer. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Request, Response } from '../../sip/message/message.ts';
import { until } from '../support/wait.ts';
import type { Peer } from './support/peer.ts';
import { type App, type AppDialog, type AppRequest, type AppResponse, SDP } from './support/program.ts';
import { setStage, withHeaders } from './support/stage.ts';

const { aKeptApp, aPeer } = setStage();

type OnInvite = (req: AppRequest, res: AppResponse) => void;
/** One application for all; each test says what it does about an INVITE, each bridge has a number that its caller dials. */
let app: App;
let onInvite: OnInvite | undefined;
const bridgeTo = new Map<string, OnInvite>();
beforeEach(async () => {
  if (onInvite === undefined) {
    app = await aKeptApp();
    app.invite((req, res) => onInvite?.(req, res));
  }
  bridgeTo.clear();
  onInvite = (req, res) => bridgeTo.get(/^sip:(\w+)@/.exec(req.uri)?.[1] ?? '')?.(req, res);
});

/** A caller's INVITE to an application that bridges it to `callee`; with the callee's end of it. */
async function bridging(opts: object, edit?: (invite: Request) => void, asObject = false) {
  const user = `bridge${bridgeTo.size + 1}`;
  const caller = await aPeer();
  const callee = await aPeer();
  const failures: { status: number }[] = [];
  const bridges: { uas: AppDialog; uac: AppDialog }[] = [];
  bridgeTo.set(user, (req, res) => {
    const made = asObject ? app.createB2BUA(req, res, { uri: callee.uri, ...opts }) : app.createB2BUA(req, res, callee.uri, opts);
    made.then(
      (both) => {
        bridges.push(both);
        both.uas.on('destroy', () => both.uac.destroy());
        both.uac.on('destroy', () => both.uas.destroy());
      },
      (error: { status: number }) => {
        failures.push(error);
        if (error.status === 404) res.send(480);
      },
    );
  });
  const invite = caller.newRequest('INVITE', edit, user);
  caller.send(invite);
  return { caller, callee, invite, failures, bridges };
}

/** The callee answers, both acknowledge; the caller's 200. */
async function joined(
  stage: Awaited<ReturnType<typeof bridging>>,
  edit?: (response: Response) => void,
): Promise<{ ok: Response; invited: Request; answered: Response }> {
  const { request: invited, answer } = await stage.callee.request('INVITE');
  const answered = answer(200, edit);
  const ok = await stage.caller.response('INVITE', 200);
  stage.caller.send(stage.caller.inside('ACK', stage.invite, ok));
  await stage.callee.request('ACK');
  return { ok, invited, answered };
}

test('an INVITE is refused 503, and the refusal repeated until its ACK', async () => {
  onInvite = (_req, res) => res.send(503);
  const peer = await aPeer();
  const invite = peer.newRequest('INVITE');
  peer.send(invite);
  const refused = await peer.response('INVITE', 503);
  await peer.response('INVITE', 503);
  peer.send(peer.inside('ACK', invite, refused));
});

test('a call is answered with a promise or a callback, and with a function for the session description', async () => {
  const dialogs: AppDialog[] = [];
  const ways: ((req: AppRequest, res: AppResponse) => void)[] = [
    (req, res) => void app.createUAS(req, res, { localSdp: SDP }).then((dialog) => dialogs.push(dialog)),
    (req, res) => app.createUAS(req, res, { localSdp: SDP }, (_error, dialog) => dialogs.push(dialog)),
    (req, res) => void app.createUAS(req, res, { body: async () => SDP }).then((dialog) => dialogs.push(dialog)),
  ];
  onInvite = (req, res) => ways[dialogs.length]?.(req, res);
  const peer = await aPeer();
  for (let nth = 1; nth <= ways.length; nth += 1) {
    const invite = peer.newRequest('INVITE');
    peer.send(invite);
    const ok = await peer.response('INVITE', 200);
    assert.equal(ok.body.toString(), SDP);
    await until('the dialog', () => dialogs.length === nth);
    peer.send(peer.inside('ACK', invite, ok));
    peer.send(peer.inside('BYE', invite, ok));
    await peer.response('BYE', 200);
  }
});

test('the application that answers a re-INVITE by hand is called when its ACK comes', async () => {
  let acknowledged = 0;
  onInvite = (req, res) => {
    app.createUAS(req, res, { localSdp: SDP }).then((dialog) => {
      dialog.on('modify', (_again: AppRequest, answer: AppResponse) =>
        answer.send(200, { body: SDP, headers: { 'Content-Type': 'application/sdp' } }, undefined, () => {
          acknowledged += 1;
        }),
      );
    });
  };
  const peer = await aPeer();
  const invite = peer.newRequest('INVITE');
  peer.send(invite);
  const ok = await peer.response('INVITE', 200);
  peer.send(peer.inside('ACK', invite, ok));
  const again = peer.inside('INVITE', invite, ok, 2);
  again.headers.add('Content-Type', 'application/sdp');
  again.body = Buffer.from(SDP);
  peer.send(again);
  await peer.response('INVITE', 100);
  await peer.response('INVITE', 200);
  assert.equal(acknowledged, 0);
  const ack = peer.inside('ACK', invite, ok);
  ack.headers.set('CSeq', '2 ACK');
  peer.send(ack);
  await until('the ACK to have been told', () => acknowledged === 1);
});

test('a bridge carries PRACK on both sides', async () => {
  const stage = await bridging({ proxyResponseHeaders: ['all'] }, ({ headers }) => void headers.add('Supported', '100rel'));
  const { caller, callee, invite } = stage;
  const { answer } = await callee.request('INVITE');
  answer(180, withHeaders(['Require', '100rel'], ['RSeq', '1']));
  const ringing = await caller.response('INVITE', 180);
  assert.equal(ringing.headers.get('require'), '100rel');
  const prack = caller.inside('PRACK', invite, ringing);
  prack.headers.add('RAck', `${ringing.headers.get('rseq')} ${invite.headers.get('cseq')}`);
  caller.send(prack);
  await caller.response('PRACK', 200);
  (await callee.request('PRACK')).answer(200);
  answer(200);
  const ok = await caller.response('INVITE', 200);
  caller.send(caller.inside('ACK', invite, ok));
  await callee.request('ACK');
  caller.send(caller.inside('BYE', invite, ok, 3));
  await caller.response('BYE', 200);
  (await callee.request('BYE')).answer(200);
});

test('an INVITE without an offer is bridged with the callee’s offer and the caller’s answer in the ACK', async () => {
  const stage = await bridging({}, (invite) => {
    invite.headers.remove('content-type');
    invite.body = Buffer.alloc(0);
  });
  const { request: invited, answer } = await stage.callee.request('INVITE');
  assert.equal(invited.body.length, 0);
  answer(200);
  const ok = await stage.caller.response('INVITE', 200);
  assert.equal(ok.body.toString(), SDP);
  const ack = stage.caller.inside('ACK', stage.invite, ok);
  const answerSdp = SDP.replace('40000', '40002');
  ack.headers.add('Content-Type', 'application/sdp');
  ack.body = Buffer.from(answerSdp);
  stage.caller.send(ack);
  assert.equal((await stage.callee.request('ACK')).request.body.toString(), answerSdp);
});

test('a caller that gives up cancels the other leg; a refusal passes to the caller, or is the application’s to replace', async () => {
  const cancelled = await bridging({});
  const { answer } = await cancelled.callee.request('INVITE');
  answer(180);
  await cancelled.caller.response('INVITE', 180);
  cancelled.caller.send(
    cancelled.caller.newRequest('CANCEL', ({ headers }) => {
      for (const name of ['Via', 'From', 'To', 'Call-ID']) headers.set(name, cancelled.invite.headers.get(name) ?? '');
    }),
  );
  await cancelled.caller.response('CANCEL', 200);
  await cancelled.caller.response('INVITE', 487);
  (await cancelled.callee.request('CANCEL')).answer(200);
  answer(487);
  await until('the bridge to have failed', () => cancelled.failures.at(0)?.status === 487);
  const passed = await bridging({});
  (await passed.callee.request('INVITE')).answer(486);
  await passed.caller.response('INVITE', 486);
  const replaced = await bridging({ passFailure: false });
  (await replaced.callee.request('INVITE')).answer(404);
  await replaced.caller.response('INVITE', 480);
});

test('headers pass as the application says: to the callee, back to the caller, made by a function, with the display name of the From', async () => {
  const passing = await bridging(
    { proxyRequestHeaders: ['Subject'], proxyResponseHeaders: ['X-Answer'] },
    ({ headers }) => void headers.add('Subject', '话务').set('From', '"Wang 王" <sip:wang@127.0.0.1>;tag=abc'),
  );
  const { ok, invited } = await joined(passing, withHeaders(['X-Answer', 'yes']));
  assert.equal(invited.headers.get('subject'), '话务');
  assert.match(invited.headers.get('from') ?? '', /^"Wang 王" <sip:wang@/);
  assert.equal(ok.headers.get('x-answer'), 'yes');
  for (const responseHeaders of [{ 'X-Color': 'green' }, () => ({ 'X-Color': 'green' })]) {
    const { ok: coloured } = await joined(await bridging({ responseHeaders }));
    assert.equal(coloured.headers.get('x-color'), 'green');
  }
  const { ok: tagged } = await joined(await bridging({ responseHeaders: { To: 'sip:10086@127.0.0.1;tag=chosen' } }));
  assert.match(tagged.headers.get('to') ?? '', /;tag=chosen$/);
});

test('the caller’s session description comes from a text, a function or a promise; the uri may stand among the options', async () => {
  const other = SDP.replace('40000', '50000');
  for (const localSdpA of [other, () => other, () => Promise.resolve(other)]) {
    const { ok } = await joined(await bridging({ localSdpA }));
    assert.equal(ok.body.toString(), other);
  }
  await joined(await bridging({}, undefined, true));
});

test('an INVITE without Contact is refused 400 and bridged to nobody; an answer without Contact gives the caller no call', async () => {
  const without = await bridging({}, ({ headers }) => void headers.remove('contact'));
  await without.caller.response('INVITE', 400);
  assert.equal(without.callee.count('INVITE'), 0);
  const answered = await bridging({});
  (await answered.callee.request('INVITE')).answer(200, (response) => void response.headers.remove('contact'));
  await until('the bridge to have failed', () => answered.failures.length === 1);
  assert.equal(answered.caller.countResponses('INVITE', 200), 0);
});

test('a re-INVITE of the callee before the caller has acknowledged waits for that ACK', async () => {
  const stage = await bridging({});
  const { caller, callee, invite, bridges } = stage;
  const { request: invited, answer } = await callee.request('INVITE');
  const answered = answer(200);
  const ok = await caller.response('INVITE', 200);
  await callee.request('ACK');
  const { uas, uac } = await until('the bridge', () => bridges.at(0));
  uac.on('modify', async (req: AppRequest, res: AppResponse) =>
    res.send(200, { body: await uas.modify(req.body), headers: { 'Content-Type': 'application/sdp' } }),
  );
  const again = callee.insideAsCallee('INVITE', invited, answered);
  again.headers.add('Content-Type', 'application/sdp');
  again.body = Buffer.from(SDP.replace('40000', '40004'));
  callee.send(again);
  await callee.response('INVITE', 100);
  assert.equal(caller.count('INVITE'), 0);
  caller.send(caller.inside('ACK', invite, ok));
  const passed = await caller.request('INVITE');
  assert.match(passed.request.body.toString(), /40004/);
  passed.answer(200);
  await callee.response('INVITE', 200);
});

/** A caller bridged to an agent, as `transfer` finds it. */
async function callTo(caller: Peer, agent: Peer, user: string) {
  const invite = caller.newRequest('INVITE', undefined, user);
  caller.send(invite);
  const { request: invited, answer } = await agent.request('INVITE');
  const answered = answer(200);
  const ok = await caller.response('INVITE', 200);
  caller.send(caller.inside('ACK', invite, ok));
  await agent.request('ACK');
  return { invite, ok, invited, answered };
}

test('an attended transfer: REFER with Replaces finds the other call by Call-ID and From tag, and both callers are joined by re-INVITE', async () => {
  const agent = await aPeer();
  const first = await aPeer();
  const second = await aPeer();
  onInvite = async (req, res) => {
    const { uas, uac } = await app.createB2BUA(req, res, agent.uri, {});
    uac.on('refer', async (refer: AppRequest, answer: AppResponse) => {
      answer.send(202);
      const [, callId = '', fromTag = ''] = /Replaces=([^;]*);from-tag=([^;]*);/.exec(decodeURIComponent(refer.get('refer-to'))) ?? [];
      const other = app.findDialogByCallIDAndFromTag(callId, fromTag)?.other;
      assert.ok(other !== undefined);
      await other.modify(uas.remote.sdp);
      await uas.modify(other.remote.sdp);
    });
  };
  const one = await callTo(first, agent, '1');
  const two = await callTo(second, agent, '2');
  const tagIn = (value: string | undefined): string => /tag=(.*)/.exec(value ?? '')?.[1] ?? '';
  const refer = agent.insideAsCallee('REFER', one.invited, one.answered);
  const replaces = `${two.invited.headers.get('call-id')};from-tag=${tagIn(two.invited.headers.get('from'))};to-tag=${tagIn(two.answered.headers.get('to'))}`;
  refer.headers.add('Refer-To', `<sip:second@127.0.0.1?Replaces=${encodeURIComponent(replaces)}>`);
  agent.send(refer);
  await agent.response('REFER', 202);
  for (const caller of [second, first]) (await caller.request('INVITE')).answer(200);
  for (const caller of [second, first]) await caller.request('ACK');
});
