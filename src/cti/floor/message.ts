/** A supervisor's message to an agent, a team, a queue's agents or everybody: who is told it, and as what. */
import type { AgentId, QueueId, TenantId } from '../../../kernel/ids.ts';
import type { AcdView } from '../../acd/view.ts';
import type { DeskNews } from '../event.ts';
import { iso } from '../pop.ts';

export type Addressee = { kind: 'agent'; agentId: AgentId } | { kind: 'team'; team: string } | { kind: 'queue'; queueId: QueueId } | { kind: 'all' };

export interface MessageSent {
  type: 'messageSent';
  tenantId: TenantId;
  messageId: string;
  to: Addressee;
  text: string;
  byName: string;
}

/** Who is signed in: a message is of now, and kept for nobody. */
export function addressed(acd: AcdView, tenantId: TenantId, to: Addressee): AgentId[] {
  const all = to.kind === 'agent' ? [acd.agent(to.agentId)] : acd.agents(tenantId);
  return all.flatMap((agent) => {
    if (agent === undefined || agent.tenantId !== tenantId || agent.state === 'signed_out') return [];
    const isMeant = to.kind === 'team' ? agent.team === to.team : to.kind !== 'queue' || agent.queues.includes(to.queueId);
    return isMeant ? [agent.agentId] : [];
  });
}

export const asNews = ({ messageId, text, byName, to }: MessageSent, now: number): DeskNews => ({
  type: 'message',
  data: { messageId, text, from: byName, at: iso(now), to: to.kind },
});
