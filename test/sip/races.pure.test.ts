/** Races and copies, with the clock in hand: rows B2 to B24 of the fault list that are the dialogs' to get right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Request, type Response, responseTo } from '../../sip/message/message.ts';
import {
  answerWith,
  ask,
  cancelOf,
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
  times,
  up,
  type World,
} from './support/world.ts';

const toOf = (message: Request | Response): string => message.headers.get('to') ?? '';
const otherBranch = (request: Request, branch: string, sentBy = PEER): Request => {
  request.headers.set('Via', `SIP/2.0/UDP ${sentBy};rport;branch=${branch}`);
  return request;
};
/** A call of ours that the peer has answered and we acknowledged. */
function madeCall(world: World): { request: Request; dialog: string; ok: Response } {
  const { request, dialog } = dial(world, ['Call-ID: call']);
  const ok = answerWith(world, request, 200, [], OFFER);
  ask(world, dialog, 'ACK');
  return { request, dialog, ok };
}

test('B2: a copy of the INVITE 1 to 31 s after its final response gets that response again (a 200: nothing but its own copies) and makes no second call', () => {
  for (const status of ['486 Busy Here', '200 OK']) {
    const world = newWorld();
    world.send(invite());
    respond(world, newest(world).transaction, status);
    const code = `${status.slice(0, 3)} INVITE`;
    const to = toOf(last(world, code) as Response);
    world.clock.forward(400);
    for (let second = 1; second <= 31; second += 5) {
      const before = times(world, code).length;
      world.send(invite());
      assert.ok(status === '200 OK' || times(world, code).length > before, `${status} after ${second} s`);
      if (second === 1 && status === '200 OK') world.send(inside('ACK', to, 1));
      world.clock.forward(4_900);
    }
    assert.equal(toOf(last(world, code) as Response), to, 'one dialog, one tag');
    assert.equal(events(world).filter((event) => event === 'INVITE').length, 1);
  }
});

test('B4: as caller, a 200 that crosses our CANCEL is acknowledged at once and hung up, and the application hears both', () => {
  const world = newWorld();
  const { request, transaction, dialog } = dial(world);
  answerWith(world, request, 180);
  world.app.ask(`sip|${transaction}|`, `CANCEL sip:peer@${PEER} SIP/2.0\r\n\r\n`);
  world.clock.forward(50);
  const cancel = last(world, 'CANCEL') as Request;
  answerWith(world, request, 200, [], OFFER);
  world.send(responseTo(cancel, 200));
  assert.deepEqual(lines(world).slice(-2).sort(), ['ACK', 'BYE']);
  assert.match(last(world, 'BYE').headers.get('reason') ?? '', /cancel race condition/);
  assert.deepEqual(events(world), ['180 INVITE', '200 INVITE', 'BYE unsolicited']);
  answerWith(world, last(world, 'BYE') as Request, 200);
  ask(world, dialog, 'ACK');
  nothingLeft(world);
});

test('B6: re-INVITEs that cross are both 491; tried again one after the other both are done, and the last one counts on both sides', () => {
  const world = newWorld();
  const { dialog, to } = up(world);
  ask(world, dialog, 'INVITE', [], OFFER);
  const ours = last(world, 'INVITE') as Request;
  world.send(inside('INVITE', to, 2));
  assert.equal(lines(world).at(-1), '491 INVITE');
  world.send(inside('ACK', to, 2));
  answerWith(world, ours, 491);
  assert.deepEqual(events(world).slice(-1), ['491 INVITE']);
  world.clock.forward(1_000);
  ask(world, dialog, 'INVITE', [], OFFER);
  answerWith(world, last(world, 'INVITE') as Request, 200, [], OFFER);
  ask(world, dialog, 'ACK');
  world.clock.forward(2_100);
  world.send(inside('INVITE', to, 3));
  assert.equal(events(world).at(-1), 'INVITE');
  respond(world, newest(world).transaction, '200 OK', [], OFFER);
  assert.equal(lines(world).at(-1), '200 INVITE');
  world.send(inside('ACK', to, 3));
  assert.equal(events(world).at(-1), 'ACK');
});

test('B7: a caller’s BYE before its ACK ends the call: 200 to the BYE, no copy of the 200 to the INVITE after it, nothing left', () => {
  const world = newWorld();
  world.send(invite());
  respond(world, newest(world).transaction, '200 OK');
  world.send(inside('BYE', toOf(last(world, '200 INVITE') as Response), 2));
  respond(world, newest(world).transaction, '200 OK');
  assert.equal(lines(world).at(-1), '200 BYE');
  const copies = times(world, '200 INVITE').length;
  world.clock.forward(40_000);
  assert.equal(times(world, '200 INVITE').length, copies);
  assert.deepEqual(events(world), ['INVITE', 'BYE']);
  nothingLeft(world);
});

