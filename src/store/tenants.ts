/** Tenants, numbers, queues, agents and their phones: read whole for the directory, written by seed and API. */
import type { Kysely, Transaction } from 'kysely';
import { type AgentId, asId, type QueueId, type TenantId, type UserId } from '../../kernel/ids.ts';
import type { AgentConfiguration, QueueConfiguration } from '../acd/event.ts';
import type { AlertBounds } from '../acd/sections.ts';
import { readAlertBounds } from '../tenants/alerts.ts';
import type { StoredCalendar } from '../tenants/calendar.ts';
import { SIP_REALM, type SipAccount, type Tenant } from '../tenants/directory.ts';
import { type HotlineNumber, readNumber } from '../tenants/numbers.ts';
import { readOutsideRules } from '../tenants/outside.ts';
import { readAgentSections, readQueueSections, sectionsOfAgent, sectionsOfQueue } from '../tenants/sections.ts';
import { readTenantSettings, type TenantSettings } from '../tenants/settings.ts';
import type { OutsideRules } from '../toll/policy.ts';
import { readCalendars } from './calendars.ts';
import type { Database } from './schema.ts';
import { readTrunks, type StoredTrunk } from './trunks.ts';

export interface Picture {
  tenants: Tenant[];
  queues: QueueConfiguration[];
  calendars: StoredCalendar[];
  agents: AgentConfiguration[];
  /** On no floor; absent = none. */
  disabledAgents?: AgentConfiguration[];
  accounts: SipAccount[];
  trunks: StoredTrunk[];
  outsideRules: [TenantId, OutsideRules][];
  floorAlerts: [TenantId, AlertBounds][];
}

/** Everything at one moment (one snapshot), a handful of queries however many agents. */
export function readPicture(db: Kysely<Database>): Promise<Picture> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => ({
      tenants: await readTenants(trx),
      queues: await readQueues(trx),
      calendars: await readCalendars(trx),
      ...(await readAgents(trx)),
      trunks: await readTrunks(trx),
      outsideRules: (await trx.selectFrom('tenants').select(['tenant_id', 'outside_rules']).execute()).map((row) => [
        asId<TenantId>(row.tenant_id),
        readOutsideRules(row.outside_rules),
      ]),
      floorAlerts: (await trx.selectFrom('tenants').select(['tenant_id', 'floor_alerts']).execute()).map((row) => [
        asId<TenantId>(row.tenant_id),
        readAlertBounds(row.floor_alerts),
      ]),
      accounts: (await trx.selectFrom('sip_accounts').selectAll().execute()).map((row) => ({
        agentId: asId<AgentId>(row.agent_id),
        tenantId: asId<TenantId>(row.tenant_id),
        username: row.username,
        ha1Md5: row.ha1_md5,
        ha1Sha256: row.ha1_sha256,
      })),
    }));
}

async function readTenants(db: Kysely<Database>): Promise<Tenant[]> {
  const numbers = await db.selectFrom('numbers').selectAll().orderBy('position').execute();
  const rows = await db.selectFrom('tenants').selectAll().orderBy('tenant_id').execute();
  return rows.map((row) => {
    const hotlines = numbers.filter(({ tenant_id }) => tenant_id === row.tenant_id).map(({ number, rules }) => readNumber(number, rules));
    return {
      tenantId: asId<TenantId>(row.tenant_id),
      name: row.name,
      numbers: hotlines.flatMap(({ number, enabled }) => (enabled ? [number] : [])),
      hotlines,
      sipDomains: row.sip_domains,
      settings: readTenantSettings(row.settings),
    };
  });
}

/** What its own admin sets of it. */
export async function saveTenantSettings(db: Kysely<Database>, tenantId: TenantId, name: string, settings: TenantSettings): Promise<void> {
  await db
    .updateTable('tenants')
    .set({ name, settings: JSON.stringify(settings) })
    .where('tenant_id', '=', tenantId)
    .execute();
}

