/** What is personal is masked by role: canaries in everything that can hold any are seen by whom the table lets see them, and by nobody else before a reveal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { type AgentId, asId, type CallId, type CustomerId, legIdOf, type OfferId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { PERSONAL } from '../../kernel/mask.ts';
import type { ApiPorts } from '../../src/api/ports.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import type { CallEvent, CustomerCard } from '../../src/call/event.ts';
import { asyncApiDocument } from '../../src/cti/asyncapi.ts';
import { floorChanged, floorSnapshot } from '../../src/cti/floor/messages.ts';
import type { Ticket } from '../../src/store/ticket-work.ts';
import { actions, type PersonRole } from '../../src/users/user.ts';
import { type FakeHouse, openFakeHouse, tokenOf } from './fake-house.ts';
import { ask, rows } from './operations.ts';

const NUMBER = '13912345678';
const NAME = '金丝雀先生';
const WORD = 'canary-attached';
const canaries = [NUMBER, NAME, WORD];
const text = `he is ${NAME}, ${NUMBER}, ${WORD}`;
const demo = asId<TenantId>('demo');
const HER = asId<AgentId>('demo:8001');
const COLLEAGUE = asId<AgentId>('demo:8002');

const card: CustomerCard = {
  ...{ customerId: asId<CustomerId>('demo-c1'), name: NAME, number: `+86${NUMBER}`, tier: 'gold', language: 'zh', specialNeeds: [] },
  openTickets: [{ ticketId: 't1', title: text, status: 'open', openedAt: '2026-03-01T08:00:00Z' }],
  recentContacts: [{ callId: 'c-demo-9', at: '2026-02-01T08:00:00Z', queue: null, agent: 'demo:8001', summary: text }],
};

const SIP = [
  `INVITE sip:+86${NUMBER}@192.0.2.7 SIP/2.0`,
  'Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1234567890',
  `From: "${NAME}" <sip:${NUMBER}@192.0.2.7>;tag=9876543`,
  `To: ${NAME} <tel:+86${NUMBER}>`,
  `P-Asserted-Identity: <sip:+86${NUMBER}@carrier.example>`,
  `Identity: ${WORD};info=<https://cert.example>`,
  `User-to-User: ${WORD}`,
  'CSeq: 1 INVITE',
  '',
  'c=IN IP4 192.0.2.7',
  `s=${NUMBER}`,
].join('\r\n');

const ports = (): Partial<ApiPorts> => ({
  customers: {
    byNumber: async (tenantId) => (tenantId === demo ? card : null),
    byId: async (tenantId, customerId) => (tenantId === demo && customerId === 'demo-c1' ? card : null),
  },
  sipTrace: async () => [{ at: '2026-03-01T08:00:00.000Z', direction: 'in', peer: 'udp/192.0.2.7:5060', callId: 'sip-1', text: SIP }],
  interactionRecords: {
    list: async () => ({ items: [interactionRecord], nextCursor: null }),
    get: async (_tenantId, id) => (id === 'i-demo-9' ? interactionRecord : null),
  },
});
const interactionRecord: Awaited<ReturnType<ApiPorts['interactionRecords']['list']>>['items'][number] = {
  ...{ callId: asId<CallId>('i-demo-9'), tenantId: demo, channel: 'chat', queueId: asId('demo:service'), agentId: COLLEAGUE, externalId: null },
  ...{
    from: text,
    data: { card: WORD, phone: NUMBER },
    priority: 0,
    arrivedAt: 0,
    offeredAt: null,
    assignedAt: null,
    endedAt: 1,
    end: 'done',
    disposition: null,
  },
  ...{ waitMs: 0, activeMs: 0, wrapUpMs: 0, queues: [], offers: [], agents: [], revision: 1 },
};

/** c-demo-1 and -3 were 8001's (team north), c-demo-2 a colleague's of no team; c-demo-live is up, at 8001's desk. */
async function openPlanted(): Promise<FakeHouse> {
  const house = await openFakeHouse(ports);
  for (const [callId, detail] of house.details) {
    if (!callId.startsWith('c-demo')) continue;
    const isOut = callId === 'c-demo-3';
    const [caller, callee] = isOut ? ['8001', `+86${NUMBER}`] : [`+86${NUMBER}`, '7000'];
    detail.call = { ...detail.call, caller, callee, notes: text, data: { account: WORD, contact: NUMBER }, direction: isOut ? 'outbound' : 'inbound' };
    detail.legs = [
      {
        ...{ legId: `${callId}.l1`, role: 'agent', agentId: HER, target: `+86${NUMBER}`, startedAt: 0, answeredAt: null, endedAt: 1, holdMs: 0 },
        ...{ cause: 'normal', endedBy: 'far_end', sipStatus: null, q850: null, audio: null, asked: null },
      },
    ];
  }
  house.callbacks = house.callbacks.map((one) => (one.tenantId === demo ? { ...one, number: `+86${NUMBER}`, note: text } : one));
  house.interactions = house.interactions.map((one) => (one.tenantId === demo ? { ...one, from: NUMBER, data: { name: NAME, said: text } } : one));
  house.live = liveTalk(house.now);
  const tickets = house.ports.tickets;
  const planted = <T extends Ticket | null>(ticket: T): T =>
    ticket === null ? ticket : { ...ticket, title: text, number: `+86${NUMBER}`, notes: [{ at: '', by: 'demo:supervisor', text }] };
  house.ports.tickets = {
    ...tickets,
    list: async (...asked) => ({ items: (await tickets.list(...asked)).items.map(planted), nextCursor: null }),
    change: async (...asked) => planted(await tickets.change(...asked)),
  };
  house.ports.webhooks.deliveries = async () => [
    {
      ...{ deliveryId: 1, key: 'k', type: 'call.ended', state: 'delivered', attempts: 1, createdAt: 0, nextAt: 0, endedAt: 0, status: 200, error: null },
      body: { data: { caller: NUMBER, notes: text } },
    },
  ];
  const { tenantId, userId } = { tenantId: demo, userId: asId<UserId>('demo:supervisor') };
  const before = { number: `+86${NUMBER}`, note: text };
  house.audit.push({ tenantId, userId, source: 'cli', action: 'callback.cancel', resource: 'callback/x', before, after: { reason: `rang ${NUMBER}` } });
  return house;
}

