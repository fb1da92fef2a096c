import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { type AgentId, asId, type CallId, type CustomerId, type QueueId, type TenantId } from '../../kernel/ids.ts';
import { silentLog as log } from '../../kernel/log.ts';
import { createCustomers } from '../../src/customers/customers.ts';
import { changeServicePassword, verifyServicePassword } from '../../src/customers/servicePassword.ts';
import { accountOf, saveAccount } from '../../src/store/accounts.ts';
import { listCustomers, saveCustomer } from '../../src/store/customers.ts';
import { writeRecords } from '../../src/store/records.ts';
import { connectStore, type Store } from '../../src/store/store.ts';
import { saveTenant } from '../../src/store/tenants.ts';
import { saveTicket } from '../../src/store/tickets.ts';
import type { Event } from '../../src/vocabulary.ts';
import { records } from '../cdr/records.ts';
import { openCluster, type TestCluster } from '../store/cluster.ts';
import { Line } from '../store/line.ts';
import { FakeClock } from '../support/clock.ts';
import { until } from '../support/wait.ts';

const demo = asId<TenantId>('demo');
const other = asId<TenantId>('other');
const customerId = asId<CustomerId>('demo:13800001001');
const NUMBER = '+8613800001001';
/** 17 May 2026, ten in the morning in China. */
const MORNING = Date.parse('2026-05-17T02:00:00Z');
const DAY_MS = 86_400_000;

let cluster: TestCluster;
before(async () => {
  cluster = await openCluster();
});
after(() => cluster.close());

async function furnish(store: Store): Promise<Store> {
  for (const tenantId of [demo, other]) await saveTenant(store.db, { tenantId, name: tenantId, numbers: [], sipDomains: [] });
  const person = { name: '金卡客户', number: NUMBER, tier: 'gold', language: 'zh' as const, birthDate: '1988-03-01', specialNeeds: [] };
  await saveCustomer(store.db, { customerId, tenantId: demo, ...person });
  await changeServicePassword(store, { tenantId: demo, customerId, number: NUMBER }, '258369');
  return store;
}

const found = async (store: Store, number: string, tenantId = demo): Promise<Event> => {
  const events: Event[] = [];
  createCustomers({ store, clock: store.clock, log, take: (event) => events.push(event) }).findCustomer({
    type: 'findCustomer',
    callId: asId<CallId>('c-1'),
    tenantId,
    number,
  });
  return until('customerFound', () => events[0]);
};

test('a caller is found by any form of the number, with open tickets and the last five contacts', async () => {
  const store = await furnish(await cluster.store());
  const ticket = { ticketId: 'CS20260517-000123', tenantId: demo, customerId, title: '小区内信号弱', status: '处理中', openedAt: MORNING };
  await saveTicket(store.db, { ...ticket, closedAt: null });
  await saveTicket(store.db, { ...ticket, ticketId: 'CS20260516-000001', closedAt: MORNING });
  const contacts = records(7, MORNING);
  await writeRecords(store.db, contacts);
  // She was not content with one of them: that ticket is for those who see to it, not for a desk.
  const [unhappy] = contacts;
  assert.ok(unhappy);
  const asked = { agentId: asId<AgentId>('demo:8001'), queueId: asId<QueueId>('demo:service'), askedAt: unhappy.endedAt, how: 'hung_up' } as const;
  await writeRecords(store.db, [{ ...unhappy, revision: unhappy.revision + 1, survey: { ...asked, rating: 5, reason: null, end: 'answered' } }]);
  const opened = await store.db.selectFrom('tickets').select('kind').where('call_id', '=', unhappy.callId).execute();
  assert.deepEqual(opened, [{ kind: 'survey' }]);
  for (const number of [NUMBER, '013800001001', '8613800001001', '008613800001001']) {
    const event = await found(store, number);
    assert.equal(event.type, 'customerFound');
    assert.equal(event.type === 'customerFound' && event.authLevel, 1);
    const card = event.type === 'customerFound' ? event.customer : null;
    assert.equal(card?.tier, 'gold');
    assert.deepEqual(card?.openTickets, [{ ticketId: 'CS20260517-000123', title: '小区内信号弱', status: '处理中', openedAt: '2026-05-17T02:00:00.000Z' }]);
    assert.deepEqual(
      card?.recentContacts,
      contacts
        .slice(0, 5)
        .map(({ callId, arrivedAt }) => ({ callId, at: new Date(arrivedAt).toISOString(), queue: 'demo:service', agent: 'demo:8001', summary: 'normal' })),
    );
  }
});

