/** Which of her phones rings, and what it does at her desk’s word: NOTIFY talk and hold against phones that do it, refuse it, or agree and do nothing; the phone rim with our SIP server, on loopback. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pause, systemClock } from '../../kernel/clock.ts';
import { asId, type CallId, type LegId, legIdOf, type OfferId } from '../../kernel/ids.ts';
import { type Request, responseTo } from '../../sip/message/message.ts';
import type { Passes } from '../../src/phone/authenticate.ts';
import { ha1Of } from '../../src/phone/digest.ts';
import { SIP_REALM } from '../../src/tenants/directory.ts';
import type { PhoneOptions } from '../support/phone.ts';
import { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { agentId, demo, passwordOf } from '../support/phone-directory.ts';
import { RimHouse, type RimOptions } from '../support/phone-rim.ts';
import { freePort } from '../support/ports.ts';

const callId = asId<CallId>('c-control');
let house: RimHouse;
let phones: SipPhone[];
let legs = 0;

beforeEach(() => {
  phones = [];
});
afterEach(async () => {
  for (const one of phones) await one.close();
  await house.close();
});

const open = async (options: RimOptions = {}): Promise<void> => {
  house = await RimHouse.open(options);
};

async function registered(options: Partial<PhoneOptions> = {}): Promise<SipPhone> {
  const phone = await SipPhone.open({ user: '8001', password: passwordOf('8001'), hold: true, server: house.server, ...options });
  phones.push(phone);
  await phone.registered();
  return phone;
}

function ring(number = '8001'): LegId {
  legs += 1;
  const legId = legIdOf(callId, legs);
  const command = { callId, legId, offerId: asId<OfferId>('o'), agentId: agentId(number), from: { number: '81' }, tenantId: demo, timeoutMs: 10_000 };
  house.phone.carriers.ringLeg({ type: 'ringLeg', ...command });
  return legId;
}

const pickUp = (legId: LegId): void | Promise<void> => house.phone.carriers.pickUpLeg({ type: 'pickUpLeg', callId, legId });
const control = (legId: LegId, control: 'hold' | 'retrieve'): void | Promise<void> =>
  house.phone.carriers.controlPhone({ type: 'controlPhone', callId, legId, control });

/** What the phone was sent of these words; `answer`: its status, null = it says nothing, absent = it does as it is told. */
function words(phone: SipPhone, answer?: number | null): Request[] {
  const heard: Request[] = [];
  phone.onNotify = (request) => {
    if (request.method !== 'NOTIFY') return false;
    heard.push(request);
    if (answer === undefined) return false;
    if (answer !== null) phone.sip.answer(request, responseTo(request, answer));
    return true;
  };
  return heard;
}

async function standing(options: Partial<PhoneOptions> = {}): Promise<{ phone: SipPhone; call: PhoneCall; legId: LegId }> {
  await open();
  const phone = await registered(options);
  const legId = ring();
  const call = await phone.ringing();
  call.answer();
  await house.until('legAnswered');
  return { phone, call, legId };
}

describe('answering', () => {
  it('is a NOTIFY within the early dialog, and the leg that then stands says what its phone takes', async () => {
    await open();
    const phone = await registered();
    const heard = words(phone);
    const legId = ring();
    await house.until('legRinging');
    pickUp(legId);
    const { stands } = await house.until('legAnswered');
    assert.deepEqual(stands?.takes, ['talk', 'hold']);
    const [notify, ...others] = heard;
    assert.equal(others.length, 0);
    const { incoming, names } = [...phone.calls.values()][0] as PhoneCall;
    assert.deepEqual(
      ['event', 'call-id'].map((name) => notify?.headers.get(name)),
      ['talk', incoming?.headers.get('call-id')],
    );
    assert.match(notify?.headers.get('to') ?? '', new RegExp(`;tag=${names.fromTag}$`), 'the tag of its 180');
    assert.equal(house.count('legControlFailed'), 0);
  });

  it('asked for before the INVITE is out, or before it rings, waits for its early dialog', async () => {
    await open();
    const heard = words(await registered());
    pickUp(ring());
    await house.until('legAnswered');
    assert.match(heard[0]?.headers.get('to') ?? '', /;tag=/);
  });

  it('works where the phone says so as it rings alone, and the desk is told', async () => {
    await open();
    await registered({ saysRinging: true });
    const legId = ring();
    assert.deepEqual((({ pickable, legId }) => [pickable, legId])(await house.until('legPickable')), [true, legId]);
    pickUp(legId);
    assert.deepEqual((await house.until('legAnswered')).stands?.takes, ['talk', 'hold']);
  });

  for (const [what, answer, why] of [
    ['refuses', 489, { why: 'refused', sip: 489 }],
    ['agrees and does nothing', 200, { why: 'unmoved' }],
    ['says nothing', null, { why: 'silent' }],
  ] as const)
    it(`by a phone that ${what} is told to have failed within two seconds or so, once; it rings on, and is told no more`, async () => {
      await open();
      const phone = await registered();
      const heard = words(phone, answer);
      const legId = ring();
      const call = await phone.ringing();
      await house.until('legRinging');
      const asked = systemClock.now();
      pickUp(legId);
      assert.equal((await house.until('legPickable')).pickable, false);
      assert.deepEqual(await house.until('legControlFailed'), { type: 'legControlFailed', callId, legId, control: 'answer', ...why });
      assert.ok(systemClock.now() - asked < 3_000);
      assert.equal(new Set(heard.map(({ headers }) => headers.get('cseq'))).size, 1);
      assert.equal(house.phone.canPickUp(legId), false);
      call.answer();
      await house.until('legAnswered');
    });

  it('goes on to her next phone when the first refuses', async () => {
    await open();
    const [first, second] = [await registered(), await registered()];
    words(first, 486);
    words(second);
    const legId = ring();
    await Promise.all([first.ringing(), house.until('legRinging')]);
    const call = await second.ringing();
    pickUp(legId);
    await call.answered();
    await house.until('legAnswered');
    assert.equal(house.count('legControlFailed'), 0);
  });

  it('is not for a fixed contact, whatever it says', async () => {
    const port = await freePort();
    await open({ staticPhones: { '8100': `sip:gateway@127.0.0.1:${port}` } });
    const gateway = await SipPhone.open({ user: 'gateway', port, saysRinging: true, server: house.server });
    phones.push(gateway);
    const legId = ring('8100');
    const call = await gateway.ringing();
    await house.until('legRinging');
    assert.equal(house.phone.canPickUp(legId), false);
    call.answer();
    assert.equal((await house.until('legAnswered')).stands?.takes, undefined);
  });
});

