/** What detectors are fed with: 20 ms of samples at 8 kHz, one frame after another. */
export const FRAME_MS = 20;
export const FRAME = 160;

const FULL_SCALE_DBM0 = 3.14;
const SILENCE_DBM0 = -90;

/** Level of a frame; a full sine is +3.14 dBm0. */
export function levelOf(samples: Int16Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  if (energy === 0) return SILENCE_DBM0;
  return Math.max(SILENCE_DBM0, 10 * Math.log10((2 * energy) / samples.length / 32_768 ** 2) + FULL_SCALE_DBM0);
}
