/** The control protocol token by token: what stands where in each frame that an application hears, counted from the left as it does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrame, FrameDecoder } from '../../kernel/frames.ts';
import { refused } from '../../sip/control/wire.ts';
import { newRequest, type Request, type Response, responseTo } from '../../sip/message/message.ts';
import type { Heard } from './support/simulation.ts';
import { answerWith, ask, cancelOf, dial, inside, invite, last, newest, newWorld, OFFER, PEER, respond, SERVER, up, type World } from './support/world.ts';

const TIME = /^\d\d:\d\d:\d\d\.\d{6}$/;
const BYTES = /^[1-9]\d*$/;
/** A transaction id; compared with others by name. */
const TXN = /^t1x\d+$/;
const PEER_TRIP = [BYTES, 'udp', PEER, '5060', TIME] as const;
const OWN_TRIP = [BYTES, 'udp', SERVER, '5060', TIME] as const;
const DIALOG = 'call;from-tag=peer';

const heard = (world: World, isIt: (heard: Heard) => boolean): Heard => {
  const found = world.app.heard.findLast(isIt);
  assert.ok(found !== undefined, 'the application heard it');
  return found;
};
const echo = (world: World): Heard => heard(world, ({ tokens }) => tokens[1] === 'response');
const event = (world: World, verb = 'sip'): Heard => heard(world, ({ tokens }) => tokens[1] === verb);
const peerRequest = (method: string): Request => {
  const headers = [...invite().headers].map(({ name, value }): [string, string] => [name, value.replace('INVITE', method)]);
  return newRequest(method, `sip:10086@${SERVER}`, headers);
};
const asks = (world: World, method: string, headers: string[] = []): void => {
  world.app.ask('sip||', `${[`${method} sip:peer@${PEER} SIP/2.0`, ...headers].join('\r\n')}\r\n\r\n`);
  world.clock.forward(50);
};
const rings = (world: World): string => {
  world.send(invite());
  const { transaction } = newest(world);
  respond(world, transaction, '180 Ringing');
  return transaction;
};
/** An INVITE is passed on to the peer, who answers. */
const passedOn = (world: World): void => {
  world.send(invite());
  world.app.ask(`proxy|${newest(world).transaction}||fullResponse||serial|||sip:peer@${PEER}`, `INVITE sip:peer@${PEER} SIP/2.0\r\n\r\n`);
  world.clock.forward(50);
  answerWith(world, last(world, 'INVITE') as Request, 486);
};

