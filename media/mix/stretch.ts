/** Sound made shorter or longer by one pitch period, faded over so that it is not heard: how playing is brought nearer or further. */
import type { SampleRate } from '../codec/codec.ts';
import { pitchPeriod } from '../codec/conceal.ts';

/** Looked at to find the period. */
const NEEDED_MS = 30;
/** Nothing quieter than this has a pitch worth looking for: any stretch of it may go. */
const QUIET_AMPLITUDE = 100;
const QUIET_STEP_MS = 10;

export const neededToStretch = (rate: SampleRate): number => (NEEDED_MS * rate) / 1000;

function periodOf(samples: Int16Array, count: number, rate: SampleRate): number {
  const needed = neededToStretch(rate);
  let loudest = 0;
  for (let at = count - needed; at < count; at += 3) loudest = Math.max(loudest, Math.abs(samples[at] as number));
  return loudest < QUIET_AMPLITUDE ? (QUIET_STEP_MS * rate) / 1000 : pitchPeriod(samples, count, rate);
}

/** Takes one period out before the end of the first `count` samples; returns how many are left. */
export function shorten(samples: Int16Array, count: number, rate: SampleRate): number {
  const period = periodOf(samples, count, rate);
  const from = count - 2 * period;
  for (let at = 0; at < period; at += 1) {
    const share = at / period;
    samples[from + at] = Math.round((samples[from + at] as number) * (1 - share) + (samples[from + period + at] as number) * share);
  }
  return count - period;
}

/** Plays the last period of the first `count` samples twice; returns how many there are then. */
export function lengthen(samples: Int16Array, count: number, rate: SampleRate): number {
  const period = periodOf(samples, count, rate);
  if (count + period > samples.length) return count;
  const from = count - 2 * period;
  samples.copyWithin(count, count - period, count);
  for (let at = 0; at < period; at += 1) {
    const share = at / period;
    const [going, coming] = [samples[from + period + at] as number, samples[from + at] as number];
    samples[count - period + at] = Math.round(going * (1 - share) + coming * share);
  }
  return count + period;
}
