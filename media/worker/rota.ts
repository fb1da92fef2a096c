/** Chores for many, done for a tenth of them at a time: what falls due each second for a thousand calls must not fall due at once. */
import type { Clock } from '../../kernel/clock.ts';

const TURNS = 10;

export class Rota<Item> {
  readonly #turns: Set<Item>[] = Array.from({ length: TURNS }, () => new Set<Item>());
  #turn = 0;

  /** Each item has its chore done once in `eachMs`; one that fails keeps no other waiting. */
  constructor(clock: Clock, eachMs: number, chore: (item: Item, nowMs: number) => void, onFault: (error: unknown) => void) {
    clock.every(eachMs / TURNS, () => {
      this.#turn = (this.#turn + 1) % TURNS;
      for (const item of this.#turns[this.#turn] ?? []) {
        try {
          chore(item, clock.now());
        } catch (error) {
          onFault(error);
        }
      }
    });
  }

  add(item: Item): void {
    this.#turns.reduce((least, turn) => (turn.size < least.size ? turn : least)).add(item);
  }

  delete(item: Item): void {
    for (const turn of this.#turns) turn.delete(item);
  }
}
