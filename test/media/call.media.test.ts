import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { MediaError } from '../../media/port.ts';
import { readWav, rms, secondsOf, shareAt, sine, writeWav } from '../support/tone.ts';
import { ulawEncode } from './g711-reference.ts';
import { Legs } from './legs.ts';
import { type House, openHouse, until, wait } from './support.ts';

let house: House;
let legs: Legs;

const windowsOf = (samples: Int16Array, length: number): Int16Array[] =>
  Array.from({ length: Math.floor(samples.length / length) }, (_, at) => samples.subarray(at * length, (at + 1) * length));

const toneFile = (name: string, hz: number, samples: number): string => {
  const path = join(house.folder, name);
  writeWav(path, sine(hz, 0, samples));
  return path;
};

before(async () => {
  house = await openHouse();
  legs = new Legs(house);
});
after(async () => {
  legs.close();
  await house.close();
});

test('a file is heard by who offered, and its end is told', async () => {
  const { id, party: caller } = await legs.open();
  await house.media.play(id, 'p1', [{ kind: 'file', path: toneFile('a.wav', 440, 8000) }], { loop: false, bargeIn: false });
  const ended = await house.event('playEnded', (event) => event.playId === 'p1');
  assert.equal(ended.end, 'finished');
  await until('the last packet', () => caller.heard.length === 50);
  assert.equal(caller.heard[0]?.marker, true);
  assert.ok(caller.heard.slice(1).every((each) => !each.marker));
  assert.ok(shareAt(caller.audio(), 440) > 0.95);
  for (const [at, each] of caller.heard.slice(1).entries()) {
    const before = caller.heard[at];
    assert.ok(before !== undefined);
    assert.equal(each.sequence, (before.sequence + 1) & 0xffff);
    // Where a busy machine held the server up, its time goes on in whole frames.
    const step = (each.timestamp - before.timestamp) | 0;
    assert.ok(step > 0 && step % 160 === 0, `a step of ${step}`);
  }
});

test('what plays can be stopped still, made softer and sent to its end, in one unbroken stream', async () => {
  const { id, party } = await legs.open();
  await house.media.play(id, 'p9', [{ kind: 'file', path: toneFile('minute.wav', 440, 480_000) }], { loop: false, bargeIn: false, fromMs: 1000 });
  await until('it is heard', () => party.heard.length > 5);
  const paused = await house.media.changePlay(id, 'p9', { paused: true });
  assert.ok(paused.atMs > 1000 && paused.atMs < 20_000 && paused.lengthMs === 60_000);
  const quiet = party.heard.length + 2;
  await until('silence is sent', () => party.heard.length > quiet + 10);
  assert.ok(rms(party.audio().subarray(quiet * 160)) < 20);
  assert.equal((await house.media.changePlay(id, 'p9', { paused: false, volumeDb: -12, byMs: 10_000 })).atMs, paused.atMs + 10_000);
  const soft = party.heard.length + 2;
  await until('it goes on', () => party.heard.length > soft + 10);
  const [loud, softer] = [rms(party.audio().subarray(0, 800)), rms(party.audio().subarray(soft * 160))];
  assert.ok(Math.abs(20 * Math.log10(softer / loud) + 12) < 1, `${loud} → ${softer}`);
  await house.media.changePlay(id, 'p9', { atMs: 59_990 });
  assert.equal((await house.event('playEnded', (event) => event.playId === 'p9')).end, 'finished');
  for (const [at, each] of party.heard.slice(1).entries()) assert.equal(each.sequence, ((party.heard[at]?.sequence ?? 0) + 1) & 0xffff);
  await assert.rejects(house.media.changePlay(id, 'p9', { paused: true }), (error: MediaError) => error.code === 'bad_request');
});

test('pressed keys are told once each, and one that barges in ends the prompt', async () => {
  const { id, party: caller } = await legs.open();
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
  const a = await legs.open({ codec: 'PCMA' });
  const b = await legs.open({ codec: 'PCMU', eventType: 96 });
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
  assert.equal(a.party.heard.filter((each) => each.marker).length, 3, 'the prompt, the silent frame at joining, the other party');
  a.party.press('7');
  await until('the key is passed on under the number of the other party', () => b.party.keys() === '7');
  assert.equal((await house.event('digit', (event) => event.endpointId === a.id)).key, '7');
});

