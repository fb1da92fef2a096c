/** RFC 3262 in both roles: reliable provisional responses and their PRACK. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message, Request, Response } from '../../sip/message/message.ts';
import {
  answers,
  answerWith,
  ask,
  cancelOf,
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
  respond,
  times,
  type World,
} from './support/world.ts';

const REQUIRE = ['Require: 100rel'];
const supporting = (header: 'Supported' | 'Require' = 'Supported'): Request => invite((headers) => headers.add(header, 'timer, 100rel'));
const toOf = (message: Message): string => message.headers.get('to') ?? '';
const rackFor = (response: Response): string => `${response.headers.get('rseq')} ${response.headers.get('cseq')}`;
const prackOf = (response: Response, seq: number, rack = rackFor(response)): Request => inside('PRACK', toOf(response), seq, [['RAck', rack]]);

/** A caller that supports 100rel hears a reliable 183 with a session description. */
function early(world: World, body = OFFER): { transaction: string; progress: Response } {
  world.send(supporting());
  const { transaction } = newest(world);
  respond(world, transaction, '183 Session Progress', REQUIRE, body);
  return { transaction, progress: last(world, '183 INVITE') as Response };
}

test('B14: a reliable 183 is repeated at T1, 2*T1, 4*T1 … until its PRACK, which the application hears and answers', () => {
  const world = newWorld();
  const { progress, transaction } = early(world);
  assert.equal(progress.headers.get('require'), '100rel');
  assert.ok(Number(progress.headers.get('rseq')) >= 1 && Number(progress.headers.get('rseq')) < 2 ** 31);
  world.clock.forward(8_000);
  const began = times(world, '183 INVITE')[0] ?? 0;
  assert.deepEqual(
    times(world, '183 INVITE').map((at) => Math.round((at - began) * 10) / 10),
    [0, 0.5, 1.5, 3.5, 7.5],
  );
  world.send(prackOf(progress, 2));
  assert.deepEqual(events(world), ['INVITE', 'PRACK']);
  assert.equal(newest(world).dialog, 'call;from-tag=peer');
  assert.notEqual(newest(world).transaction, transaction);
  respond(world, newest(world).transaction, '200 OK');
  assert.equal(lines(world).at(-1), '200 PRACK');
  world.clock.forward(60_000);
  assert.equal(times(world, '183 INVITE').length, 5, 'no more copies');
  respond(world, transaction, '200 OK');
  world.send(inside('ACK', toOf(progress), 1));
  world.send(inside('BYE', toOf(progress), 3));
  respond(world, newest(world).transaction, '200 OK');
  nothingLeft(world);
});

test('B14: PRACK never comes: the INVITE is refused with 504 after 64*T1 and the application hears a CANCEL that says why', () => {
  const world = newWorld();
  const { transaction } = early(world);
  world.clock.forward(32_000);
  assert.equal(times(world, '504 INVITE')[0], 32.1);
  assert.equal(times(world, '183 INVITE').length, 7);
  assert.deepEqual(events(world), ['INVITE', 'CANCEL']);
  const cancel = world.app.heard.at(-1)?.message;
  assert.match(cancel?.headers.get('reason') ?? '', /PRACK timeout/);
  respond(world, transaction, '200 OK', [], OFFER);
  assert.equal(answers(world).at(-1), 'NOK Response not sent due to unknown transaction');
  world.send(inside('ACK', toOf(last(world, '504 INVITE')), 1));
  nothingLeft(world);
});

test('B14: PRACK never comes for a 200 that waits for it: 504 to the caller, a BYE for the application, which believes it answered', () => {
  const world = newWorld();
  const { transaction } = early(world);
  respond(world, transaction, '200 OK');
  assert.equal(answers(world).at(-1), 'OK');
  world.clock.forward(33_000);
  assert.ok(!lines(world).includes('200 INVITE'), 'the 200 never left');
  assert.ok(lines(world).includes('504 INVITE'));
  assert.ok(events(world).includes('BYE unsolicited'));
  world.send(inside('ACK', toOf(last(world, '504 INVITE')), 1));
  nothingLeft(world);
});

