/** A leg whose media server died, at the phone rim with our real SIP server: what its phone is told, and what becomes of the leg. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { asId, type CallId, type LegId, legIdOf, type OfferId } from '../../kernel/ids.ts';
import { MediaError } from '../../media/port.ts';
import { responseTo } from '../../sip/message/message.ts';
import { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { agentId, demo, passwordOf } from '../support/phone-directory.ts';
import { FakeMedia, RimHouse, type RimOptions } from '../support/phone-rim.ts';

let house: RimHouse;
let media: FakeMedia;
let phone: SipPhone;
const answerAndMove: NonNullable<RimOptions['react']> = (event, rim) => {
  if (event.type === 'callArrived') rim.carriers.answerLeg({ type: 'answerLeg', callId: event.callId, legId: event.legId });
  if (event.type === 'legMediaLost') rim.carriers.reanchorLeg({ type: 'reanchorLeg', callId: event.callId, legId: event.legId });
};

async function standing(protocol = 'RTP/AVP'): Promise<{ call: PhoneCall; legId: LegId }> {
  media = new FakeMedia(protocol);
  house = await RimHouse.open({ trustedTrunks: ['127.0.0.1'], media, react: answerAndMove });
  phone = await SipPhone.open({ user: '81', server: house.server });
  const call = await phone.call('10086');
  await call.answered();
  const { callId } = await house.until('legAnswered');
  return { call, legId: legIdOf(callId, 0) };
}
afterEach(async () => {
  await phone.close();
  await house.close();
});

/** What the phone answers to re-INVITEs, one after another; then as it would itself. Returns the bodies it was sent. */
function scripted(...statuses: number[]): string[] {
  const offers: string[] = [];
  phone.onNotify = (request) => {
    if (request.method !== 'INVITE') return false;
    offers.push(request.body.toString());
    const status = statuses.shift();
    if (status === undefined) return false;
    phone.sip.answer(request, responseTo(request, status, 'x'));
    return true;
  };
  return offers;
}

describe('A11: a leg whose media server died', () => {
  it('is told the new endpoint by re-INVITE and goes on', async () => {
    const { call, legId } = await standing();
    const offers = scripted();
    media.endpoints.clear();
    house.phone.endpointLost(legId);
    await house.until('legMediaRestored');
    assert.ok(media.endpoints.has(legId) && media.accepted.includes(legId));
    assert.equal(offers.length, 1);
    assert.equal(call.state, 'up');
    assert.equal(await call.hold(), 200, 'and its phone may hold as before');
  });

  for (const [profile, protocol] of [
    ['sdes', 'RTP/SAVP'],
    ['webrtc', 'UDP/TLS/RTP/SAVPF'],
    ['plain', 'RTP/AVP'],
  ] as const)
    it(`is offered audio protected as it was: ${profile}`, async () => {
      const { call, legId } = await standing(protocol);
      const offers = scripted();
      house.phone.endpointLost(legId);
      await house.until('legMediaRestored');
      const asked = media.opened.at(-1);
      assert.equal(asked?.profile, profile);
      assert.equal(asked.privateSignalling, profile === 'sdes' ? true : undefined);
      assert.match(offers[0] ?? '', new RegExp(`^m=audio 9 ${protocol} `, 'm'));
      assert.equal(call.state, 'up');
    });

  it('whose phone is in the middle of a change of its own (491) is asked again', async () => {
    const { legId } = await standing();
    const offers = scripted(491);
    house.phone.endpointLost(legId);
    await house.until('legMediaRestored');
    assert.equal(offers.length, 2);
    assert.equal(offers[0], offers[1]);
  });

  it('whose phone refuses ends as media_failure', async () => {
    const { call, legId } = await standing();
    scripted(488);
    house.phone.endpointLost(legId);
    assert.equal((await house.until('legEnded')).ending.cause, 'media_failure');
    assert.match((await call.ended()).reason ?? '', /media_failure/);
    assert.equal(media.endpoints.size, 0);
  });

  it('for which there is no media server ends as media_failure with a BYE', async () => {
    const { call, legId } = await standing();
    media.open = async () => Promise.reject(new MediaError('unavailable', 'as the test wants'));
    house.phone.endpointLost(legId);
    assert.equal((await house.until('legEnded')).ending.cause, 'media_failure');
    assert.match((await call.ended()).reason ?? '', /media_failure/);
  });

  it('whose new endpoint dies under it is moved once more', async () => {
    const { legId } = await standing();
    const offers = scripted();
    const accept = media.accept;
    let deaths = 1;
    media.accept = async (endpointId, answer) => {
      if (deaths-- > 0) throw new MediaError('unknown_endpoint', 'as the test wants');
      return accept(endpointId, answer);
    };
    house.phone.endpointLost(legId);
    await house.until('legMediaRestored');
    assert.equal(offers.length, 2);
  });

  it('that rings still is put elsewhere when it is answered, and is answered then', async () => {
    media = new FakeMedia();
    house = await RimHouse.open({ media });
    phone = await SipPhone.open({ user: '8001', password: passwordOf('8001'), server: house.server });
    await phone.registered();
    const callId = asId<CallId>('c-rings');
    const legId = legIdOf(callId, 1);
    const who = { agentId: agentId('8001'), tenantId: demo, from: { number: '81' }, offerId: asId<OfferId>('o') };
    house.phone.carriers.ringLeg({ type: 'ringLeg', callId, legId, timeoutMs: 10_000, ...who });
    const call = await phone.ringing();
    const offers = scripted();
    media.accept = async (endpointId) => {
      if (offers.length === 0) throw new MediaError('unknown_endpoint', `no endpoint ${endpointId}`);
    };
    house.phone.endpointLost(legId);
    assert.equal(house.count('legMediaLost'), 0, 'nobody hears anything yet');
    call.answer();
    await house.until('legAnswered');
    assert.equal(offers.length, 1);
  });

  it('that is hung up while it is being moved leaves nothing behind', async () => {
    const { call, legId } = await standing();
    const { open } = media;
    let opening: () => void = () => undefined;
    media.open = async (request) => {
      await new Promise<void>((resolve) => {
        opening = resolve;
      });
      return open(request);
    };
    house.phone.endpointLost(legId);
    await call.hangUp();
    assert.equal((await house.until('legEnded')).ending.cause, 'normal');
    opening();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(media.endpoints.size, 0);
    assert.equal(house.count('legMediaRestored'), 0);
  });
});

it('B22: a browser that is away holds and, there again, takes back; what its phone put on hold itself stays so', async () => {
  const { call, legId } = await standing();
  house.phone.partyAway(legId, true);
  await house.until('legHeld');
  house.phone.partyAway(legId, false);
  await house.until('legRetrieved');
  assert.equal(await call.hold(), 200);
  await house.until('legHeld');
  const told = (): number => house.events.filter(({ type }) => type === 'legHeld' || type === 'legRetrieved').length;
  const before = told();
  house.phone.partyAway(legId, true);
  house.phone.partyAway(legId, false);
  assert.equal(told(), before);
});
