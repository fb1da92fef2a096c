/** What a call asks of its queue, reckoned when it comes to the step. */
import type { QueueWishes } from '../call/event.ts';
import type { QueueWish } from './plan.ts';
import { scopeOf } from './sounds.ts';
import type { LoadedPlan, Walk } from './state.ts';

const MOST_VIRTUAL_WAIT_SECONDS = 3_600;
const LONGEST_PLACE = 64;

/** An expression without a value asks for nothing. */
export function wishesNow({ walk, loaded, now }: { walk: Walk; loaded: LoadedPlan; now: number }, wish: QueueWish): QueueWishes {
  const { preferredSkills, virtualWait, place } = wish;
  const scope = scopeOf(walk, now);
  const virtualWaitMs = virtualWait === undefined ? 0 : millisecondsIn(loaded.evaluator.text(virtualWait, scope));
  const from = place === undefined ? '' : loaded.evaluator.fill(place, scope).slice(0, LONGEST_PLACE);
  return {
    ...(preferredSkills === undefined ? {} : { preferredSkills }),
    ...(virtualWaitMs === 0 ? {} : { virtualWaitMs }),
    ...(from === '' ? {} : { place: from }),
  };
}

function millisecondsIn(seconds: string | undefined): number {
  const number = Number(seconds ?? 0);
  return Number.isFinite(number) ? Math.round(Math.min(Math.max(0, number), MOST_VIRTUAL_WAIT_SECONDS) * 1000) : 0;
}
