/** Seeded shifts with callbacks, restarts and phones that do not answer: none jumps, none is lost, one a number. Told by what the core says alone. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { asId, type CallId, legIdOf } from '../../kernel/ids.ts';
import { createAcd } from '../../src/acd/acd.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';
import type { Command, Event, Turn } from '../../src/vocabulary.ts';
import {
  agentConfigured,
  agentId,
  callArrived,
  callEnded,
  callQueued,
  DEMO,
  legEnded,
  phoneReachable,
  queueConfigured,
  queueId,
  signedIn,
  wentReady,
} from './floor.ts';

const SEEDS = 30;
const STEPS = 400;
const SERVICE = queueId('service');

class Shift {
  readonly #dice: Dice;
  #acd = createAcd();
  #now = 1_700_000_000_000;
  #calls = 0;
  /** The place of each, as it was when it was asked for; and how each ended. */
  readonly placed = new Map<string, number>();
  readonly ended = new Map<string, string>();
  readonly #live = new Set<CallId>();
  /** Legs that ring or talk, by their call. */
  readonly #legs = new Map<string, { callId: CallId; up: boolean }>();

  constructor(seed: number) {
    this.#dice = new Dice(seed);
    const first = this.#dice.chance(0.5) ? 'agent' : 'customer';
    this.#tell(queueConfigured('service', { wrapUpMs: 0, redialMs: 60_000, callback: { first, attempts: 2, retryMs: 30_000 } }));
    for (const number of ['8001', '8002', '8003']) {
      for (const event of [agentConfigured(number), phoneReachable(number), signedIn(number)]) this.#tell(event);
    }
  }

  run(): void {
    for (let step = 0; step < STEPS; step += 1) {
      this.#now += this.#dice.between(0, 4_000);
      this.#tell({ type: 'timePassed' });
      this.#act(this.#dice.between(0, 11));
      this.#check();
    }
  }

  #act(which: number): void {
    if (which <= 2) this.#come();
    else if (which <= 5) this.#tell(wentReady(`800${this.#dice.between(1, 3)}`));
    else if (which <= 8) this.#answer();
    else if (which <= 10) this.#hangUp();
    else if (this.#dice.chance(0.1)) this.#restart();
  }

  #come(): void {
    this.#calls += 1;
    const call = `c${this.#calls}`;
    const number = `+86139000000${10 + this.#dice.between(0, 9)}`;
    this.#live.add(asId(call));
    this.#tell(callArrived(call, number));
    this.#tell(callQueued(call));
    if (!this.#live.has(asId(call)) || !this.#dice.chance(0.5)) return;
    const wish = { queueId: SERVICE, number, callee: { number: '10086', raw: '' }, priority: 0, skills: [], language: 'zh' as const, data: {} };
    this.#tell({ type: 'callbackAsked', callId: asId(call), ...wish });
    this.#end(asId(call));
  }

  #answer(): void {
    const [legId, leg] = this.#dice.pick([...this.#legs].filter(([, { up }]) => !up)) ?? [];
    if (legId === undefined || leg === undefined) return;
    if (this.#dice.chance(0.25)) this.#legOver(legId, leg.callId, this.#dice.chance(0.5) ? 'no_answer' : 'busy');
    else this.#pickUp(legId, leg);
  }

  #pickUp(legId: string, leg: { callId: CallId; up: boolean }): void {
    leg.up = true;
    this.#tell({ type: 'legAnswered', callId: leg.callId, legId: asId(legId) });
    // Agent first: on her answer the call room dials the customer.
    const customer = legIdOf(leg.callId, 0);
    if (leg.callId.includes('-b') && legId !== customer && !this.#legs.has(customer)) this.#legs.set(customer, { callId: leg.callId, up: false });
  }

  /** The end of the customer's leg is the end of the call; so is the end of the agent's before the customer answered, as the call room has it. */
  #legOver(legId: string, callId: CallId, cause: 'no_answer' | 'busy'): void {
    if (legId === legIdOf(callId, 0)) this.#end(callId, cause);
    else {
      this.#legs.delete(legId);
      this.#tell(legEnded(legId, cause));
    }
  }

  #hangUp(): void {
    const callId = this.#dice.pick([...this.#live]);
    if (callId !== undefined) this.#end(callId);
  }

  #end(callId: CallId, cause: 'normal' | 'no_answer' | 'busy' = 'normal'): void {
    this.#live.delete(callId);
    this.#legs.delete(legIdOf(callId, 0));
    this.#tell(legEnded(legIdOf(callId, 0), cause));
    for (const [legId, leg] of [...this.#legs]) {
      if (leg.callId !== callId) continue;
      this.#legs.delete(legId);
      this.#tell(legEnded(legId));
    }
    this.#tell({ ...callEnded(callId), ending: { cause, by: 'far_end' } } as Event);
  }

  #restart(): void {
    const again = createAcd();
    again.restore(JSON.parse(JSON.stringify(this.#acd.snapshot())));
    this.#acd = again;
    this.#live.clear();
    this.#legs.clear();
    this.#tell({ type: 'serverStarted' });
    for (const number of ['8001', '8002', '8003']) this.#tell({ type: 'agentSignedIn', agentId: agentId(number) });
  }

  #tell(event: Event): void {
    const standing = this.#standing();
    const turn = this.#acd.decide(event, this.#now);
    for (const fact of turn.events) this.#acd.decide(fact, this.#now);
    this.#hear(turn, standing);
  }

  /** Who may be offered, in the order of service, before the turn. */
  #standing(): CallId[] {
    const held = new Set(this.#acd.view.callbacks(DEMO).flatMap(({ state, of }) => (state === 'held' || state === 'dialling' ? [of] : [])));
    return (this.#acd.view.queue(SERVICE)?.callIds ?? []).filter((callId) => !held.has(asId(callId.replace(/-b\d+$/, ''))));
  }

  #hear(turn: Turn<Event, Command>, standing: readonly CallId[]): void {
    for (const fact of turn.events) {
      if (fact.type === 'callbackPlaced') {
        assert.ok(!this.placed.has(fact.callbackId), `${fact.callbackId} is placed twice`);
        this.placed.set(fact.callbackId, this.#now);
      } else if (fact.type === 'callbackEnded') {
        assert.ok(!this.ended.has(fact.callbackId), `${fact.callbackId} ends twice`);
        this.ended.set(fact.callbackId, fact.end);
      } else if (fact.type === 'callArrived' && fact.callback !== undefined) {
        this.#live.add(fact.callId);
        if (fact.callback.first === 'customer') this.#legs.set(fact.legId, { callId: fact.callId, up: false });
      } else if (fact.type === 'callOffered') {
        this.#legs.set(fact.legId, { callId: fact.callId, up: false });
        const before = standing.slice(0, Math.max(0, standing.indexOf(fact.callId)));
        const passed = before.filter((callId) => this.#isIdleInLine(callId));
        assert.deepEqual(passed, [], `${fact.callId} jumped`);
      } else if (fact.type === 'offerEnded' && fact.end !== 'answered') this.#legs.delete(fact.legId);
    }
    for (const command of turn.commands) if (command.type === 'releaseLeg') this.#tellLater(command.legId, command.callId);
  }

  /** Still stands there after the turn, and nobody's phone rings for it. */
  #isIdleInLine(callId: CallId): boolean {
    const rings = [...this.#legs].some(([legId, leg]) => leg.callId === callId && legId !== legIdOf(callId, 0));
    return !rings && this.#standing().includes(callId);
  }

  #tellLater(legId: string, callId: CallId): void {
    this.#legs.delete(legId);
    this.#tell({ type: 'legEnded', callId, legId: asId(legId), ending: { cause: 'normal', by: 'server' } });
  }

  #check(): void {
    const shown = this.#acd.view.callbacks(DEMO);
    assert.equal(new Set(shown.map(({ number }) => number)).size, shown.length, 'one a number');
    const known = new Set<string>(shown.map(({ callbackId }) => callbackId));
    for (const { callbackId } of shown) assert.ok(!this.ended.has(callbackId), `${callbackId} has ended, and is still there`);
    for (const callbackId of this.placed.keys()) assert.ok(known.has(callbackId) || this.ended.has(callbackId), `${callbackId} is lost`);
  }
}

test(`${SEEDS} shifts with callbacks: none jumps, none is lost, one a number`, () => {
  const ends = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const shift = new Shift(seed);
    try {
      shift.run();
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
    for (const end of shift.ended.values()) ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  for (const end of ['served', 'no_answer', 'busy', 'called_again']) assert.ok((ends.get(end) ?? 0) > 0, `none ended ${end}: ${JSON.stringify([...ends])}`);
});
