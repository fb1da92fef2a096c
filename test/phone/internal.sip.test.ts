/** Agents call each other from their phones: the rim and the rooms, against our SIP server. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FloorHouse } from '../support/floor-house.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { agentId, passwordOf } from '../support/phone-directory.ts';

let house: FloorHouse;
const phoneSettings = { '8002': { autoAnswer: 'customers', userToUser: true }, '8003': { autoAnswer: 'always' } } as const;
beforeEach(async () => {
  house = await FloorHouse.open({ trustedTrunks: ['127.0.0.2'], phoneSettings });
});
afterEach(async () => {
  await house.close();
  assert.equal(house.rooms.calls.size, 0, 'no call is left');
  assert.equal(house.media.endpoints.size, 0, 'no endpoint is left');
});

describe('an agent dials a colleague from her phone', () => {
  it('her phone hears it ring, is answered when the colleague answers, and both are joined and on record', async () => {
    const [one, two] = [await house.agent('8001'), await house.agent('8002')];
    const dialled = await one.call('8002');
    const ringing = await two.ringing();
    assert.equal(ringing.caller, '8001');
    assert.equal(ringing.incoming?.headers.get('Alert-Info'), '<urn:alert:source:internal>');
    await house.until(() => one.sip.seen.some(({ message }) => message.kind === 'response' && message.status === 180), 'ringing in her ear');
    assert.equal(house.stateOf('8001'), 'not_ready own_call');
    assert.equal(house.stateOf('8002'), 'offered');
    ringing.answer();
    await dialled.answered();
    const { callId } = await house.fact('legsJoined');
    assert.equal(house.stateOf('8002'), 'talking');
    await dialled.hangUp();
    await ringing.ended();
    await house.until(() => house.record(callId) !== undefined, 'the record');
    const record = house.record(callId);
    assert.deepEqual([record?.caller.number, record?.callee.number, record?.trunk, record?.ending.cause], ['8001', '8002', 'phone', 'normal']);
    assert.deepEqual(
      record?.agents.map((agent) => agent.agentId),
      [agentId('8002')],
    );
    assert.deepEqual([house.stateOf('8001'), house.stateOf('8002')], ['ready', 'ready']);
  });

  it('who refuses, is busy or does not exist: her phone hears which', async () => {
    const [one, two] = [await house.agent('8001'), await house.agent('8002')];
    for (const status of [603, 486]) {
      const dialled = await one.call('8002');
      (await two.ringing()).reject(status);
      assert.equal((await dialled.ended()).status, status);
      house.take({ type: 'agentWentReady', agentId: agentId('8002') });
    }
    assert.equal((await (await one.call('8009')).ended()).status, 404);
    assert.equal((await (await one.call('8001')).ended()).status, 486, 'herself');
  });

  it('who has signed in nowhere still has a phone', async () => {
    const one = await house.agent('8001');
    const two = await house.phone('8002', { password: passwordOf('8002') });
    await two.registered();
    const dialled = await one.call('8002');
    const ringing = await two.ringing();
    ringing.answer();
    await dialled.answered();
    await house.fact('legsJoined');
    await ringing.hangUp();
    assert.equal((await dialled.ended()).by, 'them');
  });

  it('and gives up while it rings: the colleague stops ringing and is ready again', async () => {
    const [one, two] = [await house.agent('8001'), await house.agent('8002')];
    const dialled = await one.call('8002');
    const ringing = await two.ringing();
    await dialled.hangUp();
    assert.equal((await ringing.ended()).by, 'them');
    await house.until(() => house.stateOf('8002') === 'ready' && house.stateOf('8001') === 'ready', 'both ready');
  });

  it('a stranger, a trunk and another tenant do not reach her extension', async () => {
    await house.agent('8002');
    assert.equal((await (await (await house.phone('81')).call('8002')).ended()).status, 401);
  });
});

describe('how her phone is rung', () => {
  it('it answers customers’ calls by itself where that is set, and is told the data of the call; colleagues ring it', async () => {
    const customer = await house.phone('013800001001', { address: '127.0.0.2' });
    const [one, two, three] = [await house.agent('8001'), await house.agent('8002'), await house.agent('8003')];
    house.take({ type: 'agentSignedOut', agentId: agentId('8001') });
    house.take({ type: 'agentWentNotReady', agentId: agentId('8003'), reason: 'meal' });
    const sly = [
      ['Alert-Info', '<http://x>;info=alert-autoanswer'],
      ['Call-Info', '<sip:x>;answer-after=0'],
      ['User-to-User', '6f6b;encoding=hex'],
      ['Require', 'uui'],
      ['Diversion', '<sip:13900000001@c>'],
    ] as const;
    const outside = await customer.call('10086', [...sly]);
    const served = await two.ringing();
    assert.deepEqual(header(served, 'Call-Info'), '<sip:127.0.0.1>;answer-after=0');
    assert.match(header(served, 'Alert-Info') ?? '', /^<http:\/\/127\.0\.0\.1>;info=alert-autoanswer/);
    assert.equal(header(served, 'User-to-User'), '6f6b;encoding=hex');
    const { callId } = await house.fact('callArrived');
    assert.deepEqual(house.rooms.calls.get(callId)?.data, { uui: 'ok', diverted_from: '+8613900000001' });
    await outside.hangUp();
    await served.ended();
    for (const [phone, number, answers] of [
      [two, '8002', undefined],
      [three, '8003', '<sip:127.0.0.1>;answer-after=0'],
    ] as const) {
      await house.until(() => house.stateOf(number) !== 'offered', 'free');
      const dialled = await one.call(number, [...sly]);
      const ringing = await phone.ringing();
      assert.equal(header(ringing, 'Call-Info'), answers);
      await dialled.hangUp();
      await ringing.ended();
    }
  });
});

const header = (call: PhoneCall, name: string): string | undefined => call.incoming?.headers.get(name);
