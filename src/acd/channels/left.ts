/** The end of an interaction: told once, and remembered for a while. */
import type { AgentId, QueueId } from '../../../kernel/ids.ts';
import type { QueueExit } from '../../call/event.ts';
import type { Moment } from '../floor.ts';
import type { InteractionEnd } from './event.ts';
import type { Written } from './interaction.ts';

/** The longest ago is forgotten first. */
const MOST_OVER = 10_000;

/** Out of its queue: whom nobody served it is over for; who is answered or put elsewhere goes on. */
export function leftQueue(m: Moment, call: Written, queueId: QueueId, exit: QueueExit): void {
  m.events.push({ type: 'interactionLeftQueue', interactionId: call.callId, queueId, exit });
  if (exit === 'answered' || exit === 'transferred') return;
  over(m, call, exit === 'ended' ? 'closed' : exit, null);
}

/** The one way out. */
export function over(m: Moment, call: Written, end: InteractionEnd, agentId: AgentId | null): void {
  const { callId: interactionId, tenantId, interaction } = call;
  const { channel, queueId, externalId, askedAt } = interaction;
  const said = interaction.disposition === undefined ? {} : { disposition: interaction.disposition };
  const { floor, now } = m;
  if (!floor.calls.delete(interactionId)) return;
  floor.written.delete(interactionId);
  floor.over.set(interactionId, { interactionId, tenantId, channel, queueId, externalId, askedAt, endedAt: now, end, agentId, ...said });
  if (floor.over.size > MOST_OVER) forgetFirst(m);
  m.events.push({ type: 'interactionEnded', interactionId, channel, queueId, agentId, end, ...said });
}

function forgetFirst({ floor }: Moment): void {
  const [first] = floor.over.values();
  if (first === undefined) return;
  floor.over.delete(first.interactionId);
  if (first.externalId !== null) floor.externalIds.delete(externalKey(first.tenantId, first.externalId));
}

export const externalKey = (tenantId: string, externalId: string): string => `${tenantId} ${externalId}`;
