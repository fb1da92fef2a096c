import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { readKeyRing } from '../../kernel/seal/keys.ts';
import { SealedFile } from '../../kernel/seal/read.ts';
import { secondsOf, shareAt } from '../support/tone.ts';
import { type Leg, Legs } from './legs.ts';
import { type House, openHouse, until, wait } from './support.ts';

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

/** Two who talk with one another: 500 Hz on the left, 800 Hz on the right. */
async function talk(here = house, on = legs): Promise<[Leg, Leg]> {
  const pair: [Leg, Leg] = [await on.open(), await on.open()];
  await here.media.join(pair[0].id, pair[1].id);
  pair[0].party.say(500);
  pair[1].party.say(800);
  return pair;
}

/** One channel of a sealed file, as its PCM. */
async function heardIn(path: string, channel: 0 | 1, here = house): Promise<Int16Array> {
  const file = await SealedFile.open(path, readKeyRing(readFileSync(join(here.folder, 'recording.keys'), 'utf8')));
  const pieces: Buffer[] = [];
  for await (const piece of file.read(0, file.plainBytes)) pieces.push(piece);
  await file.close();
  const bytes = Buffer.concat(pieces);
  return Int16Array.from({ length: Math.floor(bytes.length / 4) }, (_, pair) => bytes.readInt16LE(pair * 4 + channel * 2));
}

test('I1 I4: a sealed recording holds both sides, silence where it was paused, no sound on the disk, and a seal', async () => {
  const [a, b] = await talk();
  const path = join(house.folder, 'sealed.hws');
  await house.media.record({ recordingId: 'sealed', path, left: a.id, right: b.id, sealed: true });
  await wait(1000);
  await house.media.pauseRecording('sealed');
  await wait(1000);
  await house.media.resumeRecording('sealed');
  await wait(1000);
  await house.media.stopRecording('sealed');
  const ended = await house.event('recordingEnded', (event) => event.recordingId === 'sealed');
  assert.equal(ended.complete, true);
  assert.equal(ended.bytes, statSync(path).size);
  for (const [channel, hz] of [
    [0, 500],
    [1, 800],
  ] as const) {
    const samples = await heardIn(path, channel);
    assert.ok(Math.abs(samples.length / 8 - ended.durationMs) <= 1);
    assert.ok(secondsOf(samples, hz) >= 1.2, 'what was said is there');
    let longest = 0;
    let run = 0;
    for (const sample of samples) {
      run = sample === 0 ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    assert.ok(longest >= 7200, `${longest / 8} ms are silent`);
  }
  const file = await SealedFile.open(path, readKeyRing(readFileSync(join(house.folder, 'recording.keys'), 'utf8')));
  assert.equal((await file.prove()).seal, ended.seal);
  await file.close();
});

test('a recording goes on with another leg in the same file, and begins paused when told to; G.711 takes half the space', async () => {
  const [a, b] = await talk();
  const c = await legs.open();
  c.party.say(1100);
  const path = join(house.folder, 'moved.hws');
  await house.media.record({ recordingId: 'moved', path, left: a.id, right: b.id, sealed: true, format: 'alaw', paused: true });
  await wait(600);
  await house.media.resumeRecording('moved');
  await wait(800);
  await house.media.moveRecording('moved', a.id, c.id);
  await house.media.close(b.id);
  await wait(800);
  await house.media.stopRecording('moved');
  const { durationMs, bytes = 0, complete } = await house.event('recordingEnded', (event) => event.recordingId === 'moved');
  assert.equal(complete, true);
  assert.ok(bytes < durationMs * 16 + 2000, `${bytes} bytes for ${durationMs} ms`);
  assert.equal(durationMs >= 2200, true);
});

test('G9: a recording is written nowhere but in the folder of recordings', async () => {
  const [a, b] = await talk();
  for (const path of ['/etc/huawu.wav', join(house.folder, '../out.wav'), `${house.folder}/x/../../out.wav`, `${house.folder}-beside/x.wav`]) {
    await assert.rejects(house.media.record({ recordingId: path, path, left: a.id, right: b.id }), { code: 'bad_request' }, path);
  }
  const path = join(house.folder, 'there.wav');
  await house.media.record({ recordingId: '../../name', path, left: a.id, right: b.id });
  await house.media.stopRecording('../../name');
  assert.equal((await house.event('recordingEnded', (event) => event.recordingId === '../../name')).path, path);
});

test('F10: kill -9 in the middle: the next server mends the files, says so to who comes, and what was heard up to 2 s before is there', async () => {
  const doomed = await openHouse();
  const here = new Legs(doomed);
  try {
    const [a, b] = await talk(doomed, here);
    const paths = { sealed: join(doomed.folder, 'killed.hws'), plain: join(doomed.folder, 'killed.wav') };
    await doomed.media.record({ recordingId: 'sealed', path: paths.sealed, left: a.id, right: b.id, sealed: true });
    await doomed.media.record({ recordingId: 'plain', path: paths.plain, left: a.id, right: b.id });
    const startMs = systemClock.now();
    await wait(3200);
    await doomed.kill();
    const lastedMs = systemClock.now() - startMs;
    await doomed.restart();
    for (const recordingId of ['sealed', 'plain']) {
      // First who asked is told that it is cut; what has been mended is told with its length.
      const ended = await doomed.event('recordingEnded', (event) => event.recordingId === recordingId && event.bytes !== undefined);
      assert.deepEqual([ended.complete, ended.reason], [false, 'the media server died']);
      assert.ok(ended.durationMs >= lastedMs - 2000, `${ended.durationMs} ms of ${lastedMs}`);
    }
    assert.ok(secondsOf(await heardIn(paths.sealed, 0, doomed), 500) >= 0.8 && secondsOf(await heardIn(paths.sealed, 1, doomed), 800) >= 0.8);
    const file = await SealedFile.open(paths.sealed, readKeyRing(readFileSync(join(doomed.folder, 'recording.keys'), 'utf8')));
    const sealed = await doomed.event('recordingEnded', (event) => event.recordingId === 'sealed' && event.seal !== undefined);
    assert.equal(file.end?.kind, 'repaired');
    assert.equal((await file.prove()).seal, sealed.seal);
    await file.close();
    // Mended once: the next start has nothing to tell.
    const told = doomed.events.filter((event) => event.type === 'recordingEnded').length;
    await doomed.kill();
    await doomed.restart();
    await doomed.media.capabilities();
    assert.equal(doomed.events.filter((event) => event.type === 'recordingEnded').length, told);
  } finally {
    here.close();
    await doomed.close();
  }
});

test('F8: the disk fills up under a sealed recording: it ends as a valid file, said to be incomplete, and the call goes on', async () => {
  const small = await openHouse({ fileLimit: 64 });
  const here = new Legs(small);
  try {
    const [a, b] = await talk(small, here);
    mkdirSync(join(small.folder, 'day'));
    const path = join(small.folder, 'day/full.hws');
    await small.media.record({ recordingId: 'full', path, left: a.id, right: b.id, sealed: true });
    const ended = await small.event('recordingEnded', () => true, 8000);
    assert.deepEqual([ended.complete, ended.reason], [false, 'disk full']);
    const samples = await heardIn(path, 0, small);
    assert.ok(Math.abs(samples.length / 8 - ended.durationMs) <= 1 && ended.durationMs >= 1000);
    assert.ok(shareAt(samples.slice(-3000), 500) > 0.9);
    const count = b.party.heard.length;
    await until('the call goes on', () => b.party.heard.length > count + 25);
  } finally {
    here.close();
    await small.close();
  }
});