/** What is done, and the tokens behind the id of the frame. `TXN` of an act is the transaction id it must name. */
const forms: Record<string, [act: (world: World) => Heard | [Heard, string], expected: (string | RegExp)[]]> = {
  'route is OK, whatever the verb': [
    (world) => {
      world.app.ask('route|no-such-method');
      return echo(world);
    },
    ['response', /^f\d+$/, 'OK'],
  ],
  'remove_route is OK, routed or not': [
    (world) => {
      world.app.ask('remove_route|no-such-method');
      return echo(world);
    },
    ['response', /^f\d+$/, 'OK'],
  ],
  'a refusal has its reason behind NOK': [
    (world) => {
      ask(world, 'nobody;from-tag=x', 'INFO');
      return echo(world);
    },
    ['response', /^f\d+$/, 'NOK', 'Server error: unable to find dialog for dialog id provided'],
  ],
  'a request sent outside dialogs: our own side of the transport, then the transaction id': [
    (world) => {
      asks(world, 'OPTIONS');
      return echo(world);
    },
    ['response', /^f\d+$/, 'OK', 'application', ...OWN_TRIP, TXN, 'Msg sent:', ''],
  ],
  'a request sent inside a dialog': [
    (world) => {
      ask(world, up(world).dialog, 'INFO');
      return echo(world);
    },
    ['response', /^f\d+$/, 'OK', 'application', ...OWN_TRIP, TXN, 'Msg sent:', ''],
  ],
  'an ACK sent': [
    (world) => {
      const { request, dialog } = dial(world);
      answerWith(world, request, 200);
      ask(world, dialog, 'ACK');
      return echo(world);
    },
    ['response', /^f\d+$/, 'OK', 'application', ...OWN_TRIP, TXN, 'Msg sent:', ''],
  ],
  'a PRACK sent': [
    (world) => {
      const { request, dialog } = dial(world);
      answerWith(world, request, 183, [
        ['Require', '100rel'],
        ['RSeq', '7'],
      ]);
      ask(world, dialog, 'PRACK', ['RAck: 7 1 INVITE']);
      return echo(world);
    },
    ['response', /^f\d+$/, 'OK', 'application', ...OWN_TRIP, TXN, 'Msg sent:', ''],
  ],
  'a CANCEL sent has an id that is never used again': [
    (world) => {
      const { request, transaction } = dial(world);
      answerWith(world, request, 180);
      world.app.ask(`sip|${transaction}|`, `CANCEL sip:peer@${PEER} SIP/2.0\r\n\r\n`);
      const own = echo(world);
      assert.notEqual(own.tokens[10], transaction);
      world.clock.forward(50);
      world.send(responseTo(last(world, 'CANCEL') as Request, 200));
      answerWith(world, request, 487);
      assert.equal(newest(world).transaction, transaction, 'the 487 is that of the INVITE');
      assert.ok(
        world.app.heard.every((each) => each === own || !each.tokens.includes(own.tokens[10] ?? '')),
        'the 200 to a CANCEL is never told',
      );
      return own;
    },
    ['response', /^f\d+$/, 'OK', 'application', ...OWN_TRIP, TXN, 'Msg sent:', ''],
  ],
  'a response sent to an INVITE: the far end, the same transaction id, the dialog id': [
    (world) => {
      const transaction = rings(world);
      return [echo(world), transaction];
    },
    ['response', /^f\d+$/, 'OK', 'application', ...PEER_TRIP, TXN, DIALOG, '', 'Msg sent:', ''],
  ],
  'a response that refuses an INVITE has the dialog id, too': [
    (world) => {
      world.send(invite());
      respond(world, newest(world).transaction, '486 Busy Here');
      return echo(world);
    },
    ['response', /^f\d+$/, 'OK', 'application', ...PEER_TRIP, TXN, DIALOG, '', 'Msg sent:', ''],
  ],
  'a response sent to what opens no dialog has none': [
    (world) => {
      world.app.ask('route|message');
      world.send(peerRequest('MESSAGE'));
      respond(world, newest(world).transaction, '200 OK');
      return echo(world);
    },
    ['response', /^f\d+$/, 'OK', 'application', ...PEER_TRIP, TXN, '', '', 'Msg sent:', ''],
  ],
  'a response sent inside a dialog names its transport like any other': [
    (world) => {
      const { to } = up(world);
      world.send(inside('INFO', to, 2));
      respond(world, newest(world).transaction, '200 OK');
      return echo(world);
    },
    ['response', /^f\d+$/, 'OK', 'application', ...PEER_TRIP, TXN, DIALOG, '', 'Msg sent:', ''],
  ],
  'a new request: no dialog id, but the address and port it came to': [
    (world) => {
      world.send(invite());
      return event(world);
    },
    ['sip', 'network', ...PEER_TRIP, TXN, '', SERVER, '5060', ''],
  ],
  'a request inside a dialog': [
    (world) => {
      world.send(inside('INFO', up(world).to, 2));
      return event(world);
    },
    ['sip', 'network', ...PEER_TRIP, TXN, DIALOG, ''],
  ],
  'the ACK of a call has the transaction id of its INVITE, and names its transport': [
    (world) => {
      const transaction = rings(world);
      respond(world, transaction, '200 OK');
      world.send(inside('ACK', (last(world, '200 INVITE') as Response).headers.get('to') ?? '', 1));
      return [event(world), transaction];
    },
    ['sip', 'network', ...PEER_TRIP, TXN, DIALOG, ''],
  ],
  'the ACK of a re-INVITE has a fresh one': [
    (world) => {
      const { to } = up(world);
      const before = newest(world).transaction;
      world.send(inside('INVITE', to, 2));
      const { transaction } = newest(world);
      respond(world, transaction, '200 OK');
      world.send(inside('ACK', to, 2));
      assert.ok(![before, transaction].includes(newest(world).transaction), 'neither that of the re-INVITE nor that of the first one');
      return event(world);
    },
    ['sip', 'network', ...PEER_TRIP, TXN, DIALOG, ''],
  ],
  'a CANCEL before the application said a word has no dialog id': [
    (world) => {
      world.send(invite());
      const { transaction } = newest(world);
      world.send(cancelOf(invite()));
      return [event(world), transaction];
    },
    ['sip', 'network', ...PEER_TRIP, TXN, '', ''],
  ],
  'a CANCEL behind a provisional response has it': [
    (world) => {
      const transaction = rings(world);
      world.send(cancelOf(invite()));
      return [event(world), transaction];
    },
    ['sip', 'network', ...PEER_TRIP, TXN, DIALOG, ''],
  ],
  'a BYE that the server sends by itself': [
    (world) => {
      respond(world, rings(world), '200 OK');
      world.clock.forward(33_000);
      return event(world);
    },
    ['sip', 'application', ...OWN_TRIP, 'unsolicited', DIALOG, ''],
  ],
  'a final response of one target of a proxied request: `continue` is the thirteenth token': [
    (world) => {
      passedOn(world);
      return heard(world, ({ tokens }) => tokens.at(-1) === 'continue');
    },
    ['response', /^f\d+$/, 'OK', 'network', ...PEER_TRIP, '', '', 'continue'],
  ],
  'the last word on a proxied request': [
    (world) => {
      passedOn(world);
      return echo(world);
    },
    ['response', /^f\d+$/, 'OK', 'done'],
  ],
  'cdr:attempt': [
    (world) => {
      world.app.ask('route|cdr:attempt');
      world.send(invite());
      return event(world, 'cdr:attempt');
    },
    ['cdr:attempt', 'network', TIME],
  ],
  'cdr:start has the role': [
    (world) => {
      world.app.ask('route|cdr:start');
      const { request } = dial(world);
      answerWith(world, request, 200);
      return event(world, 'cdr:start');
    },
    ['cdr:start', 'network', TIME, 'uac'],
  ],
  'cdr:stop has the reason': [
    (world) => {
      world.app.ask('route|cdr:stop');
      world.send(invite());
      respond(world, newest(world).transaction, '486 Busy Here');
      return event(world, 'cdr:stop');
    },
    ['cdr:stop', 'application', TIME, 'call-rejected'],
  ],
};
for (const [what, [act, expected]] of Object.entries(forms))
  test(what, () => {
    const world = newWorld();
    const acted = act(world);
    const [frame, transaction] = Array.isArray(acted) ? acted : [acted, undefined];
    const [id = '', ...tokens] = frame.tokens;
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'each frame has a fresh UUID');
    assert.equal(tokens.length, expected.length, tokens.join('|'));
    for (const [at, wanted] of expected.entries()) {
      const token = tokens[at] ?? '';
      if (typeof wanted === 'string') assert.equal(token, wanted, `token ${at + 1} of ${tokens.join('|')}`);
      else assert.match(token, wanted, `token ${at + 1} of ${tokens.join('|')}`);
      if (wanted === BYTES) assert.equal(Number(token), frame.bytes.length, 'the size of the message that follows');
      if (wanted === TXN && transaction !== undefined) assert.equal(token, transaction);
    }
  });

