/** RFC 4028 in both roles: who refreshes a session, how, and what becomes of one that nobody refreshes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreeAsCallee } from '../../sip/dialog/session.ts';
import { newRequest, type Request, type Response } from '../../sip/message/message.ts';
import {
  answers,
  answerWith,
  ask,
  dial,
  events,
  inside,
  invite,
  last,
  line,
  lines,
  newest,
  newWorld,
  nothingLeft,
  OFFER,
  PEER,
  respond,
  times,
  up,
  type World,
} from './support/world.ts';

const toOf = (message: Request | Response): string => message.headers.get('to') ?? '';
type Asked = Record<string, string>;

/** The peer calls, the application answers with `wish`; the 200. */
function called(world: World, asked: Asked, wish?: string): Response {
  world.send(
    invite((headers) => {
      for (const [name, value] of Object.entries(asked)) headers.add(name, value);
    }),
  );
  respond(world, newest(world).transaction, '200 OK', wish === undefined ? [] : [`Session-Expires: ${wish}`], OFFER);
  const ok = last(world, '200 INVITE') as Response;
  world.send(inside('ACK', toOf(ok), 1));
  return ok;
}
/** The application calls, the peer answers with these headers. */
function calling(world: World, headers: [string, string][]): { dialog: string; request: Request; ok: Response } {
  const { request, dialog } = dial(world, ['Call-ID: call']);
  const ok = answerWith(world, request, 200, headers, OFFER);
  ask(world, dialog, 'ACK');
  return { dialog, request, ok };
}
const insideAsCallee = (method: string, { request, ok }: { request: Request; ok: Response }, seq: number): Request => {
  const made = inside(method, request.headers.get('from') ?? '', seq);
  made.headers.set('From', toOf(ok)).set('Call-ID', 'call');
  return made;
};
/** When each request of a method came first, copies left out. */
const firsts = (world: World, method: string): number[] => {
  const byBranch = new Map<string, number>();
  for (const { at, message } of world.got) {
    const via = message.headers.get('via') ?? '';
    if (line(message) === method && !byBranch.has(via)) byBranch.set(via, at);
  }
  return [...byBranch.values()];
};
const expiredBye = (world: World): Request => {
  const bye = last(world, 'BYE') as Request;
  assert.equal(bye.headers.get('reason'), 'SIP ;cause=200 ;text="Session timer expired"');
  assert.equal(events(world).at(-1), 'BYE unsolicited');
  return bye;
};

test('B13: an INVITE, a re-INVITE and an UPDATE under 90 s are refused 422 with Min-SE: 90', () => {
  const world = newWorld();
  const brief: [string, string][] = [['Session-Expires', '89']];
  world.send(invite((headers) => headers.add('Session-Expires', '60').add('Supported', 'timer')));
  assert.equal(last(world, '422 INVITE').headers.get('min-se'), '90');
  assert.deepEqual(events(world), []);
  world.send(inside('ACK', toOf(last(world, '422 INVITE') as Response), 1));
  const second = newWorld();
  const to = toOf(called(second, {}));
  second.send(inside('INVITE', to, 2, brief));
  assert.equal(last(second, '422 INVITE').headers.get('min-se'), '90');
  second.send(inside('ACK', to, 2));
  second.send(inside('UPDATE', to, 3, [['x', '60']]));
  assert.equal(last(second, '422 UPDATE').headers.get('min-se'), '90');
});

