/** A trunk that sends 200 calls a second, each answered within two seconds, stays far below. */
const MOST_PENDING = 2_000;

/** How many requests of each source address wait for an application: one source may not take all there is. */
export class PendingPerSource {
  readonly #counts = new Map<string, number>();

  of(address: string): number {
    return this.#counts.get(address) ?? 0;
  }
  isFull(address: string): boolean {
    return this.of(address) >= MOST_PENDING;
  }
  enter(address: string): void {
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
  }
  leave(address: string): void {
    const left = (this.#counts.get(address) ?? 1) - 1;
    if (left > 0) this.#counts.set(address, left);
    else this.#counts.delete(address);
  }
}
