/** Whole calls through the whole house, on real phones: the record, the desk and the journal must tell the same story. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Baresip } from '../support/baresip.ts';
import type { DeskClient } from '../support/desk-client.ts';
import { type CallRecord, DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { holds, readWav } from '../support/tone.ts';
import { until } from '../support/wait.ts';

const AGENT_HZ = 440;
const CUSTOMER_HZ = 1_000;
const prompt = (name: string): Int16Array => readWav(join(fileURLToPath(new URL('../../', import.meta.url)), 'dialplans/demo/prompts/zh', `${name}.wav`));

let house: House;
const closers: (() => unknown)[] = [];

async function atWork(number: string): Promise<{ desk: DeskClient; phone: SipPhone }> {
  const phone = await SipPhone.open({ user: number, password: DEMO_PASSWORD, server: house.sip });
  closers.push(() => phone.close());
  await phone.registered();
  return { desk: await ready(number), phone };
}

async function ready(number: string): Promise<DeskClient> {
  const desk = await house.desk(number);
  closers.push(async () => {
    await desk.send('signOut');
    desk.close();
  });
  await desk.must('ready');
  // With somebody waiting she is offered the call in the same moment.
  await desk.until('agentState', ({ data }) => (data.state === 'ready' || data.state === 'offered') && data.phoneReachable);
  return desk;
}

async function customer(number: string): Promise<SipPhone> {
  const phone = await SipPhone.open({ user: number, server: house.sip });
  closers.push(() => phone.close());
  return phone;
}

/** A call that presses 0 as soon as the menu speaks. */
async function toAgent(number: string): ReturnType<SipPhone['call']> {
  const call = await (await customer(number)).call('10086');
  await call.answered();
  assert.equal(await call.rtp.hearsSound(), true, 'the hotline speaks');
  await call.rtp.press('0');
  return call;
}

/** The journal holds one end of the call and of each leg, and they are the record's. */
function agree(record: CallRecord): void {
  const events = house.journal(record.callId);
  const ends = events.flatMap((event) => (event.type === 'callEnded' ? [event.ending] : []));
  assert.deepEqual(
    ends.map(({ cause, by }) => ({ cause, by })),
    [{ cause: record.cause, by: record.endedBy }],
  );
  const legs = events.flatMap((event) => (event.type === 'legEnded' ? [`${event.legId} ${event.ending.cause} ${event.ending.by}`] : []));
  assert.deepEqual(legs.sort(), record.legs.map(({ legId, cause, endedBy }) => `${legId} ${cause} ${endedBy}`).sort());
}

const causes = (record: CallRecord): string[] => record.legs.map(({ role, cause, endedBy }) => `${role} ${cause} ${endedBy}`);