test('what our 200 says: the application’s wish, else the caller’s, between its least and what it asked, and never a refresher that knows no timer', () => {
  const agreed = (asked: Asked, wish?: string): string => {
    const found = agreeAsCallee(newRequest('INVITE', 'sip:x', Object.entries(asked)), wish, undefined);
    return found === undefined ? 'none' : `${found.seconds} ${found.refresher}`;
  };
  const rows: [Asked, string | undefined, string][] = [
    [{}, undefined, 'none'],
    [{ Supported: 'timer' }, undefined, 'none'],
    [{ Supported: 'timer', 'Session-Expires': '1800' }, undefined, '1800 uac'],
    [{ Supported: 'timer', 'Session-Expires': '1800;refresher=uas' }, undefined, '1800 uas'],
    [{ Supported: 'timer', 'Session-Expires': '1800;refresher=uac' }, '600;refresher=uas', '600 uac'],
    [{ Supported: 'timer', 'Session-Expires': '1800' }, '600;refresher=uas', '600 uas'],
    [{ Supported: 'timer', 'Session-Expires': '1800', 'Min-SE': '900' }, '600', '900 uac'],
    [{ Supported: 'timer', 'Session-Expires': '300' }, '600', '300 uac'],
    [{ Supported: 'timer' }, '30', '90 uac'],
    [{ Require: 'timer', 'Session-Expires': '300' }, undefined, '300 uac'],
    [{ 'Session-Expires': '300' }, undefined, '300 uas'],
    [{}, '300;refresher=uac', '300 uas'],
    [{ Supported: 'timer', x: '200' }, undefined, '200 uac'],
    [{ Supported: 'timer', 'Session-Expires': 'soon' }, undefined, 'none'],
  ];
  for (const [asked, wish, expected] of rows) assert.equal(agreed(asked, wish), expected, JSON.stringify([asked, wish]));
});

test('B13, as callee: the caller is to refresh; without a refresh the call is hung up 32 s before the end, of a short one at two thirds', () => {
  for (const [seconds, ends] of [
    [1_800, 1_768],
    [90, 60],
  ] as const) {
    const world = newWorld();
    const ok = called(world, { Supported: 'timer', 'Session-Expires': String(seconds) });
    assert.equal(ok.headers.get('session-expires'), `${seconds};refresher=uac`);
    assert.equal(ok.headers.get('require'), 'timer');
    world.clock.forward(ends * 1_000 - 500);
    assert.ok(!lines(world).includes('BYE'));
    world.clock.forward(1_000);
    answerWith(world, expiredBye(world), 200);
    nothingLeft(world);
  }
});

test('B13, as callee: a re-INVITE or UPDATE of the caller that is answered 2xx starts the interval anew', () => {
  const world = newWorld();
  const to = toOf(called(world, { Supported: 'timer', 'Session-Expires': '90' }));
  const asked: [string, string][] = [
    ['Supported', 'timer'],
    ['Session-Expires', '90;refresher=uac'],
  ];
  for (let seq = 2; seq < 6; seq += 1) {
    world.clock.forward(50_000);
    const method = seq % 2 === 0 ? 'UPDATE' : 'INVITE';
    world.send(inside(method, to, seq, asked));
    respond(world, newest(world).transaction, '200 OK');
    assert.equal(last(world, `200 ${method}`).headers.get('session-expires'), '90;refresher=uac');
    if (method === 'INVITE') world.send(inside('ACK', to, seq));
  }
  world.clock.forward(50_000);
  assert.ok(!lines(world).includes('BYE'));
  world.send(inside('INVITE', to, 6, asked));
  respond(world, newest(world).transaction, '488 Not Acceptable Here');
  world.send(inside('ACK', to, 6));
  world.clock.forward(11_000);
  expiredBye(world);
});

test('B13, as callee: we refresh at half the interval with the last session description, and the application hears nothing of it', () => {
  const world = newWorld();
  called(world, { Supported: 'timer', 'Session-Expires': '120;refresher=uas' });
  const before = events(world).length;
  for (let round = 1; round <= 3; round += 1) {
    world.clock.forward(59_000);
    assert.equal(times(world, 'INVITE').length, round - 1);
    world.clock.forward(1_000);
    const refresh = last(world, 'INVITE') as Request;
    assert.equal(refresh.headers.get('session-expires'), '120;refresher=uac');
    assert.equal(refresh.headers.get('min-se'), '90');
    assert.equal(refresh.body.toString(), OFFER);
    assert.equal(refresh.headers.get('contact'), '<sip:10.0.0.1:5060>');
    answerWith(world, refresh, 200, [['Session-Expires', '120;refresher=uac']], OFFER);
    assert.equal(lines(world).at(-1), 'ACK');
    assert.equal(last(world, 'ACK').headers.get('cseq'), refresh.headers.get('cseq')?.replace('INVITE', 'ACK'));
  }
  answerWith(world, last(world, 'INVITE') as Request, 200, [], OFFER);
  assert.equal(times(world, 'ACK').length, 4, 'a repeated 200 is acknowledged again');
  assert.equal(events(world).length, before);
});

