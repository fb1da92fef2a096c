/** What the house begins by itself heeds what is refused at the door: whether new calls are taken, as an event for those who make some. */
import type { Clock } from '../kernel/clock.ts';
import type { Event } from './vocabulary.ts';

const LOOK_EACH_MS = 250;

/** Returns what ends the watch. */
export function watchIntake(door: { readonly accepting: boolean }, clock: Pick<Clock, 'every'>, take: (event: Event) => void): () => void {
  let shut = false;
  return clock.every(LOOK_EACH_MS, () => {
    if (shut !== door.accepting) return;
    shut = !shut;
    take({ type: 'intakeChanged', shut });
  });
}
