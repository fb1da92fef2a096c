/**
 * Whether this process still has descriptors to give away. What listens takes in no more while they are few (kernel/listening.ts), so that calls under way
 * have those they need; and so that the loop does not spin: a connection that cannot be accepted keeps its listener ready for ever, and Node says nothing of it
 * (fault row A16).
 */
import { closeSync, openSync } from 'node:fs';
import type { Clock } from './clock.ts';

const LOOK_MS = 250;
/** Connections come faster than that: after so many it is looked at once. */
const LOOK_AFTER_TAKEN = 8;
/** Fewer than these can be opened: few are left. More than are taken in between two looks. */
const FEW = 16;
/** As many as these can be opened again: there are enough. */
const ENOUGH = 24;
/** Kept from all others, and given back when few are left: a way out to a trunk, a file of the journal, the application that comes back. */
const RESERVE = 8;
/** Fewer than these, the reserve included: none. */
const NONE = 2;
const LEAST_SCARCE_MS = 1_000;

export type Supply = 'enough' | 'few' | 'none';

/** The world's edge. */
export interface Slots {
  /** A descriptor that does nothing; undefined when there is none left. */
  take(): number | undefined;
  give(descriptor: number): void;
}

const systemSlots: Slots = {
  take() {
    try {
      return openSync('/', 'r');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EMFILE' || code === 'ENFILE') return undefined;
      throw error;
    }
  },
  give: closeSync,
};

export class Descriptors {
  readonly clock: Clock;
  readonly #slots: Slots;
  readonly #cancel: () => void;
  readonly #heard = new Set<() => void>();
  readonly #reserve: number[];
  #supply: Supply = 'enough';
  #fewSince = 0;
  #takenIn = 0;

  constructor(clock: Clock, slots: Slots = systemSlots) {
    this.clock = clock;
    this.#slots = slots;
    this.#reserve = this.#take(RESERVE);
    this.#cancel = clock.every(LOOK_MS, () => this.#look());
  }

  get supply(): Supply {
    return this.#supply;
  }

  /** Told when the supply has changed; returns its cancel. */
  onChange(heard: () => void): () => void {
    this.#heard.add(heard);
    return () => this.#heard.delete(heard);
  }

  /** A connection was taken in. */
  tookIn(): void {
    this.#takenIn += 1;
    if (this.#takenIn >= LOOK_AFTER_TAKEN) this.#look();
  }

  /** Somebody was told that there is none left. */
  ranOut(): void {
    if (this.#supply === 'enough') this.#runLow();
  }

  stop(): void {
    this.#cancel();
    this.#give(this.#reserve);
  }

  #look(): void {
    this.#takenIn = 0;
    if (this.#supply !== 'enough') this.#lookAgain();
    else if (this.#countUpTo(FEW) < FEW) this.#runLow();
  }

  #runLow(): void {
    this.#fewSince = this.clock.now();
    this.#give(this.#reserve);
    this.#become(this.#countUpTo(NONE) < NONE ? 'none' : 'few');
  }

  #lookAgain(): void {
    const count = this.#countUpTo(RESERVE + ENOUGH);
    if (count < RESERVE + ENOUGH || this.clock.now() - this.#fewSince < LEAST_SCARCE_MS) {
      this.#become(count < NONE ? 'none' : 'few');
      return;
    }
    this.#reserve.push(...this.#take(RESERVE));
    this.#become('enough');
  }

  #become(supply: Supply): void {
    if (supply === this.#supply) return;
    this.#supply = supply;
    for (const heard of this.#heard) heard();
  }

  #countUpTo(most: number): number {
    const taken = this.#take(most);
    const count = taken.length;
    this.#give(taken);
    return count;
  }

  #take(most: number): number[] {
    const taken: number[] = [];
    while (taken.length < most) {
      const one = this.#slots.take();
      if (one === undefined) break;
      taken.push(one);
    }
    return taken;
  }

  #give(taken: number[]): void {
    for (const one of taken.splice(0)) this.#slots.give(one);
  }
}
