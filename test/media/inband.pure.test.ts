import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ToneReceiver } from '../../media/dtmf/inband.ts';
import { keyHz } from '../../media/dtmf/pad.ts';
import { inProject } from '../support/project.ts';
import { alawDecode, readWav } from '../support/tone.ts';
import { alawEncode } from './g711-reference.ts';
import { noise } from './noise.ts';

const KEYS = '0123456789*#ABCD';

interface Press {
  key: string;
  onMs?: number;
  offMs?: number;
  /** Of the row's tone; the column's is `twistDb` above it. */
  dbm0?: number;
  twistDb?: number;
  /** Both tones off their frequency by this share. */
  off?: number;
  /** A hole of so many ms in the middle. */
  holeMs?: number;
}

const amplitudeOf = (dbm0: number): number => 32_767 * 10 ** ((dbm0 - 3.14) / 20);

function pressed({ key, onMs = 60, offMs = 60, dbm0 = -10, twistDb = 0, off = 0, holeMs = 0 }: Press): number[] {
  const [row = 0, column = 0] = keyHz(key);
  const on = onMs * 8;
  const hole = [(on - holeMs * 8) / 2, (on + holeMs * 8) / 2] as const;
  return Array.from({ length: on + offMs * 8 }, (_, n) => {
    if (n >= on || (n >= hole[0] && n < hole[1])) return 0;
    const tone = (hz: number, level: number): number => amplitudeOf(level) * Math.sin((2 * Math.PI * hz * (1 + off) * n) / 8000);
    return tone(row, dbm0) + tone(column, dbm0 + twistDb);
  });
}

/** The keys found in what a G.711 line brings of this, in packets of 20 ms, from every phase of the packets. */
function found(samples: number[], shift = 0): string {
  const receiver = new ToneReceiver();
  const line = Int16Array.from([...new Array<number>(400 + shift).fill(0), ...samples, ...new Array<number>(400).fill(0)], (sample) =>
    alawDecode(alawEncode(Math.max(-32_000, Math.min(32_000, Math.round(sample))))),
  );
  let keys = '';
  for (let at = 0; at < line.length; at += 160) keys += receiver.heard(line.subarray(at), Math.min(160, line.length - at));
  return keys;
}

/** Of all sixteen keys from several phases: how many were told once, and how many at all. */
function tried(press: Omit<Press, 'key'>, disturb: (samples: number[]) => number[] = (samples) => samples): { once: number; ever: number; of: number } {
  const shifts = [0, 13, 27];
  const told = shifts.flatMap((shift) => [...KEYS].map((key) => ({ key, keys: found(disturb(pressed({ ...press, key })), shift) })));
  return { once: told.filter(({ key, keys }) => keys === key).length, ever: told.filter(({ keys }) => keys !== '').length, of: told.length };
}

const taken: Record<string, Omit<Press, 'key'>> = {
  'at 0 dBm0': { dbm0: 0 },
  'at −25 dBm0': { dbm0: -25 },
  'of 40 ms with 40 ms between': { onMs: 40, offMs: 40 },
  'of half a second, once': { onMs: 500 },
  'with a column 4 dB above its row': { twistDb: 4 },
  'with a column 8 dB below its row': { twistDb: -8 },
  '1.5 % too high': { off: 0.015 },
  '1.5 % too low': { off: -0.015 },
  '1.5 % too high, 45 ms long, twisted by 4 dB': { off: 0.015, onMs: 45, twistDb: 4 },
  '1.5 % too low, 45 ms long, twisted by −6 dB at −12 dBm0': { off: -0.015, onMs: 45, twistDb: -6, dbm0: -12 },
  'with a hole of 10 ms, once': { onMs: 120, holeMs: 10 },
};
for (const [what, press] of Object.entries(taken)) {
  test(`in-band keys are taken: ${what}`, () => {
    const { once, of } = tried(press);
    assert.equal(once, of);
  });
}

const refused: Record<string, Omit<Press, 'key'>> = {
  'of 23 ms': { onMs: 23 },
  'at −36 dBm0': { dbm0: -36 },
  'with a column 8 dB above its row': { twistDb: 8 },
  'with a column 13 dB below its row': { twistDb: -13, dbm0: -5 },
  '3.5 % too high': { off: 0.035 },
  '3.5 % too low': { off: -0.035 },
};
for (const [what, press] of Object.entries(refused)) {
  test(`in-band keys are not taken: ${what}`, () => assert.equal(tried(press).ever, 0));
}

test('in-band keys are taken out of noise 15 dB below them, and out of mains hum', () => {
  const random = noise(4);
  const level = amplitudeOf(-10 - 15) * Math.sqrt(3);
  const noisy = tried({}, (samples) => samples.map((sample) => sample + (random(2) - 1) * level));
  assert.ok(noisy.once >= noisy.of * 0.99, `${noisy.once} of ${noisy.of}`);
  const hum = amplitudeOf(-20);
  const hummed = tried({}, (samples) => samples.map((sample, n) => sample + hum * Math.sin((2 * Math.PI * 50 * n) / 8000)));
  assert.equal(hummed.once, hummed.of);
});

test('a number dialled in band is read key by key, doubled keys too', () => {
  const number = '13800001001#*55';
  assert.equal(found([...number].flatMap((key) => pressed({ key, onMs: 50, offMs: 50 }))), number);
});

test('a lost packet in a long press makes no second key', () => {
  const samples = Int16Array.from(pressed({ key: '7', onMs: 400 }));
  const receiver = new ToneReceiver();
  assert.equal(receiver.heard(samples, 1600) + receiver.heard(samples.subarray(1760), samples.length - 1760), '7');
});

test('single tones, dial tone and ring-back are no keys', () => {
  for (const tones of [[697], [1209], [350, 440], [450], [440, 480], [480, 620], [941, 1100], [1400, 2060]]) {
    const samples = Array.from({ length: 8000 }, (_, n) => tones.reduce((sum, hz) => sum + 6000 * Math.sin((2 * Math.PI * hz * n) / 8000), 0));
    assert.equal(found(samples), '', tones.join('+'));
  }
});

test('talk-off: five and a half minutes of prompts at three levels, each also a little faster and slower, hold no key', (t) => {
  const prompts = inProject('dialplans/demo/prompts');
  let seconds = 0;
  let keys = '';
  for (const language of ['zh', 'en']) {
    for (const file of readdirSync(join(prompts, language)).filter((name) => name.endsWith('.wav'))) {
      const spoken = readWav(join(prompts, language, file));
      for (const [gain, pace] of [
        [0.3, 1],
        [1, 1],
        [1.8, 1],
        [1, 0.9],
        [1, 1.12],
      ] as const) {
        const samples = Int16Array.from({ length: Math.floor(spoken.length / pace) }, (_, n) =>
          Math.max(-32_768, Math.min(32_767, Math.round((spoken[Math.floor(n * pace)] ?? 0) * gain))),
        );
        seconds += samples.length / 8000;
        keys += new ToneReceiver().heard(samples, samples.length);
      }
    }
  }
  t.diagnostic(`${keys.length} false keys in ${Math.round(seconds)} s of speech`);
  assert.equal(keys, '');
});