test('a recording holds the left party left and the right party right, in step', async () => {
  const a = await legs.open();
  const b = await legs.open({ codec: 'PCMU' });
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

test('we can offer: the answer decides, the other leg of the call having shown which law it speaks', async () => {
  await legs.open({ codec: 'PCMU', group: 'offered' });
  const agent = await legs.party({ codec: 'PCMU', eventType: 97 });
  const { sdp } = await house.media.open({ endpointId: 'offered.1', signallingAddress: '127.0.0.1', timeoutMs: 0, group: 'offered' });
  assert.match(sdp, /m=audio [0-9]+ RTP\/AVP 0 8 101/);
  await house.media.accept('offered.1', agent.aim(sdp).offer());
  await house.media.sendDigits('offered.1', '19#');
  const ended = (): typeof agent.heard => agent.heard.filter((each) => each.payloadType === 97 && ((each.payload[1] ?? 0) & 0x80) !== 0);
  await until('three keys with three ends each', () => ended().length === 9);
  assert.equal(agent.keys(), '19#');
  const ends = ended();
  assert.ok(ends.every((each) => each.payload.readUInt16BE(2) === 800));
  assert.deepEqual(
    agent.heard.filter((each) => each.marker).map((each) => each.payload[0]),
    [1, 9, 11],
  );
});

test('a party without telephone-events is sent its keys as tones', async () => {
  const { id, party } = await legs.open({ eventType: null });
  await house.media.sendDigits(id, '5');
  await until('a key of 100 ms', () => party.heard.length === 5);
  const audio = party.audio();
  assert.ok(shareAt(audio, 770) > 0.3 && shareAt(audio, 1336) > 0.3, `${shareAt(audio, 770)} ${shareAt(audio, 1336)}`);
});

test('a list plays without a gap, whatever the format of its files', async () => {
  const { id, party } = await legs.open();
  const wide = join(house.folder, 'wide.wav');
  writeWav(
    wide,
    Int16Array.from({ length: 16_100 }, (_, at) => Math.round(8000 * Math.sin((2 * Math.PI * 440 * at) / 16_000))),
  );
  const file = readFileSync(wide);
  file.writeUInt32LE(16_000, 24);
  writeFileSync(wide, file);
  const raw = join(house.folder, 'raw.ul');
  writeFileSync(raw, Buffer.from(sine(440, 8050, 7950).map(ulawEncode)));
  await house.media.play(
    id,
    'gapless',
    [
      { kind: 'file', path: wide },
      { kind: 'file', path: raw },
      { kind: 'silence', ms: 200 },
      { kind: 'file', path: toneFile('end.wav', 1000, 1600) },
    ],
    { loop: false, bargeIn: false },
  );
  assert.equal((await house.event('playEnded', (event) => event.playId === 'gapless')).end, 'finished');
  await until('2.4 s are heard', () => party.heard.length === 120);
  const audio = party.audio();
  const quiet = windowsOf(audio, 80).flatMap((window, at) => (rms(window) < 1000 ? [at] : []));
  assert.deepEqual(
    quiet,
    Array.from({ length: 20 }, (_, at) => 200 + at),
    'silent are the 200 ms asked for, and nothing else',
  );
  assert.equal(secondsOf(audio, 440), 2);
});

test('a loop plays on until it is stopped; what follows takes its place', async () => {
  const { id, party } = await legs.open();
  await house.media.play(id, 'loop', [{ kind: 'file', path: toneFile('short.wav', 400, 800) }], { loop: true, bargeIn: false });
  await until('it has gone round', () => party.heard.length > 20);
  party.press('1');
  await house.event('digit', (event) => event.endpointId === id);
  await house.media.play(id, 'next', [{ kind: 'tone', hz: [950], dbm0: -10, onMs: 1000, offMs: 0 }], { loop: false, bargeIn: false });
  assert.equal((await house.event('playEnded', (event) => event.playId === 'loop')).end, 'stopped', 'a key does not end what bars barge-in');
  await house.media.stop(id);
  assert.equal((await house.event('playEnded', (event) => event.playId === 'next')).end, 'stopped');
});

test('a file that is not there ends its play as failed, with the reason', async () => {
  const { id } = await legs.open();
  await house.media.play(id, 'missing', [{ kind: 'file', path: '/nowhere/at/all.wav' }], { loop: false, bargeIn: false });
  const ended = await house.event('playEnded', (event) => event.playId === 'missing');
  assert.equal(ended.end, 'failed');
  assert.match(ended.reason ?? '', /ENOENT/);
});

test('echo sends a party its own voice', async () => {
  const { id, party } = await legs.open();
  await house.media.echo(id);
  party.say(620);
  await until('it hears itself', () => secondsOf(party.audio(), 620) >= 0.4);
});

test('B12: a party on hold is sent nothing, may stay silent, and hears again when it retrieves', async () => {
  const a = await legs.open({ timeoutMs: 300 });
  const b = await legs.open();
  await house.media.join(a.id, b.id);
  a.party.say(500);
  b.party.say(800);
  await until('a hears', () => a.party.heard.length > 5);
  const held = await house.media.renegotiate(a.id, a.party.offer({ direction: 'sendonly' }));
  assert.equal(held.direction, 'sendonly');
  assert.match(held.sdp, /a=recvonly/);
  a.party.hush();
  const silent = a.party.heard.length;
  const before = b.party.heard.length;
  await wait(1600);
  assert.equal(a.party.heard.length, silent);
  assert.ok(b.party.heard.length - before < 5);
  assert.ok(!house.events.some((event) => event.type === 'mediaTimeout' && event.endpointId === a.id));
  const back = await house.media.renegotiate(a.id, a.party.offer());
  assert.equal(back.direction, 'sendrecv');
  await until('a hears again', () => a.party.heard.length > silent + 5);
  const resumed = a.party.heard[silent];
  const last = a.party.heard[silent - 1];
  assert.ok(resumed !== undefined && last !== undefined);
  assert.equal(resumed.sequence, (last.sequence + 1) & 0xffff);
  const gapMs = ((resumed.timestamp - last.timestamp) | 0) / 8;
  assert.ok(Math.abs(gapMs - (resumed.atMs - last.atMs)) < 60, `timestamps ${gapMs} ms, clock ${resumed.atMs - last.atMs} ms`);
  await house.event('mediaTimeout', (event) => event.endpointId === a.id);
});

test('B12: who falls silent without being on hold is told of, once', async () => {
  const { id, party } = await legs.open({ timeoutMs: 200 });
  party.say(0);
  await wait(1500);
  assert.ok(!house.events.some((event) => event.type === 'mediaTimeout' && event.endpointId === id));
  party.hush();
  const { silentMs } = await house.event('mediaTimeout', (event) => event.endpointId === id);
  assert.ok(silentMs > 200, `silent for ${silentMs} ms`);
  await wait(1500);
  assert.equal(house.events.filter((event) => event.type === 'mediaTimeout' && event.endpointId === id).length, 1);
});

test('two hundred listeners hear the same moment of one music file, whenever they joined, each in an even stream', async () => {
  const path = join(house.folder, 'music.wav');
  // A rising tone: every moment of it sounds different.
  writeWav(
    path,
    Int16Array.from({ length: 8000 * 30 }, (_, at) => Math.round(8000 * Math.sin(2 * Math.PI * (300 + at / 500) * (at / 8000)))),
  );
  const listeners = await Promise.all(Array.from({ length: 200 }, () => legs.open({ group: 'music' })));
  const listen = (some: typeof listeners): Promise<unknown> =>
    Promise.all(some.map(({ id }) => house.media.play(id, `m-${id}`, [{ kind: 'music', path }], { loop: true, bargeIn: false })));
  await listen(listeners.slice(0, 100));
  const first = listeners[0]?.party.heard ?? [];
  await until('the first hear two seconds', () => first.length >= 100);
  await listen(listeners.slice(100));
  await until('all hear a second', () => listeners.every(({ party }) => party.heard.length >= 50));
  await Promise.all(listeners.map(({ id }) => house.media.stop(id)));
  for (const { party } of listeners) {
    const steps = party.heard.slice(1).map((each, at) => (each.sequence - (party.heard[at]?.sequence ?? 0)) & 0xffff);
    assert.ok(
      steps.every((step) => step >= 1 && step <= 10),
      `nothing twice, nothing out of order: ${steps}`,
    );
    // Ten thousand packets a second into one process: a busy machine may lose a few on the way, and no more.
    const sent = steps.reduce((sum, step) => sum + step, 0);
    assert.ok(steps.length >= 0.95 * sent, `${steps.length} of ${sent} packets`);
  }
  const heardAt = new Map(first.map((each) => [each.payload.toString('latin1'), each.atMs]));
  for (const { party } of listeners.slice(1)) {
    const common = party.heard.find((each) => heardAt.has(each.payload.toString('latin1')));
    assert.ok(common !== undefined, 'it hears what the first heard');
    const apartMs = Math.abs(common.atMs - (heardAt.get(common.payload.toString('latin1')) ?? 0));
    // Who began at the beginning of the file would be two seconds behind.
    assert.ok(apartMs < 1000, `${apartMs} ms apart`);
  }
});

test('figures tell what came, what went and what was lost', async () => {
  const { id, party } = await legs.open();
  for (let n = 0; n < 10; n += 1) party.frame(400);
  party.sequence += 2;
  party.frame(400);
  await until('eleven packets came', async () => (await house.media.stats(id)).packetsIn === 11);
  const stats = await house.media.close(id);
  assert.deepEqual([stats?.packetsIn, stats?.lost, stats?.strangers, stats?.packetsOut], [11, 2, 0, 0]);
  assert.equal(await house.media.close(id), null);
});

test('a party that waits to be spoken to first is spoken to when it is joined', async () => {
  const a = await legs.open();
  const b = await legs.open({ codec: 'PCMU' });
  await house.media.join(a.id, b.id);
  await until('each hears a frame', () => a.party.heard.length === 1 && b.party.heard.length === 1);
  assert.deepEqual([a.party.heard[0]?.payload.every((code) => code === 0xd5), b.party.heard[0]?.payload.every((code) => code === 0xff)], [true, true]);
});

test('a party whose port was closed for a while is heard and hears again', async () => {
  const a = await legs.open();
  await house.media.echo(a.id);
  a.party.say(500);
  await until('it hears itself', () => a.party.heard.length > 10);
  const port = a.party.port;
  a.party.close();
  // Our packets are now answered by ICMP errors, which reach the connected socket.
  await house.media.play(a.id, 'unheard', [{ kind: 'tone', hz: [700], dbm0: -10, onMs: 100, offMs: 0, ms: 300 }], { loop: false, bargeIn: false });
  await house.event('playEnded', (event) => event.playId === 'unheard');
  const back = (await legs.party({ port })).aim(a.sdp).say(600);
  await until('it hears itself again', () => secondsOf(back.audio(), 600) >= 0.4);
});

test('comfort noise: as it came for who agreed to it, made at its level for who did not, and over with the next word', async () => {
  const [quiet, plain] = [await legs.open({ offer: { comfortNoise: true } }), await legs.open()];
  assert.match(quiet.sdp, /m=audio \d+ RTP\/AVP 8 13 101/);
  await house.media.join(quiet.id, plain.id);
  quiet.party.frame(400);
  await until('the word', () => shareAt(plain.party.audio().subarray(-160), 400) > 0.5);
  quiet.party.send(13, Buffer.from([50]), quiet.party.timestamp + 160);
  const before = plain.party.heard.length;
  await until('noise instead of nothing', () => plain.party.heard.length > before + 20);
  const level = 20 * Math.log10(rms(plain.party.audio().subarray((before + 2) * 160)) / 32_768);
  assert.ok(Math.abs(level + 50) < 2, `${level} dB, asked for -50`);
  quiet.party.timestamp += 160 * 25;
  quiet.party.frame(400, true);
  await until('the next word', () => shareAt(plain.party.audio().subarray(-160), 400) > 0.5);
  const heard = plain.party.heard;
  for (const [at, each] of heard.slice(1).entries()) assert.equal(each.sequence, ((heard[at]?.sequence ?? 0) + 1) & 0xffff, 'one stream');
  const other = await legs.open({ offer: { comfortNoise: true }, group: 'call' });
  await house.media.join(quiet.id, other.id);
  quiet.party.send(13, Buffer.from([50]), quiet.party.timestamp + 160);
  await until('the level itself', () => other.party.heard.some((each) => each.payloadType === 13 && each.payload[0] === 50));
});
