import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wavHeader } from '../../kernel/wav.ts';
import { type Codec, decode, encode, recoded, SILENCE, toCode, toLinear } from '../../media/codec/g711.ts';
import { halve } from '../../media/codec/resample.ts';
import { readWav } from '../../media/codec/wav.ts';
import { shareAt } from '../support/tone.ts';
import { alawEncode, ulawEncode } from './g711-reference.ts';

const code = (codec: Codec, sample: number): number => toCode[codec][sample & 0xffff] ?? -1;

test('the digital milliwatt is the sequence of G.711 tables 5 and 6', () => {
  const milliwatt: Record<Codec, number[]> = {
    PCMA: [0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4],
    PCMU: [0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e],
  };
  for (const codec of ['PCMA', 'PCMU'] as const) {
    // 1 kHz at 0 dBm0: full scale lies at +3.14 dBm0 for A-law, +3.17 for mu-law; the samples lie at odd multiples of 22.5 degrees.
    const amplitude = (codec === 'PCMA' ? 32_768 : 32_636) * 10 ** (-(codec === 'PCMA' ? 3.14 : 3.17) / 20);
    const samples = milliwatt[codec].map((_, at) => -Math.round(amplitude * Math.sin((Math.PI / 8) * (2 * at + 1))));
    assert.deepEqual(
      samples.map((sample) => code(codec, sample)),
      milliwatt[codec],
    );
    assert.ok(shareAt(decode(Buffer.concat(Array.from({ length: 50 }, () => Buffer.from(milliwatt[codec]))), codec), 1000) > 0.999);
  }
});

test('code words at the ends and around nought are those of the Recommendation', () => {
  const table: [Codec, number, number][] = [
    ['PCMA', 0, 0xd5],
    ['PCMA', -1, 0x55],
    ['PCMA', 32_767, 0xaa],
    ['PCMA', -32_768, 0x2a],
    ['PCMU', 0, 0xff],
    ['PCMU', 32_767, 0x80],
    ['PCMU', -32_768, 0x00],
  ];
  for (const [codec, sample, expected] of table) assert.equal(code(codec, sample), expected, `${codec} ${sample}`);
  assert.equal(toLinear.PCMU[0x80], 32_124);
  assert.equal(toLinear.PCMU[0x00], -32_124);
  assert.equal(toLinear.PCMA[0xaa], 32_256);
  assert.equal(toLinear.PCMA[0x2a], -32_256);
  assert.equal(SILENCE.PCMA, 0xd5);
  assert.equal(SILENCE.PCMU, 0xff);
});

test('every sample is encoded as by an encoder written from the tables', () => {
  for (let sample = 0; sample <= 32_767; sample += 1) {
    assert.equal(code('PCMA', sample), alawEncode(sample), `A-law ${sample}`);
    assert.equal(code('PCMU', sample), ulawEncode(sample), `mu-law ${sample}`);
    assert.equal(code('PCMU', -sample) & 0x7f, ulawEncode(sample) & 0x7f);
  }
});

test('every code word survives decoding and encoding', () => {
  for (let word = 0; word < 256; word += 1) {
    assert.equal(code('PCMA', toLinear.PCMA[word] ?? 0), word);
    // Mu-law has two noughts, which sound the same.
    if (word !== 0x7f) assert.equal(code('PCMU', toLinear.PCMU[word] ?? 0), word);
  }
});

test('recoding keeps sign and level within half a step of the coarser law', () => {
  for (const from of ['PCMA', 'PCMU'] as const) {
    const to = from === 'PCMA' ? 'PCMU' : 'PCMA';
    for (let word = 0; word < 256; word += 1) {
      const before = toLinear[from][word] ?? 0;
      const after = toLinear[to][recoded[from][word] ?? 0] ?? 0;
      assert.ok(Math.abs(before - after) <= Math.max(16, Math.abs(before) / 30), `${from} ${word}: ${before} became ${after}`);
    }
  }
});

const sineAt = (rate: number, hz: number, samples: number): Int16Array =>
  Int16Array.from({ length: samples }, (_, at) => Math.round(10_000 * Math.sin((2 * Math.PI * hz * at) / rate)));

test('halving the rate keeps speech and leaves nothing of what would fold back', () => {
  const loudness = (samples: Int16Array): number => Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);
  const speech = halve(sineAt(16_000, 1000, 16_000), 0, 8000);
  assert.ok(shareAt(speech.subarray(100, 7900), 1000) > 0.99);
  assert.ok(Math.abs(loudness(speech.subarray(100, 7900)) / loudness(sineAt(8000, 1000, 8000)) - 1) < 0.02);
  assert.ok(loudness(halve(sineAt(16_000, 5000, 16_000), 0, 8000).subarray(100, 7900)) < 50);
});

test('a WAV is read past unknown and odd chunks, and refused with the reason', () => {
  const samples = Buffer.from(sineAt(8000, 440, 800).buffer);
  const plain = Buffer.concat([wavHeader(1, 8000, samples.length), samples]);
  assert.deepEqual(readWav(plain), { format: 'PCM16', rate: 8000, data: samples });
  const odd = Buffer.concat([plain.subarray(0, 12), Buffer.from('LIST\x03\x00\x00\x00abc\x00', 'latin1'), plain.subarray(12)]);
  assert.deepEqual(readWav(odd).data, samples);
  const cut = plain.subarray(0, 444);
  assert.equal(readWav(cut).data.length, 400);
  assert.throws(() => readWav(Buffer.concat([wavHeader(2, 8000, 4), Buffer.alloc(4)])), /2 channels/);
  assert.throws(() => readWav(Buffer.concat([wavHeader(1, 44_100, 4), Buffer.alloc(4)])), /44100 Hz/);
  assert.throws(() => readWav(Buffer.from('ID3 this is music')), /not a WAV/);
  assert.throws(() => readWav(plain.subarray(0, 36)), /without data/);
});

test('encode and decode work on whole buffers', () => {
  const samples = sineAt(8000, 440, 160);
  for (const codec of ['PCMA', 'PCMU'] as const) {
    const back = decode(encode(samples, codec), codec);
    assert.ok(samples.every((sample, at) => Math.abs(sample - (back[at] ?? 0)) <= 512));
  }
});
