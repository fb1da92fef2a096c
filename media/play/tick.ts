/**
 * The one beat of a worker. Everything that must send each 20 ms sits in one of four slots of 5 ms, so that a thousand players do
 * not all send in the same millisecond. The beat follows the clock, not the timer: lateness is made good, drift does not add up.
 * Nothing beats while nobody plays.
 */
import type { Clock } from '../../kernel/clock.ts';

export interface Player {
  /** `frame` counts the worker's 20 ms; `skipped` frames before this one were left out because the worker was late. */
  beat(frame: number, skipped: number, nowMs: number): void;
}

const SLOT_MS = 5;
const SLOTS = 4;
/** Later than this, what was missed is left out rather than sent in a burst. */
const MOST_LATE_MS = 60;

export class Tick {
  readonly #clock: Clock;
  readonly #slots: Set<Player>[] = Array.from({ length: SLOTS }, () => new Set<Player>());
  readonly #onFault: (error: unknown) => void;
  readonly #slot: { begins(): void; ends(): void };
  #next = 0;
  #running = false;

  /** `slot`: those of a slot have their turn between the one and the other. */
  constructor(clock: Clock, onFault: (error: unknown) => void, slot = { begins: (): void => undefined, ends: (): void => undefined }) {
    this.#clock = clock;
    this.#onFault = onFault;
    this.#slot = slot;
  }

  add(player: Player): void {
    if (this.#slots.some((slot) => slot.has(player))) return;
    const emptiest = this.#slots.reduce((least, slot) => (slot.size < least.size ? slot : least));
    emptiest.add(player);
    if (this.#running) return;
    this.#running = true;
    this.#next = Math.ceil(this.#clock.now() / SLOT_MS);
    this.#wait();
  }

  remove(player: Player): void {
    for (const slot of this.#slots) slot.delete(player);
  }

  #wait(): void {
    this.#clock.after(Math.max(1, this.#next * SLOT_MS - this.#clock.now()), () => this.#fire());
  }

  #fire(): void {
    const nowMs = this.#clock.now();
    const due = Math.floor(nowMs / SLOT_MS);
    let skippedRounds = 0;
    if ((due - this.#next) * SLOT_MS > MOST_LATE_MS) {
      // Whole rounds, so that every slot misses the same; the round that is left tells each player of it.
      skippedRounds = Math.floor((due - this.#next + 1) / SLOTS) - 1;
      this.#next += skippedRounds * SLOTS;
    }
    for (let beats = 0; this.#next <= due; this.#next += 1, beats += 1) this.#beatSlot(this.#next, beats < SLOTS ? skippedRounds : 0, nowMs);
    if (this.#slots.every((slot) => slot.size === 0)) this.#running = false;
    else this.#wait();
  }

  #beatSlot(slotNumber: number, skipped: number, nowMs: number): void {
    const frame = Math.floor(slotNumber / SLOTS);
    this.#slot.begins();
    for (const player of this.#slots[slotNumber % SLOTS] ?? []) {
      try {
        player.beat(frame, skipped, nowMs);
      } catch (error) {
        this.remove(player);
        this.#onFault(error);
      }
    }
    this.#slot.ends();
  }
}
