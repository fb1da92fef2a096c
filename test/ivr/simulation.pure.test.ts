/**
 * Random callers in the demo dialplan: random keys, silences, failures, late and stale answers, hang-ups. Nobody is ever stuck, no
 * unknown prompt is ever asked for, nothing is said after a hang-up, and the same day told twice goes the same way.
 * Rerun one: node --import tsx --test --test-name-pattern 'seed 17$' test/ivr/simulation.pure.test.ts
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asId } from '../../kernel/ids.ts';
import type { CallCommand } from '../../src/call/command.ts';
import type { QueueExit } from '../../src/call/event.ts';
import type { WalkStateName } from '../../src/ivr/state.ts';
import { createIvr, type Ivr } from '../../src/ivr/walk.ts';
import { demoCard, demoPlan, demoTenant } from './demo.ts';
import { Caller } from './walking.ts';

const SEEDS = 250;
const plan = demoPlan();
const prompts = { zh: new Set(plan.prompts.zh), en: new Set(plan.prompts.en) };
const queues = new Set(demoTenant.queues.map(({ name }) => `t:${name}`));

/** mulberry32 */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Writes down what a room was told and what it answered. */
function watched(): { ivr: Ivr; told: { event: { type: string }; now: number; answer: string }[] } {
  const ivr = createIvr();
  const told: { event: { type: string }; now: number; answer: string }[] = [];
  const decide: Ivr['decide'] = ivr.decide.bind(ivr);
  ivr.decide = (event, now) => {
    const turn = decide(event, now);
    told.push({ event, now, answer: JSON.stringify(turn) });
    return turn;
  };
  return { ivr, told };
}

class RandomCaller {
  readonly caller: Caller;
  readonly states = new Set<WalkStateName>();
  readonly #random: () => number;

  constructor(ivr: Ivr, seed: number) {
    this.caller = new Caller(ivr, `c${seed}`);
    this.#random = dice(seed);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T;
  }

  chance(of: number): boolean {
    return this.#random() < of;
  }

  begin(): void {
    const card = this.pick([null, '1001', '1002', '1003', '1004', '1005']);
    const number = this.chance(0.8) ? '10086' : this.pick(Object.keys(plan.numbers));
    this.caller.dial(number, card === null ? null : demoCard(card));
  }

