/** G.711 written from the tables of the Recommendation, segment by segment, for comparison with ours. */

/** µ-law, table 2a: eight segments of sixteen steps, on a scale of 8159, code words inverted. */
export function ulawEncode(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  let magnitude = Math.min(Math.abs(sample), 32_635) + 132;
  let segment = 0;
  while (magnitude >= 256) {
    magnitude >>= 1;
    segment += 1;
  }
  return ~(sign | (segment << 4) | ((magnitude >> 3) & 0x0f)) & 0xff;
}

/** A-law, table 1a: the first two segments have the same step, each further one twice the step before; a scale of 4096. */
export function alawEncode(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80;
  let magnitude = Math.min(Math.floor(Math.abs(sample) / 8), 4095);
  let segment = magnitude < 32 ? 0 : 1;
  while (magnitude >= 64) {
    magnitude >>= 1;
    segment += 1;
  }
  return (sign | (segment << 4) | ((magnitude >> 1) & 0x0f)) ^ 0x55;
}
