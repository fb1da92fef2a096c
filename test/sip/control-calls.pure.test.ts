/** The control protocol call by call: what of a call is the server's, what the application's, request by request; a table of statements. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestOutside } from '../../sip/control/compose.ts';
import { parseSketch } from '../../sip/control/sketch.ts';
import { newRequest, type Request, type Response, responseTo } from '../../sip/message/message.ts';
import { writeMessage } from '../../sip/message/write.ts';
import type { Hop } from '../../sip/transport/hop.ts';
import {
  answers,
  answerWith,
  ask,
  dial,
  events,
  inside,
  invite,
  last,
  lines,
  newest,
  newWorld,
  nothingLeft,
  OFFER,
  PEER,
  respond,
  SERVER,
  times,
  up,
  type World,
} from './support/world.ts';

const told = (world: World): string => answers(world).at(-1) ?? '';
const outside = (world: World, start: string, headers: string[] = [], body = '', ids = '||'): void => {
  world.app.ask(`sip${ids}`, `${[start, ...headers].join('\r\n')}\r\n\r\n${body}`);
  world.clock.forward(50);
};
const requests = (world: World, method: string): Request[] =>
  world.got.flatMap(({ message }) => (message.kind === 'request' && message.method === method ? [message] : []));
const to = (world: World): string => (last(world, '200 INVITE') as Response).headers.get('to') ?? '';
/** The peer has been called and has answered; nobody has acknowledged yet. */
const answered = (world: World, headers: [string, string][] = []): { request: Request; dialog: string; ok: Response } => {
  const { request, dialog } = dial(world);
  return { request, dialog, ok: answerWith(world, request, 200, headers) };
};
const rings = (world: World, edit?: Parameters<typeof invite>[0]): string => {
  world.send(invite(edit));
  const { transaction } = newest(world);
  respond(world, transaction, '180 Ringing');
  return transaction;
};

