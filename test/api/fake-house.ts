/** The edge of the HTTP API, faked in memory: two tenants with a user of each role, and a call of each. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  type AgentId,
  asId,
  type CalendarId,
  type CallId,
  type CustomerId,
  type DialplanVersion,
  legIdOf,
  offerIdOf,
  type QueueId,
  type TenantId,
  type UserId,
} from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { type Acd, createAcd } from '../../src/acd/acd.ts';
import type { AgentConfiguration, QueueConfiguration } from '../../src/acd/event.ts';
import type { AlertBounds } from '../../src/acd/sections.ts';
import type { CallbackView, InteractionView } from '../../src/acd/view.ts';
import type { ApiPorts, AuditEntry, CallDetail, CallRecord, Identity, OfferTold, UserRecord } from '../../src/api/ports.ts';
import { Problem } from '../../src/api/problems.ts';
import { buildServer } from '../../src/api/server.ts';
import type { Api } from '../../src/api/shapes.ts';
import type { Call } from '../../src/call/call.ts';
import type { CustomerCard } from '../../src/call/event.ts';
import type { Notice } from '../../src/call/notice.ts';
import type { PromptFile } from '../../src/prompts/prompts.ts';
import { Recordings, type StoredRecording } from '../../src/recordings/recordings.ts';
import { usualRecordingRules } from '../../src/recordings/rules.ts';
import type { ReportSchedule } from '../../src/store/report-mail.ts';
import type { Store } from '../../src/store/store.ts';
import type { Ticket } from '../../src/store/ticket-work.ts';
import type { StoredCalendar } from '../../src/tenants/calendar.ts';
import type { Tenant } from '../../src/tenants/directory.ts';
import { type HotlineNumber, newNumber } from '../../src/tenants/numbers.ts';
import { newTrunk, type TrunkSecret } from '../../src/tenants/trunk.ts';
import type { TollAlarm } from '../../src/toll/alarm.ts';
import { usualRules } from '../../src/toll/policy.ts';
import type { ApiKey } from '../../src/users/api-keys.ts';
import { personRoles, type PersonRole as Role } from '../../src/users/user.ts';
import type { Event } from '../../src/vocabulary.ts';
import { urlFault } from '../../src/webhooks/addresses.ts';
import type { Webhook } from '../../src/webhooks/webhooks.ts';
import type { Trial } from '../../src/whatif/trials.ts';
import { FakeClock } from '../support/clock.ts';

export const tenants = ['demo', 'other'] as const;
export type TenantName = (typeof tenants)[number];
export const roleNames: readonly Role[] = personRoles;
/** Of the agent of each tenant, and the team that each lead leads. */
export const TEAM = 'north';
export const tokenOf = (tenant: TenantName, role: Role | 'key'): string => `token-${tenant}-${role}`;
export const PASSWORD = 'correct horse';
const RECORDING_KEY = '5e'.repeat(32);

const id = asId;
const START = Date.parse('2026-03-01T08:00:00.000Z');

function identityOf(tenant: TenantName, role: Role): Identity {
  const username = role === 'agent' ? '8001' : role;
  return {
    userId: id<UserId>(`${tenant}:${username}`),
    tenantId: id<TenantId>(tenant),
    username,
    name: `${role} of ${tenant}`,
    role,
    language: 'en',
    agentId: role === 'agent' ? id<AgentId>(`${tenant}:8001`) : null,
    teams: role === 'lead' ? [TEAM] : [],
  };
}

function queueOf(tenant: TenantName): QueueConfiguration {
  return {
    queueId: id<QueueId>(`${tenant}:service`),
    tenantId: id<TenantId>(tenant),
    name: { zh: '服务', en: 'Service' },
    skills: [],
    maxWaitMs: null,
    maxWaiting: 100,
    leaveWhenNoAgents: false,
    ringTimeoutMs: 20_000,
    wrapUpMs: 30_000,
    record: true,
    music: 'default',
    answerWithinMs: 20_000,
  };
}

const agentOf = (tenant: TenantName): AgentConfiguration => ({
  agentId: id<AgentId>(`${tenant}:8001`),
  tenantId: id<TenantId>(tenant),
  number: '8001',
  name: '王芳',
  team: TEAM,
  queues: [id<QueueId>(`${tenant}:service`)],
  skills: { service: 5 },
  staticContact: null,
});

function coreOf(): Acd {
  const core = createAcd();
  for (const tenant of tenants) {
    const callId = id<CallId>(`c-${tenant}-1`);
    const party = { number: '+8613800001001', raw: '13800001001' };
    const queueId = queueOf(tenant).queueId;
    const events: Event[] = [
      { type: 'queueConfigured', queue: queueOf(tenant) },
      { type: 'agentConfigured', agent: agentOf(tenant) },
      { type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId: id(tenant), caller: party, callee: party, trunk: 't', sipCallId: 's' },
      { type: 'callQueued', callId, queueId, priority: 0, skills: [], maxWaitMs: null },
    ];
    for (const event of events) core.decide(event, START);
  }
  return core;
}