function liveTalk(now: number) {
  const room = createCallRoom();
  const callId = asId<CallId>('c-demo-live');
  const party = { number: `+86${NUMBER}`, raw: '', name: NAME };
  const arrived = { callId, legId: legIdOf(callId, 0), tenantId: demo, caller: party, callee: { number: '7000', raw: '' }, trunk: 't', sipCallId: 's' };
  const ids = { callId, offerId: asId<OfferId>('o1'), agentId: HER, queueId: null };
  const events: CallEvent[] = [
    { type: 'callArrived', ...arrived },
    { type: 'customerFound', callId, customer: { ...card, customerId: asId('demo-c2') }, authLevel: 1 },
    { type: 'callOffered', ...ids, legId: legIdOf(callId, 1), record: true, until: now },
    { type: 'dataSet', callId, data: { account: WORD, contact: NUMBER }, by: 'flow' },
  ];
  for (const event of events) room.decide(event, now);
  return [...room.calls.values()];
}

const sings = (answer: string): boolean => canaries.some((canary) => answer.includes(canary));
const isMarked = (schema: unknown): boolean => JSON.stringify(schema).includes(`"${PERSONAL}"`);

interface Described {
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
async function described(): Promise<Map<string, object[]>> {
  const { app } = await openFakeHouse();
  const { paths } = JSON.parse((await app.inject('/api/openapi.json')).body) as { paths: Record<string, Record<string, Described>> };
  const all = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { responses }]): [string, object[]] => {
      const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      return [`${method.toUpperCase()} ${path}`, answers.flatMap(([, { content = {} }]) => Object.values(content).map(({ schema }) => schema))];
    }),
  );
  return new Map(all);
}

/** Reading first: what changes things comes last, and what ends the session at the very end. */
const inOrder = Object.keys(rows).sort((a, b) => Number(!a.startsWith('GET ')) - Number(!b.startsWith('GET ')));
const everyOperation = [...inOrder.filter((operation) => !operation.includes('sessions/current')), 'DELETE /api/v1/sessions/current'];

test('I3: everything that shows a canary to who may see it is marked in the API’s description, and everything marked shows one', async () => {
  const answers = await described();
  const house = await openPlanted();
  const identity = {
    userId: asId<UserId>('demo:key:1a2b3c4d'),
    tenantId: demo,
    username: 'key',
    name: 'CRM',
    role: 'key',
    language: 'en',
    agentId: null,
  } as const;
  house.keys.set('all', { ...identity, scopes: actions });
  const seen = new Set<string>();
  for (const token of ['all', tokenOf('demo', 'supervisor'), tokenOf('demo', 'agent')])
    for (const operation of everyOperation) if (sings((await ask(house, operation, 'demo', token)).text)) seen.add(operation);
  const marked = [...answers].filter(([, schemas]) => schemas.some(isMarked)).map(([operation]) => operation);
  assert.deepEqual([...seen].sort(), [...marked, 'POST /api/v1/reveals'].sort());
});