test('B13: of a body of several parts the refresh repeats the session description alone', () => {
  const world = newWorld();
  const body = `--b\r\nContent-Type: application/pidf+xml\r\n\r\n<a>\u8bdd</a>\r\n--b\r\nContent-Type: application/sdp\r\n\r\n${OFFER}\r\n--b--\r\n`;
  world.app.ask('sip||', `INVITE sip:peer@${PEER} SIP/2.0\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n${body}`);
  world.clock.forward(50);
  const request = last(world, 'INVITE') as Request;
  answerWith(world, request, 200, [['Session-Expires', '100;refresher=uac']]);
  ask(world, newest(world).dialog, 'ACK');
  world.clock.forward(51_000);
  const refresh = last(world, 'INVITE') as Request;
  assert.deepEqual([refresh.headers.get('content-type'), refresh.body.toString()], ['application/sdp', OFFER]);
});

test('B13: a peer that allows UPDATE is refreshed by UPDATE, without a session description', () => {
  const world = newWorld();
  called(world, { Supported: 'timer', 'Session-Expires': '120;refresher=uas', Allow: 'INVITE, ACK, BYE, UPDATE' });
  world.clock.forward(60_500);
  const refresh = last(world, 'UPDATE') as Request;
  assert.equal(refresh.body.length, 0);
  answerWith(world, refresh, 200, [['Session-Expires', '120;refresher=uac']]);
  world.clock.forward(60_000);
  assert.equal(firsts(world, 'UPDATE').length, 2);
});

test('B13, as caller: the 200 says who refreshes; it is us when it does not say', () => {
  const silent = newWorld();
  calling(silent, [['Session-Expires', '100']]);
  silent.clock.forward(51_000);
  assert.equal(last(silent, 'INVITE').headers.get('session-expires'), '100;refresher=uac');
  assert.equal((last(silent, 'INVITE') as Request).body.toString(), OFFER);

  const theirs = newWorld();
  const call = calling(theirs, [['Session-Expires', '90;refresher=uas']]);
  theirs.clock.forward(55_000);
  theirs.send(insideAsCallee('UPDATE', call, 1));
  respond(theirs, newest(theirs).transaction, '200 OK');
  theirs.clock.forward(61_000);
  assert.deepEqual(times(theirs, 'BYE'), [], 'a refresh without Session-Expires ends the timer of a peer that kept it');

  const dead = newWorld();
  calling(dead, [['Session-Expires', '90;refresher=uas']]);
  dead.clock.forward(61_000);
  answerWith(dead, expiredBye(dead), 200);
  nothingLeft(dead);
});

test('B13: a refresh that meets a glare is tried again after 2.1–4 s by the owner of the Call-ID and 0–2 s by the other, one told to wait waits', () => {
  for (const [role, least, most] of [
    ['caller', 2.1, 4],
    ['callee', 0, 2],
  ] as const) {
    const world = newWorld();
    if (role === 'caller') calling(world, [['Session-Expires', '100;refresher=uac']]);
    else called(world, { Supported: 'timer', 'Session-Expires': '100;refresher=uas' });
    const first = firsts(world, 'INVITE').length;
    world.clock.forward(50_500);
    answerWith(world, last(world, 'INVITE') as Request, 491);
    const began = firsts(world, 'INVITE').at(-1) ?? 0;
    world.clock.forward(5_000);
    assert.equal(firsts(world, 'INVITE').length, first + 2, role);
    const waited = (firsts(world, 'INVITE').at(-1) ?? 0) - began;
    assert.ok(waited >= least - 0.1 && waited <= most + 0.7, `${role} waited ${waited}`);
    answerWith(world, last(world, 'INVITE') as Request, 500, [['Retry-After', '3']]);
    world.clock.forward(4_000);
    assert.equal(firsts(world, 'INVITE').length, first + 3);
    answerWith(world, last(world, 'INVITE') as Request, 200, [], OFFER);
    assert.ok(!lines(world).includes('BYE'));
  }
});

