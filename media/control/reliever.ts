/** Carries out what `relief.ts` finds: calls go from workers that lag to those that do not, a few each second, and none of them again and again. */
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import type { WorkerState } from './choice.ts';
import { LOOK_EACH_MS, MOST_A_LOOK, Relief, type Relieve } from './relief.ts';

export interface RelieverOptions {
  clock: Clock;
  log: Logger;
  workers: () => WorkerState[];
  groupsOf: (worker: number) => Iterable<string>;
  /** false = it did not go. */
  move: (group: string, to: number) => Promise<boolean>;
}

/** A group that has been moved, or could not be, is not asked again so soon. */
const REST_MS = 30_000;
/** Of one worker each look; most of those who cannot go (recorded, mixed, hearing music) will not be able to in a moment. */
const MOST_TRIES_A_LOOK = 16;

export class Reliever {
  readonly #options: RelieverOptions;
  readonly #relief = new Relief();
  readonly #restUntilMs = new Map<string, number>();
  readonly #giving = new Set<number>();
  readonly stop: () => void;

  constructor(options: RelieverOptions) {
    this.#options = options;
    this.stop = options.clock.every(LOOK_EACH_MS, () => this.#look());
  }

  #look(): void {
    const { clock, workers } = this.#options;
    const nowMs = clock.now();
    for (const [group, untilMs] of this.#restUntilMs) if (untilMs <= nowMs) this.#restUntilMs.delete(group);
    for (const relieve of this.#relief.look(workers(), nowMs)) if (!this.#giving.has(relieve.from)) void this.#give(relieve, nowMs);
  }

  async #give({ from, to }: Relieve, nowMs: number): Promise<void> {
    const { groupsOf, move, log } = this.#options;
    const groups = [...groupsOf(from)].filter((group) => !this.#restUntilMs.has(group)).slice(0, MOST_TRIES_A_LOOK);
    this.#giving.add(from);
    let moved = 0;
    for (const group of groups) {
      this.#restUntilMs.set(group, nowMs + REST_MS);
      if (await move(group, to)) moved += 1;
      if (moved >= MOST_A_LOOK) break;
    }
    this.#giving.delete(from);
    if (moved > 0) log.warn({ from, to, moved }, 'a media worker lags: calls of its go on in another');
  }
}
