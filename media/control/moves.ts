/**
 * Groups on their way from one worker to another. The old worker gives the group up, the new one takes it up (`worker/moving.ts`); what is asked of the
 * group meanwhile waits, so that no order reaches a worker that has it no longer, or not yet.
 */
import { MediaError } from '../port.ts';
import type { WorkerPool } from '../worker/pool.ts';

/** Requests that wait for groups to arrive; those beyond are refused. */
const MOST_WAITING = 500;

export interface Move {
  endpointIds: string[];
  from: number;
  to: number;
  /** The old worker has given it up: from now on it is the new one's. */
  place: () => void;
  /** The new one could not take it up. */
  lost: (reason: string) => void;
}

export class Moves {
  readonly #pool: Pick<WorkerPool, 'order'>;
  readonly #under = new Map<string, Promise<boolean>>();
  #waiting = 0;
  /** Groups that arrived. */
  moved = 0;

  constructor(pool: Pick<WorkerPool, 'order'>) {
    this.#pool = pool;
  }

  get none(): boolean {
    return this.#under.size === 0;
  }

  isUnder(group: string): boolean {
    return this.#under.has(group);
  }

  /** false = it stays where it is: more is done with it than to relay it, or something of it is under way; or it is lost. */
  move(group: string, move: Move): Promise<boolean> {
    const under = this.#move(move).finally(() => this.#under.delete(group));
    this.#under.set(group, under);
    return under;
  }

  async #move({ endpointIds, from, to, place, lost }: Move): Promise<boolean> {
    // A worker that dies takes with it what it has; whose it is then is told as ever.
    const moving = await this.#pool.order(from, 'yield', { endpointIds }).catch(() => null);
    if (moving === null) return false;
    place();
    try {
      await this.#pool.order(to, 'adopt', { moving });
    } catch (error) {
      lost((error as Error).message);
      return false;
    }
    this.moved += 1;
    return true;
  }

  /** Resolves when none of these is on its way. Rejects with a MediaError when too many wait. */
  async settled(groups: readonly string[]): Promise<void> {
    const under = groups.flatMap((group) => this.#under.get(group) ?? []);
    if (under.length === 0) return;
    if (this.#waiting >= MOST_WAITING)
      throw new MediaError('unavailable', `${MOST_WAITING} requests wait for calls that are moved from one media worker to another`);
    this.#waiting += 1;
    await Promise.all(under);
    this.#waiting -= 1;
  }
}
