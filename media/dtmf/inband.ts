/**
 * Keys as their two tones in the audio itself (ITU-T Q.23, Q.24), for parties that send no telephone-events.
 *
 * Every 5 ms the last 20 ms are looked at: the sums that Goertzel's recursion yields, at the eight frequencies, kept as complex numbers, so
 * that the turn of their phase tells how far a tone is off its frequency. That, and that the two tones are nearly all there is to hear, is
 * what tells a key from a voice. A key is told when it has stood for about 30 ms; one of 40 ms on its frequencies, or of 45 ms at the edge of
 * what is allowed, is not missed, one of 23 ms not taken.
 */
import { COLUMNS, keyAt, ROWS } from './pad.ts';

const RATE = 8000;
const HOP = 40;
const BLOCKS = 4;
const WINDOW = HOP * BLOCKS;
/** Looks in a row that find the same key before it is told. */
const HITS = 4;
/** Looks in a row that do not find it before the same key may be told again: a hole of 10 ms ends no press, a pause of 40 ms does. */
const MISSES = 7;
/** Q.24 table 1: twist, column against row: +4 to −8 dB; a little more for what noise does to the measure. */
const MOST_TWIST = 10 ** (5 / 10);
const LEAST_TWIST = 10 ** (-9.5 / 10);
/** The weaker tone of a key: −30 dBm0, as mean square of samples of which +3.14 dBm0 is full scale. */
const LEAST_POWER = (32_767 * 10 ** ((-30 - 3.14) / 20)) ** 2 / 2;
/** Both tones together, of all that is heard. */
const LEAST_SHARE = 0.8;
/** How far the strongest row, and column, stands above the next: 6 dB. */
const DOMINANCE = 4;
/** Q.24: ±1.5 % must be taken, ±3.5 % must not. */
const MOST_OFF = 0.025;

const FREQUENCIES = [...ROWS, ...COLUMNS];
const TONES = FREQUENCIES.length;
/** e^(−jωn) of each frequency within a block, and for the beginning of each block; all are whole Hertz, so that they come round after a second. */
const ROUND = RATE / HOP;
const wave = (each: (turn: number) => number, count: number, step: number): Float64Array[] =>
  FREQUENCIES.map((hz) => Float64Array.from({ length: count }, (_, n) => each((-2 * Math.PI * hz * n * step) / RATE)));
const COS = wave(Math.cos, HOP, 1);
const SIN = wave(Math.sin, HOP, 1);
const TURN_COS = wave(Math.cos, ROUND, HOP);
const TURN_SIN = wave(Math.sin, ROUND, HOP);
/** Sums of a window to the mean square of a sine in it. */
const TO_POWER = 2 / (WINDOW * WINDOW);
const HISTORY = 2;

export class ToneReceiver {
  readonly #block = new Float64Array(HOP);
  #filled = 0;
  #count = 0;
  /** Of the last blocks, a ring: the sum at each frequency, turned to a common phase. */
  readonly #re = new Float64Array(BLOCKS * TONES);
  readonly #im = new Float64Array(BLOCKS * TONES);
  readonly #energy = new Float64Array(BLOCKS);
  /** Phases of the windows before this one, a ring. */
  readonly #phases = new Float64Array((HISTORY + 1) * TONES);
  readonly #powers = new Float64Array(TONES);
  #candidate: string | null = null;
  #hits = 0;
  #down: string | null = null;
  #misses = 0;