test('B13: a 422 to our refresh is met with the interval the peer wants', () => {
  const world = newWorld();
  called(world, { Supported: 'timer', 'Session-Expires': '100;refresher=uas' });
  world.clock.forward(50_500);
  answerWith(world, last(world, 'INVITE') as Request, 422, [['Min-SE', '300']]);
  assert.equal(last(world, 'INVITE').headers.get('session-expires'), '300;refresher=uac');
});

test('B13: a refresh that is refused or not answered ends the call with the reason, and the application hears of it', () => {
  for (const status of [481, 408, 488, undefined]) {
    const world = newWorld();
    called(world, { Supported: 'timer', 'Session-Expires': '120;refresher=uas' });
    world.clock.forward(60_500);
    if (status === undefined) world.clock.forward(33_000);
    else answerWith(world, last(world, 'INVITE') as Request, status);
    answerWith(world, expiredBye(world), 200);
    nothingLeft(world);
  }
});

test('a refresh that is challenged is left to the application: it is told once, refreshes with credentials, and the session goes on; without them it ends in time', () => {
  const challenged = (): World => {
    const world = newWorld();
    called(world, { Supported: 'timer', 'Session-Expires': '120;refresher=uas', Allow: 'INVITE, UPDATE' });
    world.clock.forward(60_500);
    answerWith(world, last(world, 'UPDATE') as Request, 407, [['Proxy-Authenticate', 'Digest realm="r", nonce="n"']]);
    assert.equal(events(world).at(-1), 'UPDATE unsolicited');
    const { message } = world.app.heard.at(-1) ?? {};
    assert.ok(message !== undefined);
    assert.equal(message.headers.get('proxy-authenticate'), 'Digest realm="r", nonce="n"');
    assert.equal(message.headers.get('allow'), 'INVITE, UPDATE');
    assert.ok(!lines(world).includes('BYE'));
    return world;
  };
  const met = challenged();
  ask(met, newest(met).dialog, 'UPDATE', ['Proxy-Authorization: Digest x="y"']);
  const again = last(met, 'UPDATE') as Request;
  assert.equal(again.headers.get('session-expires'), '120;refresher=uac');
  assert.equal(again.headers.get('proxy-authorization'), 'Digest x="y"');
  answerWith(met, again, 200, [['Session-Expires', '120;refresher=uac']]);
  met.clock.forward(59_000);
  assert.ok(!lines(met).includes('BYE'));
  met.clock.forward(2_000);
  assert.equal(firsts(met, 'UPDATE').length, 3, 'the next refresh comes in its time');

  const unmet = challenged();
  unmet.clock.forward(26_000);
  assert.ok(!lines(unmet).includes('BYE'));
  unmet.clock.forward(2_000);
  answerWith(unmet, expiredBye(unmet), 200);
  nothingLeft(unmet);
});

test('a BYE of our own that is challenged is left to the application, once, for 32 s; for all else the call is over', () => {
  const challenged = (): { world: World; dialog: string; bye: Request } => {
    const world = newWorld();
    const { dialog } = up(world);
    world.app.ask('route|info');
    ask(world, dialog, 'INVITE', ['Session-Expires: 90;refresher=uas'], OFFER);
    answerWith(world, last(world, 'INVITE') as Request, 200, [['Session-Expires', '90;refresher=uas']]);
    ask(world, dialog, 'ACK');
    world.clock.forward(62_000);
    const bye = last(world, 'BYE') as Request;
    answerWith(world, bye, 407, [['Proxy-Authenticate', 'Digest realm="r", nonce="n"']]);
    const { tokens, message } = world.app.heard.at(-1) ?? { tokens: [] };
    assert.deepEqual(events(world).slice(-2), ['BYE unsolicited', 'BYE unsolicited']);
    assert.deepEqual([tokens[5], tokens[6], tokens[9]], [PEER, '5060', dialog], 'from where the challenge came');
    assert.deepEqual(
      ['proxy-authenticate', 'reason'].map((name) => message?.headers.get(name)),
      ['Digest realm="r", nonce="n"', 'SIP ;cause=200 ;text="Session timer expired"'],
    );
    return { world, dialog, bye };
  };
  const met = challenged();
  ask(met.world, met.dialog, 'INFO');
  assert.match(answers(met.world).at(-1) ?? '', /unable to find dialog/);
  ask(met.world, met.dialog, 'BYE', ['Proxy-Authorization: Digest x="y"']);
  const again = last(met.world, 'BYE') as Request;
  assert.equal(again.headers.get('proxy-authorization'), 'Digest x="y"');
  assert.equal(Number.parseInt(again.headers.get('cseq') ?? '', 10), Number.parseInt(met.bye.headers.get('cseq') ?? '', 10) + 1);
  answerWith(met.world, again, 200);
  assert.equal(events(met.world).at(-1), '200 BYE');
  nothingLeft(met.world);

  const wrong = challenged();
  ask(wrong.world, wrong.dialog, 'BYE', ['Proxy-Authorization: Digest x="wrong"']);
  answerWith(wrong.world, last(wrong.world, 'BYE') as Request, 407);
  ask(wrong.world, wrong.dialog, 'BYE');
  assert.match(answers(wrong.world).at(-1) ?? '', /unable to find dialog/);
  nothingLeft(wrong.world);

  const unmet = challenged();
  unmet.world.clock.forward(33_000);
  nothingLeft(unmet.world);
});