test('a chat she wrote stands among her calls, by whichever form of her number it came', async () => {
  const store = await furnish(await cluster.store());
  await writeRecords(store.db, records(2, MORNING));
  const chat = {
    interaction_id: 'i-1',
    revision: 1,
    tenant_id: demo,
    channel: 'chat',
    external_id: null,
    sender: NUMBER,
    priority: 0,
    queue_id: 'demo:chat',
    outcome: 'done',
  };
  const at = new Date(MORNING + 60_000);
  const rest = {
    data: '{}',
    ended_at: at,
    arrived_at: at,
    agent_id: null,
    disposition: 'handled',
    wait_ms: 0,
    active_ms: 0,
    wrap_up_ms: 0,
    queues: '[]',
    offers: '[]',
    agents: '[]',
  };
  await store.db
    .insertInto('interactions')
    .values({ ...chat, ...rest })
    .execute();
  const event = await found(store, NUMBER);
  const card = event.type === 'customerFound' ? event.customer : null;
  const contact = { callId: 'i-1', channel: 'chat', at: at.toISOString(), queue: 'demo:chat', agent: null, summary: 'handled' };
  assert.deepEqual(card?.recentContacts[0], contact);
  assert.equal(card?.recentContacts.length, 3);
});

test('a stranger, a withheld number and another tenant’s customer are nobody, at level 0', async () => {
  const store = await furnish(await cluster.store());
  const nobody = { type: 'customerFound', callId: 'c-1', customer: null, authLevel: 0 };
  assert.deepEqual(await found(store, '13900000000'), nobody);
  assert.deepEqual(await found(store, ''), nobody);
  assert.deepEqual(await found(store, 'anonymous'), nobody);
  assert.deepEqual(await found(store, NUMBER, other), nobody);
});

test('while Postgres is away a known caller is known, a stranger is nobody, and neither waits', async () => {
  const line = new Line(cluster.server.port);
  const store = await furnish(connectStore({ url: await line.open(await cluster.database('migrated')), clock: systemClock, log, embedded: null }));
  try {
    const events: Event[] = [];
    const customers = createCustomers({ store, clock: systemClock, log, take: (event) => events.push(event) });
    const find = (number: string) => customers.findCustomer({ type: 'findCustomer', callId: asId<CallId>('c-1'), tenantId: demo, number });
    find(NUMBER);
    await until('the first answer', () => events.length === 1);
    line.set('refused');
    const from = performance.now();
    find(NUMBER);
    find('13900000000');
    await until('both answers', () => events.length === 3);
    assert.ok(performance.now() - from < 600, 'within the deadline');
    const names = events.map((event) => event.type === 'customerFound' && event.customer?.name);
    assert.deepEqual([names[0], new Set(names.slice(1))], ['金卡客户', new Set(['金卡客户', undefined])]);
    assert.equal(await customers.verifyServicePassword(demo, customerId, '258369'), 'unavailable');
  } finally {
    await line.close();
    await store.close();
  }
});

test('three wrong passwords in a day lock the account till the next day in China, whoever asks', async () => {
  const clock = new FakeClock(MORNING);
  const url = await cluster.database('migrated');
  const first = await furnish(connectStore({ url, clock, log, embedded: null }));
  const second = connectStore({ url, clock, log, embedded: null });
  try {
    const enter = (digits: string, store = first) => verifyServicePassword(store, demo, customerId, digits);
    assert.equal(await enter('258369'), 'ok');
    assert.equal(await enter('111222'), 'wrong');
    assert.equal(await enter('258369'), 'ok');
    assert.equal(await enter(''), 'no_input');
    assert.equal(await enter('12'), 'wrong');
    assert.equal(await enter('111223'), 'wrong');
    assert.equal(await enter('111224'), 'locked');
    assert.equal(await enter('258369'), 'locked');
    assert.equal(await enter('258369', second), 'locked', 'a restart forgets nothing');
    clock.forward(Date.parse('2026-05-17T15:59:59Z') - clock.now());
    assert.equal(await enter('258369'), 'locked');
    clock.forward(1_000);
    assert.equal(await enter('258369'), 'ok');
  } finally {
    await first.close();
    await second.close();
  }
});