test('B14: a wrong RAck is 481 and acknowledges nothing; the same PRACK twice (another branch) is 481 the second time', () => {
  const world = newWorld();
  const { progress } = early(world);
  const rseq = Number(progress.headers.get('rseq'));
  let seq = 2;
  for (const rack of [`${rseq + 1} 1 INVITE`, `${rseq} 2 INVITE`, `${rseq} 1 UPDATE`, 'nonsense', `${rseq}`]) {
    world.send(prackOf(progress, seq, rack));
    assert.equal(lines(world).at(-1), '481 PRACK', rack);
    seq += 1;
  }
  assert.deepEqual(events(world), ['INVITE']);
  world.send(prackOf(progress, seq));
  respond(world, newest(world).transaction, '200 OK');
  world.send(prackOf(progress, seq + 1));
  assert.equal(lines(world).at(-1), '481 PRACK');
});

test('B14: no session description is lost: a second reliable response and the 200 wait for the PRACK of the first', () => {
  const world = newWorld();
  const { progress, transaction } = early(world);
  respond(world, transaction, '180 Ringing', REQUIRE);
  respond(world, transaction, '200 OK', [], OFFER);
  assert.deepEqual(answers(world).slice(-3), ['OK', 'OK', 'OK'], 'each is echoed at once');
  assert.deepEqual(lines(world), ['100 INVITE', '183 INVITE']);
  world.send(prackOf(progress, 2));
  assert.deepEqual(lines(world), ['100 INVITE', '183 INVITE', '180 INVITE', '200 INVITE'], 'the 180 has no session: the 200 need not wait for its PRACK');
  const ringing = last(world, '180 INVITE') as Response;
  assert.equal(Number(ringing.headers.get('rseq')), Number(progress.headers.get('rseq')) + 1);
  world.send(prackOf(ringing, 3));
  assert.equal(events(world).at(-1), 'PRACK', 'an outstanding PRACK is taken after the final response, too');
  world.clock.forward(10_000);
  assert.equal(times(world, '180 INVITE').length, 1, 'and is not waited for');
});

test('a caller that requires 100rel is taken, and hears no unreliable response even of an application that knows nothing of it', () => {
  const world = newWorld();
  world.send(supporting('Require'));
  const { transaction } = newest(world);
  respond(world, transaction, '180 Ringing');
  const ringing = last(world, '180 INVITE') as Response;
  assert.equal(ringing.headers.get('require'), '100rel');
  assert.ok(ringing.headers.has('rseq'));
  world.send(prackOf(ringing, 2));
  respond(world, newest(world).transaction, '200 OK');
  respond(world, transaction, '200 OK');
  assert.equal(lines(world).at(-1), '200 INVITE');
});

test('a reliable response to a caller that does not support it is refused to the application, and nothing is sent', () => {
  const world = newWorld();
  world.send(invite());
  const { transaction } = newest(world);
  respond(world, transaction, '183 Session Progress', REQUIRE, OFFER);
  assert.equal(answers(world).at(-1), 'NOK Remote endpoint does not support 100rel');
  assert.deepEqual(lines(world), ['100 INVITE']);
  respond(world, transaction, '183 Session Progress', [], OFFER);
  assert.equal(lines(world).at(-1), '183 INVITE');
  assert.ok(!last(world, '183 INVITE').headers.has('rseq'));
});

test('a PRACK that crosses a refusal is answered 200, one after that 481', () => {
  const world = newWorld();
  const { progress, transaction } = early(world);
  respond(world, transaction, '486 Busy Here');
  world.send(prackOf(progress, 2));
  assert.equal(lines(world).at(-1), '200 PRACK');
  world.send(prackOf(progress, 3));
  assert.equal(lines(world).at(-1), '481 PRACK');
  world.send(inside('ACK', toOf(progress), 1));
  world.clock.forward(1_000);
  assert.equal(times(world, '183 INVITE').length, 1);
  nothingLeft(world);
});

test('a CANCEL while the 200 waits for a PRACK: 487 to the caller, a BYE for the application', () => {
  const world = newWorld();
  const { transaction } = early(world);
  respond(world, transaction, '200 OK');
  world.send(cancelOf(invite()));
  assert.deepEqual(lines(world).slice(-2), ['200 CANCEL', '487 INVITE']);
  assert.equal(events(world).at(-1), 'BYE unsolicited');
  world.send(inside('ACK', toOf(last(world, '487 INVITE')), 1));
  nothingLeft(world);
});

