/** The tenant's settings and its numbers over the API: taken live, audited, refused with what, where and how to mend it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProblemDocument } from '../../src/api/problems.ts';
import { type FakeHouse, openFakeHouse, type TenantName, tokenOf } from './fake-house.ts';

const as = (house: FakeHouse, tenant: TenantName) => {
  const headers = { authorization: `Bearer ${tokenOf(tenant, 'admin')}` };
  return async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) => {
    const answer = await house.app.inject({ method, url: `/api/v1/${path}`, headers, ...(payload === undefined ? {} : { payload }) });
    return { status: answer.statusCode, body: (answer.body === '' ? {} : answer.json()) as Record<string, unknown> & ProblemDocument };
  };
};

test('a number is added with its flows, changed, switched off and taken away; each in the audit trail with before and after', async () => {
  const house = await openFakeHouse();
  const ask = as(house, 'demo');
  const made = await ask('POST', 'numbers', { number: '95588', description: '银行卡背面', flow: 'main' });
  assert.deepEqual([made.status, made.body.entersNow, made.body.open], [201, 'main', null], JSON.stringify(made.body));
  const timed = await ask('PATCH', 'numbers/95588', { hours: { calendar: 'office', closedFlow: 'main' } });
  assert.deepEqual([timed.status, timed.body.open], [200, false], 'the calendar has no opening hours');
  assert.equal((await ask('PATCH', 'numbers/95588', { enabled: false })).body.entersNow, null);
  const { numbers } = (await ask('GET', 'tenant')).body as unknown as { numbers: string[] };
  assert.deepEqual(numbers, ['7000', 'demo-line'], 'one that is off is no number callers reach');
  assert.equal((await ask('DELETE', 'calendars/demo:office')).body.code, 'in_use', 'a calendar that a number goes by stays');
  assert.equal((await ask('DELETE', 'numbers/95588')).status, 204);
  assert.deepEqual(
    house.audit.map(({ action, resource }) => `${action} ${resource}`),
    ['number.create number/95588', 'number.update number/95588', 'number.update number/95588', 'number.remove number/95588'],
  );
  assert.deepEqual(house.audit.at(-1)?.before, {
    ...{ number: '95588', description: '银行卡背面', enabled: false, flow: 'main' },
    hours: { calendar: 'office', closedFlow: 'main' },
  });
});

test('a number has one owner', async () => {
  const house = await openFakeHouse();
  const refused = await as(house, 'other')('POST', 'numbers', { number: '7000', flow: 'main' });
  assert.deepEqual([refused.status, refused.body.code], [409, 'conflict']);
  assert.match(refused.body.detail ?? '', /another tenant’s/);
  assert.equal((await as(house, 'demo')('POST', 'numbers', { number: '7000', flow: 'main' })).body.code, 'conflict');
  assert.equal((await as(house, 'other')('DELETE', 'numbers/7000')).status, 404);
});

test('what is wrong is named by its field, with how to mend it; nothing is written', async () => {
  const house = await openFakeHouse();
  const ask = as(house, 'demo');
  const faults = async (payload: object) => (await ask('POST', 'numbers', payload)).body.errors?.map(({ at, message }) => `${at}: ${message}`).join('\n') ?? '';
  assert.match(await faults({ number: '8001', flow: 'main' }), /^body\.number: 8001 is an agent’s job number/);
  assert.match(await faults({ number: '120', flow: 'main' }), /^body\.number: 120 is for emergencies/);
  assert.match(await faults({ number: '95588', flow: 'mian' }), /^body\.flow: the dialplan in use has no flow "mian".*main/);
  assert.match(
    await faults({ number: '95588', flow: 'main', hours: { calendar: 'nowhere', closedFlow: 'main' } }),
    /^body\.hours\.calendar: there is no calendar "nowhere"/,
  );
  assert.match(await faults({ number: '95588', flow: 'night' }), /^main\.yaml:1:1: it would not stand/, 'the dialplan in use is asked');
  assert.equal((await ask('POST', 'numbers', { number: '95588', flow: 'main', shape: 'round' })).status, 400);
  assert.deepEqual([house.audit, house.configured], [[], []]);
});

test('the tenant’s settings are changed one by one, and are the new usual of what is made later', async () => {
  const house = await openFakeHouse();
  const ask = as(house, 'demo');
  assert.equal((await ask('PATCH', 'tenant', { name: '示范公司', timeZone: 'Asia/Urumqi', language: 'en', outboundNumbers: { default: '7000' } })).status, 200);
  assert.equal((await ask('GET', 'tenant')).body.timeZone, 'Asia/Urumqi');
  assert.equal((await ask('POST', 'calendars', { id: 'west', name: { zh: '西', en: 'West' } })).body.timeZone, 'Asia/Urumqi');
  assert.equal((await ask('POST', 'users', { username: 'li', name: 'Li', role: 'agent', password: 'long enough' })).body.language, 'en');
  assert.equal((await ask('GET', 'figures/queue')).body.timeZone, 'Asia/Urumqi');
  assert.equal((await ask('PATCH', 'numbers/7000', { enabled: false })).body.code, 'in_use', 'those we call see it');
  assert.deepEqual((await as(house, 'other')('GET', 'tenant')).body.timeZone, 'Asia/Shanghai', 'another tenant’s are its own');
  const refused = await ask('PATCH', 'tenant', { outboundNumbers: { sales: '95533' } });
  assert.match(refused.body.errors?.[0]?.message ?? '', /^95533 is not ours to show: give one/);
  assert.equal((await ask('PATCH', 'tenant', { timeZone: 'China/Peking' })).status, 400);
});

test('an agent cannot take a number that callers dial', async () => {
  const ask = as(await openFakeHouse(), 'demo');
  assert.match((await ask('POST', 'agents', { number: '7000', name: 'N' })).body.errors?.[0]?.message ?? '', /callers dial/);
  const { rows } = (await ask('POST', 'agents/import', { rows: [{ number: '7000', name: 'N' }] })).body as unknown as {
    rows: { faults: { code: string }[] }[];
  };
  assert.deepEqual(
    rows[0]?.faults.map(({ code }) => code),
    ['number_dialled'],
  );
});
