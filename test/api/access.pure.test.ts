/** Every route × every role × own and other tenant, generated from the API's own description, so that no route is forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AgentId, asId, type CallId, legIdOf, type OfferId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { wavHeader } from '../../kernel/wav.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { CallEvent } from '../../src/call/event.ts';
import { type Action, actions, keyScopes, type PersonRole as Role } from '../../src/users/user.ts';
import { type FakeHouse, openFakeHouse, roleNames, type TenantName, tenants, tokenOf } from './fake-house.ts';
import { liveCalls } from './live-calls.ts';

type Verdict = 'yes' | 'no';
interface Row {
  /** A request that works for who may; `:tenant` stands for the tenant whose things are asked for. */
  url: string;
  body?: (tenant: TenantName) => object;
  /** Its body is a sound, not JSON. */
  sound?: true;
  allowed: Record<Role, Verdict>;
  /** What somebody of another tenant gets: her own tenant's answer, or nothing. */
  stranger: 'own' | 404 | 400;
}

const those = (...who: Role[]): Record<Role, Verdict> =>
  Object.fromEntries(roleNames.map((role) => [role, who.includes(role) ? 'yes' : 'no'])) as Record<Role, Verdict>;
const everybody = those(...roleNames);
/** Who has no desk has no phone. */
const agentsAlone = those('agent');
/** With agents, and who has them in her care. */
const onCalls = those('agent', 'lead', 'supervisor', 'admin');
const callReaders = those('agent', 'lead', 'supervisor', 'quality', 'admin');
const hearers = those('agent', 'lead', 'supervisor', 'quality');
const leaders = those('supervisor', 'admin');
const withLeads = those('lead', 'supervisor', 'admin');
const inspectors = those('supervisor', 'admin', 'auditor');
const bookReaders = those('admin', 'auditor');
const supervisors = those('supervisor');
const admins = those('admin');
const newUser = { username: 'new', name: 'New', role: 'agent', password: 'long enough' };