describe('the hotline', () => {
  before(async () => {
    house = await House.start();
  });
  after(() => house?.stop());
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await until('all calls are over', async () => (await house.liveCalls()) === 0);
  });

  it('serves a customer on baresip by an agent on baresip: prompts, keys, pop before the ring, sound both ways, and the caller hangs up', async () => {
    const agent = await Baresip.start({ user: '8001', password: DEMO_PASSWORD, server: house.sip, toneHz: AGENT_HZ });
    closers.push(() => agent.stop());
    await agent.registered();
    const desk = await ready('8001');
    const caller = await Baresip.start({ user: '13911110001', server: house.sip, toneHz: CUSTOMER_HZ });
    closers.push(() => caller.stop());
    await caller.dial('10086');
    await caller.until('CALL_ESTABLISHED');
    await until('the welcome is heard', () => holds(caller.heard(), prompt('welcome')));
    await caller.press('0');
    const { data: pop } = await desk.until('screenPop', undefined, 20_000);
    assert.deepEqual([pop.caller.number, pop.callee.number, pop.queue?.queueId], ['+8613911110001', '10086', 'demo:service']);
    assert.match((await agent.until('CALL_INCOMING')).peeruri ?? '', /sip:13911110001@/);
    await agent.accept();
    await desk.until('callEstablished');
    assert.equal(holds(caller.heard(), prompt('recording-notice')), true, 'the caller was told of the recording');
    assert.equal(await agent.hears(CUSTOMER_HZ), true, 'the agent hears the customer');
    assert.equal(await caller.hears(AGENT_HZ), true, 'the customer hears the agent');
    await caller.hangUp();
    await agent.until('CALL_CLOSED');
    const { data: cleared } = await desk.until('callCleared');
    const record = await house.record('+8613911110001');
    assert.deepEqual([record.cause, record.endedBy, record.agentId, record.queueId], ['normal', 'far_end', 'demo:8001', 'demo:service']);
    assert.equal(cleared.callId, record.callId);
    agree(record);
    const [recording] = record.recordings;
    assert.ok(recording?.complete === true && (recording.durationMs ?? 0) > 500, JSON.stringify(record.recordings));
  });

  it('lets the agent answer and hang up from her desk', async () => {
    const { desk, phone } = await atWork('8001');
    const call = await toAgent('13911110002');
    const ringing = await phone.ringing(20_000);
    await desk.until('screenPop');
    await desk.must('answer');
    await desk.until('callEstablished');
    ringing.rtp.play(AGENT_HZ);
    assert.equal(await call.rtp.hears(AGENT_HZ), true);
    await desk.must('hangup');
    assert.equal((await ringing.ended()).by, 'them');
    assert.equal((await call.ended()).by, 'them');
    const record = await house.record('+8613911110002');
    assert.deepEqual([record.cause, record.agentId], ['normal', 'demo:8001']);
    agree(record);
  });

  it('ends the call for the customer when the agent puts her phone down, and her wrap-up begins', async () => {
    const { desk, phone } = await atWork('8002');
    const call = await toAgent('13911110003');
    const ringing = await phone.ringing(20_000);
    ringing.answer();
    await desk.until('callEstablished');
    await ringing.hangUp();
    await call.ended();
    const { data } = await desk.until('agentState', (message) => message.data.state === 'wrapping_up');
    await desk.must('wrapUp', { disposition: 'solved' });
    await desk.until('agentState', (message) => message.data.state === 'ready');
    const record = await house.record('+8613911110003');
    assert.equal(data.callId, record.callId);
    assert.deepEqual(causes(record), ['caller normal other_party', 'agent normal far_end']);
    agree(record);
  });

  it('holds the customer with music at the agent’s phone, and brings her back', async () => {
    const { desk, phone } = await atWork('8003');
    const call = await toAgent('13911110004');
    const ringing = await phone.ringing(20_000);
    ringing.answer();
    ringing.rtp.play(AGENT_HZ);
    await desk.until('callEstablished');
    assert.equal(await call.rtp.hears(AGENT_HZ), true);
    assert.equal(await ringing.hold(), 200);
    await desk.until('callHeld');
    await until('music instead of the agent', async () => (await call.rtp.hearsSound()) && !(await call.rtp.hears(AGENT_HZ, 300)));
    assert.equal(await ringing.retrieve(), 200);
    await desk.until('callRetrieved');
    assert.equal(await call.rtp.hears(AGENT_HZ), true);
    await call.hangUp();
    agree(await house.record('+8613911110004'));
  });

  it('transfers blind from one agent’s phone to another agent, who hears the customer', async () => {
    const first = await atWork('8001');
    const call = await toAgent('13911110005');
    const ringing = await first.phone.ringing(20_000);
    ringing.answer();
    await first.desk.until('callEstablished');
    const second = await atWork('8002');
    assert.equal(await ringing.refer(`sip:8002@${house.sip.host}`), 202);
    const next = await second.phone.ringing(20_000);
    next.answer();
    call.rtp.play(CUSTOMER_HZ);
    assert.equal(await next.rtp.hears(CUSTOMER_HZ), true);
    await call.hangUp();
    await next.ended();
    const record = await house.record('+8613911110005');
    assert.deepEqual(
      record.legs.map(({ agentId }) => agentId),
      [null, 'demo:8001', 'demo:8002'],
    );
    agree(record);
  });

  it('records a customer who gives up in the queue as abandoned', async () => {
    const call = await toAgent('13911110006');
    await until(
      'she waits',
      async () => ((await house.get('/api/v1/calls/live')) as { items: { waiting: boolean }[] }).items.some(({ waiting }) => waiting),
      20_000,
    );
    await call.hangUp();
    const record = await house.record('+8613911110006');
    assert.deepEqual([record.cause, record.endedBy, record.agentId, record.queueId], ['abandoned', 'far_end', null, 'demo:service']);
    agree(record);
  });

  it('keeps the place of a customer whose agent refuses, takes her out of the line, and gives the next agent the call', async () => {
    const refusing = await atWork('8001');
    const call = await toAgent('13911110007');
    (await refusing.phone.ringing(20_000)).reject(603);
    await refusing.desk.until('agentState', ({ data }) => data.state === 'not_ready' && data.reasons.includes('rejected'));
    const { phone } = await atWork('8002');
    const ringing = await phone.ringing(20_000);
    ringing.answer();
    call.rtp.play(CUSTOMER_HZ);
    assert.equal(await ringing.rtp.hears(CUSTOMER_HZ), true);
    await call.hangUp();
    const record = await house.record('+8613911110007');
    assert.deepEqual([record.agentId, record.cause], ['demo:8002', 'normal']);
    agree(record);
  });

  it('takes an agent whose phone does not answer out of the line with that reason', async () => {
    const { desk, phone } = await atWork('8001');
    const call = await toAgent('13911110008');
    const ringing = await phone.ringing(20_000);
    await desk.until('agentState', ({ data }) => data.state === 'not_ready' && data.reasons.includes('no_answer'), 30_000);
    assert.equal((await ringing.ended()).by, 'them');
    assert.equal(call.state, 'up', 'the customer waits on');
    await call.hangUp();
    agree(await house.record('+8613911110008'));
  });

  it('takes an agent whose phone is gone out of the line as unreachable', async () => {
    const { desk, phone } = await atWork('8001');
    phone.unplug();
    const call = await toAgent('13911110009');
    await desk.until('agentState', ({ data }) => data.state === 'not_ready' && data.reasons.includes('unreachable'), 20_000);
    await call.hangUp();
    agree(await house.record('+8613911110009'));
  });

  it('does not register a phone with a wrong password', async () => {
    const phone = await SipPhone.open({ user: '8001', password: 'wrong', server: house.sip });
    closers.push(() => phone.close());
    assert.equal((await phone.register()).status, 401);
  });

  it('puts a customer of 72 straight through to an agent, without a menu', async () => {
    const { phone } = await atWork('8001');
    const call = await (await customer('13800001002')).call('10086');
    const ringing = await phone.ringing(30_000);
    assert.equal(holds(call.rtp.heard(), prompt('main-menu')), false, 'no menu');
    assert.equal(holds(call.rtp.heard(), prompt('welcome-elder')), true, 'but a welcome of her own');
    ringing.answer();
    await call.hangUp();
    const record = await house.record('+8613800001002');
    assert.equal(record.queueId, 'demo:elder');
    agree(record);
  });
});
