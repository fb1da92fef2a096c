import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { keyHz } from '../../media/dtmf/pad.ts';
import { readWav, rms, shareAt } from '../support/tone.ts';
import { alawEncode } from './g711-reference.ts';
import { type Leg, Legs } from './legs.ts';
import type { Party } from './party.ts';
import { type House, openHouse, until } from './support.ts';

let house: House;
let legs: Legs;

before(async () => {
  house = await openHouse();
  legs = new Legs(house);
});
after(async () => {
  legs.close();
  await house.close();
});

/** The two tones of a key, or silence, in packets of 20 ms. */
function frames(party: Party, key: string | null, count: number): void {
  const hz = key === null ? [] : keyHz(key);
  for (let frame = 0; frame < count; frame += 1) {
    party.timestamp = (party.timestamp + 160) >>> 0;
    const samples = Array.from({ length: 160 }, (_, n) => hz.reduce((sum, each) => sum + 5000 * Math.sin((2 * Math.PI * each * (frame * 160 + n)) / 8000), 0));
    party.send(8, Buffer.from(samples.map((sample) => alawEncode(Math.round(sample)))), party.timestamp);
  }
}
/** 100 ms of a key, 100 ms of silence. */
const dial = (party: Party, keys: string): void => {
  for (const key of keys) {
    frames(party, key, 5);
    frames(party, null, 5);
  }
};
const keysOf = ({ id }: Leg): string => house.events.map((event) => (event.type === 'digit' && event.endpointId === id ? event.key : '')).join('');

test('keys in the audio are told of a party without telephone-events, and of others only where asked for', async () => {
  const without = await legs.open({ eventType: null });
  const withEvents = await legs.open();
  dial(without.party, '19#');
  dial(withEvents.party, '19#');
  await house.event('digit', (event) => event.endpointId === without.id && event.key === '#');
  assert.equal(keysOf(without), '19#');
  withEvents.party.press('4');
  await house.event('digit', (event) => event.endpointId === withEvents.id);
  assert.equal(keysOf(withEvents), '4');
  await house.media.listenForTones(withEvents.id, 'always');
  dial(withEvents.party, '77');
  await until('both are told', () => keysOf(withEvents) === '477');
});

test('E7: a press that comes as event, as tones and by signalling is one digit', async () => {
  const caller = await legs.open();
  await house.media.listenForTones(caller.id, 'always');
  for (const key of '52') {
    caller.party.press(key);
    dial(caller.party, key);
    await house.media.signalledKey(caller.id, key);
  }
  await house.media.signalledKey(caller.id, '#');
  await house.event('digit', (event) => event.endpointId === caller.id && event.key === '#');
  assert.equal(keysOf(caller), '52#');
  await assert.rejects(house.media.signalledKey(caller.id, 'x'), /bad_request|signalledKey/);
});

const FLAT_HZ = 400;
const windows = (samples: Int16Array): Int16Array[] =>
  Array.from({ length: Math.floor(samples.length / 400) }, (_, at) => samples.subarray(at * 400, at * 400 + 400));
/** Any tone of the keypad in what was heard. */
const keypadIn = (samples: Int16Array): boolean => windows(samples).some((each) => [...'159D'].flatMap(keyHz).some((hz) => shareAt(each, hz) > 0.2));