const rows: Record<string, Row> = {
  'DELETE /api/v1/sessions/current': { url: '/api/v1/sessions/current', allowed: everybody, stranger: 'own' },
  'POST /api/v1/phone-passes': { url: '/api/v1/phone-passes', allowed: agentsAlone, stranger: 'own' },
  'GET /api/v1/me': { url: '/api/v1/me', allowed: everybody, stranger: 'own' },
  'GET /api/v1/me/second-factor': { url: '/api/v1/me/second-factor', allowed: everybody, stranger: 'own' },
  'POST /api/v1/me/second-factor': { url: '/api/v1/me/second-factor', allowed: everybody, stranger: 'own' },
  'POST /api/v1/me/second-factor/confirmation': {
    url: '/api/v1/me/second-factor/confirmation',
    body: () => ({ code: '123456' }),
    allowed: everybody,
    stranger: 'own',
  },
  'POST /api/v1/me/second-factor/removal': { url: '/api/v1/me/second-factor/removal', body: () => ({ code: '123456' }), allowed: everybody, stranger: 'own' },
  'DELETE /api/v1/users/{userId}/second-factor': { url: '/api/v1/users/:tenant:8001/second-factor', allowed: admins, stranger: 404 },
  'GET /api/v1/sign-in-rules': { url: '/api/v1/sign-in-rules', allowed: inspectors, stranger: 'own' },
  'PATCH /api/v1/sign-in-rules': { url: '/api/v1/sign-in-rules', body: () => ({ secondFactor: ['admin'] }), allowed: admins, stranger: 'own' },
  'GET /api/v1/users': { url: '/api/v1/users', allowed: inspectors, stranger: 'own' },
  'POST /api/v1/users': { url: '/api/v1/users', body: (tenant) => ({ ...newUser, agentId: `${tenant}:8001` }), allowed: admins, stranger: 400 },
  'GET /api/v1/users/{userId}': { url: '/api/v1/users/:tenant:8001', allowed: inspectors, stranger: 404 },
  'PATCH /api/v1/users/{userId}': { url: '/api/v1/users/:tenant:8001', body: () => ({ name: 'X' }), allowed: admins, stranger: 404 },
  'GET /api/v1/users/{userId}/sessions': { url: '/api/v1/users/:tenant:8001/sessions', allowed: inspectors, stranger: 404 },
  'DELETE /api/v1/users/{userId}/sessions': { url: '/api/v1/users/:tenant:8001/sessions', allowed: admins, stranger: 404 },
  'POST /api/v1/agents/import': { url: '/api/v1/agents/import', body: () => ({ rows: [{ number: '8098', name: 'N' }] }), allowed: admins, stranger: 'own' },
  'GET /api/v1/queues': { url: '/api/v1/queues', allowed: everybody, stranger: 'own' },
  'POST /api/v1/queues': { url: '/api/v1/queues', body: () => ({ id: 'new', name: { zh: '新', en: 'New' } }), allowed: admins, stranger: 'own' },
  'GET /api/v1/queues/{queueId}': { url: '/api/v1/queues/:tenant:service', allowed: everybody, stranger: 404 },
  'PATCH /api/v1/queues/{queueId}': { url: '/api/v1/queues/:tenant:service', body: () => ({ record: false }), allowed: admins, stranger: 404 },
  'POST /api/v1/queues/{queueId}/switch': { url: '/api/v1/queues/:tenant:service/switch', body: () => ({ state: 'closed' }), allowed: leaders, stranger: 404 },
  'GET /api/v1/alert-rules': { url: '/api/v1/alert-rules', allowed: those('lead', 'supervisor', 'planner', 'admin', 'auditor'), stranger: 'own' },
  'PUT /api/v1/alert-rules/floor': { url: '/api/v1/alert-rules/floor', body: () => ({ waiting: 5 }), allowed: leaders, stranger: 'own' },
  'PUT /api/v1/alert-rules/queues/{queueId}': {
    url: '/api/v1/alert-rules/queues/:tenant:service',
    body: () => ({ waiting: 5 }),
    allowed: leaders,
    stranger: 404,
  },
  'GET /api/v1/supervisions': { url: '/api/v1/supervisions', allowed: inspectors, stranger: 'own' },
  'POST /api/v1/trials': {
    url: '/api/v1/trials',
    body: (tenant) => ({ queueId: `${tenant}:service`, change: { maxWaiting: 7 } }),
    allowed: admins,
    stranger: 404,
  },
  'GET /api/v1/trials/{trialId}': { url: '/api/v1/trials/t-:tenant-1', allowed: admins, stranger: 404 },
  'DELETE /api/v1/trials/{trialId}': { url: '/api/v1/trials/t-:tenant-1', allowed: admins, stranger: 404 },
  'GET /api/v1/calendars': { url: '/api/v1/calendars', allowed: everybody, stranger: 'own' },
  'POST /api/v1/calendars': { url: '/api/v1/calendars', body: () => ({ id: 'night', name: { zh: '夜', en: 'Night' } }), allowed: admins, stranger: 'own' },
  'GET /api/v1/calendars/{calendarId}': { url: '/api/v1/calendars/:tenant:office', allowed: everybody, stranger: 404 },
  'PATCH /api/v1/calendars/{calendarId}': { url: '/api/v1/calendars/:tenant:office', body: () => ({ week: {} }), allowed: admins, stranger: 404 },
  'DELETE /api/v1/calendars/{calendarId}': { url: '/api/v1/calendars/:tenant:office', allowed: admins, stranger: 404 },
  'POST /api/v1/calendars/{calendarId}/import': {
    url: '/api/v1/calendars/:tenant:office/import',
    body: () => ({ format: 'csv', text: '2026-10-01,国庆节,closed' }),
    allowed: admins,
    stranger: 404,
  },
  'GET /api/v1/agents': { url: '/api/v1/agents', allowed: everybody, stranger: 'own' },
  'POST /api/v1/agents': {
    url: '/api/v1/agents',
    body: (tenant) => ({ number: '8099', name: 'N', queues: [`${tenant}:service`] }),
    allowed: admins,
    stranger: 400,
  },
  'GET /api/v1/agents/{agentId}': { url: '/api/v1/agents/:tenant:8001', allowed: everybody, stranger: 404 },
  'PATCH /api/v1/agents/{agentId}': { url: '/api/v1/agents/:tenant:8001', body: () => ({ skills: { service: 9 } }), allowed: withLeads, stranger: 404 },
  'POST /api/v1/agents/{agentId}/state': { url: '/api/v1/agents/:tenant:8001/state', body: () => ({ state: 'ready' }), allowed: onCalls, stranger: 404 },
  'GET /api/v1/directory': { url: '/api/v1/directory', allowed: everybody, stranger: 'own' },
  'GET /api/v1/trunks': { url: '/api/v1/trunks', allowed: inspectors, stranger: 'own' },
  'POST /api/v1/trunks': { url: '/api/v1/trunks', body: () => ({ name: 'new', addresses: [{ uri: 'sip:192.0.2.9' }] }), allowed: admins, stranger: 'own' },
  'GET /api/v1/trunks/{trunkId}': { url: '/api/v1/trunks/:tenant:city', allowed: inspectors, stranger: 404 },
  'PATCH /api/v1/trunks/{trunkId}': { url: '/api/v1/trunks/:tenant:city', body: () => ({ enabled: false }), allowed: admins, stranger: 404 },
  'DELETE /api/v1/trunks/{trunkId}': { url: '/api/v1/trunks/:tenant:city', allowed: admins, stranger: 404 },
  'GET /api/v1/outside-rules': { url: '/api/v1/outside-rules', allowed: inspectors, stranger: 'own' },
  'PATCH /api/v1/outside-rules': { url: '/api/v1/outside-rules', body: () => ({ openCountries: ['HK'] }), allowed: admins, stranger: 'own' },
  'GET /api/v1/callbacks': { url: '/api/v1/callbacks', allowed: onCalls, stranger: 'own' },
  'DELETE /api/v1/callbacks/{callbackId}': { url: '/api/v1/callbacks/c-:tenant-1-b', allowed: onCalls, stranger: 404 },
  'GET /api/v1/interactions': { url: '/api/v1/interactions', allowed: callReaders, stranger: 'own' },
  'GET /api/v1/interactions/records': { url: '/api/v1/interactions/records', allowed: callReaders, stranger: 'own' },
  'POST /api/v1/interactions': {
    url: '/api/v1/interactions',
    body: (tenant) => ({ channel: 'chat', queueId: `${tenant}:service`, externalId: 'ticket 7' }),
    allowed: leaders,
    stranger: 'own',
  },
  'GET /api/v1/interactions/{interactionId}': { url: '/api/v1/interactions/i-:tenant-1', allowed: callReaders, stranger: 404 },
  'DELETE /api/v1/interactions/{interactionId}': { url: '/api/v1/interactions/i-:tenant-1', allowed: leaders, stranger: 404 },
  'POST /api/v1/interactions/{interactionId}/requeue': {
    url: '/api/v1/interactions/i-:tenant-1/requeue',
    body: () => ({}),
    allowed: leaders,
    stranger: 404,
  },
  'POST /api/v1/interactions/{interactionId}/word': {
    url: '/api/v1/interactions/i-:tenant-1/word',
    body: () => ({ word: 'accept' }),
    allowed: agentsAlone,
    stranger: 404,
  },
  'DELETE /api/v1/outside-rules': { url: '/api/v1/outside-rules', allowed: admins, stranger: 'own' },
  'GET /api/v1/outside-alarms': { url: '/api/v1/outside-alarms', allowed: inspectors, stranger: 'own' },
  'GET /api/v1/outside-blocks': { url: '/api/v1/outside-blocks', allowed: inspectors, stranger: 'own' },
  'DELETE /api/v1/outside-blocks/{account}': { url: '/api/v1/outside-blocks/:tenant:8001', allowed: admins, stranger: 404 },
  'GET /api/v1/customers': { url: '/api/v1/customers?number=13800001001', allowed: callReaders, stranger: 'own' },
  'GET /api/v1/customers/{customerId}': { url: '/api/v1/customers/:tenant-c1', allowed: callReaders, stranger: 404 },
  'GET /api/v1/dialplans': { url: '/api/v1/dialplans', allowed: inspectors, stranger: 'own' },
  'POST /api/v1/dialplans': { url: '/api/v1/dialplans', body: () => ({ files: { 'main.yaml': 'x' } }), allowed: admins, stranger: 'own' },
  'POST /api/v1/dialplans/check': { url: '/api/v1/dialplans/check', body: () => ({ files: { 'main.yaml': 'x' } }), allowed: inspectors, stranger: 'own' },
  'GET /api/v1/dialplans/schema': { url: '/api/v1/dialplans/schema', allowed: inspectors, stranger: 'own' },
  'GET /api/v1/prompts': { url: '/api/v1/prompts', allowed: inspectors, stranger: 'own' },
  'GET /api/v1/prompts/{language}/{name}': { url: '/api/v1/prompts/zh/old', allowed: inspectors, stranger: 'own' },
  'PUT /api/v1/prompts/{language}/{name}': { url: '/api/v1/prompts/zh/new', sound: true, allowed: admins, stranger: 'own' },
  'DELETE /api/v1/prompts/{language}/{name}': { url: '/api/v1/prompts/zh/old', allowed: admins, stranger: 'own' },
  'GET /api/v1/api-keys': { url: '/api/v1/api-keys', allowed: bookReaders, stranger: 'own' },
  'POST /api/v1/api-keys': {
    url: '/api/v1/api-keys',
    body: () => ({ name: 'CRM', scopes: ['queue.read'], expiresAt: '2026-04-01T00:00:00Z' }),
    allowed: admins,
    stranger: 'own',
  },
  'DELETE /api/v1/api-keys/{keyId}': { url: '/api/v1/api-keys/:tenant:key:1a2b3c4d', allowed: admins, stranger: 404 },
  'GET /api/v1/webhooks': { url: '/api/v1/webhooks', allowed: bookReaders, stranger: 'own' },
  'POST /api/v1/webhooks': {
    url: '/api/v1/webhooks',
    body: () => ({ name: 'CRM', url: 'https://crm.example.com/', events: ['call.ended'] }),
    allowed: admins,
    stranger: 'own',
  },
  'PATCH /api/v1/webhooks/{webhookId}': { url: '/api/v1/webhooks/:tenant:hook', body: () => ({ enabled: false }), allowed: admins, stranger: 404 },
  'DELETE /api/v1/webhooks/{webhookId}': { url: '/api/v1/webhooks/:tenant:hook', allowed: admins, stranger: 404 },
  'POST /api/v1/webhooks/{webhookId}/secret': { url: '/api/v1/webhooks/:tenant:hook/secret', body: () => ({}), allowed: admins, stranger: 404 },
  'GET /api/v1/webhooks/{webhookId}/deliveries': { url: '/api/v1/webhooks/:tenant:hook/deliveries', allowed: bookReaders, stranger: 404 },
  'POST /api/v1/webhooks/{webhookId}/deliveries/{deliveryId}/redelivery': {
    url: '/api/v1/webhooks/:tenant:hook/deliveries/1/redelivery',
    allowed: admins,
    stranger: 404,
  },
  'POST /api/v1/webhooks/{webhookId}/ping': { url: '/api/v1/webhooks/:tenant:hook/ping', allowed: admins, stranger: 404 },
  'GET /api/v1/audit': { url: '/api/v1/audit', allowed: bookReaders, stranger: 'own' },
  'GET /api/v1/audit/proof': { url: '/api/v1/audit/proof', allowed: bookReaders, stranger: 'own' },
  'GET /api/v1/system': { url: '/api/v1/system', allowed: leaders, stranger: 'own' },
  'GET /api/v1/phones': { url: '/api/v1/phones', allowed: inspectors, stranger: 'own' },
  'DELETE /api/v1/agents/{agentId}': { url: '/api/v1/agents/:tenant:8001', allowed: admins, stranger: 404 },
  'GET /api/v1/tenant': { url: '/api/v1/tenant', allowed: inspectors, stranger: 'own' },
  'PATCH /api/v1/tenant': { url: '/api/v1/tenant', body: () => ({ timeZone: 'Asia/Tokyo' }), allowed: admins, stranger: 'own' },
  'GET /api/v1/numbers': { url: '/api/v1/numbers', allowed: inspectors, stranger: 'own' },
  'POST /api/v1/numbers': { url: '/api/v1/numbers', body: () => ({ number: '95588', flow: 'main' }), allowed: admins, stranger: 'own' },
  'PATCH /api/v1/numbers/{number}': { url: '/api/v1/numbers/:tenant-line', body: () => ({ description: 'sales' }), allowed: admins, stranger: 404 },
  'DELETE /api/v1/numbers/{number}': { url: '/api/v1/numbers/:tenant-line', allowed: admins, stranger: 404 },
  'GET /api/v1/dialplans/{version}': { url: '/api/v1/dialplans/:tenant@1', allowed: inspectors, stranger: 404 },
  'POST /api/v1/dialplans/{version}/roll-back': { url: '/api/v1/dialplans/:tenant@1/roll-back', allowed: admins, stranger: 404 },
  'GET /api/v1/calls/live': { url: '/api/v1/calls/live', allowed: callReaders, stranger: 'own' },
  'GET /api/v1/calls': { url: '/api/v1/calls', allowed: callReaders, stranger: 'own' },
  'GET /api/v1/calls/{callId}': { url: '/api/v1/calls/c-:tenant-1', allowed: callReaders, stranger: 404 },
  'GET /api/v1/calls/{callId}/audio': { url: '/api/v1/calls/c-:tenant-1/audio', allowed: callReaders, stranger: 404 },
  'GET /api/v1/calls/{callId}/explanation': { url: '/api/v1/calls/c-:tenant-1/explanation', allowed: those('supervisor', 'quality', 'admin'), stranger: 404 },
  'GET /api/v1/agents/{agentId}/explanation': { url: '/api/v1/agents/:tenant:8001/explanation', allowed: onCalls, stranger: 404 },
  'GET /api/v1/offers/{offerId}/explanation': {
    url: '/api/v1/offers/c-:tenant-1.o1/explanation',
    allowed: those('supervisor', 'quality', 'admin'),
    stranger: 404,
  },
  'GET /api/v1/calls/{callId}/offers': { url: '/api/v1/calls/c-:tenant-1/offers', allowed: those('supervisor', 'quality', 'admin'), stranger: 404 },
  'GET /api/v1/calls/{callId}/sip-trace': { url: '/api/v1/calls/c-:tenant-1/sip-trace', allowed: leaders, stranger: 404 },
  'GET /api/v1/recordings/{recordingId}': { url: '/api/v1/recordings/c-:tenant-1.r1', allowed: callReaders, stranger: 404 },
  'GET /api/v1/recordings/{recordingId}/audio': {
    url: '/api/v1/recordings/c-:tenant-1.r1/audio',
    allowed: hearers,
    stranger: 404,
  },
  'POST /api/v1/recordings/{recordingId}/tickets': {
    url: '/api/v1/recordings/c-:tenant-1.r1/tickets',
    allowed: hearers,
    stranger: 404,
  },
  'POST /api/v1/calls/{callId}/recording/tickets': {
    url: '/api/v1/calls/c-:tenant-1/recording/tickets',
    allowed: hearers,
    stranger: 404,
  },
  'GET /api/v1/recordings/{recordingId}/peaks': {
    url: '/api/v1/recordings/c-:tenant-1.r1/peaks',
    allowed: hearers,
    stranger: 404,
  },
  'GET /api/v1/calls/{callId}/recordings': { url: '/api/v1/calls/c-:tenant-1/recordings', allowed: callReaders, stranger: 'own' },
  'PUT /api/v1/recordings/{recordingId}/hold': {
    url: '/api/v1/recordings/c-:tenant-1.r1/hold',
    body: () => ({ hold: true, reason: 'a lawsuit' }),
    allowed: admins,
    stranger: 404,
  },
  'PUT /api/v1/calls/{callId}/recordings/hold': {
    url: '/api/v1/calls/c-:tenant-1/recordings/hold',
    body: () => ({ hold: true, reason: 'a lawsuit' }),
    allowed: admins,
    stranger: 404,
  },
  'POST /api/v1/recordings/{recordingId}/erasure': {
    url: '/api/v1/recordings/c-:tenant-1.r1/erasure',
    body: () => ({ reason: 'asked' }),
    allowed: admins,
    stranger: 404,
  },
  'POST /api/v1/customers/{customerId}/recordings/erasure': {
    url: '/api/v1/customers/:tenant-c1/recordings/erasure',
    body: () => ({ reason: 'asked' }),
    allowed: admins,
    stranger: 'own',
  },
  'GET /api/v1/reports/definitions': { url: '/api/v1/reports/definitions', allowed: those('agent', 'lead', 'supervisor', 'planner', 'admin'), stranger: 'own' },
  'GET /api/v1/reports/reconciliation': {
    url: '/api/v1/reports/reconciliation?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z',
    allowed: those('supervisor', 'planner', 'admin'),
    stranger: 'own',
  },
  'GET /api/v1/reports/{by}': {
    url: '/api/v1/reports/agent?interval=15min',
    allowed: those('agent', 'lead', 'supervisor', 'planner', 'admin'),
    stranger: 'own',
  },
  'GET /api/v1/figures/{by}': { url: '/api/v1/figures/queue', allowed: those('supervisor', 'planner', 'admin'), stranger: 'own' },
  'GET /api/v1/recording-rules': { url: '/api/v1/recording-rules', allowed: callReaders, stranger: 'own' },
  'PATCH /api/v1/recording-rules': { url: '/api/v1/recording-rules', body: () => ({ keepDays: 90 }), allowed: admins, stranger: 'own' },
  'PUT /api/v1/calls/{callId}/recording/pause': {
    url: '/api/v1/calls/c-:tenant-live/recording/pause',
    body: () => ({ seconds: 60 }),
    allowed: those('agent', 'lead', 'supervisor'),
    stranger: 404,
  },
  'DELETE /api/v1/calls/{callId}/recording/pause': {
    url: '/api/v1/calls/c-:tenant-live/recording/pause',
    allowed: those('agent', 'lead', 'supervisor'),
    stranger: 404,
  },
  'GET /api/v1/calls/{callId}/recording/peaks': {
    url: '/api/v1/calls/c-:tenant-1/recording/peaks',
    allowed: hearers,
    stranger: 404,
  },
  'POST /api/v1/calls/{callId}/move': {
    url: '/api/v1/calls/c-:tenant-1/move',
    body: () => ({ priority: 9 }),
    allowed: supervisors,
    stranger: 404,
  },
  'POST /api/v1/calls/{callId}/supervision': {
    url: '/api/v1/calls/c-:tenant-1/supervision',
    body: () => ({ mode: 'whisper', phone: '8010' }),
    allowed: those('lead', 'supervisor'),
    stranger: 404,
  },
  'DELETE /api/v1/calls/{callId}/supervision': {
    url: '/api/v1/calls/c-:tenant-1/supervision',
    allowed: those('lead', 'supervisor'),
    stranger: 404,
  },
  'POST /api/v1/messages': { url: '/api/v1/messages', body: () => ({ to: { kind: 'all' }, text: '全体注意' }), allowed: withLeads, stranger: 'own' },
  'GET /api/v1/calls/{callId}/recording': {
    url: '/api/v1/calls/c-:tenant-1/recording',
    allowed: hearers,
    stranger: 404,
  },
};