  /** Samples as they come, any number; returns the keys that went down in them, mostly none. */
  heard(samples: Int16Array, count: number): string {
    let keys = '';
    for (let at = 0; at < count; at += 1) {
      this.#block[this.#filled] = samples[at] as number;
      this.#filled += 1;
      if (this.#filled < HOP) continue;
      this.#filled = 0;
      const key = this.#step(this.#look());
      if (key !== null) keys += key;
    }
    return keys;
  }

  /** A key is held down. */
  get held(): boolean {
    return this.#down !== null;
  }

  /** A stretch of audio is missing: what was heard before does not go on. */
  reset(): void {
    this.#energy.fill(0);
    this.#re.fill(0);
    this.#im.fill(0);
    this.#candidate = null;
    this.#hits = 0;
    this.#down = null;
  }

  #step(found: string | null): string | null {
    if (found === null || found !== this.#candidate) this.#hits = 0;
    this.#candidate = found;
    if (found !== null) this.#hits += 1;
    this.#misses = found !== null && found === this.#down ? 0 : this.#misses + 1;
    if (this.#misses >= MISSES) this.#down = null;
    if (found === null || found === this.#down || this.#hits < HITS) return null;
    this.#down = found;
    this.#misses = 0;
    return found;
  }

  /** Takes the block in; the key that the window which ends with it sounds like. */
  #look(): string | null {
    const slot = this.#count % BLOCKS;
    this.#sum(slot);
    const now = this.#count % (HISTORY + 1);
    this.#count += 1;
    let energy = 0;
    for (let at = 0; at < BLOCKS; at += 1) energy += this.#energy[at] as number;
    if (energy < LEAST_POWER * 2 * WINDOW) return null;
    this.#measure(now);
    const row = this.#strongest(0, ROWS.length);
    const column = this.#strongest(ROWS.length, TONES);
    if (row < 0 || column < 0) return null;
    const rowPower = this.#powerOf(row, now);
    const columnPower = this.#powerOf(column, now);
    const twist = columnPower / rowPower;
    if (!(Math.min(rowPower, columnPower) >= LEAST_POWER) || twist > MOST_TWIST || twist < LEAST_TWIST) return null;
    return (rowPower + columnPower) * WINDOW >= LEAST_SHARE * energy ? keyAt(row, column - ROWS.length) : null;
  }

  #sum(slot: number): void {
    let energy = 0;
    for (const sample of this.#block) energy += sample * sample;
    this.#energy[slot] = energy;
    const turn = this.#count % ROUND;
    for (let tone = 0; tone < TONES; tone += 1) {
      const cos = COS[tone] as Float64Array;
      const sin = SIN[tone] as Float64Array;
      let re = 0;
      let im = 0;
      for (let n = 0; n < HOP; n += 1) {
        const sample = this.#block[n] as number;
        re += sample * (cos[n] as number);
        im += sample * (sin[n] as number);
      }
      const c = TURN_COS[tone]?.[turn] as number;
      const s = TURN_SIN[tone]?.[turn] as number;
      this.#re[slot * TONES + tone] = re * c - im * s;
      this.#im[slot * TONES + tone] = re * s + im * c;
    }
  }

  #measure(now: number): void {
    for (let tone = 0; tone < TONES; tone += 1) {
      let re = 0;
      let im = 0;
      for (let at = tone; at < BLOCKS * TONES; at += TONES) {
        re += this.#re[at] as number;
        im += this.#im[at] as number;
      }
      this.#powers[tone] = (re * re + im * im) * TO_POWER;
      this.#phases[now * TONES + tone] = Math.atan2(im, re);
    }
  }

  /** The one of these tones that stands out; −1 = none does. */
  #strongest(from: number, to: number): number {
    let best = from;
    for (let tone = from + 1; tone < to; tone += 1) if ((this.#powers[tone] as number) > (this.#powers[best] as number)) best = tone;
    const least = (this.#powers[best] as number) / DOMINANCE;
    for (let tone = from; tone < to; tone += 1) if (tone !== best && (this.#powers[tone] as number) > least) return -1;
    return best;
  }

  /** What a tone has, made good for what the window loses of one beside its frequency; 0 = too far beside it. */
  #powerOf(tone: number, now: number): number {
    const before = (now + 1) % (HISTORY + 1);
    const turned = wrapped((this.#phases[now * TONES + tone] as number) - (this.#phases[before * TONES + tone] as number));
    const offHz = (turned * RATE) / (2 * Math.PI * HOP * HISTORY);
    if (Math.abs(offHz) > MOST_OFF * (FREQUENCIES[tone] as number)) return 0;
    const x = (Math.PI * offHz * WINDOW) / RATE;
    const kept = Math.abs(x) < 1e-6 ? 1 : Math.sin(x) / x;
    return (this.#powers[tone] as number) / (kept * kept);
  }
}

const wrapped = (angle: number): number => angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