const offerOf = (callId: CallId): OfferTold => ({
  ...{ offerId: offerIdOf(callId, 1), agentId: id<AgentId>('demo:8001'), queueId: null, legId: legIdOf(callId, 1) },
  ...{ offeredAt: START, endedAt: null, end: null },
  choice: { by: ['longest_idle'], keys: [START], runnerUp: null, idle: 1, caller: { callId, priority: 0, placedAt: START }, nextCaller: null },
});

const cardOf = (tenant: TenantName): CustomerCard => ({
  customerId: id<CustomerId>(`${tenant}-c1`),
  name: '张伟',
  number: '+8613800001001',
  tier: 'gold',
  language: 'zh',
  specialNeeds: [],
  openTickets: [],
  recentContacts: [],
});

export function recordOf(tenant: TenantName, n: number): CallRecord {
  return {
    callId: id<CallId>(`c-${tenant}-${n}`),
    tenantId: id<TenantId>(tenant),
    arrivedAt: START + n * 1000,
    answeredAt: START + n * 1000 + 100,
    agentAnsweredAt: START + n * 1000 + 500,
    endedAt: START + n * 1000 + 900,
    caller: '+8613800001001',
    callee: '10086',
    cause: 'normal',
    endedBy: 'far_end',
    customerId: null,
    tier: 'gold',
    language: 'zh',
    authLevel: 1,
    queueId: id<QueueId>(`${tenant}:service`),
    agentId: id<AgentId>(`${tenant}:8001`),
    queueWaitMs: 10,
    ringMs: 20,
    talkMs: 400,
    holdMs: 0,
    wrapUpMs: 0,
    disposition: null,
    notes: null,
    ivrPath: ['main/welcome'],
    data: {},
    recording: 'complete',
    direction: 'inbound',
    consent: null,
    survey: null,
  };
}

const callbackOf = (tenantId: TenantId): CallbackView => ({
  ...{ callbackId: asId(`c-${tenantId}-1-b`), of: asId(`c-${tenantId}-1`), callId: null, tenantId, number: '+8613800001001' },
  ...{ queueId: asId(`${tenantId}:service`), askedAt: START, placedAt: START - 1_000, attempts: 0, state: 'waiting', dueAt: null },
  ...{ bookedBy: asId(`${tenantId}:8001`), notAfter: null, note: null },
});

const ticketOf = (tenantId: TenantId): Ticket => ({
  ...{ ticketId: `survey-c-${tenantId}-1`, kind: 'survey', title: '通话后回访', status: 'open', customerId: null, number: '+8613800001001' },
  ...{ callId: `c-${tenantId}-1`, queueId: `${tenantId}:service`, agentId: `${tenantId}:8001`, rating: 5, reason: 'manner', assignedTo: null, notes: [] },
  ...{ openedAt: new Date(START).toISOString(), closedAt: null, closedBy: null, result: null },
});

export interface FakeHouse {
  app: Api;
  ports: ApiPorts;
  audit: AuditEntry[];
  configured: { tenantId: TenantId }[];
  switched: { queueId: string; state: string; until: number | null; by: UserId; notice: Notice | null }[];
  users: Map<string, UserRecord & { password: string }>;
  details: Map<string, CallDetail>;
  live: Call[];
  /** Has the two agents, and a call `c-<tenant>-1` that waits for each. */
  core: Acd;
  /** Over every trunk. */
  trunkCalls: number;
  alarms: TollAlarm[];
  /** Users whose sessions were ended. */
  ended: UserId[];
  /** How many times a user was created, counted at the port. */
  created: number;
  pauses: object[];
  wishes: object[];
  callbacks: CallbackView[];
  interactions: InteractionView[];
  cancelled: string[];
  prompts: Map<string, PromptFile & { tenantId: TenantId; sound: Buffer }>;
  trials: Map<string, Trial>;
  held: Set<string>;
  /** What keys may, by their token. */
  keys: Map<string, Identity>;
  parts: ReturnType<ApiPorts['health']['parts']>;
  now: number;
}

/** A recording of 1,000 bytes, a file outside the recordings, a built console; shared, because nobody writes there. */
export const recordingBytes = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251));
const folder = mkdtempSync(join(tmpdir(), 'huawu-api-'));
const recordingsDir = join(folder, 'recordings');
mkdirSync(join(folder, 'web/assets'), { recursive: true });
mkdirSync(recordingsDir);
writeFileSync(join(recordingsDir, 'c-demo-1.wav'), recordingBytes);
writeFileSync(join(recordingsDir, 'c-other-1.wav'), recordingBytes);
writeFileSync(join(folder, 'secret.wav'), 'not a recording');
for (const page of ['index', 'agent', 'supervisor', 'admin', 'account'])
  writeFileSync(join(folder, `web/${page}.html`), '<!doctype html><title>console</title>');
