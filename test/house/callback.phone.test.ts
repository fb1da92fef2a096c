/** A callback with the whole server: the caller presses a key and hangs up, the application dies and comes back, an agent is ready, the customer's phone rings. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { DeskClient } from '../support/desk-client.ts';
import { type CallRecord, DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { until } from '../support/wait.ts';

const CUSTOMER = '13900000021';
const CUSTOMER_HZ = 620;
const AGENT_HZ = 930;
const FLOWS = `
numbers: { "761": call-me-back }
flows:
  call-me-back:
    - answer
    - menu:
        prompt: { text: { zh: 按一预约回呼, en: press one to be called back } , fallback: welcome }
        keys:
          "1":
            - callback: { queue: service, otherwise: refused }
            - hangup
        otherwise: agent
  refused:
    - set: { refused: '\${values.callback}' }
    - hangup
`;

interface Listed {
  items: { callbackId: string; of: string; number: string; state: string; attempts: number; placedAt: string }[];
}

let house: House;
let plans: string;
let phone: SipPhone;
let customer: SipPhone;
let desk: DeskClient;

before(async () => {
  plans = mkdtempSync(join(tmpdir(), 'huawu-plans-'));
  cpSync(fileURLToPath(new URL('../../dialplans/demo', import.meta.url)), join(plans, 'demo'), { recursive: true });
  cpSync(fileURLToPath(new URL('../../dialplans/holidays-cn-2026.csv', import.meta.url)), join(plans, 'holidays-cn-2026.csv'));
  const tenant = join(plans, 'demo', 'tenant.yaml');
  writeFileSync(tenant, readFileSync(tenant, 'utf8').replace('numbers: ["10086",', 'numbers: ["761", "10086",'));
  writeFileSync(join(plans, 'demo', 'callback.yaml'), FLOWS);
  house = await House.start({ DIALPLANS_DIR: plans });
  phone = await SipPhone.open({ user: '8001', password: DEMO_PASSWORD, server: house.sip });
  await phone.registered();
  customer = await SipPhone.open({ user: CUSTOMER, server: house.sip });
  await house.patch('/api/v1/queues/demo:service', { wrapUpMs: 0, leaveWhenNoAgents: false, callback: { retryMs: 10_000 } });
  await house.patch('/api/v1/outside-rules', { night: null });
  // The city's trunk ends at the customer's own phone.
  await house.post('/api/v1/trunks', { name: 'city', addresses: [{ uri: `sip:127.0.0.1:${customer.sip.port}` }], displayNumbers: { service: '10086' } });
});
after(async () => {
  for (const each of [phone, customer]) await each.close();
  await house.stop();
  rmSync(plans, { recursive: true, force: true });
});

const callbacks = async (): Promise<Listed['items']> => ((await house.get('/api/v1/callbacks')) as Listed).items;

/** The record that is linked to the one the callback was asked for in. */
async function linked(of: string): Promise<CallRecord> {
  const found = async (): Promise<CallRecord | undefined> =>
    ((await house.get(`/api/v1/calls?caller=%2B86${CUSTOMER}`)) as { items: CallRecord[] }).items.find(({ data }) => data.callback_of === of);
  await until('its record', async () => (await found()) !== undefined);
  const record = await found();
  return (await house.get(`/api/v1/calls/${record?.callId}`)) as CallRecord;
}

async function ask(): Promise<void> {
  const call = await customer.call('761');
  await call.answered();
  assert.ok(await call.rtp.hearsSound(), 'the question is asked');
  await call.rtp.press('1');
  await call.ended();
}

test('the key keeps the place, a restart does not lose it; the agent is offered it, and on her answer the customer’s phone rings and both talk', {
  timeout: 90_000,
}, async () => {
  await ask();
  const [placed] = await callbacks();
  assert.deepEqual([placed?.number, placed?.state], [`+86${CUSTOMER}`, 'waiting']);

  // One a number.
  await ask();
  assert.equal((await callbacks()).length, 1);

  await house.kill('app');
  await house.begin();
  await until('the callback to be there again', async () => (await callbacks())[0]?.placedAt === placed?.placedAt);

  desk = await house.desk('8001');
  await desk.must('ready');
  const agent = await phone.ringing(20_000);
  const pop = await desk.until('screenPop');
  assert.equal(pop.data.callback?.of, placed?.of);
  assert.equal(pop.data.caller.number, `+86${CUSTOMER}`);
  agent.answer();
  const called = await customer.ringing(20_000);
  assert.equal((await callbacks())[0]?.state, 'dialling');
  called.answer();
  called.rtp.play(CUSTOMER_HZ);
  agent.rtp.play(AGENT_HZ);
  assert.ok(await agent.rtp.hears(CUSTOMER_HZ, 8_000), 'the agent hears the customer');
  assert.ok(await called.rtp.hears(AGENT_HZ, 8_000), 'the customer hears the agent');
  await called.hangUp();
  await agent.ended();
  await until('the callback to be over', async () => (await callbacks()).length === 0);

  const record = await linked(placed?.of ?? '');
  assert.equal(record.cause, 'normal');
  assert.equal(record.queueId, 'demo:service');
  assert.deepEqual([...record.legs.map(({ role }) => role)].sort(), ['agent', 'caller']);
  assert.ok(record.recordings.length > 0, 'recorded as any other call of the queue');
});

test('a customer who does not answer is tried again in the same place; a supervisor gives the callback up', { timeout: 60_000 }, async () => {
  await ask();
  const first = await phone.ringing(20_000);
  first.answer();
  const called = await customer.ringing(20_000);
  called.reject(486);
  await first.ended();
  await until('it is held', async () => (await callbacks())[0]?.state === 'held');
  const [held] = await callbacks();
  assert.equal(held?.attempts, 1);
  const gone = await fetch(`${house.http}/api/v1/callbacks/${held?.callbackId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${await house.signIn('supervisor')}` },
  });
  assert.equal(gone.status, 204);
  assert.deepEqual(await callbacks(), []);
  desk.close();
});
