import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CodecName } from '../../media/codec/codec.ts';
import { FACTS } from '../../media/codec/codec.ts';
import type { Gain } from '../../media/port.ts';
import { readWav, secondsOf, shareAt } from '../support/tone.ts';
import { faultsOf, Speaker, until } from './speaker.ts';
import { type House, openHouse } from './support.ts';

/** A mended gap in the sound of whoever is heard, as a busy machine makes them, leaves some −57 dB at every frequency. */
const SILENT_DB = -50;
let house: House;
const speakers: Speaker[] = [];

async function speaker(codec: CodecName, group: string): Promise<Speaker> {
  const opened = await Speaker.open(house, codec, group);
  speakers.push(opened);
  return opened;
}
const codecs = async (group: string, ...names: CodecName[]): Promise<Speaker[]> => Promise.all(names.map((name) => speaker(name, group)));
const heardFor = (listener: Speaker, packets: number): Promise<void> => {
  const from = listener.packets.length;
  return until(`${packets} packets more`, () => listener.packets.length >= from + packets);
};
/** Each listener hears these tones and, below `SILENT_DB`, none of the others. */
async function hears(listener: Speaker, loud: number[], silent: number[]): Promise<void> {
  const levels = (): string => [...loud, ...silent].map((hz) => `${hz} Hz ${Math.round(listener.level(hz))} dB`).join(', ');
  const holds = (): boolean => loud.every((hz) => Math.abs(listener.level(hz)) < 2) && silent.every((hz) => listener.level(hz) < SILENT_DB);
  await until('the tones', holds).catch((error: Error) => assert.fail(`${listener.codec}: ${error.message}: ${levels()}`));
}

before(async () => {
  house = await openHouse({ settings: { MEDIA_CODECS: 'PCMA,PCMU,G722,opus' } });
});
after(async () => {
  for (const each of speakers) each.close();
  await house.close();
});

const PAIRS: readonly (readonly [CodecName, CodecName])[] = [
  ['PCMA', 'G722'],
  ['PCMU', 'opus'],
  ['G722', 'opus'],
  ['opus', 'opus'],
];

test('whatever two codecs meet: the tone of one is found at the other, of the same frequency and level, without a gap', async () => {
  const pairs = await Promise.all(PAIRS.map((pair, at) => codecs(`pair-${at}`, ...pair)));
  for (const [a, b] of pairs as [Speaker, Speaker][]) {
    await house.media.join(a.id, b.id);
    a.say(500);
    b.say(820);
  }
  for (const [a, b] of pairs as [Speaker, Speaker][]) {
    await Promise.all([hears(a, [820], []), hears(b, [500], [])]);
    await until('a second without a gap', () => a.gap(1000) <= 60 && b.gap(1000) <= 60);
    for (const each of [a, b]) {
      assert.deepEqual(faultsOf(each.packets, FACTS[each.codec].frameTicks), [], `${a.codec} with ${b.codec}`);
      each.hush();
    }
  }
});

test('a key pressed on one leg of a transcoded pair is sent on the other, by its clock', async () => {
  const [a, b] = (await codecs('keys', 'PCMA', 'opus')) as [Speaker, Speaker];
  await house.media.join(a.id, b.id);
  a.party.press('5');
  await until('the key', () => b.party.keys() === '5');
  await until(
    '100 ms by a clock of 48 kHz',
    () =>
      b.party.heard
        .filter((each) => each.payloadType === 101)
        .at(-1)
        ?.payload.readUInt16BE(2) === 4800,
  );
});

test('three in a conference, each in another codec, hear the two others and not themselves', async () => {
  const three = (await codecs('three', 'PCMA', 'G722', 'opus')) as [Speaker, Speaker, Speaker];
  await house.media.conference({ conferenceId: 'three', members: three.map((each) => each.id), gains: [] });
  const tones = [500, 820, 1340];
  for (const [at, each] of three.entries()) each.say(tones[at] ?? 0);
  for (const [at, each] of three.entries())
    await hears(
      each,
      tones.filter((_, tone) => tone !== at),
      [],
    );
  // Their own they must not hear: codecs of speech leave some trace of everything, so that it is judged where the code words are exact.
  await hears(three[0], [820, 1340], [500]);
  for (const each of three) each.hush();
});

interface Scene {
  gains: (customer: string, agent: string, supervisor: string) => Gain[];
  customer: [loud: number[], silent: number[]];
  agent: [loud: number[], silent: number[]];
}
const [C, A, S] = [500, 820, 1340];
const SCENES: Record<string, Scene> = {
  'listening in: neither hears the supervisor': {
    gains: (customer, agent, supervisor) => [customer, agent].map((listener) => ({ speaker: supervisor, listener, db: null })),
    customer: [[A], [S]],
    agent: [[C], [S]],
  },
  'whispering: the agent hears the supervisor, the customer does not': {
    gains: (customer, _, supervisor) => [{ speaker: supervisor, listener: customer, db: null }],
    customer: [[A], [S]],
    agent: [[C, S], []],
  },
  'barging in: both hear the supervisor': { gains: () => [], customer: [[A, S], []], agent: [[C, S], []] },
};

