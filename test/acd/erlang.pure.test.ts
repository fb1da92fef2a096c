/**
 * A floor of equal agents with random arrivals, handle times and patience must behave as Erlang's formulas say: C when everybody
 * waits, A when callers hang up. The expected figures come from the formulas, not from the core.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { AgentId, CallId } from '../../kernel/ids.ts';
import { type Acd, createAcd } from '../../src/acd/acd.ts';
import { OrderedList } from '../../src/acd/ordered.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';
import type { Event } from '../../src/vocabulary.ts';
import { agentConfigured, callArrived, callEnded, callQueued, legAnswered, legEnded, queueConfigured, signedIn, wentReady } from './floor.ts';

interface Traffic {
  seed: number;
  calls: number;
  callsPerHour: number;
  handleMs: number;
  /** null = everybody waits as long as it takes */
  patienceMs: number | null;
  agents: number;
  withinMs: number;
}

interface Figures {
  answered: number;
  abandonedShare: number;
  /** Of all who came. */
  withinShare: number;
  meanAnsweredWaitMs: number;
  callsOf: Map<AgentId, number>;
}

class BusyHours {
  readonly #acd: Acd = createAcd();
  readonly #dice: Dice;
  readonly #traffic: Traffic;
  readonly #due = new OrderedList<{ at: number; n: number; happens: () => void }>((a, b) => a.at - b.at || a.n - b.n);
  readonly #arrivedAt = new Map<CallId, number>();
  readonly #waits: number[] = [];
  readonly #callsOf = new Map<AgentId, number>();
  #now = 0;
  #planned = 0;

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
    this.#dice = new Dice(traffic.seed);
    this.#tell(queueConfigured('service', { maxWaiting: 1_000_000, wrapUpMs: 0 }));
    for (let n = 0; n < traffic.agents; n += 1) {
      const number = `${8001 + n}`;
      this.#tell(agentConfigured(number, { staticContact: `sip:${number}@127.0.0.1` }));
      this.#tell(signedIn(number));
      this.#tell(wentReady(number));
    }
  }

  run(): Figures {
    this.#arrive(1);
    for (let next = this.#due.first(); next !== undefined; next = this.#due.first()) {
      this.#due.remove(next);
      this.#now = next.at;
      next.happens();
    }
    const answered = this.#waits.length;
    const { calls, withinMs } = this.#traffic;
    return {
      answered,
      abandonedShare: 1 - answered / calls,
      withinShare: this.#waits.filter((wait) => wait <= withinMs).length / calls,
      meanAnsweredWaitMs: this.#waits.reduce((sum, wait) => sum + wait, 0) / answered,
      callsOf: this.#callsOf,
    };
  }

  #arrive(n: number): void {
    const { calls, callsPerHour, patienceMs } = this.#traffic;
    if (n > calls) return;
    const name = `c${n}`;
    this.#tell(callArrived(name));
    this.#arrivedAt.set(name as CallId, this.#now);
    this.#tell(callQueued(name));
    if (patienceMs !== null) this.#in(patienceMs, () => this.#loseHeart(name));
    this.#in(3_600_000 / callsPerHour, () => this.#arrive(n + 1));
  }

  #loseHeart(name: string): void {
    if (this.#arrivedAt.delete(name as CallId)) this.#hangUp(name, null);
  }

  #hangUp(name: string, leg: string | null): void {
    this.#tell(legEnded(`${name}.0`));
    if (leg !== null) this.#tell(legEnded(leg));
    this.#tell(callEnded(name));
  }

  /** After a time that is exponential with this mean. */
  #in(meanMs: number, happens: () => void): void {
    this.#planned += 1;
    this.#due.add({ at: this.#now - Math.log(1 - this.#dice.fraction()) * meanMs, n: this.#planned, happens });
  }

  #tell(event: Event): void {
    for (const command of this.#acd.decide(event, this.#now).commands) {
      if (command.type !== 'ringLeg') continue;
      const { callId, legId, agentId } = command;
      this.#waits.push(this.#now - (this.#arrivedAt.get(callId) ?? Number.NaN));
      this.#arrivedAt.delete(callId);
      this.#callsOf.set(agentId, (this.#callsOf.get(agentId) ?? 0) + 1);
      this.#tell(legAnswered(legId));
      this.#in(this.#traffic.handleMs, () => this.#hangUp(callId, legId));
    }
  }
}

const near = (got: number, expected: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(got - expected) <= tolerance, `${what}: ${got.toFixed(4)}, the formula says ${expected} ± ${tolerance}`);

/** Waits of neighbouring calls hang together, so that the figures of one run scatter; tolerances are three of their standard errors. */
function meanOf(seeds: number[], traffic: Omit<Traffic, 'seed'>, of: (figures: Figures) => number): number {
  const all = seeds.map((seed) => of(floorOf(seed, traffic)));
  return all.reduce((sum, figure) => sum + figure, 0) / all.length;
}

const floors = new Map<string, Figures>();

/** One run serves all questions asked about it. */
function floorOf(seed: number, traffic: Omit<Traffic, 'seed'>): Figures {
  const key = JSON.stringify([seed, traffic]);
  const figures = floors.get(key) ?? new BusyHours({ seed, ...traffic }).run();
  floors.set(key, figures);
  return figures;
}

test('Erlang C: 200 calls an hour of 180 s on 14 agents, everybody waits', () => {
  const traffic = { calls: 15_000, callsPerHour: 200, handleMs: 180_000, patienceMs: null, agents: 14, withinMs: 15_000 };
  const seeds = [1, 2, 3, 4];
  near(
    meanOf(seeds, traffic, ({ withinShare }) => withinShare),
    0.8752,
    0.023,
    'answered within 15 s',
  );
  near(
    meanOf(seeds, traffic, ({ meanAnsweredWaitMs }) => meanAnsweredWaitMs / 1000),
    7.84,
    2,
    'average speed of answer',
  );
  assert.equal(
    meanOf(seeds, traffic, ({ answered }) => answered),
    15_000,
  );
});

test('Erlang A: 400 calls an hour of 240 s on 28 agents, patience 120 s', () => {
  const traffic = { calls: 10_000, callsPerHour: 400, handleMs: 240_000, patienceMs: 120_000, agents: 28, withinMs: 20_000 };
  near(
    meanOf([1, 2, 3, 4], traffic, ({ abandonedShare }) => abandonedShare),
    0.0669,
    0.008,
    'abandoned',
  );
  near(
    meanOf([1, 2, 3, 4], traffic, ({ withinShare }) => withinShare),
    0.7966,
    0.027,
    'answered within 20 s',
  );
});

test('with equal agents nobody’s share of the calls is off by more than chance, at half and at full load', () => {
  for (const callsPerHour of [100, 250]) {
    const { callsOf, answered } = new BusyHours({
      seed: 3,
      calls: 8_000,
      callsPerHour,
      handleMs: 180_000,
      patienceMs: 60_000,
      agents: 10,
      withinMs: 15_000,
    }).run();
    const fair = answered / 10;
    assert.equal(callsOf.size, 10);
    // Had each call been given by lot, a share would lie within four standard deviations; by idleness it lies closer.
    for (const [agentId, calls] of callsOf) near(calls, Math.round(fair), 4 * Math.sqrt(fair * 0.9), `${agentId} of ${answered} calls`);
  }
});
