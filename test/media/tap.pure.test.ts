import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { emptyHeader } from '../../media/rtp/packet.ts';
import { VoiceActivity } from '../../media/tap/activity.ts';
import { AnswerDetector } from '../../media/tap/answering-machine.ts';
import { type Beep, BeepFinder } from '../../media/tap/beep.ts';
import { Outbox } from '../../media/tap/outbox.ts';
import { Speech } from '../../media/tap/speech.ts';
import { TapStream } from '../../media/tap/stream.ts';
import { FrameReader, HEAD_BYTES, KIND, writeHead } from '../../media/tap/wire.ts';
import { sine } from '../support/tone.ts';
import { noise } from './noise.ts';

/** Something like speech: bursts of noise and hum as long as syllables, with dips between. */
function babble(ms: number, seed: number, level = 6000): number[] {
  const random = noise(seed);
  const out: number[] = [];
  while (out.length < ms * 8) {
    const syllable = 900 + random(900);
    const pitch = 110 + random(120);
    for (let n = 0; n < syllable; n += 1) {
      const shape = Math.sin((Math.PI * n) / syllable);
      out.push(level * shape * (0.7 * Math.sin((2 * Math.PI * pitch * n) / 8000) + 0.5 * (random(1000) / 500 - 1)));
    }
    for (let n = 0; n < 240; n += 1) out.push(level * 0.01 * (random(1000) / 500 - 1));
  }
  return out.slice(0, ms * 8);
}
const quiet = (ms: number, level = 20, seed = 7): number[] => {
  const random = noise(seed);
  return Array.from({ length: ms * 8 }, () => level * (random(1000) / 500 - 1));
};
const frames = (samples: number[]): Int16Array[] =>
  Array.from({ length: Math.floor(samples.length / 160) }, (_, at) => Int16Array.from(samples.slice(at * 160, at * 160 + 160), Math.round));

/** [speaking, ms] of each change. */
const spurts = (samples: number[]): [boolean, number][] => {
  const activity = new VoiceActivity();
  return frames(samples).flatMap((frame, at): [boolean, number][] => (activity.heard(frame) ? [[activity.speaking, (at + 1) * 20]] : []));
};

test('voice begins and ends once a spurt, in quiet and in noise it stands 15 dB above', () => {
  for (const level of [5, 40, 300]) {
    const room = quiet(5600, level);
    const still = (ms: number): number[] => new Array<number>(ms * 8).fill(0);
    const said = [...still(1500), ...babble(1000, 3), ...still(1500), ...babble(600, 4), ...still(1000)];
    const changes = spurts(said.map((sample, at) => sample + (room[at] ?? 0)));
    assert.deepEqual(
      changes.map(([speaking]) => speaking),
      [true, false, true, false],
      `noise ${level}`,
    );
    for (const [at, ms] of [1500, 2500, 4000, 4600].entries()) {
      const late = (changes[at]?.[1] ?? 0) - ms;
      assert.ok(late >= 0 && late <= (at % 2 === 0 ? 150 : 300), `change ${at} is ${late} ms late`);
    }
  }
});

test('steady noise is no voice, nor is a click; noise that grows is one for a second at most', () => {
  assert.deepEqual(spurts(quiet(5000, 200)), []);
  assert.deepEqual(spurts([...quiet(1000), ...quiet(20, 9000), ...quiet(1000)]), []);
  const [begun, ended] = spurts([...quiet(2000, 20), ...quiet(4000, 600)]);
  assert.equal(begun?.[0], true);
  assert.ok(ended !== undefined && ended[1] <= 3500);
});

function judged(samples: number[]): { by: string; why: string; atMs: number; beep: Beep | null } {
  const detector = new AnswerDetector();
  for (const frame of frames(samples)) detector.heard(frame);
  const { by = 'none', why = 'none', atMs = 0 } = detector.verdict ?? {};
  return { by, why, atMs, beep: detector.beep };
}

const greetings: Record<string, { samples: number[]; by: string; why: string; byMs: number }> = {
  'one word and silence is a person': { samples: [...quiet(600), ...babble(500, 1), ...quiet(3000)], by: 'human', why: 'short_greeting', byMs: 2000 },
  'two words with a breath between are a person': {
    samples: [...quiet(300), ...babble(400, 1), ...quiet(400), ...babble(500, 2), ...quiet(3000)],
    by: 'human',
    why: 'short_greeting',
    byMs: 2500,
  },
  'speech that goes on is a machine': { samples: [...quiet(400), ...babble(6000, 1)], by: 'machine', why: 'long_greeting', byMs: 3200 },
  'sentences with short pauses are a machine': {
    samples: [...quiet(400), ...babble(1200, 1), ...quiet(300), ...babble(1500, 2), ...quiet(300), ...babble(1000, 5)],
    by: 'machine',
    why: 'long_greeting',
    byMs: 3800,
  },
  'a beep at once is a machine': { samples: [...quiet(500), ...sine(1000, 0, 3200), ...quiet(1000)], by: 'machine', why: 'beep', byMs: 1100 },
  'nothing is unknown': { samples: quiet(8000), by: 'unknown', why: 'silence', byMs: 4000 },
  'a click and nothing is unknown': { samples: [...quiet(500), ...quiet(60, 9000), ...quiet(8000)], by: 'unknown', why: 'silence', byMs: 5000 },
};
for (const [claim, { samples, by, why, byMs }] of Object.entries(greetings)) {
  test(`who answered: ${claim}`, () => {
    const verdict = judged(samples);
    assert.deepEqual([verdict.by, verdict.why], [by, why]);
    assert.ok(verdict.atMs <= byMs, `after ${verdict.atMs} ms`);
  });
}

