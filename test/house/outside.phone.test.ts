/** Calls outside with the whole server: a trunk made over the API, an agent's phone that dials a mobile number, the record of it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FakeTrunk } from '../support/fake-trunk.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import { until } from '../support/wait.ts';

interface Trunk {
  hasPassword: boolean;
  live: { calls: number; carried: number; addresses: { inRotation: boolean; registration: string | null }[] } | null;
}

const LOGIN = { username: 'huawu-1', realm: 'carrier.example' };
let house: House;
let carrier: FakeTrunk;
let phone: SipPhone;

before(async () => {
  // Nobody on this machine is believed by its address: phones prove who they are.
  house = await House.start({ TRUSTED_TRUNKS: '192.0.2.1' }, { anew: true });
  carrier = await FakeTrunk.open();
  carrier.sip.server = house.sip;
  carrier.lock = { ...LOGIN, password: 'sesame', algorithm: 'SHA-256' };
  phone = await SipPhone.open({ user: '8001', password: DEMO_PASSWORD, server: house.sip });
  await phone.registered();
});
after(async () => {
  await phone.close();
  await house.stop();
  carrier.close();
});

const trunk = async (): Promise<Trunk> => (await house.get('/api/v1/trunks/demo:city')) as Trunk;

test('a trunk made over the API registers, carries an agent’s call outside, and the call is on record', async () => {
  const city = { name: 'city', addresses: [{ uri: carrier.uri }], credentials: LOGIN, password: 'sesame', registration: { seconds: 600 } };
  const made = (await house.post('/api/v1/trunks', { ...city, displayNumbers: { service: '10086', sales: '10085' } })) as Trunk;
  assert.equal(made.hasPassword, true);
  await until('the trunk to be registered', async () => (await trunk()).live?.addresses[0]?.registration === 'registered');

  const call = await phone.call('013800001009');
  const invite = await carrier.heard('INVITE', 2); // the first was challenged
  assert.match(invite.uri, /^sip:13800001009@/);
  assert.match(invite.headers.get('from') ?? '', /<sip:10086@/);
  await call.answered();
  assert.equal((await trunk()).live?.calls, 1);
  assert.match(await (await fetch(`${house.http}/metrics`)).text(), /huawu_trunk_calls\{trunk="demo:city"\} 1/);
  await call.hangUp();
  await carrier.heard('BYE');

  const record = await house.record('8001');
  assert.deepEqual([record.callee, record.cause], ['+8613800001009', 'normal']);
  assert.deepEqual(
    record.legs.map(({ role }) => role),
    ['caller', 'target'],
  );
  assert.equal((await trunk()).live?.carried, 1);
});

test('the SIP messages of that call are shown over the API, of both legs and in order, and what proves who somebody is is in none', async () => {
  const { callId } = await house.record('8001');
  const { messages } = (await house.get(`/api/v1/calls/${callId}/sip-trace`)) as { messages: { direction: string; text: string }[] };
  const proofs = messages.filter(({ text }) => /^INVITE /.test(text) && /^(?:proxy-)?authorization:/im.test(text));
  assert.deepEqual(
    proofs.map(({ direction }) => direction),
    ['in', 'out'],
    'the phone’s, and ours to the carrier',
  );
  for (const { text } of proofs) assert.match(text, /^(?:proxy-)?authorization: \*\*\*\r?$/im);
  for (const { text } of messages) assert.doesNotMatch(text, /nonce=|response=|username=|sesame/);
  const byes = messages.filter(({ text }) => /^BYE /.test(text));
  assert.deepEqual(
    byes.map(({ direction }) => direction),
    ['in', 'out'],
  );
  // What the phone sent did have it.
  const sent = phone.sip.seen.filter(({ out, message }) => out && message.kind === 'request' && message.method === 'INVITE');
  assert.ok(sent.some(({ message }) => /response="/.test((message.headers.get('authorization') ?? '') + (message.headers.get('proxy-authorization') ?? ''))));
});

test('a country that is closed is refused, and opened by the admin it is reached', async () => {
  const abroad = (): Promise<number | null> => phone.call('0085221234567').then(async (call) => (await call.ended()).status);
  assert.equal(await abroad(), 403);
  await house.patch('/api/v1/outside-rules', { openCountries: ['HK'], night: null });
  carrier.invite = 486;
  assert.equal(await abroad(), 486);
});
