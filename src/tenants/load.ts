/**
 * The directory: an in-memory picture of the store, answered without waiting. A new picture replaces the old one whole,
 * so nobody sees half a change. Agents for measuring live here only.
 */
import { type AgentId, agentIdOf, asId, type QueueId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import type { CalendarConfiguration } from '../acd/calendar/calendar.ts';
import type { AgentConfiguration, QueueConfiguration } from '../acd/event.ts';
import type { AlertBounds } from '../acd/sections.ts';
import type { Store } from '../store/store.ts';
import { type Picture, readPicture } from '../store/tenants.ts';
import type { StoredTrunk } from '../store/trunks.ts';
import { type OutsideRules, usualRules } from '../toll/policy.ts';
import type { Directory, SipAccount, Tenant } from './directory.ts';
import type { TrunkId } from './trunk.ts';
import { offsetsOf } from './zone.ts';

export interface Bench {
  /** b1 … b<agents> */
  agents: number;
  /** host:port where all of them are reached */
  contact: string;
}

export interface LoadedDirectory extends Directory {
  /** Reads the store again. Rejects, and keeps the old picture, when it cannot. */
  refresh(): Promise<void>;
}

const BENCH_TENANT = asId<TenantId>('demo');
const BENCH_QUEUES = ['bench', 'bench-recorded'];

export async function loadDirectory(options: { store: Store; bench?: Bench | undefined }): Promise<LoadedDirectory> {
  const { store, bench } = options;
  const read = async (): Promise<Index> => indexOf(await readPicture(store.db), benchAgents(bench), store.clock.now());
  let index = await read();
  return {
    tenants: () => index.tenants,
    tenantOfNumber: (number) => index.byDialled.get(number) ?? null,
    sipAccount: (username, domain) => findAccount(index, username, domain.toLowerCase()),
    agent: (agentId) => index.agents.get(agentId) ?? null,
    agentByNumber: (tenantId, number) => index.agents.get(agentIdOf(tenantId, number)) ?? null,
    agents: () => [...index.agents.values()],
    disabledAgents: () => index.disabledAgents,
    queue: (queueId) => index.queues.get(queueId) ?? null,
    queues: () => [...index.queues.values()],
    calendars: () => index.calendars,
    outsideRules: (tenantId) => index.outsideRules.get(tenantId) ?? usualRules,
    floorAlerts: (tenantId) => index.floorAlerts.get(tenantId) ?? {},
    trunks: () => [...index.trunks.values()].map(({ configuration }) => configuration),
    trunkSecret: (trunkId) => index.trunks.get(trunkId)?.secret ?? null,
    async refresh() {
      index = await read();
    },
  };
}

interface Index {
  tenants: Tenant[];
  byDialled: Map<string, Tenant>;
  /** Lower-case host of a tenant's phones → tenant */
  byDomain: Map<string, TenantId>;
  agents: Map<AgentId, AgentConfiguration>;
  disabledAgents: AgentConfiguration[];
  queues: Map<QueueId, QueueConfiguration>;
  calendars: CalendarConfiguration[];
  outsideRules: Map<TenantId, OutsideRules>;
  floorAlerts: Map<TenantId, AlertBounds>;
  trunks: Map<TrunkId, StoredTrunk>;
  /** `<tenant> <username>` */
  accounts: Map<string, SipAccount>;
  /** User name → its only account; null = several tenants have it. */
  unique: Map<string, SipAccount | null>;
}

/** `now`: around which the offsets of time zones are worked out. */
export function indexOf(picture: Picture, extraAgents: readonly AgentConfiguration[], now: number): Index {
  const { tenants, queues, disabledAgents = [] } = picture;
  const off = new Set(disabledAgents.map(({ agentId }) => agentId));
  const accounts = picture.accounts.filter(({ agentId }) => !off.has(agentId));
  const unique = new Map<string, SipAccount | null>();
  for (const account of accounts) unique.set(account.username, unique.has(account.username) ? null : account);
  return {
    tenants,
    byDialled: new Map(tenants.flatMap((tenant) => tenant.numbers.map((number) => [number, tenant] as const))),
    byDomain: new Map(tenants.flatMap((tenant) => tenant.sipDomains.map((domain) => [domain.toLowerCase(), tenant.tenantId] as const))),
    agents: new Map([...picture.agents, ...extraAgents].map((agent) => [agent.agentId, agent])),
    disabledAgents,
    queues: new Map(queues.map((queue) => [queue.queueId, queue])),
    calendars: picture.calendars.map((calendar) => ({ ...calendar, offsets: offsetsOf(calendar.timeZone, now) })),
    outsideRules: new Map(picture.outsideRules),
    floorAlerts: new Map(picture.floorAlerts),
    trunks: new Map(picture.trunks.map((trunk) => [trunk.configuration.trunkId, trunk])),
    accounts: new Map(accounts.map((account) => [keyOf(account.tenantId, account.username), account])),
    unique,
  };
}

/** By the domain where it names a tenant; else by the user name alone, when only one tenant has it. */
export function findAccount(index: Pick<Index, 'byDomain' | 'accounts' | 'unique'>, username: string, domain: string): SipAccount | null {
  const tenantId = index.byDomain.get(domain);
  return (tenantId === undefined ? index.unique.get(username) : index.accounts.get(keyOf(tenantId, username))) ?? null;
}

const keyOf = (tenantId: TenantId, username: string): string => `${tenantId} ${username}`;

export function benchAgents(bench: Bench | undefined): AgentConfiguration[] {
  return Array.from({ length: bench?.agents ?? 0 }, (_, at) => {
    const number = `b${at + 1}`;
    return {
      agentId: agentIdOf(BENCH_TENANT, number),
      tenantId: BENCH_TENANT,
      number,
      name: number,
      queues: BENCH_QUEUES.map((queue) => queueIdOf(BENCH_TENANT, queue)),
      skills: {},
      staticContact: `sip:${number}@${bench?.contact ?? ''}`,
    };
  });
}