test('a BYE of the application while its 200 waits for a PRACK goes after the ACK of that 200', () => {
  const world = newWorld();
  const { progress, transaction } = early(world);
  respond(world, transaction, '200 OK');
  ask(world, 'call;from-tag=peer', 'BYE');
  assert.ok(!lines(world).includes('BYE'));
  world.send(prackOf(progress, 2));
  world.send(inside('ACK', toOf(progress), 1));
  assert.equal(lines(world).at(-1), 'BYE');
  answerWith(world, last(world, 'BYE') as Request, 200);
  nothingLeft(world);
});

test('an application that leaves a PRACK unanswered is answered for with 200', () => {
  const world = newWorld();
  const { progress } = early(world);
  world.send(prackOf(progress, 2));
  world.clock.forward(26_000);
  assert.equal(line(last(world, '200 PRACK')), '200 PRACK');
});

test('an unacknowledged reliable response to a re-INVITE ends that one, not the call', () => {
  const world = newWorld();
  world.send(invite());
  respond(world, newest(world).transaction, '200 OK');
  const to = toOf(last(world, '200 INVITE'));
  world.send(inside('ACK', to, 1));
  world.send(inside('INVITE', to, 2, [['Supported', '100rel']]));
  respond(world, newest(world).transaction, '183 Session Progress', REQUIRE, OFFER);
  world.clock.forward(33_000);
  assert.ok(lines(world).includes('504 INVITE'));
  world.send(inside('ACK', to, 2));
  world.send(inside('BYE', to, 3));
  assert.equal(events(world).at(-1), 'BYE');
});

// ── as caller ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const reliable = (rseq: number): [string, string][] => [
  ['Require', '100rel'],
  ['RSeq', String(rseq)],
];

test('as caller: each reliable response is told once and in order; the PRACK has its RAck and the next CSeq, the ACK that of the INVITE', () => {
  const world = newWorld();
  const { request, dialog } = dial(world, ['Supported: 100rel', 'CSeq: 7 INVITE']);
  answerWith(world, request, 183, reliable(41), OFFER);
  answerWith(world, request, 183, reliable(41), OFFER);
  answerWith(world, request, 180, reliable(43));
  assert.deepEqual(events(world), ['183 INVITE'], 'a copy is dropped, and one that overtook another, too');
  ask(world, dialog, 'PRACK', ['RAck: 41 7 INVITE']);
  const prack = last(world, 'PRACK') as Request;
  assert.equal(prack.headers.get('rack'), '41 7 INVITE');
  assert.equal(prack.headers.get('cseq'), '8 PRACK');
  answerWith(world, prack, 200);
  answerWith(world, request, 180, reliable(42));
  assert.deepEqual(events(world), ['183 INVITE', '200 PRACK', '180 INVITE']);
  ask(world, dialog, 'PRACK');
  assert.equal(last(world, 'PRACK').headers.get('rack'), '42 7 INVITE', 'the server knows it when the application does not say');
  answerWith(world, last(world, 'PRACK') as Request, 200);
  answerWith(world, request, 200, [], OFFER);
  ask(world, dialog, 'ACK');
  assert.equal(last(world, 'ACK').headers.get('cseq'), '7 ACK');
});

test('as caller: forks number their responses each for itself, and each PRACK goes to the fork it acknowledges', () => {
  const world = newWorld();
  const { request, dialog } = dial(world, ['Supported: 100rel', 'CSeq: 7 INVITE']);
  answerWith(world, request, 183, reliable(10), OFFER, 'one');
  answerWith(world, request, 183, reliable(20), OFFER, 'two');
  ask(world, dialog, 'PRACK', ['RAck: 10 7 INVITE']);
  assert.match(toOf(last(world, 'PRACK')), /tag=one$/);
  ask(world, dialog, 'PRACK', ['RAck: 20 7 INVITE']);
  assert.match(toOf(last(world, 'PRACK')), /tag=two$/);
});

test('as caller: a PRACK for which no reliable response came is refused', () => {
  const world = newWorld();
  const { request, dialog } = dial(world);
  answerWith(world, request, 180);
  ask(world, dialog, 'PRACK');
  assert.equal(answers(world).at(-1), 'NOK unable to find IIP when sending PRACK');
});
