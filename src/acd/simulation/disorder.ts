/** What happens to events on their way to the routing core on a bad day: lost, doubled, late, behind others; and clocks that jump, forward, and back over a restart. */
import type { Event } from '../../vocabulary.ts';
import type { Dice } from './dice.ts';

const LOST = 0.02;
const DOUBLED = 0.03;
const HELD_BACK = 0.03;
const MOST_HELD = 5;
const JUMP = 0.002;
const LONGEST_JUMP_MS = 2 * 3_600_000;
const RESTART = 0.002;
const SET_BACK = 0.5;
const LONGEST_SET_BACK_MS = 600_000;

export class Disorder {
  readonly #dice: Dice;
  /** Told later, in no order. */
  readonly #held: Event[] = [];

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** What is told in place of this one event. */
  of(event: Event): Event[] {
    const told: Event[] = [];
    if (this.#dice.chance(LOST)) return told;
    if (this.#held.length < MOST_HELD && this.#dice.chance(HELD_BACK)) this.#held.push(event);
    else told.push(event);
    if (this.#dice.chance(DOUBLED)) told.push(event);
    const late = this.#held.length > 0 && this.#dice.chance(0.3) ? this.#held.splice(this.#dice.between(0, this.#held.length - 1), 1) : [];
    return [...told, ...late];
  }

  /** The machine slept, or its clock was set. */
  jumpMs(): number {
    return this.#dice.chance(JUMP) ? this.#dice.between(60_000, LONGEST_JUMP_MS) : 0;
  }

  /** While the process was down its clock was set back; in one that runs it never is (kernel/clock.ts). */
  setBackMs(): number {
    return this.#dice.chance(SET_BACK) ? this.#dice.between(1, LONGEST_SET_BACK_MS) : 0;
  }

  restarts(): boolean {
    return this.#dice.chance(RESTART);
  }
}
