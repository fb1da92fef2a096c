/**
 * One agent's numbered messages, kept long enough for a desk that lost its socket to fetch what it missed.
 *
 * The epoch names the numbering: a feed that was begun anew (after a restart, after a long absence) has another, so that
 * an old number is never taken for a new one. Numbers begin at 1 and have no gaps.
 */

/** What is kept: whichever limit is met first drops the oldest. */
const MOST_MESSAGES = 1_000;
const MOST_BYTES = 1_048_576;

interface Numbered {
  seq: number;
  /** The message as it goes over the socket. */
  text: string;
}

/** `resumed`: what was missed, perhaps nothing. `lost`: the number is of another epoch, too old, or was never given. */
export type Missed = { result: 'resumed'; messages: Numbered[] } | { result: 'lost' };

export class Feed {
  readonly epoch: string;
  #kept: Numbered[] = [];
  #bytes = 0;
  #last = 0;

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  /** Number of the newest message; 0 = none yet. */
  get last(): number {
    return this.#last;
  }

  /** UTF-16 units kept, which is what V8 holds of ASCII JSON in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get kept(): number {
    return this.#kept.length;
  }

  append(write: (seq: number) => string): Numbered {
    this.#last += 1;
    const message = { seq: this.#last, text: write(this.#last) };
    this.#kept.push(message);
    this.#bytes += message.text.length;
    while (this.#kept.length > MOST_MESSAGES || (this.#bytes > MOST_BYTES && this.#kept.length > 1)) {
      this.#bytes -= this.#kept.shift()?.text.length ?? 0;
    }
    return message;
  }

  /** Everything after `seq`, when nothing of it was dropped. `seq` 0 names no message, so nothing can follow it. */
  since(epoch: string, seq: number): Missed {
    const oldest = this.#last - this.#kept.length + 1;
    if (epoch !== this.epoch || seq < 1 || seq > this.#last || seq < oldest - 1) return { result: 'lost' };
    return { result: 'resumed', messages: this.#kept.slice(seq - oldest + 1) };
  }
}
