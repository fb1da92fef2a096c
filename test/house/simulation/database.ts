/** The played database: rows by their keys, the highest revision of each, as `store/records.ts` writes them; away, slow, read-only or in doubt as the dice fall. */
import { isOfCall, type KeptRecord } from '../../../src/cdr/kept.ts';
import type { CallRecord } from '../../../src/cdr/record.ts';
import type { Life } from './life.ts';
import type { World } from './world.ts';

export type Weather = 'well' | 'away' | 'slow' | 'read_only';

const fault = (message: string, code: string): Error => Object.assign(new Error(message), { code });

export class PlayedDatabase {
  weather: Weather = 'well';
  readonly #rows = new Map<string, KeptRecord>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  calls(): CallRecord[] {
    return [...this.#rows.values()].filter(isOfCall);
  }

  /** Everything that was ever written, as text. */
  texts(): string[] {
    return [...this.#rows.values()].map((record) => JSON.stringify(record));
  }

  /** What a program asked for before it died may still be done. */
  write(life: Life, records: readonly KeptRecord[]): Promise<void> {
    const { clock, dice } = this.#world;
    return new Promise((resolve, reject) => {
      const answer = (error: Error | null): void => {
        this.#world.stir();
        if (life.alive) error === null ? resolve() : reject(error);
      };
      if (this.weather === 'away') clock.after(dice.between(1, 50), () => answer(fault('connect ECONNREFUSED', 'ECONNREFUSED')));
      else if (this.weather === 'read_only') clock.after(2, () => answer(fault('cannot execute INSERT in a read-only transaction', '25006')));
      else {
        const slow = this.weather === 'slow' ? dice.between(500, 5_000) : dice.between(1, 20);
        clock.after(slow, () => {
          this.#commit(records);
          answer(this.#world.chance(0.08) ? fault('Connection terminated unexpectedly', 'ECONNRESET') : null);
        });
      }
    });
  }

  #commit(records: readonly KeptRecord[]): void {
    for (const record of records) if ((this.#rows.get(record.callId)?.revision ?? 0) < record.revision) this.#rows.set(record.callId, record);
  }
}