const open: readonly string[] = [
  'POST /api/v1/sessions',
  'GET /api/v1/sign-in-ways',
  'GET /api/v1/oidc/{tenant}/start',
  'GET /api/v1/oidc/{tenant}/callback',
  'POST /api/v1/oidc/sessions',
];

/** A call of each tenant that is up, with its agent. */
function talkOnce(house: FakeHouse): void {
  const room = createCallRoom();
  for (const tenant of ['demo', 'other'] as const) {
    const callId = asId<CallId>(`c-${tenant}-live`);
    const party = { number: '+8613800001001', raw: '' };
    const ids = { callId, offerId: asId<OfferId>('o1'), agentId: asId<AgentId>(`${tenant}:8001`), queueId: null };
    const arrived = { callId, legId: legIdOf(callId, 0), tenantId: asId<TenantId>(tenant), caller: party, callee: party, trunk: 't', sipCallId: 's' };
    const events: CallEvent[] = [
      { type: 'callArrived', ...arrived },
      { type: 'callOffered', ...ids, legId: legIdOf(callId, 1), record: true, until: house.now },
    ];
    for (const event of events) room.decide(event, house.now);
  }
  house.live = [...room.calls.values()];
}

async function ask(house: FakeHouse, operation: string, tenant: TenantName, token: string | null): Promise<{ status: number; text: string }> {
  const row = rows[operation];
  assert.ok(row, operation);
  const payload = row.sound === true ? Buffer.concat([wavHeader(1, 8000, 16), Buffer.alloc(16)]) : row.body?.(tenant);
  const method = operation.split(' ', 1)[0] as 'GET';
  const headers = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(row.sound === true ? { 'content-type': 'audio/wav' } : {}) };
  const answer = await house.app.inject({ method, url: row.url.replace(':tenant', tenant), headers, ...(payload === undefined ? {} : { payload }) });
  return { status: answer.statusCode, text: answer.body };
}

