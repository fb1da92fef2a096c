/** The RTP ports: even ones for RTP, the odd one above for RTCP. A port rests after use, so that late packets of one call reach no other. */
export const QUARANTINE_MS = 32_000;

export class PortPool {
  /** Longest unused first. */
  readonly #free: { port: number; freeAtMs: number }[] = [];
  readonly #used = new Set<number>();

  /** Both ends included; only pairs that lie whole in the range are used. */
  constructor(least: number, most: number) {
    for (let port = least + (least & 1); port + 1 <= most; port += 2) this.#free.push({ port, freeAtMs: 0 });
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

  inUse(port: number): boolean {
    return this.#used.has(port);
  }

  get used(): number {
    return this.#used.size;
  }
}
