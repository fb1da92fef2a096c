import { readFileSync } from 'node:fs';

/** Behind one address may sit a whole floor of browsers; what has not yet said anything is another matter (slowloris). */
const MOST_PER_SOURCE = 2_000;
const MOST_SILENT_PER_SOURCE = 100;
const MOST_CONNECTIONS = 20_000;
/** Descriptors kept for everything else: datagrams, applications, files, calls of our own. */
const SPARE_DESCRIPTORS = 128;
const LEAST_CONNECTIONS = 16;

/** One connection's place; told twice is told once. */
export interface Pass {
  /** It said something that is SIP. */
  heard(): void;
  leave(): void;
}

/** How many connections one source, and all together, may hold. */
export class Gate {
  readonly #sources = new Map<string, { all: number; silent: number }>();
  readonly #most: number;
  #count = 0;

  constructor(most = Math.max(LEAST_CONNECTIONS, Math.min(MOST_CONNECTIONS, descriptorLimit() - SPARE_DESCRIPTORS))) {
    this.#most = most;
  }

  get size(): number {
    return this.#count;
  }

  /** undefined: no more from there, or none at all. */
  enter(address: string): Pass | undefined {
    const row = this.#sources.get(address) ?? { all: 0, silent: 0 };
    if (this.#count >= this.#most || row.all >= MOST_PER_SOURCE || row.silent >= MOST_SILENT_PER_SOURCE) return undefined;
    this.#sources.set(address, row);
    this.#count += 1;
    row.all += 1;
    row.silent += 1;
    let silent = true;
    const heard = (): void => {
      if (silent) row.silent -= 1;
      silent = false;
    };
    let here = true;
    const leave = (): void => {
      if (!here) return;
      here = false;
      heard();
      row.all -= 1;
      this.#count -= 1;
      if (row.all === 0) this.#sources.delete(address);
    };
    return { heard, leave };
  }
}

/** How many descriptors this process may open; many, where that cannot be read. */
function descriptorLimit(): number {
  try {
    const said = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return said === undefined ? Number.POSITIVE_INFINITY : Number(said);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