test('the matrix names every operation of the API, and no other', async () => {
  const { app } = await openFakeHouse();
  const { paths } = JSON.parse((await app.inject('/api/openapi.json')).body) as { paths: Record<string, Record<string, unknown>> };
  const described = Object.entries(paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`));
  assert.deepEqual(described.sort(), [...Object.keys(rows), ...open].sort());
});

/** With every scope there is but these, or with these alone. */
function keyWith(house: FakeHouse, scopes: readonly Action[]): string {
  const token = `hwk_${scopes.length}`;
  const userId = asId<UserId>('demo:key:1a2b3c4d');
  house.keys.set(token, {
    userId,
    tenantId: asId<TenantId>('demo'),
    username: 'key:1a2b3c4d',
    name: 'CRM',
    role: 'key',
    language: 'en',
    agentId: null,
    scopes,
  });
  return token;
}

test('a key may what the scope says that the API’s description names, in its own tenant, and nothing else', async () => {
  const { app } = await openFakeHouse();
  type Described = { security?: Record<string, string[]>[] };
  const { paths } = JSON.parse((await app.inject('/api/openapi.json')).body) as { paths: Record<string, Record<string, Described>> };
  for (const operation of Object.keys(rows)) {
    const [method = '', path = ''] = operation.split(' ');
    const scope = paths[path]?.[method.toLowerCase()]?.security?.find((one) => 'key' in one)?.key?.[0] as Action | undefined;
    const reads = await shared;
    const others = keyWith(
      reads,
      actions.filter((action) => action !== scope),
    );
    assert.equal((await ask(reads, operation, 'demo', others)).status, 403, `${operation} without its scope`);
    if (scope === undefined) continue;
    assert.ok(keyScopes.includes(scope), scope);
    const house = await houseFor(operation);
    const { status } = await ask(house, operation, 'demo', keyWith(house, [scope]));
    assert.ok(status < 300, `${operation} with ${scope}: ${status}`);
    const { stranger } = rows[operation] as Row;
    if (stranger === 'own' && method !== 'GET') continue;
    const strange = await ask(reads, operation, 'other', keyWith(reads, [scope]));
    if (stranger === 'own') assert.ok(strange.status < 300 && !strange.text.includes('other:'), `${operation}: ${strange.status}`);
    else assert.equal(strange.status, stranger, operation);
  }
});

/** Reading changes nothing, and neither does what is refused: they share one house, for a house takes its time to be made. */
const shared = openFakeHouse().then((house) => {
  house.live = liveCalls(
    [
      ['demo', 1, 'demo:8001'],
      ['other', 1, 'other:8001'],
    ],
    house.now,
  );
  return house;
});
const houseFor = (operation: string): Promise<FakeHouse> => (operation.startsWith('GET ') ? shared : freshHouse());

async function freshHouse(): Promise<FakeHouse> {
  const house = await openFakeHouse();
  talkOnce(house);
  return house;
}

/** What leads have of the whole tenant: themselves, and what is no agent's. */
const ofWholeTenant: readonly string[] = [
  ...Object.keys(rows).filter((operation) => operation.includes('/api/v1/me') || operation.includes('/sessions/current')),
  ...['queues', 'queues/{queueId}', 'calendars', 'calendars/{calendarId}', 'alert-rules', 'directory', 'recording-rules', 'reports/definitions'].map(
    (path) => `GET /api/v1/${path}`,
  ),
  ...['customers', 'customers/{customerId}'].map((path) => `GET /api/v1/${path}`),
];

/** By the rules of supervisors' lines, which the fake house has not: test/cti/desks.pure.test.ts. */
const judgedAtTheDesks: readonly string[] = ['POST /api/v1/calls/{callId}/supervision', 'DELETE /api/v1/calls/{callId}/supervision', 'POST /api/v1/messages'];

function strangeLead(house: FakeHouse): string {
  const identity = { username: 'south', name: 'S', role: 'lead', language: 'en', agentId: null, teams: ['south'] } as const;
  house.keys.set('south-lead', { ...identity, userId: asId<UserId>('demo:south'), tenantId: asId<TenantId>('demo'), teams: ['south'] });
  return 'south-lead';
}

for (const [operation, row] of Object.entries(rows)) {
  test(`G7, G8: ${operation}: each role gets what it may and nothing else`, async () => {
    for (const role of roleNames) {
      // Who is refused changes nothing either.
      const house = row.allowed[role] === 'yes' ? await houseFor(operation) : await shared;
      const before = house.audit.length;
      const { status } = await ask(house, operation, 'demo', tokenOf('demo', role));
      if (row.allowed[role] === 'yes') assert.ok(status < 300, `${role}: ${status}`);
      else assert.equal(status, 403, role);
      if (row.allowed[role] === 'no') assert.equal(house.audit.length, before, 'a refused request leaves no trace of a change');
      assert.ok(
        house.audit.every(({ source }) => source !== null && source !== undefined),
        'I6: each entry says from where',
      );
    }
  });

  test(`G7: ${operation}: nobody reaches another tenant's things`, async () => {
    const house = row.stranger === 'own' ? await houseFor(operation) : await shared;
    for (const role of roleNames) {
      const { status, text } = await ask(house, operation, 'demo', tokenOf('other', role));
      if (row.allowed[role] === 'no') assert.equal(status, 403, role);
      else if (row.stranger === 'own') assert.ok(status < 300, `${role}: ${status}`);
      else assert.equal(status, row.stranger, role);
      if (row.stranger === 'own') assert.ok(!text.includes('demo:') && !text.includes('c-demo'), `${role}: ${text}`);
      assert.ok(!house.configured.some((change) => change.tenantId === tenants[0]));
    }
  });

  if (row.allowed.lead === 'yes' && !judgedAtTheDesks.includes(operation))
    test(`G7: ${operation}: the lead of another team reaches nothing of this one’s`, async () => {
      const house = ofWholeTenant.includes(operation) ? await houseFor(operation) : await shared;
      const before = house.audit.length;
      const { status, text } = await ask(house, operation, 'demo', strangeLead(house));
      if (ofWholeTenant.includes(operation)) assert.ok(status < 300, `${status}`);
      else if (status < 300) assert.ok(operation.startsWith('GET ') && !text.includes('demo:8001') && !text.includes('c-demo'), `${status} ${text}`);
      else assert.ok((status === 404 || status === 403) && house.audit.length === before, `${status}`);
    });

  test(`${operation}: without a token, or with a made-up one, is 401`, async () => {
    const house = await shared;
    for (const token of [null, 'made-up']) assert.equal((await ask(house, operation, 'demo', token)).status, 401);
  });
}

