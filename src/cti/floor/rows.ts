/** The floor as a wall shows it: rows made of what the routing core lets others see. */
import { asId, type TenantId } from '../../../kernel/ids.ts';
import type { AgentView, QueueView } from '../../acd/view.ts';
import { iso, isoOrNull } from '../pop.ts';
import type { FloorAgent, FloorQueue } from './messages.ts';

/** Of a queue or an agent. */
export const tenantOf = (id: string): TenantId => asId<TenantId>(id.slice(0, id.indexOf(':')));

/** `supervised`: who is on her call. */
export function agentRow(agent: AgentView, supervised: FloorAgent['supervised']): FloorAgent {
  const { agentId, number, name, team, state, activity, reasons, since, callId, queues, phoneReachable } = agent;
  return {
    ...{ agentId, number, name, state, activity, since: iso(since), queues: [...queues] },
    ...(team === undefined ? {} : { team }),
    ...(reasons.length === 0 ? {} : { reasons: [...reasons] }),
    ...(callId === null ? {} : { callId }),
    ...(supervised === undefined ? {} : { supervised }),
    ...(phoneReachable || state === 'signed_out' ? {} : { phone: 'lost' as const }),
  };
}

export function queueRow(queue: QueueView, expectedWait: FloorQueue['expectedWait'], today: FloorQueue['today']): FloorQueue {
  const { queueId, configuration, state, waiting, oldestSince, signedIn, ready, talking, wrappingUp } = queue;
  const { name, alerts } = configuration;
  return {
    ...{ queueId, name: { zh: name.zh, en: name.en }, state, waiting, oldestSince: isoOrNull(oldestSince), signedIn, ready, talking, wrappingUp },
    ...{ expectedWait, today },
    ...(alerts === undefined ? {} : { bounds: alerts }),
  };
}
