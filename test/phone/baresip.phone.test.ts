/** baresip as a desk phone of ours: what a phone that is not our own makes of the rim. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { asId, type CallId, legIdOf, type OfferId } from '../../kernel/ids.ts';
import { Baresip } from '../support/baresip.ts';
import { agentId, demo, passwordOf } from '../support/phone-directory.ts';
import { RimHouse } from '../support/phone-rim.ts';

let house: RimHouse;
let desk: Baresip;
const callId = asId<CallId>('c-test');
const legId = legIdOf(callId, 1);

async function registered(password = passwordOf('8001')): Promise<void> {
  house = await RimHouse.open();
  desk = await Baresip.start({ user: '8001', password, server: house.server, toneHz: 440 });
}

async function standing(): Promise<void> {
  await registered();
  await desk.registered();
  house.phone.carriers.ringLeg({
    ...{
      type: 'ringLeg',
      callId,
      legId,
      offerId: asId<OfferId>('o'),
      agentId: agentId('8001'),
      from: { number: '13800001001' },
      tenantId: demo,
      timeoutMs: 10_000,
    },
  });
  const ringing = await desk.until('CALL_INCOMING');
  assert.match(ringing.peeruri ?? '', /sip:13800001001@/);
  await desk.accept();
  await house.until('legAnswered');
}

afterEach(async () => {
  await desk?.stop();
  await house?.close();
});

describe('baresip as a desk phone', () => {
  it('registers with the challenge it understands', async () => {
    await registered();
    await desk.registered();
    assert.equal((await house.until('phoneReachable')).agentId, agentId('8001'));
  });

  it('does not register with a wrong password', async () => {
    await registered('wrong');
    await desk.registrationFailed();
    assert.deepEqual(house.events, []);
  });

  it('is rung, answers, and hangs up', async () => {
    await standing();
    await desk.hangUp();
    assert.deepEqual((await house.until('legEnded')).ending.by, 'far_end');
  });

  it('rejects as busy', async () => {
    await registered();
    await desk.registered();
    house.phone.carriers.ringLeg({
      ...{ type: 'ringLeg', callId, legId, offerId: asId<OfferId>('o'), agentId: agentId('8001'), from: { number: '1' }, tenantId: demo, timeoutMs: 10_000 },
    });
    await desk.until('CALL_INCOMING');
    await desk.hangUp();
    assert.match((await house.until('legEnded')).ending.cause, /^(busy|rejected)$/);
  });

  it('holds and resumes', async () => {
    await standing();
    await desk.hold();
    await house.until('legHeld');
    await desk.resume();
    await house.until('legRetrieved');
  });

  it('transfers blind', async () => {
    await standing();
    await desk.transfer('8002');
    assert.deepEqual((await house.until('transferAsked')).target, { kind: 'agent', agentId: agentId('8002') });
    house.phone.carriers.releaseLeg({ type: 'releaseLeg', callId, legId, cause: 'transferred', by: 'server' });
    await desk.until('CALL_CLOSED');
  });

  it('calls the hotline with her own number', async () => {
    await registered();
    await desk.registered();
    await desk.dial('10086');
    const { caller, legId: inbound, callId: call } = await house.until('callArrived');
    assert.equal(caller.number, '8001');
    house.phone.carriers.answerLeg({ type: 'answerLeg', callId: call, legId: inbound });
    await desk.until('CALL_ESTABLISHED');
  });
});
