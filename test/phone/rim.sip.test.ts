/** The phone rim against our SIP server and test phones on loopback; its media server answers without a sound. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { asId, type CallId, type LegId, legIdOf, type OfferId } from '../../kernel/ids.ts';
import type { Call, CallsView } from '../../src/call/call.ts';
import type { CommandOf } from '../../src/vocabulary.ts';
import { type PhoneOptions, SipPhone } from '../support/phone.ts';
import { agentId, demo, passwordOf } from '../support/phone-directory.ts';
import { FakeMedia, RimHouse, type RimOptions } from '../support/phone-rim.ts';

let house: RimHouse;
let media: FakeMedia;
let phones: SipPhone[];

async function open(options: RimOptions = {}): Promise<void> {
  media = new FakeMedia();
  house = await RimHouse.open({ trustedTrunks: ['127.0.0.1'], media, ...options });
}

async function phone(user: string, options: Partial<PhoneOptions> = {}): Promise<SipPhone> {
  const opened = await SipPhone.open({ user, server: house.server, ...options });
  phones.push(opened);
  return opened;
}

async function registered(user: string, options: Partial<PhoneOptions> = {}): Promise<SipPhone> {
  const opened = await phone(user, { password: passwordOf(user), ...options });
  await opened.registered();
  return opened;
}

const callId = asId<CallId>('c-test');
let legs = 0;
function ring(number: string, options: Partial<CommandOf<'ringLeg'>> = {}): LegId {
  legs += 1;
  const legId = legIdOf(callId, legs);
  const from = { number: '81', name: '王先生 "VIP"' };
  house.phone.carriers.ringLeg({
    type: 'ringLeg',
    callId,
    legId,
    offerId: asId<OfferId>('o'),
    agentId: agentId(number),
    from,
    tenantId: demo,
    timeoutMs: 10_000,
    ...options,
  });
  return legId;
}

const release = (legId: LegId, cause: CommandOf<'releaseLeg'>['cause'] = 'normal'): void | Promise<void> =>
  house.phone.carriers.releaseLeg({ type: 'releaseLeg', callId, legId, cause, by: 'server' });

async function standing(options: RimOptions = {}): Promise<{ desk: SipPhone; call: Awaited<ReturnType<SipPhone['ringing']>>; legId: LegId }> {
  await open(options);
  const desk = await registered('8001');
  const legId = ring('8001');
  const call = await desk.ringing();
  call.answer();
  await house.until('legAnswered');
  return { desk, call, legId };
}

beforeEach(() => {
  phones = [];
});
afterEach(async () => {
  for (const one of phones) await one.close();
  await house.close();
  assert.equal(house.phone.status().legs, 0, 'no leg is left');
  assert.equal(media.endpoints.size, 0, 'no endpoint is left');
  const ends = house.events.flatMap((event) => (event.type === 'legEnded' ? [event.legId] : []));
  assert.equal(new Set(ends).size, ends.length, 'each leg ended once');
});

describe('registering', () => {
  for (const algorithm of ['MD5', 'SHA-256'] as const)
    it(`works with ${algorithm}`, async () => {
      await open();
      await registered('8001', { algorithm });
      assert.equal((await house.until('phoneReachable')).agentId, agentId('8001'));
      assert.equal(house.phone.status().contacts, 1);
    });

  it('is refused with a wrong password as for an unknown user', async () => {
    await open();
    for (const user of ['8001', '9999']) assert.equal((await (await phone(user, { password: 'wrong' })).register()).status, 401);
    assert.deepEqual(house.events, []);
  });

  it('of the last contact away makes the phone lost', async () => {
    await open();
    const desk = await registered('8001');
    assert.equal((await desk.register(0)).status, 200);
    await house.until('phoneLost');
  });

  it('makes agents with a fixed phone reachable from the start', async () => {
    await open({ staticPhones: { '8100': 'sip:8100@127.0.0.1:9' } });
    assert.equal((await house.until('phoneReachable')).agentId, agentId('8100'));
  });
});

describe('a call to us', () => {
  it('from a trunk arrives with caller, callee and tenant, is answered, and ends when the caller hangs up', async () => {
    await open();
    const customer = await phone('013800001001', { name: '李 女士' });
    const call = await customer.call('10086');
    const arrived = await house.until('callArrived');
    assert.deepEqual(arrived.caller, { number: '+8613800001001', raw: '013800001001', name: '李 女士' });
    assert.deepEqual([arrived.callee, arrived.tenantId, arrived.trunk, arrived.sipCallId], [{ number: '10086', raw: '10086' }, demo, '127.0.0.1', call.callId]);
    house.phone.carriers.answerLeg({ type: 'answerLeg', callId: arrived.callId, legId: arrived.legId });
    await call.answered();
    await house.until('legAnswered');
    await call.hangUp();
    assert.deepEqual((await house.until('legEnded')).ending, { cause: 'normal', by: 'far_end', q850: 16 });
  });

  it('answered and released in the very turn it arrives in ends once', async () => {
    await open({
      react: (event, rim) => {
        if (event.type !== 'callArrived') return;
        rim.carriers.answerLeg({ type: 'answerLeg', callId: event.callId, legId: event.legId });
        rim.carriers.releaseLeg({ type: 'releaseLeg', callId: event.callId, legId: event.legId, cause: 'busy', by: 'server' });
      },
    });
    const call = await (await phone('81')).call('10086');
    assert.equal((await call.ended()).status, 486);
  });

  it('without an offer is answered with ours and stands when its ACK brings the answer', async () => {
    await open({
      react: (event, rim) => event.type === 'callArrived' && rim.carriers.answerLeg({ type: 'answerLeg', callId: event.callId, legId: event.legId }),
    });
    const call = await (await phone('81')).call('10086', [], false);
    await call.answered();
    const { legId } = await house.until('legAnswered');
    assert.deepEqual(media.accepted, [legId]);
  });

  it('that the caller gives up before our answer ends as abandoned', async () => {
    await open();
    const call = await (await phone('81')).call('10086');
    const { legId } = await house.until('callArrived');
    await call.hangUp();
    const ended = await house.until('legEnded');
    assert.deepEqual([ended.legId, ended.ending.cause, ended.ending.by], [legId, 'abandoned', 'far_end']);
    house.phone.carriers.answerLeg({ type: 'answerLeg', callId: ended.callId, legId });
  });

  it('is hung up by us with a Reason', async () => {
    await open({
      react: (event, rim) => event.type === 'callArrived' && rim.carriers.answerLeg({ type: 'answerLeg', callId: event.callId, legId: event.legId }),
    });
    const call = await (await phone('81')).call('10086');
    const { legId } = await house.until('legAnswered');
    release(legId, 'dialplan_end');
    release(legId, 'dialplan_end');
    assert.deepEqual(await call.ended(), { by: 'them', status: null, reason: 'Q.850;cause=16;text="dialplan_end"' });
    assert.equal(house.count('legEnded'), 1);
  });

  it('from a stranger is challenged, whatever number it asks for, and no call begins', async () => {
    await open({ trustedTrunks: [] });
    for (const number of ['10086', '99999']) assert.equal((await (await (await phone('81')).call(number)).ended()).status, 401);
    assert.deepEqual(house.events, []);
  });

  it('from an agent is let in by her password and carries her number, whatever From says', async () => {
    await open({ trustedTrunks: [] });
    const desk = await phone('8001', { password: passwordOf('8001'), name: 'Boss' });
    await desk.call('10086', [['P-Asserted-Identity', '<sip:13900000000@x>']]);
    const { caller, trunk } = await house.until('callArrived');
    assert.deepEqual([caller, trunk], [{ number: '8001', raw: '8001', name: '坐席8001' }, 'phone']);
  });

  it("from an agent does not reach another tenant's number", async () => {
    await open({ trustedTrunks: [] });
    assert.equal((await (await (await phone('8001', { password: passwordOf('8001') })).call('10010')).ended()).status, 404);
  });

  it('to a number nobody has is refused with 404', async () => {
    await open();
    assert.equal((await (await (await phone('81')).call('99999')).ended()).status, 404);
  });

  it('F8: is refused with 503 while it must be recorded and there is no room, and taken again when there is; calls that are up go on', async () => {
    let room = true;
    await open({ recordable: () => room });
    const up = await (await phone('81')).call('10086');
    const { callId, legId } = await house.until('callArrived');
    house.phone.carriers.answerLeg({ type: 'answerLeg', callId, legId });
    await up.answered();
    room = false;
    assert.equal((await (await (await phone('82')).call('10086')).ended()).status, 503);
    assert.equal(up.state, 'up');
    room = true;
    await (await phone('83')).call('10086');
    assert.equal((await house.until('callArrived')).caller.raw, '83');
  });

  it('is refused with 503 while draining', async () => {
    await open();
    house.phone.drain();
    assert.equal((await (await (await phone('81')).call('10086')).ended()).status, 503);
  });
});

describe('a call to an agent', () => {
  it('rings her phone as the caller, and stands when she answers', async () => {
    await open();
    const desk = await registered('8001');
    const legId = ring('8001');
    const call = await desk.ringing();
    assert.equal(call.caller, '81');
    const header = (name: string): string | undefined => call.incoming?.headers.get(name);
    assert.match(header('From') ?? '', /^"王先生 \\"VIP\\"" <sip:81@127\.0\.0\.1>;tag=/);
    assert.deepEqual([header('X-Huawu-Call-Id'), header('Alert-Info')], ['c-test', '<urn:alert:source:external>']);
    assert.equal((await house.until('legRinging')).legId, legId);
    call.answer();
    assert.equal((await house.until('legAnswered')).legId, legId);
    release(legId);
    assert.equal((await call.ended()).reason, 'Q.850;cause=16;text="normal"');
  });

  it('rings all her phones; the first answer wins and the others hear that it was answered elsewhere', async () => {
    await open();
    const [one, two] = [await registered('8001'), await registered('8001')];
    ring('8001');
    const [first, second] = [await one.ringing(), await two.ringing()];
    second.answer();
    await house.until('legAnswered');
    assert.deepEqual(await first.ended(), { by: 'them', status: 487, reason: 'SIP;cause=200;text="Call completed elsewhere"' });
    assert.equal(house.count('legRinging'), 1);
    await second.hangUp();
    assert.equal((await house.until('legEnded')).ending.by, 'far_end');
  });

  it('that both her phones answer at once is given to one, and the other is hung up', async () => {
    await open();
    const [one, two] = [await registered('8001'), await registered('8001')];
    ring('8001');
    const calls = [await one.ringing(), await two.ringing()];
    for (const call of calls) call.answer();
    await house.until('legAnswered');
    const over = await Promise.race(calls.map((call) => call.ended().then(() => call)));
    assert.equal(calls.filter((call) => call.state === 'up').length, 1);
    assert.equal(over.state, 'ended');
    assert.equal(house.count('legEnded'), 0);
  });

  for (const [status, cause] of [
    [486, 'busy'],
    [603, 'rejected'],
    [480, 'unreachable'],
    [488, 'incompatible_media'],
  ] as const)
    it(`that she refuses with ${status} ends as ${cause}`, async () => {
      await open();
      const desk = await registered('8001');
      ring('8001');
      (await desk.ringing()).reject(status);
      const { ending } = await house.until('legEnded');
      assert.deepEqual([ending.cause, ending.by, ending.sip], [cause, 'far_end', status]);
    });

  it('that one phone declines for all stops the other ringing', async () => {
    await open();
    const [one, two] = [await registered('8001'), await registered('8001')];
    ring('8001');
    const [first, second] = [await one.ringing(), await two.ringing()];
    first.reject(603);
    await second.ended();
    assert.equal((await house.until('legEnded')).ending.cause, 'rejected');
  });

  it('that nobody answers ends as no_answer after its time, and her phone stops', async () => {
    await open();
    const desk = await registered('8001');
    ring('8001', { timeoutMs: 300 });
    const call = await desk.ringing();
    assert.deepEqual((await house.until('legEnded')).ending, { cause: 'no_answer', by: 'server', q850: 19 });
    assert.equal((await call.ended()).reason, 'Q.850;cause=19;text="no_answer"');
  });

  it('B11: whose phone vanishes while it rings ends as no_answer after its time, and the phone hears the CANCEL when it is back', async () => {
    await open();
    const desk = await registered('8001');
    const legId = ring('8001', { timeoutMs: 300 });
    const call = await desk.ringing();
    await house.until('legRinging');
    desk.unplug();
    const ended = await house.until('legEnded');
    assert.deepEqual([ended.legId, ended.ending], [legId, { cause: 'no_answer', by: 'server', q850: 19 }]);
    assert.equal(house.phone.status().legs, 0);
    // The CANCEL goes out again and again for 32 s (RFC 3261 §17.1.2.2): one of its copies comes after the cable is in.
    desk.sip.unplugged = false;
    assert.equal((await call.ended()).reason, 'Q.850;cause=19;text="no_answer"');
  });

  it('without any phone ends as unreachable at once', async () => {
    await open();
    ring('8001');
    assert.equal((await house.until('legEnded', 100)).ending.cause, 'unreachable');
  });

  it('to a phone that vanished ends as unreachable after 4 s, not 32', async () => {
    await open();
    const desk = await registered('8001');
    desk.unplug();
    ring('8001', { timeoutMs: 30_000 });
    assert.equal((await house.until('legEnded', 5_000)).ending.cause, 'unreachable');
  });

  it('taken back while it rings is cancelled', async () => {
    await open();
    const desk = await registered('8001');
    const legId = ring('8001');
    const call = await desk.ringing();
    release(legId, 'answered_elsewhere');
    assert.equal((await call.ended()).reason, 'SIP;cause=200;text="Call completed elsewhere"');
  });

  it('answered in the moment it is taken back is hung up, and ends once', async () => {
    await open();
    const desk = await registered('8001');
    const legId = ring('8001');
    const call = await desk.ringing();
    call.answer();
    release(legId);
    assert.equal((await call.ended()).by, 'them');
    assert.equal(house.count('legAnswered'), 0);
  });

  it('taken back before the INVITE left never rings, or stops at once', async () => {
    await open();
    const desk = await registered('8001');
    release(ring('8001'));
    await house.until('legEnded');
    await assert.rejects(desk.ringing(300));
  });

  it('goes to where the phone registered from when its contact is private', async () => {
    await open();
    const desk = await registered('8001', { contactHost: '192.0.2.77' });
    ring('8001');
    const call = await desk.ringing();
    assert.match(call.incoming?.uri ?? '', /^sip:8001@192\.0\.2\.77:/);
    call.answer();
    await house.until('legAnswered');
  });

  it('is picked up from the desk by NOTIFY talk where the phone understands it', async () => {
    await open();
    await registered('8001');
    const legId = ring('8001');
    await house.until('legRinging');
    assert.equal(house.phone.canPickUp(legId), true);
    house.phone.carriers.pickUpLeg({ type: 'pickUpLeg', callId, legId });
    assert.equal((await house.until('legAnswered')).legId, legId);
  });

  it('cannot be picked up from the desk where the phone does not understand it', async () => {
    await open();
    await registered('8001', { talk: false });
    const legId = ring('8001');
    await house.until('legRinging');
    assert.equal(house.phone.canPickUp(legId), false);
  });
});

describe('a call to a number', () => {
  function dial(target: string): LegId {
    legs += 1;
    const legId = legIdOf(callId, legs);
    house.phone.carriers.dialLeg({ type: 'dialLeg', callId, legId, tenantId: demo, target, from: { number: '10086' }, timeoutMs: 10_000, account: 'flow' });
    return legId;
  }

  it('goes to the address a dialplan names', async () => {
    await open();
    const gateway = await phone('gateway');
    const legId = dial(gateway.contact);
    const call = await gateway.ringing();
    assert.equal(call.caller, '10086');
    call.answer();
    assert.equal((await house.until('legAnswered')).legId, legId);
  });

  it("rings an agent's phones when it is an agent's number", async () => {
    await open();
    const desk = await registered('8002');
    dial('8002');
    (await desk.ringing()).answer();
    await house.until('legAnswered');
  });

  it('ends as unreachable when there is no trunk', async () => {
    await open();
    dial('13800001009');
    assert.equal((await house.until('legEnded', 500)).ending.cause, 'unreachable');
  });
});

describe('in a call that stands', () => {
  it('the phone holds and retrieves', async () => {
    const { call, legId } = await standing();
    assert.equal(await call.hold(), 200);
    assert.equal((await house.until('legHeld')).legId, legId);
    assert.equal(await call.hold(), 200);
    assert.equal(await call.retrieve(), 200);
    await house.until('legRetrieved');
    assert.equal(house.count('legHeld'), 1, 'holding twice is told once');
  });

  it('B6: holding and retrieving that cross are done one after the other, and phone and server agree at the end', async () => {
    const { call } = await standing();
    let goOn = (): void => undefined;
    media.slowness = new Promise<void>((resolve) => (goOn = resolve));
    const holding = call.hold();
    assert.equal(await call.retrieve(), 500, 'RFC 3261 §14.2: the second of two that we have not answered yet');
    goOn();
    assert.equal(await holding, 200);
    await house.until('legHeld');
    assert.equal(house.count('legRetrieved'), 0);
    assert.equal(await call.retrieve(), 200);
    await house.until('legRetrieved');
    assert.deepEqual([house.count('legHeld'), house.count('legRetrieved')], [1, 1]);
  });

  it("an agent's phone transfers, is told how it went, and is released", async () => {
    const { call, legId } = await standing();
    assert.equal(await call.refer('sip:8002@127.0.0.1'), 202);
    const asked = await house.until('transferAsked');
    assert.deepEqual([asked.legId, asked.target], [legId, { kind: 'agent', agentId: agentId('8002') }]);
    release(legId, 'transferred');
    assert.deepEqual(await call.transferred(), ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK']);
    await call.ended();
  });

  it('a transfer to nowhere is refused and the call goes on', async () => {
    const { call } = await standing();
    assert.equal(await call.refer('sip:nobody@127.0.0.1'), 404);
    assert.equal(house.count('transferAsked'), 0);
    assert.equal(call.state, 'up');
  });

  it('a caller from outside may not transfer', async () => {
    await open({
      react: (event, rim) => event.type === 'callArrived' && rim.carriers.answerLeg({ type: 'answerLeg', callId: event.callId, legId: event.legId }),
    });
    const call = await (await phone('81')).call('10086');
    await call.answered();
    assert.equal(await call.refer('sip:0044123456@127.0.0.1'), 603);
    assert.equal(house.count('transferAsked'), 0);
  });

  it('B12: silence ends the leg only while two talk and nobody holds', async () => {
    const joined: LegId[] = [];
    const calls: CallsView = { get: () => ({ joined, legs: new Map() }) as Partial<Call> as Call, values: () => new Map<never, Call>().values(), size: 1 };
    const { call, legId } = await standing({ calls });
    house.phone.mediaTimedOut(legId, 30_000);
    joined.push(legId, legIdOf(callId, 0));
    assert.equal(await call.hold(), 200);
    house.phone.mediaTimedOut(legId, 30_000);
    assert.equal(await call.retrieve(), 200);
    assert.equal(house.count('legEnded'), 0);
    house.phone.mediaTimedOut(legId, 30_000);
    const { ending } = await house.until('legEnded');
    assert.equal(ending.cause, 'media_timeout');
    assert.ok(ending.lastHeardAt !== undefined && ending.lastHeardAt <= systemClock.now() - 30_000, 'the end says when it was last heard');
  });

  it('a change of media that cannot be is refused with 488, and the call goes on', async () => {
    const { call, legId } = await standing();
    media.refuseChanges = true;
    assert.equal(await call.hold(), 488);
    media.refuseChanges = false;
    assert.equal(await call.hold(), 200);
    assert.equal((await house.until('legHeld')).legId, legId);
  });

  it('a lost SIP server ends every leg with sip_failure, and new calls come when it is back', async () => {
    const { desk } = await standing();
    house.loseSip();
    assert.equal((await house.until('legEnded')).ending.cause, 'sip_failure');
    assert.equal(house.phone.status().connected, false);
    await house.restartSip();
    await until(() => house.phone.status().connected);
    ring('8001');
    await desk.ringing();
    await house.until('legRinging');
  });
});

describe('the connection to the SIP server', () => {
  it('is waited for when the server starts later than we do', async () => {
    await open();
    await registered('8001');
    house.loseSip();
    await until(() => !house.phone.status().connected);
    ring('8001');
    assert.equal((await house.until('legEnded')).ending.cause, 'sip_failure');
    await house.restartSip();
    await until(() => house.phone.status().connected);
    const call = await (await phone('81')).call('10086');
    await house.until('callArrived');
    await call.hangUp();
  });

  it('is refused with a wrong secret, and says which setting to mend', async () => {
    await open();
    await assert.rejects(house.startAnother('wrong'), /does not take our secret: give its DRACHTIO_SECRET/);
  });
});

describe('a connection to the SIP server that is cut', () => {
  const cut = async (): Promise<void> => {
    house.relay.cut();
    await until(() => !house.phone.status().connected);
  };
  const mended = async (): Promise<void> => {
    house.relay.mend();
    await until(() => house.phone.status().connected);
  };

  it('loses no call: what its phones ask meanwhile is answered then, what we ask goes out then, and each call ends as it would have', async () => {
    const { call, legId } = await standing({ cuttable: true });
    const other = await (await phone('81')).call('10086');
    const arrived = await house.until('callArrived');
    await cut();
    house.phone.carriers.answerLeg({ type: 'answerLeg', callId: arrived.callId, legId: arrived.legId });
    const holding = call.hold();
    await mended();
    assert.equal(await holding, 200);
    assert.equal((await house.until('legHeld')).legId, legId);
    await other.answered();
    // A frame that is under way when the cut comes is lost (sip/README.md): what is cut here is a connection at rest.
    await until(() => house.count('legAnswered') === 2);
    await cut();
    release(legId);
    const hangingUp = other.hangUp();
    await mended();
    await hangingUp;
    assert.match((await call.ended()).reason ?? '', /cause=16/);
    await until(() => house.count('legEnded') === 2);
    const ends = house.events.flatMap((event) => (event.type === 'legEnded' ? [event.ending.cause] : []));
    assert.deepEqual(ends, ['normal', 'normal']);
  });

  it('loses no phone that rings: she answers while it is cut, and talks', async () => {
    await open({ cuttable: true });
    const desk = await registered('8001');
    const legId = ring('8001');
    const call = await desk.ringing();
    await house.until('legRinging');
    await cut();
    call.answer();
    await mended();
    assert.equal((await house.until('legAnswered')).legId, legId);
    await call.hangUp();
    await house.until('legEnded');
  });

  it('takes new calls again, and one that begins when it is cut rings when it is mended', async () => {
    const { call } = await standing({ cuttable: true });
    const desk = await registered('8002');
    await cut();
    ring('8002');
    await mended();
    await desk.ringing();
    await house.until('legRinging');
    const next = await (await phone('81')).call('10086');
    await house.until('callArrived');
    await next.hangUp();
    await call.hangUp();
  });

  it('to a server that has forgotten us meanwhile ends what was there, once, and goes on anew', async () => {
    await standing({ cuttable: true });
    house.relay.cut();
    house.loseSip();
    await house.restartSip();
    house.relay.mend();
    assert.equal((await house.until('legEnded')).ending.cause, 'sip_failure');
    await until(() => house.phone.status().connected);
    await (await phone('81')).call('10086');
    await house.until('callArrived');
  });
});

describe('requests outside a call', () => {
  it('OPTIONS is answered, and everything that asks for more is refused', async () => {
    await open();
    const stranger = await phone('81');
    const statuses: Record<string, number> = {};
    for (const method of ['OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH', 'INFO', 'REFER', 'NOTIFY']) statuses[method] = (await stranger.ask(method)).status;
    assert.deepEqual(statuses, { OPTIONS: 200, MESSAGE: 405, SUBSCRIBE: 489, PUBLISH: 489, INFO: 481, REFER: 403, NOTIFY: 481 });
  });
});

async function until(condition: () => boolean, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('condition not met in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
