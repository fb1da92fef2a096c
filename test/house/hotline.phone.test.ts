/** The hotline as its users know it: real phones (baresip), the whole server, what is heard judged from the phones' own recordings. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { responseTo } from '../../sip/message/message.ts';
import { agree, journalOf } from '../support/agreement.ts';
import { Baresip } from '../support/baresip.ts';
import type { DeskClient } from '../support/desk-client.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { likeness, promptSamples } from '../support/prompt.ts';
import { until } from '../support/wait.ts';
import { overflowing } from './overflow.ts';
import { together } from './together.ts';

const CALLER_HZ = 620;
const AGENT_HZ = 930;
/** What is played is A-law from end to end, so a prompt comes out as it went in. */
const ALIKE = 0.9;

let house: House;
const open: { stop?(): Promise<void>; close?(): unknown }[] = [];
const keep = <T extends { stop?(): Promise<void>; close?(): unknown }>(thing: T): T => {
  open.push(thing);
  return thing;
};

before(async () => {
  house = await House.start();
  for (const queue of ['service', 'elder', 'vip', 'bench']) await house.patch(`/api/v1/queues/demo:${queue}`, { ringTimeoutMs: 3_000, wrapUpMs: 1_000 });
  for (const agent of ['8001', '8002']) await house.patch(`/api/v1/agents/demo:${agent}`, { queues: ['demo:service', 'demo:elder', 'demo:vip', 'demo:bench'] });
});
after(() => house.stop());
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await (thing.stop?.() ?? thing.close?.());
  await until('every call to be over', async () => (await house.liveCalls()) === 0);
});

async function deskPhone(number: string): Promise<Baresip> {
  const phone = keep(await Baresip.start({ user: number, password: DEMO_PASSWORD, server: house.sip, toneHz: AGENT_HZ }));
  await phone.registered();
  return phone;
}
async function readyDesk(number: string): Promise<DeskClient> {
  const desk = keep(await house.desk(number));
  open.push({ stop: () => desk.must('signOut').catch(() => undefined) });
  await desk.must('ready');
  return desk;
}
const customer = async (number: string): Promise<Baresip> => keep(await Baresip.start({ user: number, server: house.sip, toneHz: CALLER_HZ }));

/** Number 700 leads straight into a queue: what is said on the way is not what the test is about. */
const toTheQueue = (caller: Baresip): Promise<void> => caller.dial('700');

/** Dials 10086, hears the menu begin, presses 0. */
async function throughTheMenu(caller: Baresip): Promise<void> {
  await caller.dial('10086');
  await caller.until('CALL_ESTABLISHED');
  await until('the greeting', () => likeness(caller.heard(), promptSamples('welcome')) > ALIKE, 8_000);
  await caller.press('0');
}

