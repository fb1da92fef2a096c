/** kill -9 of each of the three programs in the middle of a call: it ends honestly, the others live on, and the next call is served. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { DeskClient } from '../support/desk-client.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { until } from '../support/wait.ts';

const AGENT_HZ = 440;
let house: House;
let agent: SipPhone;
const customers: SipPhone[] = [];
const desks: DeskClient[] = [];

async function readyDesk(): Promise<DeskClient> {
  const desk = await house.desk('8001');
  desks.push(desk);
  await desk.must('ready');
  return desk;
}

/** A customer talks to agent 8001. */
async function talking(number: string): Promise<{ customer: PhoneCall; ringing: PhoneCall }> {
  const phone = await SipPhone.open({ user: number, server: house.sip });
  customers.push(phone);
  const customer = await phone.call('10086');
  await customer.answered();
  assert.equal(await customer.rtp.hearsSound(), true);
  await customer.rtp.press('0');
  const ringing = await agent.ringing(20_000);
  ringing.answer();
  ringing.rtp.play(AGENT_HZ);
  assert.equal(await customer.rtp.hears(AGENT_HZ, 5_000), true, 'the customer hears the agent');
  return { customer, ringing };
}

const wellAgain = (): Promise<unknown> => until('the house is ready again', async () => (await house.readiness())?.status === 'ok', 60_000);

describe('after kill -9', () => {
  before(async () => {
    house = await House.start();
    agent = await SipPhone.open({ user: '8001', password: DEMO_PASSWORD, server: house.sip });
    await agent.registered();
  });
  after(async () => {
    await agent?.close();
    await house?.stop();
  });
  afterEach(async () => {
    for (const desk of desks.splice(0)) desk.close();
    for (const phone of customers.splice(0)) await phone.close();
  });

  it('of the media server the call ends with media_failure for both, and the next call is heard', async () => {
    await readyDesk();
    const { customer, ringing } = await talking('13922220001');
    await house.kill('media');
    await Promise.all([customer.ended(20_000), ringing.ended(20_000)]);
    const record = await house.record('+8613922220001');
    assert.equal(record.cause, 'media_failure');
    await wellAgain();
    await (await readyDesk()).must('ready');
    const next = await talking('13922220002');
    await next.customer.hangUp();
    assert.equal((await house.record('+8613922220002')).cause, 'normal');
  });

  it('of the SIP server the call ends with sip_failure, and the next call comes without the phone registering again', async () => {
    await readyDesk();
    await talking('13922220003');
    await house.kill('sip');
    const record = await house.record('+8613922220003');
    assert.equal(record.cause, 'sip_failure');
    await wellAgain();
    await (await readyDesk()).must('ready');
    const next = await talking('13922220004');
    await next.customer.hangUp();
    assert.equal((await house.record('+8613922220004')).cause, 'normal');
  });

  it('of the application its servers live on, the open call is closed as server_restart, both phones are let go, and the next call is served', async () => {
    await readyDesk();
    const { customer, ringing } = await talking('13922220005');
    const before = { sip: house.pid('sip'), media: house.pid('media') };
    await house.kill('app');
    await house.begin();
    assert.deepEqual({ sip: house.pid('sip'), media: house.pid('media') }, before, 'adopted, not started anew');
    const record = await house.record('+8613922220005');
    assert.deepEqual([record.cause, record.endedBy], ['server_restart', 'server']);
    await Promise.all([customer.ended(), ringing.ended()]);
    await readyDesk();
    const next = await talking('13922220006');
    await next.customer.hangUp();
    assert.equal((await house.record('+8613922220006')).cause, 'normal');
  });
});
