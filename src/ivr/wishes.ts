/** What a call asks of its queue, reckoned when it comes to the step. */
import { agentIdOf } from '../../kernel/ids.ts';
import type { QueueWishes } from '../call/event.ts';
import type { QueueWish } from './plan.ts';
import { scopeOf } from './sounds.ts';
import type { LoadedPlan, Walk } from './state.ts';

const MOST_VIRTUAL_WAIT_SECONDS = 3_600;
const LONGEST_PLACE = 64;
const USUAL_AGENT_WAIT_MS = 30_000;

/** An expression without a value asks for nothing. */
export function wishesNow({ walk, loaded, now }: { walk: Walk; loaded: LoadedPlan; now: number }, wish: QueueWish): QueueWishes {
  const { preferredSkills, virtualWait, place, agent, agentWaitMs = USUAL_AGENT_WAIT_MS, insists } = wish;
  const scope = scopeOf(walk, now);
  const virtualWaitMs = virtualWait === undefined ? 0 : millisecondsIn(loaded.evaluator.text(virtualWait, scope));
  const from = place === undefined ? '' : loaded.evaluator.fill(place, scope).slice(0, LONGEST_PLACE);
  const number = agent === undefined ? '' : loaded.evaluator.fill(agent, scope).trim();
  const preferredAgent = /^[a-z0-9]{1,15}$/.test(number) ? { agentId: agentIdOf(walk.tenantId, number), waitMs: agentWaitMs } : null;
  return {
    ...(preferredSkills === undefined ? {} : { preferredSkills }),
    ...(virtualWaitMs === 0 ? {} : { virtualWaitMs }),
    ...(preferredAgent === null ? {} : { preferredAgent }),
    ...(from === '' ? {} : { place: from }),
    ...(insists === undefined ? {} : { insists }),
  };
}

function millisecondsIn(seconds: string | undefined): number {
  const number = Number(seconds ?? 0);
  return Number.isFinite(number) ? Math.round(Math.min(Math.max(0, number), MOST_VIRTUAL_WAIT_SECONDS) * 1000) : 0;
}
