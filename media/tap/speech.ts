/** What a consumer wants a party to hear, on its way from the socket to a playlist: samples at 8 kHz, as they come, played at the pace of the line. */
import { type Codec, SILENCE, toCode } from '../codec/g711.ts';

/** Twenty seconds. From ten on the consumer is not read until five are left; what was read with it still fits. */
const RING = 160_000;
const FULL = 80_000;
const ROOM_AGAIN = 40_000;

export class Speech {
  #ring: Int16Array | null = null;
  #read = 0;
  #written = 0;
  #last = false;
  readonly #onRoom: () => void;
  #full = false;

  constructor(onRoom: () => void) {
    this.#onRoom = onRoom;
  }

  /** false = it is full: bring no more until `onRoom`. At most what there is room for is taken. */
  add(samples: Int16Array, count: number): boolean {
    this.#last = false;
    this.#ring ??= new Int16Array(RING);
    const taken = Math.min(count, RING - this.waiting);
    for (let at = 0; at < taken; at += 1) this.#ring[(this.#written + at) % RING] = samples[at] as number;
    this.#written += taken;
    this.#full = this.waiting > FULL;
    return !this.#full;
  }

  /** All has been sent: who plays it ends when it is played. */
  end(): void {
    this.#last = true;
  }

  forget(): void {
    this.#read = this.#written;
    this.#makeRoom();
  }

  get waiting(): number {
    return this.#written - this.#read;
  }

  /** Fills up to `most`, with silence where nothing has come yet; 0 = it is over. */
  fill(into: Buffer, at: number, codec: Codec, most: number): number {
    const count = Math.min(most, this.waiting);
    if (count === 0 && this.#last) {
      this.#last = false;
      return 0;
    }
    const table = toCode[codec];
    for (let n = 0; n < count; n += 1) into[at + n] = table[(this.#ring?.[(this.#read + n) % RING] as number) & 0xffff] as number;
    this.#read += count;
    if (count > 0) this.#makeRoom();
    if (count > 0 && this.#last) return count;
    into.fill(SILENCE[codec], at + count, at + most);
    return most;
  }

  #makeRoom(): void {
    if (!this.#full || this.waiting > ROOM_AGAIN) return;
    this.#full = false;
    this.#onRoom();
  }
}