const statements: Record<string, (world: World) => void> = {
  // ── what a frame asks for ───────────────────────────────────────────────────────────────────────────────────────────
  'a CANCEL cancels the request of that transaction, whatever dialog stands beside it': (world) => {
    const { request, transaction, dialog } = dial(world);
    answerWith(world, request, 180);
    outside(world, `CANCEL sip:peer@${PEER} SIP/2.0`, [], '', `|${transaction}|${dialog}`);
    const cancel = last(world, 'CANCEL');
    assert.deepEqual(
      [cancel.headers.get('via'), cancel.headers.get('cseq')],
      [request.headers.get('via'), request.headers.get('cseq')?.replace('INVITE', 'CANCEL')],
    );
  },
  'a route URL is where the request goes; its Request-URI stays': (world) => {
    outside(world, 'OPTIONS sip:10086@pbx.example.com SIP/2.0', [], '', `|||sip:${PEER}:5060`);
    const options = last(world, 'OPTIONS') as Request;
    assert.deepEqual([options.uri, options.headers.has('route')], ['sip:10086@pbx.example.com', false]);
  },
  'a route URL may have neither scheme nor brackets, or both': (world) => {
    for (const url of [PEER, `<sip:${PEER};lr>`]) outside(world, 'OPTIONS sip:10086@pbx.example.com SIP/2.0', [], '', `|||${url}`);
    assert.equal(requests(world, 'OPTIONS').length, 2);
  },
  'a name of ours is ourselves, unless the request is to go another way': (world) => {
    Object.assign(world.node.stack, { domains: new Set(['pbx.example.com']) });
    outside(world, 'OPTIONS sip:x@PBX.example.com SIP/2.0');
    assert.equal(told(world), 'NOK can not send request to myself');
    outside(world, 'OPTIONS sip:x@pbx.example.com SIP/2.0', [], '', `|||sip:${PEER}`);
    assert.equal(told(world), 'OK');
  },
  'with an outbound proxy a new request without a route URL goes there; with one, to ourselves or inside a dialog it is as ever': (world) => {
    Object.assign(world.node.stack, { outboundProxy: `sip:${PEER}` });
    outside(world, 'OPTIONS sip:b@192.0.2.77 SIP/2.0');
    assert.equal((last(world, 'OPTIONS') as Request).uri, 'sip:b@192.0.2.77');
    outside(world, 'OPTIONS sip:b@192.0.2.77 SIP/2.0', [], '', '|||sip:192.0.2.1');
    assert.equal(requests(world, 'OPTIONS').length, 1);
    outside(world, `OPTIONS sip:x@${SERVER} SIP/2.0`);
    assert.equal(told(world), 'NOK can not send request to myself');
    const { dialog } = up(world);
    ask(world, dialog, 'INFO');
    assert.equal((last(world, 'INFO') as Request).uri, `sip:peer@${PEER}`);
  },
  'the body of a response without a type goes without one, unless it is a session description': (world) => {
    world.app.ask('route|message');
    world.send(
      newRequest(
        'MESSAGE',
        `sip:${SERVER}`,
        [...invite().headers].map(({ name, value }): [string, string] => [name, value.replace('INVITE', 'MESSAGE')]),
      ),
    );
    respond(world, newest(world).transaction, '200 OK', [], 'hello');
    const ok = last(world, '200 MESSAGE');
    assert.deepEqual([ok.headers.has('content-type'), ok.body.toString()], [false, 'hello']);
  },
  'a transport that we do not have is refused by name': (world) => {
    outside(world, `OPTIONS sip:peer@${PEER};transport=sctp SIP/2.0`);
    assert.equal(told(world), 'NOK requested protocol/transport not available');
  },
  'a Call-ID that would break the line of the dialog id is refused, not sent': (world) => {
    outside(world, `INVITE sip:peer@${PEER} SIP/2.0`, ['Call-ID: a|b'], OFFER);
    assert.match(told(world), /^NOK invalid Call-ID/);
    assert.deepEqual(requests(world, 'INVITE'), []);
  },
  'an address that nobody could read is refused by the name of its header, not sent': (world) => {
    for (const [name, value] of [
      ['from', '"x <sip:a'],
      ['to', '<sip:a'],
      ['contact', '<sip:a'],
    ]) {
      outside(world, `OPTIONS sip:peer@${PEER} SIP/2.0`, [`${name}: ${value}`, ...(name === 'from' ? [] : ['From: <sip:a@b>'])]);
      assert.equal(told(world), `NOK invalid ${name} value provided by client: ${value}`);
    }
    assert.deepEqual(lines(world), []);
  },
  'a response with a header that is not what it must be fails whole, and the request can still be answered': (world) => {
    world.send(invite());
    const { transaction } = newest(world);
    respond(world, transaction, '200 OK', ['Contact: <sip:a']);
    assert.match(told(world), /^NOK Unknown server error sending response/);
    assert.deepEqual(lines(world), ['100 INVITE']);
    respond(world, transaction, '200 OK');
    assert.equal(told(world), 'OK');
  },

  // ── a call that comes in ────────────────────────────────────────────────────────────────────────────────────────────
  '100 Trying goes at once, before any application says a word': (world) => {
    world.send(invite());
    assert.deepEqual(lines(world), ['100 INVITE']);
  },
  'the To tag of the application is that of the dialog; without one it is made here, the same in each response': (world) => {
    world.send(invite());
    const { transaction } = newest(world);
    respond(world, transaction, '180 Ringing', [`To: <sip:10086@${SERVER}>;tag=mine`]);
    respond(world, transaction, '200 OK', [`To: <sip:10086@${SERVER}>;tag=another`]);
    assert.match(last(world, '180 INVITE').headers.get('to') ?? '', /;tag=mine$/);
    assert.match(to(world), /;tag=mine$/);
    const other = newWorld();
    respond(other, rings(other), '200 OK');
    assert.match(to(other), /;tag=tag1x\d+$/);
    assert.equal(last(other, '180 INVITE').headers.get('to'), to(other));
  },
  'a final response is the last: what the application says after it is refused': (world) => {
    const transaction = rings(world);
    respond(world, transaction, '486 Busy Here');
    for (const late of ['200 OK', '180 Ringing']) {
      respond(world, transaction, late);
      assert.equal(told(world), 'NOK Response not sent due to unknown transaction', late);
    }
    assert.deepEqual(lines(world), ['100 INVITE', '180 INVITE', '486 INVITE']);
  },
  'the ACK of a refusal ends it, and no application hears of it': (world) => {
    respond(world, rings(world), '486 Busy Here');
    world.clock.forward(600);
    assert.equal(times(world, '486 INVITE').length, 2, 'repeated until then');
    world.send(
      newRequest('ACK', `sip:10086@${SERVER}`, [
        ['Via', `SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bKinvite`],
        ['From', `<sip:peer@${PEER}>;tag=peer`],
        ['To', last(world, '486 INVITE').headers.get('to') ?? ''],
        ['Call-ID', 'call'],
        ['CSeq', '1 ACK'],
      ]),
    );
    assert.deepEqual(events(world), ['INVITE']);
    nothingLeft(world);
    assert.equal(times(world, '486 INVITE').length, 2);
  },
  'a new INVITE with the Call-ID and From tag of a call that is up, or waits for its ACK, is 491 and the call stays what it was': (world) => {
    respond(world, rings(world), '200 OK');
    const again = (seq: number): Request =>
      invite((headers) => headers.set('Via', `SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bKagain${seq}`).set('CSeq', `${seq} INVITE`));
    world.send(again(2));
    assert.equal(lines(world).at(-1), '491 INVITE');
    world.send(inside('ACK', to(world), 1));
    world.send(again(3));
    assert.equal(times(world, '491 INVITE').length, 2);
    assert.deepEqual(events(world), ['INVITE', 'ACK']);
    ask(world, newest(world).dialog, 'BYE');
    assert.equal(last(world, 'BYE').headers.get('from'), to(world), 'it is still the first call');
  },
  'over a connection a 200 without ACK is repeated and given up all the same; a refusal is sent once': (world) => {
    const overTcp = (request: Request): void => {
      world.node.agent.take(writeMessage(request), { protocol: 'tcp', address: PEER, port: 40_000, flow: 'tcp-1', local: { address: SERVER, port: 5060 } });
      world.clock.forward(50);
    };
    overTcp(invite());
    respond(world, newest(world).transaction, '200 OK');
    world.clock.forward(33_000);
    assert.deepEqual([times(world, '200 INVITE').length, lines(world).at(-1)], [11, 'BYE']);
    overTcp(invite((headers) => headers.set('Via', `SIP/2.0/TCP ${PEER}:5060;branch=z9hG4bKother`).set('Call-ID', 'other')));
    respond(world, newest(world).transaction, '486 Busy Here');
    world.clock.forward(33_000);
    assert.equal(times(world, '486 INVITE').length, 1);
  },
  'a re-INVITE before the ACK is told like any other, with 100 Trying': (world) => {
    respond(world, rings(world), '200 OK');
    world.send(inside('INVITE', to(world), 2));
    assert.deepEqual([events(world).at(-1), lines(world).at(-1)], ['INVITE', '100 INVITE']);
  },

  // ── a call that goes out ────────────────────────────────────────────────────────────────────────────────────────────
  'the ACK goes to the Contact of the answer along its Record-Route, whatever URI it names, with the number of the INVITE and its own body': (world) => {
    const { request, dialog } = answered(world, [['Record-Route', `<sip:${PEER};lr>`]]);
    outside(world, 'ACK sip:nobody@example.com SIP/2.0', ['Content-Type: application/sdp', 'CSeq: 99 ACK'], OFFER, `||${dialog}`);
    const ack = last(world, 'ACK') as Request;
    assert.deepEqual([ack.uri, ack.headers.get('route'), ack.body.toString()], [`sip:peer@${PEER}`, `<sip:${PEER};lr>`, OFFER]);
    assert.equal(ack.headers.get('cseq'), request.headers.get('cseq')?.replace('INVITE', 'ACK'));
  },
  'that ACK is sent again for each copy of the 200, unseen by the application': (world) => {
    const { dialog, ok } = answered(world);
    ask(world, dialog, 'ACK', [], OFFER);
    const [asked, heard] = [answers(world).length, events(world).length];
    for (const _copy of [1, 2]) world.send(ok);
    assert.deepEqual(
      requests(world, 'ACK').map(({ body }) => body.toString()),
      [OFFER, OFFER, OFFER],
    );
    assert.deepEqual([answers(world).length, events(world).length], [asked, heard]);
  },
  'an application that never acknowledges sends nothing, until it hangs up': (world) => {
    const { dialog, ok } = answered(world);
    for (const _copy of [1, 2]) world.send(ok);
    assert.deepEqual(lines(world), ['INVITE']);
    ask(world, dialog, 'BYE');
    assert.deepEqual(lines(world), ['INVITE', 'ACK', 'BYE']);
  },
  'a refusal is acknowledged here, to the same URI and over the same Via': (world) => {
    const { request } = dial(world);
    answerWith(world, request, 486);
    const ack = last(world, 'ACK') as Request;
    assert.deepEqual([ack.uri, ack.headers.get('via')], [request.uri, request.headers.get('via')]);
    assert.deepEqual(events(world), ['486 INVITE']);
  },
  'the 200 to a CANCEL is never told, the 487 is': (world) => {
    const { request, transaction } = dial(world);
    answerWith(world, request, 180);
    outside(world, `CANCEL sip:peer@${PEER} SIP/2.0`, [], '', `|${transaction}|`);
    world.send(responseTo(last(world, 'CANCEL') as Request, 200));
    answerWith(world, request, 487);
    assert.deepEqual(events(world), ['180 INVITE', '487 INVITE']);
  },
  'a NOTIFY that overtakes the answer to its SUBSCRIBE is the subscription’s': (world) => {
    outside(world, `SUBSCRIBE sip:peer@${PEER} SIP/2.0`, ['From: <sip:a@b>;tag=ours', 'Call-ID: sub', 'Event: dialog', 'Expires: 60']);
    const subscribe = last(world, 'SUBSCRIBE') as Request;
    const notify = newRequest('NOTIFY', `sip:${SERVER}`, [
      ['Via', `SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bKnotify`],
      ['Max-Forwards', '70'],
      ['From', `<sip:peer@${PEER}>;tag=notifier`],
      ['To', '<sip:a@b>;tag=ours'],
      ['Call-ID', 'sub'],
      ['CSeq', '1 NOTIFY'],
      ['Contact', `<sip:peer@${PEER}>`],
      ['Event', 'dialog'],
      ['Subscription-State', 'active;expires=60'],
    ]);
    world.send(notify);
    assert.deepEqual([events(world).at(-1), newest(world).dialog], ['NOTIFY', 'sub;from-tag=ours']);
    respond(world, newest(world).transaction, '200 OK');
    answerWith(world, subscribe, 202, [['Expires', '60']], '', 'notifier');
    assert.deepEqual(events(world), ['NOTIFY', '202 SUBSCRIBE']);
    ask(world, 'sub;from-tag=ours', 'SUBSCRIBE', ['Event: dialog', 'Expires: 0']);
    assert.match(last(world, 'SUBSCRIBE').headers.get('to') ?? '', /;tag=notifier$/);
  },

  // ── inside ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  'a request inside goes to the remote target; a Request-URI that is no placeholder is sent as given': (world) => {
    const { dialog } = up(world);
    ask(world, dialog, 'INFO');
    outside(world, `INFO sip:elsewhere@${PEER};x=1 SIP/2.0`, [], '', `||${dialog}`);
    assert.deepEqual(
      requests(world, 'INFO').map(({ uri }) => uri),
      [`sip:peer@${PEER}`, `sip:elsewhere@${PEER};x=1`],
    );
  },
  'Call-ID, From, To, CSeq and Max-Forwards are the stack’s; the number of a digest retry is taken when it is higher': (world) => {
    const { dialog } = up(world);
    ask(world, dialog, 'INFO', ['From: <sip:evil>;tag=e', 'To: <sip:evil>', 'Call-ID: evil']);
    const first = last(world, 'INFO').headers;
    assert.deepEqual([first.get('from'), first.get('to'), first.get('call-id')], [to(world), `<sip:peer@${PEER}>;tag=peer`, 'call']);
    const seq = Number(first.get('cseq')?.split(' ')[0]);
    ask(world, dialog, 'INFO', [`CSeq: ${seq + 5} INFO`]);
    assert.equal(last(world, 'INFO').headers.get('cseq'), `${seq + 5} INFO`);
    ask(world, dialog, 'INFO', ['CSeq: 1 INFO']);
    assert.equal(last(world, 'INFO').headers.get('cseq'), `${seq + 6} INFO`, 'never lower');
  },
  'INVITE, REFER, SUBSCRIBE, UPDATE and NOTIFY inside carry the Contact that the dialog began with, or the application’s; INFO and BYE none': (world) => {
    const transaction = rings(world);
    respond(world, transaction, '200 OK', ['Contact: <sip:desk@localhost>']);
    world.send(inside('ACK', to(world), 1));
    const { dialog } = newest(world);
    const contact = `<sip:desk@${SERVER}:5060>`;
    for (const method of ['REFER', 'SUBSCRIBE', 'UPDATE', 'NOTIFY', 'INFO', 'INVITE', 'BYE']) {
      ask(world, dialog, method);
      assert.equal(last(world, method).headers.get('contact'), method === 'INFO' || method === 'BYE' ? undefined : contact, method);
      if (method === 'UPDATE') answerWith(world, last(world, method) as Request, 200);
    }
    const own = newWorld();
    ask(own, up(own).dialog, 'REFER', ['Contact: <sip:own@localhost>']);
    assert.equal(last(own, 'REFER').headers.get('contact'), `<sip:own@${SERVER}:5060>`);
  },
  'the answer to a re-INVITE or SUBSCRIBE inside is given that Contact; the answer to INFO none': (world) => {
    const transaction = rings(world);
    respond(world, transaction, '200 OK', ['Contact: <sip:desk@localhost>']);
    world.send(inside('ACK', to(world), 1));
    for (const [seq, method] of ['INVITE', 'SUBSCRIBE', 'INFO'].entries()) {
      world.send(inside(method, to(world), seq + 2));
      respond(world, newest(world).transaction, '200 OK');
      assert.equal(last(world, `200 ${method}`).headers.get('contact'), method === 'INFO' ? undefined : `<sip:desk@${SERVER}:5060>`, method);
      if (method === 'INVITE') world.send(inside('ACK', to(world), seq + 2));
    }
  },
  'a BYE of ours ends the dialog with its final response, whatever that is': (world) => {
    const { dialog } = up(world);
    ask(world, dialog, 'BYE');
    assert.equal(world.node.stack.ledger.dialogs, 1, 'it waits for the answer');
    answerWith(world, last(world, 'BYE') as Request, 500);
    assert.equal(world.node.stack.ledger.dialogs, 0);
    ask(world, dialog, 'BYE');
    assert.equal(told(world), 'NOK Server error: unable to find dialog for dialog id provided');
  },
  'a BYE of ours that is challenged leaves the dialog for one with credentials': (world) => {
    const { dialog } = up(world);
    ask(world, dialog, 'BYE');
    answerWith(world, last(world, 'BYE') as Request, 407, [['Proxy-Authenticate', 'Digest realm="r", nonce="n"']]);
    ask(world, dialog, 'BYE', ['Proxy-Authorization: Digest username="u"']);
    assert.equal(requests(world, 'BYE').length, 2);
    answerWith(world, last(world, 'BYE') as Request, 200);
    assert.deepEqual(events(world).slice(-2), ['407 BYE', '200 BYE']);
    nothingLeft(world);
  },
  'a BYE of ours first cancels a re-INVITE of ours that is pending': (world) => {
    const { dialog } = up(world);
    ask(world, dialog, 'INVITE', [], OFFER);
    answerWith(world, last(world, 'INVITE') as Request, 100);
    ask(world, dialog, 'BYE');
    assert.deepEqual(lines(world).slice(-3), ['INVITE', 'CANCEL', 'BYE']);
  },
  'a BYE of the peer ends the dialog at once; the application still answers it': (world) => {
    const { dialog, to: ours } = up(world);
    world.send(inside('BYE', ours, 2));
    const { transaction } = newest(world);
    assert.equal(world.node.stack.ledger.dialogs, 0);
    ask(world, dialog, 'INFO');
    assert.equal(told(world), 'NOK Server error: unable to find dialog for dialog id provided');
    assert.ok(!lines(world).includes('200 BYE'));
    respond(world, transaction, '200 OK');
    assert.equal(lines(world).at(-1), '200 BYE');
    nothingLeft(world);
  },
  'a re-INVITE of the peer gets its 100 Trying from us': (world) => {
    const { to: ours } = up(world);
    world.send(inside('INVITE', ours, 2));
    assert.equal(lines(world).at(-1), '100 INVITE');
  },
  'a re-INVITE of the application is acknowledged by it, with the dialog id, and that ACK again for each copy of the 200': (world) => {
    const { dialog } = up(world);
    ask(world, dialog, 'INVITE', [], OFFER);
    const ok = answerWith(world, last(world, 'INVITE') as Request, 200);
    assert.ok(!lines(world).includes('ACK'), 'not by us');
    ask(world, dialog, 'ACK');
    world.send(ok);
    assert.equal(requests(world, 'ACK').length, 2);
  },
};
for (const [what, act] of Object.entries(statements)) test(what, () => act(newWorld()));

