/** Who signs in at a console, and what each role may do. Pure. */
import type { AgentId, TenantId, UserId } from '../../kernel/ids.ts';
import type { Language } from '../call/event.ts';

export type Role = 'agent' | 'supervisor' | 'admin';

export interface User {
  /** `<tenant>:<username>` */
  userId: UserId;
  tenantId: TenantId;
  username: string;
  name: string;
  role: Role;
  language: Language;
  /** The agent whose desk this user sits at; null for those who take no calls. */
  agentId: AgentId | null;
}

/** What can be done, each with those who may: `own` = only where the resource is the agent's own. */
const rules = {
  'desk.use': { agent: 'own', supervisor: 'own', admin: 'own' },
  'agent.read': { agent: 'all', supervisor: 'all', admin: 'all' },
  'agent.setState': { agent: 'own', supervisor: 'all', admin: 'all' },
  'agent.message': { agent: 'none', supervisor: 'all', admin: 'all' },
  'agent.explain': { agent: 'own', supervisor: 'all', admin: 'all' },
  'agent.change': { agent: 'none', supervisor: 'none', admin: 'all' },
  'agent.assignQueues': { agent: 'none', supervisor: 'all', admin: 'all' },
  'queue.read': { agent: 'all', supervisor: 'all', admin: 'all' },
  'queue.switch': { agent: 'none', supervisor: 'all', admin: 'all' },
  'queue.change': { agent: 'none', supervisor: 'none', admin: 'all' },
  'trunk.read': { agent: 'none', supervisor: 'all', admin: 'all' },
  'trunk.change': { agent: 'none', supervisor: 'none', admin: 'all' },
  'customer.read': { agent: 'all', supervisor: 'all', admin: 'all' },
  'customer.change': { agent: 'all', supervisor: 'all', admin: 'all' },
  'call.readLive': { agent: 'own', supervisor: 'all', admin: 'all' },
  'call.monitor': { agent: 'none', supervisor: 'all', admin: 'none' },
  'call.move': { agent: 'none', supervisor: 'all', admin: 'none' },
  'call.explain': { agent: 'none', supervisor: 'all', admin: 'all' },
  'callback.read': { agent: 'none', supervisor: 'all', admin: 'all' },
  'callback.cancel': { agent: 'none', supervisor: 'all', admin: 'all' },
  'interaction.ask': { agent: 'none', supervisor: 'all', admin: 'all' },
  'interaction.read': { agent: 'own', supervisor: 'all', admin: 'all' },
  'interaction.serve': { agent: 'own', supervisor: 'own', admin: 'own' },
  'call.trace': { agent: 'none', supervisor: 'all', admin: 'all' },
  'record.read': { agent: 'own', supervisor: 'all', admin: 'all' },
  'recording.pause': { agent: 'own', supervisor: 'all', admin: 'none' },
  'recording.keep': { agent: 'none', supervisor: 'none', admin: 'all' },
  'recording.play': { agent: 'own', supervisor: 'all', admin: 'none' },
  'user.read': { agent: 'none', supervisor: 'all', admin: 'all' },
  'user.change': { agent: 'none', supervisor: 'none', admin: 'all' },
  'dialplan.read': { agent: 'none', supervisor: 'all', admin: 'all' },
  'dialplan.publish': { agent: 'none', supervisor: 'none', admin: 'all' },
  'number.change': { agent: 'none', supervisor: 'none', admin: 'all' },
  'audit.read': { agent: 'none', supervisor: 'none', admin: 'all' },
  'report.read': { agent: 'own', supervisor: 'all', admin: 'all' },
  'report.reconcile': { agent: 'none', supervisor: 'all', admin: 'all' },
  'metrics.read': { agent: 'none', supervisor: 'all', admin: 'all' },
} satisfies Record<string, Record<Role, 'all' | 'own' | 'none'>>;

export type Action = keyof typeof rules;
export const actions = Object.keys(rules) as Action[];

/** Whose it is: nothing is ever shared between tenants. `agentId` = the agent it belongs to, where it belongs to one. */
export interface Resource {
  tenantId: TenantId;
  agentId?: AgentId | null;
}

export function may(user: Pick<User, 'tenantId' | 'role' | 'agentId'>, action: Action, resource: Resource): boolean {
  if (user.tenantId !== resource.tenantId) return false;
  const rule: 'all' | 'own' | 'none' = rules[action][user.role];
  if (rule !== 'own') return rule === 'all';
  return user.agentId !== null && user.agentId === (resource.agentId ?? null);
}
