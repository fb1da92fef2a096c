/**
 * A seeded shift in which calls, callbacks, chats and mails share the same agents. Every turn is checked from outside (`watch.ts`); a core that
 * goes on from a snapshot must decide alike, and so must one that is told the log again. Every third shift doubles and loses events, and jumps ahead.
 */
import type { Event } from '../../../vocabulary.ts';
import { type Acd, createAcd } from '../../acd.ts';
import { Violation } from '../demand.ts';
import { Dice } from '../dice.ts';
import { type Entry, type Fault, faultOf, fnv, NO_TURNS, replay, type Shift, START, shrink, written } from '../run.ts';
import { TENANT } from './house.ts';
import { MixedWatch } from './watch.ts';
import { MixedWorld } from './world.ts';

export interface MixedShift extends Shift {
  /** How callbacks and interactions ended, and how often. */
  ends: ReadonlyMap<string, number>;
}

const DOUBLED = 0.03;
const LOST = 0.02;
const JUMP = 0.003;
const RESTART = 0.004;

class MixedStage {
  readonly log: Entry[] = [];
  readonly watch = new MixedWatch();
  acd: Acd;
  wakeAt: number | null = null;
  hash = NO_TURNS;
  readonly #make: () => Acd;
  #twin: Acd | null = null;
  #restored = false;
  #branched = false;

  constructor(make: () => Acd) {
    this.#make = make;
    this.acd = make();
  }

  play(event: Event, at: number): void {
    this.log.push({ at, event, ...(this.#branched ? { branched: true } : {}), ...(this.#restored ? { restored: true } : {}) });
    this.#branched = false;
    this.#restored = false;
    const facts = [event];
    for (const fact of facts) {
      const turn = this.acd.decide(fact, at);
      const text = written(turn);
      this.hash = fnv(this.hash, text);
      if (this.#twin !== null && written(this.#twin.decide(fact, at)) !== text)
        throw new Violation(`INV10: the core from the snapshot decided otherwise on ${fact.type}`);
      this.wakeAt = turn.wakeAt;
      if (fact === event) this.watch.see(event, turn, at, this.acd.view);
      else if (turn.events.length + turn.commands.length > 0) throw new Violation(`INV10: ${fact.type}, its own fact, led to more`);
      facts.push(...turn.events);
    }
  }

  branch(): void {
    this.#branched = true;
    this.#twin = this.#copy();
  }

  cut(): void {
    this.#twin = null;
  }

  /** What goes on is a core that has only the snapshot. */
  restart(): void {
    this.#restored = true;
    this.acd = this.#copy();
  }

  #copy(): Acd {
    const acd = this.#make();
    acd.restore(JSON.parse(JSON.stringify(this.acd.snapshot())));
    return acd;
  }
}

export function runMixedShift(seed: number, events: number, make: () => Acd = createAcd): MixedShift | Fault {
  const stage = new MixedStage(make);
  try {
    shift(stage, seed, events);
    if (seed % 4 === 0 && replay(stage.log, make) !== stage.hash) throw new Violation('INV10: the same log gave other turns');
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { seed, message: error.message, trace: shrink(stage.log, error.message, (shorter) => faultOf(shorter, new MixedStage(make))) };
  }
  const { tally, ends } = stage.watch;
  return { seed, log: stage.log, hash: (stage.hash >>> 0).toString(16).padStart(8, '0'), ...tally, ends };
}

function shift(stage: MixedStage, seed: number, events: number): void {
  const dice = new Dice(seed);
  const world = new MixedWorld(dice, stage.watch);
  const isDisordered = seed % 3 === 1;
  let now = START;
  for (const event of world.opening()) stage.play(event, now);
  for (let thrown = 0; thrown < events; thrown += 1) {
    now = wait(stage, now, dice.between(0, 3_000) + (isDisordered && dice.chance(JUMP) ? dice.between(60_000, 3_600_000) : 0));
    if (dice.chance(RESTART)) stage.restart();
    const happens: Event[] = dice.chance(RESTART / 2) ? [{ type: 'serverStarted' }] : world.next();
    for (const event of happens) {
      if (isDisordered && dice.chance(LOST)) continue;
      stage.play(event, now);
      if (isDisordered && dice.chance(DOUBLED)) stage.play(event, now);
    }
    if (thrown % 200 === 50) stage.branch();
    if (thrown % 200 === 150) stage.cut();
  }
  close(stage, world, now);
}

/** Everybody hangs up, what is written is closed, callbacks are called off or run out: then nothing is left. */
function close(stage: MixedStage, world: MixedWorld, from: number): void {
  let now = from;
  for (let rounds = 0; rounds < MOST_ROUNDS && (stage.watch.callbacks.size > 0 || stage.watch.calls.size > 0 || rounds === 0); rounds += 1) {
    for (const event of world.closing()) stage.play(event, now);
    now = wait(stage, now, AN_HOUR_MS);
  }
  const left = stage.acd.snapshot() as { calls: unknown[]; leaving: unknown[]; unsaid: unknown[] };
  const kept = [...left.calls, ...left.leaving, ...left.unsaid, ...stage.acd.view.callbacks(TENANT), ...stage.acd.view.interactions(TENANT)];
  if (kept.length > 0) throw new Violation(`INV8: ${JSON.stringify(kept[0])} is left over`);
}

const MOST_ROUNDS = 30;
const AN_HOUR_MS = 3_600_000;

function wait(stage: MixedStage, from: number, ms: number): number {
  const until = from + ms;
  let now = from;
  while (stage.wakeAt !== null && stage.wakeAt <= until) {
    now = Math.max(now, stage.wakeAt);
    stage.play({ type: 'timePassed' }, now);
  }
  return until;
}
