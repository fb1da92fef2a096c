/**
 * B1 and its kin: 10,000 calls between two of our servers and a forking peer over a network that loses, doubles, delays and so reorders, on a
 * clock of our own. A witness on the wire and the two applications' notes are the judges. Any seed can be run alone: SEED=n.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Call, Calls, FORKING, planOf } from './support/calls.ts';
import { ForkingPeer } from './support/forking-peer.ts';
import { SimApp, SimClock, SimNetwork, SimNode, seeded } from './support/simulation.ts';
import { sightOf, Witness } from './support/sniff.ts';

const BAD_WEATHER = { loss: 0.1, double: 0.1, late: 0.1, mostDelayMs: 2_000 };
const SEEDS = 50;
const CALLS_A_SEED = 200;
const ARRIVE_MS = 20_000;
/** The longest plan hangs up after two minutes; then every timer runs out within 64*T1 twice. */
const WHOLE_MS = 300_000;
const MOST_LOOP_MESSAGES = 70;

/** Which final responses a plan's caller may be told: one of these, and one only. */
const FINALS: Readonly<Record<Call['plan'], readonly number[]>> = {
  'caller hangs up': [200],
  'callee hangs up': [200],
  'both hang up': [200],
  'caller cancels': [200, 487],
  'caller cancels as it is answered': [200, 487],
  'callee refuses': [486],
  'callee says nothing': [480],
  'no ACK ever arrives': [200],
  'callee hangs up before the ACK': [200],
  'caller hangs up before its ACK': [200],
  're-INVITEs cross': [200],
  forked: [200],
  'loop with new Call-IDs': [483],
  'loop with one Call-ID': [482],
};

/** The rule of RFC 3261 or of the plan that a call broke; empty when all was well. */
function faultsOf(call: Call, witness: Witness): string[] {
  // Where each hop keeps the identity of the call, its one INVITE is seen thrice.
  const faults = call.plan === 'loop with one Call-ID' ? [] : witness.faultsOf(call.callId, call.plan === 'no ACK ever arrives');
  const should = (isTrue: boolean, rule: string): void => void (isTrue || faults.push(rule));
  const final = call.finals[0] ?? 0;
  should(call.finals.length === 1, `one final response is told to the caller, not ${call.finals.join(', ') || 'none'}`);
  // A server that heard nothing for 32 s says 408: counted by the caller of this function.
  should(FINALS[call.plan].includes(final) || final === 408, `${call.plan}: ${final}`);
  should(call.invites <= 1, `never two calls from one INVITE, got ${call.invites}`);
  if (final === 200) should(call.callerEnds === 1, `the caller hears the end once, not ${call.callerEnds} times`);
  if (call.invites > 0 && call.plan !== 'callee says nothing') should(call.calleeEnds === 1, `the callee hears the end once, not ${call.calleeEnds} times`);
  if (call.plan === 're-INVITEs cross' && final === 200) {
    should(call.reInvites === 2, `both re-INVITEs get through in the end, not ${call.reInvites}`);
    should(call.callerSession === call.calleeSession, `both ends hold the same session: ${call.callerSession}, ${call.calleeSession}`);
  }
  if (call.plan.startsWith('loop')) should(witness.distinct(call.callId) <= MOST_LOOP_MESSAGES, `a loop takes ${witness.distinct(call.callId)} messages`);
  return faults;
}

/** Runs one seed to the end of everything and returns its calls. */
function run(seed: number): Call[] {
  const clock = new SimClock();
  const random = seeded(seed);
  const network = new SimNetwork(clock, random, BAD_WEATHER);
  const apps = ['10.0.0.1', '10.0.0.2'].map((address) => new SimApp(new SimNode(address, clock, network)));
  const [caller, callee] = apps;
  assert.ok(caller !== undefined && callee !== undefined);
  for (const app of apps) app.keeps = false;
  const calls = new Calls(clock, random, caller, callee);
  const witness = new Witness();
  new ForkingPeer(FORKING, clock, random, network);
  network.tap = (bytes, from) => {
    const sight = sightOf(bytes);
    witness.see(sight, from);
    return calls.isTaken(sight.callId, sight.method);
  };
  for (let number = 0; number < CALLS_A_SEED; number += 1) {
    const plan = planOf(random());
    clock.after(random() * ARRIVE_MS, () => calls.dial(`sim-${number}`, plan));
  }
  clock.forward(WHOLE_MS);
  const faults = [...calls.byId.values()].flatMap((call) => faultsOf(call, witness).map((fault) => `${call.callId} (${call.plan}): ${fault}`));
  assert.deepEqual(faults, []);
  for (const { node } of apps) {
    assert.equal(node.stack.ledger.calls, 0, `${node.address}: nothing is left in the ledger`);
    assert.equal(node.stack.transactions.size, 0, `${node.address}: no transaction is left`);
  }
  assert.equal(clock.armed, 0, 'no timer is left');
  return [...calls.byId.values()];
}

test(`B1: ${SEEDS * CALLS_A_SEED} calls with 10 % loss, doubling and delay, B3–B9 and B16 among them: set up, ended once on both sides, nothing left behind`, () => {
  const only = process.env.SEED;
  const seeds = only === undefined ? Array.from({ length: SEEDS }, (_, index) => index + 1) : [Number(only)];
  let wanted = 0;
  let up = 0;
  for (const seed of seeds) {
    try {
      const answerable = run(seed).filter(({ plan }) => FINALS[plan].length === 1 && FINALS[plan][0] === 200);
      wanted += answerable.length;
      up += answerable.filter(({ finals }) => finals[0] === 200).length;
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}\nrun it alone: SEED=${seed} node --import tsx --test test/sip/lossy.pure.test.ts`, {
        cause: error,
      });
    }
  }
  assert.ok(up >= 0.999 * wanted, `${up} of ${wanted} calls were set up`);
});
