/**
 * The next minutes of a few queues that share agents, played through with dice: who stands in line is served in order by whoever is free first of
 * those who may serve it, unless it loses heart before. Who comes later stands behind, so that nobody who is yet to come matters.
 */

import { patienceLeft, type Survival } from './patience.ts';
import { type Drawn, remaining } from './spread.ts';

/** What callers of one queue are like. */
export interface Kind {
  handling: Drawn;
  survival: Survival;
}

export interface Server {
  /** Bits of the lines she serves. */
  serves: number;
  /** null = free now; else what she does, since when, and when it ends at the latest. */
  busy: { kind: Kind; elapsedMs: number; mostMs: number } | null;
}

export interface Client {
  /** Bit of its line. */
  line: number;
  kind: Kind;
  waitedMs: number;
  /** It has no patience to lose. */
  patient: boolean;
  /** Its wait is asked for, as number so and so; -1 = it only stands in the way. */
  asked: number;
}

/** `waits[path * asked + n]`: ms until number n is served, should it wait for as long as it takes; Infinity = nobody serves it. */
export function play(servers: readonly Server[], clients: readonly Client[], asked: number, paths: number, luck: () => number): Float64Array {
  const waits = new Float64Array(paths * asked).fill(Number.POSITIVE_INFINITY);
  const masks = [...new Set(servers.map(({ serves }) => serves))];
  const heaps = masks.map(() => new Heap(servers.length));
  const heapOf = new Map(masks.map((mask, at) => [mask, heaps[at]]));
  const heapsOf = new Map<number, Heap[]>();
  for (const { line } of clients)
    if (!heapsOf.has(line))
      heapsOf.set(
        line,
        heaps.filter((_, at) => ((masks[at] ?? 0) & line) !== 0),
      );
  for (let path = 0; path < paths; path += 1) {
    for (const heap of heaps) heap.size = 0;
    for (const { serves, busy } of servers)
      heapOf.get(serves)?.add(busy === null ? 0 : Math.min(busy.mostMs, remaining(busy.kind.handling, busy.elapsedMs, luck())));
    for (const client of clients) {
      const heap = soonest(heapsOf.get(client.line) ?? []);
      if (heap === null) continue;
      const at = heap.least();
      if (client.asked >= 0) waits[path * asked + client.asked] = at;
      if (!client.patient && patienceLeft(client.kind.survival, client.waitedMs, luck()) < at) continue;
      heap.replaceLeast(at + remaining(client.kind.handling, 0, luck()));
    }
  }
  return waits;
}

function soonest(heaps: readonly Heap[]): Heap | null {
  let best: Heap | null = null;
  for (const heap of heaps) if (heap.size > 0 && (best === null || heap.least() < best.least())) best = heap;
  return best;
}

/** When agents are free, the soonest first. */
class Heap {
  readonly #at: Float64Array;
  size = 0;

  constructor(most: number) {
    this.#at = new Float64Array(most);
  }

  least(): number {
    return this.#at[0] ?? Number.POSITIVE_INFINITY;
  }

  add(value: number): void {
    const at = this.#at;
    let here = this.size;
    this.size += 1;
    while (here > 0) {
      const above = (here - 1) >> 1;
      const parent = at[above] ?? 0;
      if (parent <= value) break;
      at[here] = parent;
      here = above;
    }
    at[here] = value;
  }

  replaceLeast(value: number): void {
    const at = this.#at;
    let here = 0;
    for (let below = 1; below < this.size; below = 2 * here + 1) {
      if (below + 1 < this.size && (at[below + 1] ?? 0) < (at[below] ?? 0)) below += 1;
      const child = at[below] ?? 0;
      if (child >= value) break;
      at[here] = child;
      here = below;
    }
    at[here] = value;
  }
}
