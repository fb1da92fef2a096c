/**
 * The tones of telephone networks by name: frequencies and cadences of ITU-T E.180 supplement 2 (China's plan has 450 Hz for all of them).
 */
import { encode } from '../codec/g711.ts';
import type { SignalName, ToneCountry } from '../port.ts';
import { type Audio, type Clip, toneSamples } from './clip.ts';

/** Frequencies (none = silence) and how long, in ms. */
type Segment = readonly [hz: readonly number[], ms: number];
type Signal = readonly Segment[];
type Plan = Readonly<Record<Exclude<SignalName, 'beep' | 'milliwatt'>, Signal>>;

const STEADY_MS = 1000;
/** On and off by turns; no cadence = steady. */
const of = (hz: readonly number[], ...cadence: number[]): Signal =>
  cadence.length === 0 ? [[hz, STEADY_MS]] : cadence.map((ms, at) => [at % 2 === 0 ? hz : [], ms]);
/** ITU-T E.180 §7: the special information tone, three rising steps. */
const SIT: Signal = [950, 1400, 1800].flatMap((hz, at): Segment[] => [
  [[hz], 330],
  [[], at === 2 ? 1000 : 30],
]);

const CN = [450];
const DIAL = [350, 440];
const NANP_RINGING = [440, 480];
const NANP_BUSY = [480, 620];
const PLANS: Readonly<Record<ToneCountry, Plan>> = {
  CN: {
    ...{ dial: of(CN), ringback: of(CN, 1000, 4000), busy: of(CN, 350, 350), congestion: of(CN, 700, 700), callWaiting: of(CN, 400, 4000) },
    unobtainable: of(CN, 100, 100, 100, 100, 100, 100, 400, 400),
  },
  DE: {
    ...{ dial: of([425]), ringback: of([425], 1000, 4000), busy: of([425], 480, 480), congestion: of([425], 240, 240) },
    ...{ callWaiting: of([425], 200, 200, 200, 5000), unobtainable: SIT },
  },
  FR: {
    ...{ dial: of([440]), ringback: of([440], 1500, 3500), busy: of([440], 500, 500), congestion: of([440], 250, 250) },
    ...{ callWaiting: of([440], 300, 10_000), unobtainable: SIT },
  },
  GB: {
    ...{ dial: of(DIAL), ringback: of([400, 450], 400, 200, 400, 2000), busy: of([400], 375, 375), congestion: of([400], 400, 350, 225, 525) },
    ...{ callWaiting: of([400], 100, 3000), unobtainable: of([400]) },
  },
  HK: {
    ...{ dial: of(DIAL), ringback: of(NANP_RINGING, 400, 200, 400, 3000), busy: of(NANP_BUSY, 500, 500), congestion: of(NANP_BUSY, 250, 250) },
    ...{ callWaiting: of([440], 300, 10_000), unobtainable: of(NANP_BUSY) },
  },
  JP: {
    ...{ dial: of([400]), ringback: of([400], 1000, 2000), busy: of([400], 500, 500), congestion: of([400], 500, 500) },
    ...{ callWaiting: of([400], 500, 4000), unobtainable: SIT },
  },
  SG: {
    ...{ dial: of([425]), ringback: of([425], 400, 200, 400, 2000), busy: of([425], 750, 750), congestion: of([425], 250, 250) },
    ...{ callWaiting: of([425], 300, 200, 300, 3200), unobtainable: of([425], 2500, 500) },
  },
  US: {
    ...{ dial: of(DIAL), ringback: of(NANP_RINGING, 2000, 4000), busy: of(NANP_BUSY, 500, 500), congestion: of(NANP_BUSY, 250, 250) },
    ...{ callWaiting: of([440], 300, 10_000), unobtainable: SIT },
  },
};

/** Together, whatever their number. */
const SIGNAL_DBM0 = -10;
const MILLIWATT_DBM0 = 0;
/** Heard once unless told otherwise. */
const BEEP_MS = 200;
const SAMPLES_PER_MS = 8;

const signalOf = (name: SignalName, country: ToneCountry): Signal => (name === 'beep' ? of([1000]) : name === 'milliwatt' ? of([1004]) : PLANS[country][name]);

/** One round of the cadence. */
export function signalAudio(name: SignalName, country: ToneCountry): Audio {
  const segments = signalOf(name, country);
  const whole = new Int16Array(segments.reduce((sum, [, ms]) => sum + ms, 0) * SAMPLES_PER_MS);
  let at = 0;
  for (const [hz, ms] of segments) {
    const each = name === 'milliwatt' ? MILLIWATT_DBM0 : SIGNAL_DBM0 - 10 * Math.log10(Math.max(1, hz.length));
    whole.set(toneSamples(hz, each, ms * SAMPLES_PER_MS), at);
    at += ms * SAMPLES_PER_MS;
  }
  return { PCMA: encode(whole, 'PCMA'), PCMU: encode(whole, 'PCMU') };
}

export const signalClip = (audio: Audio, name: SignalName, ms: number | undefined): Clip => {
  const wanted = ms ?? (name === 'beep' ? BEEP_MS : undefined);
  return { kind: 'sound', audio, samples: wanted === undefined ? Number.POSITIVE_INFINITY : Math.round(wanted * SAMPLES_PER_MS) };
};
