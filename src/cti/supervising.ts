/** What a supervisor's desk asks of other agents: whom it means and how she is to be, or why it cannot be done. Takes nothing itself. */
import type { AgentId } from '../../kernel/ids.ts';
import type { AgentWish } from '../acd/offering/wish.ts';
import type { DeskUser } from './desks.ts';
import type { Obeying } from './obey.ts';
import type { CtiErrorCode, DeskMessageOf } from './protocol.ts';

type Supervising = { ok: true; agentId: AgentId; wish: AgentWish } | { ok: false; code: CtiErrorCode };

export function supervise({ data }: DeskMessageOf<'setAgentState'>, user: Pick<DeskUser, 'role' | 'tenantId'>, { acd, directory }: Obeying): Supervising {
  if (user.role === 'agent') return { ok: false, code: 'not_allowed' };
  const agentId = directory.agentByNumber(user.tenantId, data.number)?.agentId;
  const agent = agentId === undefined ? undefined : acd.agent(agentId);
  if (agent === undefined) return { ok: false, code: 'unknown_agent' };
  if (agent.state === 'signed_out' && data.state !== 'signed_out') return { ok: false, code: 'agent_signed_out' };
  if (data.state !== 'not_ready') return { ok: true, agentId: agent.agentId, wish: { state: data.state } };
  const { reason = 'supervisor', note } = data;
  return { ok: true, agentId: agent.agentId, wish: { state: 'not_ready', reason, ...(note === undefined ? {} : { note }) } };
}
