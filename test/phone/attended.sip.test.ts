/** Attended transfer (REFER with Replaces) and phones that take a leg's place (INVITE with Replaces): the rim and the rooms, against our SIP server. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FloorHouse } from '../support/floor-house.ts';
import type { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { agentId } from '../support/phone-directory.ts';

let house: FloorHouse;
let customer: SipPhone;
let one: SipPhone;
let two: SipPhone;

beforeEach(async () => {
  house = await FloorHouse.open({ trustedTrunks: ['127.0.0.2'] });
  customer = await house.phone('013800001001', { address: '127.0.0.2' });
  [one, two] = [await house.agent('8001'), await house.agent('8002')];
});
afterEach(async () => {
  await house.close();
  assert.equal(house.rooms.calls.size, 0, 'no call is left');
  assert.equal(house.media.endpoints.size, 0, 'no endpoint is left');
});

/** A customer talks with 8001. */
async function served(): Promise<{ callId: string; outside: PhoneCall; first: PhoneCall }> {
  const outside = await customer.call('10086');
  const { callId } = await house.fact('callArrived');
  await outside.answered();
  house.take({ type: 'dataSet', callId, data: { order: '77' }, by: 'flow' });
  const first = await one.ringing();
  first.answer();
  await house.fact('legsJoined');
  return { callId, outside, first };
}

/** As `served`, with the customer on hold and 8001 talking to 8002. */
async function consulted(): Promise<{ callId: string; outside: PhoneCall; first: PhoneCall; second: PhoneCall; colleague: PhoneCall }> {
  const { callId, outside, first } = await served();
  assert.equal(await first.hold(), 200);
  const second = await one.call('8002');
  const colleague = await two.ringing();
  colleague.answer();
  await second.answered();
  await house.fact('legsJoined', (event) => event.callId !== callId);
  return { callId, outside, first, second, colleague };
}

const replacing = (call: PhoneCall): string => {
  const { callId, toTag, fromTag } = call.names;
  return `sip:8002@127.0.0.1?Replaces=${encodeURIComponent(`${callId};to-tag=${toTag};from-tag=${fromTag}`)}`;
};

