/** The clock of the consoles, and how times are written; what people see is corrected to the server's by the client of the desk protocol. */
import { machineClock } from './cti/clock.ts';

export const browserClock = machineClock;

/** `3:07`, or `1:02:09` from an hour on; never negative. `ms` is a duration. */
export function asDuration(ms: number): string {
  const all = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}
