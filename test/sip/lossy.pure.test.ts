/** Calls between two of our servers over a network that loses, doubles and delays. Any seed can be run alone: SEED=n. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../sip/message/message.ts';
import { type Heard, SimApp, SimClock, SimNetwork, SimNode, seeded } from './support/simulation.ts';

const BAD_WEATHER = { loss: 0.1, double: 0.1, late: 0.1, mostDelayMs: 2_000 };
const SEEDS = 120;
const CALLS_A_SEED = 25;

interface Call {
  plan: 'caller hangs up' | 'callee hangs up' | 'both hang up' | 'caller cancels' | 'callee refuses';
  callId: string;
  dialog: string;
  answeredAtCaller: boolean;
  answeredAtCallee: boolean;
  newInvites: number;
  callerEnded: number;
  calleeEnded: number;
  final: number;
}
const PLANS: readonly Call['plan'][] = ['caller hangs up', 'callee hangs up', 'both hang up', 'caller cancels', 'callee refuses'];

interface World {
  clock: SimClock;
  random: () => number;
  caller: SimApp;
  callee: SimApp;
  calls: Map<string, Call>;
}

function newWorld(seed: number): World {
  const clock = new SimClock();
  const random = seeded(seed);
  const network = new SimNetwork(clock, random, BAD_WEATHER);
  const caller = new SimApp(new SimNode('10.0.0.1', clock, network));
  const callee = new SimApp(new SimNode('10.0.0.2', clock, network));
  const world: World = { clock, random, caller, callee, calls: new Map() };
  for (const method of ['invite', 'options']) callee.ask(`route|${method}`);
  caller.onHeard = (heard) => callerActs(world, heard);
  callee.onHeard = (heard) => calleeActs(world, heard);
  return world;
}

const callIdOf = (message: Message | undefined): string => message?.headers.get('call-id') ?? '';

function dial(world: World, number: number): void {
  const plan = PLANS[Math.floor(world.random() * PLANS.length)] ?? 'caller hangs up';
  const callId = `sim-${number}`;
  const call: Call = { plan, callId, dialog: '', answeredAtCaller: false, answeredAtCallee: false, newInvites: 0, callerEnded: 0, calleeEnded: 0, final: 0 };
  world.calls.set(callId, call);
  world.caller.ask('sip||', `INVITE sip:b@10.0.0.2 SIP/2.0\r\nCall-ID: ${callId}\r\n\r\nv=0\r\n`);
}

const DIALOG = 9;
const bye = (app: SimApp, dialog: string): void => void app.ask(`sip||${dialog}`, 'BYE sip:placeholder SIP/2.0\r\n\r\n');

function callerActs({ clock, random, caller, calls }: World, { tokens, message }: Heard): void {
  const call = calls.get(callIdOf(message));
  if (call === undefined) return;
  const dialog = tokens[DIALOG] ?? '';
  if (tokens[1] === 'response' && message?.kind === 'request' && message.method === 'INVITE' && call.plan === 'caller cancels')
    clock.after(random() * 4_000, () => {
      // Too late to cancel, it hangs up.
      if (call.answeredAtCaller) bye(caller, call.dialog);
      else caller.ask(`sip|${tokens[10]}|`, 'CANCEL sip:b@10.0.0.2 SIP/2.0\r\n\r\n');
    });
  if (tokens[1] !== 'sip') return;
  if (message?.kind === 'request') {
    // The peer's BYE, or one the server sent by itself.
    if (message.method === 'BYE') call.callerEnded += 1;
    if (message.method === 'BYE' && tokens[8] !== 'unsolicited') caller.ask(`sip|${tokens[8]}|`, 'SIP/2.0 200 OK\r\n\r\n');
    return;
  }
  if (message?.headers.get('cseq')?.endsWith('INVITE') !== true || message.status < 200) {
    if (message?.headers.get('cseq')?.endsWith('BYE') === true) call.callerEnded += 1;
    return;
  }
  call.final = message.status;
  if (message.status !== 200) {
    call.callerEnded += 1;
    return;
  }
  assert.equal(call.answeredAtCaller, false, `${call.callId}: one 200 is told once`);
  call.answeredAtCaller = true;
  call.dialog = dialog;
  caller.ask(`sip||${dialog}`, 'ACK sip:b@10.0.0.2 SIP/2.0\r\n\r\n');
  if (call.plan === 'caller hangs up' || call.plan === 'both hang up') clock.after(10_000, () => bye(caller, dialog));
}

function calleeActs({ clock, random, callee, calls }: World, { tokens, message }: Heard): void {
  const call = calls.get(callIdOf(message));
  if (call === undefined || tokens[1] !== 'sip') return;
  if (message?.kind === 'response') {
    if (message.headers.get('cseq')?.endsWith('BYE') === true) call.calleeEnded += 1;
    return;
  }
  const transaction = tokens[8] ?? '';
  switch (message?.method) {
    case 'INVITE':
      call.newInvites += 1;
      clock.after(random() * 1_000, () => callee.ask(`sip|${transaction}|`, 'SIP/2.0 180 Ringing\r\n\r\n'));
      clock.after(1_000 + random() * 3_000, () => {
        if (call.plan !== 'callee refuses') callee.ask(`sip|${transaction}|`, 'SIP/2.0 200 OK\r\n\r\nv=0\r\n');
        else {
          callee.ask(`sip|${transaction}|`, 'SIP/2.0 486 Busy Here\r\n\r\n');
          call.calleeEnded += 1;
        }
      });
      return;
    case 'ACK':
      call.answeredAtCallee = true;
      if (call.plan === 'callee hangs up' || call.plan === 'both hang up') clock.after(10_000, () => bye(callee, tokens[DIALOG] ?? ''));
      return;
    case 'BYE':
      call.calleeEnded += 1;
      if (transaction !== 'unsolicited') callee.ask(`sip|${transaction}|`, 'SIP/2.0 200 OK\r\n\r\n');
      return;
    case 'CANCEL':
      call.calleeEnded += 1;
      return;
    default:
  }
}

/** Runs one seed to the end of everything and returns its calls. */
function run(seed: number): Call[] {
  const world = newWorld(seed);
  const { clock, random, calls, caller, callee } = world;
  for (let number = 0; number < CALLS_A_SEED; number += 1) clock.after(random() * 5_000, () => dial(world, number));
  clock.forward(200_000);
  for (const call of calls.values()) {
    const where = `${call.callId} (${call.plan}, final ${call.final})`;
    assert.ok(call.newInvites <= 1, `${where}: never two calls from one INVITE, got ${call.newInvites}`);
    assert.ok(call.callerEnded >= 1, `${where}: the caller's application hears the end`);
    assert.ok(call.newInvites === 0 || call.calleeEnded >= 1, `${where}: the callee's application hears the end`);
  }
  for (const { node } of [caller, callee]) {
    assert.equal(node.stack.ledger.calls, 0, `${node.address}: nothing is left in the ledger`);
    assert.equal(node.stack.transactions.size, 0, `${node.address}: no transaction is left`);
  }
  assert.equal(clock.armed, 0, 'no timer is left');
  return [...calls.values()];
}

test(`over ${SEEDS} seeds with 10 % loss, doubling and delay each call happens once, both ends hear its end, and nothing is left behind`, () => {
  const only = process.env.SEED;
  const seeds = only === undefined ? Array.from({ length: SEEDS }, (_, index) => index + 1) : [Number(only)];
  let wanted = 0;
  let up = 0;
  for (const seed of seeds) {
    let calls: Call[];
    try {
      calls = run(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}\nrun it alone: SEED=${seed} node --import tsx --test test/sip/lossy.pure.test.ts`, {
        cause: error,
      });
    }
    const answerable = calls.filter(({ plan }) => plan !== 'caller cancels' && plan !== 'callee refuses');
    wanted += answerable.length;
    up += answerable.filter(({ answeredAtCaller, answeredAtCallee }) => answeredAtCaller && answeredAtCallee).length;
  }
  assert.ok(up >= 0.999 * wanted, `${up} of ${wanted} calls were set up`);
});