/** Makes the number, behind those there are, or changes it. false: it is another tenant's. */
export async function saveNumber(db: Kysely<Database>, tenantId: TenantId, { number, ...said }: HotlineNumber): Promise<boolean> {
  const rules = JSON.stringify(said);
  const written = await db
    .insertInto('numbers')
    .values(({ selectFrom, fn, eb }) => ({
      ...{ number, tenant_id: tenantId, rules },
      position: selectFrom('numbers')
        .select(({ lit }) => eb(fn.coalesce(fn.max<number>('position'), lit(-1)), '+', 1).as('next'))
        .where('tenant_id', '=', tenantId),
    }))
    .onConflict((conflict) => conflict.column('number').doUpdateSet({ rules }).where('numbers.tenant_id', '=', tenantId))
    .returning('number')
    .execute();
  return written.length > 0;
}

export async function removeNumber(db: Kysely<Database>, tenantId: TenantId, number: string): Promise<void> {
  await db.deleteFrom('numbers').where('number', '=', number).where('tenant_id', '=', tenantId).execute();
}

async function readQueues(db: Kysely<Database>): Promise<QueueConfiguration[]> {
  const rows = await db.selectFrom('queues').selectAll().orderBy('queue_id').execute();
  return rows.map((row) => ({
    queueId: asId<QueueId>(row.queue_id),
    tenantId: asId<TenantId>(row.tenant_id),
    name: { zh: row.name_zh, en: row.name_en },
    skills: row.skills,
    maxWaitMs: row.max_wait_ms,
    maxWaiting: row.max_waiting,
    leaveWhenNoAgents: row.leave_when_no_agents,
    ringTimeoutMs: row.ring_timeout_ms,
    wrapUpMs: row.wrap_up_ms,
    record: row.record,
    ...(row.media === 'anchored' ? {} : { media: row.media }),
    ...(row.recording === 'optional' ? {} : { recording: row.recording }),
    music: row.music,
    answerWithinMs: row.answer_within_ms,
    ...readQueueSections(row.rules),
  }));
}

async function readAgents(db: Kysely<Database>): Promise<Required<Pick<Picture, 'agents' | 'disabledAgents'>>> {
  const queues = new Map<string, QueueId[]>();
  for (const row of await db.selectFrom('agent_queues').selectAll().orderBy('queue_id').execute()) {
    queues.set(row.agent_id, [...(queues.get(row.agent_id) ?? []), asId<QueueId>(row.queue_id)]);
  }
  const skills = new Map<string, Record<string, number>>();
  for (const row of await db.selectFrom('agent_skills').selectAll().execute()) {
    skills.set(row.agent_id, { ...skills.get(row.agent_id), [row.skill]: row.level });
  }
  const rows = await db.selectFrom('agents').selectAll().orderBy('agent_id').execute();
  const configured = (row: (typeof rows)[number]): AgentConfiguration => ({
    agentId: asId<AgentId>(row.agent_id),
    tenantId: asId<TenantId>(row.tenant_id),
    number: row.number,
    name: row.name,
    queues: queues.get(row.agent_id) ?? [],
    skills: skills.get(row.agent_id) ?? {},
    staticContact: row.static_contact,
    ...(Object.keys(row.phone).length === 0 ? {} : { phone: row.phone }),
    ...readAgentSections(row.rules),
  });
  return {
    agents: rows.filter(({ disabled }) => !disabled).map(configured),
    disabledAgents: rows.filter(({ disabled }) => disabled).map(configured),
  };
}

/** With the sign-ins of her desk; those whose sessions are to be ended come back. */
export async function disableAgent(db: Kysely<Database>, agentId: AgentId, disabled: boolean): Promise<UserId[]> {
  await db.updateTable('agents').set({ disabled }).where('agent_id', '=', agentId).execute();
  const users = await db.updateTable('users').set({ disabled }).where('agent_id', '=', agentId).where('role', '=', 'agent').returning('user_id').execute();
  return users.map(({ user_id }) => asId<UserId>(user_id));
}

