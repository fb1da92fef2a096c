/** A call that rings at one agent at least, and may ring at more. */
import type { Agent, Call, Floor, Waiting } from '../floor.ts';
import { hasIdle } from '../line.ts';
import { MOST_OFFERS_A_CALL } from './offering.ts';

/** The agents whose phones ring for it, in the order in which they were offered it. */
export const ringingFor = ({ ringing }: Call): Agent[] => [...ringing].sort((a, b) => numberOf(a) - numberOf(b));

function numberOf({ activity }: Agent): number {
  return activity.state === 'offered' ? Number(activity.offer.offerId.slice(activity.offer.offerId.lastIndexOf('.o') + 2)) : 0;
}

/** It stands where agents who are left over look. */
export function ringAlong(floor: Floor, waiting: Waiting): void {
  const { line } = waiting;
  if (line === null || !hasRoom(waiting)) return;
  line.along.add(waiting);
  if (hasIdle(line)) floor.ringAlong.add(line);
}

/** When its time is up it rings to its end where it rings, and nowhere else (rule 13). */
export const mayRingAtMore = (waiting: Waiting, now: number): boolean => hasRoom(waiting) && (waiting.leaveAt === null || waiting.leaveAt > now);

function hasRoom({ call, queue }: Waiting): boolean {
  if (call.interaction !== undefined) return false;
  return call.ringing.size > 0 && call.ringing.size < (queue.configuration.offering?.ringAtOnce ?? 1) && call.legs < MOST_OFFERS_A_CALL;
}
