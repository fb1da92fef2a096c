/**
 * Voice activity by energy: somebody speaks when what is heard stands well above the noise, which is what the quietest moment of the
 * last second was (a voice has such moments every few syllables, steady noise is nothing else).
 */
import { levelOf } from './frame.ts';

const WINDOW_FRAMES = 50;
/** Assumed before a second has been heard. */
const FIRST_FLOOR_DBM0 = -46;
/** However loud the noise is said to be, a voice this loud is one. */
const HIGHEST_FLOOR_DBM0 = -30;
const LOWEST_FLOOR_DBM0 = -60;
const ABOVE_DB = 9;
/** So many frames of the last few begin a talk-spurt: a click is none. */
const ONSET_FRAMES = 3;
const ONSET_OF = 4;

export class VoiceActivity {
  readonly #hangoverFrames: number;
  readonly #levels = new Float64Array(WINDOW_FRAMES).fill(FIRST_FLOOR_DBM0);
  #at = 0;
  #recent = 0;
  #quiet = 0;
  #level = -90;
  speaking = false;

  /** Gaps shorter than the hangover do not end a talk-spurt. */
  constructor(hangoverMs = 200) {
    this.#hangoverFrames = Math.ceil(hangoverMs / 20);
  }

  /** The next 20 ms; true = `speaking` has changed with it. */
  heard(samples: Int16Array): boolean {
    this.#level = levelOf(samples);
    const loud = this.#level > this.floor + ABOVE_DB;
    this.#levels[this.#at] = this.#level;
    this.#at = (this.#at + 1) % WINDOW_FRAMES;
    this.#recent = ((this.#recent << 1) | (loud ? 1 : 0)) & ((1 << ONSET_OF) - 1);
    this.#quiet = loud ? 0 : this.#quiet + 1;
    const before = this.speaking;
    if (!before) this.speaking = bits(this.#recent) >= ONSET_FRAMES;
    else if (this.#quiet >= this.#hangoverFrames) this.speaking = false;
    return this.speaking !== before;
  }

  /** dBm0 */
  get level(): number {
    return this.#level;
  }

  /** The noise, dBm0. */
  get floor(): number {
    let least = HIGHEST_FLOOR_DBM0;
    for (const level of this.#levels) if (level < least) least = level;
    return Math.max(LOWEST_FLOOR_DBM0, least);
  }
}

function bits(value: number): number {
  let count = 0;
  for (let left = value; left !== 0; left &= left - 1) count += 1;
  return count;
}
