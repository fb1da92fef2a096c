import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type CodecName, FACTS, LONGEST_PACKET_MS, MOST_FRAME_BYTES, type SampleRate } from '../../media/codec/codec.ts';
import { makeDecoder, makeEncoder } from '../../media/codec/coders.ts';
import { G722Decoder, G722Encoder } from '../../media/codec/g722.ts';
import { Resampler } from '../../media/codec/resampler.ts';
import { noise } from './noise.ts';

const ALL: readonly CodecName[] = ['PCMA', 'PCMU', 'G722', 'opus'];
const sineAt = (rate: number, hz: number, samples: number, amplitude = 8000): Int16Array =>
  Int16Array.from({ length: samples }, (_, at) => Math.round(amplitude * Math.sin((2 * Math.PI * hz * at) / rate)));

/** Amplitude of the tone, by correlation with both its phases. */
function level(samples: Int16Array, hz: number, rate: number): number {
  let [inPhase, quadrature] = [0, 0];
  for (const [at, sample] of samples.entries()) {
    inPhase += sample * Math.cos((2 * Math.PI * hz * at) / rate);
    quadrature += sample * Math.sin((2 * Math.PI * hz * at) / rate);
  }
  return (2 * Math.hypot(inPhase, quadrature)) / samples.length;
}
const dB = (ratio: number): number => 20 * Math.log10(ratio);
const rms = (samples: Int16Array): number => Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);

/** All of `sound` through encoder and decoder, frame by frame. */
function through(codec: CodecName, sound: Int16Array, rateIn: SampleRate, rateOut: SampleRate): Int16Array {
  const [encoder, decoder] = [makeEncoder(codec), makeDecoder(codec, rateOut)];
  const [frame, packet] = [rateIn / 50, new Uint8Array(MOST_FRAME_BYTES)];
  const out = new Int16Array((sound.length / frame) * (rateOut / 50));
  let written = 0;
  for (let from = 0; from < sound.length; from += frame) {
    const bytes = encoder.encode(sound.subarray(from, from + frame), packet, 0);
    written += decoder.decode(packet, 0, bytes, out, written);
  }
  assert.equal(written, out.length);
  encoder.close();
  decoder.close();
  return out;
}

/** Quiet noise, louder noise, a square wave, noise beyond the full scale of the codec. */
function g722Signal(): Int16Array {
  let state = 7;
  return Int16Array.from({ length: 16_000 }, (_, at) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const each = (state >>> 16) - 32_768;
    if (at < 4000) return Math.floor(each / 64);
    if (at < 8000) return Math.floor(each / 4);
    return at < 12_000 ? (Math.floor(at / 20) % 2 === 1 ? 9000 : -9000) : each;
  });
}
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('G.722 makes the very bits, and the very samples, that another implementation of the Recommendation makes', () => {
  const bytes = new Uint8Array(8000);
  new G722Encoder().encode(g722Signal(), bytes, 0);
  assert.equal(sha256(bytes), '59ddc7b1899d7448506535a396488c571d0ac86052c5555f33d31bf63c599484');
  const samples = new Int16Array(12_000);
  new G722Decoder().decode(bytes, 0, 6000, samples, 0);
  assert.equal(sha256(new Uint8Array(samples.buffer)), '9bd160c484e4e76461295087a636f824daf4f0f08d612f0897ede488778662ab');
});

for (const codec of ALL) {
  for (const [rateIn, rateOut] of [
    [8000, 8000],
    [16_000, 8000],
    [8000, 16_000],
    [16_000, 16_000],
  ] as const) {
    test(`a tone of 1000 Hz keeps frequency and level through ${codec}, from ${rateIn} to ${rateOut} Hz`, () => {
      const heard = through(codec, sineAt(rateIn, 1000, rateIn), rateIn, rateOut).subarray(rateOut / 5);
      const change = dB(level(heard, 1000, rateOut) / 8000);
      assert.ok(Math.abs(change) < 1, `${change} dB`);
      const rest = dB((rms(heard) ** 2 - level(heard, 1000, rateOut) ** 2 / 2) ** 0.5 / rms(heard));
      assert.ok(!(rest > -20), `all but the tone is ${rest} dB of it`);
    });
  }
}

test('what lies above 4 kHz passes through G.722 and Opus at 16 kHz, and does not fold back at 8 kHz', () => {
  for (const codec of ['G722', 'opus'] as const) {
    const wide = through(codec, sineAt(16_000, 5500, 16_000), 16_000, 16_000).subarray(3200);
    assert.ok(dB(level(wide, 5500, 16_000) / 8000) > -3, codec);
    assert.ok(dB(rms(through(codec, sineAt(16_000, 5500, 16_000), 16_000, 8000).subarray(1600)) / 5657) < -30, codec);
  }
});

