/** Every operation of the API with a request that works, and who may. */
import assert from 'node:assert/strict';
import { wavHeader } from '../../kernel/wav.ts';
import type { Action, PersonRole as Role } from '../../src/users/user.ts';
import { type FakeHouse, roleNames, type TenantName } from './fake-house.ts';

type Verdict = 'yes' | 'no';
export interface Row {
  /** A request that works for who may; `:tenant` stands for the tenant whose things are asked for. */
  url: string;
  body?: (tenant: TenantName) => object;
  /** Its body is a sound, not JSON. */
  sound?: true;
  allowed: Record<Role, Verdict>;
  /** What somebody of another tenant gets: her own tenant's answer, or nothing. */
  stranger: 'own' | 404 | 400;
  /** Besides the scope that its description names, for the request above. */
  keyNeeds?: Action;
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
const planners = those('supervisor', 'planner', 'admin');
const bookReaders = those('admin', 'auditor');
const supervisors = those('supervisor');
const admins = those('admin');
const newUser = { username: 'new', name: 'New', role: 'agent', password: 'long enough' };

export const rows: Record<string, Row> = {
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
  'GET /api/v1/customers': { url: '/api/v1/customers?number=13800001001', allowed: callReaders, stranger: 'own', keyNeeds: 'personal.read' },
  'POST /api/v1/reveals': {
    url: '/api/v1/reveals',
    body: (tenant) => ({ kind: 'call', id: `c-${tenant}-1`, reason: 'a complaint' }),
    allowed: callReaders,
    stranger: 404,
  },
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
  'GET /api/v1/report-schedules': { url: '/api/v1/report-schedules', allowed: planners, stranger: 'own' },
  'POST /api/v1/report-schedules': {
    url: '/api/v1/report-schedules',
    body: () => ({
      ...{ name: 'Daily', by: 'queue', interval: 'hour', period: 'day', at: '07:00', timeZone: 'Asia/Shanghai' },
      ...{ format: 'xlsx', language: 'zh', recipients: ['floor@example.com'] },
    }),
    allowed: planners,
    stranger: 'own',
  },
  'PATCH /api/v1/report-schedules/{scheduleId}': {
    url: '/api/v1/report-schedules/:tenant:daily',
    body: () => ({ enabled: false }),
    allowed: planners,
    stranger: 404,
  },
  'DELETE /api/v1/report-schedules/{scheduleId}': { url: '/api/v1/report-schedules/:tenant:daily', allowed: planners, stranger: 404 },
  'POST /api/v1/report-schedules/{scheduleId}/send': { url: '/api/v1/report-schedules/:tenant:daily/send', allowed: planners, stranger: 404 },
  'GET /api/v1/report-schedules/{scheduleId}/deliveries': { url: '/api/v1/report-schedules/:tenant:daily/deliveries', allowed: planners, stranger: 404 },
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
  'PUT /api/v1/calls/{callId}/hold': {
    url: '/api/v1/calls/c-:tenant-1/hold',
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
  'POST /api/v1/customers/{customerId}/erasure': {
    url: '/api/v1/customers/:tenant-c1/erasure',
    body: () => ({ reason: 'asked' }),
    allowed: admins,
    stranger: 404,
  },
  'POST /api/v1/erasures': { url: '/api/v1/erasures', body: () => ({ number: '+8613800001001', reason: 'asked' }), allowed: admins, stranger: 'own' },
  'GET /api/v1/erasures': { url: '/api/v1/erasures', allowed: those('admin', 'auditor'), stranger: 'own' },
  'GET /api/v1/tickets': { url: '/api/v1/tickets', allowed: those('lead', 'supervisor', 'quality', 'admin'), stranger: 'own' },
  'PATCH /api/v1/tickets/{ticketId}': { url: '/api/v1/tickets/survey-c-:tenant-1', body: () => ({ note: 'called' }), allowed: withLeads, stranger: 404 },
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
  'GET /api/v1/reports/resolution/{by}': {
    url: '/api/v1/reports/resolution/agent',
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

export const open: readonly string[] = [
  'POST /api/v1/sessions',
  'GET /api/v1/sign-in-ways',
  'GET /api/v1/oidc/{tenant}/start',
  'GET /api/v1/oidc/{tenant}/callback',
  'POST /api/v1/oidc/sessions',
];

export async function ask(house: FakeHouse, operation: string, tenant: TenantName, token: string | null): Promise<{ status: number; text: string }> {
  const row = rows[operation];
  assert.ok(row, operation);
  const payload = row.sound === true ? Buffer.concat([wavHeader(1, 8000, 16), Buffer.alloc(16)]) : row.body?.(tenant);
  const method = operation.split(' ', 1)[0] as 'GET';
  const headers = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(row.sound === true ? { 'content-type': 'audio/wav' } : {}) };
  const answer = await house.app.inject({ method, url: row.url.replace(':tenant', tenant), headers, ...(payload === undefined ? {} : { payload }) });
  return { status: answer.statusCode, text: answer.body };
}