test('a BYE that was challenged and does not come again leaves no dialog behind', () => {
  const world = newWorld();
  const { dialog } = calling(world, []);
  ask(world, dialog, 'BYE');
  answerWith(world, last(world, 'BYE') as Request, 401, [['WWW-Authenticate', 'Digest realm="r", nonce="n"']]);
  ask(world, dialog, 'BYE', ['Authorization: Digest x="y"']);
  answerWith(world, last(world, 'BYE') as Request, 401, [['WWW-Authenticate', 'Digest realm="r", nonce="m"']]);
  world.clock.forward(33_000);
  nothingLeft(world);
});

test('a re-INVITE of the peer that crosses our refresh is a glare (491); one of the application waits until the refresh is over', () => {
  const world = newWorld();
  const ok = called(world, { Supported: 'timer', 'Session-Expires': '120;refresher=uas' });
  world.clock.forward(60_500);
  const refresh = last(world, 'INVITE') as Request;
  world.send(inside('INVITE', toOf(ok), 2));
  assert.equal(lines(world).at(-1), '491 INVITE');
  world.send(inside('ACK', toOf(ok), 2));
  ask(world, newest(world).dialog, 'INVITE', [], OFFER.replace('1 1', '1 2'));
  assert.equal(firsts(world, 'INVITE').length, 1);
  answerWith(world, refresh, 200, [['Session-Expires', '120;refresher=uac']], OFFER);
  const own = last(world, 'INVITE') as Request;
  assert.match(own.body.toString(), /1 2/);
  assert.equal(own.headers.get('session-expires'), '120;refresher=uac', 'the session goes on');
  answerWith(world, own, 200, [['Session-Expires', '120;refresher=uac']], OFFER);
  ask(world, newest(world).dialog, 'ACK');
  world.clock.forward(60_500);
  assert.match((last(world, 'INVITE') as Request).body.toString(), /1 2/, 'the next refresh offers what was agreed last');
});

test('a call that ends has no session timer left', () => {
  const world = newWorld();
  const ok = called(world, { Supported: 'timer', 'Session-Expires': '120;refresher=uas' });
  world.send(inside('BYE', toOf(ok), 2));
  respond(world, newest(world).transaction, '200 OK');
  nothingLeft(world);
  assert.equal(line(world.got.at(-1)?.message ?? newRequest('NONE', `sip:${PEER}`, [])), '200 BYE');
});

test('an INVITE answered with another 2xx than 200 is a call like any other, and the application hears 200', () => {
  const world = newWorld();
  const { request, dialog } = dial(world);
  answerWith(world, request, 202, [], OFFER);
  assert.deepEqual(events(world), ['200 INVITE']);
  ask(world, dialog, 'ACK');
  assert.equal(lines(world).at(-1), 'ACK');
  ask(world, dialog, 'BYE');
  answerWith(world, last(world, 'BYE') as Request, 200);
  nothingLeft(world);
});