  /** What could happen next in this state, or now and then anything at all. */
  act(): void {
    const { caller } = this;
    caller.now += Math.floor(this.#random() * 8000);
    if (caller.wakeAt !== null && caller.now >= caller.wakeAt) this.#timePasses();
    const state = this.chance(0.05) ? this.pick(Object.keys(this.#acts) as WalkStateName[]) : (caller.state ?? 'over');
    this.#acts[state]();
  }

  readonly #exits: QueueExit[] = ['timeout', 'full', 'no_agents', 'closed', 'answered', 'abandoned', 'transferred', 'ended'];
  readonly #timePasses = (): void => {
    this.caller.now = Math.max(this.caller.now, this.caller.wakeAt ?? 0);
    this.caller.tell({ type: 'timePassed' });
  };
  readonly #acts: Record<WalkStateName, () => void> = {
    identifying: this.#timePasses,
    answering: () => this.caller.answered(),
    playing: () => (this.chance(0.05) ? this.#timePasses() : this.caller.heard(this.pick(['finished', 'finished', 'barge_in', 'failed', 'stopped']))),
    asking: () => {
      const luck = this.#random();
      if (luck < 0.02) this.#timePasses();
      else if (luck < 0.04) this.caller.keys('', this.pick(['failed', 'stopped']));
      else if (luck < 0.2) this.caller.keys('');
      else this.caller.keys(this.pick([...'0123456789*#']));
    },
    authenticating: () => this.caller.authenticated(this.pick(['ok', 'ok', 'wrong', 'locked', 'no_input', 'unavailable'])),
    looking_up: () => (this.chance(0.2) ? this.#timePasses() : this.caller.lookedUp(this.chance(0.2) ? null : this.#values())),
    delivering: this.#timePasses,
    calling_back: this.#timePasses,
    queued: () => this.caller.leftQueue(this.pick([...queues]).slice(2), this.pick(this.#exits)),
    transferring: () => this.caller.answered(asId('x')),
    echoing: this.#timePasses,
    served: () => (this.chance(0.3) ? this.#isAsked() : this.caller.leftQueue('service', this.pick(this.#exits))),
    over: this.#timePasses,
  };

  /** Her agent has hung up. */
  #isAsked(): void {
    const flow = this.chance(0.95) ? 'survey' : 'never-written';
    const { callId } = this.caller;
    this.caller.tell({ type: 'surveyAsked', callId, queueId: asId('t:service'), agentId: asId('t:8001'), flow, how: 'hung_up' });
  }

  #values(): Record<string, string> {
    const junk = ['', '3041', '-5', '0', 'x', '99999999999999999999', '17.7'];
    const fen = (): string => this.pick(junk);
    const values = { balanceFen: fen(), billTotalFen: fen(), dataLeftGb: fen(), voiceLeftMin: fen() };
    return { ...values, 'bill.1.label': this.pick(['bill-voice', 'never-recorded', '']), 'bill.1.fen': fen() };
  }
}

/** States that owe an answer of a rim must have a deadline; in the others somebody else's clock runs. */
const owed: ReadonlySet<WalkStateName> = new Set(['identifying', 'answering', 'playing', 'asking', 'authenticating', 'looking_up']);

function checkCommands(commands: readonly CallCommand[]): void {
  for (const command of commands) {
    for (const sound of 'sounds' in command ? command.sounds : []) {
      if (sound.kind === 'prompt') assert.ok(prompts[sound.language].has(sound.name), `unknown prompt ${sound.language}/${sound.name}`);
      if (sound.kind === 'music') assert.equal(sound.name, 'default');
    }
    if ('sounds' in command) assert.ok(command.sounds.length > 0, `${command.type} with nothing to hear`);
  }
  assert.ok(commands.filter(({ type }) => type === 'releaseLeg').length <= 1, 'released twice');
  assert.ok(commands.filter(({ type }) => type === 'answerLeg').length <= 1, 'answered twice');
}

function checkStanding(caller: Caller): void {
  const { state } = caller;
  if (state !== undefined && owed.has(state)) assert.ok(caller.wakeAt !== null && caller.wakeAt > caller.now - 1, `${state} without a deadline`);
  const released = caller.commands.some(({ type }) => type === 'releaseLeg');
  assert.equal(released, state === 'over', `released ${released} but ${state}`);
}

describe('random callers in the demo dialplan', () => {
  const walked = new Set<string>();
  const seen = new Set<WalkStateName>();

  for (let seed = 1; seed <= SEEDS; seed += 1) {
    it(`seed ${seed}`, () => {
      const { ivr, told } = watched();
      ivr.decide({ type: 'dialplanPublished', ...{ tenantId: 't', version: plan.version, plan } }, 0);
      for (const { name, music } of demoTenant.queues) ivr.decide({ type: 'queueConfigured', ...{ queue: { queueId: `t:${name}`, music } } }, 0);
      const random = new RandomCaller(ivr, seed);
      const { caller } = random;
      random.begin();
      for (let acts = 0; acts < 120 && caller.state !== 'over'; acts += 1) {
        random.states.add(caller.state ?? 'over');
        random.act();
        checkStanding(caller);
      }
      for (const fact of caller.facts) if (fact.type === 'callQueued') assert.ok(queues.has(fact.queueId), fact.queueId);
      assert.ok(!JSON.stringify(caller.facts).includes('258369'));
      checkCommands(caller.commands);
      leaveAlone(caller);
      for (const fact of caller.facts) if (fact.type === 'flowEntered') walked.add(`${fact.flow}/${fact.step}`);
      for (const state of random.states) seen.add(state);
      hangUp(random);
      // Same log, same build: same turns, bit for bit.
      const again = createIvr();
      for (const { event, now, answer } of told) assert.equal(JSON.stringify(again.decide(event, now)), answer);
    });
  }

  it('walk every step that shows in a path, and stand in every state the demo has, between them', () => {
    const noted = Object.values(plan.nodes).flatMap(({ noted, flow, step }) => (noted ? [`${flow}/${step}`] : []));
    assert.deepEqual(
      [...new Set(noted)].filter((step) => !walked.has(step)),
      [],
    );
    assert.deepEqual([...seen].sort(), ['asking', 'authenticating', 'calling_back', 'echoing', 'looking_up', 'playing', 'queued', 'served']);
  });
});

/** A caller who does nothing at all, with rims that are dead, comes to an end or to a person in less than an hour and a half. */
function leaveAlone(caller: Caller): void {
  for (let waits = 0; waits < 12 && caller.state !== undefined && owed.has(caller.state); waits += 1) {
    caller.now = caller.wakeAt ?? caller.now;
    caller.tell({ type: 'timePassed' });
  }
  assert.ok(caller.state === undefined || !owed.has(caller.state), `still ${caller.state}`);
}

function hangUp(random: RandomCaller): void {
  const { caller } = random;
  assert.deepEqual(caller.hangUp(), []);
  const before = caller.commands.length + caller.facts.length;
  for (let acts = 0; acts < 10; acts += 1) random.act();
  assert.equal(caller.commands.length + caller.facts.length, before, 'something was said to a caller who is gone');
  assert.equal(caller.wakeAt, null);
}
