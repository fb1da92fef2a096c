/** Waiting and callbacks with the whole server and a real phone: what is announced stops for an answer; a key, a confirmed number, a place that outlives us, and the phone rings. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Baresip } from '../support/baresip.ts';
import type { DeskClient } from '../support/desk-client.ts';
import { type CallRecord, DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { inProject } from '../support/project.ts';
import { SAMPLE_RATE, sine, writeWav } from '../support/tone.ts';
import { until } from '../support/wait.ts';
import { SURVEY_TONES, surveyed } from './survey.ts';

const CUSTOMER = '13900000021';
const CUSTOMER_HZ = 620;
const AGENT_HZ = 930;
/** Stands for the message of the queue. */
const MESSAGE_HZ = 1_700;
const MESSAGE_SECONDS = 25;
const OTHER_NUMBER = '13900000022';
/** Straight into the demo's own line, with its own keys and questions. */
const FLOWS = `
numbers: { "761": straight }
flows:
  straight:
    - answer
    - goto: service
`;

interface Listed {
  items: { callbackId: string; of: string; number: string; state: string; attempts: number; placedAt: string }[];
}
interface Live {
  items: { callId: string; waiting: boolean }[];
}

let house: House;
let plans: string;
let phone: SipPhone;
let other: SipPhone;
let customer: Baresip;
let desk: DeskClient;

before(async () => {
  plans = mkdtempSync(join(tmpdir(), 'huawu-plans-'));
  cpSync(inProject('dialplans/demo'), join(plans, 'demo'), { recursive: true });
  cpSync(inProject('dialplans/holidays-cn-2026.csv'), join(plans, 'holidays-cn-2026.csv'));
  const tenant = join(plans, 'demo', 'tenant.yaml');
  writeFileSync(tenant, readFileSync(tenant, 'utf8').replace('numbers: ["10086",', 'numbers: ["761", "10086",'));
  writeFileSync(join(plans, 'demo', 'straight.yaml'), FLOWS);
  for (const language of ['zh', 'en']) writeWav(join(plans, 'demo', 'prompts', language, 'message.wav'), sine(MESSAGE_HZ, 0, MESSAGE_SECONDS * SAMPLE_RATE));
  for (const [name, hz] of Object.entries(SURVEY_TONES)) writeWav(join(plans, 'demo', 'prompts', 'zh', `${name}.wav`), sine(hz, 0, 3 * SAMPLE_RATE));
  house = await House.start({ DIALPLANS_DIR: plans });
  phone = await SipPhone.open({ user: '8001', password: DEMO_PASSWORD, server: house.sip });
  await phone.registered();
  other = await SipPhone.open({ user: OTHER_NUMBER, server: house.sip });
  customer = await Baresip.start({ user: CUSTOMER, server: house.sip, toneHz: CUSTOMER_HZ });
  await house.patch('/api/v1/queues/demo:service', {
    wrapUpMs: 0,
    announcements: { firstMs: 1_000, everyMs: 60_000, messages: ['message'] },
    callback: { retryMs: 10_000 },
  });
  await house.patch('/api/v1/outside-rules', { night: null });
  // The city's trunk ends at the customer's own phone.
  await house.post('/api/v1/trunks', { name: 'city', addresses: [{ uri: `sip:127.0.0.1:${customer.sipPort}` }], displayNumbers: { service: '10086' } });
  desk = await house.desk('8001');
});
after(async () => {
  await customer?.stop();
  for (const each of [phone, other]) await each?.close();
  await house.stop();
  rmSync(plans, { recursive: true, force: true });
});

const callbacks = async (): Promise<Listed['items']> => ((await house.get('/api/v1/callbacks')) as Listed).items;
const waiting = async (count: number): Promise<unknown> =>
  until(`${count} to wait`, async () => ((await house.get('/api/v1/calls/live')) as Live).items.filter((call) => call.waiting).length === count);

/** The record that is linked to the one the callback was asked for in. */
async function linked(of: string): Promise<CallRecord> {
  const found = async (): Promise<CallRecord | undefined> =>
    ((await house.get(`/api/v1/calls?caller=%2B86${CUSTOMER}`)) as { items: CallRecord[] }).items.find(({ data }) => data.callback_of === of);
  await until('its record', async () => (await found()) !== undefined);
  const record = await found();
  return (await house.get(`/api/v1/calls/${record?.callId}`)) as CallRecord;
}

