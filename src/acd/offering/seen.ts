/** How an agent is, as others see it. */
import { type Activity, afterwardsOf } from '../agent.ts';
import type { AgentActivity } from '../event.ts';
import type { Agent } from '../floor.ts';

export function seenAs({ activity, ownCalls, others }: Pick<Agent, 'activity' | 'ownCalls' | 'others'>): AgentActivity {
  switch (activity.state) {
    case 'ready':
      return others !== null && others.running.size > 0 ? 'serving' : 'ready';
    case 'offered':
      return activity.rings === true ? 'ringing' : 'reserved';
    case 'releasing':
      return 'reserved';
    case 'pausing':
      return 'not_ready';
    case 'talking':
      return ownCalls.size > 0 || activity.consulting === true ? 'consulting' : activity.held === true ? 'holding' : 'talking';
    default:
      return activity.state;
  }
}

/** What takes effect after the call that has her; null = no call has her. */
export function afterThisCall(activity: Activity): 'ready' | 'not_ready' | 'signed_out' | null {
  const { state } = activity;
  if (state !== 'offered' && state !== 'releasing' && state !== 'talking' && state !== 'wrapping_up') return null;
  const { leave, reasons } = afterwardsOf(activity);
  return leave !== 'stay' ? 'signed_out' : reasons.length > 0 ? 'not_ready' : 'ready';
}
