/** cdr:* events: each attempt has one stop, whatever ends the call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTags } from '../../sip/control/tags.ts';
import type { Request, Response } from '../../sip/message/message.ts';
import { SimWorld } from './support/sim-peer.ts';

const CALLER = '10.0.0.9';
const callWorld = () => {
  const world = new SimWorld(['invite', 'cdr:attempt', 'cdr:start', 'cdr:stop']);
  return { world, caller: world.peer(CALLER) };
};
/** `attempt network INVITE`, `start application uas 200 INVITE` … */
const records = (world: SimWorld): string[] =>
  world.app.heard
    .filter(({ tokens }) => tokens[1]?.startsWith('cdr:'))
    .map(({ tokens, message }) => {
      assert.match(tokens[3] ?? '', /^\d\d:\d\d:\d\d\.\d{6}$/);
      const what = message?.kind === 'request' ? message.method : String(message?.status);
      return [tokens[1]?.slice(4), tokens[2], ...tokens.slice(4), what].join(' ');
    });

test('a call in: answered by the application, hung up by the caller', () => {
  const { world, caller } = callWorld();
  caller.send(caller.request('INVITE'));
  world.respond('200 OK');
  const ok = caller.last('200 INVITE') as Response;
  caller.send(caller.inside('ACK', ok, 1));
  caller.send(caller.inside('INVITE', ok, 2));
  world.respond('200 OK');
  caller.send(caller.inside('ACK', ok, 2));
  caller.send(caller.inside('BYE', ok, 3));
  assert.deepEqual(records(world), ['attempt network INVITE', 'start application uas 200', 'stop network normal-release BYE']);
});

test('a call in that ends otherwise has the reason: refused, cancelled before any answer, never acknowledged, cancelled too late', () => {
  const ends: Record<string, [act: (world: SimWorld, caller: ReturnType<SimWorld['peer']>, invite: Request) => void, records: string[]]> = {
    refused: [(world) => world.respond('486 Busy Here'), ['stop application call-rejected 486']],
    'cancelled before any answer': [(_world, caller, invite) => caller.cancel(invite), ['stop network call-canceled CANCEL']],
    'hung up by the application': [
      (world, caller) => {
        world.respond('200 OK');
        const ok = caller.last('200 INVITE') as Response;
        caller.send(caller.inside('ACK', ok, 1));
        world.app.ask(`sip||call-${CALLER};from-tag=${CALLER}`, 'BYE sip:placeholder SIP/2.0\r\n\r\n');
      },
      ['start application uas 200', 'stop application normal-release BYE'],
    ],
    'never acknowledged': [
      (world) => {
        world.respond('200 OK');
        world.clock.forward(33_000);
      },
      ['start application uas 200', 'stop application system-initiated-termination BYE'],
    ],
    'cancelled too late': [
      (world, caller, invite) => {
        world.respond('200 OK');
        caller.cancel(invite);
        caller.send(caller.inside('ACK', caller.last('200 INVITE') as Response, 1));
      },
      ['start application uas 200', 'stop application ackbye BYE'],
    ],
    'of a silent application': [(world) => world.clock.forward(26_000), ['stop application call-rejected 480']],
  };
  for (const [what, [act, expected]] of Object.entries(ends)) {
    const { world, caller } = callWorld();
    const invite = caller.request('INVITE');
    caller.send(invite);
    act(world, caller, invite);
    world.clock.forward(100);
    assert.deepEqual(records(world), ['attempt network INVITE', ...expected], what);
  }
});

test('a call out: answered and hung up by the callee, refused, cancelled, unheard', () => {
  const ends: Record<string, [act: (world: SimWorld, callee: ReturnType<SimWorld['peer']>, transaction: string) => void, records: string[]]> = {
    'hung up': [
      (world, callee) => {
        callee.answer('INVITE', 180);
        callee.answer('INVITE', 200);
        const dialog = world.app.heard.at(-1)?.tokens[9];
        world.app.ask(`sip||${dialog}`, 'ACK sip:placeholder SIP/2.0\r\n\r\n');
        callee.send(callee.back('BYE', callee.last('INVITE') as Request, 1));
      },
      ['start network uac 200', 'stop network normal-release BYE'],
    ],
    refused: [(_world, callee) => callee.answer('INVITE', 603), ['stop network call-rejected 603']],
    cancelled: [
      (world, callee, transaction) => {
        callee.answer('INVITE', 180);
        world.app.ask(`sip|${transaction}|`, 'CANCEL sip:b SIP/2.0\r\n\r\n');
        world.clock.forward(50);
        callee.answer('INVITE', 487);
      },
      ['stop network call-canceled 487'],
    ],
    unheard: [(world) => world.clock.forward(33_000), ['stop network call-rejected 408']],
  };
  for (const [what, [act, expected]] of Object.entries(ends)) {
    const { world } = callWorld();
    const callee = world.peer(CALLER);
    world.app.ask('sip||', `INVITE sip:b@${CALLER} SIP/2.0\r\n\r\nv=0\r\n`);
    world.clock.forward(50);
    act(world, callee, world.app.heard.findLast(({ tokens }) => tokens[11] === 'Msg sent:')?.tokens[10] ?? '');
    assert.deepEqual(records(world), ['attempt application INVITE', ...expected], what);
  }
});

test('nobody asked: nothing is told; each event goes to one of those that did', () => {
  const world = new SimWorld(['invite']);
  const caller = world.peer(CALLER);
  caller.send(caller.request('INVITE'));
  caller.cancel(caller.request('INVITE'));
  assert.deepEqual(records(world), []);
});

test('tags: at most 20, of 1 to 32 characters that cannot break a line', () => {
  assert.deepEqual(parseTags(''), new Set());
  assert.deepEqual(parseTags('a,name:front-1,x@y+z_'), new Set(['a', 'name:front-1', 'x@y+z_']));
  assert.match(String(parseTags(Array.from({ length: 21 }, (_, at) => `t${at}`).join(','))), /^too many tags: 21, at most 20$/);
  for (const bad of ['a b', 'a,,b', 'é', 'x'.repeat(33), '../x']) assert.match(String(parseTags(bad)), /^invalid tag /, bad);
});
