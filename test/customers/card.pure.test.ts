import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type CustomerId, type TenantId } from '../../kernel/ids.ts';
import { ageOn, buildCard, dayInChina } from '../../src/customers/card.ts';
import type { CustomerWithHistory } from '../../src/store/customers.ts';

const NOON = Date.parse('2026-05-17T04:00:00Z');
const customer: CustomerWithHistory = {
  customerId: asId<CustomerId>('demo:1'),
  tenantId: asId<TenantId>('demo'),
  name: '金卡客户',
  number: '+8613800001001',
  tier: 'gold',
  language: 'zh',
  birthDate: '1988-01-01',
  specialNeeds: [],
  openTickets: [],
  contacts: [],
  region: null,
  marketingConsent: null,
};

test('a card is a copy of what is known, with the age of today', () => {
  assert.deepEqual(buildCard(customer, NOON), {
    customerId: 'demo:1',
    name: '金卡客户',
    number: '+8613800001001',
    tier: 'gold',
    language: 'zh',
    age: 38,
    specialNeeds: [],
    openTickets: [],
    recentContacts: [],
  });
});

test('what is known beside it is on the card: home, consent, and by which channel she came last', () => {
  const chat = {
    callId: 'i-1',
    channel: 'chat',
    at: '2026-05-17T02:00:00.000Z',
    queue: 'demo:chat',
    agent: null,
    cause: 'done',
    disposition: null,
    notes: null,
  };
  const { region, marketingConsent, recentContacts } = buildCard({ ...customer, region: '广东广州', marketingConsent: 'refused', contacts: [chat] }, NOON);
  const { callId, channel, at, queue, agent } = chat;
  assert.deepEqual([region, marketingConsent, recentContacts], ['广东广州', 'refused', [{ callId, channel, at, queue, agent, summary: 'done' }]]);
});

test('without a birth date there is no age', () => assert.equal('age' in buildCard({ ...customer, birthDate: null }, NOON), false));

test('an elder is one from the 65th birthday on, flagged or not', () => {
  const needsOf = (birthDate: string, specialNeeds: string[] = []) => buildCard({ ...customer, birthDate, specialNeeds }, NOON).specialNeeds;
  assert.deepEqual(needsOf('1961-05-17'), ['elder']);
  assert.deepEqual(needsOf('1961-05-18'), []);
  assert.deepEqual(needsOf('1950-05-18', ['elder', 'vision']), ['vision', 'elder']);
  assert.deepEqual(needsOf('1990-05-18', ['something else']), []);
});

test('a contact is told by its disposition and notes, else by how it ended', () => {
  const contact = {
    callId: 'c-1',
    channel: 'voice',
    at: '2026-05-16T00:00:00.000Z',
    queue: 'demo:service',
    agent: 'demo:8001',
    cause: 'normal',
    disposition: null,
    notes: null,
  };
  const summariesOf = (...contacts: CustomerWithHistory['contacts']) => buildCard({ ...customer, contacts }, NOON).recentContacts.map(({ summary }) => summary);
  assert.deepEqual(
    summariesOf(contact, { ...contact, disposition: '咨询' }, { ...contact, disposition: '咨询', notes: '套餐' }, { ...contact, notes: '长'.repeat(500) }),
    ['normal', '咨询', '咨询: 套餐', '长'.repeat(120)],
  );
});

test('the day turns at midnight in China', () => {
  assert.equal(dayInChina(Date.parse('2026-05-17T15:59:59.999Z')), '2026-05-17');
  assert.equal(dayInChina(Date.parse('2026-05-17T16:00:00.000Z')), '2026-05-18');
});

test('who was born on 29 February is a year older on 1 March', () => {
  assert.equal(ageOn('2000-02-29', '2026-02-28'), 25);
  assert.equal(ageOn('2000-02-29', '2026-03-01'), 26);
  assert.equal(ageOn('2000-02-29', '2028-02-29'), 28);
});