describe('a customer dials 10086', () => {
  test('hears the greeting and the menu, presses 0, and talks with the agent; the customer hangs up', async () => {
    const [phone, desk, caller] = [await deskPhone('8001'), await readyDesk('8001'), await customer('13900000001')];
    await throughTheMenu(caller);
    await phone.until('CALL_INCOMING');
    const pop = await desk.until('screenPop');
    assert.equal(pop.data.caller.number, '+8613900000001');
    await phone.accept();
    const { data } = await desk.until('callEstablished');
    assert.ok(await phone.hears(CALLER_HZ), 'the agent hears the customer');
    assert.ok(await caller.hears(AGENT_HZ), 'the customer hears the agent');
    assert.ok(likeness(caller.heard(), promptSamples('recording-notice')) > ALIKE, 'the customer was told of the recording');
    await caller.hangUp();
    await phone.until('CALL_CLOSED');
    const record = await house.record('+8613900000001');
    assert.deepEqual([record.callId, record.cause, record.endedBy, record.agentId], [data.callId, 'normal', 'far_end', 'demo:8001']);
    assert.equal(record.recordings.length, 1);
    agree(house, record, [desk]);
  });

  test('and the agent hangs up', async () => {
    const [phone, desk, caller] = [await deskPhone('8001'), await readyDesk('8001'), await customer('13900000002')];
    await toTheQueue(caller);
    await phone.until('CALL_INCOMING');
    await phone.accept();
    await desk.until('callEstablished');
    assert.ok(await caller.hears(AGENT_HZ));
    await phone.hangUp();
    await caller.until('CALL_CLOSED');
    const record = await house.record('+8613900000002');
    assert.deepEqual([record.cause, record.endedBy], ['normal', 'other_party']);
    assert.equal((await desk.until('agentState', ({ data }) => data.state === 'wrapping_up')).data.state, 'wrapping_up');
    agree(house, record, [desk]);
  });

  test('and the agent answers, holds, retrieves and hangs up at her desk alone', async () => {
    const phone = keep(await SipPhone.open({ user: '8001', password: DEMO_PASSWORD, server: house.sip }));
    await phone.registered();
    const [desk, caller] = [await readyDesk('8001'), await customer('13900000003')];
    await toTheQueue(caller);
    const ringing = await phone.ringing(15_000);
    await desk.must('answer');
    await ringing.answered();
    ringing.rtp.play(AGENT_HZ);
    await desk.until('callEstablished');
    assert.ok(await caller.hears(AGENT_HZ));
    await desk.must('hold');
    await desk.until('callHeld');
    ringing.rtp.forget();
    assert.equal(await ringing.rtp.hears(CALLER_HZ, 700), false, 'on hold the agent hears nothing of the customer');
    await desk.must('retrieve');
    assert.ok(await ringing.rtp.hears(CALLER_HZ));
    await desk.must('hangup');
    await caller.until('CALL_CLOSED');
    const record = await house.record('+8613900000003');
    assert.equal(record.cause, 'normal');
    agree(house, record, [desk]);
  });

  test('and gives up while waiting', async () => {
    const caller = await customer('13900000004');
    await throughTheMenu(caller);
    await until('the caller to wait', () => journalOf(house).some(({ event }) => event.type === 'callQueued' && waits(event.callId)), 15_000);
    await caller.hangUp();
    const record = await house.record('+8613900000004');
    assert.deepEqual([record.cause, record.endedBy, record.agentId], ['abandoned', 'far_end', null]);
    agree(house, record);
  });

  test('the first agent does not answer: the caller keeps her place and the next one is rung', async () => {
    const [silent, desk, caller] = [await deskPhone('8001'), await readyDesk('8001'), await customer('13900000005')];
    await toTheQueue(caller);
    await silent.until('CALL_INCOMING');
    const [phone, nextDesk] = [await deskPhone('8002'), await readyDesk('8002')];
    await silent.until('CALL_CLOSED');
    const { data } = await desk.until('agentState', (message) => message.data.state === 'not_ready');
    assert.deepEqual(data.reasons, ['no_answer']);
    await phone.until('CALL_INCOMING');
    await phone.accept();
    await nextDesk.until('callEstablished');
    assert.ok(await caller.hears(AGENT_HZ));
    await caller.hangUp();
    const record = await house.record('+8613900000005');
    assert.equal(record.agentId, 'demo:8002');
    assert.deepEqual(
      record.legs.filter((leg) => leg.role === 'agent').map((leg) => leg.cause),
      ['no_answer', 'normal'],
    );
    assert.equal(journalOf(house).filter(({ event }) => event.type === 'callQueued' && event.callId === record.callId).length, 1, 'she was queued once');
    agree(house, record, [desk, nextDesk]);
  });

  test('the first agent’s phone is gone: she is set aside as unreachable and the next one is rung', async () => {
    const [gone, desk, caller] = [await deskPhone('8001'), await readyDesk('8001'), await customer('13900000006')];
    await gone.kill();
    await toTheQueue(caller);
    const { data } = await desk.until('agentState', (message) => message.data.state === 'not_ready', 20_000);
    assert.ok(data.reasons.includes('unreachable') || data.reasons.includes('no_answer'), `set aside with its cause, not ${data.reasons}`);
    const [phone] = [await deskPhone('8002'), await readyDesk('8002')];
    await phone.until('CALL_INCOMING');
    await phone.accept();
    assert.ok(await caller.hears(AGENT_HZ));
    await caller.hangUp();
    const record = await house.record('+8613900000006');
    assert.equal(record.agentId, 'demo:8002');
    agree(house, record, [desk]);
  });

  test('the first agent refuses: the caller keeps her place and the next one is rung', async () => {
    const [phone, desk, caller] = [await deskPhone('8001'), await readyDesk('8001'), await customer('13900000009')];
    await toTheQueue(caller);
    await phone.until('CALL_INCOMING');
    const [next, nextDesk] = [await deskPhone('8002'), await readyDesk('8002')];
    await phone.hangUp();
    const { data } = await desk.until('agentState', (message) => message.data.state === 'not_ready');
    assert.equal(data.reasons.length, 1);
    await next.until('CALL_INCOMING');
    await next.accept();
    await nextDesk.until('callEstablished');
    await caller.hangUp();
    const record = await house.record('+8613900000009');
    assert.equal(record.agentId, 'demo:8002');
    agree(house, record, [desk, nextDesk]);
  });

  test('a customer of 72 goes straight to an agent, without the menu', async () => {
    const [phone, desk, caller] = [await deskPhone('8001'), await readyDesk('8001'), await customer('13800001002')];
    await caller.dial('10086');
    await caller.until('CALL_ESTABLISHED');
    await phone.until('CALL_INCOMING', 25_000);
    const pop = await desk.until('screenPop');
    assert.equal(pop.data.customer?.age, 72);
    await phone.accept();
    await desk.until('callEstablished');
    await caller.hangUp();
    const record = await house.record('+8613800001002');
    assert.ok(!record.ivrPath.some((step) => step.includes('main-menu')), `no menu on the way: ${record.ivrPath}`);
    assert.equal(record.queueId, 'demo:elder');
    agree(house, record, [desk]);
  });
});