test('rates of 8, 16 and 48 kHz become one another without loss below 3.4 kHz or anything folded back', () => {
  for (const from of [8000, 16_000, 48_000])
    for (const to of [8000, 16_000, 48_000].filter((rate) => rate !== from)) {
      const run = (hz: number): Int16Array => {
        const [resampler, out] = [new Resampler(from, to), new Int16Array(to)];
        const sound = sineAt(from, hz, from);
        let written = 0;
        for (let at = 0; at < from; at += from / 50) written += resampler.run(sound, at, from / 50, out, written);
        assert.equal(written, to);
        return out.subarray(to / 10);
      };
      for (const hz of [300, 1000, 3000]) assert.ok(Math.abs(dB(level(run(hz), hz, to) / 8000)) < 0.5, `${hz} Hz from ${from} to ${to}`);
      if (to < from) assert.ok(dB(rms(run(to * 0.6)) / 5657) < -50, `from ${from} to ${to}`);
    }
});

test('F11: odd, empty, endless and random payloads crash no codec and write nothing beyond 120 ms', () => {
  const next = noise(11);
  for (const codec of ALL)
    for (const rate of [8000, 16_000] as const) {
      const decoder = makeDecoder(codec, rate);
      const longest = (LONGEST_PACKET_MS * rate) / 1000;
      const out = new Int16Array(longest + 1000);
      const payloads = [0, 1, 3, 7, 159, 161, 960, 961, 8000, 65_000].map((length) => Uint8Array.from({ length }, () => next(256)));
      for (let round = 0; round < 300; round += 1) payloads.push(Uint8Array.from({ length: next(400) }, () => next(256)));
      for (const payload of payloads) {
        out.fill(0);
        const made = decoder.decode(payload, 0, payload.length, out, 0);
        assert.ok(made >= 0 && made <= longest, `${codec}: ${payload.length} bytes became ${made} samples`);
        assert.ok(out.subarray(longest).every((sample) => sample === 0));
      }
      assert.equal(decoder.decode(new Uint8Array(0), 0, 0, out, 0), 0);
      assert.equal(decoder.decode(new Uint8Array(80_000), 0, 80_000, out, 0), 0, '10 s in one packet are no sound');
      decoder.conceal(
        out,
        0,
        rate / 50,
        Uint8Array.from({ length: 60 }, () => next(256)),
      );
      decoder.close();
    }
});

test('a lost packet of a tone is made up for; after 60 ms without sound there is silence', () => {
  for (const codec of ALL) {
    const frame = FACTS[codec].sampleRate / 50;
    const rate = FACTS[codec].sampleRate;
    const [encoder, decoder] = [makeEncoder(codec), makeDecoder(codec, rate)];
    const packet = new Uint8Array(MOST_FRAME_BYTES);
    const sound = sineAt(rate, 400, frame * 40);
    const heard = new Int16Array(frame * 60);
    for (let at = 0; at < 40; at += 1) {
      const bytes = encoder.encode(sound.subarray(at * frame, (at + 1) * frame), packet, 0);
      if (at === 30) decoder.conceal(heard, at * frame, frame, null);
      else decoder.decode(packet, 0, bytes, heard, at * frame);
    }
    const made = heard.subarray(30 * frame, 31 * frame);
    assert.ok(dB(rms(made) / 5657) > -6, `${codec}: ${dB(rms(made) / 5657)} dB in its place`);
    for (let at = 40; at < 60; at += 1) decoder.conceal(heard, at * frame, frame, null);
    assert.ok(rms(heard.subarray(52 * frame)) < (codec === 'opus' ? 400 : 1), codec);
    decoder.close();
  }
});

test('Opus brings a lost frame back from the second copy in the packet after it', () => {
  const [encoder, lossy, whole] = [makeEncoder('opus'), makeDecoder('opus', 16_000), makeDecoder('opus', 16_000)];
  // Sound that changes so fast that going on as before is no guess: a step from 300 to 1500 Hz in the lost frame.
  const sound = Int16Array.from({ length: 320 * 60 }, (_, at) => Math.round(8000 * Math.sin((2 * Math.PI * (at < 320 * 40 ? 300 : 1500) * at) / 16_000)));
  const packets = Array.from({ length: 60 }, (_, at) => {
    const packet = new Uint8Array(MOST_FRAME_BYTES);
    return packet.slice(0, encoder.encode(sound.subarray(at * 320, (at + 1) * 320), packet, 0));
  });
  const [kept, lost] = [new Int16Array(320 * 60), new Int16Array(320 * 60)];
  for (const [at, packet] of packets.entries()) {
    whole.decode(packet, 0, packet.length, kept, at * 320);
    if (at === 41) lossy.conceal(lost, at * 320, 320, packets[42] ?? null);
    else lossy.decode(packet, 0, packet.length, lost, at * 320);
  }
  const [wanted, got] = [kept, lost].map((each) => level(each.subarray(41 * 320, 42 * 320), 1500, 16_000)) as [number, number];
  assert.ok(Math.abs(dB(got / wanted)) < 6, `${dB(got / wanted)} dB`);
  for (const each of [lossy, whole]) each.close();
});
