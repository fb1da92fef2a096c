/**
 * Whether there is room to record. Looked at before the disk is full, so that those who must be recorded are refused in time instead of
 * being carried unrecorded; and believed at once when a recording ended for want of room.
 */
import { statfs } from 'node:fs/promises';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';

export type Space = 'ok' | 'low' | 'full';

const LOOK_EACH_MS = 5_000;
/** After a recording ended for want of room. */
const BELIEVED_MS = 30_000;
/** `low` begins at four times what counts as full. */
const LOW_FACTOR = 4;

export interface SpaceOptions {
  dir: string;
  /** Less than this is full. */
  leastBytes: number;
  clock: Clock;
  log: Logger;
  /** Told when it becomes full, and when it no longer is. */
  changed?: (full: boolean) => void;
  /** Free bytes; rejects when it cannot be told. */
  free?: (dir: string) => Promise<number>;
}

export class SpaceWatch {
  readonly #options: SpaceOptions;
  readonly #stop: () => void;
  #space: Space = 'ok';
  #fullUntil = 0;

  constructor(options: SpaceOptions) {
    this.#options = options;
    this.#stop = options.clock.every(LOOK_EACH_MS, () => void this.look());
  }

  get space(): Space {
    return this.#space;
  }

  /** A recording ended for want of room. */
  ranOut(): void {
    this.#fullUntil = this.#options.clock.now() + BELIEVED_MS;
    this.#turn('full', 0);
  }

  async look(): Promise<void> {
    const { dir, leastBytes, clock, free = freeOf } = this.#options;
    let bytes: number;
    try {
      bytes = await free(dir);
    } catch {
      // Before the first recording there is no folder yet.
      return;
    }
    if (bytes < leastBytes || clock.now() < this.#fullUntil) this.#turn('full', bytes);
    else this.#turn(bytes < leastBytes * LOW_FACTOR ? 'low' : 'ok', bytes);
  }

  close(): void {
    this.#stop();
  }

  #turn(space: Space, freeBytes: number): void {
    if (space === this.#space) return;
    const wasFull = this.#space === 'full';
    this.#space = space;
    if (wasFull !== (space === 'full')) this.#options.changed?.(space === 'full');
    const { log, dir } = this.#options;
    if (space === 'full') log.error({ dir, freeBytes }, 'ALARM: the disk of the recordings is full: tenants that must record are refused');
    else if (space === 'low') log.error({ dir, freeBytes }, 'ALARM: the disk of the recordings is nearly full');
    else log.info({ dir, freeBytes }, 'there is room for recordings');
  }
}

async function freeOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}
