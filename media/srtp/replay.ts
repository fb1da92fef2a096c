/** Which of the last 64 packets were there already (RFC 3711 §3.3.2). An index counts up over the whole session. */
export const WINDOW = 64;

export interface ReplayState {
  highest: number;
  low: number;
  high: number;
}

export class ReplayWindow {
  #highest = -1;
  /** Bit n of the low word: highest − n was there; the high word goes on with 32 … 63. */
  #low = 0;
  #high = 0;

  static resumed({ highest, low, high }: ReplayState): ReplayWindow {
    const window = new ReplayWindow();
    window.#highest = highest;
    window.#low = low;
    window.#high = high;
    return window;
  }

  carry(): ReplayState {
    return { highest: this.#highest, low: this.#low, high: this.#high };
  }

  get highest(): number {
    return this.#highest;
  }

  /** false = it was there, or is too old to tell. Changes nothing: the packet has yet to prove itself. */
  isNew(index: number): boolean {
    const behind = this.#highest - index;
    if (behind < 0) return true;
    if (behind >= WINDOW) return false;
    return ((behind < 32 ? this.#low >>> behind : this.#high >>> (behind - 32)) & 1) === 0;
  }

  /** An authentic packet came. */
  take(index: number): void {
    const ahead = index - this.#highest;
    if (ahead > 0) {
      this.#shift(ahead);
      this.#highest = index;
      this.#low |= 1;
    } else if (ahead > -32) this.#low |= 1 << -ahead;
    else if (ahead > -WINDOW) this.#high |= 1 << (-ahead - 32);
  }

  #shift(by: number): void {
    if (by >= WINDOW) this.#low = this.#high = 0;
    else if (by >= 32) {
      this.#high = by === 32 ? this.#low : this.#low << (by - 32);
      this.#low = 0;
    } else {
      this.#high = (this.#high << by) | (this.#low >>> (32 - by));
      this.#low <<= by;
    }
  }
}
