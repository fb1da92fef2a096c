/** Toll fraud (faults H) against our SIP server and the phone rim, with a fake carrier behind them. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type CallId, type LegId, legIdOf, newCallId } from '../../../kernel/ids.ts';
import { newTrunk } from '../../../src/tenants/trunk.ts';
import { usualRules } from '../../../src/toll/policy.ts';
import { FakeTrunk } from '../../support/fake-trunk.ts';
import { SipPhone } from '../../support/phone.ts';
import { agentId, demo, passwordOf } from '../../support/phone-directory.ts';
import { FakeMedia, RimHouse, type RimOptions } from '../../support/phone-rim.ts';

let house: RimHouse;
let carrier: FakeTrunk;
let phones: SipPhone[];

/** What the call room does with a call an agent dialled, as far as these tests need it. */
const dialledOn: NonNullable<RimOptions['react']> = (event, phone) => {
  if (event.type !== 'callArrived' || event.dialled?.target?.kind !== 'number') return;
  dial(event.dialled.target.number, event.dialled.by, phone, event.callId);
};

async function open(options: RimOptions = {}): Promise<void> {
  const configuration = newTrunk(demo, 'city', { addresses: [{ uri: carrier.uri }], pingSeconds: null, maxCalls: 3 });
  const before = (server: { host: string; port: number }): void => {
    carrier.sip.server = server;
  };
  // A night's rule would make these tests depend on the hour.
  const rules = { ...usualRules, night: null };
  house = await RimHouse.open({ media: new FakeMedia(), trunks: [{ configuration, secret: null }], before, rules, react: dialledOn, ...options });
}

async function desk(user = '8001'): Promise<SipPhone> {
  const phone = await SipPhone.open({ user, password: passwordOf(user), server: house.server });
  phones.push(phone);
  return phone;
}

function dial(target: string, account = agentId('8001'), phone = house.phone, callId: CallId = newCallId(0)): LegId {
  const legId = legIdOf(callId, 1001);
  phone.carriers.dialLeg({ type: 'dialLeg', callId, legId, tenantId: demo, target, from: { number: '8001' }, timeoutMs: 5_000, account });
  return legId;
}
const endOf = (legId: LegId): string | undefined =>
  house.events.flatMap((event) => (event.type === 'legEnded' && event.legId === legId ? [event.ending.cause] : []))[0];

beforeEach(async () => {
  phones = [];
  carrier = await FakeTrunk.open();
});
afterEach(async () => {
  for (const one of phones) await one.close();
  await house.close();
  carrier.close();
});

describe('an agent’s phone', () => {
  it('dials a number outside: a call of hers, on her account, over the trunk', async () => {
    await open();
    const call = await (await desk()).call('013800001009');
    const arrived = await house.until('callArrived');
    assert.deepEqual(arrived.dialled, { by: agentId('8001'), target: { kind: 'number', number: '+8613800001009' } });
    const dialled = await house.until('outsideDialled');
    assert.deepEqual([dialled.account, dialled.kind], [agentId('8001'), 'domestic']);
    await house.until('legAnswered');
    house.phone.carriers.answerLeg({ type: 'answerLeg', callId: arrived.callId, legId: arrived.legId });
    await call.answered();
    assert.match((await carrier.heard('INVITE')).headers.get('from') ?? '', /^<sip:10086@/);
  });

  it('does not reach a number that no trunk takes', async () => {
    await open({ trunks: [] });
    assert.equal((await (await (await desk()).call('013800001009')).ended()).status, 404);
  });
});

