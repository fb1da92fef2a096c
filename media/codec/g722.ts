/**
 * ITU-T G.722 at 64 kbit/s: a filter pair splits 16 kHz sound into two bands of 8 kHz, each coded by adaptive differences,
 * six bits the lower and two the upper. Integers throughout, block by block as the Recommendation names them, so that both
 * ends keep the same state.
 */

/** Half of the symmetric 24 coefficients of the quadrature mirror filters (table 11). */
const QMF = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11] as const;
/** Decision levels of the lower band (table 14), and the code words of what lies between them, negative and positive. */
const Q6 = [
  0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
] as const;
const Q6_LEVELS = 30;
/** Output values: of the upper band's two bits, the lower band's four most significant (what predicts), and all its six (what is heard). */
const QM2 = [-7408, -1616, 7408, 1616] as const;
const QM4 = [0, -20_456, -12_896, -8968, -6288, -4240, -2584, -1200, 20_456, 12_896, 8968, 6288, 4240, 2584, 1200, 0] as const;
const QM6 = [
  -136, -136, -136, -136, -24_808, -21_904, -19_008, -16_704, -14_984, -13_512, -12_280, -11_192, -10_232, -9360, -8576, -7856, -7192, -6576, -6000, -5456,
  -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728, 24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280, 11_192, 10_232,
  9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
] as const;
/** How a code word moves the logarithm of the step (WL over RL42, WH over RH2). */
const LOWER_STEP = [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60] as const;
const UPPER_STEP = [798, -214, 798, -214] as const;
/** 2^(n/32), scaled by 2048. */
const ILB = [
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520,
  3597, 3676, 3756, 3838, 3922, 4008,
] as const;

interface BandShape {
  firstStep: number;
  highestLog: number;
  /** Of the scale, in powers of two. */
  shift: number;
}
const LOWER: BandShape = { firstStep: 32, highestLog: 18_432, shift: 8 };
const UPPER: BandShape = { firstStep: 8, highestLog: 22_528, shift: 10 };

const saturate = (value: number): number => (value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value);

/** One band's adaptive predictor (two poles, six zeros) and step size, the same in encoder and decoder. */
class Band {
  /** What the predictor expects next. */
  estimate = 0;
  step: number;
  readonly #highestLog: number;
  readonly #shift: number;
  #log = 0;
  #zeros = 0;
  #pole1 = 0;
  #pole2 = 0;
  /** Signs of the last two values of difference plus zeros, −1 or 0; the last sample as rebuilt. */
  #sign1 = 0;
  #sign2 = 0;
  #rebuilt1 = 0;
  readonly #taps = new Int32Array(6);
  readonly #differences = new Int32Array(6);

  constructor(shape: BandShape) {
    this.#highestLog = shape.highestLog;
    this.#shift = shape.shift;
    this.step = shape.firstStep;
  }

