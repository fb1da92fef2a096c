/**
 * Addresses that show tokens nobody knows: a guess costs a look into the database, which callers need more. Beyond a
 * limit each minute such an address is turned away without looking. Pure but for its own map: told the time.
 */
const MOST_A_MINUTE = 300;
const MOST_ADDRESSES = 10_000;
const MINUTE_MS = 60_000;

export class Strangers {
  readonly #guesses = new Map<string, { minute: number; count: number }>();

  guessed(address: string, now: number): void {
    const minute = Math.floor(now / MINUTE_MS);
    const known = this.#guesses.get(address);
    const count = known?.minute === minute ? known.count + 1 : 1;
    this.#guesses.delete(address);
    if (this.#guesses.size >= MOST_ADDRESSES) for (const oldest of this.#guesses.keys()) if (this.#guesses.delete(oldest)) break;
    this.#guesses.set(address, { minute, count });
  }

  isTiresome(address: string, now: number): boolean {
    const known = this.#guesses.get(address);
    return known !== undefined && known.minute === Math.floor(now / MINUTE_MS) && known.count >= MOST_A_MINUTE;
  }
}
