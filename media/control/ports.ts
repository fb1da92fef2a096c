/** The RTP ports: even ones for RTP, the odd one above for RTCP. A port rests after use, so that late packets of one call reach no other. */
export const QUARANTINE_MS = 32_000;

export class PortPool {
  /** Longest unused first. */
  readonly #free: { port: number; freeAtMs: number }[] = [];
  readonly #used = new Set<number>();

  /**
   * Both ends included; only pairs that lie whole in the range are used. `first`: how many pairs are left for last. A server that was started
   * again begins elsewhere: the calls of the one that died still send to where it was.
   */
  constructor(least: number, most: number, first = 0) {
    for (let port = least + (least & 1); port + 1 <= most; port += 2) this.#free.push({ port, freeAtMs: 0 });
    this.#free.push(...this.#free.splice(0, first % Math.max(1, this.#free.length)));
  }

  /** null = none is free now. */
  take(nowMs: number): number | null {
    const next = this.#free[0];
    if (next === undefined || next.freeAtMs > nowMs) return null;
    this.#free.shift();
    this.#used.add(next.port);
    return next.port;
  }

  giveBack(port: number, nowMs: number): void {
    if (this.#used.delete(port)) this.#free.push({ port, freeAtMs: nowMs + QUARANTINE_MS });
  }

  /** What nobody has sent to need not rest. */
  putBack(port: number): void {
    if (this.#used.delete(port)) this.#free.unshift({ port, freeAtMs: 0 });
  }

  /** Those that rest are among them. */
  get free(): number {
    return this.#free.length;
  }

  inUse(port: number): boolean {
    return this.#used.has(port);
  }

  get used(): number {
    return this.#used.size;
  }
}
