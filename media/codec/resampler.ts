/** Between 8, 16 and 48 kHz: a windowed-sinc low pass, of which each output sample needs one phase only. */

/** Input samples each output sample looks at, when nothing is thinned out. */
const REACH = 24;
/** Of the lower of the two rates: what lies above is cut off before it folds back. */
const CUTOFF = 0.45;

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** Blackman window over sinc, `taps` long, with a gain of `up` in all; `cutoff` in cycles a sample. */
export function lowPass(taps: number, cutoff: number, up: number): Float64Array {
  const middle = (taps - 1) / 2;
  const kernel = Float64Array.from({ length: taps }, (_, n) => {
    const x = n - middle;
    const sinc = x === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x);
    const turn = (2 * Math.PI * n) / (taps - 1);
    return sinc * (0.42 - 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn));
  });
  const gain = kernel.reduce((sum, tap) => sum + tap, 0);
  return kernel.map((tap) => (tap * up) / gain);
}

/** `phases[p]` weighs the newest input sample first. The same for all resamplers between the same rates. */
interface Kernel {
  up: number;
  down: number;
  phases: Float64Array[];
}
const kernels = new Map<string, Kernel>();

function kernelFor(from: number, to: number): Kernel {
  const key = `${from}>${to}`;
  let kernel = kernels.get(key);
  if (kernel === undefined) {
    const divisor = greatestDivisor(from, to);
    const [up, down] = [to / divisor, from / divisor];
    const taps = Math.ceil(REACH * Math.max(1, down / up));
    const whole = lowPass(taps * up, (CUTOFF * Math.min(from, to)) / (from * up), up);
    kernel = { up, down, phases: Array.from({ length: up }, (_, phase) => Float64Array.from({ length: taps }, (_, tap) => whole[tap * up + phase] as number)) };
    kernels.set(key, kernel);
  }
  return kernel;
}

/** One stream from one rate to another; what it returns lags by half the filter (1.5 ms at 8 kHz). */
export class Resampler {
  readonly #kernel: Kernel;
  readonly #taps: number;
  /** The last inputs, then those of this call. */
  #line: Float64Array;
  /** Where, in steps of 1/up of an input sample, the next output lies. */
  #next = 0;

  constructor(from: number, to: number) {
    this.#kernel = kernelFor(from, to);
    this.#taps = (this.#kernel.phases[0] as Float64Array).length;
    this.#line = new Float64Array(this.#taps - 1 + 512);
  }

  /** Samples written to `out` from `at` on: `count` times the ratio of the rates, in the long run. */
  run(samples: Int16Array, from: number, count: number, out: Int16Array, at: number): number {
    const { up, down, phases } = this.#kernel;
    const before = this.#taps - 1;
    this.#load(samples, from, count);
    const line = this.#line;
    let written = 0;
    for (; this.#next < count * up; this.#next += down) {
      const phase = phases[this.#next % up] as Float64Array;
      const newest = before + Math.floor(this.#next / up);
      let sum = 0;
      for (let tap = 0; tap <= before; tap += 1) sum += (phase[tap] as number) * (line[newest - tap] as number);
      out[at + written] = sum > 32_767 ? 32_767 : sum < -32_768 ? -32_768 : Math.round(sum);
      written += 1;
    }
    this.#next -= count * up;
    line.copyWithin(0, count, count + before);
    return written;
  }

  #load(samples: Int16Array, from: number, count: number): void {
    const before = this.#taps - 1;
    if (this.#line.length < before + count) {
      const longer = new Float64Array(before + count);
      longer.set(this.#line.subarray(0, before));
      this.#line = longer;
    }
    for (let each = 0; each < count; each += 1) this.#line[before + each] = samples[from + each] as number;
  }
}
