/** The tables as kysely types them; the law is `migrations/`. Times are Dates, amounts of bigint columns come as numbers. */
import type { ColumnType, Generated } from 'kysely';
import type { PhoneSettings } from '../acd/event.ts';
import type { LegAudio, RecordingRule } from '../call/event.ts';
import type { AskedRecord, RecordingPause } from '../cdr/record.ts';
import type { Reconciliation } from '../ledger/reconcile.ts';
import type { ReportWish } from '../report-mail/schedule.ts';
import type { Role } from '../users/user.ts';

type Json<T> = ColumnType<T, string, string>;

export interface Database {
  tenants: {
    tenant_id: string;
    name: string;
    sip_domains: string[];
    outside_rules: ColumnType<unknown, string | undefined, string>;
    floor_alerts: ColumnType<unknown, string | undefined, string>;
    recording_rules: ColumnType<unknown, string | undefined, string>;
    sign_in_rules: ColumnType<unknown, string | undefined, string>;
    settings: ColumnType<unknown, string | undefined, string>;
  };
  numbers: { number: string; tenant_id: string; position: Generated<number>; rules: ColumnType<unknown, string | undefined, string> };
  queues: {
    queue_id: string;
    tenant_id: string;
    name_zh: string;
    name_en: string;
    skills: Json<{ skill: string; level: number }[]>;
    max_wait_ms: number | null;
    max_waiting: number;
    leave_when_no_agents: boolean;
    ring_timeout_ms: number;
    wrap_up_ms: number;
    record: boolean;
    recording: RecordingRule;
    media: 'anchored' | 'direct';
    music: string | null;
    answer_within_ms: number;
    rules: ColumnType<unknown, string | undefined, string>;
  };
  calendars: { calendar_id: string; tenant_id: string; rules: Json<unknown> };
  agents: {
    agent_id: string;
    tenant_id: string;
    number: string;
    name: string;
    static_contact: string | null;
    phone: ColumnType<PhoneSettings, string | undefined, string>;
    rules: ColumnType<unknown, string | undefined, string>;
    disabled: Generated<boolean>;
  };
  agent_queues: { agent_id: string; queue_id: string };
  agent_skills: { agent_id: string; skill: string; level: number };
  trunks: { trunk_id: string; tenant_id: string; name: string; settings: Json<unknown>; ha1_md5: string | null; ha1_sha256: string | null };
  sip_accounts: { tenant_id: string; username: string; agent_id: string; realm: string; ha1_md5: string; ha1_sha256: string };
  users: {
    user_id: string;
    tenant_id: string;
    username: string;
    name: string;
    role: Role;
    language: 'zh' | 'en';
    agent_id: string | null;
    teams: Generated<string[]>;
    password_hash: string;
    disabled: Generated<boolean>;
  };
  api_keys: {
    key_id: string;
    tenant_id: string;
    name: string;
    prefix: string;
    token_hash: Buffer;
    scopes: string[];
    requests_per_minute: number;
    created_at: Date;
    created_by: string;
    expires_at: Date;
    revoked_at: Date | null;
    last_used_at: Date | null;
    last_used_from: string | null;
  };
  webhooks: {
    webhook_id: string;
    tenant_id: string;
    name: string;
    url: string;
    events: string[];
    personal: boolean;
    enabled: boolean;
    secret: string;
    old_secret: string | null;
    old_until: Date | null;
    created_at: Generated<Date>;
  };
  webhook_deliveries: {
    delivery_id: Generated<number>;
    webhook_id: string;
    event_key: string;
    type: string;
    body: Json<unknown>;
    state: Generated<'waiting' | 'delivered' | 'dead'>;
    attempts: Generated<number>;
    created_at: Generated<Date>;
    next_at: Generated<Date>;
    ended_at: Generated<Date | null>;
    status: Generated<number | null>;
    error: Generated<string | null>;
  };
  report_schedules: {
    schedule_id: string;
    tenant_id: string;
    report: Json<Omit<ReportWish, 'enabled'>>;
    enabled: boolean;
    next_at: Date;
    created_at: Generated<Date>;
  };
  report_deliveries: {
    delivery_id: Generated<number>;
    schedule_id: string;
    due_at: Date;
    from_at: Date;
    to_at: Date;
    state: Generated<'waiting' | 'sent' | 'failed'>;
    attempts: Generated<number>;
    next_at: Generated<Date>;
    ended_at: Generated<Date | null>;
    error: Generated<string | null>;
  };
  webhook_cursors: { house: string; seq: number };
  sessions: { token_hash: Buffer; user_id: string; created_at: Date; expires_at: Date; limited: Generated<boolean> };
  second_factors: {
    user_id: string;
    seed: string;
    confirmed_at: Date | null;
    last_step: Generated<number>;
    recovery: Generated<Buffer[]>;
  };
  user_identities: { issuer: string; subject: string; user_id: string; linked_at: Generated<Date> };
  audit_log: {
    audit_id: Generated<number>;
    at: Date;
    tenant_id: string;
    user_id: string | null;
    action: string;
    resource: string;
    before: Json<unknown> | null;
    after: Json<unknown> | null;
    source: string | null;
    /** The chain: PostgreSQL fills it in. */
    seq: Generated<number>;
    previous: Generated<Buffer>;
    hash: Generated<Buffer>;
  };
  audit_heads: { tenant_id: string; seq: number; hash: Buffer };
  customers: {
    customer_id: string;
    tenant_id: string;
    name: string;
    number: string;
    tier: string;
    language: 'zh' | 'en';
    /** Comes as `YYYY-MM-DD`. */
    birth_date: string | null;
    special_needs: string[];
    region: string | null;
    marketing_consent: 'given' | 'refused' | null;
    service_password_hash: string | null;
  };
  accounts: {
    customer_id: string;
    tenant_id: string;
    plan_name_zh: string;
    plan_name_en: string;
    balance_fen: number;
    month_fee_fen: number;
    data_total_mb: number;
    data_used_mb: number;
    voice_total_min: number;
    voice_used_min: number;
    bill_items: Json<{ label: string; fen: number }[]>;
  };
  tickets: {
    ticket_id: string;
    tenant_id: string;
    customer_id: string | null;
    title: string;
    status: string;
    opened_at: Date;
    closed_at: Date | null;
    call_id: Generated<string | null>;
    number: Generated<string | null>;
    kind: Generated<string>;
    queue_id: Generated<string | null>;
    agent_id: Generated<string | null>;
    rating: Generated<number | null>;
    reason: Generated<string | null>;
    assigned_to: Generated<string | null>;
    notes: ColumnType<{ at: string; by: string; text: string }[], string | undefined, string>;
    result: Generated<string | null>;
    closed_by: Generated<string | null>;
  };
  password_attempts: { customer_id: string; day: string; wrong: number };
  calls: CallsTable;
  call_legs: CallLegsTable;
  interactions: InteractionsTable;
  recordings: {
    recording_id: string;
    call_id: string;
    tenant_id: string;
    revision: number;
    path: string;
    started_at: Date;
    duration_ms: number | null;
    complete: boolean;
    reason: string | null;
    seal: string | null;
    bytes: number | null;
    pauses: RecordingPause[];
  };
  ledger_intervals: { tenant_id: string; start_at: Date; revision: number; reconciliation: Json<Reconciliation> };
  /** Its rows, written as JSON and read as sums. */
  ledger_visits: LedgerTable;
  ledger_handled: LedgerTable;
  ledger_agents: LedgerTable;
  ledger_calls: LedgerTable;
  ledger_visits_hours: LedgerTable;
  ledger_handled_agent_hours: LedgerTable;
  ledger_handled_queue_hours: LedgerTable;
  ledger_agents_hours: LedgerTable;
  ledger_calls_hours: LedgerTable;
  resolution_days: { tenant_id: string; day: string };
  recording_care: {
    recording_id: string;
    tenant_id: string;
    legal_hold: Generated<boolean>;
    erasing_at: Date | null;
    erased_at: Date | null;
    erase_reason: string | null;
  };
  call_holds: { call_id: string; tenant_id: string };
  erasures: {
    erasure_id: string;
    tenant_id: string;
    customer_id: string | null;
    numbers: string[];
    reason: string;
    user_id: string | null;
    source: string | null;
    begun_at: Date;
    ended_at: Date | null;
    report: Json<unknown>;
  };
  contacts: {
    call_id: string;
    tenant_id: string;
    customer_id: string;
    arrived_at: Date;
    queue_id: string | null;
    agent_id: string | null;
    cause: string;
    disposition: string | null;
    notes: string | null;
    channel: string;
  };
}