/** Her phone and her sign-in go with her; users of another role who sat at her desk stay, without it. Who used it comes back. */
export async function removeAgent(db: Kysely<Database>, agentId: AgentId): Promise<UserId[]> {
  const users = await db.selectFrom('users').select('user_id').where('agent_id', '=', agentId).execute();
  await db.deleteFrom('users').where('agent_id', '=', agentId).where('role', '=', 'agent').execute();
  await db.deleteFrom('agents').where('agent_id', '=', agentId).execute();
  return users.map(({ user_id }) => asId<UserId>(user_id));
}

/** Makes the tenant, or brings its name, domains and numbers up to date. */
export async function saveTenant(db: Kysely<Database>, tenant: Tenant): Promise<void> {
  const { tenantId: tenant_id, name, sipDomains, numbers } = tenant;
  const settings = JSON.stringify(tenant.settings ?? {});
  await db
    .insertInto('tenants')
    .values({ tenant_id, name, sip_domains: sipDomains, settings })
    .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet({ name, sip_domains: sipDomains, settings }))
    .execute();
  await db.deleteFrom('numbers').where('tenant_id', '=', tenant_id).execute();
  if (numbers.length === 0) return;
  await db
    .insertInto('numbers')
    .values(numbers.map((number, position) => ({ number, tenant_id, position })))
    .execute();
}

/** Makes the queue or changes it. */
export async function saveQueue(db: Kysely<Database>, queue: QueueConfiguration): Promise<void> {
  const changing = {
    name_zh: queue.name.zh,
    name_en: queue.name.en,
    skills: JSON.stringify(queue.skills),
    max_wait_ms: queue.maxWaitMs,
    max_waiting: queue.maxWaiting,
    leave_when_no_agents: queue.leaveWhenNoAgents,
    ring_timeout_ms: queue.ringTimeoutMs,
    wrap_up_ms: queue.wrapUpMs,
    record: queue.record,
    recording: queue.recording ?? 'optional',
    media: queue.media ?? 'anchored',
    music: queue.music,
    answer_within_ms: queue.answerWithinMs,
    rules: JSON.stringify(sectionsOfQueue(queue)),
  };
  await db
    .insertInto('queues')
    .values({ queue_id: queue.queueId, tenant_id: queue.tenantId, ...changing })
    .onConflict((conflict) => conflict.column('queue_id').doUpdateSet(changing))
    .execute();
}

/** PostgreSQL takes 65,535 values a statement. */
const AGENTS_A_STATEMENT = 500;
const ROWS_A_STATEMENT = 5_000;

/** Makes the agent or changes her, with her queues and skills. */
export const saveAgent = (db: Kysely<Database>, agent: AgentConfiguration): Promise<void> => db.transaction().execute((trx) => putAgent(trx, agent));

/** As `saveAgent`, within a transaction of the caller's. */
export async function putAgent(trx: Transaction<Database>, agent: AgentConfiguration): Promise<void> {
  const { agentId: agent_id, tenantId: tenant_id, number, name, staticContact: static_contact, queues, skills } = agent;
  const phone = JSON.stringify(agent.phone ?? {});
  const rules = JSON.stringify(sectionsOfAgent(agent));
  await trx
    .insertInto('agents')
    .values({ agent_id, tenant_id, number, name, static_contact, phone, rules })
    .onConflict((conflict) => conflict.column('agent_id').doUpdateSet({ name, static_contact, phone, rules }))
    .execute();
  await trx.deleteFrom('agent_queues').where('agent_id', '=', agent_id).execute();
  const members = queues.map((queue_id) => ({ agent_id, queue_id }));
  if (members.length > 0) await trx.insertInto('agent_queues').values(members).execute();
  await trx.deleteFrom('agent_skills').where('agent_id', '=', agent_id).execute();
  const levels = Object.entries(skills).map(([skill, level]) => ({ agent_id, skill, level }));
  if (levels.length > 0) await trx.insertInto('agent_skills').values(levels).execute();
}