describe('hold and retrieve', () => {
  it('are NOTIFYs within the dialog; the phone’s own re-INVITEs hold and retrieve', async () => {
    const { phone, legId } = await standing();
    const heard = words(phone);
    control(legId, 'hold');
    assert.deepEqual(await house.until('legHeld'), { type: 'legHeld', callId, legId, by: 'phone' });
    control(legId, 'retrieve');
    assert.deepEqual(await house.until('legRetrieved'), { type: 'legRetrieved', callId, legId, by: 'phone' });
    assert.deepEqual(
      heard.map(({ headers }) => [headers.get('event'), headers.get('subscription-state')]),
      [
        ['hold', 'active'],
        ['talk', 'active'],
      ],
    );
    await pause(systemClock, 2_200);
    assert.equal(house.count('legControlFailed'), 0, 'what has been done is not waited for');
  });

  for (const [what, answer, why] of [
    ['refuses', 481, { why: 'refused', sip: 481 }],
    ['agrees and does nothing', 200, { why: 'unmoved' }],
    ['says nothing', null, { why: 'silent' }],
  ] as const)
    it(`by a phone that ${what} are told to have failed, once, however often they were asked for`, async () => {
      const { phone, legId } = await standing();
      const heard = words(phone, answer);
      const asked = systemClock.now();
      control(legId, 'hold');
      control(legId, 'hold');
      assert.deepEqual(await house.until('legControlFailed'), { type: 'legControlFailed', callId, legId, control: 'hold', ...why });
      assert.ok(systemClock.now() - asked < 3_000);
      assert.equal(new Set(heard.map(({ headers }) => headers.get('cseq'))).size, 1);
      assert.equal(house.count('legHeld'), 0);
    });

  it('of a leg that ends meanwhile are nobody’s any more', async () => {
    const { phone, call, legId } = await standing();
    words(phone, 200);
    control(legId, 'hold');
    await call.hangUp();
    await house.until('legEnded');
    await pause(systemClock, 2_200);
    assert.equal(house.count('legControlFailed'), 0);
  });
});

describe('the phone of her console', () => {
  /** As `src/users/phone-passes.ts` makes them. */
  const [username, password] = ['pass-1', 'secret'];
  const passes: Passes = {
    account: (name) =>
      name !== username
        ? null
        : {
            ...{ agentId: agentId('8001'), tenantId: demo, username: '8001' },
            ha1Md5: ha1Of('MD5', username, SIP_REALM, password),
            ha1Sha256: ha1Of('SHA-256', username, SIP_REALM, password),
          },
  };
  async function both(): Promise<{ desk: SipPhone; page: SipPhone }> {
    await open({ passes });
    return { desk: await registered(), page: await registered({ username, password, hold: false }) };
  }

  it('rings alone while she has chosen it there: while it is registered with her pass', async () => {
    const { desk, page } = await both();
    ring();
    const call = await page.ringing();
    await house.until('legRinging');
    await assert.rejects(desk.ringing(500), /did not ring/);
    call.answer();
    await house.until('legAnswered');
  });

  it('gives way to all the others once it is chosen no more', async () => {
    const { desk, page } = await both();
    assert.equal((await page.register(0)).status, 200);
    ring();
    (await desk.ringing()).answer();
    await house.until('legAnswered');
  });

  it('that cannot be reached has the others ring in its place, and the leg rings once', async () => {
    const { desk, page } = await both();
    const legId = ring();
    (await page.ringing()).reject(480);
    const call = await desk.ringing();
    pickUp(legId);
    await call.answered();
    assert.deepEqual((await house.until('legAnswered')).stands?.takes, ['talk', 'hold']);
    assert.equal(house.count('legRinging'), 1);
  });

  it('that she refuses at speaks for all of them', async () => {
    const { desk, page } = await both();
    ring();
    (await page.ringing()).reject(486);
    assert.equal((await house.until('legEnded')).ending.cause, 'busy');
    await assert.rejects(desk.ringing(300), /did not ring/);
  });
});
