/** One seeded shift: every turn is checked, repeated by a second core from the log, and by a third from a snapshot. */
import { legIdOf } from '../../../kernel/ids.ts';
import type { Command, Event, Turn } from '../../vocabulary.ts';
import { type Acd, createAcd } from '../acd.ts';
import { Violation } from './demand.ts';
import { Dice } from './dice.ts';
import { Disorder } from './disorder.ts';
import { checkTurn, checkView } from './invariants.ts';
import { Observer } from './observer.ts';
import { World } from './world.ts';

export interface Entry {
  /** ms since 1970 */
  at: number;
  event: Event;
  /** A second core was made from a snapshot before this. */
  branched?: true;
  /** The core was put away before this, and one that was made from its snapshot went on in its place. */
  restored?: true;
}

export interface Shift {
  seed: number;
  log: Entry[];
  /** FNV-1a over every turn: same seed, same hash. */
  hash: string;
  offers: number;
  answered: number;
  exits: number;
}

export interface Fault {
  seed: number;
  message: string;
  /** The shortest log found that still breaks an invariant. */
  trace: Entry[];
}

export const START = 1_700_000_000_000;
const MOST_SHRINKING_RUNS = 400;
/** FNV offset basis */
export const NO_TURNS = 0x811c9dc5;

/** Throws a Violation at the first turn that breaks an invariant. */
class Stage {
  readonly log: Entry[] = [];
  readonly observer: Observer;
  acd: Acd;
  wakeAt: number | null = null;
  hash = NO_TURNS;
  readonly #make: () => Acd;
  readonly #hurried: boolean;
  #checked = 0;
  #branched = false;
  #restored = false;
  #twin: Acd | null = null;

  constructor(make: () => Acd, hurried: boolean) {
    this.#make = make;
    this.acd = make();
    this.#hurried = hurried;
    this.observer = new Observer(hurried);
  }

