import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readWav, secondsOf, shareAt, sine, writeWav } from '../support/tone.ts';
import { Party } from './party.ts';
import { type House, openHouse, until } from './support.ts';

let house: House;
let last = 0;
const parties: Party[] = [];
const party = async (options: Parameters<typeof Party.open>[0] = {}): Promise<Party> => {
  const opened = await Party.open(options);
  parties.push(opened);
  return opened;
};

/** A leg whose party has offered and been answered. */
async function leg(options: Parameters<typeof Party.open>[0] = {}, group = 'g'): Promise<{ id: string; party: Party }> {
  last += 1;
  const id = `call-${last}.0`;
  const caller = await party(options);
  const { sdp } = await house.media.open({ endpointId: id, offer: caller.offer(), signallingAddress: '127.0.0.1', timeoutMs: 0, group });
  return { id, party: caller.aim(sdp) };
}

const toneFile = (name: string, hz: number, samples: number): string => {
  const path = join(house.folder, name);
  writeWav(path, sine(hz, 0, samples));
  return path;
};

before(async () => {
  house = await openHouse();
});
after(async () => {
  for (const each of parties) each.close();
  await house.close();
});

test('a file is heard by who offered, and its end is told', async () => {
  const { id, party: caller } = await leg();
  await house.media.play(id, 'p1', [{ kind: 'file', path: toneFile('a.wav', 440, 8000) }], { loop: false, bargeIn: false });
  const ended = await house.event('playEnded', (event) => event.playId === 'p1');
  assert.equal(ended.end, 'finished');
  await until('the last packet', () => caller.heard.length === 50);
  assert.equal(caller.heard[0]?.marker, true);
  assert.ok(caller.heard.slice(1).every((each) => !each.marker));
  assert.ok(shareAt(caller.audio(), 440) > 0.95);
  const first = caller.heard[0];
  assert.ok(
    first !== undefined &&
      caller.heard.every((each, at) => each.sequence === ((first.sequence + at) & 0xffff) && each.timestamp === (first.timestamp + 160 * at) >>> 0),
  );
});

test('pressed keys are told once each, and one that barges in ends the prompt', async () => {
  const { id, party: caller } = await leg();
  await house.media.play(id, 'p2', [{ kind: 'file', path: toneFile('long.wav', 440, 80_000) }], { loop: false, bargeIn: true });
  await until('the prompt is heard', () => caller.heard.length > 5);
  caller.press('5');
  const ended = await house.event('playEnded', (event) => event.playId === 'p2');
  assert.equal(ended.end, 'barge_in');
  caller.press('5');
  caller.press('#');
  await house.event('digit', (event) => event.endpointId === id && event.key === '#');
  assert.deepEqual(
    house.events.flatMap((event) => (event.type === 'digit' && event.endpointId === id ? [event.key] : [])),
    ['5', '5', '#'],
  );
});

test('joined parties hear one another, also when one speaks A-law and the other mu-law, in one unbroken stream after a prompt', async () => {
  const a = await leg({ codec: 'PCMA' }, 'j');
  const b = await leg({ codec: 'PCMU', eventType: 96 }, 'j');
  await house.media.play(a.id, 'p3', [{ kind: 'tone', hz: [1000], dbm0: -10, onMs: 100, offMs: 0 }], { loop: false, bargeIn: false });
  await until('the tone is heard', () => a.party.heard.length > 10);
  await house.media.join(a.id, b.id);
  assert.equal((await house.event('playEnded', (event) => event.playId === 'p3')).end, 'stopped');
  a.party.say(500);
  b.party.say(800);
  await until('both hear', () => secondsOf(a.party.audio().slice(-8000), 800) >= 0.8 && secondsOf(b.party.audio().slice(-8000), 500) >= 0.8);
  assert.ok(a.party.heard.every((each) => each.payloadType === 8 && each.ssrc === a.party.heard[0]?.ssrc));
  assert.ok(b.party.heard.every((each) => each.payloadType === 0));
  const first = a.party.heard[0]?.sequence ?? 0;
  assert.ok(a.party.heard.every((each, at) => each.sequence === ((first + at) & 0xffff)));
  const steps = a.party.heard.slice(1).map((each, at) => (each.timestamp - (a.party.heard[at]?.timestamp ?? 0)) | 0);
  assert.ok(
    steps.every((step) => step >= 160 && step < 8000),
    `timestamp steps ${steps.filter((step) => step !== 160)}`,
  );
  assert.equal(a.party.heard.filter((each) => each.marker).length, 2);
  a.party.press('7');
  await until('the key is passed on under the number of the other party', () => b.party.keys() === '7');
  assert.equal((await house.event('digit', (event) => event.endpointId === a.id)).key, '7');
});

test('a recording holds the left party left and the right party right, in step', async () => {
  const a = await leg({}, 'r');
  const b = await leg({ codec: 'PCMU' }, 'r');
  await house.media.join(a.id, b.id);
  const path = join(house.folder, 'r1.wav');
  a.party.say(500);
  b.party.say(900);
  await until('both are heard', () => a.party.heard.length > 10 && b.party.heard.length > 10);
  await house.media.record({ recordingId: 'r1', path, left: a.id, right: b.id });
  const heard = a.party.heard.length;
  await until('two seconds pass', () => a.party.heard.length > heard + 100);
  await house.media.stopRecording('r1');
  const ended = await house.event('recordingEnded', (event) => event.recordingId === 'r1');
  assert.equal(ended.complete, true);
  assert.ok(ended.durationMs > 1900 && ended.durationMs < 2600, `${ended.durationMs} ms`);
  const [left, right] = [readWav(path, 0), readWav(path, 1)];
  assert.ok(Math.abs(left.length - ended.durationMs * 8) <= 8);
  assert.ok(secondsOf(left, 500) >= 1.6 && secondsOf(left, 900) === 0);
  assert.ok(secondsOf(right, 900) >= 1.6 && secondsOf(right, 500) === 0);
});
