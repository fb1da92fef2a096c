/** Rows of a file of agents against those there are: who is new, what changes, and every fault by its row. Pure: nothing is written here. */
import { z } from 'zod';
import { type AgentId, agentIdOf, type QueueId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import type { AgentConfiguration } from '../acd/event.ts';

/** What is not in a row stays as it is; a new agent has none of it. */
export interface AgentRow {
  number: string;
  name?: string | undefined;
  /** Their own names, without the tenant. */
  queues?: string[] | undefined;
  skills?: Record<string, number> | undefined;
  /** '' takes it away. */
  team?: string | undefined;
  site?: string | undefined;
  /** Makes her sign-in, whose user name is her number. */
  password?: string | undefined;
}

export const rowFaults = [
  'number_malformed',
  'number_twice',
  'number_dialled',
  'name_missing',
  'name_too_long',
  'queue_unknown',
  'skill_malformed',
  'level_out_of_range',
  'label_too_long',
  'password_too_short',
  'sign_in_exists',
] as const;
export type RowFault = (typeof rowFaults)[number];
export const rowFields = ['name', 'queues', 'skills', 'team', 'site', 'password'] as const;
export type RowField = (typeof rowFields)[number];

export interface PlannedRow {
  number: string;
  outcome: 'new' | 'changed' | 'same' | 'faulty';
  changes: { field: RowField; before: string; after: string }[];
  /** `value`: what is wrong, as it was given. */
  faults: { field: RowField | 'number'; code: RowFault; value: string }[];
}
export interface PlannedAgents {
  rows: PlannedRow[];
  /** New and changed ones, as they are to be; empty while any row is faulty. */
  agents: AgentConfiguration[];
  /** Sign-ins to be made. */
  logins: { agentId: AgentId; number: string; name: string; password: string }[];
}

export interface AgentsThereAre {
  tenantId: TenantId;
  agents: ReadonlyMap<string, AgentConfiguration>;
  /** Own names of the tenant's queues. */
  queues: ReadonlySet<string>;
  /** Numbers that somebody signs in with already. */
  signIns: ReadonlySet<string>;
  /** Numbers that callers dial. */
  hotlines?: ReadonlySet<string>;
}

const MOST_LEVEL = 10;
const LONGEST_NAME = 100;
const LONGEST_LABEL = 64;
const SHORTEST_PASSWORD = 8;
const numberShape = /^[0-9]{2,15}$/;
const skillShape = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
const levelSchema = z.number().int().min(1).max(MOST_LEVEL);

export function planAgents(rows: readonly AgentRow[], there: AgentsThereAre): PlannedAgents {
  const seen = new Set<string>();
  const planned = rows.map((row) => {
    const twice = seen.has(row.number);
    seen.add(row.number);
    return planRow(row, there, twice);
  });
  const isFaulty = planned.some(({ faults }) => faults.length > 0);
  const written = isFaulty ? [] : planned.filter(({ row }) => row.outcome === 'new' || row.outcome === 'changed');
  return {
    rows: planned.map(({ row }) => row),
    agents: written.map(({ agent }) => agent),
    logins: written.flatMap(({ agent, password }) =>
      password === undefined ? [] : [{ agentId: agent.agentId, number: agent.number, name: agent.name, password }],
    ),
  };
}

interface Plan {
  row: PlannedRow;
  faults: PlannedRow['faults'];
  agent: AgentConfiguration;
  password: string | undefined;
}

function planRow(row: AgentRow, there: AgentsThereAre, twice: boolean): Plan {
  const before = there.agents.get(row.number);
  const faults = faultsOf(row, before, there, twice);
  const agent = agentOf(row, before, there.tenantId);
  const changes = changesOf(before, agent, row);
  const outcome = faults.length > 0 ? 'faulty' : before === undefined ? 'new' : changes.length > 0 ? 'changed' : 'same';
  return { row: { number: row.number, outcome, changes, faults }, faults, agent, password: row.password };
}

function faultsOf(row: AgentRow, before: AgentConfiguration | undefined, there: AgentsThereAre, twice: boolean): PlannedRow['faults'] {
  const faults: PlannedRow['faults'] = [];
  const fault = (wrong: boolean, field: RowField | 'number', code: RowFault, value: string): void => {
    if (wrong) faults.push({ field, code, value });
  };
  const { number, name, queues = [], skills = {}, team = '', site = '', password } = row;
  fault(!numberShape.test(number), 'number', 'number_malformed', number);
  fault(twice, 'number', 'number_twice', number);
  fault(before === undefined && there.hotlines?.has(number) === true, 'number', 'number_dialled', number);
  fault((name ?? before?.name ?? '').trim() === '', 'name', 'name_missing', '');
  fault((name ?? '').trim().length > LONGEST_NAME, 'name', 'name_too_long', name ?? '');
  for (const queue of queues) fault(!there.queues.has(queue), 'queues', 'queue_unknown', queue);
  for (const [skill, level] of Object.entries(skills)) {
    fault(!skillShape.test(skill), 'skills', 'skill_malformed', skill);
    fault(!levelSchema.safeParse(level).success, 'skills', 'level_out_of_range', `${skill} ${level}`);
  }
  fault(team.length > LONGEST_LABEL, 'team', 'label_too_long', team);
  fault(site.length > LONGEST_LABEL, 'site', 'label_too_long', site);
  fault(password !== undefined && password.length < SHORTEST_PASSWORD, 'password', 'password_too_short', '');
  fault(password !== undefined && there.signIns.has(number), 'password', 'sign_in_exists', number);
  return faults;
}

function agentOf(row: AgentRow, before: AgentConfiguration | undefined, tenantId: TenantId): AgentConfiguration {
  const {
    team: teamBefore,
    site: siteBefore,
    ...rest
  } = before ?? {
    ...{ agentId: agentIdOf(tenantId, row.number), tenantId, number: row.number, name: '', queues: [], skills: {}, staticContact: null, phone: {} },
  };
  const team = (row.team ?? teamBefore ?? '').trim();
  const site = (row.site ?? siteBefore ?? '').trim();
  return {
    ...rest,
    name: row.name === undefined ? rest.name : row.name.trim(),
    queues: row.queues === undefined ? rest.queues : [...new Set(row.queues)].map((queue): QueueId => queueIdOf(tenantId, queue)),
    skills: row.skills ?? rest.skills,
    ...(team === '' ? {} : { team }),
    ...(site === '' ? {} : { site }),
  };
}

const own = (id: string): string => id.slice(id.indexOf(':') + 1);
const queueText = ({ queues }: AgentConfiguration): string => queues.map(own).sort().join(', ');
const skillText = ({ skills }: AgentConfiguration): string =>
  Object.entries(skills)
    .map(([skill, level]) => `${skill} ${level}`)
    .sort()
    .join(', ');

/** What a person compares: one text before, one after. */
function changesOf(before: AgentConfiguration | undefined, after: AgentConfiguration, { password }: AgentRow): PlannedRow['changes'] {
  const texts = (agent: AgentConfiguration | undefined): Record<Exclude<RowField, 'password'>, string> => ({
    name: agent?.name ?? '',
    queues: agent === undefined ? '' : queueText(agent),
    skills: agent === undefined ? '' : skillText(agent),
    team: agent?.team ?? '',
    site: agent?.site ?? '',
  });
  const [was, is] = [texts(before), texts(after)];
  const fields = (['name', 'queues', 'skills', 'team', 'site'] as const).filter((field) => was[field] !== is[field]);
  const changes: PlannedRow['changes'] = fields.map((field) => ({ field, before: was[field], after: is[field] }));
  return password === undefined ? changes : [...changes, { field: 'password', before: '', after: '••••••••' }];
}