/** As `putAgent` for many: few statements, however many they are. */
export async function putAgents(trx: Transaction<Database>, agents: readonly AgentConfiguration[]): Promise<void> {
  for (let from = 0; from < agents.length; from += AGENTS_A_STATEMENT) await putSome(trx, agents.slice(from, from + AGENTS_A_STATEMENT));
}

async function putSome(trx: Transaction<Database>, agents: readonly AgentConfiguration[]): Promise<void> {
  const rows = agents.map((agent) => ({
    ...{ agent_id: agent.agentId, tenant_id: agent.tenantId, number: agent.number, name: agent.name, static_contact: agent.staticContact },
    ...{ phone: JSON.stringify(agent.phone ?? {}), rules: JSON.stringify(sectionsOfAgent(agent)) },
  }));
  await trx
    .insertInto('agents')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('agent_id').doUpdateSet((eb) => ({
        ...{ name: eb.ref('excluded.name'), static_contact: eb.ref('excluded.static_contact') },
        ...{ phone: eb.ref('excluded.phone'), rules: eb.ref('excluded.rules') },
      })),
    )
    .execute();
  const ids = agents.map(({ agentId }) => agentId);
  await trx.deleteFrom('agent_queues').where('agent_id', 'in', ids).execute();
  const members = agents.flatMap(({ agentId, queues }) => queues.map((queue_id) => ({ agent_id: agentId, queue_id })));
  for (const some of slices(members)) await trx.insertInto('agent_queues').values(some).execute();
  await trx.deleteFrom('agent_skills').where('agent_id', 'in', ids).execute();
  const levels = agents.flatMap(({ agentId, skills }) => Object.entries(skills).map(([skill, level]) => ({ agent_id: agentId, skill, level })));
  for (const some of slices(levels)) await trx.insertInto('agent_skills').values(some).execute();
}

const slices = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / ROWS_A_STATEMENT) }, (_, at) => all.slice(at * ROWS_A_STATEMENT, (at + 1) * ROWS_A_STATEMENT));

/** The phone of an agent: its digest secrets (RFC 7616), never the password. An account without an MD5 secret stays without. */
export async function saveSipAccount(db: Kysely<Database>, account: SipAccount): Promise<void> {
  const changing = { agent_id: account.agentId, realm: SIP_REALM, ha1_md5: account.ha1Md5, ha1_sha256: account.ha1Sha256 };
  await db
    .insertInto('sip_accounts')
    .values({ tenant_id: account.tenantId, username: account.username, ...changing })
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'username']).doUpdateSet({
        ...changing,
        ha1_md5: (eb) => eb.case().when('sip_accounts.ha1_md5', '=', '').then('').else(account.ha1Md5).end(),
      }),
    )
    .execute();
}

export async function saveOutsideRules(db: Kysely<Database>, tenantId: TenantId, rules: OutsideRules): Promise<void> {
  await db
    .updateTable('tenants')
    .set({ outside_rules: JSON.stringify(rules) })
    .where('tenant_id', '=', tenantId)
    .execute();
}

export async function saveFloorAlerts(db: Kysely<Database>, tenantId: TenantId, bounds: AlertBounds): Promise<void> {
  await db
    .updateTable('tenants')
    .set({ floor_alerts: JSON.stringify(bounds) })
    .where('tenant_id', '=', tenantId)
    .execute();
}

/** What a seed writes everything in. */
export type SeedTransaction = Transaction<Database>;

export async function tenantExists(db: Kysely<Database>, tenantId: TenantId): Promise<boolean> {
  return (await db.selectFrom('tenants').select('tenant_id').where('tenant_id', '=', tenantId).executeTakeFirst()) !== undefined;
}

export async function agentExists(db: Kysely<Database>, agentId: AgentId): Promise<boolean> {
  return (await db.selectFrom('agents').select('agent_id').where('agent_id', '=', agentId).executeTakeFirst()) !== undefined;
}