test('I1, I2: masked keys are told as secret; the agent hears one flat tone a press, no event, no key; the recording is digital silence on both sides', async () => {
  const caller = await legs.open({ eventType: 101, group: 'masked' });
  const agent = await legs.open({ group: 'masked', codec: 'PCMU' });
  await house.media.listenForTones(caller.id, 'always');
  await house.media.join(caller.id, agent.id);
  const path = join(house.folder, 'masked.wav');
  await house.media.record({ recordingId: 'masked', path, left: caller.id, right: agent.id });
  await house.media.maskKeys(caller.id, 60_000);
  const from = agent.party.heard.length;
  agent.party.say(900);
  caller.party.press('5');
  // A socket keeps some 80 packets that were not read yet.
  for (const keys of ['14', '80']) {
    dial(caller.party, keys);
    await house.event('digit', (event) => event.endpointId === caller.id && event.key === keys.at(-1));
  }
  frames(caller.party, null, 15);
  await until('the agent has heard all of it', () => agent.party.heard.length >= from + 55);
  await until('the agent has spoken', () => caller.party.heard.length > 30);
  const told = house.events.filter((event) => event.type === 'digit' && event.endpointId === caller.id);
  assert.deepEqual(
    told,
    [...'51480'].map((key) => ({ type: 'digit', endpointId: caller.id, key, masked: true })),
  );
  const heard = agent.party.audio();
  assert.equal(agent.party.keys(), '', 'no event reached the agent');
  assert.equal(keypadIn(heard), false, 'no tone of a key reached the agent');
  const flat = windows(heard).filter((each) => shareAt(each, FLAT_HZ) > 0.9).length;
  assert.ok(flat >= 14 && flat <= 22, `${flat * 50} ms of the flat tone for five presses of which four were followed by the next after 200 ms`);
  await house.media.stopRecording('masked');
  await house.event('recordingEnded', (event) => event.recordingId === 'masked');
  for (const side of [0, 1])
    assert.ok(
      readWav(path, side).every((sample) => sample === 0),
      `side ${side}`,
    );
  await house.media.unmaskKeys(caller.id);
  const ended = await house.event('maskEnded', (event) => event.endpointId === caller.id);
  assert.equal(ended.end, 'asked');
});

test('after the mask the caller is heard and recorded again', async () => {
  const caller = await legs.open({ group: 'unmasked' });
  const agent = await legs.open({ group: 'unmasked' });
  await house.media.join(caller.id, agent.id);
  await house.media.maskKeys(caller.id, 60_000);
  caller.party.say(600);
  await until('covered audio', () => agent.party.heard.length > 10);
  assert.ok(rms(agent.party.audio()) < 16, 'silence of the law and no more');
  await house.media.unmaskKeys(caller.id);
  await until('the caller is heard', () => agent.party.heard.slice(-10).length === 10 && shareAt(agent.party.audio().subarray(-1600), 600) > 0.9);
  caller.party.press('3');
  await until('her keys too', () => agent.party.keys() === '3');
  const digit = await house.event('digit', (event) => event.endpointId === caller.id);
  assert.deepEqual(digit, { type: 'digit', endpointId: caller.id, key: '3' });
});

test('I1: the last packets of a secret key go to nobody when they come long after the mask', async () => {
  const caller = await legs.open({ eventType: 101, group: 'late' });
  const agent = await legs.open({ group: 'late' });
  await house.media.join(caller.id, agent.id);
  await house.media.maskKeys(caller.id, 60_000);
  caller.party.press('8');
  const at = caller.party.timestamp - 800;
  caller.party.press('7');
  await house.event('digit', (event) => event.endpointId === caller.id && event.key === '7');
  await house.media.unmaskKeys(caller.id);
  caller.party.say(600);
  await until('the mask is off', () => shareAt(agent.party.audio().subarray(-1600), 600) > 0.9);
  for (const [code, began] of [
    [8, at],
    [7, at + 1600],
  ] as const)
    caller.party.send(101, Buffer.from([code, 0x80 | 10, 800 >> 8, 800 & 0xff]), began);
  caller.party.hush();
  caller.party.press('3');
  await until('a key that is none of it is heard', () => agent.party.keys().includes('3'));
  assert.equal(agent.party.keys(), '3');
});

test('I1: a mask that was forgotten ends by itself, and tells it', async () => {
  const caller = await legs.open();
  await house.media.maskKeys(caller.id, 300);
  const ended = await house.event('maskEnded', (event) => event.endpointId === caller.id);
  assert.equal(ended.end, 'timeout');
  await assert.rejects(house.media.maskKeys(caller.id, 600_001), /maskKeys/);
});
