/**
 * Who has which number, user and password: an in-memory picture of the store that the call path reads without waiting.
 * Loaded before the first call, refreshed after each change through the API.
 */
import type { AgentId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { CalendarConfiguration } from '../acd/calendar/calendar.ts';
import type { AgentConfiguration, QueueConfiguration } from '../acd/event.ts';
import type { AlertBounds } from '../acd/sections.ts';
import type { OutsideRules } from '../toll/policy.ts';
import type { HotlineNumber } from './numbers.ts';
import type { TenantSettings } from './settings.ts';
import type { TrunkConfiguration, TrunkId, TrunkSecret } from './trunk.ts';

/** The one digest realm. */
export const SIP_REALM = 'huawu';

export interface SipAccount {
  agentId: AgentId;
  tenantId: TenantId;
  username: string;
  /** H(username:realm:password), hex (RFC 7616 §3.4.2) */
  /** '' = this account answers SHA-256 challenges only. */
  ha1Md5: string;
  ha1Sha256: string;
}

export interface Tenant {
  tenantId: TenantId;
  name: string;
  /** Dialled numbers that are switched on, as `normaliseNumber` writes them: 10086, 1860 … */
  numbers: string[];
  /** All of them, with what is said of each; absent = nothing is. */
  hotlines?: HotlineNumber[];
  /** Absent = as usual. */
  settings?: TenantSettings;
  /** Host parts under which its phones register; any other host is taken when the user name is unique. */
  sipDomains: string[];
}

export interface Directory {
  tenants(): Tenant[];
  tenantOfNumber(number: string): Tenant | null;
  /** The account for a SIP user name; `domain` is the host of the To (REGISTER) or From URI. */
  sipAccount(username: string, domain: string): SipAccount | null;
  agent(agentId: AgentId): AgentConfiguration | null;
  agentByNumber(tenantId: TenantId, number: string): AgentConfiguration | null;
  agents(): AgentConfiguration[];
  /** On no floor, and their phones do not register. */
  disabledAgents(): AgentConfiguration[];
  queue(queueId: QueueId): QueueConfiguration | null;
  queues(): QueueConfiguration[];
  calendars(): CalendarConfiguration[];
  /** What may be dialled outside on its account. */
  outsideRules(tenantId: TenantId): OutsideRules;
  /** When its whole floor calls its supervisors. */
  floorAlerts(tenantId: TenantId): AlertBounds;
  trunks(): TrunkConfiguration[];
  /** null: it has no password. */
  trunkSecret(trunkId: TrunkId): TrunkSecret | null;
}
