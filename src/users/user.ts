/** Who signs in at a console, and what each role may do. Pure. */
import type { AgentId, TenantId, UserId } from '../../kernel/ids.ts';
import type { Language } from '../call/event.ts';

/**
 * Of people. agent: takes calls · lead: supervises the agents of her teams · supervisor: the whole floor · quality: reads calls and hears recordings, changes
 * nothing · planner: figures and reports, nobody's calls · admin: the configuration and who may sign in · auditor: reads the audit trail and the configuration.
 */
export const personRoles = ['agent', 'lead', 'supervisor', 'quality', 'planner', 'admin', 'auditor'] as const;
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
  /** Those a lead leads, by name: of other roles they count for nothing. */
  teams?: readonly string[];
  /** Signed in, and may do nothing but set up the second factor that her role must have. */
  limited?: true;
  /** Of a key. */
  scopes?: readonly Action[];
}

/** How far a right reaches: the whole tenant · agents of the teams she leads, and her own · her own alone · nothing. */
export type Scope = 'all' | 'team' | 'own' | 'none';

/** What can be done, each with those who may. */
const rules = {
  'desk.use': { agent: 'own', lead: 'own', supervisor: 'own', quality: 'none', planner: 'none', admin: 'own', auditor: 'none', key: 'none' },
  'agent.read': { agent: 'all', lead: 'team', supervisor: 'all', quality: 'all', planner: 'all', admin: 'all', auditor: 'all', key: 'all' },
  'agent.setState': { agent: 'own', lead: 'team', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'agent.message': { agent: 'none', lead: 'team', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'agent.explain': { agent: 'own', lead: 'team', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'agent.change': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'agent.assignQueues': { agent: 'none', lead: 'team', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'queue.read': { agent: 'all', lead: 'all', supervisor: 'all', quality: 'all', planner: 'all', admin: 'all', auditor: 'all', key: 'all' },
  'queue.switch': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'queue.change': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'alert.read': { agent: 'none', lead: 'all', supervisor: 'all', quality: 'none', planner: 'all', admin: 'all', auditor: 'all', key: 'all' },
  'alert.change': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'trunk.read': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'all', key: 'all' },
  'trunk.change': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'customer.read': { agent: 'all', lead: 'all', supervisor: 'all', quality: 'all', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'personal.read': { agent: 'own', lead: 'own', supervisor: 'all', quality: 'none', planner: 'none', admin: 'own', auditor: 'none', key: 'all' },
  'personal.reveal': { agent: 'own', lead: 'team', supervisor: 'all', quality: 'all', planner: 'none', admin: 'all', auditor: 'none', key: 'none' },
  'customer.change': { agent: 'all', lead: 'all', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'call.readLive': { agent: 'own', lead: 'team', supervisor: 'all', quality: 'all', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'call.monitor': { agent: 'none', lead: 'team', supervisor: 'all', quality: 'none', planner: 'none', admin: 'none', auditor: 'none', key: 'none' },
  'floor.watch': { agent: 'none', lead: 'team', supervisor: 'all', quality: 'none', planner: 'all', admin: 'all', auditor: 'none', key: 'none' },
  'supervision.read': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'all', key: 'all' },
  'call.move': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'none', planner: 'none', admin: 'none', auditor: 'none', key: 'all' },
  'call.explain': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'all', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'callback.read': { agent: 'own', lead: 'team', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'callback.cancel': { agent: 'own', lead: 'team', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'interaction.ask': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'interaction.read': { agent: 'own', lead: 'team', supervisor: 'all', quality: 'all', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'interaction.serve': { agent: 'own', lead: 'own', supervisor: 'own', quality: 'none', planner: 'none', admin: 'own', auditor: 'none', key: 'none' },
  'call.trace': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'record.read': { agent: 'own', lead: 'team', supervisor: 'all', quality: 'all', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'recording.pause': { agent: 'own', lead: 'team', supervisor: 'all', quality: 'none', planner: 'none', admin: 'none', auditor: 'none', key: 'all' },
  'recording.keep': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'erasure.read': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'all', key: 'all' },
  'recording.play': { agent: 'own', lead: 'team', supervisor: 'all', quality: 'all', planner: 'none', admin: 'none', auditor: 'none', key: 'all' },
  'ticket.read': { agent: 'none', lead: 'team', supervisor: 'all', quality: 'all', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'ticket.work': { agent: 'none', lead: 'team', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'user.read': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'all', key: 'all' },
  'user.change': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'none' },
  'dialplan.read': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'all', key: 'all' },
  'dialplan.publish': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'number.change': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
  'key.read': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'all', key: 'none' },
  'key.change': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'none' },
  'webhook.read': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'all', key: 'all' },
  'webhook.change': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'none' },
  'audit.read': { agent: 'none', lead: 'none', supervisor: 'none', quality: 'none', planner: 'none', admin: 'all', auditor: 'all', key: 'all' },
  'report.read': { agent: 'own', lead: 'team', supervisor: 'all', quality: 'none', planner: 'all', admin: 'all', auditor: 'none', key: 'all' },
  'report.schedule': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'none', planner: 'all', admin: 'all', auditor: 'none', key: 'none' },
  'report.reconcile': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'none', planner: 'all', admin: 'all', auditor: 'none', key: 'all' },
  'metrics.read': { agent: 'none', lead: 'none', supervisor: 'all', quality: 'none', planner: 'none', admin: 'all', auditor: 'none', key: 'all' },
} satisfies Record<string, Record<Role, Scope>>;

export type Action = keyof typeof rules;
export const actions = Object.keys(rules) as Action[];
/** What keys may be given: never what makes users and keys, sends to new addresses, hears calls that are up, or needs a desk or a wall. */
export const keyScopes: readonly Action[] = actions.filter((action) => rules[action].key === 'all');

/**
 * Whose it is: nothing is ever shared between tenants. `agentId` = the agent it belongs to, where it belongs to one; `team` = the team she is in now. Who leaves
 * the team out keeps its lead out.
 */
export interface Resource {
  tenantId: TenantId;
  agentId?: AgentId | null;
  team?: string | null;
}

/** What is asked of a user to know what she may. */
export type Asker = Pick<User, 'tenantId' | 'role' | 'agentId' | 'scopes' | 'teams'>;

/** How far her right to do this reaches. */
export function scopeOf(user: Pick<Asker, 'role' | 'scopes'>, action: Action): Scope {
  if (user.role === 'key' && user.scopes?.includes(action) !== true) return 'none';
  return rules[action][user.role];
}

export function may(user: Asker, action: Action, { tenantId, agentId = null, team = null }: Resource): boolean {
  if (user.tenantId !== tenantId) return false;
  const scope = scopeOf(user, action);
  if (scope === 'all' || scope === 'none') return scope === 'all';
  const isOwn = user.agentId !== null && user.agentId === agentId;
  return isOwn || (scope === 'team' && team !== null && user.teams?.includes(team) === true);
}

/** Whether there is anything at all that she may do this to. */
export function mayAtAll(user: Asker, action: Action): boolean {
  const scope = scopeOf(user, action);
  if (scope === 'all' || scope === 'none') return scope === 'all';
  return user.agentId !== null || (scope === 'team' && (user.teams ?? []).length > 0);
}