/** The application's own request, a response of the peer or one made here, and whether the event names a dialog. */
const answered: Record<string, [method: string, status: number, names: boolean]> = {
  'ringing of an INVITE': ['INVITE', 180, true],
  'the answer to an INVITE': ['INVITE', 200, true],
  'the refusal of an INVITE': ['INVITE', 486, true],
  'the answer to a SUBSCRIBE': ['SUBSCRIBE', 202, true],
  'the refusal of a SUBSCRIBE': ['SUBSCRIBE', 489, true],
  'the answer to OPTIONS': ['OPTIONS', 200, false],
  'the answer to a REGISTER': ['REGISTER', 200, false],
  'the refusal of a MESSAGE': ['MESSAGE', 480, false],
};
for (const [what, [method, status, names]] of Object.entries(answered))
  test(`${what} is told with the transaction id of the request and ${names ? 'the' : 'without a'} dialog id`, () => {
    const world = newWorld();
    asks(world, method, ['From: <sip:a@b>;tag=ours', 'Call-ID: own']);
    const transaction = echo(world).tokens[10];
    answerWith(world, last(world, method) as Request, 100);
    assert.ok(!world.app.heard.some(({ tokens }) => tokens[1] === 'sip'), '100 Trying is no news');
    answerWith(world, last(world, method) as Request, status);
    assert.deepEqual(event(world).tokens.slice(8), [transaction, names ? 'own;from-tag=ours' : '', '']);
  });