test('B8: a CANCEL that overtakes its INVITE is 481 and the INVITE then a call; an unknown CANCEL reaches no application', () => {
  const world = newWorld();
  world.send(cancelOf(invite()));
  assert.deepEqual(lines(world), ['481 CANCEL']);
  world.send(invite());
  assert.deepEqual(events(world), ['INVITE']);
  world.send(cancelOf(invite()));
  assert.deepEqual(lines(world).slice(-1), ['481 CANCEL'], 'a copy of the CANCEL is answered as the first one');
});

test('a CANCEL through a NAT that has changed the address in the Via is matched by branch, Call-ID, From tag and number, never by less', () => {
  const cancel = (edit: (headers: Request['headers']) => void = () => undefined): Request => {
    const request = otherBranch(cancelOf(invite()), 'z9hG4bKinvite', '10.0.0.9:61234');
    edit(request.headers);
    return request;
  };
  const others: Record<string, (headers: Request['headers']) => void> = {
    'another branch': (headers) => headers.set('Via', `SIP/2.0/UDP ${PEER}:61234;branch=z9hG4bKother`),
    'a part of the branch': (headers) => headers.set('Via', `SIP/2.0/UDP ${PEER}:61234;branch=z9hG4bK`),
    'another From tag': (headers) => headers.set('From', `<sip:peer@${PEER}>;tag=other`),
    'another Call-ID': (headers) => headers.set('Call-ID', 'other'),
    'another number': (headers) => headers.set('CSeq', '2 CANCEL'),
  };
  for (const [what, edit] of Object.entries(others)) {
    const world = newWorld();
    world.send(invite());
    world.send(cancel(edit));
    assert.equal(lines(world).at(-1), '481 CANCEL', what);
    assert.deepEqual(events(world), ['INVITE'], what);
  }
  const world = newWorld();
  world.send(invite());
  respond(world, newest(world).transaction, '180 Ringing');
  world.send(cancel());
  assert.deepEqual(lines(world).slice(-2), ['200 CANCEL', '487 INVITE']);
  assert.deepEqual(events(world), ['INVITE', 'CANCEL']);
  const ack = otherBranch(inside('ACK', toOf(last(world, '487 INVITE') as Response), 1), 'z9hG4bKinvite', '10.0.0.9:61234');
  world.send(ack);
  const copies = times(world, '487 INVITE').length;
  world.clock.forward(10_000);
  assert.equal(times(world, '487 INVITE').length, copies, 'and so is its ACK');
  const answered = newWorld();
  answered.send(invite());
  respond(answered, newest(answered).transaction, '200 OK');
  answered.send(cancel());
  assert.equal(lines(answered).at(-1), '200 CANCEL', 'one that crosses the 200, too');
  answered.send(inside('ACK', toOf(last(answered, '200 INVITE') as Response), 1));
  assert.equal(lines(answered).at(-1), 'BYE');
});

test('B9: a second 2xx of another fork, 200 or not, early or late, is acknowledged and hung up, unseen by the application', () => {
  for (const status of [200, 202])
    for (const wasEarly of [true, false]) {
      const world = newWorld();
      const { request, dialog } = dial(world);
      if (wasEarly) answerWith(world, request, 180, [], '', 'two');
      answerWith(world, request, status, [], OFFER, 'one');
      ask(world, dialog, 'ACK');
      answerWith(world, request, status, [], OFFER, 'two');
      const ack = last(world, 'ACK') as Request;
      const bye = last(world, 'BYE') as Request;
      assert.match(toOf(ack), /tag=two$/);
      assert.match(toOf(bye), /tag=two$/);
      answerWith(world, request, status, [], OFFER, 'two');
      assert.equal(times(world, 'BYE').length, 1);
      answerWith(world, bye, 200, [], '', 'two');
      assert.deepEqual(
        events(world).filter((event) => event.startsWith('2')),
        ['200 INVITE'],
      );
      ask(world, dialog, 'BYE');
      assert.match(toOf(last(world, 'BYE') as Request), /tag=one$/);
      answerWith(world, last(world, 'BYE') as Request, 200, [], '', 'one');
      nothingLeft(world);
    }
});

test('B10: the same INVITE by another way is 482, also after the first was answered; a retry with credentials is none', () => {
  for (const status of [undefined, '180 Ringing', '200 OK', '486 Busy Here']) {
    const world = newWorld();
    world.send(invite());
    if (status !== undefined) respond(world, newest(world).transaction, status);
    world.send(otherBranch(invite(), 'z9hG4bKmerged'));
    assert.equal(lines(world).at(-1), '482 INVITE', status);
    assert.deepEqual(events(world), ['INVITE'], status);
  }
  const world = newWorld();
  world.send(invite());
  respond(world, newest(world).transaction, '401 Unauthorized');
  world.send(
    otherBranch(
      invite((headers) => headers.add('Authorization', 'Digest username="u"')),
      'z9hG4bKretry',
    ),
  );
  assert.deepEqual(events(world), ['INVITE', 'INVITE']);
  world.clock.forward(60_000);
  assert.equal(world.node.stack.ledger.merged.size, 0);
});