describe('attended transfer', () => {
  it('joins the customer with the colleague, ends both legs of the transferrer, and keeps data and record with the call', async () => {
    const { callId, outside, first, second, colleague } = await consulted();
    assert.equal(await first.refer(replacing(second)), 202);
    assert.deepEqual(await first.transferred(), ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK']);
    await first.ended();
    await second.ended();
    assert.deepEqual([outside.state, colleague.state], ['up', 'up']);
    const call = house.rooms.calls.get(callId as never);
    assert.deepEqual(call?.data, { order: '77' });
    assert.equal(house.commandsOf('joinLegs').at(-1)?.legIds.join(), call?.joined?.join());
    assert.equal(house.stateOf('8002'), 'talking');
    assert.equal(house.rooms.desk.snapshot(agentId('8002'))?.call?.pop.callId, callId);
    assert.equal(house.rooms.desk.snapshot(agentId('8002'))?.call?.pop.data.order, '77');
    await colleague.hangUp();
    await outside.ended();
    await house.until(() => house.record(callId) !== undefined, 'the record');
    const record = house.record(callId);
    assert.deepEqual(record?.data, { order: '77' });
    assert.deepEqual(
      record?.agents.map((agent) => agent.agentId),
      [agentId('8001'), agentId('8002')],
    );
    assert.deepEqual(
      record?.legs.map(({ ending }) => ending.cause),
      ['normal', 'transferred', 'normal'],
    );
    const { from } = await house.fact('callsMerged');
    await house.until(() => house.record(from) !== undefined, 'the record of the consultation');
    assert.equal(house.record(from)?.ending.cause, 'transferred');
    assert.deepEqual([house.stateOf('8001'), house.stateOf('8002')], ['ready', 'ready']);
  });

  it('asked for in the other of her two calls does the same', async () => {
    const { callId, outside, first, second, colleague } = await consulted();
    assert.equal(await second.refer(replacing(first)), 202);
    await first.ended();
    await second.ended();
    assert.equal(house.rooms.calls.get(callId as never)?.legs.size, 3);
    await outside.hangUp();
    await colleague.ended();
  });

  it('while the colleague still rings: the customer waits with her until she answers (semi-attended)', async () => {
    const { callId, outside, first } = await served();
    await first.hold();
    const second = await one.call('8002');
    const colleague = await two.ringing();
    await second.ringback();
    assert.equal(await first.refer(replacing(second)), 202);
    await second.ended();
    assert.equal(first.state, 'up', 'her leg stays until somebody took over');
    assert.equal(colleague.state, 'trying', 'she rings on');
    colleague.answer();
    assert.deepEqual(await first.transferred(), ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK']);
    await first.ended();
    await house.until(() => house.rooms.calls.get(callId as never)?.joined?.[1] !== undefined, 'joined');
    await outside.hangUp();
    await colleague.ended();
  });

  it('while the colleague still rings, who then refuses: the phone hears so and has the customer back', async () => {
    const { outside, first } = await served();
    await first.hold();
    const second = await one.call('8002');
    const colleague = await two.ringing();
    await second.ringback();
    assert.equal(await first.refer(replacing(second)), 202);
    await second.ended();
    colleague.reject(486);
    assert.deepEqual(await first.transferred(), ['SIP/2.0 100 Trying', 'SIP/2.0 486 Busy Here']);
    assert.equal(await first.retrieve(), 200);
    assert.deepEqual([outside.state, first.state], ['up', 'up']);
    await outside.hangUp();
    await first.ended();
  });

  it('B17: to an unknown dialog, to its own, or to one that is over is refused, and the call stays up', async () => {
    const { outside, first, second, colleague } = await consulted();
    assert.equal(await first.refer('sip:8002@127.0.0.1?Replaces=no-such%3Bto-tag%3Da%3Bfrom-tag%3Db'), 603);
    assert.equal(await first.refer('sip:8002@127.0.0.1?Replaces=%E0%A4%A'), 400);
    assert.equal(await first.refer(replacing(first)), 603);
    assert.equal(await first.refer(replacing(colleague)), 603, "a colleague's leg is not hers");
    const dead = replacing(second);
    await colleague.hangUp();
    await second.ended();
    assert.equal(await first.refer(dead), 603);
    assert.equal(house.facts.filter(({ type }) => type === 'attendedTransferAsked').length, 0);
    assert.equal(await first.retrieve(), 200);
    assert.deepEqual([outside.state, first.state], ['up', 'up']);
    await outside.hangUp();
    await first.ended();
  });

  it('a party whom she dialled is sent on blindly too', async () => {
    const three = await house.agent('8003');
    const dialled = await one.call('8002');
    const colleague = await two.ringing();
    colleague.answer();
    await dialled.answered();
    await house.fact('legsJoined');
    assert.equal(await dialled.refer('sip:8003@127.0.0.1'), 202);
    const third = await three.ringing();
    third.answer();
    assert.deepEqual(await dialled.transferred(), ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK']);
    await dialled.ended();
    await third.hangUp();
    await colleague.ended();
  });
});

describe('INVITE with Replaces', () => {
  const header = (call: PhoneCall, more = ''): (readonly [string, string])[] => {
    const { callId, toTag, fromTag } = call.names;
    return [
      ['Replaces', `${callId};to-tag=${toTag};from-tag=${fromTag}${more}`],
      ['Require', 'replaces'],
    ];
  };

  it('B22: a page that was loaded anew takes its call again, and the customer stays on the line', async () => {
    const { callId, outside, first } = await served();
    const again = await house.phone('8001', { password: 'secret-8001' });
    const call = await again.call('8001', header(first));
    await call.answered();
    await first.ended();
    await house.until(() => house.stateOf('8001') === 'talking', 'talking');
    assert.equal(house.rooms.calls.get(callId as never)?.joined?.length, 2);
    assert.equal(house.rooms.desk.snapshot(agentId('8001'))?.call?.phase, 'established');
    assert.equal(outside.state, 'up');
    await outside.hangUp();
    await call.ended();
    await house.until(() => house.stateOf('8001') === 'ready', 'ready');
  });

  it('picks up what rings at a colleague', async () => {
    const outside = await customer.call('10086');
    const { callId } = await house.fact('callArrived');
    await outside.answered();
    const ringing = await one.ringing();
    await house.fact('legRinging');
    const picked = await two.call('8001', header(ringing));
    await picked.answered();
    assert.equal((await ringing.ended()).by, 'them');
    await house.until(() => house.stateOf('8002') === 'talking' && house.stateOf('8001') === 'ready', 'one picked up for the other');
    assert.equal(house.rooms.calls.get(callId)?.waiting, false);
    await picked.hangUp();
    await outside.ended();
  });

  it('picks up a call between colleagues that still rings', async () => {
    const three = await house.agent('8003');
    const dialled = await one.call('8002');
    const ringing = await two.ringing();
    await house.fact('legRinging');
    const picked = await three.call('8002', header(ringing));
    await picked.answered();
    await dialled.answered();
    await ringing.ended();
    await house.fact('legsJoined');
    await dialled.hangUp();
    await picked.ended();
  });

  it('RFC 3891: 481 for what never was, 603 for what is over, 486 for early-only, 400 for nonsense', async () => {
    const { outside, first } = await served();
    const status = async (headers: (readonly [string, string])[]): Promise<number | null> => (await (await two.call('8001', headers)).ended()).status;
    assert.equal(await status([['Replaces', 'no-such;to-tag=a;from-tag=b']]), 481);
    assert.equal(await status([['Replaces', `${first.names.callId};to-tag=a;from-tag=b`]]), 481);
    assert.equal(await status([['Replaces', 'nonsense']]), 400);
    assert.equal(await status(header(first, ';early-only')), 486);
    assert.equal(await status(header(outside)), 481, "a customer's leg is nobody's to take");
    await house.agent('8003');
    const early = await one.call('8003');
    await early.ringback();
    assert.equal(await status(header(early)), 481, 'an early dialog that its own phone began');
    await early.hangUp();
    const dead = header(first);
    await outside.hangUp();
    await first.ended();
    await house.until(() => house.rooms.calls.size === 0, 'over');
    assert.equal(await status(dead), 603);
  });

  it('is nothing a trunk may ask for', async () => {
    const { outside, first } = await served();
    assert.equal((await (await customer.call('10086', header(first))).ended()).status, 481);
    assert.equal(first.state, 'up');
    await outside.hangUp();
    await first.ended();
  });
});