interface LedgerTable {
  tenant_id: string;
  start_at: Date;
}

interface CallsTable {
  call_id: string;
  arrived_at: Date;
  revision: number;
  tenant_id: string;
  caller: string;
  caller_raw: string;
  caller_name: string | null;
  callee: string;
  callee_raw: string;
  trunk: string;
  sip_call_id: string;
  answered_at: Date | null;
  agent_answered_at: Date | null;
  ended_at: Date;
  cause: string;
  ended_by: string;
  sip_status: number | null;
  q850: number | null;
  customer_id: string | null;
  tier: string | null;
  language: string;
  auth_level: number;
  dialplan_version: string | null;
  queue_id: string | null;
  agent_id: string | null;
  queue_wait_ms: number;
  ring_ms: number;
  talk_ms: number;
  hold_ms: number;
  wrap_up_ms: number;
  disposition: string | null;
  notes: string | null;
  ivr_path: string[];
  queues: Json<unknown>;
  offers: Json<unknown>;
  agents: Json<unknown>;
  data: Json<Record<string, string>>;
  recording: string;
  direction: string;
  consent: Json<unknown>;
  survey: Json<unknown>;
  surveyed_at: Date | null;
  rating: number | null;
}

interface InteractionsTable {
  interaction_id: string;
  arrived_at: Date;
  revision: number;
  tenant_id: string;
  channel: string;
  external_id: string | null;
  sender: string;
  priority: number;
  data: Json<Record<string, string>>;
  offered_at: Date | null;
  assigned_at: Date | null;
  ended_at: Date;
  outcome: string;
  queue_id: string;
  agent_id: string | null;
  disposition: string | null;
  wait_ms: number;
  active_ms: number;
  wrap_up_ms: number;
  queues: Json<unknown>;
  offers: Json<unknown>;
  agents: Json<unknown>;
}

interface CallLegsTable {
  leg_id: string;
  call_id: string;
  arrived_at: Date;
  revision: number;
  role: string;
  agent_id: string | null;
  offer_id: string | null;
  target: string | null;
  started_at: Date;
  ringing_at: Date | null;
  answered_at: Date | null;
  ended_at: Date;
  hold_ms: number;
  audio: LegAudio | null;
  asked: AskedRecord | null;
  cause: string;
  ended_by: string;
  sip_status: number | null;
  q850: number | null;
}
