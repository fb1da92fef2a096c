/** An application with a name that comes back within 30 s has its calls again; one that does not has them released. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request, Response } from '../../sip/message/message.ts';
import { SimApp } from './support/simulation.ts';
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
  respond,
  up,
  type World,
} from './support/world.ts';

const NAME = ['blue', 'name:switchboard'];
const toOf = (message: Request | Response): string => message.headers.get('to') ?? '';
function comesBack(world: World, tags = NAME): void {
  world.app = new SimApp(world.node, tags);
  world.clock.forward(50);
}
const leaves = (world: World): void => {
  world.app.leave();
  world.clock.forward(50);
};
const secondCall = (): Request => invite((headers) => headers.set('Via', 'SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKsecond').set('Call-ID', 'second'));

test('calls that are up stay up: what happened meanwhile is told first, in order, and requests go both ways over the new connection', () => {
  const world = newWorld(NAME);
  const { to, dialog } = up(world);
  leaves(world);
  assert.ok(!lines(world).includes('BYE'));
  world.send(inside('INFO', to, 2));
  world.send(inside('OPTIONS', to, 3));
  world.clock.forward(10_000);
  comesBack(world);
  assert.deepEqual(events(world), ['INFO', 'OPTIONS']);
  const [info] = world.app.heard;
  respond(world, info?.tokens[8] ?? '', '200 OK');
  assert.equal(lines(world).at(-1), '200 INFO');
  ask(world, dialog, 'BYE');
  assert.equal(lines(world).at(-1), 'BYE');
  answerWith(world, last(world, 'BYE') as Request, 200);
  assert.equal(events(world).at(-1), '200 BYE');
  world.clock.forward(60_000);
  nothingLeft(world);
});

test('a caller that rings is answered by the application that has come back, a call it makes is its own again', () => {
  const world = newWorld(NAME);
  world.send(invite());
  const { transaction } = newest(world);
  respond(world, transaction, '180 Ringing');
  const made = dial(world, ['Call-ID: made']);
  leaves(world);
  answerWith(world, made.request, 200, [], OFFER);
  comesBack(world);
  assert.deepEqual(events(world), ['200 INVITE']);
  assert.deepEqual(newest(world), { transaction: made.transaction, dialog: made.dialog });
  ask(world, made.dialog, 'ACK');
  assert.equal(lines(world).at(-1), 'ACK');
  respond(world, transaction, '200 OK', [], OFFER);
  assert.equal(lines(world).at(-1), '200 INVITE');
  world.send(inside('ACK', toOf(last(world, '200 INVITE') as Response), 1));
  assert.equal(events(world).at(-1), 'ACK');
});

test('a phone that hangs up meanwhile is answered 200 at once, and the application hears of it when it is back', () => {
  const world = newWorld(NAME);
  const { to } = up(world);
  leaves(world);
  world.send(inside('BYE', to, 2));
  assert.equal(lines(world).at(-1), '200 BYE');
  comesBack(world);
  assert.deepEqual(events(world), ['BYE']);
  respond(world, newest(world).transaction, '200 OK');
  assert.equal(answers(world).at(-1), 'NOK Response not sent due to unknown transaction');
  nothingLeft(world);
});

test('what waits for an application that stays away is never left in silence: 503 with Retry-After after 25 s', () => {
  const world = newWorld(NAME);
  const { to } = up(world);
  leaves(world);
  world.send(inside('INVITE', to, 2));
  world.clock.forward(25_500);
  assert.ok(last(world, '503 INVITE').headers.has('retry-after'));
  world.send(inside('ACK', to, 2));
});

test('not back within 30 s: calls are hung up with the reason, callers get 503, what it dials is cancelled', () => {
  const world = newWorld(NAME);
  up(world);
  world.send(secondCall());
  respond(world, newest(world).transaction, '180 Ringing');
  const made = dial(world, ['Call-ID: made']);
  answerWith(world, made.request, 180);
  leaves(world);
  world.clock.forward(29_000);
  assert.ok(!lines(world).some((each) => ['BYE', 'CANCEL', '503 INVITE'].includes(each)));
  world.clock.forward(1_500);
  const bye = last(world, 'BYE') as Request;
  assert.match(bye.headers.get('reason') ?? '', /application disconnected/);
  assert.ok(lines(world).includes('503 INVITE') && lines(world).includes('CANCEL'));
  answerWith(world, bye, 200);
  answerWith(world, last(world, 'CANCEL') as Request, 200);
  answerWith(world, made.request, 487);
  comesBack(world);
  assert.deepEqual(events(world), [], 'who comes later begins anew');
  nothingLeft(world);
});

test('another name, or none, takes nothing', () => {
  for (const tags of [['name:other'], ['switchboard'], []]) {
    const world = newWorld(NAME);
    const { dialog } = up(world);
    leaves(world);
    comesBack(world, tags);
    ask(world, dialog, 'BYE');
    assert.equal(answers(world).at(-1), 'NOK Server error: unable to find dialog for dialog id provided');
    world.clock.forward(31_000);
    assert.ok(lines(world).includes('BYE'));
  }
});

test('new calls are not given to an application that is away, and not to one that is back before it asks for them', () => {
  const world = newWorld(NAME);
  up(world);
  leaves(world);
  world.send(secondCall());
  assert.ok(last(world, '503 INVITE').headers.has('retry-after'));
  comesBack(world);
  world.app.ask('route|invite');
  world.send(invite((headers) => headers.set('Via', 'SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKthird').set('Call-ID', 'third')));
  assert.deepEqual(events(world), ['INVITE']);
});

test('a second connection of the same name takes the place of the first, which is dismissed and loses nothing but its seat', () => {
  const world = newWorld(NAME);
  const { dialog } = up(world);
  const first = world.app;
  comesBack(world);
  assert.deepEqual(first.heard.at(-1)?.tokens.slice(1), ['response', '', 'NO', 'another connection has come with this name']);
  first.leave();
  world.clock.forward(60_000);
  assert.ok(!lines(world).includes('BYE'));
  ask(world, dialog, 'BYE');
  assert.equal(lines(world).at(-1), 'BYE');
});

test('what is kept is bounded: past half of it requests are refused 503, BYEs are still kept; past all of it the calls are released', () => {
  const world = newWorld(NAME);
  const { to } = up(world);
  leaves(world);
  const body = 'x'.repeat(50_000);
  for (let seq = 2; seq < 100; seq += 1) {
    const info = inside('INFO', to, seq);
    info.body = Buffer.from(body);
    world.send(info);
  }
  assert.ok(last(world, '503 INFO').headers.has('retry-after'));
  world.send(inside('BYE', to, 100));
  assert.equal(lines(world).at(-1), '200 BYE');
  comesBack(world);
  assert.equal(events(world).at(-1), 'BYE');
  assert.ok(events(world).length > 50 && events(world).length < 98);

  const flooded = newWorld(NAME);
  up(flooded);
  const { app } = flooded.app;
  leaves(flooded);
  for (let frame = 0; frame <= 10_000; frame += 1) app.deliver(Buffer.from('1#x'));
  flooded.clock.forward(50);
  assert.match(last(flooded, 'BYE').headers.get('reason') ?? '', /application disconnected/);
});

test('another run of the application knows nothing of the calls of the one before: they end at once, and it begins with none', () => {
  const world = newWorld(['name:switchboard', 'run:1']);
  up(world);
  leaves(world);
  world.clock.forward(2_000);
  assert.ok(!lines(world).includes('BYE'));
  comesBack(world, ['name:switchboard', 'run:2']);
  answerWith(world, last(world, 'BYE') as Request, 200);
  assert.deepEqual(events(world), []);
  world.app.ask('route|invite');
  world.send(secondCall());
  assert.deepEqual(events(world), ['INVITE']);
  respond(world, newest(world).transaction, '486 Busy Here');
});

test('the same run back in time is told that its calls were kept, one that comes too late is not', () => {
  const kept = ({ node }: World, tags: string[]): boolean => node.seats.keeps(new Set(tags));
  const world = newWorld(['name:switchboard', 'run:1']);
  up(world);
  leaves(world);
  assert.deepEqual([kept(world, ['name:switchboard', 'run:1']), kept(world, ['name:switchboard', 'run:2']), kept(world, ['name:other'])], [true, false, false]);
  world.clock.forward(31_000);
  assert.equal(kept(world, ['name:switchboard', 'run:1']), false);
  answerWith(world, last(world, 'BYE') as Request, 200);
});

const kept = (world: World): { id: string; role: string; localSdp: string; remoteSdp: string }[] =>
  world.app.heard
    .filter(({ tokens }) => tokens[1] === 'dialog')
    .map(({ bytes }) => JSON.parse(bytes.toString('utf8')) as { id: string; role: string; localSdp: string; remoteSdp: string });

test('an application that was started anew, and says that it is heir, is told the calls that are up and has them; what was being made or taken is let go', () => {
  const world = newWorld([...NAME, 'run:1']);
  const { to, dialog } = up(world);
  world.send(secondCall());
  respond(world, newest(world).transaction, '180 Ringing');
  const made = dial(world, ['Call-ID: made']);
  answerWith(world, made.request, 180);
  leaves(world);
  world.clock.forward(5_000);
  world.send(inside('INFO', to, 2));
  comesBack(world, [...NAME, 'run:2', 'heir']);
  assert.ok(last(world, '503 INVITE').headers.has('retry-after'), 'who was not answered may call again');
  assert.ok(lines(world).includes('CANCEL'), 'whom it was calling is let go');
  assert.ok(!lines(world).includes('BYE'));
  assert.deepEqual(events(world), ['INFO'], 'what it missed is told');
  world.app.ask('dialogs');
  assert.deepEqual(
    kept(world).map(({ id, role }) => [id, role]),
    [[dialog, 'uas']],
  );
  ask(world, dialog, 'BYE');
  assert.equal(lines(world).at(-1), 'BYE');
});

test('a call that the heir does not know is hung up when it says so, and no call of another application', () => {
  const world = newWorld([...NAME, 'run:1']);
  const { dialog } = up(world);
  leaves(world);
  comesBack(world, ['name:other', 'run:2', 'heir']);
  world.app.ask('dialogs');
  assert.deepEqual(kept(world), []);
  world.app.ask(`hang_up|${dialog}`);
  world.clock.forward(50);
  assert.ok(!lines(world).includes('BYE'));
  comesBack(world, [...NAME, 'run:2', 'heir']);
  world.app.ask(`hang_up|${dialog}`);
  world.clock.forward(50);
  assert.match((last(world, 'BYE') as Request).headers.get('reason') ?? '', /application restarted/);
});

test('the heir finds both session descriptions as they were given last', () => {
  const world = newWorld([...NAME, 'run:1']);
  const made = dial(world, ['Call-ID: made']);
  answerWith(world, made.request, 200, [['Content-Type', 'application/sdp']], 'v=0\r\no=- 9 9 IN IP4 10.0.0.9\r\n');
  ask(world, made.dialog, 'ACK');
  leaves(world);
  comesBack(world, [...NAME, 'run:2', 'heir']);
  world.app.ask('dialogs');
  const [found] = kept(world);
  assert.deepEqual([found?.role, found?.localSdp, found?.remoteSdp], ['uac', OFFER, 'v=0\r\no=- 9 9 IN IP4 10.0.0.9\r\n']);
});

test('a request inside a call that was told to a connection which was dying is told again to the heir; a BYE is answered at once', () => {
  const world = newWorld([...NAME, 'run:1']);
  const { to } = up(world);
  world.send(inside('INFO', to, 2));
  world.send(inside('BYE', to, 3));
  assert.ok(!lines(world).includes('200 BYE'));
  leaves(world);
  comesBack(world, [...NAME, 'run:2', 'heir']);
  assert.deepEqual(events(world), ['INFO', 'BYE']);
  assert.ok(lines(world).includes('200 BYE'));
});
