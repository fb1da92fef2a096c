/**
 * Comfort noise, RFC 3389: a party that is silent sends a level now and then instead of audio. Who agreed to payload type 13 gets it as it
 * came; for others the noise is made here, white, as that level says.
 */
import { type Codec, toCode } from '../codec/g711.ts';

/** RFC 3551 §6: static. */
export const COMFORT_NOISE_TYPE = 13;

/** Quieter than this nobody hears; louder than this is no background. In dB below full scale. */
const QUIETEST = 90;
const LOUDEST = 30;
/** One second, played round and round. */
const SAMPLES = 8000;

const made = new Map<string, Buffer>();

/** §3.1: the first byte of the payload is the level, 0…127 dB below full scale; what follows shapes the spectrum. */
export const noiseLevel = (packet: Buffer, start: number, end: number): number =>
  start < end ? Math.min(QUIETEST, Math.max(LOUDEST, (packet[start] as number) & 0x7f)) : QUIETEST;

/** 20 ms of noise, `frame` counting them. The result is shared: not to be written to. */
export function noiseFrame(codec: Codec, level: number, frame: number, samples: number): Buffer {
  const key = `${codec} ${level}`;
  let second = made.get(key);
  if (second === undefined) {
    second = makeNoise(codec, level);
    made.set(key, second);
  }
  const from = (frame * samples) % SAMPLES;
  return second.subarray(from, from + samples);
}

function makeNoise(codec: Codec, level: number): Buffer {
  // Evenly spread samples have an RMS of their largest over √3.
  const largest = Math.min(32_767, 32_768 * 10 ** (-level / 20) * Math.sqrt(3));
  const table = toCode[codec];
  const noise = Buffer.alloc(SAMPLES);
  let state = 1;
  for (let at = 0; at < SAMPLES; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    noise[at] = table[Math.round((state / 2 ** 31 - 1) * largest) & 0xffff] as number;
  }
  return noise;
}
