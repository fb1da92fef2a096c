/** What the HTTP API needs of the rest of the house. Each interface is one room's promise; tests put fakes here and nowhere else. */

import type { Clock } from '../../kernel/clock.ts';
import type { AgentId, CalendarId, CallbackId, CallId, CustomerId, DialplanVersion, LegId, QueueId, TenantId, UserId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { QueueState } from '../acd/calendar/calendar.ts';
import type { InteractionEvent } from '../acd/channels/event.ts';
import type { AgentConfiguration, QueueConfiguration } from '../acd/event.ts';
import type { Explainer } from '../acd/explain/explanation.ts';
import type { AgentWish } from '../acd/offering/wish.ts';
import type { AlertBounds } from '../acd/sections.ts';
import type { AcdView } from '../acd/view.ts';
import type { AuditStanding } from '../audit/watch.ts';
import type { CallsView } from '../call/call.ts';
import type { DialAccount } from '../call/command.ts';
import type { ConsentState } from '../call/consent.ts';
import type { CustomerCard, LegAudio } from '../call/event.ts';
import type { Notice } from '../call/notice.ts';
import type { InteractionRecord } from '../cdr/interaction-record.ts';
import type { AskedRecord, OfferRecord, QueueVisit, RecordingPause } from '../cdr/record.ts';
import type { Order, Ordering, OrderMessage } from '../cti/supervising.ts';
import type { Erasures } from '../customers/erasure.ts';
import type { DialplanWords } from '../ivr/words.ts';
import type { LedgerRecord } from '../ledger/record.ts';
import type { ContactBinding } from '../phone/event.ts';
import type { TrunkStatus } from '../phone/trunk/trunks.ts';
import type { Prompts } from '../prompts/prompts.ts';
import type { Recordings } from '../recordings/recordings.ts';
import type { ReportWish } from '../report-mail/schedule.ts';
import type { FleetStatus } from '../sound/fleet.ts';
import type { AuditFilter } from '../store/audit.ts';
import type { CallRow } from '../store/calls.ts';
import type { InteractionFilter } from '../store/interactions.ts';
import type { LedgerInterval, ledgerSums, SumsAsked } from '../store/ledger.ts';
import type { ReportDelivery, ReportSchedule } from '../store/report-mail.ts';
import type { ResolutionAsked, ResolutionRow } from '../store/resolution.ts';
import type { Ticket, TicketChange, TicketFilter } from '../store/ticket-work.ts';
import type { FollowUp } from '../store/tickets.ts';
import type { Delivery, DeliveryState } from '../store/webhooks.ts';
import type { StoredCalendar } from '../tenants/calendar.ts';
import type { Directory } from '../tenants/directory.ts';
import type { HotlineNumber, numberNames } from '../tenants/numbers.ts';
import type { TenantSettings } from '../tenants/settings.ts';
import type { TrunkConfiguration, TrunkId } from '../tenants/trunk.ts';
import type { OutsideRules } from '../toll/policy.ts';
import type { TollView } from '../toll/room.ts';
import type { ApiKey, NewApiKey } from '../users/api-keys.ts';
import type { OidcRefusal } from '../users/oidc.ts';
import type { PhonePass } from '../users/phone-passes.ts';
import type { SignInRules } from '../users/rules.ts';
import type { Enrolment } from '../users/second-factor.ts';
import type { PersonRole, User } from '../users/user.ts';
import type { Webhook, WebhookWish } from '../webhooks/webhooks.ts';
import type { Trials } from '../whatif/trials.ts';

/** Who asks. */
export type Identity = User;

export interface Page<T> {
  items: T[];
  /** Opaque; null = the last page. */
  nextCursor: string | null;
}
export interface PageRequest {
  cursor: string | null;
  limit: number;
}

export type SignIn =
  | { result: 'ok'; token: string; expiresAt: number; identity: Identity }
  /** `of`: whom it was tried for, for the audit trail alone. */
  | { result: 'second_factor' | 'wrong' | 'throttled' | 'unavailable'; retryAfterMs?: number; of?: Pick<Identity, 'tenantId' | 'userId'> };

interface SessionsPort {
  /** `tenantId` null: the user name must be unique. One answer for a wrong name and a wrong password. */
  signIn(tenantId: TenantId | null, username: string, password: string, code?: string): Promise<SignIn>;
  /** A limited session has what it lacked. */
  widen(token: string): Promise<void>;
  /** A session's token or an API key. `source`: the address it comes from. */
  identify(token: string, source: string): Promise<Identity | null>;
  signOut(token: string): Promise<void>;
}

export interface UserRecord extends Identity {
  disabled: boolean;
}
export interface NewUser {
  username: string;
  name: string;
  role: PersonRole;
  language: 'zh' | 'en';
  agentId: AgentId | null;
  /** Those a lead leads. */
  teams?: readonly string[];
  password: string;
}
export type UserChange = Partial<Omit<NewUser, 'username' | 'agentId'> & { disabled: boolean }>;

interface UsersPort {
  list(tenantId: TenantId, page: PageRequest): Promise<Page<UserRecord>>;
  get(tenantId: TenantId, userId: UserId): Promise<UserRecord | null>;
  /** Every user name that is taken. */
  names(tenantId: TenantId): Promise<string[]>;
  /** null: the user name is taken. */
  create(tenantId: TenantId, user: NewUser, told: AuditEntry): Promise<UserRecord | null>;
  /** A new password, role or `disabled` withdraws the user's sessions. null: no such user. */
  update(tenantId: TenantId, userId: UserId, change: UserChange, told: AuditEntry): Promise<UserRecord | null>;
  /** Open sign-ins, newest first. */
  sessions(userId: UserId): Promise<{ openedAt: number; expiresAt: number }[]>;
  /** All of them, at once; her desks are closed. */
  endSessions(userId: UserId): Promise<void>;
}

/**
 * Saved, in the directory, and told to the floor (queueConfigured, agentConfigured), when it resolves. `told` is written to the audit trail in the same
 * transaction: both or neither.
 */
interface ConfigurationPort {
  saveQueue(queue: QueueConfiguration, told: AuditEntry): Promise<void>;
  saveAgent(agent: AgentConfiguration, told: AuditEntry): Promise<void>;
  /** All or none, with sign-ins for some of them. Rejects, and nothing is written, when one of the user names is taken. */
  saveAgents(tenantId: TenantId, agents: readonly AgentConfiguration[], signIns: readonly NewUser[], told: AuditEntry): Promise<void>;
  /** Her sign-in with her; her sessions end. */
  disableAgent(agentId: AgentId, disabled: boolean, told: AuditEntry): Promise<void>;
  /** With her phone and her sign-in. */
  removeAgent(agentId: AgentId, told: AuditEntry): Promise<void>;
  saveCalendar(calendar: StoredCalendar, told: AuditEntry): Promise<void>;
  removeCalendar(calendarId: CalendarId, told: AuditEntry): Promise<void>;
  /** `password` undefined: it keeps the one it has; null: it has none. Calls go by the new configuration when it resolves. */
  saveTrunk(trunk: TrunkConfiguration, password: string | null | undefined, told: AuditEntry): Promise<void>;
  /** It is gone when this resolves. */
  removeTrunk(trunkId: TrunkId, told: AuditEntry): Promise<void>;
  saveOutsideRules(tenantId: TenantId, rules: OutsideRules, told: AuditEntry): Promise<void>;
  saveFloorAlerts(tenantId: TenantId, bounds: AlertBounds, told: AuditEntry): Promise<void>;
  saveTenant(tenantId: TenantId, name: string, settings: TenantSettings, told: AuditEntry): Promise<void>;
  /** Rejects, and nothing is written, when the number is another tenant's. */
  saveNumber(tenantId: TenantId, number: HotlineNumber, told: AuditEntry): Promise<void>;
  removeNumber(tenantId: TenantId, number: string, told: AuditEntry): Promise<void>;
}

interface FloorPort {
  /** At once, on the floor alone; the journal keeps it. */
  switchQueue(queueId: QueueId, state: QueueState | 'calendar', until: number | null, by: UserId, notice: Notice | null): void;
  /** What a notice may be made of: recorded prompts, in one language at least, and whether somebody speaks texts. */
  sayable(tenantId: TenantId): { prompts: ReadonlySet<string>; texts: boolean };
}

interface TrunksPort {
  /** Those that are switched on, of every tenant. */
  status(): TrunkStatus[];
  /** Calls over it now, also of one that was switched off meanwhile. */
  calls(trunkId: TrunkId): number;
}

interface TollPort extends Pick<TollView, 'blocked' | 'alarms' | 'counts'> {
  lift(tenantId: TenantId, account: DialAccount, by: UserId): void;
}

interface CustomersPort {
  byNumber(tenantId: TenantId, number: string): Promise<CustomerCard | null>;
  byId(tenantId: TenantId, customerId: CustomerId): Promise<CustomerCard | null>;
}

/** Where a dialplan breaks its rules; line and column from 1. */
export interface DialplanFault {
  file: string;
  line: number;
  column: number;
  message: string;
}
/** File name → text. */
export type DialplanFiles = Record<string, string>;
interface DialplanPublication {
  version: DialplanVersion;
  publishedAt: number;
  publishedBy: string | null;
  note: string;
  current: boolean;
}
export type Publishing = { result: 'published'; version: DialplanVersion } | { result: 'faulty'; faults: DialplanFault[] };

export interface DialplansPort {
  /** What the dialplan in use has that a queue may name; null = there is none in use. */
  words(tenantId: TenantId): DialplanWords | null;
  versions(tenantId: TenantId): Promise<DialplanPublication[]>;
  files(tenantId: TenantId, version: DialplanVersion): Promise<DialplanFiles | null>;
  check(tenantId: TenantId, files: DialplanFiles): Promise<DialplanFault[]>;
  /** What would be wrong with the dialplan in use if the tenant had these. */
  fits(tenantId: TenantId, names: Partial<ReturnType<typeof numberNames>> & { agents?: string[] }): Promise<DialplanFault[]>;
  publish(tenantId: TenantId, files: DialplanFiles, by: UserId, note: string): Promise<Publishing>;
  /** null: no such version. */
  rollBack(tenantId: TenantId, version: DialplanVersion, by: UserId): Promise<DialplanVersion | null>;
}

export interface CallFilter {
  from?: number;
  to?: number;
  caller?: string;
  /** Its last four digits. */
  callerEnds?: string;
  callee?: string;
  agentId?: AgentId;
  /** Of one of these. */
  agentIds?: readonly AgentId[];
  queueId?: QueueId;
  cause?: string;
  /** 1 very satisfied to 5 */
  rating?: { from: number; to: number };
  held?: true;
  /** What was said of recording last. */
  consent?: ConsentState;
  disposition?: string;
  /** Attached to it: all of these. */
  data?: Readonly<Record<string, string>>;
}
/** What is shown of a record as the store holds it. */
type AsStored = Pick<
  CallRow,
  | ('caller' | 'callee' | 'tier' | 'language' | 'authLevel' | 'ivrPath' | 'data')
  | ('queueWaitMs' | 'ringMs' | 'talkMs' | 'holdMs' | 'wrapUpMs' | 'disposition' | 'notes' | 'recording' | 'direction' | 'survey' | 'consent')
>;
/** One call as the record holds it; times in ms since 1970. */
export interface CallRecord extends AsStored {
  callId: CallId;
  tenantId: TenantId;
  arrivedAt: number;
  answeredAt: number | null;
  agentAnsweredAt: number | null;
  endedAt: number;
  cause: string;
  endedBy: string;
  customerId: CustomerId | null;
  queueId: QueueId | null;
  /** The last agent who answered. */
  agentId: AgentId | null;
  /** It or a recording of it is under a legal hold; absent = neither is. */
  legalHold?: boolean;
}
export interface LegRecord {
  legId: string;
  role: string;
  agentId: AgentId | null;
  target: string | null;
  startedAt: number;
  answeredAt: number | null;
  endedAt: number;
  holdMs: number;
  cause: string;
  endedBy: string;
  sipStatus: number | null;
  q850: number | null;
  audio: LegAudio | null;
  asked: AskedRecord | null;
}
export interface RecordingRecord {
  recordingId: string;
  startedAt: number;
  durationMs: number | null;
  complete: boolean;
  pauses: RecordingPause[];
}
export interface CallDetail {
  call: CallRecord;
  /** One after the other. */
  queues: QueueVisit[];
  legs: LegRecord[];
  recordings: RecordingRecord[];
  /** A ticket that was opened because the caller was not content. */
  followUp: FollowUp | null;
  /** Every agent who talked on the call. */
  agentIds: AgentId[];
}

/** An offer, also one that is not over. */
export type OfferTold = Omit<OfferRecord, 'endedAt' | 'end'> & { endedAt: number | null; end: OfferRecord['end'] | null };

interface RecordsPort {
  /** Newest first. */
  list(tenantId: TenantId, filter: CallFilter, page: PageRequest): Promise<Page<CallRecord>>;
  get(tenantId: TenantId, callId: CallId): Promise<CallDetail | null>;
}

interface LedgerPort {
  /** Intervals of that time that are still in memory, as they stand now; the database's are to be passed over for them. */
  memory(tenantId: TenantId, from: number, to: number): LedgerRecord[];
  sums(asked: SumsAsked): ReturnType<typeof ledgerSums>;
  intervals(tenantId: TenantId, from: number, to: number): Promise<LedgerInterval[]>;
  /** Who came back: sums in pieces, several of a key. */
  resolution(asked: ResolutionAsked): Promise<ResolutionRow[]>;
}

interface InteractionRecordsPort {
  /** Newest first. */
  list(tenantId: TenantId, filter: InteractionFilter, page: PageRequest): Promise<Page<InteractionRecord>>;
  get(tenantId: TenantId, interactionId: CallId): Promise<InteractionRecord | null>;
}

export interface AuditEntry {
  tenantId: TenantId;
  userId: UserId | null;
  /** Where she is: an address; null = not known. */
  source: string | null;
  /** for example `queue.update` */
  action: string;
  /** for example `queue/demo:service` */
  resource: string;
  before?: unknown;
  after?: unknown;
}
interface TicketsPort {
  list(tenantId: TenantId, filter: TicketFilter, page: PageRequest): Promise<Page<Ticket>>;
  count(tenantId: TenantId, filter: TicketFilter): Promise<{ count: number; oldestAt: string | null }>;
  get(tenantId: TenantId, ticketId: string): Promise<Ticket | null>;
  /** null: it is closed already. `told` is written to the audit trail in the same transaction. */
  change(ticketId: string, change: TicketChange, told: AuditEntry): Promise<Ticket | null>;
}

interface AuditPort {
  /** Rejects when it cannot be written: then the change is not made either. */
  write(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  list(tenantId: TenantId, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry & { auditId: number; at: number; seq: number; hash: string }>>;
  /** How far the chain of hashes holds, looked at now. */
  prove(tenantId: TenantId): Promise<AuditStanding>;
}

/** `told` is written to the audit trail in the same transaction as what it tells of. */
type Told = (id: string) => AuditEntry;
interface WebhooksPort {
  /** What is wrong with an address; null = nothing. */
  fault(url: string): string | null;
  list(tenantId: TenantId): Promise<Webhook[]>;
  get(tenantId: TenantId, webhookId: string): Promise<Webhook | null>;
  /** The secret is told once. null: the tenant has as many as it may. */
  create(tenantId: TenantId, wish: WebhookWish, told: Told): Promise<{ webhook: Webhook; secret: string } | null>;
  change(tenantId: TenantId, webhookId: string, change: Partial<WebhookWish>, told: Told): Promise<Webhook | null>;
  /** The secret before signs as well for `keepOldMs` more. */
  rotate(tenantId: TenantId, webhookId: string, keepOldMs: number, told: Told): Promise<{ webhook: Webhook; secret: string } | null>;
  remove(tenantId: TenantId, webhookId: string, told: Told): Promise<boolean>;
  /** Newest first; `before`: the id to go on from. */
  deliveries(webhookId: string, state: DeliveryState | null, limit: number, before: number | null): Promise<Delivery[]>;
  redeliver(webhookId: string, deliveryId: number, told: Told): Promise<boolean>;
  ping(webhook: Webhook): Promise<void>;
}

interface ReportMailPort {
  readonly mail: { configured: boolean; from: string | null };
  /** The first that may receive nothing from here; null = all may. */
  refusedRecipient(recipients: readonly string[]): string | null;
  readonly allowedDomains: string[];
  list(tenantId: TenantId): Promise<ReportSchedule[]>;
  get(tenantId: TenantId, scheduleId: string): Promise<ReportSchedule | null>;
  /** null: the tenant has as many as it may. */
  create(tenantId: TenantId, wish: ReportWish, told: Told): Promise<ReportSchedule | null>;
  change(tenantId: TenantId, scheduleId: string, change: Partial<ReportWish>, told: Told): Promise<ReportSchedule | null>;
  remove(tenantId: TenantId, scheduleId: string, told: Told): Promise<boolean>;
  sendNow(schedule: ReportSchedule, told: Told): Promise<ReportDelivery>;
  /** Newest first. */
  deliveries(scheduleId: string): Promise<ReportDelivery[]>;
}

/** `told` is written to the audit trail in the same transaction. */
interface FactorsPort {
  has(userId: UserId): Promise<boolean>;
  /** null: she has one. */
  begin(user: Identity): Promise<Enrolment | null>;
  /** Recovery codes, told once. null: the code is wrong, or nothing was begun. */
  confirm(userId: UserId, code: string, told: AuditEntry): Promise<string[] | null>;
  /** A code is right once. */
  isRight(userId: UserId, code: string): Promise<boolean>;
  /** false: there was none. */
  remove(userId: UserId, told: AuditEntry): Promise<boolean>;
  rules(tenantId: TenantId): Promise<SignInRules>;
  saveRules(tenantId: TenantId, rules: SignInRules, told: AuditEntry): Promise<void>;
}

interface OidcPort {
  ways(): { tenant: string; name: { zh: string; en: string } }[];
  /** Where the browser is sent, and the cookie it must bring back. */
  begin(tenant: string, page: string): Promise<{ url: string; cookie: string; secure: boolean } | OidcRefusal>;
  end(tenant: string, query: string, cookie: string): Promise<{ ok: true; page: string; code: string } | { ok: false; page: string; why: OidcRefusal }>;
  /** `told` is written in the same transaction. null: the code was used, is too old, or another browser's. */
  fetch(code: string, cookie: string, told: (user: Identity) => AuditEntry): Promise<{ token: string; expiresAt: number; user: Identity } | null>;
}

interface KeysPort {
  /** Also those that were revoked or have expired, newest first. */
  list(tenantId: TenantId): Promise<ApiKey[]>;
  /** The token is told once and kept nowhere. `told` is written in the same transaction. null: there are too many. */
  create(tenantId: TenantId, key: NewApiKey, told: (keyId: UserId) => AuditEntry): Promise<{ key: ApiKey; token: string } | null>;
  /** It is refused from now on. false: there is no such key that is not revoked already. */
  revoke(tenantId: TenantId, keyId: UserId, told: AuditEntry): Promise<boolean>;
}

export interface HealthPart {
  ok: boolean;
  /** Calls cannot be served without it. */
  essential: boolean;
  detail?: string;
}
export interface HealthPort {
  parts(): Record<string, HealthPart>;
  /** After SIGTERM: no new calls. */
  draining(): boolean;
  /** Since the newest whole backup was begun; null (or absent): the server takes none. */
  backupAgeMs?(): number | null;
}

/** Orders of supervisors, as over the desk protocol. */
export interface OrdersPort {
  judge(message: OrderMessage, by: Identity): Ordering;
  /** In the audit trail, then done. */
  carryOut(order: Order, by: Identity, source: string | null): Promise<void>;
}

export interface ApiPorts {
  orders: OrdersPort;
  clock: Clock;
  log: Logger;
  sessions: SessionsPort;
  users: UsersPort;
  directory: Directory;
  configuration: ConfigurationPort;
  acd: AcdView;
  explain: Explainer;
  /** Offers of a call that is up or has a record; null: the tenant has no such call. */
  offersOf(tenantId: TenantId, callId: CallId): Promise<OfferTold[] | null>;
  calls: CallsView;
  floor: FloorPort;
  trunks: TrunksPort;
  toll: TollPort;
  customers: CustomersPort;
  dialplans: DialplansPort;
  prompts: Pick<Prompts, 'list' | 'read' | 'write' | 'remove'>;
  mediaServers(): FleetStatus[];
  /** Where an agent's phones have registered from. */
  phoneContacts(agentId: AgentId): readonly ContactBinding[];
  records: RecordsPort;
  interactionRecords: InteractionRecordsPort;
  ledger: LedgerPort;
  recordings: Pick<Recordings, 'get' | 'ofCall' | 'openAll' | 'peaks' | 'peaksOfAll' | 'hold' | 'holdCall' | 'erase' | 'eraseCustomer' | 'rules' | 'saveRules'>;
  erasures: Pick<Erasures, 'begin' | 'list'>;
  tickets: TicketsPort;
  /** `by` null: she herself. What came of it the view says as soon as this returns. */
  /** `byName`: for people. */
  setAgentState(agentId: AgentId, wish: AgentWish, by: UserId | null, byName?: string): void;
  pauseRecording(callId: CallId, by: UserId, forMs: number | null): void;
  resumeRecording(callId: CallId, by: UserId): void;
  cancelCallback(callbackId: CallbackId, by: UserId): void;
  trials: Pick<Trials, 'start' | 'get' | 'cancel'>;
  /** What came of it the view says as soon as this returns. */
  tellInteraction(event: InteractionEvent): void;
  /** Built consoles; may be missing. */
  webDir: string;
  /** Whose pages may frame the agent's desk; absent = our own alone. */
  embedOrigins?: readonly string[];
  version: string;
  audit: AuditPort;
  keys: KeysPort;
  oidc: OidcPort;
  factors: FactorsPort;
  webhooks: WebhooksPort;
  reportMail: ReportMailPort;
  health: HealthPort;
  /** What is served at /cti/asyncapi.json. */
  asyncApi: object;
  /** The SIP messages of a call; null: the SIP server is not ours and keeps none. Rejects while it does not answer. */
  /** What the media server measures on a leg now; null = it has no sound, or the server does not answer. */
  legAudio(legId: LegId): Promise<LegAudio | null>;
  /** What phones in browsers register with, and under which domain; null: they register elsewhere. */
  phonePasses: { make(user: User, agentId: AgentId, token: string): PhonePass; domain(tenantId: TenantId): string; end(token: string): void } | null;
  sipTrace: ((callId: CallId) => Promise<{ at: string; direction: 'in' | 'out'; peer: string; callId: string; text: string }[]>) | null;
  /** Prometheus text. */
  metrics: { contentType: string; text(): Promise<string> };
}