test('G7: an agent sees the calls she had: a colleague’s call and its recording do not exist for her', async () => {
  const { app } = await openFakeHouse();
  const headers = { authorization: `Bearer ${tokenOf('demo', 'agent')}` };
  assert.equal((await app.inject({ url: '/api/v1/calls/c-demo-2', headers })).statusCode, 404);
  assert.equal((await app.inject({ url: '/api/v1/calls/c-demo-2/recording', headers })).statusCode, 404);
  assert.equal((await app.inject({ url: '/api/v1/calls?agentId=demo:8002', headers })).statusCode, 403);
  const { items } = (await app.inject({ url: '/api/v1/calls', headers })).json() as { items: { callId: string }[] };
  assert.deepEqual(
    items.map((item) => item.callId),
    ['c-demo-3', 'c-demo-1'],
  );
});

test('a supervisor deals out queues and skills, but names are the admin’s to change', async () => {
  const { app } = await openFakeHouse();
  const change = async (role: Role, payload: object) =>
    (await app.inject({ method: 'PATCH', url: '/api/v1/agents/demo:8001', headers: { authorization: `Bearer ${tokenOf('demo', role)}` }, payload })).statusCode;
  assert.equal(await change('supervisor', { queues: [] }), 200);
  assert.equal(await change('supervisor', { name: 'X' }), 403);
  assert.equal(await change('admin', { name: 'X' }), 200);
});

test('G11: signing out voids the token at once', async () => {
  const { app } = await openFakeHouse();
  const headers = { authorization: `Bearer ${tokenOf('demo', 'admin')}` };
  assert.equal((await app.inject({ method: 'DELETE', url: '/api/v1/sessions/current', headers })).statusCode, 204);
  assert.equal((await app.inject({ url: '/api/v1/me', headers })).statusCode, 401);
});