for (const role of ['lead', 'quality', 'planner', 'admin', 'auditor'] as const)
  test(`I3: no answer to a ${role} holds a canary, whatever she asks for; what is left of them she sees`, async () => {
    const house = await openPlanted();
    let shown = '';
    for (const operation of everyOperation) {
      if (rows[operation]?.allowed[role] !== 'yes' || operation === 'POST /api/v1/reveals') continue;
      const { status, text: answer } = await ask(house, operation, 'demo', tokenOf('demo', role));
      assert.ok(!sings(answer), `${operation} (${status}): ${answer}`);
      shown += answer;
    }
    if (role !== 'planner') assert.ok(shown.includes('139****5678'), 'it was there');
    if (role === 'admin') assert.ok(shown.includes('z9hG4bK1234567890') && shown.includes('tag=9876543'), 'what a trace is read for is left');
  });

test('an agent sees her own callers and whom she serves; another’s card masked', async () => {
  const house = await openPlanted();
  const get = async (url: string) => (await house.app.inject({ url, headers: { authorization: `Bearer ${tokenOf('demo', 'agent')}` } })).body;
  for (const url of ['/api/v1/calls', '/api/v1/calls/c-demo-1', '/api/v1/calls/live', '/api/v1/callbacks', '/api/v1/interactions'])
    assert.ok(sings(await get(url)), url);
  const masked = await get('/api/v1/customers/demo-c1');
  assert.ok(!sings(masked) && masked.includes('金**'), masked);
  const [call] = house.live;
  if (call !== undefined) call.customer = card;
  assert.ok(sings(await get('/api/v1/customers/demo-c1')), 'she has her on the line');
});

test('a hotline’s own numbers are nobody’s, and an extension is short', async () => {
  const house = await openPlanted();
  const get = async (callId: string) =>
    (await house.app.inject({ url: `/api/v1/calls/${callId}`, headers: { authorization: `Bearer ${tokenOf('demo', 'quality')}` } })).json() as object;
  const ours = '4008001234';
  const directory = house.ports.directory;
  const tenants = directory.tenants().map((tenant) => ({ ...tenant, numbers: [...tenant.numbers, ours] }));
  house.ports.directory = { ...directory, tenants: () => tenants };
  const detail = house.details.get('c-demo-1');
  if (detail !== undefined) detail.call = { ...detail.call, callee: `+86${ours}` };
  has(await get('c-demo-1'), {
    caller: '139****5678',
    callee: `+86${ours}`,
    notes: '****',
    data: { account: '****', contact: '****' },
  });
  has(await get('c-demo-3'), { caller: '8001', callee: '139****5678' });
});

/** Has these, and perhaps more. */
function has(actual: object | undefined, expected: object): void {
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, (actual as Record<string, unknown>)[name]])), expected);
}

async function reveal(house: FakeHouse, role: PersonRole | 'south', body: object, headers: Record<string, string> = {}) {
  const token = role === 'south' ? 'south' : tokenOf('demo', role);
  const answer = await house.app.inject({ method: 'POST', url: '/api/v1/reveals', headers: { authorization: `Bearer ${token}`, ...headers }, payload: body });
  return { status: answer.statusCode, headers: answer.headers, ...(answer.json() as { values?: Record<string, string> }) };
}
const why = { reason: 'complaint 4711' };

test('I3: a reveal shows one thing in clear, for a reason, and is in the trail: who, from where, what, why, and no value', async () => {
  const house = await openPlanted();
  const before = house.audit.length;
  const { values, headers } = await reveal(house, 'quality', { kind: 'call', id: 'c-demo-1', ...why });
  assert.deepEqual(values, {
    caller: `+86${NUMBER}`,
    callee: '7000',
    notes: text,
    'data.account': WORD,
    'data.contact': NUMBER,
    'legs.0.target': `+86${NUMBER}`,
  });
  assert.equal(headers['cache-control'], 'no-store');
  const [entry, ...more] = house.audit.slice(before);
  assert.deepEqual(more, []);
  const fields = ['caller', 'callee', 'notes', 'data.account', 'data.contact', 'legs.0.target'];
  has(entry, {
    userId: 'demo:quality',
    source: '127.0.0.1',
    action: 'personal.reveal',
    resource: 'call/c-demo-1',
    after: { ...why, fields },
  });
  const trail = await house.app.inject({ url: '/api/v1/audit?action=personal', headers: { authorization: `Bearer ${tokenOf('demo', 'auditor')}` } });
  assert.ok(trail.body.includes(why.reason) && !sings(trail.body), trail.body);
});