describe('toll fraud', () => {
  it('H1: a call whose money is spent is cut, its account blocked, within a look of the ledger', async () => {
    const { agent } = usualRules;
    const rates = [{ prefix: '95', perMinute: 10, perCall: 5 }];
    await open({ rules: { ...usualRules, night: null, rates, agent: { ...agent, spendPerHour: 15 } } });
    const legId = dial('95588');
    await house.until('legAnswered');
    house.timePasses(); // the begun minute and the call: 15
    assert.equal((await house.until('tollBlocked')).why, 'money');
    await carrier.heard('BYE');
    assert.equal(endOf(legId), 'not_allowed');
    assert.equal(endOf(dial('95588')), 'not_allowed');
  });

  it('H1: fifty calls abroad on a stolen account: none leaves, the account is blocked, what it had out is cut, others go on', async () => {
    await open();
    const honest = dial('95588', agentId('8002'));
    const own = dial('95588');
    await house.until('legAnswered');
    await house.until('legAnswered');
    const fraud = Array.from({ length: 50 }, (_, n) => dial(`00${n % 2 === 0 ? '881' : '252'}61234${1000 + n}`));
    assert.deepEqual(new Set(fraud.map(endOf)), new Set(['not_allowed']));
    assert.equal((await house.until('tollBlocked')).account, agentId('8001'));
    assert.equal(endOf(own), 'not_allowed');
    assert.equal(endOf(honest), undefined);
    await carrier.heard('BYE');
    assert.equal(carrier.of('INVITE').length, 2);
    assert.equal(endOf(dial('95588')), 'not_allowed');
  });

  it('H1: a third call beside two is refused', async () => {
    await open();
    for (let n = 0; n < 2; n += 1) dial('95588');
    assert.equal(endOf(dial('95588')), 'not_allowed');
  });

  it('H2: a stranger gets one answer whatever prefix it tries, and after ten none but 403', async () => {
    await open();
    const stranger = await SipPhone.open({ user: 'x', server: house.server });
    phones.push(stranger);
    const statuses: (number | null)[] = [];
    for (const prefix of ['9011', '00', '000', '+', '900011', '0', '10086', '8001', '110', '7', '9011', '10086'])
      statuses.push((await (await stranger.call(`${prefix}442071234567`)).ended()).status);
    assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 401), 403, 403]);
    assert.deepEqual(house.events, []);
  });

  it('H3: a caller from outside who asks for a transfer is refused, and nothing is dialled', async () => {
    await open({
      trustedTrunks: ['127.0.0.1'],
      react: (event, rim) => event.type === 'callArrived' && rim.carriers.answerLeg({ type: 'answerLeg', callId: event.callId, legId: event.legId }),
    });
    const call = await (await desk()).call('10086');
    await call.answered();
    assert.equal(await call.refer('sip:0088216123456@127.0.0.1'), 603);
    assert.equal(carrier.received.length, 0);
  });

  it('H6: for help every call goes out, blocked account, full trunk and all', async () => {
    await open();
    for (let n = 0; n < 12; n += 1) dial('0025261234567');
    await house.until('tollBlocked');
    const calls = ['110', '112', '119', '120', '122', '911'].map((number) => dial(number));
    for (let nth = 1; nth <= calls.length; nth += 1) await carrier.heard('INVITE', nth);
    assert.deepEqual(
      carrier.of('INVITE').map(({ uri }) => /sip:(\d+)@/.exec(uri)?.[1]),
      ['110', '112', '119', '120', '122', '911'],
    );
    assert.deepEqual(
      calls.map(endOf),
      calls.map(() => undefined),
    );
  });

  it('H6: no number of the house stands before one for help, and a trunk that is out of rotation is asked last', async () => {
    const second = await FakeTrunk.open();
    try {
      const one = newTrunk(demo, 'one', { addresses: [{ uri: carrier.uri }], pingSeconds: null, order: 1 });
      const two = newTrunk(demo, 'two', { addresses: [{ uri: second.uri }], pingSeconds: null, order: 2, called: ['95588'] });
      const before = (server: { host: string; port: number }): void => {
        carrier.sip.server = server;
        second.sip.server = server;
      };
      await open({ trunks: [one, two].map((configuration) => ({ configuration, secret: null })), before, staticPhones: { '110': 'sip:110@127.0.0.1:9' } });
      // Out of rotation by a 503 that names a time; the other one refuses, whatever for.
      carrier.invite = 503;
      carrier.retryAfter = 60;
      second.invite = 403;
      dial('95588');
      await second.heard('INVITE');
      carrier.invite = 'answer';
      const legId = dial('110');
      await second.heard('INVITE', 2);
      assert.match((await carrier.heard('INVITE', 2)).uri, /^sip:110@/);
      await house.until('legAnswered');
      assert.equal(endOf(legId), undefined);
    } finally {
      second.close();
    }
  });

  const place = { address: '北京市西城区 <1> 号 & 5层', latitude: 39.91, longitude: 116.36, accessNetwork: 'IEEE-802.3; eth-location="5-1203"' };
  const site = { address: '总部', latitude: null, longitude: null, accessNetwork: null };
  const openAt = (locationBy: string, phoned = true): Promise<void> => {
    const configuration = newTrunk(demo, 'city', { addresses: [{ uri: carrier.uri }], pingSeconds: null, locationBy });
    const phoneSettings = phoned ? { '8001': { location: place } } : {};
    return open({ trunks: [{ configuration, secret: null }], phoneSettings, rules: { ...usualRules, night: null, location: site } });
  };

  it('H6: where she sits goes with the call by value, beside its session description, and to the supervisors; other calls say nothing of it', async () => {
    await openAt('pidf');
    dial('120');
    const invite = await carrier.heard('INVITE');
    assert.equal(invite.headers.get('geolocation'), '<cid:location@huawu>');
    assert.equal(invite.headers.get('geolocation-routing'), 'yes');
    const boundary = /^multipart\/mixed;boundary=(\S+)$/.exec(invite.headers.get('content-type') ?? '')?.[1] ?? '';
    const parts = invite.body.toString('utf8').split(`--${boundary}`);
    assert.equal(parts.length, 4);
    assert.match(parts[1] ?? '', /^\r\nContent-Type: application\/sdp\r\n\r\nv=0\r\n/);
    assert.match(parts[2] ?? '', /^\r\nContent-Type: application\/pidf\+xml\r\nContent-ID: <location@huawu>\r\n\r\n<\?xml/);
    assert.match(parts[2] ?? '', /<gml:pos>39\.91 116\.36<\/gml:pos>/);
    assert.match(parts[2] ?? '', /<ca:LOC>北京市西城区 &lt;1&gt; 号 &amp; 5层<\/ca:LOC>/);
    assert.equal((await house.until('outsideDialled')).help?.location?.address, place.address);
    await house.until('legAnswered');
    dial('95588');
    const other = await carrier.heard('INVITE', 2);
    assert.deepEqual([other.headers.has('geolocation'), other.headers.get('content-type')], [false, 'application/sdp']);
  });

  it('H6: as the line that the carrier knows, where that is agreed; the site where her phone has no place of its own', async () => {
    await openAt('access_network');
    dial('119');
    assert.equal((await carrier.heard('INVITE')).headers.get('p-access-network-info'), place.accessNetwork);
    dial('119', agentId('8002'));
    assert.equal((await carrier.heard('INVITE', 2)).headers.has('p-access-network-info'), false);
    await house.until('outsideDialled');
    assert.equal((await house.until('outsideDialled')).help?.location?.address, site.address);
  });

  it('H6: a trunk that refuses the place is asked again without it: no call for help fails for what is beside it', async () => {
    await openAt('pidf');
    carrier.invite = (invite) => (invite.headers.has('geolocation') ? carrier.reply(invite, 415) : carrier.answer(invite));
    dial('120');
    await house.until('legAnswered');
    assert.equal(carrier.of('INVITE').length, 2);
    assert.match(carrier.of('INVITE')[1]?.body.toString() ?? '', /^v=0/);
  });
});