/** A request with a To tag that no dialog here has, and what it is answered. */
const strays: Record<string, number | 'nothing'> = {
  INVITE: 481,
  BYE: 481,
  UPDATE: 481,
  INFO: 481,
  PRACK: 481,
  REFER: 481,
  NOTIFY: 481,
  ACK: 'nothing',
  CANCEL: 481,
};
for (const [method, status] of Object.entries(strays))
  test(`${method} with a To tag that nobody here has: ${status}, and no application hears of it`, () => {
    const world = newWorld();
    for (const verb of Object.keys(strays)) world.app.ask(`route|${verb.toLowerCase()}`);
    world.send(inside(method, `<sip:10086@${SERVER}>;tag=stale`, 7));
    const finals = lines(world).filter((each) => !each.startsWith('100'));
    assert.deepEqual(finals, status === 'nothing' ? [] : [`${status} ${method}`]);
    assert.deepEqual(events(world), []);
  });

/** Request-URI, transport and the application's Contact and From; Contact, From (without its tag) and Via as they are sent. */
const identities: Record<string, [uri: string, protocol: Hop['protocol'], said: string[], contact: string, from: string, via: string]> = {
  'UDP, nothing said': ['sip:b@h', 'udp', [], '<sip:10.0.0.1:5060>', '<sip:10.0.0.1:5060>', 'UDP'],
  'TCP, nothing said': ['sip:b@h', 'tcp', [], '<sip:10.0.0.1:5060;transport=tcp>', '<sip:10.0.0.1:5060;transport=tcp>', 'TCP'],
  'TLS, nothing said': ['sip:b@h', 'tls', [], '<sip:10.0.0.1:5060;transport=tls>', '<sip:10.0.0.1:5060;transport=tls>', 'TLS'],
  'TLS to a sips URI': ['sips:b@h', 'tls', [], '<sips:10.0.0.1:5060;transport=tls>', '<sips:10.0.0.1:5060;transport=tls>', 'TLS'],
  'secure WebSocket': ['sip:b@h', 'wss', [], '<sip:10.0.0.1:5060;transport=ws>', '<sip:10.0.0.1:5060;transport=ws>', 'WSS'],
  'a user at localhost, by TCP': [
    'sip:b@h',
    'tcp',
    ['Contact: sip:a@localhost'],
    '<sip:a@10.0.0.1:5060;transport=tcp>',
    '<sip:a@10.0.0.1:5060;transport=tcp>',
    'TCP',
  ],
  'a transport of the application stays': [
    'sip:b@h',
    'tcp',
    ['Contact: <sip:a@localhost;transport=udp>'],
    '<sip:a@10.0.0.1:5060;transport=udp>',
    '<sip:a@10.0.0.1:5060;transport=udp>',
    'TCP',
  ],
  'localhost without a user, or with a port, in From': ['sip:b@h', 'udp', ['From: <sip:localhost>'], '<sip:10.0.0.1:5060>', '<sip:10.0.0.1:5060>', 'UDP'],
  'localhost with a port': ['sip:b@h', 'udp', ['From: "x" <sip:a@localhost:9>'], '<sip:10.0.0.1:5060>', '"x" <sip:a@10.0.0.1:5060>', 'UDP'],
  'a host that only begins like it': ['sip:b@h', 'udp', ['From: <sip:a@localhost.example>'], '<sip:10.0.0.1:5060>', '<sip:a@localhost.example>', 'UDP'],
  'a whole Contact of its own': [
    'sip:b@h',
    'udp',
    ['Contact: <sip:a@pbx.example>;x=1', 'From: sip:a@pbx.example'],
    '<sip:a@pbx.example>;x=1',
    '<sip:a@pbx.example>',
    'UDP',
  ],
};
for (const [what, [uri, protocol, said, contact, from, via]] of Object.entries(identities))
  test(`who we are: ${what}`, () => {
    const sketch = parseSketch(`${[`INVITE ${uri} SIP/2.0`, ...said].join('\r\n')}\r\n\r\n`);
    assert.ok(typeof sketch !== 'string', 'a sketch');
    const hop: Hop = { protocol, address: '10.0.0.9', port: 5060 };
    const { headers } = requestOutside(sketch, hop, { address: SERVER, port: 5060 }, { branch: 'z9hG4bKx', tag: 'ours', callId: 'c', seq: 1 });
    assert.deepEqual([headers.get('contact'), headers.get('from')], [contact, `${from};tag=ours`]);
    assert.match(headers.get('via') ?? '', new RegExp(`^SIP/2\\.0/${via} 10\\.0\\.0\\.1:5060;rport`));
  });