  /** One turn of the switchboard: the event, then the facts it led to. */
  play(event: Event, at: number): void {
    this.log.push({ at, event, ...(this.#branched ? { branched: true } : {}), ...(this.#restored ? { restored: true } : {}) });
    this.#branched = false;
    this.#restored = false;
    const facts: Event[] = [event];
    for (const fact of facts) {
      const turn = this.#decide(fact, at);
      if (fact === event) this.#check(fact, turn, at);
      else if (turn.events.length > 0 || turn.commands.length > 0) throw new Violation(`INV10: ${fact.type}, its own fact, led to more`);
      facts.push(...turn.events);
      this.wakeAt = turn.wakeAt;
    }
  }

  /** `told` may have gone back; for who watches, time stands still until it has caught up, and at once is now. */
  #check(event: Event, answered: Turn<Event, Command>, told: number): void {
    const at = Math.max(told, this.observer.now);
    const turn = answered.wakeAt === told ? { ...answered, wakeAt: at } : answered;
    this.observer.see(event, turn, at);
    checkTurn(this.observer, event, turn, at, this.#hurried);
    this.#checked += 1;
    if (this.#checked % 8 === 0 && (turn.wakeAt ?? Number.POSITIVE_INFINITY) > at) checkView(this.observer, this.acd.view, at);
  }

  /** From here on a core that was made from a snapshot must decide alike. */
  branch(): void {
    this.#branched = true;
    this.#twin = this.#make();
    this.#twin.restore(JSON.parse(JSON.stringify(this.acd.snapshot())));
  }

  /** The process died and came back: what goes on is a core that has only the snapshot. */
  restart(): void {
    this.#restored = true;
    const next = this.#make();
    next.restore(JSON.parse(JSON.stringify(this.acd.snapshot())));
    this.acd = next;
  }

  cut(): void {
    this.#twin = null;
  }

  #decide(event: Event, at: number): Turn<Event, Command> {
    const turn = this.acd.decide(event, at);
    const text = written(turn);
    this.hash = fnv(this.hash, text);
    if (this.#twin !== null && written(this.#twin.decide(event, at)) !== text)
      throw new Violation(`INV10: the core from the snapshot decided otherwise on ${event.type}`);
    return turn;
  }
}

/** Every fifth shift is hurried: its core may do but two things of each kind in a turn. */
const isHurried = (seed: number): boolean => seed % 5 === 0;
const MOST_IN_A_HURRY = 2;

/** `events` is how many the dice throw; timers, and the hanging up at the end, come on top. `make`: the core to be tried. */
export function runShift(seed: number, events: number, make?: () => Acd): Shift | Fault {
  const hurried = make === undefined && isHurried(seed);
  const core = make ?? (() => createAcd(hurried ? MOST_IN_A_HURRY : undefined));
  const stage = new Stage(core, hurried);
  try {
    shift(stage, seed, events);
    if (seed % 4 === 0 && replay(stage.log, core) !== stage.hash) throw new Violation('INV10: the same log gave other turns');
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const faultIn = (log: readonly Entry[]): string | null => {
      const again = new Stage(core, hurried);
      // What is found at the end of a shift is looked for at the end of the log.
      return faultOf(log, again, error instanceof FoundAtTheEnd ? () => endOf(again) : undefined);
    };
    return { seed, message: error.message, trace: shrink(stage.log, error.message, faultIn) };
  }
  const { offers, answered, exits } = stage.observer.tally;
  return { seed, log: stage.log, hash: (stage.hash >>> 0).toString(16).padStart(8, '0'), offers, answered, exits };
}

export const isFault = (result: Shift | Fault): result is Fault => 'message' in result;

function shift(stage: Stage, seed: number, events: number): void {
  const dice = new Dice(seed);
  const world = new World(dice, stage.observer);
  let now = START;
  for (const event of world.opening()) stage.play(event, now);
  const disorder = isDisordered(seed) ? new Disorder(new Dice(seed ^ 0x2545f491)) : null;
  for (let thrown = 0; thrown < events; thrown += 1) {
    now = wait(stage, dice, now, pauseOf(dice) + (disorder?.jumpMs() ?? 0));
    if (disorder?.restarts() === true) {
      stage.restart();
      now -= disorder.setBackMs();
    }
    for (const event of disorder?.of(world.next()) ?? [world.next()]) stage.play(event, now);
    if (thrown % 400 === 100) stage.branch();
    if (thrown % 400 === 250) stage.cut();
  }
  for (let last = world.closing(); last !== null; last = world.closing()) stage.play(last, now);
  now = wait(stage, dice, now, 3_600_000);
  nothingIsLeft(stage);
}

/** Every third shift loses, doubles and reorders what it is told, and its core is put away and taken out of its snapshot again. */
const isDisordered = (seed: number): boolean => seed % 3 === 1;

const pauseOf = (dice: Dice): number => (dice.chance(0.3) ? 0 : dice.chance(0.9) ? dice.between(1, 400) : dice.between(400, 15_000));

/** Lets time pass, with the wakes that were asked for, now and then a little late. */
function wait(stage: Stage, dice: Dice, from: number, ms: number): number {
  const until = from + ms;
  let now = from;
  while (stage.wakeAt !== null && stage.wakeAt <= until) {
    now = Math.max(now, stage.wakeAt) + (dice.chance(0.2) ? dice.between(0, 30) : 0);
    stage.play({ type: 'timePassed' }, now);
  }
  return Math.max(now, until);
}

/** What is broken only when the shift is over. */
class FoundAtTheEnd extends Violation {}

/** Of a log that was shortened: every caller and agent hangs up whom the observer still knows, an hour passes. */
function endOf(stage: Stage): void {
  const { calls, legs } = stage.observer;
  const at = stage.observer.now;
  const ending = { cause: 'normal', by: 'far_end' } as const;
  for (const { callId, gone } of [...calls.values()]) if (!gone) stage.play({ type: 'legEnded', callId, legId: legIdOf(callId, 0), ending }, at);
  for (const [legId, { callId }] of [...legs]) stage.play({ type: 'legEnded', callId, legId, ending }, at);
  for (const callId of [...calls.keys()]) stage.play({ type: 'callEnded', callId, ending }, at);
  for (let wakes = 0; wakes < MOST_LAST_WAKES && stage.wakeAt !== null && stage.wakeAt <= at + AN_HOUR_MS; wakes += 1)
    stage.play({ type: 'timePassed' }, Math.max(stage.wakeAt, stage.observer.now));
  nothingIsLeft(stage);
}

const AN_HOUR_MS = 3_600_000;
/** Reserves of an estimate are looked at every 10 s, wishes of a hurried core at once. */
const MOST_LAST_WAKES = 5_000;

/** INV8: when the last call is over, nothing of any call is kept. */
function nothingIsLeft(stage: Stage): void {
  const left = stage.acd.snapshot() as { calls: unknown[]; leaving: unknown[]; unsaid: unknown[] };
  const { entries, exits } = stage.observer.tally;
  if (left.calls.length + left.leaving.length + left.unsaid.length > 0 || isLeftOver(stage)) throw new FoundAtTheEnd('INV8: calls or timers are left over');
  if (entries < exits) throw new FoundAtTheEnd(`INV5: ${entries} came in and ${exits} went out`);
}

/** What a calendar or a switch does next is of no call. */
const isLeftOver = ({ wakeAt, observer }: Stage): boolean =>
  wakeAt !== null && wakeAt < observer.now + A_DAY_MS && !observer.doors.boundaries(observer.now).includes(wakeAt);

/** No timer of a call or an agent is so long. */
const A_DAY_MS = 86_400_000;

/** The hash of the turns a new core makes of the log; the facts it was told behind each event are its own again. */
export function replay(log: readonly Entry[], make: () => Acd): number {
  const acd = make();
  let hash = NO_TURNS;
  // That it was put away in between must not show: this one never is.
  for (const { at, event } of log) {
    const facts: Event[] = [event];
    for (const fact of facts) {
      const turn = acd.decide(fact, at);
      facts.push(...turn.events);
      hash = fnv(hash, written(turn));
    }
  }
  return hash;
}

/** Leaves out ever smaller parts of the log for as long as the same invariant breaks. */
export function shrink(log: readonly Entry[], message: string, faultIn: (shorter: readonly Entry[]) => string | null): Entry[] {
  const invariant = message.split(':')[0];
  let best = [...log];
  let runs = 0;
  for (let part = best.length >> 1; part >= 1; part >>= 1) {
    for (let from = best.length - part; from >= 0; from -= part) {
      if (runs >= MOST_SHRINKING_RUNS) return best;
      runs += 1;
      const shorter = best.toSpliced(from, part);
      if (faultIn(shorter)?.split(':')[0] === invariant) best = shorter;
    }
  }
  return best;
}

/** Where a log can be played again. */
export interface Replayed {
  readonly wakeAt: number | null;
  play(event: Event, at: number): void;
  branch(): void;
  restart(): void;
}

/** Plays a log that has holes: a wake the core asks for comes even where the log has lost it. `end`: what is looked at when it is over. */
export function faultOf(log: readonly Entry[], stage: Replayed, end: () => void = () => undefined): string | null {
  try {
    for (const { at, event, branched, restored } of log) {
      if (branched) stage.branch();
      if (restored) stage.restart();
      while (stage.wakeAt !== null && stage.wakeAt < at) stage.play({ type: 'timePassed' }, stage.wakeAt);
      stage.play(event, at);
    }
    end();
    return null;
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  }
}

/** Most turns are empty but for the wake. */
export const written = (turn: Turn<Event, Command>): string => (turn.events.length + turn.commands.length === 0 ? `${turn.wakeAt}` : JSON.stringify(turn));

export function fnv(hash: number, text: string): number {
  let mixed = hash;
  for (let at = 0; at < text.length; at += 1) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193);
  return mixed;
}