test('listen, whisper, barge, take over: one conference, other gains; streams whole from relay to mixer and back', async () => {
  const [customer, agent, supervisor] = (await codecs('floor', 'PCMA', 'PCMU', 'PCMA')) as [Speaker, Speaker, Speaker];
  await house.media.join(customer.id, agent.id);
  customer.say(C);
  agent.say(A);
  supervisor.say(S);
  await Promise.all([hears(customer, [A], [S]), hears(agent, [C], [S])]);
  for (const [claim, scene] of Object.entries(SCENES)) {
    const gains = scene.gains(customer.id, agent.id, supervisor.id);
    await house.media.conference({ conferenceId: 'floor', members: [customer.id, agent.id, supervisor.id], gains });
    await Promise.all([hears(customer, ...scene.customer), hears(agent, ...scene.agent), hears(supervisor, [C, A], [S])]).catch((error) =>
      assert.fail(`${claim}: ${error}`),
    );
  }
  await house.media.conference({ conferenceId: 'floor', members: [customer.id, supervisor.id], gains: [] });
  await Promise.all([hears(customer, [S], [A]), hears(supervisor, [C], [A])]);
  await house.media.join(customer.id, agent.id);
  await Promise.all([hears(customer, [A], [S]), hears(agent, [C], [S])]);
  for (const each of [customer, agent, supervisor]) {
    each.hush();
    assert.deepEqual(faultsOf(each.packets), [], each.id);
  }
});

test('gains are changed by decibels; who is muted is heard by nobody; who is on hold neither hears nor is heard, and its music stays outside', async () => {
  const [a, b, c] = (await codecs('gains', 'PCMA', 'PCMA', 'PCMA')) as [Speaker, Speaker, Speaker];
  await house.media.conference({ conferenceId: 'gains', members: [a.id, b.id, c.id], gains: [] });
  a.say(C);
  b.say(A);
  await hears(c, [C, A], []);
  await house.media.setGains('gains', [{ speaker: a.id, listener: c.id, db: -12 }]);
  await until('12 dB less', () => Math.abs(c.level(C) + 12) < 1.5 && Math.abs(c.level(A)) < 1.5);
  await house.media.mute(b.id, true);
  await until('nothing of b', () => c.level(A) < SILENT_DB);
  await house.media.mute(b.id, false);
  await hears(c, [A], []);
  await house.media.renegotiate(a.id, a.offer('sendonly'));
  await hears(c, [A], [C]);
  const [heard, others] = [a.packets.length, c.packets.length];
  await until('half a second', () => c.packets.length > others + 25);
  assert.ok(a.packets.length <= heard + 2, 'it is on hold and sent nothing');
  await house.media.close(b.id);
  await hears(c, [], [A, C]);
  for (const each of [a, b]) each.hush();
});

test('a prompt to one member is for that member alone; one to the conference is heard by all, beside what they say', async () => {
  const [a, b] = (await codecs('prompts', 'PCMA', 'PCMU')) as [Speaker, Speaker];
  await house.media.conference({ conferenceId: 'prompts', members: [a.id, b.id], gains: [] });
  a.say(C);
  await hears(b, [C], []);
  const tone = (hz: number, ms: number) => [{ kind: 'tone' as const, hz: [hz], dbm0: -9, onMs: 100, offMs: 0, ms }];
  await house.media.playToConference('prompts', 'beep', tone(A, 800), { loop: false });
  await until('both hear it, and b what a says', () => a.level(A, 200) > -6 && b.level(A, 200) > -6 && b.level(C, 200) > -2);
  const ended = await house.event('playEnded', (event) => event.playId === 'beep');
  assert.deepEqual([ended.endpointId, ended.end], ['prompts', 'finished']);
  await hears(a, [], [S, A]);
  await house.media.play(b.id, 'alone', tone(S, 400), { loop: false, bargeIn: false });
  await until('b hears it alone', () => b.level(S, 200) > -6 && b.level(C, 200) < -40);
  assert.ok(a.level(S, 200) < SILENT_DB);
  assert.equal((await house.event('playEnded', (event) => event.playId === 'alone')).end, 'finished');
  await hears(b, [C], [S]);
  a.hush();
});

