/**
 * Proves that the rooms decide today as they did: each turn's event is told again, and the facts they establish must be those
 * that the journal has behind it, in its order. Pure but for the rooms it is given.
 *
 * Calls that were up when a snapshot was taken are not in it (they do not outlive a process): what the rooms said of them is
 * told, counted, and not asked for again.
 */
import { createHash } from 'node:crypto';
import type { Command, Event, Recorded, Room } from '../vocabulary.ts';
import { differences } from './compare.ts';

export interface Difference {
  seq: number;
  at: number;
  /** Of the event from outside whose turn it is. */
  cause: Event;
  /** null = the journal has nothing here */
  then: Event | null;
  /** null = the rooms establish nothing here */
  now: Event | null;
  fields: string[];
}

const NOTHING: ReturnType<Room['decide']> = { events: [], commands: [], wakeAt: null };

/** A room that throws has said nothing, then as now. */
function decided(room: Room, event: Event, at: number): ReturnType<Room['decide']> {
  try {
    return room.decide(event, at);
  } catch {
    return NOTHING;
  }
}

const FIELDS_OF_NOTHING = { journal: 'the journal has nothing here', rooms: 'the rooms establish nothing here' };

export class Proof {
  readonly #rooms: readonly Room[];
  readonly #then = createHash('sha256');
  readonly #now = createHash('sha256');
  readonly #fromStart: boolean;
  /** Calls whose arrival was told. */
  readonly #known = new Set<string>();
  #due: Event[] = [];
  #cause: Recorded | null = null;
  events = 0;
  facts = 0;
  passedOver = 0;

  constructor(rooms: readonly Room[], fromStart: boolean) {
    this.#rooms = rooms;
    this.#fromStart = fromStart;
  }

  /** Tells the rooms one event; the first difference ends the proof. Answers with their commands otherwise. */
  take(recorded: Recorded): Difference | Command[] {
    const difference = recorded.derived === true ? this.#match(recorded) : this.#turnOver(recorded);
    if (difference !== null) return difference;
    const { event, at } = recorded;
    if (event.type === 'callArrived') this.#known.add(event.callId);
    this.events += 1;
    this.#then.update(JSON.stringify(event));
    const turns = this.#rooms.map((room) => decided(room, event, at));
    for (const turn of turns) for (const fact of turn.events) this.#due.push(fact);
    if (event.type === 'callEnded') this.#known.delete(event.callId);
    return turns.flatMap((turn) => turn.commands);
  }

  /** The last turn's facts must be there too. null: all is equal. */
  end(): Difference | null {
    return this.#leftOver();
  }

  /** Of everything that was recorded; and of what the rooms made of it. */
  hashes(): { journal: string; now: string } {
    return { journal: this.#then.copy().digest('hex'), now: this.#now.copy().digest('hex') };
  }

  #turnOver(recorded: Recorded): Difference | null {
    const left = this.#leftOver();
    this.#due = [];
    this.#cause = recorded;
    this.#now.update(JSON.stringify(recorded.event));
    return left;
  }

  /** A journal that ends in mid-turn has not heard them yet. */
  #leftOver(): Difference | null {
    const fact = this.#due.find((due) => !this.#isOld(due));
    if (fact === undefined) {
      this.passedOver += this.#due.length;
      return null;
    }
    return this.#differ(this.#cause, null, fact, [FIELDS_OF_NOTHING.journal]);
  }

  #match(recorded: Recorded): Difference | null {
    const { event } = recorded;
    if (this.#isOld(event)) {
      this.#passOver(event);
      return null;
    }
    while (this.#due[0] !== undefined && this.#isOld(this.#due[0])) {
      this.#due.shift();
      this.passedOver += 1;
    }
    const due = this.#due.shift();
    if (due === undefined) return this.#differ(recorded, event, null, [FIELDS_OF_NOTHING.rooms]);
    const told = asThen(due, event);
    const text = JSON.stringify(told);
    this.#now.update(text);
    this.facts += 1;
    return text === JSON.stringify(event) ? null : this.#differ(recorded, event, told, differences(event, told));
  }

  /** As it was recorded, whether the rooms know of it or not. */
  #passOver(event: Event): void {
    const text = JSON.stringify(event);
    const at = this.#due.findIndex((due) => JSON.stringify(asThen(due, event)) === text);
    if (at >= 0) this.#due.splice(at, 1);
    this.#now.update(text);
    this.passedOver += 1;
  }

  #isOld(event: Event): boolean {
    return !this.#fromStart && 'callId' in event && event.callId !== null && !this.#known.has(event.callId);
  }

  #differ(recorded: Recorded | null, then: Event | null, now: Event | null, fields: string[]): Difference {
    return { seq: recorded?.seq ?? 0, at: recorded?.at ?? 0, cause: (this.#cause?.event ?? then ?? now) as Event, then, now, fields };
  }
}

/** What this build says beyond what the build of that day could: who of old was offered a call was not told why. */
function asThen(expected: Event, then: Event): Event {
  if (expected.type !== 'callOffered' || then.type !== 'callOffered' || then.choice !== undefined) return expected;
  const { choice: _, ...told } = expected;
  return told;
}
