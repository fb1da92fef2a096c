/**
 * The two ways in which the application ends when it is told to. SIGUSR2 (an upgrade): at once, and whoever is started next goes on with its calls. SIGTERM: no new
 * calls, and those that are up may go on as long as the setting says; then both ends are hung up.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { agree, journalOf } from '../support/agreement.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { heardThroughout, rms } from '../support/tone.ts';
import { until } from '../support/wait.ts';

const [CALLER_HZ, AGENT_HZ] = [620, 930];
const DRAIN_SECONDS = 6;
/** Straight into a queue. */
const QUEUE = '700';

let house: House;
let phone: SipPhone;
const phones: SipPhone[] = [];

before(async () => {
  house = await House.start({ CALLS_KEPT_SECONDS: '120', DRAIN_SECONDS: String(DRAIN_SECONDS) });
  await house.patch('/api/v1/queues/demo:bench', { wrapUpMs: 0 });
  await house.patch('/api/v1/agents/demo:8001', { queues: ['demo:bench'] });
  phone = await SipPhone.open({ user: '8001', password: DEMO_PASSWORD, server: house.sip });
  await phone.registered();
});
after(async () => {
  for (const used of [phone, ...phones]) await used.close();
  await house.stop();
});

async function calls(number: string): Promise<PhoneCall> {
  const customer = await SipPhone.open({ user: number, server: house.sip });
  phones.push(customer);
  const call = await customer.call(QUEUE);
  await call.answered();
  assert.ok(await call.rtp.hearsSound());
  return call;
}

async function talk(number: string): Promise<{ caller: PhoneCall; agent: PhoneCall }> {
  const desk = await house.desk('8001');
  await desk.must('ready');
  const caller = await calls(number);
  const agent = await phone.ringing(20_000);
  agent.answer();
  caller.rtp.play(CALLER_HZ);
  agent.rtp.play(AGENT_HZ);
  assert.ok((await agent.rtp.hears(CALLER_HZ)) && (await caller.rtp.hears(AGENT_HZ)), 'the two hear each other');
  desk.close();
  return { caller, agent };
}

interface Live {
  items: { callId: string; caller: string; waiting: boolean }[];
}

test('an upgrade (SIGUSR2): it ends with 0, the next one goes on; both talk without a gap, who waits keeps music and place, and nothing is lost', async (context) => {
  const { caller, agent } = await talk('13900000021');
  const waits = await calls('13900000022');
  await until(
    'it waits',
    async () => ((await house.get('/api/v1/calls/live')) as Live).items.some(({ caller: from, waiting }) => waiting && from.endsWith('22')),
    20_000,
  );
  const servers = (): object => ({ sip: house.pid('sip'), media: house.pid('media'), database: house.pid('database') });
  const before = servers();
  for (const { rtp } of [caller, agent, waits]) rtp.forget();
  const from = systemClock.now();
  house.tell('SIGUSR2');
  assert.equal(await house.ended(), 0);
  const left = (systemClock.now() - from) / 1_000;
  const written = journalOf(house).length;
  await house.begin();
  const awaySeconds = (systemClock.now() - from) / 1_000;
  context.diagnostic(`ended after ${left.toFixed(1)} s, answers again after ${awaySeconds.toFixed(1)} s`);
  assert.deepEqual(servers(), before, 'the two servers and the database were adopted');
  heardThroughout(agent.rtp.heard(), CALLER_HZ, awaySeconds);
  heardThroughout(caller.rtp.heard(), AGENT_HZ, awaySeconds);
  assert.ok(rms(waits.rtp.heard().slice(-8_000)) > 100, 'music goes on');
  const desk = await house.desk('8001');
  const snapshot = desk.messages.find(({ message }) => message.type === 'snapshot')?.message;
  assert.match(JSON.stringify(snapshot), /13900000021/, 'her desk comes back to her call');
  await caller.hangUp();
  await agent.ended();
  const next = await phone.ringing(10_000);
  next.answer();
  next.rtp.play(AGENT_HZ);
  assert.ok(await waits.rtp.hears(AGENT_HZ), 'who waited is served next');
  await next.hangUp();
  await waits.ended();
  for (const number of ['13900000021', '13900000022']) {
    const record = await house.record(`+86${number}`);
    assert.equal(record.cause, 'normal');
    agree(house, record);
  }
  const events = journalOf(house).slice(written);
  assert.equal(events[0]?.event.type, 'serverResumed', 'what was said last was said whole: nothing had to be finished');
  desk.close();
});

test('A3: SIGTERM: new calls are refused with 503 and Retry-After, who talks goes on to the limit, then both are hung up; exit 0, no record is lost', async () => {
  const { caller, agent } = await talk('13900000023');
  const stranger = await SipPhone.open({ user: '13900000024', server: house.sip });
  phones.push(stranger);
  const from = systemClock.now();
  house.tell('SIGTERM');
  await until('it drains', async () => (await stranger.ask('OPTIONS')).status === 503, 3_000);
  const refused = await stranger.ask('INVITE');
  assert.equal(refused.status, 503);
  assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/);
  assert.equal((await house.readiness())?.status, 'draining');
  for (const { rtp } of [caller, agent]) rtp.forget();
  assert.ok((await agent.rtp.hears(CALLER_HZ)) && (await caller.rtp.hears(AGENT_HZ)), 'who talks goes on');
  const [one, other] = await Promise.all([caller.ended(20_000), agent.ended(20_000)]);
  assert.deepEqual([one.by, other.by], ['them', 'them']);
  assert.ok(systemClock.now() - from > DRAIN_SECONDS * 900, 'not before the limit');
  assert.equal(await house.ended(20_000), 0);
  await house.begin();
  const record = await house.record('+8613900000023');
  assert.equal(record.cause, 'server_shutdown');
  agree(house, record);
});
