/** Trunks against our SIP server: fake gateways on loopback, the whole phone rim before them. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../../kernel/clock.ts';
import { asId, type CallId, type LegId, legIdOf } from '../../../kernel/ids.ts';
import type { Request, Response } from '../../../sip/message/message.ts';
import { peersOf, systemNames } from '../../../src/phone/trunk/names.ts';
import { newTrunk } from '../../../src/tenants/trunk.ts';
import { trunkSecretOf } from '../../../src/users/digest.ts';
import type { CommandOf } from '../../../src/vocabulary.ts';
import { FakeTrunk, type Lock } from '../../support/fake-trunk.ts';
import { NameServer } from '../../support/name-server.ts';
import { demo, type TestTrunk } from '../../support/phone-directory.ts';
import { FakeMedia, RimHouse, type RimOptions } from '../../support/phone-rim.ts';
import { until } from '../../support/wait.ts';

let house: RimHouse;
let media: FakeMedia;
let gateways: FakeTrunk[];

async function gateway(): Promise<FakeTrunk> {
  const one = await FakeTrunk.open();
  gateways.push(one);
  return one;
}

async function open(trunks: readonly TestTrunk[], options: RimOptions = {}): Promise<void> {
  media = new FakeMedia();
  house = await RimHouse.open({
    media,
    trunks,
    before: (server) => {
      for (const one of gateways) one.sip.server = server;
    },
    ...options,
  });
}

const LOGIN = { username: 'huawu-1', realm: 'carrier.example' };
const lock = (algorithm: Lock['algorithm'], proxy = false): Lock => ({ ...LOGIN, password: 'sesame', algorithm, proxy });

function trunk(name: string, gateways: readonly FakeTrunk[], said: object = {}, password: string | null = null): TestTrunk {
  const addresses = gateways.map(({ uri }, at) => ({ uri, priority: at }));
  const configuration = newTrunk(demo, name, { addresses, pingSeconds: null, ...said });
  return { configuration, secret: password === null ? null : trunkSecretOf(configuration.credentials, password) };
}

const callId = asId<CallId>('c-test');
let legs = 0;
function dial(target: string, options: Partial<CommandOf<'dialLeg'>> = {}): LegId {
  legs += 1;
  const legId = legIdOf(callId, legs);
  const command = { callId, legId, tenantId: demo, target, from: { number: '10086' }, timeoutMs: 20_000, account: 'flow' as const, ...options };
  house.phone.carriers.dialLeg({ type: 'dialLeg', ...command });
  return legId;
}
const release = (legId: LegId): void | Promise<void> => house.phone.carriers.releaseLeg({ type: 'releaseLeg', callId, legId, cause: 'normal', by: 'server' });
const isOkOf = (response: Response, request: Request): boolean => response.status === 200 && response.headers.get('cseq') === request.headers.get('cseq');
const header = (request: { headers: { get(name: string): string | undefined } }, name: string): string => request.headers.get(name) ?? '';

beforeEach(() => {
  gateways = [];
});
afterEach(async () => {
  await house.close();
  for (const one of gateways) one.close();
  assert.equal(house.phone.status().legs, 0, 'no leg is left');
  assert.equal(media.endpoints.size, 0, 'no endpoint is left');
  const ends = house.events.flatMap((event) => (event.type === 'legEnded' ? [event.legId] : []));
  assert.equal(new Set(ends).size, ends.length, 'each leg ended once');
});

describe('a call outside', () => {
  it('goes to the trunk in its own writing, shows the number of its purpose, and stands', async () => {
    const carrier = await gateway();
    await open([trunk('city', [carrier], { displayNumbers: { service: '10086', sales: '10085' } })]);
    const legId = dial('013800001009', { purpose: 'sales' });
    const invite = await carrier.heard('INVITE');
    assert.equal(invite.uri, `sip:13800001009@127.0.0.1:${carrier.sip.port}`);
    assert.match(header(invite, 'from'), /^<sip:10085@127\.0\.0\.1>;tag=/);
    assert.equal(header(invite, 'p-asserted-identity'), '', 'asserted to trusted trunks alone');
    assert.equal((await house.until('legAnswered')).legId, legId);
    assert.equal(house.phone.trunks()[0]?.calls, 1);
    release(legId);
    await carrier.heard('BYE');
    assert.deepEqual([house.phone.trunks()[0]?.calls, house.phone.trunks()[0]?.carried], [0, 1]);
  });

  it('H5: shows no number that is not ours, and asserts it only where that is asked for', async () => {
    const carrier = await gateway();
    const shown = { displayNumbers: { default: '10086' }, verifiedNumbers: ['+8631180000000'], assertIdentity: true };
    await open([trunk('city', [carrier], shown)]);
    const from: string[] = [];
    for (const [at, display] of ['13912345678', '+8631180000000'].entries()) {
      release(dial('95588', { display }));
      const legId = dial('95588', { display });
      const invite = await carrier.heard('INVITE', at + 1);
      from.push(/sip:([^@]*)@/.exec(header(invite, 'from'))?.[1] ?? '');
      assert.match(header(invite, 'p-asserted-identity'), new RegExp(`<sip:${from.at(-1)?.replace('+', '\\+')}@`));
      release(legId);
    }
    assert.deepEqual(from, ['10086', '031180000000']);
  });

  it('ends as unreachable where no trunk takes the number, and goes by patterns where several do', async () => {
    const [mobile, rest] = [await gateway(), await gateway()];
    await open([trunk('mobile', [mobile], { called: ['+861*'] }), trunk('short', [rest], { called: ['95588'] })]);
    dial('95588');
    await rest.heard('INVITE');
    dial('13800001009');
    await mobile.heard('INVITE');
    dial('02161234567');
    assert.equal((await house.until('legEnded')).ending.cause, 'unreachable');
  });

  it('of another tenant’s trunk is not made, of a shared one is', async () => {
    const [own, shared] = [await gateway(), await gateway()];
    const foreign = (name: string, one: FakeTrunk, isShared: boolean): TestTrunk => {
      const made = trunk(name, [one], { shared: isShared });
      return { ...made, configuration: { ...made.configuration, tenantId: asId('other') } };
    };
    await open([foreign('theirs', own, false), foreign('common', shared, true)]);
    dial('95588');
    await shared.heard('INVITE');
    assert.equal(own.received.length, 0);
  });
});

describe('J4: failover', () => {
  for (const status of [503, 500, 408])
    it(`${status} before ringing is tried at the next address, and the caller hears nothing of it`, async () => {
      const [bad, good] = [await gateway(), await gateway()];
      bad.invite = status;
      await open([trunk('city', [bad, good])]);
      const legId = dial('95588');
      assert.equal((await house.until('legAnswered')).legId, legId);
      assert.deepEqual([bad.of('INVITE').length, good.of('INVITE').length, house.count('legEnded')], [1, 1, 0]);
    });

  it('silence of 4 s is tried at the next trunk, the first attempt is taken back', async () => {
    const [hole, good] = [await gateway(), await gateway()];
    hole.ping = null;
    hole.invite = 'silence';
    await open([trunk('hole', [hole], { order: 1 }), trunk('good', [good], { order: 2 })]);
    const started = systemClock.now();
    dial('95588');
    await house.until('legAnswered');
    const tookMs = systemClock.now() - started;
    assert.ok(tookMs > 3_500 && tookMs < 6_000, `${tookMs} ms`);
  });

  it('a trunk that works on the call for longer than 4 s and answers when asked keeps it', async () => {
    const [slow, other] = [await gateway(), await gateway()];
    slow.invite = (invite, it) => void systemClock.after(4_600, () => it.answer(invite));
    await open([trunk('city', [slow, other])]);
    dial('95588');
    await house.until('legAnswered');
    assert.equal(other.of('INVITE').length, 0);
  });

  for (const [status, cause] of [
    [486, 'busy'],
    [404, 'not_found'],
    [603, 'rejected'],
  ] as const)
    it(`${status} is the called's answer: no other trunk is tried`, async () => {
      const [first, second] = [await gateway(), await gateway()];
      first.invite = status;
      await open([trunk('city', [first, second])]);
      dial('95588');
      assert.equal((await house.until('legEnded')).ending.cause, cause);
      assert.equal(second.received.length, 0);
    });

  it('a call taken back between two attempts reaches no second trunk', async () => {
    const [ringing, second] = [await gateway(), await gateway()];
    ringing.invite = 'ring';
    await open([trunk('city', [ringing, second])]);
    const legId = dial('95588');
    await house.until('legRinging');
    release(legId);
    await ringing.heard('CANCEL');
    assert.equal(second.received.length, 0);
  });
});

describe('J4: health', () => {
  const inRotation = (): boolean | undefined => house.phone.trunks()[0]?.addresses[0]?.inRotation;

  it('two unanswered pings put an address out of rotation, two answered ones bring it back', async () => {
    const [one, two] = [await gateway(), await gateway()];
    await open([trunk('city', [one, two], { pingSeconds: 2 })]);
    await one.heard('OPTIONS');
    one.ping = 503;
    await until('out of rotation', () => inRotation() === false, 10_000);
    dial('95588');
    await two.heard('INVITE');
    assert.equal(one.of('INVITE').length, 0);
    one.ping = 404; // any answer is a sign of life
    await until('back in rotation', () => inRotation() === true, 15_000);
  });

  it('a 503 with Retry-After puts it out at once, though pings are answered', async () => {
    const [one, two] = [await gateway(), await gateway()];
    one.invite = 503;
    one.retryAfter = 60;
    await open([trunk('city', [one, two], { pingSeconds: 10 })]);
    for (const at of [1, 2]) {
      dial('95588');
      await two.heard('INVITE', at);
    }
    assert.deepEqual([one.of('INVITE').length, inRotation()], [1, false]);
  });
});

describe('digest', () => {
  for (const [algorithm, proxy] of [
    ['MD5', false],
    ['SHA-256', true],
  ] as const)
    it(`of ${algorithm} ${proxy ? '407' : '401'} is answered in the same call with the next CSeq`, async () => {
      const carrier = await gateway();
      carrier.lock = lock(algorithm, proxy);
      await open([trunk('city', [carrier], { credentials: LOGIN }, 'sesame')]);
      dial('95588');
      await house.until('legAnswered');
      const [first, second] = carrier.of('INVITE');
      assert.ok(first && second);
      for (const name of ['call-id', 'from']) assert.equal(header(second, name), header(first, name));
      assert.equal(Number.parseInt(header(second, 'cseq'), 10), Number.parseInt(header(first, 'cseq'), 10) + 1);
    });

  it('with a wrong password is answered once, and the refusal is final', async () => {
    const one = await gateway();
    one.lock = lock('MD5');
    await open([trunk('city', [one], { credentials: LOGIN }, 'wrong')]);
    dial('95588');
    assert.equal((await house.until('legEnded')).ending.cause, 'not_allowed');
    assert.equal(one.of('INVITE').length, 2);
  });

  it('D5: a challenge for another realm, or of another trunk for this realm, gets no credentials', async () => {
    const [owner, thief] = [await gateway(), await gateway()];
    owner.lock = { ...lock('MD5'), realm: 'other.example' };
    thief.lock = lock('MD5');
    await open([trunk('owner', [owner], { credentials: LOGIN, order: 1 }, 'sesame'), trunk('thief', [thief], { order: 2 })]);
    dial('95588');
    await house.until('legEnded');
    for (const one of [owner, thief]) {
      assert.equal(one.of('INVITE').length, 1);
      assert.equal(
        one.received.some((request) => request.headers.has('authorization')),
        false,
      );
    }
  });

  for (const [algorithm, proxy] of [
    ['MD5', true],
    ['SHA-256', false],
  ] as const)
    it(`of ${algorithm} ${proxy ? '407' : '401'} to our BYE is answered with the next CSeq`, async () => {
      const carrier = await gateway();
      carrier.lock = lock(algorithm, proxy);
      await open([trunk('city', [carrier], { credentials: LOGIN }, 'sesame')]);
      const legId = dial('95588');
      await house.until('legAnswered');
      carrier.locksInside = true;
      release(legId);
      const [first, second] = [await carrier.heard('BYE'), await carrier.heard('BYE', 2)];
      assert.equal(Number.parseInt(header(second, 'cseq'), 10), Number.parseInt(header(first, 'cseq'), 10) + 1);
      assert.match(header(second, proxy ? 'proxy-authorization' : 'authorization'), /username="huawu-1"/);
      assert.match(header(second, 'reason'), /cause=16/);
      await until('the BYE is taken', () => carrier.sip.seen.some(({ out, message }) => out && message.kind === 'response' && isOkOf(message, second)), 5_000);
    });

  it('D5: a challenge to our BYE for another realm, or on a call over another trunk that has no credentials, is not answered', async () => {
    const [owner, thief] = [await gateway(), await gateway()];
    await open([trunk('owner', [owner], { credentials: LOGIN, called: ['95588'] }, 'sesame'), trunk('thief', [thief], { called: ['12345'] })]);
    owner.lock = { ...lock('MD5'), realm: 'other.example' };
    thief.lock = lock('MD5');
    for (const [carrier, number] of [
      [owner, '95588'],
      [thief, '12345'],
    ] as const) {
      const { lock: kept } = carrier;
      carrier.lock = null;
      const legId = dial(number);
      await house.until('legAnswered');
      carrier.lock = kept;
      carrier.locksInside = true;
      release(legId);
      const bye = await carrier.heard('BYE');
      await until('it was challenged', () => carrier.sip.seen.some(({ out, message }) => out && message.kind === 'response' && message.status === 401), 5_000);
      assert.equal(bye.headers.has('authorization'), false);
    }
    // Whatever would still come has had the time of a whole further call.
    assert.deepEqual([owner.of('BYE').length, thief.of('BYE').length], [1, 1]);
  });

  for (const [how, allow, method] of [
    ['UPDATE', 'INVITE, ACK, BYE, UPDATE', 'UPDATE'],
    ['re-INVITE', 'INVITE, ACK, BYE', 'INVITE'],
  ] as const)
    it(`of the refresh of a session by ${how} is answered, and the call goes on`, async () => {
      const carrier = await gateway();
      carrier.lock = lock('SHA-256', true);
      carrier.locksInside = true;
      const said = { credentials: LOGIN, inbound: [`127.0.0.1:${carrier.sip.port}`] };
      await open([trunk('city', [carrier], said, 'sesame')], {
        sipHaste: 20,
        react: (event, phone) => {
          if (event.type === 'callArrived') phone.carriers.answerLeg({ type: 'answerLeg', callId: event.callId, legId: event.legId });
        },
      });
      const ok = await carrier.call('10086', '13800001001', [
        ['Supported', 'timer'],
        ['Session-Expires', '90;refresher=uas'],
        ['Allow', allow],
      ]);
      assert.equal(ok.status, 200);
      carrier.acknowledge(ok);
      const [first, second] = [await carrier.heard(method), await carrier.heard(method, 2)];
      assert.equal(first.headers.has('proxy-authorization'), false);
      assert.match(header(second, 'proxy-authorization'), /realm="carrier\.example"/);
      assert.equal(header(second, 'session-expires'), '90;refresher=uac');
      await carrier.heard(method, 4); // the session went on to its next refresh
      assert.equal(house.count('legEnded'), 0);
    });

  it('of the BYE that our SIP server sends by itself is answered, and no other trunk’s credentials are shown', async () => {
    const [other, carrier] = [await gateway(), await gateway()];
    carrier.lock = lock('SHA-256', true);
    carrier.locksInside = true;
    const said = { credentials: LOGIN, inbound: [`127.0.0.1:${carrier.sip.port}`] };
    const elsewhere = { credentials: { ...LOGIN, username: 'another' }, inbound: [`127.0.0.1:${other.sip.port}`] };
    await open([trunk('other', [other], elsewhere, 'other'), trunk('city', [carrier], said, 'sesame')], {
      sipHaste: 20,
      react: (event, phone) => {
        if (event.type === 'callArrived') phone.carriers.answerLeg({ type: 'answerLeg', callId: event.callId, legId: event.legId });
      },
    });
    assert.equal((await carrier.call('10086', '13800001001')).status, 200);
    // It never acknowledges.
    const [first, second] = [await carrier.heard('BYE'), await carrier.heard('BYE', 2)];
    assert.equal(first.headers.has('proxy-authorization'), false);
    assert.match(header(second, 'proxy-authorization'), /username="huawu-1"/);
    assert.equal(header(second, 'reason'), header(first, 'reason'));
    await house.until('legEnded');
  });
});

describe('registration', () => {
  const registered = (): string | undefined => house.phone.trunks()[0]?.addresses[0]?.registration?.is;

  it('is refreshed before it runs out and taken back on close', async () => {
    const carrier = await gateway();
    carrier.lock = lock('SHA-256');
    carrier.grants = 2; // refreshed after the least time, 5 s: so the second comes late, and is taken as any other
    await open([trunk('city', [carrier], { credentials: LOGIN, registration: { domain: 'carrier.example', seconds: 60 } }, 'sesame')]);
    await until('registered', () => registered() === 'registered', 5_000);
    const [first, second] = carrier.of('REGISTER');
    assert.ok(first && second);
    assert.equal(first.uri, 'sip:carrier.example');
    assert.equal(header(second, 'call-id'), header(first, 'call-id'));
    assert.match(header(first, 'contact'), new RegExp(`<sip:huawu-1@127\\.0\\.0\\.1:${house.server.port}`));
    const refresh = await carrier.heard('REGISTER', 3, 8_000);
    assert.match(header(refresh, 'authorization'), /nc=00000002/);
    await house.phone.close();
    assert.equal(header(await carrier.heard('REGISTER', 4), 'expires'), '0');
  });

  it('that is refused keeps the trunk out of rotation and is tried again', async () => {
    const [carrier, other] = [await gateway(), await gateway()];
    carrier.lock = lock('MD5');
    await open([trunk('a', [carrier], { credentials: LOGIN, registration: { seconds: 60 } }, 'wrong'), trunk('b', [other])]);
    await until('refused', () => registered() === 'refused', 5_000);
    dial('95588');
    await other.heard('INVITE');
    await carrier.heard('REGISTER', 3, 8_000);
  });
});

describe('a network that carries ISUP beside its session descriptions', () => {
  it('answers with both: media is told the session description alone', async () => {
    const carrier = await gateway();
    carrier.invite = (invite) => carrier.answerWithIsup(invite);
    await open([trunk('city', [carrier])]);
    const legId = dial('95588');
    assert.equal((await house.until('legAnswered')).legId, legId);
    assert.deepEqual(media.accepted, [legId]);
    release(legId);
    await carrier.heard('BYE');
  });

  it('calls with both: it is answered with a session description', async () => {
    const carrier = await gateway();
    await open([trunk('city', [], { inbound: [`127.0.0.1/32:${carrier.sip.port}`] })], {
      react: (event, phone) => {
        if (event.type === 'callArrived') phone.carriers.answerLeg({ type: 'answerLeg', callId: event.callId, legId: event.legId });
      },
    });
    const ok = await carrier.call('10086', '13800001001', [], true);
    assert.deepEqual([ok.status, header(ok, 'content-type')], [200, 'application/sdp']);
    carrier.acknowledge(ok);
    await house.until('legAnswered');
    assert.match(media.opened[0]?.offer ?? '', /^v=0\r\n[\s\S]*PCMA\/8000\r\n$/);
  });
});

describe('a call from a trunk', () => {
  it('is the trunk’s by its socket address, of its tenant, with its name and area code', async () => {
    const carrier = await gateway();
    await open([trunk('city', [], { inbound: [`127.0.0.1/32:${carrier.sip.port}`], format: { areaCode: '0311' } })]);
    void carrier.call('10086', '80001234');
    const arrived = await house.until('callArrived');
    assert.deepEqual([arrived.trunk, arrived.caller], ['city', { number: '+8631180001234', raw: '80001234' }]);
    assert.equal(house.phone.trunks()[0]?.calls, 1);
  });

  it('does not reach another tenant’s number, nor come from a caller that is not let in, nor over its limit', async () => {
    const carrier = await gateway();
    const inbound = [`127.0.0.1:${carrier.sip.port}`];
    await open([trunk('city', [], { inbound, callers: ['+86*'], maxCalls: 1 })]);
    assert.equal((await carrier.call('10010', '13800001001')).status, 404);
    assert.equal((await carrier.call('10086', '0044207123456')).status, 403);
    void carrier.call('10086', '13800001001');
    await house.until('callArrived');
    assert.equal((await carrier.call('10086', '13800001001')).status, 503);
  });
});

describe('a trunk behind a name', () => {
  let dns: NameServer;
  beforeEach(async () => {
    dns = await NameServer.open();
  });
  afterEach(() => dns.close());
  const behindSrv = (carrier: FakeTrunk): void => {
    dns.srv['_sip._udp.carrier.example'] = { name: 'gw.carrier.example', port: carrier.sip.port };
    dns.a['gw.carrier.example'] = '127.0.0.1';
  };
  const named = (said: object): TestTrunk => trunk('city', [], { addresses: [{ uri: 'sip:carrier.example' }], credentials: LOGIN, ...said }, 'sesame');

  it('that SRV leads to registers us, takes our calls with credentials, in calls too, and its own calls are known', async () => {
    const carrier = await gateway();
    behindSrv(carrier);
    carrier.lock = lock('SHA-256', true);
    carrier.locksInside = true;
    await open([named({ registration: { domain: 'carrier.example', seconds: 60 }, inbound: ['carrier.example'] })], { dns });
    await until('registered', () => house.phone.trunks()[0]?.addresses[0]?.registration?.is === 'registered', 5_000);
    const legId = dial('95588');
    await house.until('legAnswered');
    release(legId);
    await carrier.heard('BYE', 2);
    assert.deepEqual(house.phone.trunkSources(), ['127.0.0.1']);
    void carrier.call('10086', '13800001001');
    assert.equal((await house.until('callArrived')).trunk, 'city');
  });

  it('D5: whom the name does not stand for gets no credentials, though it has the same address', async () => {
    const [carrier, thief] = [await gateway(), await gateway()];
    behindSrv(carrier);
    thief.lock = lock('MD5');
    const straight = trunk('straight', [], { addresses: [{ uri: thief.uri }], credentials: LOGIN }, 'sesame');
    await open([named({ called: ['12345'] }), { ...straight, secret: null }], { dns });
    dial('95588');
    assert.equal((await house.until('legEnded')).ending.cause, 'not_allowed');
    assert.equal(thief.of('INVITE').length, 1);
  });

  it('J3: is who it was while DNS does not answer', async () => {
    const names = systemNames([dns.at]);
    dns.srv['_sip._udp.carrier.example'] = { name: 'gw.carrier.example', port: 5099 };
    dns.a['gw.carrier.example'] = '127.0.0.1';
    assert.deepEqual(await peersOf(names, 'carrier.example', null, 'udp'), [{ address: '127.0.0.1', port: 5099, protocol: 'udp' }]);
    assert.deepEqual(await peersOf(names, 'gw.carrier.example', 5070, null), [{ address: '127.0.0.1', port: 5070, protocol: null }]);
    assert.deepEqual(await peersOf(names, 'gw.carrier.example', null, 'tls'), [{ address: '127.0.0.1', port: 5061, protocol: 'tls' }]);
    await open([named({ inbound: ['carrier.example'] })], { dns });
    await until('known', () => house.phone.trunkSources().length === 1, 5_000);
    dns.silent = true;
    house.phone.directoryChanged();
    assert.deepEqual(house.phone.trunkSources(), ['127.0.0.1']);
  });
});
