/** What our server does by itself, with the clock in hand: silences, races, losses. One server, one application, one scripted peer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Message, newRequest, type Request, type Response, responseTo, tagOf } from '../../sip/message/message.ts';
import {
  answers,
  cancelOf,
  events,
  inside,
  invite,
  last,
  line,
  lines,
  newest,
  newWorld,
  nothingLeft,
  PEER,
  respond,
  SERVER,
  times,
  up,
} from './support/world.ts';

test('an application that says nothing gets its caller a 480 after 25 s, and its late answer is refused', () => {
  const world = newWorld();
  world.send(invite());
  const { transaction } = newest(world);
  world.clock.forward(24_800);
  assert.deepEqual(lines(world), ['100 INVITE']);
  world.clock.forward(500);
  assert.equal(times(world, '480 INVITE')[0], 25);
  respond(world, transaction, '200 OK');
  assert.equal(answers(world).at(-1), 'NOK Response not sent due to unknown transaction');
  world.send(inside('ACK', (last(world, '480 INVITE') as Response).headers.get('to') ?? '', 1));
  nothingLeft(world);
});

test('ringing lifts the 25 s', () => {
  const world = newWorld();
  world.send(invite());
  respond(world, newest(world).transaction, '180 Ringing');
  world.clock.forward(60_000);
  assert.deepEqual(lines(world), ['100 INVITE', '180 INVITE']);
});

test('B3: a 200 without ACK is repeated at T1, 2T1 … T2 and ends after 32 s with BYE, of which the application hears as unsolicited', () => {
  const world = newWorld();
  world.send(invite());
  respond(world, newest(world).transaction, '200 OK');
  const began = times(world, '200 INVITE')[0] ?? 0;
  world.clock.forward(40_000);
  const after = times(world, '200 INVITE').map((at) => Math.round((at - began) * 10) / 10);
  assert.deepEqual(after, [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
  const bye = last(world, 'BYE') as Request;
  assert.match(bye.headers.get('reason') ?? '', /^SIP ;cause=200 ;text="ACK timeout"$/);
  assert.deepEqual(events(world), ['INVITE', 'BYE unsolicited']);
  assert.equal(newest(world).dialog, 'call;from-tag=peer');
  world.send(responseTo(bye, 200));
  nothingLeft(world);
});

test('B4: a CANCEL that crosses our 200 is answered 200; after the ACK the call is hung up and the application told', () => {
  const world = newWorld();
  const request = invite();
  world.send(request);
  respond(world, newest(world).transaction, '200 OK');
  world.send(cancelOf(request));
  assert.equal(line(world.got.at(-1)?.message as Message), '200 CANCEL');
  assert.ok(!lines(world).includes('BYE'));
  world.send(inside('ACK', (last(world, '200 INVITE') as Response).headers.get('to') ?? '', 1));
  const bye = last(world, 'BYE') as Request;
  assert.match(bye.headers.get('reason') ?? '', /CANCEL after 200 OK/);
  assert.deepEqual(events(world), ['INVITE', 'ACK', 'BYE unsolicited']);
  world.send(responseTo(bye, 200));
  nothingLeft(world);
});

test('a CANCEL before the application said a word: 200 and 487 at once, its late answer is refused', () => {
  const world = newWorld();
  const request = invite();
  world.send(request);
  const { transaction } = newest(world);
  world.send(cancelOf(request));
  assert.deepEqual(lines(world), ['100 INVITE', '200 CANCEL', '487 INVITE']);
  assert.deepEqual(events(world), ['INVITE', 'CANCEL']);
  assert.equal(tagOf((last(world, '200 CANCEL') as Response).headers.get('to') ?? ''), tagOf((last(world, '487 INVITE') as Response).headers.get('to') ?? ''));
  respond(world, transaction, '180 Ringing');
  assert.equal(answers(world).at(-1), 'NOK Response not sent due to unknown transaction');
});

test('B7: a BYE in an early dialog ends it: 200 to the BYE, 487 to the INVITE, the application hears a CANCEL', () => {
  const world = newWorld();
  world.send(invite());
  respond(world, newest(world).transaction, '180 Ringing');
  world.send(inside('BYE', (last(world, '180 INVITE') as Response).headers.get('to') ?? '', 2));
  assert.ok(lines(world).includes('487 INVITE'));
  assert.deepEqual(events(world), ['INVITE', 'CANCEL', 'BYE']);
  respond(world, newest(world).transaction, '200 OK');
  assert.equal(line(world.got.at(-1)?.message as Message), '200 BYE');
});

test('an acknowledged call stays up and quiet for an hour', () => {
  const world = newWorld();
  const { to } = up(world);
  const before = world.got.length;
  world.clock.forward(3_600_000);
  assert.equal(world.got.length, before);
  assert.equal(world.clock.armed, 0);
  world.send(inside('BYE', to, 2));
  respond(world, newest(world).transaction, '200 OK');
  assert.equal(line(world.got.at(-1)?.message as Message), '200 BYE');
});

test('a copy of a request is answered again and not told again: a ringing INVITE, a BYE', () => {
  const world = newWorld();
  const request = invite();
  world.send(request);
  respond(world, newest(world).transaction, '180 Ringing');
  world.send(request);
  assert.deepEqual(lines(world), ['100 INVITE', '180 INVITE', '180 INVITE']);
  respond(world, newest(world).transaction, '200 OK');
  const to = (last(world, '200 INVITE') as Response).headers.get('to') ?? '';
  world.send(inside('ACK', to, 1));
  const bye = inside('BYE', to, 2);
  world.send(bye);
  respond(world, newest(world).transaction, '200 OK');
  world.send(bye);
  assert.equal(times(world, '200 BYE').length, 2);
  assert.deepEqual(events(world), ['INVITE', 'ACK', 'BYE']);
});

test('B5: both ends hang up at once: each BYE is answered, the application keeps its own end', () => {
  const world = newWorld();
  const { dialog, to } = up(world);
  world.app.ask(`sip||${dialog}`, 'BYE sip:placeholder SIP/2.0\r\n\r\n');
  world.send(inside('BYE', to, 2));
  assert.equal(line(world.got.at(-1)?.message as Message), '200 BYE');
  assert.equal(events(world).filter((event) => event === 'BYE').length, 0);
  world.send(inside('INVITE', to, 3));
  assert.equal(line(world.got.at(-1)?.message as Message), '481 INVITE');
  world.send(responseTo(last(world, 'BYE') as Request, 200));
  assert.equal(events(world).at(-1), '200 BYE');
  nothingLeft(world);
});

test('a second re-INVITE while one is pending gets 500 with Retry-After, one while ours is pending 491, an old CSeq 500', () => {
  const world = newWorld();
  const { dialog, to } = up(world);
  world.send(inside('INVITE', to, 2));
  world.send(inside('INVITE', to, 3));
  const refused = last(world, '500 INVITE') as Response;
  assert.ok(Number(refused.headers.get('retry-after')) <= 10);
  respond(world, newest(world).transaction, '488 Not Acceptable Here');
  world.app.ask(`sip||${dialog}`, 'INVITE sip:placeholder SIP/2.0\r\n\r\nv=0\r\n');
  world.clock.forward(50);
  world.send(inside('INVITE', to, 4));
  assert.equal(line(world.got.at(-1)?.message as Message), '491 INVITE');
  world.send(inside('INFO', to, 1));
  assert.equal(line(world.got.at(-1)?.message as Message), '500 INFO');
});

test('a BYE ends a pending re-INVITE with 487', () => {
  const world = newWorld();
  const { to } = up(world);
  world.send(inside('INVITE', to, 2));
  world.send(inside('BYE', to, 3));
  assert.ok(lines(world).includes('487 INVITE'));
});

test('a request inside a dialog that nobody answers: the BYE gets 200, all else 480', () => {
  const world = newWorld();
  const { to } = up(world);
  world.send(inside('INFO', to, 2));
  world.send(inside('BYE', to, 3));
  world.clock.forward(26_000);
  assert.ok(lines(world).includes('480 INFO') && lines(world).includes('200 BYE'));
  nothingLeft(world);
});

test('the echo of a request always comes before any event about it', () => {
  const world = newWorld();
  const id = world.app.ask('sip||', `INVITE sip:b@${PEER} SIP/2.0\r\n\r\nv=0\r\n`);
  assert.equal(world.app.heard.at(-1)?.tokens[2], id);
  world.clock.forward(40_000);
  const [echo, event] = world.app.heard.slice(-2);
  assert.deepEqual([echo?.tokens[1], event?.tokens[1], event?.tokens[8]], ['response', 'sip', echo?.tokens[10]]);
  assert.equal(event?.message?.kind === 'response' && event.message.status, 408, 'nothing was heard for 32 s');
  assert.deepEqual(event?.tokens.slice(2, 7), ['network', '0', 'udp', '', '0'], 'made here: no bytes, no address');
});

test('a cancelled call that never gets a final response is over for the application after 32 s', () => {
  const world = newWorld();
  world.app.ask('sip||', `INVITE sip:b@${PEER} SIP/2.0\r\n\r\nv=0\r\n`);
  const transaction = world.app.heard.at(-1)?.tokens[10] ?? '';
  world.clock.forward(50);
  world.send(responseTo(last(world, 'INVITE') as Request, 180, 'x'));
  world.app.ask(`sip|${transaction}|`, `CANCEL sip:b@${PEER} SIP/2.0\r\nReason: SIP;cause=200;text="Call completed elsewhere"\r\nFrom: <sip:x@y>\r\n\r\n`);
  world.clock.forward(50);
  const cancel = last(world, 'CANCEL') as Request;
  assert.match(cancel.headers.get('reason') ?? '', /completed elsewhere/);
  assert.equal(cancel.headers.get('from'), (last(world, 'INVITE') as Request).headers.get('from'), 'identity is the INVITE’s');
  world.clock.forward(33_000);
  assert.equal(events(world).at(-1), '487 INVITE');
  world.app.ask(`sip|${transaction}|`, 'CANCEL sip:b SIP/2.0\r\n\r\n');
  assert.match(answers(world).at(-1) ?? '', /^NOK unable to cancel unknown transaction id/);
  nothingLeft(world);
});

test('a lost application: its answered call gets a BYE after the ACK, its ringing caller 503, later requests 481', () => {
  const world = newWorld();
  world.send(invite());
  respond(world, newest(world).transaction, '200 OK');
  const to = (last(world, '200 INVITE') as Response).headers.get('to') ?? '';
  world.app.leave();
  world.clock.forward(50);
  assert.ok(!lines(world).includes('BYE'), 'not before the ACK');
  world.send(inside('ACK', to, 1));
  world.clock.forward(50);
  assert.match((last(world, 'BYE') as Request).headers.get('reason') ?? '', /application disconnected/);
  world.send(responseTo(last(world, 'BYE') as Request, 200));
  world.send(inside('INFO', to, 2));
  assert.equal(line(world.got.at(-1)?.message as Message), '481 INFO');
  world.send(
    invite((headers) => {
      headers.set('Via', `SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bKnext`).set('Call-ID', 'next');
    }),
  );
  const refused = last(world, '503 INVITE') as Response;
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  nothingLeft(world);
});

test('requests of a dialog follow the route set: loose in order, strict with the target last', () => {
  const world = newWorld();
  world.send(invite((headers) => headers.add('Record-Route', '<sip:10.0.0.9;lr;n=1>, <sip:10.0.0.8;lr;n=2>')));
  respond(world, newest(world).transaction, '200 OK');
  const ok = last(world, '200 INVITE') as Response;
  assert.equal(ok.headers.get('record-route'), '<sip:10.0.0.9;lr;n=1>, <sip:10.0.0.8;lr;n=2>');
  world.send(inside('ACK', ok.headers.get('to') ?? '', 1));
  world.app.ask(`sip||${newest(world).dialog}`, 'INFO sip:placeholder SIP/2.0\r\n\r\n');
  world.clock.forward(50);
  const info = last(world, 'INFO') as Request;
  assert.equal(info.uri, `sip:peer@${PEER}`);
  assert.deepEqual(info.headers.list('route'), ['<sip:10.0.0.9;lr;n=1>', '<sip:10.0.0.8;lr;n=2>']);

  const strict = newWorld();
  strict.send(invite((headers) => headers.add('Record-Route', '<sip:10.0.0.9;n=1>')));
  respond(strict, newest(strict).transaction, '200 OK');
  strict.send(inside('ACK', (last(strict, '200 INVITE') as Response).headers.get('to') ?? '', 1));
  strict.app.ask(`sip||${newest(strict).dialog}`, 'INFO sip:placeholder SIP/2.0\r\n\r\n');
  strict.clock.forward(50);
  const old = last(strict, 'INFO') as Request;
  assert.equal(old.uri, 'sip:10.0.0.9;n=1');
  assert.deepEqual(old.headers.list('route'), [`<sip:peer@${PEER}>`]);
});

test('a peer behind NAT, whose Contact is not where it sends from, is answered where it sends from', () => {
  const world = newWorld();
  world.send(invite((headers) => headers.set('Contact', '<sip:peer@192.168.1.5:5062>')));
  respond(world, newest(world).transaction, '200 OK');
  world.send(inside('ACK', (last(world, '200 INVITE') as Response).headers.get('to') ?? '', 1));
  world.app.ask(`sip||${newest(world).dialog}`, 'BYE sip:placeholder SIP/2.0\r\n\r\n');
  world.clock.forward(50);
  assert.equal((last(world, 'BYE') as Request).uri, 'sip:peer@192.168.1.5:5062');
});

test('what an application writes cannot grow headers or take the stack’s own', () => {
  const world = newWorld();
  world.app.ask(
    'sip||',
    [
      `INVITE sip:b@${PEER} SIP/2.0`,
      'From: "x" <sip:10086@localhost>',
      'To: sip:b@localhost',
      'contact: sip:10086@localhost;x=1',
      'P-Asserted-Identity: <sip:10086@localhost>',
      'X-Tenant: demo\nX-Evil: 1',
      'this is no header',
      'Via: SIP/2.0/UDP evil',
      'Route: <sip:evil>',
      'Record-Route: <sip:evil>',
      'Content-Length: 9999',
      'user-agent: huawu',
      '',
      'v=0\r\n',
    ].join('\r\n'),
  );
  world.clock.forward(50);
  const request = last(world, 'INVITE') as Request;
  assert.match(request.headers.get('via') ?? '', /^SIP\/2\.0\/UDP 10\.0\.0\.1:5060;rport;branch=z9hG4bK/);
  assert.equal(request.headers.all('via').length, 1);
  assert.ok(!request.headers.has('route') && !request.headers.has('record-route') && !request.headers.has('x-evil'));
  assert.match(request.headers.get('from') ?? '', /^"x" <sip:10086@10\.0\.0\.1:5060>;tag=/);
  assert.equal(request.headers.get('to'), '<sip:b@10.0.0.1:5060>');
  assert.equal(request.headers.get('contact'), '<sip:10086@10.0.0.1:5060>;x=1');
  assert.equal(request.headers.get('p-asserted-identity'), '<sip:10086@10.0.0.1:5060>');
  assert.equal(request.headers.get('x-tenant'), 'demo X-Evil: 1');
  assert.deepEqual(
    [...request.headers].filter(({ key }) => key === 'user-agent').map(({ name }) => name),
    ['User-Agent'],
  );
  assert.equal(request.headers.get('content-type'), 'application/sdp');
  assert.equal(request.body.length, 5);
  world.app.ask('sip||', `MESSAGE sip:b@${PEER} SIP/2.0\r\n\r\nhello`);
  assert.equal(answers(world).at(-1), 'NOK missing content-type');
});

test('frames that ask for the impossible are answered with their reason', () => {
  const world = newWorld();
  const refusals: Record<string, [string, string, RegExp]> = {
    'a proxy': ['proxy|t|||||||sip:x', 'INVITE sip:x SIP/2.0\r\n\r\n', /^NOK Unknown transaction id: t$/],
    'an unknown dialog': ['sip||no;from-tag=such', 'BYE sip:placeholder SIP/2.0\r\n\r\n', /^NOK Server error: unable to find dialog for dialog id provided$/],
    'an ACK for a refusal': ['sip||no;from-tag=such', 'ACK sip:x SIP/2.0\r\n\r\n', /^NOK Server error: unable to find dialog/],
    'an unknown method': ['sip||', 'DANCE sip:x SIP/2.0\r\n\r\n', /^NOK Server error: invalid or missing method supplied on start line: DANCE/],
    'no start line': ['sip||', 'hello\r\n\r\n', /^NOK invalid request-uri: hello$/],
    'a URI that is none': ['sip||', 'OPTIONS example SIP/2.0\r\n\r\n', /^NOK /],
    'a sips URI over UDP': ['sip||', 'OPTIONS sips:x@10.0.0.9;transport=udp SIP/2.0\r\n\r\n', /^NOK requested protocol\/transport not available$/],
    'a response to nothing': ['sip|no-such|', 'SIP/2.0 200 OK\r\n\r\n', /^NOK Response not sent due to unknown transaction$/],
    'a response without its transaction': ['sip||', 'SIP/2.0 200 OK\r\n\r\n', /^NO transaction id missing$/],
    'an unknown verb': ['sing|la', '', /^NO Unknown message type$/],
  };
  for (const [what, [ask, text, reason]] of Object.entries(refusals)) {
    world.app.ask(ask, text);
    assert.match(answers(world).at(-1) ?? '', reason, what);
  }
});

test('a name that DNS does not know is a 503 behind the echo, as of a dead transport', async () => {
  const world = newWorld();
  const id = world.app.ask('sip||', 'INVITE sip:b@nowhere.example SIP/2.0\r\n\r\nv=0\r\n');
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  world.clock.forward(10);
  const [echo, event] = world.app.heard.slice(-2);
  assert.deepEqual([echo?.tokens[2], echo?.tokens[3], event?.tokens[8]], [id, 'OK', echo?.tokens[10]]);
  assert.deepEqual(events(world), ['503 INVITE']);
  assert.deepEqual(lines(world), []);
  nothingLeft(world);
});

test('a phone’s message that cannot be read whole still leaves the call in order: broken Contact 400, broken routes left out', () => {
  const world = newWorld();
  world.send(invite((headers) => headers.set('Contact', '"never ends <sip:peer@x>')));
  assert.deepEqual(lines(world), ['100 INVITE', '400 INVITE']);
  world.send(
    invite((headers) => {
      headers.set('Via', `SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bKnext`).add('Record-Route', '<nonsense>');
    }),
  );
  respond(world, newest(world).transaction, '200 OK');
  world.send(inside('ACK', (last(world, '200 INVITE') as Response).headers.get('to') ?? '', 1));
  world.app.ask(`sip||${newest(world).dialog}`, 'BYE sip:placeholder SIP/2.0\r\n\r\n');
  world.clock.forward(50);
  assert.deepEqual((last(world, 'BYE') as Request).headers.list('route'), []);
});

test('a subscription ends with the NOTIFY that says so', () => {
  const world = newWorld();
  world.app.ask('sip||', `SUBSCRIBE sip:b@${PEER} SIP/2.0\r\nEvent: dialog\r\nCall-ID: sub\r\n\r\n`);
  world.clock.forward(50);
  const subscribe = last(world, 'SUBSCRIBE') as Request;
  world.send(responseTo(subscribe, 200, 'peer'));
  const notify = newRequest('NOTIFY', `sip:${SERVER}`, [
    ['Via', `SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bKnotify`],
    ['From', `${subscribe.headers.get('to')};tag=peer`],
    ['To', subscribe.headers.get('from') ?? ''],
    ['Call-ID', 'sub'],
    ['CSeq', '1 NOTIFY'],
    ['Subscription-State', 'terminated;reason=timeout'],
  ]);
  world.send(notify);
  assert.deepEqual(events(world), ['200 SUBSCRIBE', 'NOTIFY']);
  respond(world, newest(world).transaction, '200 OK');
  nothingLeft(world);
});

test('a subscription that nobody refreshes or ends is over soon after its time, one that is refreshed goes on', () => {
  const world = newWorld();
  const subscribe = (seq: number, toTag: string): Request =>
    newRequest('SUBSCRIBE', `sip:8001@${SERVER}`, [
      ['Via', `SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bKs${seq}`],
      ['From', '<sip:lamp@peer>;tag=lamp'],
      ['To', `<sip:8001@huawu>${toTag}`],
      ['Call-ID', 'lamp'],
      ['CSeq', `${seq} SUBSCRIBE`],
      ['Contact', `<sip:lamp@${PEER}>`],
      ['Event', 'dialog'],
    ]);
  world.app.ask('route|subscribe');
  world.send(subscribe(1, ''));
  respond(world, newest(world).transaction, '200 OK', ['Expires: 60']);
  const to = (last(world, '200 SUBSCRIBE') as Response).headers.get('to') ?? '';
  world.clock.forward(59_000);
  world.send(subscribe(2, /;tag=.*/.exec(to)?.[0] ?? ''));
  respond(world, newest(world).transaction, '200 OK', ['Expires: 60']);
  world.clock.forward(80_000);
  assert.equal(world.node.stack.ledger.calls, 1, 'refreshed, it is there');
  world.clock.forward(20_000);
  nothingLeft(world);
});

test('a server on its way out refuses new calls and lets the others end', () => {
  const world = newWorld();
  const { to } = up(world);
  world.node.isDraining = true;
  world.send(
    invite((headers) => {
      headers.set('Via', `SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bKnext`).set('Call-ID', 'next');
    }),
  );
  assert.ok((last(world, '503 INVITE') as Response).headers.has('retry-after'));
  world.send(inside('BYE', to, 2));
  respond(world, newest(world).transaction, '200 OK');
  assert.equal(line(world.got.at(-1)?.message as Message), '200 BYE');
});
