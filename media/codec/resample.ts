/** Whole recordings from 16 kHz → 8 kHz: a low pass below 4 kHz, then every second sample. */
import { lowPass } from './resampler.ts';

const TAPS = 47;
const CUTOFF = 3600 / 16_000;
const MIDDLE = (TAPS - 1) / 2;

const kernel = lowPass(TAPS, CUTOFF, 1);

/** Samples `from` to `to` of the halved signal; the edges see silence outside. */
export function halve(samples: Int16Array, from: number, to: number): Int16Array {
  const out = new Int16Array(to - from);
  for (let at = from; at < to; at += 1) {
    let sum = 0;
    const first = at * 2 - MIDDLE;
    for (let tap = 0; tap < TAPS; tap += 1) sum += (kernel[tap] as number) * (samples[first + tap] ?? 0);
    out[at - from] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return out;
}