test('every kind can be revealed, a call that is up too', async () => {
  const house = await openPlanted();
  const of = async (role: PersonRole, kind: string, id: string) => (await reveal(house, role, { kind, id, ...why })).values;
  has(await of('quality', 'call', 'c-demo-live'), { caller: `+86${NUMBER}`, customerName: NAME, 'data.account': WORD });
  has(await of('quality', 'customer', 'demo-c1'), { name: NAME, number: `+86${NUMBER}`, 'recentContacts.0.summary': text });
  has(await of('quality', 'interaction', 'i-demo-1'), { from: NUMBER, 'data.name': NAME });
  has(await of('admin', 'callback', 'c-demo-1-b'), { number: `+86${NUMBER}`, note: text });
});

test('a lead has revealed what is her teams’, and nobody what she may not read', async () => {
  const house = await openPlanted();
  const identity = { userId: asId<UserId>('demo:south'), tenantId: demo, username: 'south', name: 'S', role: 'lead', language: 'en', agentId: null } as const;
  house.keys.set('south', { ...identity, teams: ['south'] });
  const status = async (role: PersonRole | 'south', kind: string, id: string, reason = why.reason) => (await reveal(house, role, { kind, id, reason })).status;
  const before = house.audit.length;
  assert.equal(await status('south', 'call', 'c-demo-1'), 404, 'another team’s');
  assert.equal(await status('south', 'customer', 'demo-c1'), 403, 'whom another team was in touch with');
  assert.equal(await status('lead', 'call', 'c-demo-2'), 404, 'of no team');
  assert.equal(await status('quality', 'callback', 'c-demo-1-b'), 403, 'she reads no callbacks');
  assert.equal(await status('agent', 'customer', 'demo-c1'), 200, 'she was in touch with her lately');
  assert.equal(await status('quality', 'call', 'c-other-1'), 404);
  assert.equal(await status('quality', 'call', 'c-demo-1', ' a '), 400, 'no reason');
  assert.equal(house.audit.length, before + 1);
  assert.equal(await status('lead', 'call', 'c-demo-1'), 200);
  assert.equal(await status('lead', 'customer', 'demo-c1'), 200);
});

test('a reveal is never answered from memory: with the same Idempotency-Key it is in the trail twice', async () => {
  const house = await openPlanted();
  const before = house.audit.length;
  for (let nth = 0; nth < 2; nth += 1) {
    const { headers } = await reveal(house, 'quality', { kind: 'call', id: 'c-demo-1', ...why }, { 'idempotency-key': 'k1' });
    assert.equal(headers['idempotency-replayed'], undefined);
  }
  assert.equal(house.audit.length, before + 2);
});

test('sixty reveals in ten minutes and no more, each user for herself; what is refused is not in the trail', async () => {
  const house = await openPlanted();
  const one = { kind: 'call', id: 'c-demo-1', ...why };
  for (let nth = 0; nth < 60; nth += 1) assert.equal((await reveal(house, 'quality', one)).status, 200);
  const before = house.audit.length;
  assert.equal((await reveal(house, 'quality', one)).status, 429);
  assert.equal(house.audit.length, before);
  assert.equal((await reveal(house, 'lead', one)).status, 200);
  house.now += 600_000;
  assert.equal((await reveal(house, 'quality', one)).status, 200);
});

test('what cannot be written to the trail is not revealed', async () => {
  const house = await openPlanted();
  house.ports.audit.write = () => Promise.reject(new Error('away'));
  const { status, values } = await reveal(house, 'quality', { kind: 'call', id: 'c-demo-1', ...why });
  assert.deepEqual([status, values], [500, undefined]);
});