test('a response that no peer sent has no address, port 0 and no bytes, but reads like any other: 408 after 32 s of silence', () => {
  const world = newWorld();
  const { transaction, dialog } = dial(world);
  world.clock.forward(31_000);
  assert.ok(!world.app.heard.some(({ tokens }) => tokens[1] === 'sip'), 'not yet');
  world.clock.forward(2_000);
  const { tokens, message } = event(world);
  assert.deepEqual(
    [tokens.slice(2, 7), tokens.slice(8)],
    [
      ['network', '0', 'udp', '', '0'],
      [transaction, dialog, ''],
    ],
  );
  assert.equal(message?.kind === 'response' && message.status, 408);
});

test('the echo shows the message as it was sent: a request with Via, Call-ID, CSeq, tag and Contact, a response with To tag, Contact and Via', () => {
  const world = newWorld();
  const { request } = dial(world);
  const own = echo(world).message;
  for (const name of ['via', 'call-id', 'cseq', 'from', 'to', 'contact', 'max-forwards']) assert.equal(own?.headers.get(name), request.headers.get(name), name);
  assert.deepEqual([own?.body.toString(), request.body.toString()], [OFFER, OFFER]);
  const other = newWorld();
  respond(other, rings(other), '200 OK', ['Content-Type: application/sdp'], OFFER);
  const [echoed, sent] = [echo(other).message, last(other, '200 INVITE')];
  for (const name of ['via', 'to', 'contact', 'content-type', 'content-length']) assert.equal(echoed?.headers.get(name), sent.headers.get(name), name);
});

test('a length counts bytes, in both directions, and may be split and joined anywhere', () => {
  const text = '1|sip||\r\nMESSAGE sip:x@h SIP/2.0\r\n\r\n您好，话务';
  const bytes = encodeFrame(text);
  assert.equal(bytes.toString().slice(0, 3), `${Buffer.byteLength(text)}#`.slice(0, 3));
  assert.notEqual(Buffer.byteLength(text), text.length);
  const decoder = new FrameDecoder(1_000);
  const read = [...Buffer.concat([bytes, bytes])].flatMap((byte) => decoder.push(Buffer.from([byte])));
  assert.deepEqual(read, [text, text]);
  const told = refused('1', '不行').toString();
  assert.equal(Number(told.slice(0, told.indexOf('#'))), Buffer.byteLength(told.slice(told.indexOf('#') + 1)));
});

test('what is no length ends the connection: a sign, a letter, nothing, a length that has no end', () => {
  for (const bad of ['-1#x', 'a1#x', '#x', '123456789#x', ' 1#x']) assert.throws(() => new FrameDecoder(1_000).push(Buffer.from(bad)), /frame/, bad);
});

test('a "|" or a line break in a token would shift those behind it: they become blanks', () => {
  const told = refused('1', 'no|such\r\nthing').toString();
  assert.match(told, /\|response\|1\|NOK\|no such {2}thing$/);
});
