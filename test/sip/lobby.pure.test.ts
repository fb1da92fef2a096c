/** Callers who come while the application is being started anew wait for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request } from '../../sip/message/message.ts';
import { SimApp } from './support/simulation.ts';
import { cancelOf, events, invite, lines, newWorld, nothingLeft, respond, type World } from './support/world.ts';

const TAGS = ['name:huawu', 'run:1', 'lobby'];
const caller = (n: number): Request =>
  invite((headers) => headers.set('Via', `SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKcaller${n}`).set('Call-ID', `caller${n}`));

function dies(world: World): void {
  world.app.leave();
  world.clock.forward(50);
}
function isBack(world: World): void {
  world.app = new SimApp(world.node, ['name:huawu', 'run:2', 'lobby']);
  world.app.ask('route|invite');
  world.clock.forward(50);
}
const finals = (world: World): string[] => lines(world).filter((line) => !line.startsWith('1'));

test('nobody is refused: who came meanwhile is given to the application that is back, in order, and may be answered', () => {
  const world = newWorld(TAGS);
  dies(world);
  for (const n of [1, 2, 3]) world.send(caller(n));
  world.clock.forward(4_000);
  assert.deepEqual(finals(world), []);
  isBack(world);
  assert.deepEqual(
    world.app.heard.flatMap(({ message }) => message?.headers.get('call-id') ?? []),
    ['caller1', 'caller2', 'caller3'],
  );
  for (const { tokens } of world.app.heard.filter(({ message }) => message !== undefined)) respond(world, tokens[8] ?? '', '486 Busy Here');
  assert.deepEqual(finals(world), ['486 INVITE', '486 INVITE', '486 INVITE']);
});

test('who gives up meanwhile is let go, and the application never hears of her', () => {
  const world = newWorld(TAGS);
  dies(world);
  world.send(caller(1));
  world.send(cancelOf(caller(1)));
  assert.deepEqual(finals(world).sort(), ['200 CANCEL', '487 INVITE']);
  isBack(world);
  assert.deepEqual(events(world), []);
});

test('an application that does not come back is waited for ten seconds, by each caller and from its death on', () => {
  const world = newWorld(TAGS);
  dies(world);
  world.clock.forward(8_000);
  world.send(caller(1));
  world.clock.forward(3_000);
  assert.deepEqual(finals(world), []);
  world.send(caller(2));
  assert.deepEqual(finals(world), ['503 INVITE'], 'too late to begin to wait');
  world.clock.forward(8_000);
  assert.ok(finals(world).filter((line) => line === '503 INVITE').length >= 2);
  world.clock.forward(60_000);
  nothingLeft(world);
});

test('for an application that does not say so nobody waits', () => {
  const world = newWorld(['name:huawu', 'run:1']);
  dies(world);
  world.send(caller(1));
  assert.deepEqual(finals(world), ['503 INVITE']);
});