/** She waits, would rather not, confirms her number, and is let go. */
async function ask(others = 0): Promise<void> {
  await waiting(1 + others);
  assert.ok(await customer.hears(MESSAGE_HZ, 10_000), 'what is announced while she waits');
  await customer.press('1');
  await waiting(others);
  // The number is being read out: a key pressed early is the answer.
  await customer.press('1');
  await until('the callback to be noted', async () => (await callbacks()).length === 1, 15_000);
  await customer.hangUp();
}

test('what is announced to who waits is cut by the answer; a key, a confirmed number, and the place is kept: before who came later, agent first', {
  timeout: 90_000,
}, async () => {
  await customer.dial('761');
  await waiting(1);
  assert.ok(await customer.hears(MESSAGE_HZ, 10_000), 'the message is heard');
  await desk.must('ready');
  const answered = await phone.ringing(20_000);
  answered.rtp.play(AGENT_HZ);
  answered.answer();
  assert.ok(await customer.hears(AGENT_HZ, 10_000), 'the agent is heard');
  assert.ok(await answered.rtp.hears(CUSTOMER_HZ, 8_000), 'and hears the customer');
  const cut = customer.heardSeconds(MESSAGE_HZ);
  assert.ok(cut < MESSAGE_SECONDS - 5, `the message was not over: ${cut} s of it`);
  const more = customer.heardSeconds(AGENT_HZ) + 0.5;
  await until('more of the agent to be heard', () => customer.heardSeconds(AGENT_HZ) > more);
  assert.ok(customer.heardSeconds(MESSAGE_HZ) < cut + 0.1, 'no message goes on beneath the agent');
  await desk.must('notReady', { reason: 'break' });
  await customer.hangUp();
  await answered.ended();

  await customer.dial('761');
  await waiting(1);
  const later = await other.call('761');
  await ask(1);
  const [placed] = await callbacks();
  assert.deepEqual([placed?.number, placed?.state], [`+86${CUSTOMER}`, 'waiting']);
  await desk.must('ready');
  const agent = await phone.ringing(20_000);
  const pop = desk.messages.flatMap(({ message }) => (message.type === 'screenPop' ? [message.data] : [])).at(-1);
  assert.deepEqual([pop?.callback?.of, pop?.caller.number], [placed?.of, `+86${CUSTOMER}`], 'who came later still waits');
  agent.answer();
  agent.rtp.play(AGENT_HZ);
  await customer.until('CALL_INCOMING');
  await customer.accept();
  assert.ok(await agent.rtp.hears(CUSTOMER_HZ, 8_000), 'the agent hears the customer');
  assert.ok(await customer.hears(AGENT_HZ, 8_000), 'the customer hears the agent');
  await desk.must('notReady', { reason: 'break' });
  await customer.hangUp();
  await agent.ended();
  await later.hangUp();
  await until('the callback to be over', async () => (await callbacks()).length === 0);
  const record = await linked(placed?.of ?? '');
  assert.equal(record.cause, 'normal');
  assert.deepEqual([...record.legs.map(({ role }) => role)].sort(), ['agent', 'caller']);
  assert.ok(record.recordings.length > 0, 'recorded as any other call of the queue');
});

surveyed(() => ({ house, customer, phone, desk, number: CUSTOMER }));