const beepsIn = (samples: number[]): Beep[] => {
  const finder = new BeepFinder();
  return frames(samples).flatMap((frame) => finder.heard(frame) ?? []);
};

test('a beep is found with its frequency and length, whatever its tone; speech, two tones at once and ringing are none', () => {
  for (const hz of [400, 850, 1000, 1400, 2100, 2500]) {
    const [beep, ...more] = beepsIn([...babble(1000, 2), ...quiet(200), ...sine(hz, 0, 4000, 6000), ...quiet(300)]);
    assert.ok(beep !== undefined && more.length === 0, `${hz} Hz`);
    assert.ok(Math.abs(beep.hz - hz) <= 0.02 * hz && Math.abs(beep.ms - 500) <= 40, JSON.stringify(beep));
  }
  assert.deepEqual(beepsIn(babble(20_000, 9)), []);
  const dual = sine(697, 0, 8000, 5000).map((sample, at) => sample + (sine(1209, 0, 8000, 5000)[at] ?? 0));
  assert.deepEqual(beepsIn([...dual, ...quiet(300)]), []);
  assert.deepEqual(beepsIn([...sine(450, 0, 40_000), ...quiet(300)]), []);
});

test('a machine that beeps after its greeting is judged by the greeting, and its beep is told when it is over', () => {
  const verdict = judged([...quiet(400), ...babble(5000, 1), ...quiet(300), ...sine(1000, 0, 2400), ...quiet(1000)]);
  assert.deepEqual([verdict.by, verdict.why, verdict.beep?.hz], ['machine', 'long_greeting', 1000]);
});

test('who does not read loses the oldest frames, and they are counted', () => {
  const outbox = new Outbox(3);
  for (let n = 0; n < 10; n += 1) outbox.add(Buffer.from([n]));
  assert.equal(outbox.dropped, 7);
  assert.deepEqual([outbox.next()?.[0], outbox.next()?.[0], outbox.next()?.[0], outbox.next()], [7, 8, 9, undefined]);
});

test('frames are read however the stream is cut; a length beyond the limit ends it', () => {
  const head = Buffer.alloc(HEAD_BYTES);
  writeHead(head, KIND.speak, 4, 0, 0);
  const two = Buffer.concat([head, Buffer.from('abcd'), head, Buffer.from('efgh')]);
  for (let cut = 0; cut <= two.length; cut += 1) {
    const reader = new FrameReader();
    const read: string[] = [];
    for (const part of [two.subarray(0, cut), two.subarray(cut)]) reader.take(part, (kind, payload) => read.push(`${kind}${payload}`));
    assert.deepEqual(read, ['3abcd', '3efgh']);
  }
  writeHead(head, KIND.speak, 20_000, 0, 0);
  assert.throws(() => new FrameReader().take(head, () => undefined), /at most 16384/);
});

test('speech is heard in its order, silence where it is late, and its end is told once; too much asks for a pause', () => {
  let room = 0;
  const speech = new Speech(() => {
    room += 1;
  });
  const into = Buffer.alloc(160);
  assert.equal(speech.fill(into, 0, 'PCMA', 160), 160);
  assert.ok(into.every((byte) => byte === 0xd5));
  speech.add(
    Int16Array.from({ length: 100 }, () => 8000),
    100,
  );
  speech.end();
  assert.equal(speech.fill(into, 0, 'PCMA', 160), 100);
  assert.equal(speech.fill(into, 0, 'PCMA', 160), 0);
  const second = new Int16Array(8000);
  let asked = 0;
  for (let n = 0; n < 12; n += 1) if (!speech.add(second, 8000)) asked += 1;
  assert.ok(asked > 0 && speech.waiting === 96_000);
  while (speech.waiting > 30_000) speech.fill(into, 0, 'PCMA', 160);
  assert.equal(room, 1);
});

test('a consumer that reads nothing costs the call nothing: two seconds wait for it, what is older is dropped and counted', () => {
  let written = 0;
  const deaf = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer) => {
      written += chunk.length;
    },
  });
  let reason: string | null | undefined;
  const request = { tapId: 't', endpointId: 'e', to: '/nobody', rate: 8000, directions: 'in' } as const;
  const tap = new TapStream(
    request,
    () => 0,
    deaf,
    (why) => {
      reason = why;
    },
  );
  const packet = Buffer.alloc(172, 0x55);
  for (let n = 0; n < 1000; n += 1)
    tap.said.heard(packet, { ...emptyHeader(), payloadStart: 12, payloadEnd: 172, timestamp: n * 160, ssrc: 1 }, 'PCMA', n * 20);
  assert.ok(tap.dropped >= 700 && tap.dropped < 800, `${tap.dropped} dropped`);
  assert.ok(deaf.writableLength < 17_000 && written < 1000);
  tap.close();
  assert.equal(reason, null);
});