test('B15: responses to nothing we asked are counted and dropped, and so are a second final one and a provisional one behind it', () => {
  const world = newWorld();
  const { request } = dial(world);
  const { counters } = world.node.stack;
  for (const [status, branch] of [
    [100, 'a'],
    [180, 'b'],
    [200, 'c'],
    [486, 'd'],
  ] as const) {
    const stray = responseTo(request, status, 'x');
    stray.headers.set('Via', `SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK${branch}`);
    world.send(stray);
  }
  assert.equal(counters.strays, 4);
  assert.deepEqual(events(world), []);
  const got = world.got.length;
  answerWith(world, request, 486, [], '', 'one');
  answerWith(world, request, 603, [], '', 'two');
  answerWith(world, request, 180, [], '', 'one');
  assert.deepEqual(events(world), ['486 INVITE']);
  assert.ok(
    world.got.slice(got).every(({ message }) => message.kind === 'request' && message.method === 'ACK'),
    'nothing but our ACK went out',
  );
  nothingLeft(world);
});

test('B23: a re-INVITE, with or without a session description, that crosses the BYE we sent is 481 and leaves nothing', () => {
  for (const body of ['', OFFER]) {
    const world = newWorld();
    const { dialog, to } = up(world);
    ask(world, dialog, 'BYE');
    const reinvite = inside('INVITE', to, 2);
    reinvite.body = Buffer.from(body);
    world.send(reinvite);
    assert.equal(lines(world).at(-1), '481 INVITE');
    world.send(inside('ACK', to, 2));
    answerWith(world, last(world, 'BYE') as Request, 200);
    world.send(inside('INVITE', to, 3));
    assert.equal(lines(world).at(-1), '481 INVITE', 'and after the BYE is answered');
    world.send(inside('ACK', to, 3));
    assert.deepEqual(events(world).slice(-1), ['200 BYE']);
    nothingLeft(world);
  }
});

test('B23: the BYE of the application ends a re-INVITE that the peer has asked and nobody answered, and the other way round', () => {
  const world = newWorld();
  const { dialog, to } = up(world);
  world.send(inside('INVITE', to, 2));
  const { transaction } = newest(world);
  ask(world, dialog, 'BYE');
  answerWith(world, last(world, 'BYE') as Request, 200);
  respond(world, transaction, '487 Request Terminated');
  world.send(inside('ACK', to, 2));
  nothingLeft(world);
  const made = newWorld();
  const call = madeCall(made);
  ask(made, call.dialog, 'INVITE', [], OFFER);
  const pending = last(made, 'INVITE') as Request;
  const bye = inside('BYE', call.request.headers.get('from') ?? '', 1);
  bye.headers.set('From', toOf(call.ok)).set('Call-ID', 'call');
  made.send(bye);
  respond(made, newest(made).transaction, '200 OK');
  answerWith(made, pending, 487);
  assert.deepEqual(events(made).slice(-2), ['BYE', '487 INVITE']);
  nothingLeft(made);
});

test('B24: early media in any order: two 183, a 180 behind them, a refusal; an 18x behind the 200 says nothing', () => {
  const world = newWorld();
  const { request } = dial(world);
  const unusable = 'v=0\r\nm=audio 0 RTP/AVP 99\r\n';
  answerWith(world, request, 183, [['Content-Type', 'application/sdp']], unusable, 'one');
  answerWith(world, request, 183, [['Content-Type', 'application/sdp']], OFFER, 'two');
  answerWith(world, request, 180, [], '', 'two');
  answerWith(world, request, 486, [], '', 'two');
  assert.deepEqual(events(world), ['183 INVITE', '183 INVITE', '180 INVITE', '486 INVITE']);
  assert.equal(lines(world).at(-1), 'ACK');
  nothingLeft(world);
  const late = newWorld();
  const call = madeCall(late);
  answerWith(late, call.request, 180);
  answerWith(late, call.request, 183, [], OFFER);
  assert.deepEqual(events(late), ['200 INVITE']);
  ask(late, call.dialog, 'BYE');
  answerWith(late, last(late, 'BYE') as Request, 200);
  nothingLeft(late);
});

test('B20: a server that was suspended for 60 s sends one copy at most of what waited for an answer, then gives it up, and serves the next call', () => {
  const world = newWorld();
  dial(world, ['Call-ID: ours']);
  world.send(invite());
  respond(world, newest(world).transaction, '200 OK', [], OFFER);
  const before = world.got.length;
  world.clock.sleep(60_000);
  world.clock.forward(100);
  const burst = lines(world).slice(before);
  assert.ok(burst.filter((line) => line === 'INVITE').length <= 1, burst.join());
  assert.ok(burst.filter((line) => line === '200 INVITE').length <= 1, burst.join());
  assert.ok(burst.filter((line) => line === 'BYE').length <= 1 && burst.length <= 3, burst.join());
  assert.ok(events(world).includes('408 INVITE'), events(world).join());
  world.send(invite((headers) => headers.set('Call-ID', 'next').set('Via', `SIP/2.0/UDP ${PEER}:5060;branch=z9hG4bKnext`)));
  assert.equal(events(world).at(-1), 'INVITE');
  respond(world, newest(world).transaction, '486 Busy Here');
  assert.equal(lines(world).at(-1), '486 INVITE');
});