test('an agent calls from her desk: her phone answers by itself, then theirs rings; she sends them into the dialplan, and books a callback', {
  timeout: 60_000,
}, async () => {
  await desk.must('dial', { target: { kind: 'number', number: CUSTOMER }, queue: 'service', data: { ticket: 'CS-4711' } });
  const agent = await phone.ringing();
  assert.match(agent.incoming?.headers.get('call-info') ?? '', /answer-after=0/);
  await agent.answered();
  const pop = (await desk.until('screenPop', ({ data }) => data.outbound !== undefined)).data;
  assert.deepEqual([pop.caller.number, pop.outbound?.number, pop.queue?.queueId], [`+86${CUSTOMER}`, '8001', 'demo:service']);
  agent.rtp.play(AGENT_HZ);
  await customer.until('CALL_INCOMING');
  await customer.accept();
  const heard = customer.heardSeconds(AGENT_HZ) + 0.3;
  await until('the customer to hear the agent', () => customer.heardSeconds(AGENT_HZ) > heard);
  assert.ok(await agent.rtp.hears(CUSTOMER_HZ, 8_000), 'the agent hears the customer');
  await desk.until('callEstablished', ({ data }) => data.callId === pop.callId);

  await desk.must('requestCallback', { queue: 'service', notBefore: new Date(Date.now() + 3_600_000).toISOString(), note: '先查账单' });
  const [booked] = await callbacks();
  assert.deepEqual([booked?.of, booked?.number, booked?.state], [pop.callId, `+86${CUSTOMER}`, 'held']);
  const gone = { method: 'DELETE', headers: { authorization: `Bearer ${await house.signIn('supervisor')}` } };
  assert.equal((await fetch(`${house.http}/api/v1/callbacks/${booked?.callbackId}`, gone)).status, 204);

  await desk.must('blindTransfer', { target: { kind: 'dialplan', flow: 'main-menu' } });
  assert.match((await agent.ended()).reason ?? '', /./);
  await desk.must('wrapUp', { disposition: 'transferred' }).catch(() => undefined);
  await until(
    'the menu to be played',
    async () => ((await house.get('/api/v1/calls/live')) as { items: { ivrPath: string[] }[] }).items[0]?.ivrPath.length === 1,
  );
  await customer.hangUp();
  await until('its record', async () => (await records(pop.callId)) !== null);
  const record = await records(pop.callId);
  assert.deepEqual(
    [record?.direction, record?.caller, record?.callee, record?.data.ticket, record?.ivrPath[0]?.split('/')[0]],
    ['outbound', '8001', `+86${CUSTOMER}`, 'CS-4711', 'main-menu'],
  );
  assert.ok((record?.recordings.length ?? 0) > 0, 'recorded by the rule of the queue on whose behalf she called');
});

/** null: not written yet. */
const records = async (callId: string): Promise<(CallRecord & { direction: string }) | null> => {
  const answer = await fetch(`${house.http}/api/v1/calls/${callId}`, { headers: { authorization: `Bearer ${await house.signIn('supervisor')}` } });
  return answer.ok ? ((await answer.json()) as CallRecord & { direction: string }) : null;
};

test('customer first: her phone rings ahead, and she stands before everybody; a callback outlives our death; busy, it is held and can be given up', {
  timeout: 90_000,
}, async () => {
  await house.patch('/api/v1/queues/demo:service', { callback: { first: 'customer', retryMs: 60_000 } });
  await customer.dial('761');
  await ask();
  const [placed] = await callbacks();
  await house.kill('app');
  await house.begin();
  await until('the callback to be there again', async () => (await callbacks())[0]?.placedAt === placed?.placedAt);
  desk.close();
  desk = await house.desk('8001');
  await desk.must('ready');
  await customer.until('CALL_INCOMING', 20_000);
  assert.equal((await callbacks())[0]?.state, 'dialling');
  await customer.accept();
  const agent = await phone.ringing(20_000);
  agent.answer();
  agent.rtp.play(AGENT_HZ);
  assert.ok(await customer.hears(AGENT_HZ, 8_000), 'the customer hears the agent');
  await desk.must('notReady', { reason: 'break' });
  await customer.hangUp();
  await agent.ended();

  await customer.dial('761');
  await ask();
  await desk.must('ready');
  await customer.until('CALL_INCOMING', 20_000);
  await customer.hangUp();
  await until('it is held', async () => (await callbacks())[0]?.attempts === 1);
  const [held] = await callbacks();
  assert.equal(held?.state, 'held');
  const gone = await fetch(`${house.http}/api/v1/callbacks/${held?.callbackId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${await house.signIn('supervisor')}` },
  });
  assert.equal(gone.status, 204);
  assert.deepEqual(await callbacks(), []);
  desk.close();
});