test('a recording goes on through a conference: caller left, everybody the caller hears right, a whisper in neither', async () => {
  const [customer, agent, supervisor] = (await codecs('recorded', 'PCMA', 'G722', 'PCMA')) as [Speaker, Speaker, Speaker];
  const path = join(house.folder, 'conference.wav');
  await house.media.join(customer.id, agent.id);
  customer.say(C);
  agent.say(A);
  supervisor.say(S);
  await hears(customer, [A], []);
  await house.media.record({ recordingId: 'rc', path, left: customer.id, right: agent.id });
  await heardFor(customer, 60);
  const members = [customer.id, agent.id, supervisor.id];
  await house.media.conference({ conferenceId: 'recorded', members, gains: [{ speaker: supervisor.id, listener: customer.id, db: null }] });
  await hears(agent, [C, S], []);
  await heardFor(customer, 60);
  await house.media.setGains('recorded', [{ speaker: supervisor.id, listener: customer.id, db: 0 }]);
  await hears(customer, [A, S], []);
  await heardFor(customer, 60);
  await house.media.stopRecording('rc');
  const ended = await house.event('recordingEnded', (event) => event.recordingId === 'rc');
  assert.equal(ended.complete, true);
  for (const each of [customer, agent, supervisor]) each.hush();
  const [left, right] = [readWav(path, 0), readWav(path, 1)];
  const seconds = ended.durationMs / 1000;
  assert.ok(secondsOf(left, C) > seconds - 0.8 && shareAt(left, A) < 0.01 && shareAt(left, S) < 0.01, `left: ${secondsOf(left, C)} of ${seconds} s`);
  const third = Math.floor(right.length / 3);
  assert.ok(secondsOf(right.subarray(0, third), A) > third / 8000 - 0.8, `right, before: ${secondsOf(right.subarray(0, third), A)} s`);
  assert.ok(shareAt(right.subarray(0, 1.5 * third), S) < 0.01, 'the whisper');
  // The last of it was still waiting its turn in a jitter buffer, 240 ms at most, when the recording was stopped.
  // Where a jitter buffer lengthens or shortens a frame, the phase of a tone jumps, and a longer stretch of it cancels itself: each 60 ms is looked at alone.
  const ends = Array.from({ length: 10 }, (_, at) => right.subarray(right.length - 8000 + at * 480, right.length - 8000 + (at + 1) * 480));
  const both = ends.filter((end) => shareAt(end, S) > 0.3 && shareAt(end, A) > 0.3).length;
  assert.ok(both >= 5, `right, at the end: ${ends.map((end) => `${shareAt(end, S).toFixed(2)} and ${shareAt(end, A).toFixed(2)}`).join(', ')}`);
});

test('F7: who changes codec in mid-call, by a new offer or without one, is transcoded from then on, in streams that stay whole', async () => {
  const [a, b] = (await codecs('changes', 'PCMA', 'PCMA')) as [Speaker, Speaker];
  await house.media.join(a.id, b.id);
  b.say(A);
  await hears(a, [A], []);
  const wide = speakers[speakers.push(a.as('G722')) - 1] as Speaker;
  await house.media.renegotiate(a.id, wide.offer());
  wide.say(C);
  await Promise.all([hears(b, [C], []), hears(wide, [A], [])]);
  await until('no gap', () => b.gap(600) <= 60 && wide.gap(600) <= 60);
  for (const each of [a, b]) assert.deepEqual(faultsOf(each.packets), [], each.id);
  wide.hush();
  a.say(C);
  await hears(b, [C], []);
  await until('no gap', () => b.gap(600) <= 60);
  b.hush();
  a.hush();
});

test('what is wrong with a conference is said', async () => {
  const [a, b] = (await codecs('wrong', 'PCMA', 'PCMA')) as [Speaker, Speaker];
  const other = await speaker('PCMA', 'wrong-elsewhere');
  const refused = (request: Promise<unknown>, code: string, words: RegExp): Promise<void> =>
    assert.rejects(request, (error: Error & { code?: string }) => error.code === code && words.test(error.message));
  const confer = (members: string[]): Promise<void> => house.media.conference({ conferenceId: 'wrong', members, gains: [] });
  await refused(confer([a.id, 'nobody.1']), 'unknown_endpoint', /nobody/);
  await refused(confer([a.id, a.id]), 'bad_request', /twice/);
  await refused(confer([a.id]), 'bad_request', /members/);
  await refused(house.media.setGains('wrong', []), 'unknown_endpoint', /no conference wrong/);
  await confer([a.id, b.id]);
  await refused(house.media.setGains('wrong', [{ speaker: other.id, listener: a.id, db: 0 }]), 'bad_request', /not in the conference/);
  await refused(house.media.setGains('wrong', [{ speaker: b.id, listener: a.id, db: 40 }]), 'bad_request', /db/);
  await house.media.removeFromConference('wrong', a.id);
  await house.media.removeFromConference('wrong', 'nobody.1');
  await house.media.endConference('wrong');
  await house.media.endConference('wrong');
  await refused(house.media.setGains('wrong', []), 'unknown_endpoint', /no conference/);
  assert.equal((await house.media.capabilities()).mix, true);
});