writeFileSync(join(folder, 'web/assets/app-1a2b.js'), 'void 0;');
writeFileSync(join(folder, 'web/assets/app-1a2b.js.gz'), gzipSync('void 0;'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Offered to 8001 of its tenant. */
function interactionOf(tenantId: TenantId): InteractionView {
  return {
    ...{ interactionId: id(`i-${tenantId}-1`), tenantId, channel: 'chat', queueId: id(`${tenantId}:service`), externalId: 'ticket 7', from: '', data: {} },
    ...{ priority: 0, state: 'offered', agentId: id(`${tenantId}:8001`), until: START + 15_000, askedAt: START, since: START, end: null },
    ...{ offerId: null, disposition: null },
  };
}

/** `over`: ports that are not to be faked. */
export async function openFakeHouse(over: (house: Pick<FakeHouse, 'core'>) => Partial<ApiPorts> = () => ({})): Promise<FakeHouse> {
  const house: Omit<FakeHouse, 'app' | 'ports'> = {
    audit: [],
    core: coreOf(),
    configured: [],
    switched: [],
    trunkCalls: 0,
    alarms: [],
    users: new Map(),
    details: new Map(),
    live: [],
    created: 0,
    ended: [],
    pauses: [],
    wishes: [],
    callbacks: [callbackOf(asId('demo')), callbackOf(asId('other'))],
    interactions: ['demo', 'other'].map((tenant) => interactionOf(id(tenant))),
    cancelled: [],
    prompts: new Map(
      tenants.map((tenant) => [
        `${tenant} zh old`,
        {
          ...{ tenantId: id<TenantId>(tenant), language: 'zh', name: 'old', sound: Buffer.from('RIFF') },
          ...{ bytes: 4, seconds: 1, changedAt: START, text: null },
        },
      ]),
    ),
    trials: new Map(),
    held: new Set(),
    keys: new Map(),
    parts: { sip: { ok: true, essential: true }, media: { ok: true, essential: true }, store: { ok: true, essential: false } },
    now: START,
  };
  for (const tenant of tenants) {
    for (const role of roleNames) house.users.set(`${tenant}:${role}`, { ...identityOf(tenant, role), disabled: false, password: PASSWORD });
    house.trials.set(`t-${tenant}-1`, {
      ...{ trialId: `t-${tenant}-1`, tenantId: id(tenant), of: `${tenant}:service`, state: 'running', progress: 0 },
      why: null,
      result: null,
    });
    for (const n of [1, 2, 3]) house.details.set(`c-${tenant}-${n}`, detailOf(tenant, n));
  }
  const ports = { ...portsOf(house), ...over(house) };
  const app = await buildServer(ports, null, 0);
  return Object.assign(house, { app, ports });
}

/** Call 1 was the agent's own, call 2 a colleague's. */
function detailOf(tenant: TenantName, n: number): CallDetail {
  const own = n !== 2;
  const call = { ...recordOf(tenant, n), agentId: id<AgentId>(`${tenant}:${own ? 8001 : 8002}`) };
  return {
    call,
    queues: [],
    legs: [],
    recordings: [{ recordingId: `c-${tenant}-${n}.r1`, startedAt: START, durationMs: 1000, complete: true, pauses: [] }],
    followUp: null,
    agentIds: call.agentId === null ? [] : [call.agentId],
  };
}

/** Files are opened as the house does; what the store holds of them is made up. */
function recordingsOf(house: Omit<FakeHouse, 'app' | 'ports'>): ApiPorts['recordings'] {
  const opener = new Recordings({
    ...{ store: {} as Store, clock: new FakeClock(), log: silentLog, dir: recordingsDir, keys: RECORDING_KEY, keysFile: '' },
  });
  const rowOf = ({ call, recordings, agentIds }: CallDetail): StoredRecording[] =>
    recordings.map((recording) => ({
      ...{ ...recording, callId: call.callId, tenantId: call.tenantId, customerId: call.customerId, agentIds, agentId: agentIds[0] ?? null },
      ...{ reason: null, seal: null, bytes: 1000, legalHold: house.held.has(recording.recordingId), erasedAt: null, eraseReason: null },
      path: call.callId.endsWith('3') ? join(recordingsDir, '../secret.wav') : join(recordingsDir, `${call.callId}.wav`),
    }));
  const all = (): StoredRecording[] => [...house.details.values()].flatMap(rowOf);
  return {
    get: async (tenantId, recordingId) => all().find((row) => row.tenantId === tenantId && row.recordingId === recordingId) ?? null,
    ofCall: async (tenantId, callId) => all().filter((row) => row.tenantId === tenantId && row.callId === callId),
    openAll: (recordings) => opener.openAll(recordings),
    peaks: (recording, most) => opener.peaks(recording, most),
    peaksOfAll: (recordings, most) => opener.peaksOfAll(recordings, most),
    hold: async ({ recordingId }, legalHold) => {
      house.held[legalHold ? 'add' : 'delete'](recordingId);
      return 'done';
    },
    holdCall: async (tenantId, callId, legalHold) => {
      const ids = [callId, ...all().flatMap((row) => (row.tenantId === tenantId && row.callId === callId ? [row.recordingId] : []))];
      for (const heldId of ids) house.held[legalHold ? 'add' : 'delete'](heldId);
      return true;
    },
    erase: async ({ recordingId }) => (house.held.has(recordingId) ? 'held' : 'erased'),
    eraseCustomer: async () => ({ erased: [], held: [], failed: [] }),
    rules: () => usualRecordingRules,
    saveRules: async () => undefined,
  };
}

const apiKeyOf = (tenantId: TenantId): ApiKey => ({
  ...{ keyId: id<UserId>(`${tenantId}:key:1a2b3c4d`), tenantId, name: 'CRM', prefix: '1a2b3c4d', scopes: ['queue.read'], requestsPerMinute: 300 },
  ...{ createdAt: START, createdBy: id<UserId>(`${tenantId}:admin`), expiresAt: START + 86_400_000, revokedAt: null, lastUsedAt: null, lastUsedFrom: null },
});

function fakeReportMail(write: (entry: AuditEntry) => Promise<void>): ApiPorts['reportMail'] {
  const scheduleOf = (tenantId: TenantId): ReportSchedule => ({
    ...{ scheduleId: `${tenantId}:daily`, tenantId, name: 'Daily', by: 'queue', interval: 'hour', channel: 'voice', serviceLevel: 'answered' },
    ...{ period: 'day', at: '07:00', timeZone: 'Asia/Shanghai', format: 'xlsx', language: 'zh', recipients: ['floor@example.com'], enabled: true },
    ...{ nextAt: START, last: null },
  });
  const get: ApiPorts['reportMail']['get'] = async (tenantId, scheduleId) => (scheduleId === `${tenantId}:daily` ? scheduleOf(tenantId) : null);
  const known = async <T>(
    tenantId: TenantId,
    scheduleId: string,
    told: (scheduleId: string) => AuditEntry,
    answer: (schedule: ReportSchedule) => T,
  ): Promise<T | null> => {
    const schedule = await get(tenantId, scheduleId);
    if (schedule === null) return null;
    await write(told(scheduleId));
    return answer(schedule);
  };
  const delivery = { deliveryId: '1', dueAt: START, from: START - 86_400_000, to: START, state: 'waiting', attempts: 0, error: null, sentAt: null } as const;
  return {
    get,
    mail: { configured: true, from: 'reports@example.com' },
    allowedDomains: ['example.com'],
    refusedRecipient: (recipients) => recipients.find((address) => !address.endsWith('@example.com')) ?? null,
    list: async (tenantId) => [scheduleOf(tenantId)],
    create: async (tenantId, wish, told) => {
      await write(told(`${tenantId}:new`));
      return { ...scheduleOf(tenantId), ...wish };
    },
    change: (tenantId, scheduleId, change, told) => known(tenantId, scheduleId, told, (schedule) => ({ ...schedule, ...change })),
    remove: async (tenantId, scheduleId, told) => (await known(tenantId, scheduleId, told, () => true)) === true,
    sendNow: async (schedule, told) => {
      await write(told(schedule.scheduleId));
      return delivery;
    },
    deliveries: async () => [delivery],
  };
}

function fakeWebhooks(write: (entry: AuditEntry) => Promise<void>): ApiPorts['webhooks'] {
  const hookOf = (tenantId: TenantId): Webhook => ({
    ...{ webhookId: `${tenantId}:hook`, tenantId, name: 'CRM', url: 'https://crm.example.com/huawu', events: ['call.ended'], personal: false, enabled: true },
    oldSecretUntil: null,
  });
  const get: ApiPorts['webhooks']['get'] = async (tenantId, webhookId) => (webhookId === `${tenantId}:hook` ? hookOf(tenantId) : null);
  const known = async <T>(tenantId: TenantId, webhookId: string, told: (webhookId: string) => AuditEntry, answer: (hook: Webhook) => T): Promise<T | null> => {
    const hook = await get(tenantId, webhookId);
    if (hook === null) return null;
    await write(told(webhookId));
    return answer(hook);
  };
  return {
    get,
    fault: (url) => urlFault(url, new Set()),
    list: async (tenantId) => [hookOf(tenantId)],
    create: async (tenantId, wish, told) => {
      await write(told(`${tenantId}:new`));
      return { webhook: { ...hookOf(tenantId), ...wish }, secret: 'whs_shown_once' };
    },
    change: (tenantId, webhookId, change, told) => known(tenantId, webhookId, told, (hook) => ({ ...hook, ...change })),
    rotate: (tenantId, webhookId, _ms, told) => known(tenantId, webhookId, told, (webhook) => ({ webhook, secret: 'whs_shown_once' })),
    remove: async (tenantId, webhookId, told) => (await known(tenantId, webhookId, told, () => true)) === true,
    deliveries: async () => [],
    redeliver: async (webhookId, _id, told) => {
      await write(told(webhookId));
      return true;
    },
    ping: async () => undefined,
  };
}

const calendarOf = (tenant: TenantName): StoredCalendar => ({
  ...{ calendarId: id<CalendarId>(`${tenant}:office`), tenantId: id<TenantId>(tenant), name: { zh: '上班', en: 'Office' }, timeZone: 'Asia/Shanghai' },
  ...{ week: {}, days: [] },
});

const withNumbers = (tenant: Tenant, hotlines: HotlineNumber[]): Tenant => ({
  ...tenant,
  hotlines,
  numbers: hotlines.flatMap(({ number, enabled }) => (enabled ? [number] : [])),
});
/** Each has numbers of its own that no dialplan names: `7000` or `7001`, and one with the tenant in it. */
const houseOf = (tenant: TenantName, at: number): Tenant =>
  withNumbers({ tenantId: id<TenantId>(tenant), name: tenant, numbers: [], sipDomains: [] }, [
    newNumber(`700${at}`, { flow: 'main' }),
    newNumber(`${tenant}-line`, { flow: 'main' }),
  ]);

function portsOf(house: Omit<FakeHouse, 'app' | 'ports'>): ApiPorts {
  const queues = new Map(tenants.map((tenant) => [`${tenant}:service`, queueOf(tenant)]));
  const calendars = new Map(tenants.map((tenant) => [`${tenant}:office`, calendarOf(tenant)]));
  const trunks = new Map(tenants.map((tenant) => [`${tenant}:city`, newTrunk(id<TenantId>(tenant), 'city', {})]));
  const secrets = new Map<string, TrunkSecret>();
  const floorAlerts = new Map<TenantId, AlertBounds>();
  const disabled = new Set<AgentId>();
  const houses = new Map<TenantId, Tenant>(tenants.map((tenant, at) => [id<TenantId>(tenant), houseOf(tenant, at)]));
  const tenantNamed = (tenantId: TenantId): Tenant => houses.get(tenantId) ?? houseOf('demo', 0);
  const agents = new Map(tenants.map((tenant) => [`${tenant}:8001`, agentOf(tenant)]));
  const tokens = new Map(tenants.flatMap((tenant) => roleNames.map((role) => [tokenOf(tenant, role), identityOf(tenant, role)] as const)));
  const published = tenants.map((tenant) => ({ tenant, version: id<DialplanVersion>(`${tenant}@1`) }));
  const audit: ApiPorts['audit'] = {
    write: async (entry) => void house.audit.push(entry),
    list: async (tenantId, { action = '', actions, resource = '' }) => {
      const all = house.audit.map((entry, at) => ({ ...entry, auditId: at + 1, seq: at + 1, hash: '', at: START }));
      const mine = all.filter((entry) => entry.tenantId === tenantId && entry.action.startsWith(action) && entry.resource.includes(resource));
      return { items: mine.filter((entry) => actions?.includes(entry.action) ?? true).reverse(), nextCursor: null };
    },
    prove: async () => ({ head: { seq: house.audit.length, hash: '' }, provedAt: START, breach: null }),
  };
  return {
    clock: { now: () => house.now, after: () => () => undefined, every: () => () => undefined },
    log: silentLog,
    orders: {
      judge(message, { tenantId }) {
        const stranger = 'callId' in message.data && !message.data.callId.startsWith(`c-${tenantId}-`);
        return stranger ? { ok: false, code: 'unknown_call' } : { ok: true, order: { action: message.type, resource: 'r', after: message.data, events: [] } };
      },
      carryOut: async ({ action, resource, after }, { tenantId, userId }, source) => audit.write({ tenantId, userId, source, action, resource, after }),
    },
    sessions: {
      signIn: async (tenantId, username, password) => {
        const user = [...house.users.values()].find((row) => row.username === username && (tenantId === null || row.tenantId === tenantId));
        if (user === undefined) return { result: 'wrong' };
        if (user.password !== password) return { result: 'wrong', of: user };
        return { result: 'ok', token: tokenOf('demo', user.role), expiresAt: START + 1000, identity: user };
      },
      identify: async (token) => tokens.get(token) ?? house.keys.get(token) ?? null,
      signOut: async (token) => void tokens.delete(token),
      widen: async () => undefined,
    },
    keys: {
      list: async (tenantId) => [apiKeyOf(tenantId)],
      create: async (tenantId, wanted, told) => {
        const key = { ...apiKeyOf(tenantId), ...wanted };
        await audit.write(told(key.keyId));
        return { key, token: 'hwk_shown_once' };
      },
      revoke: async (tenantId, keyId, told) => {
        if (keyId !== apiKeyOf(tenantId).keyId) return false;
        await audit.write(told);
        return true;
      },
    },
    oidc: {
      ways: () => [],
      begin: async () => 'unknown_tenant',
      end: async () => ({ ok: false, page: '/agent', why: 'expired' }),
      fetch: async () => null,
    },
    factors: {
      has: async () => false,
      begin: async () => ({ secret: 'ABC', uri: 'otpauth://totp/x', qr: '<svg/>' }),
      confirm: async (_userId, code, told) => {
        if (code !== '123456') return null;
        await audit.write(told);
        return ['a recovery code'];
      },
      isRight: async (_userId, code) => code === '123456',
      remove: async (_userId, told) => {
        await audit.write(told);
        return true;
      },
      rules: async () => ({ secondFactor: [] }),
      saveRules: async (_tenantId, _rules, told) => audit.write(told),
    },
    webhooks: fakeWebhooks((entry) => audit.write(entry)),
    reportMail: fakeReportMail((entry) => audit.write(entry)),
    users: {
      list: async (tenantId) => ({ items: [...house.users.values()].filter((user) => user.tenantId === tenantId), nextCursor: null }),
      get: async (tenantId, userId) => [...house.users.values()].find((user) => user.tenantId === tenantId && user.userId === userId) ?? null,
      create: async (tenantId, user, told) => {
        await audit.write(told);
        house.created += 1;
        const userId = id<UserId>(`${tenantId}:${user.username}`);
        if ([...house.users.values()].some((row) => row.userId === userId)) return null;
        const made = { ...user, userId, tenantId, disabled: false };
        house.users.set(userId, made);
        return made;
      },
      update: async (tenantId, userId, change, told) => {
        await audit.write(told);
        const user = [...house.users.values()].find((row) => row.tenantId === tenantId && row.userId === userId);
        return user === undefined ? null : Object.assign(user, change);
      },
      names: async (tenantId) => [...house.users.values()].flatMap((user) => (user.tenantId === tenantId ? [user.username] : [])),
      sessions: async (userId) => (house.ended.includes(userId) ? [] : [{ openedAt: START, expiresAt: START + 1000 }]),
      endSessions: async (userId) => void house.ended.push(userId),
    },
    directory: {
      tenants: () => [...houses.values()],
      tenantOfNumber: () => null,
      sipAccount: () => null,
      agent: (agentId) => (disabled.has(agentId) ? null : (agents.get(agentId) ?? null)),
      agentByNumber: (tenantId, number) => agents.get(`${tenantId}:${number}`) ?? null,
      agents: () => [...agents.values()].filter(({ agentId }) => !disabled.has(agentId)),
      disabledAgents: () => [...agents.values()].filter(({ agentId }) => disabled.has(agentId)),
      queue: (queueId) => queues.get(queueId) ?? null,
      queues: () => [...queues.values()],
      calendars: () => [...calendars.values()].map((calendar) => ({ ...calendar, offsets: [{ from: 0, minutes: 480 }] })),
      outsideRules: () => usualRules,
      floorAlerts: (tenantId) => floorAlerts.get(tenantId) ?? {},
      trunks: () => [...trunks.values()],
      trunkSecret: (trunkId) => secrets.get(trunkId) ?? null,
    },
    configuration: {
      saveQueue: async (queue, told) => {
        await audit.write(told);
        house.configured.push(queue);
        queues.set(queue.queueId, queue);
      },
      saveAgent: async (agent, told) => {
        await audit.write(told);
        house.configured.push(agent);
        agents.set(agent.agentId, agent);
      },
      saveAgents: async (tenantId, changed, signIns, told) => {
        await audit.write(told);
        house.configured.push(...changed);
        for (const agent of changed) agents.set(agent.agentId, agent);
        for (const user of signIns) {
          const userId = id<UserId>(`${tenantId}:${user.username}`);
          house.users.set(userId, { ...user, userId, tenantId, disabled: false });
        }
      },
      disableAgent: async (agentId, off, told) => {
        await audit.write(told);
        house.configured.push(...[...agents.values()].filter((agent) => agent.agentId === agentId));
        disabled[off ? 'add' : 'delete'](agentId);
      },
      removeAgent: async (agentId, told) => {
        await audit.write(told);
        house.configured.push(...[...agents.values()].filter((agent) => agent.agentId === agentId));
        agents.delete(agentId);
      },
      saveCalendar: async (calendar, told) => {
        await audit.write(told);
        house.configured.push(calendar);
        calendars.set(calendar.calendarId, calendar);
      },
      removeCalendar: async (calendarId, told) => {
        await audit.write(told);
        const calendar = calendars.get(calendarId);
        if (calendar !== undefined) house.configured.push(calendar);
        calendars.delete(calendarId);
      },
      saveTrunk: async (trunk, password, told) => {
        await audit.write(told);
        house.configured.push(trunk);
        trunks.set(trunk.trunkId, trunk);
        if (typeof password === 'string') secrets.set(trunk.trunkId, { ha1Md5: 'md5', ha1Sha256: 'sha256' });
        else if (password === null) secrets.delete(trunk.trunkId);
      },
      removeTrunk: async (trunkId, told) => {
        await audit.write(told);
        const trunk = trunks.get(trunkId);
        if (trunk !== undefined) house.configured.push(trunk);
        trunks.delete(trunkId);
      },
      saveFloorAlerts: async (tenantId, bounds, told) => {
        await audit.write(told);
        house.configured.push({ tenantId });
        floorAlerts.set(tenantId, bounds);
      },
      saveOutsideRules: async (tenantId, _rules, told) => {
        await audit.write(told);
        house.configured.push({ tenantId });
      },
      saveTenant: async (tenantId, name, settings, told) => {
        await audit.write(told);
        house.configured.push({ tenantId });
        houses.set(tenantId, { ...tenantNamed(tenantId), name, settings });
      },
      saveNumber: async (tenantId, number, told) => {
        const owner = [...houses.values()].find(({ hotlines = [] }) => hotlines.some((one) => one.number === number.number));
        if (owner !== undefined && owner.tenantId !== tenantId) throw new Problem('conflict', 'it is another tenant’s');
        await audit.write(told);
        house.configured.push({ tenantId });
        const others = (tenantNamed(tenantId).hotlines ?? []).filter((one) => one.number !== number.number);
        houses.set(tenantId, withNumbers(tenantNamed(tenantId), [...others, number]));
      },
      removeNumber: async (tenantId, number, told) => {
        await audit.write(told);
        house.configured.push({ tenantId });
        const { hotlines = [] } = tenantNamed(tenantId);
        houses.set(
          tenantId,
          withNumbers(
            tenantNamed(tenantId),
            hotlines.filter((one) => one.number !== number),
          ),
        );
      },
    },
    floor: {
      switchQueue: (queueId, state, until, by, notice) => void house.switched.push({ queueId, state, until, by, notice }),
      sayable: () => ({ prompts: new Set(['nobody-there']), texts: true }),
    },
    trunks: { status: () => [], calls: () => house.trunkCalls },
    toll: {
      blocked: (tenantId) => [{ account: id<AgentId>(`${tenantId}:8001`), until: START }],
      alarms: () => house.alarms,
      counts: { refused: {}, blocked: 0, emergencies: 0 },
      lift: (tenantId) => void house.configured.push({ tenantId }),
    },
    acd: {
      agent: () => undefined,
      agents: () => [],
      estimate: () => null,
      estimateScore: () => null,
      interactions: (tenantId) => house.interactions.filter((one) => one.tenantId === tenantId),
      interactionsOf: (agentId) => house.interactions.filter((one) => one.agentId === agentId),
      interaction: (interactionId) => house.interactions.find((one) => one.interactionId === interactionId),
      interactionNamed: (tenantId, externalId) => house.interactions.find((one) => one.tenantId === tenantId && one.externalId === externalId),
      callbacks: (tenantId) => house.callbacks.filter((callback) => callback.tenantId === tenantId),
      ...{ callsBack: () => true, callbackRefusal: () => null },
      queue: () => undefined,
      queues: () => [],
    },
    explain: house.core.explain,
    offersOf: async (tenantId, callId) => (callId.startsWith(`c-${tenantId}-`) ? [offerOf(callId)] : null),
    calls: { get: (callId) => house.live.find((call) => call.callId === callId), values: () => house.live.values(), size: 0 },
    customers: {
      byNumber: async (tenantId, number) => (number.replaceAll(' ', '').endsWith('13800001001') ? cardOf(String(tenantId) as TenantName) : null),
      byId: async (tenantId, customerId) => (customerId === `${tenantId}-c1` ? cardOf(String(tenantId) as TenantName) : null),
    },
    dialplans: {
      words: () => ({
        exits: ['main', 'callback'],
        flows: ['main', 'night'],
        surveys: ['survey'],
        numbers: { '10086': 'main' },
        prompts: ['welcome'],
        music: ['default'],
      }),
      versions: async (tenantId) =>
        published.filter((row) => row.tenant === tenantId).map(({ version }) => ({ version, publishedAt: START, publishedBy: null, note: '', current: true })),
      files: async (tenantId, version) => (published.some((row) => row.tenant === tenantId && row.version === version) ? { 'main.yaml': 'flows: {}' } : null),
      check: async (_tenantId, files) =>
        Object.entries(files).flatMap(([file, text]) => (text.includes('broken') ? [{ file, line: 2, column: 3, message: 'no such verb' }] : [])),
      fits: async (_tenantId, { entered = [] }) =>
        entered.some(({ flows }) => flows.includes('night')) ? [{ file: 'main.yaml', line: 1, column: 1, message: 'it would not stand' }] : [],
      publish: async (tenantId) => ({ result: 'published', version: id<DialplanVersion>(`${tenantId}@2`) }),
      rollBack: async (_tenantId, version) => version,
    },
    ledger: { memory: () => [], sums: async () => [], intervals: async () => [], resolution: async () => [] },
    interactionRecords: { list: async () => ({ items: [], nextCursor: null }), get: async () => null },
    records: {
      list: async (tenantId, filter, { cursor, limit }) => {
        const rows = [...house.details.values()]
          .map((detail) => detail.call)
          .filter((call) => call.tenantId === tenantId && (filter.agentId === undefined || call.agentId === filter.agentId))
          .filter((call) => filter.agentIds === undefined || (call.agentId !== null && filter.agentIds.includes(call.agentId)))
          .filter(({ disposition }) => filter.disposition === undefined || disposition === filter.disposition)
          .filter(({ consent }) => filter.consent === undefined || consent?.state === filter.consent)
          .filter(({ data }) => Object.entries(filter.data ?? {}).every(([name, value]) => data[name] === value))
          .filter((call) => cursor === null || call.callId < cursor)
          .sort((a, b) => (a.callId < b.callId ? 1 : -1));
        const items = rows.slice(0, limit);
        return { items, nextCursor: rows.length > limit ? (items.at(-1)?.callId ?? null) : null };
      },
      get: async (tenantId, callId) => {
        const detail = house.details.get(callId);
        return detail?.call.tenantId === tenantId ? { ...detail, call: { ...detail.call, legalHold: house.held.has(callId) } } : null;
      },
    },
    recordings: recordingsOf(house),
    tickets: {
      list: async (tenantId, { state, agentIds }) => {
        const fit = [ticketOf(tenantId)].filter(
          (one) => (one.closedAt === null) === (state === 'open') && (agentIds?.includes(asId(one.agentId ?? '')) ?? true),
        );
        return { items: fit, nextCursor: null };
      },
      count: async () => ({ count: 1, oldestAt: new Date(START).toISOString() }),
      get: async (tenantId, ticketId) => (ticketId === `survey-c-${tenantId}-1` ? ticketOf(tenantId) : null),
      change: async (_, { assignedTo = null, note, close }, told) => {
        house.audit.push({ ...told } as AuditEntry);
        const at = new Date(START).toISOString();
        const notes = note === undefined ? [] : [{ at, by: told.userId ?? '', text: note }];
        return {
          ...ticketOf(told.tenantId),
          assignedTo,
          notes,
          ...(close === undefined ? {} : { closedAt: at, closedBy: told.userId, result: close, status: 'closed' }),
        };
      },
    },
    erasures: {
      list: async () => [],
      begin: async (tenantId, who, reason, by) =>
        'customerId' in who && !who.customerId.startsWith(tenantId)
          ? null
          : { erasureId: `${tenantId}:e1`, tenantId, customerId: null, numbers: [], reason, ...by, begunAt: START, endedAt: START, report: {} },
    },
    setAgentState: (agentId, wish, by) => void house.wishes.push({ agentId, wish, by }),
    tellInteraction: (event) => void house.wishes.push(event),
    trials: {
      start: (tenantId, of) => {
        const trial: Trial = { trialId: `t-${tenantId}-2`, tenantId, of, state: 'running', progress: 0, why: null, result: null };
        house.trials.set(trial.trialId, trial);
        return trial;
      },
      get: (tenantId, trialId) => (house.trials.get(trialId)?.tenantId === tenantId ? (house.trials.get(trialId) ?? null) : null),
      cancel: (tenantId, trialId) => house.trials.get(trialId)?.tenantId === tenantId && house.trials.delete(trialId),
    },
    cancelCallback: (callbackId, by) => void house.cancelled.push(`${callbackId} by ${by}`),
    pauseRecording: (callId, by, forMs) => void house.pauses.push({ callId, by, forMs }),
    resumeRecording: (callId, by) => void house.pauses.push({ callId, by }),
    webDir: join(folder, 'web'),
    version: '0.0.0-test',
    audit,
    prompts: {
      list: async (tenantId) =>
        [...house.prompts.values()]
          .filter((prompt) => prompt.tenantId === tenantId)
          .map(({ tenantId: _, sound, ...prompt }) => ({ ...prompt, bytes: sound.length })),
      read: async (tenantId, language, name) => house.prompts.get(`${tenantId} ${language} ${name}`)?.sound ?? null,
      write: async (tenantId, language, name, sound) =>
        void house.prompts.set(`${tenantId} ${language} ${name}`, {
          ...{ tenantId, language, name, sound, bytes: 0, seconds: 1, changedAt: START, text: null },
        }),
      remove: async (tenantId, language, name) => house.prompts.delete(`${tenantId} ${language} ${name}`),
    },
    mediaServers: () => [{ name: 'media', connected: true, endpoints: 2, report: null, capabilities: null }],
    phoneContacts: () => [],
    health: { parts: () => house.parts, draining: () => false },
    asyncApi: { asyncapi: '3.0.0' },
    legAudio: async () => ({ codec: 'PCMA', heard: { mos: 4.41, worstMos: 4.2, lossPct: 0.5, jitterMs: 1.5 }, sent: null, roundTripMs: 20, troubles: [] }),
    phonePasses: {
      make: ({ username }, agentId) => ({ username: `pass-of-${username}`, password: agentId, expiresAt: house.now + 1_000 }),
      domain: () => 'sip.test',
      end: () => undefined,
    },
    sipTrace: async (callId) => [
      { at: '2026-03-01T08:00:00.000Z', direction: 'in', peer: 'udp/192.0.2.7:5060', callId: `sip-${callId}`, text: 'INVITE sip:10086@x SIP/2.0' },
    ],
    metrics: { contentType: 'text/plain', text: async () => 'huawu_calls_live 0\n' },
  };
}