test('a search by a whole number is in the trail once, masked; by its last four digits it is free, and so is an agent’s among her own', async () => {
  const house = await openPlanted();
  const search = async (role: PersonRole, url: string) => {
    const before = house.audit.length;
    const { statusCode } = await house.app.inject({ url: `/api/v1/${url}`, headers: { authorization: `Bearer ${tokenOf('demo', role)}` } });
    return [statusCode, house.audit.slice(before).map(({ action, resource, after }) => [action, resource, after])];
  };
  const told = (resource: string, after: object) => [200, [['personal.search', resource, after]]];
  assert.deepEqual(await search('quality', `calls?caller=%2B86${NUMBER}`), told('calls', { caller: '139****5678' }));
  assert.deepEqual(await search('quality', `calls?caller=%2B86${NUMBER}&cursor=c-demo-2`), [200, []], 'the next page of the same');
  assert.deepEqual(await search('quality', `calls?callee=${NUMBER}`), told('calls', { callee: '139****5678' }));
  assert.deepEqual(await search('lead', `calls?caller=${NUMBER}`), told('calls', { caller: '139****5678' }));
  assert.deepEqual(await search('lead', `customers?number=139%201234%205678`), told('customer', { number: '139****5678' }));
  assert.deepEqual(await search('agent', `customers?number=${NUMBER}`), told('customer', { number: '139****5678' }));
  assert.deepEqual(await search('quality', 'calls?callerEnds=5678'), [200, []]);
  assert.deepEqual(await search('quality', 'calls?callerEnds=45678'), [400, []], 'four digits and no more');
  const found = async (role: PersonRole) => (await search(role, 'calls?data=orderId%3D4711'))[0];
  assert.deepEqual(await Promise.all((['quality', 'lead', 'admin', 'agent', 'supervisor'] as const).map(found)), [403, 403, 403, 200, 200], 'what is attached');
  assert.deepEqual(await search('quality', 'calls?callee=10086'), [200, []], 'nobody’s');
  assert.deepEqual(await search('agent', `calls?caller=${NUMBER}`), [200, []], 'hers alone');
  assert.deepEqual(await search('supervisor', `calls?caller=${NUMBER}`), [200, []], 'who sees them all');
  house.now += 600_000;
  assert.deepEqual(await search('quality', `calls?caller=%2B86${NUMBER}`), told('calls', { caller: '139****5678' }), 'ten minutes later it is another');
});

test('a key searches by whole numbers where it may see them', async () => {
  const house = await openPlanted();
  const identity = { userId: asId<UserId>('demo:key:1'), tenantId: demo, username: 'key', name: 'CRM', role: 'key', language: 'en', agentId: null } as const;
  house.keys.set('blind', { ...identity, scopes: ['customer.read'] });
  house.keys.set('seeing', { ...identity, scopes: ['customer.read', 'personal.read'] });
  const status = async (token: string) =>
    (await house.app.inject({ url: `/api/v1/customers?number=${NUMBER}`, headers: { authorization: `Bearer ${token}` } })).statusCode;
  assert.deepEqual([await status('blind'), await status('seeing')], [403, 200]);
});

/** Fields of answers whose name says that they are about nobody who calls. */
const plain =
  `accessNetwork action agent agentAnsweredAt agentId agents also announcedAt answeredAt areaCode arrivedAt askedAt assignedAt assignedTo at awaited basis begunAt bookedBy bound
  calendar calendarId callId callbackId cause changedAt channel closedAt closedBy closedFlow codec createdAt createdBy customerId date deliveryId dialplanFlow domain drop dropPreferred dueAt en
  end endedAt endedBy enteredAt entersNow erased erasedAt erasureId exit expiresAt failed flow formula hash held id idleSince inbound interactionId interruptibleBy is ivrPath
  keyId language lastUsedAt lastUsedFrom leaveAt leftAt legId lookAt music needs nextAt nextCursor node notAfter now offerId offeredAt oldSecretUntil oldestAt oldestSince
  openCountries openedAt outSince password pausedUntil phone placedAt prefix prompt provedAt publishedAt publishedBy qr queue queueId queuedAt queues realm recordingId
  recoveryCodes registeredUntil revokedAt role scheduleId scopes secret sentAt since sipDomains site skill start startedAt state stateUntil staticContact status step team teams tenant
  tenantId ticketId tier timeZone token trialId trunkId type until userAgent userId version webhookId wrapUpUntil zh`.split(/\s+/);