test('ten that guess at the same time get three guesses between them', async () => {
  const store = await furnish(await cluster.store());
  const results = await Promise.all(Array.from({ length: 10 }, (_, n) => verifyServicePassword(store, demo, customerId, `11122${n}`)));
  // On a busy machine some are not answered in the time a call has for them, and then nobody has said whether they were right.
  for (let n = 0; n < 10 && results.at(-1) !== 'locked'; n += 1) results.push(await verifyServicePassword(store, demo, customerId, `33344${n}`));
  assert.equal(results.at(-1), 'locked');
  assert.ok(results.filter((result) => result === 'wrong').length <= 2, results.join(' '));
  assert.ok(!results.includes('ok'), results.join(' '));
});

test('a customer of another tenant, or none, is only ever wrong', async () => {
  const store = await furnish(await cluster.store());
  for (let n = 0; n < 5; n += 1) assert.equal(await verifyServicePassword(store, other, customerId, '258369'), 'wrong');
  assert.equal(await verifyServicePassword(store, demo, asId<CustomerId>('demo:none'), '258369'), 'wrong');
  assert.equal(await verifyServicePassword(store, demo, customerId, '258369'), 'ok', 'and locks nobody');
});

test('a weak service password is refused and the old one holds', async () => {
  const store = await furnish(await cluster.store());
  assert.equal(await changeServicePassword(store, { tenantId: demo, customerId, number: NUMBER }, '123456'), 'run');
  assert.equal(await verifyServicePassword(store, demo, customerId, '258369'), 'ok');
  assert.equal(await changeServicePassword(store, { tenantId: demo, customerId, number: NUMBER }, '741852'), null);
  assert.equal(await verifyServicePassword(store, demo, customerId, '741852'), 'ok');
});

test('an account is told to its own tenant alone', async () => {
  const store = await furnish(await cluster.store());
  const account = {
    ...{ planName: { zh: '全球通88元套餐', en: 'GoTone 88' }, balanceFen: 12_850, monthFeeFen: 8_800, billItems: [{ label: 'bill-voice', fen: 260 }] },
    ...{ dataTotalMb: 30_720, dataUsedMb: 12_595, voiceTotalMin: 500, voiceUsedMin: 212 },
  };
  await saveAccount(store.db, demo, customerId, account);
  assert.deepEqual(await accountOf(store, demo, customerId), account);
  assert.equal(await accountOf(store, other, customerId), null);
});

test('customers are listed by part of a name or number, page by page, and % is a character', async () => {
  const store = await furnish(await cluster.store());
  const idsOf = async (text: string, after: string | null = null) =>
    (await listCustomers(store.db, { tenantId: demo, text }, 1, after)).map((customer) => customer.customerId);
  assert.deepEqual(await idsOf('金卡'), [customerId]);
  assert.deepEqual(await idsOf('1380000'), [customerId]);
  assert.deepEqual(await idsOf('%'), []);
  assert.deepEqual(await idsOf('', customerId), []);
});

test('the clock of a day is China’s, not the server’s', async () => {
  const clock = new FakeClock(Date.parse('2026-05-17T15:30:00Z'));
  const store = connectStore({ url: await cluster.database('migrated'), clock, log, embedded: null });
  try {
    await furnish(store);
    await verifyServicePassword(store, demo, customerId, '111222');
    clock.forward(3_600_000);
    await verifyServicePassword(store, demo, customerId, '111222');
    const rows = await store.db.selectFrom('password_attempts').select(['day', 'wrong']).orderBy('day').execute();
    assert.deepEqual(rows, [
      { day: '2026-05-17', wrong: 1 },
      { day: '2026-05-18', wrong: 1 },
    ]);
    assert.ok(clock.now() < MORNING + DAY_MS);
  } finally {
    await store.close();
  }
});
