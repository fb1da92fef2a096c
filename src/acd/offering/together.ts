/**
 * A queue may have a call ring at several agents at once: the first who answers has it, the others are told why. Everybody who waits gets
 * one agent first; only who is idle beyond that rings along, for the first in the order of service who may have more.
 */
import type { Line, Moment } from '../floor.ts';
import { hasIdle } from '../line.ts';
import { beforeAcross } from '../matching/place.ts';
import { chosen, tookTurn } from '../matching/pool.ts';
import { offerWaiting } from '../offers.ts';
import { mayRingAtMore } from './along.ts';

/** Behind the pairing: agents who are idle still ring along. */
export function pairAlong(m: Moment): void {
  if (m.floor.unpaired.size > 0) return;
  for (let paired = 0; paired < m.floor.mostATurn; ) {
    const line = nextAlong(m);
    const waiting = line?.along.first();
    if (line === undefined || waiting === undefined) return;
    line.along.remove(waiting);
    if (!mayRingAtMore(waiting, m.now)) continue;
    const agent = chosen(m.floor, line);
    if (agent === undefined) return;
    offerWaiting(m, waiting, agent);
    tookTurn(m.floor, waiting.queue, agent);
    paired += 1;
  }
  nextAlong(m);
}

function nextAlong({ floor, now }: Moment): Line | undefined {
  let next: Line | undefined;
  for (const line of floor.ringAlong) {
    const head = line.along.first();
    const best = next?.along.first();
    if (head === undefined || !hasIdle(line)) floor.ringAlong.delete(line);
    else if (best === undefined || beforeAcross(head, best, now) < 0) next = line;
  }
  return next;
}