/** Fields whose name says nothing of the kind: of which part of the API they are about staff, configuration or machines. */
const about: Record<string, string[]> = {
  '': ['reports'],
  '?': ['dialplans'],
  account: ['outside-alarms', 'outside-blocks'],
  address: ['agents', 'outside-alarms', 'outside-rules', 'phone-passes'],
  after: ['agents'],
  before: ['agents'],
  by: ['calls', 'offers', 'tickets'],
  called: ['trunks'],
  callers: ['trunks'],
  contact: ['phones'],
  description: ['numbers'],
  detail: ['system'],
  display: ['queues'],
  displayNumbers: ['trunks'],
  disposition: ['calls', 'interactions'],
  eraseReason: ['calls', 'recordings'],
  error: ['report-schedules', 'webhooks'],
  externalId: ['interactions'],
  file: ['dialplans'],
  files: ['dialplans'],
  from: ['calendars', 'figures', 'outside-rules', 'queues', 'report-schedules', 'reports'],
  key: ['figures', 'reports'],
  message: ['dialplans', 'queues'],
  messages: ['queues'],
  name: 'agents api-keys calendars directory figures me oidc phones prompts queues report-schedules reports sessions supervisions system tenant trunks users webhooks'.split(
    ' ',
  ),
  note: ['agents', 'dialplans'],
  number: ['agents', 'directory', 'numbers', 'outside-alarms', 'phones', 'queues'],
  numbers: ['tenant'],
  of: ['callbacks'],
  outboundNumbers: ['tenant'],
  peer: ['calls'],
  reason: ['calls', 'customers', 'erasures', 'interactions', 'recordings', 'tickets'],
  recipients: ['report-schedules'],
  region: ['customers'],
  resource: ['audit'],
  source: ['audit', 'phones'],
  text: ['prompts'],
  to: ['calendars', 'figures', 'outside-rules', 'queues', 'report-schedules', 'reports'],
  uri: ['me', 'trunks'],
  url: ['calls', 'recordings', 'webhooks'],
  username: ['me', 'oidc', 'phone-passes', 'sessions', 'trunks', 'users'],
  value: ['agents', 'queues'],
  // In clear: that is what it is for.
  values: ['reveals'],
  verifiedNumbers: ['trunks'],
  what: ['reports'],
  why: ['calls'],
  result: ['tickets'],
};

interface Schema {
  type?: string | string[];
  enum?: unknown;
  const?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  [PERSONAL]?: string;
}

/** Names of what may hold any text, and is not marked; with a `?` of what may hold anything. */
function* unmarked(schema: Schema, name: string): Iterable<string> {
  if (schema[PERSONAL] !== undefined) return;
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  for (const choice of choices) yield* unmarked(choice, name);
  for (const [part, its] of Object.entries(schema.properties ?? {})) yield* unmarked(its, part);
  if (schema.items !== undefined) yield* unmarked(schema.items, name);
  if (typeof schema.additionalProperties === 'object') yield* unmarked(schema.additionalProperties, name);
  if (schema.enum !== undefined || schema.const !== undefined) return;
  if ([schema.type].flat().includes('string')) yield name;
  if (schema.type === undefined && choices.length === 0) yield `${name}?`;
}

test('no field of an answer is forgotten: each that may hold a text is marked, or is named here as about nobody who calls', async () => {
  const forgotten = new Set<string>();
  const used = new Set<string>();
  for (const [operation, schemas] of await described()) {
    const part = operation.split('/')[3] ?? '';
    for (const name of schemas.flatMap((schema) => [...unmarked(schema, '')])) {
      used.add(name in about ? `${name} ${part}` : name);
      if (!plain.includes(name) && about[name]?.includes(part) !== true) forgotten.add(`${operation}: ${name}`);
    }
  }
  assert.deepEqual([...forgotten], []);
  const named = [...plain, ...Object.entries(about).flatMap(([name, parts]) => parts.map((part) => `${name} ${part}`))];
  assert.deepEqual(
    named.filter((name) => !used.has(name)),
    [],
    'named here, and no field any more',
  );
});

test('walls are told of staff, queues and trunks, and of no caller: no part of the floor’s topic is marked, or has a name that is not known', () => {
  const ofFloor = ['name', 'number', 'reasons', 'by', 'acknowledged', 'variant', 'activity', 'epoch', 'alertId', 'gone'];
  for (const schema of [floorSnapshot, floorChanged]) {
    const json = z.toJSONSchema(schema) as Schema;
    assert.ok(!isMarked(json));
    assert.deepEqual(
      [...new Set(unmarked(json, ''))].filter((name) => !plain.includes(name) && !ofFloor.includes(name) && name !== 'ts'),
      [],
    );
  }
  assert.ok(isMarked(asyncApiDocument('1')), 'desks are told of callers, each agent of hers');
});
