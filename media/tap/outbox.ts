/** What a consumer has not read yet: a queue with a limit, which gives up its oldest frames first, and counts them. */
export class Outbox {
  readonly #limit: number;
  #frames: Buffer[] = [];
  dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(frame: Buffer): void {
    if (this.#frames.length >= this.#limit) {
      this.#frames.shift();
      this.dropped += 1;
    }
    this.#frames.push(frame);
  }

  next(): Buffer | undefined {
    return this.#frames.shift();
  }

  get length(): number {
    return this.#frames.length;
  }
}
