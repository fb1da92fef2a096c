/** Lots that fall the same way again from the same state (mulberry32); whoever draws keeps the state. */

export const nextLot = (state: number): number => (state + 0x6d2b79f5) >>> 0;

/** [0, 1) */
export function fractionOf(state: number): number {
  let mixed = state;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}