describe('a phone', () => {
  test('with a wrong password is refused, and rings for nobody', async () => {
    const phone = keep(await Baresip.start({ user: '8003', password: 'wrong', server: house.sip, toneHz: AGENT_HZ }));
    await phone.until('REGISTER_FAIL');
    const agents = (await house.get('/api/v1/agents')) as { items: { agentId: string; live: { phoneReachable: boolean } | null }[] };
    assert.equal(agents.items.find((agent) => agent.agentId === 'demo:8003')?.live?.phoneReachable ?? false, false);
  });

  test('that holds gives the customer music and takes her back', async () => {
    const [phone, desk, caller] = [await deskPhone('8001'), await readyDesk('8001'), await customer('13900000007')];
    await toTheQueue(caller);
    await phone.until('CALL_INCOMING');
    await phone.accept();
    await desk.until('callEstablished');
    assert.ok(await caller.hears(AGENT_HZ));
    await phone.hold();
    await desk.until('callHeld');
    await phone.resume();
    await desk.until('callRetrieved');
    const before = caller.heardSeconds(AGENT_HZ);
    await until('the agent is heard again', () => caller.heardSeconds(AGENT_HZ) > before + 0.4, 5_000);
    await caller.hangUp();
    agree(house, await house.record('+8613900000007'), [desk]);
  });

  test('that can be told to does by itself what her desk asks: it answers, holds and takes her back; once it does nothing, the server does', async () => {
    const phone = keep(await SipPhone.open({ user: '8001', password: DEMO_PASSWORD, hold: true, server: house.sip }));
    await phone.registered();
    const [desk, caller] = [await readyDesk('8001'), await customer('13800001002')];
    await toTheQueue(caller);
    const call = await phone.ringing();
    await desk.until('agentState', ({ data }) => data.can.includes('answer'));
    await desk.must('answer');
    await call.answered();
    call.rtp.play(AGENT_HZ);
    const { callId } = (await desk.until('callEstablished')).data;
    assert.ok(await caller.hears(AGENT_HZ));
    const said = (): string[] =>
      phone.sip.seen.flatMap(({ out, message }) => {
        if (message.kind !== 'request' || message.headers.get('call-id') !== call.callId) return [];
        if (message.method === 'NOTIFY') return [message.headers.get('event') ?? ''];
        return out && message.method === 'INVITE' ? [/a=(send\w+)/.exec(message.body.toString())?.[1] ?? ''] : [];
      });
    assert.deepEqual(said(), ['talk']);
    const heldAndBack = async (): Promise<void> => {
      await desk.must('hold');
      await desk.until('callHeld');
      call.rtp.forget();
      const before = caller.heardSeconds(AGENT_HZ);
      assert.equal(await call.rtp.hears(CALLER_HZ, 700), false, 'on hold she hears nothing of the customer');
      assert.ok(caller.heardSeconds(AGENT_HZ) < before + 0.3, 'nor the customer of her');
      await desk.must('retrieve');
      await desk.until('callRetrieved');
      assert.ok(await call.rtp.hears(CALLER_HZ));
      await until('her to be heard again', () => caller.heardSeconds(AGENT_HZ) > before + 0.4, 5_000);
    };
    await heldAndBack();
    assert.deepEqual(said(), ['talk', 'hold', 'sendonly', 'talk', 'sendrecv']);
    phone.onNotify = (request) => {
      if (request.method === 'NOTIFY') phone.sip.answer(request, responseTo(request, 200));
      return request.method === 'NOTIFY';
    };
    await heldAndBack();
    assert.deepEqual(said().slice(5), ['hold'], 'it is told nothing more');
    await desk.must('hangup');
    await caller.until('CALL_CLOSED');
    // The customer has called before.
    const record = await until('its record', async () => [await house.record('+8613800001002')].find((newest) => newest.callId === callId));
    agree(house, record, [desk]);
  });

  test('that takes no word for it retrieves by hand what it holds: its desk joins nobody with silence', async () => {
    const phone = keep(await SipPhone.open({ user: '8001', password: DEMO_PASSWORD, talk: false, server: house.sip }));
    await phone.registered();
    const [desk, caller] = [await readyDesk('8001'), await customer('13900000010')];
    await toTheQueue(caller);
    const call = await phone.ringing();
    call.answer();
    call.rtp.play(AGENT_HZ);
    await desk.until('callEstablished');
    assert.ok(await caller.hears(AGENT_HZ));
    assert.equal(await call.hold(), 200);
    await desk.until('callHeld');
    const { ok, error } = await desk.send('retrieve');
    assert.deepEqual([ok, error?.code], [false, 'retrieve_at_phone']);
    const before = caller.heardSeconds(AGENT_HZ);
    call.rtp.forget();
    assert.equal(await call.rtp.hears(CALLER_HZ, 700), false, 'she is on hold');
    assert.ok(caller.heardSeconds(AGENT_HZ) < before + 0.3);
    assert.equal(await call.retrieve(), 200);
    await desk.until('callRetrieved');
    await until('her to be heard again', () => caller.heardSeconds(AGENT_HZ) > before + 0.4, 5_000);
    await caller.hangUp();
    agree(house, await house.record('+8613900000010'), [desk]);
  });

  test('that transfers to a colleague brings the customer to her, with all that is known', async () => {
    const [first, desk, caller] = [await deskPhone('8001'), await readyDesk('8001'), await customer('13900000008')];
    await toTheQueue(caller);
    await first.until('CALL_INCOMING');
    await first.accept();
    await desk.until('callEstablished');
    const [second, nextDesk] = [await deskPhone('8002'), await readyDesk('8002')];
    await desk.must('setData', { data: { wish: 'new plan' } });
    await first.transfer('8002');
    await second.until('CALL_INCOMING');
    const pop = await nextDesk.until('screenPop');
    assert.equal(pop.data.data.wish, 'new plan');
    await second.accept();
    await nextDesk.until('callEstablished');
    assert.ok(await second.hears(CALLER_HZ));
    await first.until('CALL_CLOSED');
    await caller.hangUp();
    const record = await house.record('+8613900000008');
    assert.equal(record.agentId, 'demo:8002');
    agree(house, record, [desk, nextDesk]);
  });
});