  /** Takes in the quantized difference of one sample and how its code word moves the step. */
  adapt(difference: number, move: number): void {
    const log = Math.max(0, Math.min(this.#highestLog, ((this.#log * 127) >> 7) + move));
    this.#log = log;
    const shift = this.#shift - (log >> 11);
    const mantissa = ILB[(log >> 6) & 31] as number;
    this.step = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
    const rebuilt = saturate(this.estimate + difference);
    this.#movePoles(saturate(this.#zeros + difference) >> 15);
    const fromPoles = saturate(((this.#pole1 * saturate(rebuilt * 2)) >> 15) + ((this.#pole2 * saturate(this.#rebuilt1 * 2)) >> 15));
    this.#rebuilt1 = rebuilt;
    this.#zeros = this.#moveZeros(difference);
    this.estimate = saturate(fromPoles + this.#zeros);
  }

  /** Blocks UPPOL2 and UPPOL1. */
  #movePoles(sign: number): void {
    const agreesOnce = sign === this.#sign1;
    const first = saturate(this.#pole1 << 2);
    let second = (agreesOnce ? Math.min(-first, 32_767) : first) >> 7;
    second += (sign === this.#sign2 ? 128 : -128) + ((this.#pole2 * 32_512) >> 15);
    second = Math.max(-12_288, Math.min(12_288, second));
    const most = saturate(15_360 - second);
    const moved = saturate((agreesOnce ? 192 : -192) + ((this.#pole1 * 32_640) >> 15));
    this.#pole1 = Math.max(-most, Math.min(most, moved));
    this.#pole2 = second;
    this.#sign2 = this.#sign1;
    this.#sign1 = sign;
  }

  /** Blocks UPZERO, DELAYA and FILTEZ. */
  #moveZeros(difference: number): number {
    const taps = this.#taps;
    const differences = this.#differences;
    const push = difference === 0 ? 0 : 128;
    const sign = difference >> 15;
    let sum = 0;
    for (let at = 5; at >= 0; at -= 1) {
      const agrees = (differences[at] as number) >> 15 === sign;
      const tap = saturate((agrees ? push : -push) + (((taps[at] as number) * 32_640) >> 15));
      taps[at] = tap;
      const moved = at === 0 ? difference : (differences[at - 1] as number);
      differences[at] = moved;
      sum += (tap * saturate(moved * 2)) >> 15;
    }
    return saturate(sum);
  }
}

/** The last 24 samples of one side of the filter pair, written twice so that they lie in one piece. */
class Delay {
  readonly samples = new Int32Array(48);
  at = 0;

  push(first: number, second: number): void {
    const at = this.at;
    this.samples[at] = first;
    this.samples[at + 24] = first;
    this.samples[at + 1] = second;
    this.samples[at + 25] = second;
    this.at = at === 22 ? 0 : at + 2;
  }
}

export class G722Encoder {
  readonly #lower = new Band(LOWER);
  readonly #upper = new Band(UPPER);
  readonly #delay = new Delay();

  /** Two samples of 16 kHz become one byte; returns the bytes written. */
  encode(samples: Int16Array, into: Uint8Array, at: number): number {
    const bytes = samples.length >> 1;
    for (let pair = 0; pair < bytes; pair += 1) into[at + pair] = this.#pair(samples[pair * 2] as number, samples[pair * 2 + 1] as number);
    return bytes;
  }

  #pair(first: number, second: number): number {
    this.#delay.push(first, second);
    const { samples, at } = this.#delay;
    let even = 0;
    let odd = 0;
    for (let tap = 0; tap < 12; tap += 1) {
      odd += (samples[at + tap * 2] as number) * (QMF[tap] as number);
      even += (samples[at + tap * 2 + 1] as number) * (QMF[11 - tap] as number);
    }
    const low = this.#codeLower((even + odd) >> 14);
    return (this.#codeUpper((even - odd) >> 14) << 6) | low;
  }

  #codeLower(sample: number): number {
    const band = this.#lower;
    const error = saturate(sample - band.estimate);
    const magnitude = error >= 0 ? error : -(error + 1);
    let level = 1;
    while (level < Q6_LEVELS && magnitude >= ((Q6[level] as number) * band.step) >> 12) level += 1;
    const code = lowerCode(level, error < 0);
    const predicting = code >> 2;
    band.adapt((band.step * (QM4[predicting] as number)) >> 15, LOWER_STEP[predicting] as number);
    return code;
  }

  #codeUpper(sample: number): number {
    const band = this.#upper;
    const error = saturate(sample - band.estimate);
    const magnitude = error >= 0 ? error : -(error + 1);
    const far = magnitude >= (564 * band.step) >> 12;
    const code = error < 0 ? (far ? 0 : 1) : far ? 2 : 3;
    band.adapt((band.step * (QM2[code] as number)) >> 15, UPPER_STEP[code] as number);
    return code;
  }

  close(): void {}
}

/** Table 14: the code words of the lower band go down from 61 (positive) and 31 (negative); the two lowest magnitudes of the negative side stand above. */
function lowerCode(level: number, negative: boolean): number {
  if (!negative) return 62 - level;
  return level <= 2 ? 64 - level : 34 - level;
}

export class G722Decoder {
  #lower = new Band(LOWER);
  #upper = new Band(UPPER);
  #delay = new Delay();

  /** One byte becomes two samples of 16 kHz; returns the samples written. */
  decode(payload: Uint8Array, start: number, end: number, out: Int16Array, at: number): number {
    for (let byte = start; byte < end; byte += 1) this.#byte(payload[byte] as number, out, at + (byte - start) * 2);
    return (end - start) * 2;
  }

  reset(): void {
    this.#lower = new Band(LOWER);
    this.#upper = new Band(UPPER);
    this.#delay = new Delay();
  }

  #byte(code: number, out: Int16Array, at: number): void {
    const low = this.#decodeLower(code & 0x3f);
    const high = this.#decodeUpper(code >> 6);
    this.#delay.push(low + high, low - high);
    const { samples, at: oldest } = this.#delay;
    let first = 0;
    let second = 0;
    for (let tap = 0; tap < 12; tap += 1) {
      second += (samples[oldest + tap * 2] as number) * (QMF[tap] as number);
      first += (samples[oldest + tap * 2 + 1] as number) * (QMF[11 - tap] as number);
    }
    out[at] = saturate(first >> 11);
    out[at + 1] = saturate(second >> 11);
  }

  #decodeLower(code: number): number {
    const band = this.#lower;
    const heard = clip15(band.estimate + ((band.step * (QM6[code] as number)) >> 15));
    const predicting = code >> 2;
    band.adapt((band.step * (QM4[predicting] as number)) >> 15, LOWER_STEP[predicting] as number);
    return heard;
  }

  #decodeUpper(code: number): number {
    const band = this.#upper;
    const difference = (band.step * (QM2[code] as number)) >> 15;
    const heard = clip15(band.estimate + difference);
    band.adapt(difference, UPPER_STEP[code] as number);
    return heard;
  }
}

/** Block LIMIT: the sum of two bands must fit 16 bits. */
const clip15 = (value: number): number => (value > 16_383 ? 16_383 : value < -16_384 ? -16_384 : value);
