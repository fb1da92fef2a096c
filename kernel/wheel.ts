/**
 * Many short waits behind one timer: a wheel of slots a tick wide. Setting and cancelling touch one slot, whatever else waits; at 1,000 calls
 * a second 64,000 transactions wait at any moment, and nearly every wait but the last of a transaction is cancelled.
 */
import type { Clock } from './clock.ts';

const TICK_MS = 10;
/** A power of two; the wheel spans 41 s, longer than any timer of a transaction. Longer waits go to the clock itself. */
const SLOTS = 4096;
const TURNING = 0;

/** One wait, linked to its neighbours of the same slot. The head of a slot's ring is one too. */
interface Wait {
  before: Wait;
  after: Wait;
  fn: (() => void) | undefined;
}

/**
 * A clock whose waits fire never early, and late by at most one tick more than the clock's own; those of one tick in the order they were set.
 * What a wait throws is told to `onFault` and harms no other.
 */
export class WheelClock implements Clock {
  readonly #clock: Clock;
  readonly #onFault: (error: unknown) => void;
  /** Empty slots are undefined. */
  readonly #slots: (Wait | undefined)[] = new Array<Wait | undefined>(SLOTS).fill(undefined);
  readonly #startedAt: number;
  /** Ticks up to this one have fired. */
  #done = 0;
  #waiting = 0;
  /** The tick that the one timer is set for: no slot before it holds anything. `TURNING` while slots fire. */
  #armedFor = Number.POSITIVE_INFINITY;
  #disarm: () => void = () => undefined;
  /** Waits that the clock itself keeps. */
  readonly #long = new Set<() => void>();
  #isStopped = false;

  constructor(clock: Clock, onFault: (error: unknown) => void) {
    this.#clock = clock;
    this.#onFault = onFault;
    this.#startedAt = clock.now();
  }

  /** Waits set and neither fired nor cancelled. */
  get waiting(): number {
    return this.#waiting;
  }

  now(): number {
    return this.#clock.now();
  }

  every(ms: number, fn: () => void): () => void {
    return this.#clock.every(ms, () => this.#safely(fn));
  }

  after(ms: number, fn: () => void): () => void {
    if (this.#isStopped) return () => undefined;
    const since = this.#clock.now() - this.#startedAt;
    this.#done = Math.max(this.#done, Math.min(Math.floor(since / TICK_MS), this.#armedFor - 1));
    const due = Math.max(this.#done + 1, Math.ceil((since + ms) / TICK_MS));
    if (due - this.#done >= SLOTS) return this.#afterLong(ms, fn);
    const wait = this.#add(due & (SLOTS - 1), fn);
    if (due < this.#armedFor) this.#arm(due);
    return () => this.#cancel(wait);
  }

  /** Nothing that waits fires any more, nor does anything that is set from now on: the end of whoever used it. */
  stop(): void {
    this.#isStopped = true;
    this.#disarm();
    this.#slots.fill(undefined);
    this.#waiting = 0;
    for (const cancel of this.#long) cancel();
    this.#long.clear();
  }

  #afterLong(ms: number, fn: () => void): () => void {
    const cancel = this.#clock.after(ms, () => {
      this.#long.delete(cancel);
      this.#safely(fn);
    });
    this.#long.add(cancel);
    return () => {
      this.#long.delete(cancel);
      cancel();
    };
  }

  #add(slot: number, fn: () => void): Wait {
    const ring = this.#slots[slot] ?? this.#newRing(slot);
    const wait: Wait = { before: ring.before, after: ring, fn };
    ring.before.after = wait;
    ring.before = wait;
    this.#waiting += 1;
    return wait;
  }

  #newRing(slot: number): Wait {
    const ring = emptyRing();
    this.#slots[slot] = ring;
    return ring;
  }

  #cancel(wait: Wait): void {
    if (wait.fn === undefined || this.#isStopped) return;
    this.#take(wait);
  }

  /** Out of its ring; what it did is forgotten, so that a cancel held on to holds nothing. */
  #take(wait: Wait): void {
    wait.before.after = wait.after;
    wait.after.before = wait.before;
    wait.fn = undefined;
    wait.before = wait;
    wait.after = wait;
    this.#waiting -= 1;
  }

  #arm(tick: number): void {
    this.#disarm();
    this.#armedFor = tick;
    this.#disarm = this.#clock.after(this.#startedAt + tick * TICK_MS - this.#clock.now(), () => this.#turn());
  }

  /** Fires what is due and sets the timer for the next slot that holds anything. */
  #turn(): void {
    this.#armedFor = TURNING;
    const until = Math.floor((this.#clock.now() - this.#startedAt) / TICK_MS);
    // A process that slept longer than the wheel spans has every slot due once.
    for (let left = SLOTS; this.#done < until && left > 0; left -= 1) {
      this.#done += 1;
      this.#fire(this.#done & (SLOTS - 1));
    }
    this.#done = Math.max(this.#done, until);
    this.#armedFor = Number.POSITIVE_INFINITY;
    if (this.#isStopped) return;
    const next = this.#nextTick();
    if (next !== undefined) this.#arm(next);
  }

  /** What a wait sets anew lands in a later slot, or waits for the next round. */
  #fire(slot: number): void {
    const ring = this.#slots[slot];
    if (ring === undefined) return;
    this.#slots[slot] = undefined;
    for (let wait = ring.after; wait !== ring && !this.#isStopped; wait = ring.after) {
      const { fn } = wait;
      this.#take(wait);
      if (fn !== undefined) this.#safely(fn);
    }
  }

  #nextTick(): number | undefined {
    if (this.#waiting === 0) return undefined;
    for (let tick = this.#done + 1; tick <= this.#done + SLOTS; tick += 1) {
      const ring = this.#slots[tick & (SLOTS - 1)];
      if (ring === undefined) continue;
      if (ring.after !== ring) return tick;
      this.#slots[tick & (SLOTS - 1)] = undefined;
    }
    return undefined;
  }

  #safely(fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.#onFault(error);
    }
  }
}

function emptyRing(): Wait {
  const ring: { before?: Wait; after?: Wait; fn: undefined } = { fn: undefined };
  ring.before = ring as Wait;
  ring.after = ring as Wait;
  return ring as Wait;
}
