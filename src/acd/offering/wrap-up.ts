/** A wrap-up that she makes longer, step by step, as far as the queue of her call lets her. */
import type { Activity } from '../agent.ts';
import { become } from '../agents.ts';
import type { Agent, Moment } from '../floor.ts';

/** By how much she may make her wrap-up longer yet. */
export const extendableMs = (activity: Activity): number => (activity.state === 'wrapping_up' ? (activity.extension?.mostMs ?? 0) : 0);

export function extendWrapUp(m: Moment, agent: Agent): void {
  const { activity } = agent;
  if (activity.state !== 'wrapping_up' || activity.extension === undefined) return;
  const { stepMs, mostMs } = activity.extension;
  const byMs = Math.min(stepMs, mostMs);
  if (byMs > 0) become(m, agent, { ...activity, until: activity.until + byMs, extension: { stepMs, mostMs: mostMs - byMs } });
}
