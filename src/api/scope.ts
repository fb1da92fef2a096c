/** Whose things are, as the table of roles asks: an agent's, with the team that she is in now. */
import type { AgentId, TenantId } from '../../kernel/ids.ts';
import { type Action, may, type Resource } from '../users/user.ts';
import type { ApiPorts, Identity } from './ports.ts';

type House = Pick<ApiPorts, 'directory'>;

/** Also of one who is disabled; null = she is in none, or gone. */
const teamOf = ({ directory }: House, agentId: AgentId): string | null =>
  (directory.agent(agentId) ?? directory.disabledAgents().find((agent) => agent.agentId === agentId))?.team ?? null;

/** `agentId` null: nobody's. */
export const resourceOf = (house: House, tenantId: TenantId, agentId: AgentId | null): Resource => ({
  tenantId,
  agentId,
  team: agentId === null ? null : teamOf(house, agentId),
});

/** To what one of these agents had, or nobody. */
export function mayToAny(
  house: House,
  user: Identity,
  action: Action,
  { tenantId, agentIds }: { tenantId: TenantId; agentIds: Iterable<AgentId | null> },
): boolean {
  if (may(user, action, { tenantId })) return true;
  for (const agentId of agentIds) if (may(user, action, resourceOf(house, tenantId, agentId))) return true;
  return false;
}

/** The agents to whose things she may do this; null = to everybody's, and to nobody's too. */
export function agentsWithin({ directory }: House, user: Identity, action: Action): AgentId[] | null {
  const { tenantId } = user;
  if (may(user, action, { tenantId })) return null;
  const all = [...directory.agents(), ...directory.disabledAgents()];
  return all.filter(({ agentId, tenantId: its, team = null }) => may(user, action, { tenantId: its, agentId, team })).map(({ agentId }) => agentId);
}
