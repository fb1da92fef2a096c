/** Who signs in at a console, and what each role may do. Pure. */
import type { AgentId, TenantId, UserId } from '../../kernel/ids.ts';
import type { Language } from '../call/event.ts';

/** Of people. */
export const personRoles = ['agent', 'supervisor', 'admin'] as const;
export type PersonRole = (typeof personRoles)[number];
/** `key`: a program with an API key, which may what its scopes say, of what may be given to keys at all. */
export const roles = [...personRoles, 'key'] as const;
export type Role = (typeof roles)[number];

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
  /** Signed in, and may do nothing but set up the second factor that her role must have. */
  limited?: true;
  /** Of a key. */
  scopes?: readonly Action[];
}

/** What can be done, each with those who may: `own` = only where the resource is the agent's own. */
const rules = {
  'desk.use': { agent: 'own', supervisor: 'own', admin: 'own', key: 'none' },
  'agent.read': { agent: 'all', supervisor: 'all', admin: 'all', key: 'all' },
  'agent.setState': { agent: 'own', supervisor: 'all', admin: 'all', key: 'all' },
  'agent.message': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'agent.explain': { agent: 'own', supervisor: 'all', admin: 'all', key: 'all' },
  'agent.change': { agent: 'none', supervisor: 'none', admin: 'all', key: 'all' },
  'agent.assignQueues': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'queue.read': { agent: 'all', supervisor: 'all', admin: 'all', key: 'all' },
  'queue.switch': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'queue.change': { agent: 'none', supervisor: 'none', admin: 'all', key: 'all' },
  'alert.read': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'alert.change': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'trunk.read': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'trunk.change': { agent: 'none', supervisor: 'none', admin: 'all', key: 'all' },
  'customer.read': { agent: 'all', supervisor: 'all', admin: 'all', key: 'all' },
  'customer.change': { agent: 'all', supervisor: 'all', admin: 'all', key: 'all' },
  'call.readLive': { agent: 'own', supervisor: 'all', admin: 'all', key: 'all' },
  'call.monitor': { agent: 'none', supervisor: 'all', admin: 'none', key: 'none' },
  'floor.watch': { agent: 'none', supervisor: 'all', admin: 'all', key: 'none' },
  'supervision.read': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'call.move': { agent: 'none', supervisor: 'all', admin: 'none', key: 'all' },
  'call.explain': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'callback.read': { agent: 'own', supervisor: 'all', admin: 'all', key: 'all' },
  'callback.cancel': { agent: 'own', supervisor: 'all', admin: 'all', key: 'all' },
  'interaction.ask': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'interaction.read': { agent: 'own', supervisor: 'all', admin: 'all', key: 'all' },
  'interaction.serve': { agent: 'own', supervisor: 'own', admin: 'own', key: 'none' },
  'call.trace': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'record.read': { agent: 'own', supervisor: 'all', admin: 'all', key: 'all' },
  'recording.pause': { agent: 'own', supervisor: 'all', admin: 'none', key: 'all' },
  'recording.keep': { agent: 'none', supervisor: 'none', admin: 'all', key: 'all' },
  'recording.play': { agent: 'own', supervisor: 'all', admin: 'none', key: 'all' },
  'user.read': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'user.change': { agent: 'none', supervisor: 'none', admin: 'all', key: 'none' },
  'dialplan.read': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'dialplan.publish': { agent: 'none', supervisor: 'none', admin: 'all', key: 'all' },
  'number.change': { agent: 'none', supervisor: 'none', admin: 'all', key: 'all' },
  'key.read': { agent: 'none', supervisor: 'none', admin: 'all', key: 'none' },
  'key.change': { agent: 'none', supervisor: 'none', admin: 'all', key: 'none' },
  'webhook.read': { agent: 'none', supervisor: 'none', admin: 'all', key: 'all' },
  'webhook.change': { agent: 'none', supervisor: 'none', admin: 'all', key: 'none' },
  'audit.read': { agent: 'none', supervisor: 'none', admin: 'all', key: 'all' },
  'report.read': { agent: 'own', supervisor: 'all', admin: 'all', key: 'all' },
  'report.reconcile': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
  'metrics.read': { agent: 'none', supervisor: 'all', admin: 'all', key: 'all' },
} satisfies Record<string, Record<Role, 'all' | 'own' | 'none'>>;

export type Action = keyof typeof rules;
export const actions = Object.keys(rules) as Action[];
/** What keys may be given: never what makes users and keys, sends to new addresses, hears calls that are up, or needs a desk or a wall. */
export const keyScopes: readonly Action[] = actions.filter((action) => rules[action].key === 'all');

/** Whose it is: nothing is ever shared between tenants. `agentId` = the agent it belongs to, where it belongs to one. */
export interface Resource {
  tenantId: TenantId;
  agentId?: AgentId | null;
}

/** What is asked of a user to know what she may. */
export type Asker = Pick<User, 'tenantId' | 'role' | 'agentId' | 'scopes'>;

export function may(user: Asker, action: Action, resource: Resource): boolean {
  if (user.tenantId !== resource.tenantId) return false;
  if (user.role === 'key' && user.scopes?.includes(action) !== true) return false;
  const rule: 'all' | 'own' | 'none' = rules[action][user.role];
  if (rule !== 'own') return rule === 'all';
  return user.agentId !== null && user.agentId === (resource.agentId ?? null);
}

/** With what is most her own: whether there is anything at all that she may do this to. */
export const mayAtAll = (user: Asker, action: Action): boolean => may(user, action, { tenantId: user.tenantId, agentId: user.agentId });
