/** RFC 3311 in both roles: UPDATE in early and confirmed dialogs, one at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request, Response } from '../../sip/message/message.ts';
import { answerWith, ask, dial, events, inside, invite, last, lines, newest, newWorld, nothingLeft, OFFER, respond, up, type World } from './support/world.ts';

const toOf = (message: Request | Response): string => message.headers.get('to') ?? '';
function withOffer(request: Request): Request {
  request.headers.add('Content-Type', 'application/sdp');
  request.body = Buffer.from(OFFER);
  return request;
}
/** What an application writes of the request it answers, as drachtio-srf does. */
const cseq = (seq: number, method: string): string => `cseq: ${seq} ${method}`;

function ringing(world: World): { transaction: string; to: string } {
  world.send(invite((headers) => headers.add('Supported', '100rel')));
  const { transaction } = newest(world);
  respond(world, transaction, '180 Ringing', [cseq(1, 'INVITE')]);
  return { transaction, to: toOf(last(world, '180 INVITE') as Response) };
}

test('an UPDATE before the dialog is known comes with the transaction id of its INVITE, and the answers are told apart by their CSeq', () => {
  const world = newWorld();
  const { transaction, to } = ringing(world);
  world.send(withOffer(inside('UPDATE', to, 2)));
  assert.equal(events(world).at(-1), 'UPDATE');
  assert.deepEqual(newest(world), { transaction, dialog: 'call;from-tag=peer' });
  respond(world, transaction, '183 Session Progress', [cseq(1, 'INVITE')]);
  assert.equal(lines(world).at(-1), '183 INVITE');
  respond(world, transaction, '200 OK', [cseq(2, 'UPDATE')], OFFER);
  const ok = last(world, '200 UPDATE');
  assert.equal(ok.headers.get('contact'), '<sip:10.0.0.1:5060>');
  assert.equal(ok.headers.get('cseq'), '2 UPDATE');
  respond(world, transaction, '200 OK', [cseq(1, 'INVITE')], OFFER);
  assert.equal(lines(world).at(-1), '200 INVITE');
  world.send(inside('ACK', to, 1));
  world.send(inside('BYE', to, 3));
  respond(world, newest(world).transaction, '200 OK');
  nothingLeft(world);
});

test('an UPDATE after a PRACK has a transaction id of its own', () => {
  const world = newWorld();
  const { transaction, to } = ringing(world);
  respond(world, transaction, '183 Session Progress', ['Require: 100rel', cseq(1, 'INVITE')], OFFER);
  const progress = last(world, '183 INVITE');
  world.send(inside('PRACK', to, 2, [['RAck', `${progress.headers.get('rseq')} 1 INVITE`]]));
  respond(world, newest(world).transaction, '200 OK', [cseq(2, 'PRACK')]);
  world.send(withOffer(inside('UPDATE', to, 3)));
  assert.equal(events(world).at(-1), 'UPDATE');
  assert.notEqual(newest(world).transaction, transaction);
  respond(world, newest(world).transaction, '200 OK', [cseq(3, 'UPDATE')], OFFER);
  assert.equal(lines(world).at(-1), '200 UPDATE');
});

test('as caller: the callee’s UPDATE in the early dialog comes with the transaction id of our INVITE, and changes where the call goes', () => {
  const world = newWorld();
  const { request, transaction, dialog } = dial(world, ['Call-ID: call']);
  const ringing = answerWith(world, request, 180);
  const update = withOffer(inside('UPDATE', request.headers.get('from') ?? '', 1));
  update.headers.set('From', toOf(ringing)).set('Call-ID', 'call').set('Contact', '<sip:elsewhere@10.0.0.9>');
  world.send(update);
  assert.deepEqual([events(world).at(-1), newest(world)], ['UPDATE', { transaction, dialog }]);
  respond(world, transaction, '200 OK', [cseq(1, 'UPDATE')], OFFER);
  assert.equal(lines(world).at(-1), '200 UPDATE');
  ask(world, dialog, 'INFO');
  assert.equal((last(world, 'INFO') as Request).uri, 'sip:elsewhere@10.0.0.9');
});

test('a second UPDATE while one is pending is refused 500 with Retry-After of 0 to 10 s', () => {
  const world = newWorld();
  const { to } = up(world);
  world.send(inside('UPDATE', to, 2));
  world.send(inside('UPDATE', to, 3));
  const refused = last(world, '500 UPDATE') as Response;
  assert.ok(Number(refused.headers.get('retry-after')) >= 0 && Number(refused.headers.get('retry-after')) <= 10);
  respond(world, newest(world).transaction, '200 OK');
  world.send(inside('UPDATE', to, 4));
  assert.equal(events(world).filter((event) => event === 'UPDATE').length, 2);
});

test('offers that cross are a glare: 491 to an UPDATE or INVITE with an offer while ours is pending, not to an UPDATE without one', () => {
  const world = newWorld();
  const { to, dialog } = up(world);
  ask(world, dialog, 'UPDATE', ['Content-Type: application/sdp'], OFFER);
  const ours = last(world, 'UPDATE') as Request;
  assert.equal(ours.headers.get('contact'), '<sip:10.0.0.1:5060>');
  world.send(withOffer(inside('UPDATE', to, 2)));
  assert.equal(lines(world).at(-1), '491 UPDATE');
  world.send(withOffer(inside('INVITE', to, 3)));
  assert.equal(lines(world).at(-1), '491 INVITE');
  world.send(inside('ACK', to, 3));
  world.send(inside('UPDATE', to, 4));
  assert.equal(events(world).at(-1), 'UPDATE');
  respond(world, newest(world).transaction, '200 OK');
  answerWith(world, ours, 200, [], OFFER);
  world.send(withOffer(inside('UPDATE', to, 5)));
  assert.equal(events(world).at(-1), 'UPDATE');
});

test('an UPDATE with an offer while an offer in a re-INVITE is not answered must wait, and a re-INVITE while an UPDATE is not', () => {
  const world = newWorld();
  const { to } = up(world);
  world.send(withOffer(inside('INVITE', to, 2)));
  const { transaction } = newest(world);
  world.send(withOffer(inside('UPDATE', to, 3)));
  assert.ok(last(world, '500 UPDATE').headers.has('retry-after'));
  respond(world, transaction, '200 OK', [], OFFER);
  world.send(inside('ACK', to, 2));
  world.send(withOffer(inside('UPDATE', to, 4)));
  world.send(withOffer(inside('INVITE', to, 5)));
  assert.ok(last(world, '500 INVITE').headers.has('retry-after'));
});

test('an UPDATE outside any dialog is 481, and what other requests come in an early dialog reaches the application with its dialog id', () => {
  const world = newWorld();
  world.send(inside('UPDATE', '<sip:10086@10.0.0.1>', 1));
  assert.equal(lines(world).at(-1), '481 UPDATE');
  const { to, transaction } = ringing(world);
  let seq = 2;
  for (const method of ['INFO', 'MESSAGE', 'OPTIONS', 'NOTIFY']) {
    world.send(inside(method, to, seq));
    assert.equal(events(world).at(-1), method);
    assert.equal(newest(world).dialog, 'call;from-tag=peer');
    assert.notEqual(newest(world).transaction, transaction);
    respond(world, newest(world).transaction, '200 OK');
    assert.equal(lines(world).at(-1), `200 ${method}`);
    seq += 1;
  }
  assert.equal(world.node.stack.ledger.legOf('call;from-tag=peer')?.dialog.state, 'early', 'a 200 to one of them answers no call');
});