/** Still in a queue, as the journal tells it. */
function waits(callId: string): boolean {
  const events = journalOf(house).map(({ event }) => event);
  return (
    !events.some((event) => event.type === 'callLeftQueue' && event.callId === callId) &&
    !events.some((event) => event.type === 'callEnded' && event.callId === callId)
  );
}

overflowing(() => house);
together(() => house);

test('of all these calls the ledger has counted each once, and every second of every agent in one way alone', async () => {
  const now = Date.now();
  const span = `from=${new Date(now - 3_600_000).toISOString()}&to=${new Date(now + 300_000).toISOString()}`;
  const proved = (await house.get(`/api/v1/reports/reconciliation?${span}`)) as { reconciled: boolean; intervals: number; differences: object[] };
  assert.deepEqual(proved.differences, []);
  assert.ok(proved.intervals > 0, 'something was counted');
  const arrived = new Set(journalOf(house).flatMap(({ event }) => (event.type === 'callArrived' ? [event.callId] : [])));
  const { items } = (await house.get(`/api/v1/reports/tenant?interval=total&channel=all&${span}`)) as {
    items: { calls: { arrived: number; open: number; served: number }; contacts: { answered: number }; handling: { fromQueue: number; talkMs: number } }[];
  };
  const [line] = items;
  assert.equal(line?.calls.arrived, arrived.size);
  assert.equal(line?.contacts.answered, line?.handling.fromQueue);
  assert.ok((line?.calls.served ?? 0) > 3 && (line?.handling.talkMs ?? 0) > 3_000, JSON.stringify(line));
});
