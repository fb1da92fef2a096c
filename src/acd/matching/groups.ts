/** Groups: the members of a queue, and the agents of a team. */
import { type QueueId, queueIdOf, type TenantId } from '../../../kernel/ids.ts';
import type { AgentConfiguration } from '../event.ts';

/** No queue's own id: their names have no slash. */
export const teamGroup = (tenantId: TenantId, team: string): QueueId => queueIdOf(tenantId, `team/${team}`);

export function groupsOf({ tenantId, queues, team }: AgentConfiguration): Set<QueueId> {
  const groups = new Set(queues);
  if (team !== undefined) groups.add(teamGroup(tenantId, team));
  return groups;
}
