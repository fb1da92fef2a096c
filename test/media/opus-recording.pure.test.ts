/** Recordings as Opus: what was said is found again, on its own side; a pause is digital silence; any range is the same bytes; a crash costs half a second. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readKeyRing } from '../../kernel/seal/keys.ts';
import { WAV_HEADER_BYTES } from '../../kernel/wav.ts';
import type { RecordingEnded } from '../../media/record/messages.ts';
import { MOST_OPUS } from '../../media/record/opus-sides.ts';
import { Recorder } from '../../media/record/recorder.ts';
import { repair } from '../../media/record/repair.ts';
import { SealedAudioFile } from '../../media/record/sealed-audio.ts';
import { openAudio } from '../../src/recordings/audio.ts';
import { peaksOf } from '../../src/recordings/peaks.ts';
import { rms, shareAt, sine } from '../support/tone.ts';

const keys = readKeyRing('11'.repeat(32));
const folder = mkdtempSync(join(tmpdir(), 'huawu-opus-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const RATE = 8000;
const [LEFT_HZ, RIGHT_HZ] = [440, 1000];
const BLOCK = 400;
/** Of what the encoder looks ahead, and of the packet in which something changes. */
const EDGE = 400;
const WINDOW = RATE / 5;

/** `seconds` of a tone on each side, nothing between `pause.from` and `pause.to`. */
function recorded(name: string, seconds: number, pause = { from: 0, to: 0 }): { path: string; file: SealedAudioFile } {
  const path = join(folder, name);
  const file = new SealedAudioFile(name, { path, sealed: true, format: 'opus' }, keys);
  for (let at = 0; at < seconds * RATE; at += BLOCK) {
    const silent = at >= pause.from * RATE && at < pause.to * RATE;
    const [left, right] = [sine(LEFT_HZ, at, BLOCK), sine(RIGHT_HZ, at, BLOCK)];
    const samples = Int16Array.from({ length: 2 * BLOCK }, (_, index) => (silent ? 0 : ((index % 2 === 0 ? left : right)[index >> 1] as number)));
    file.write(at, samples);
  }
  return { path, file };
}

async function whole(path: string): Promise<{ wav: Buffer; left: Int16Array; right: Int16Array }> {
  const audio = await openAudio(path, keys);
  const parts: Buffer[] = [];
  for await (const part of audio.read(0, audio.bytes)) parts.push(part);
  await audio.close();
  const wav = Buffer.concat(parts);
  assert.equal(wav.length, audio.bytes);
  const side = (channel: number): Int16Array =>
    Int16Array.from({ length: (wav.length - WAV_HEADER_BYTES) / 4 }, (_, pair) => wav.readInt16LE(WAV_HEADER_BYTES + pair * 4 + channel * 2));
  return { wav, left: side(0), right: side(1) };
}

const SAID_RMS = 8000 / Math.SQRT2;
function isTone(samples: Int16Array, hz: number, other: number): void {
  // A codec for voices keeps a tone's frequency and level, not its phase for ever.
  for (let from = 0; from + WINDOW <= samples.length; from += WINDOW) {
    const share = shareAt(samples.subarray(from, from + WINDOW), hz);
    assert.ok(share > 0.85, `${hz} Hz: ${share}`);
  }
  assert.ok(shareAt(samples, other) < 0.001, `nothing of the other side's ${other} Hz`);
  const level = 20 * Math.log10(rms(samples) / SAID_RMS);
  assert.ok(Math.abs(level) < 1.5, `${hz} Hz is ${level.toFixed(2)} dB louder than it was said`);
}

test('each side is found again by frequency and level, nothing of one on the other, in an eighth of the space', async () => {
  const { path, file } = recorded('tones', 10);
  const { whole: complete } = file.finish(10 * RATE);
  assert.ok(complete);
  const { wav, left, right } = await whole(path);
  assert.equal(left.length, 10 * RATE);
  for (let second = 0; second < 9; second += 1) {
    isTone(left.subarray(second * RATE + EDGE, (second + 1) * RATE + EDGE), LEFT_HZ, RIGHT_HZ);
    isTone(right.subarray(second * RATE + EDGE, (second + 1) * RATE + EDGE), RIGHT_HZ, LEFT_HZ);
  }
  const ratio = wav.length / statSync(path).size;
  assert.ok(ratio > 7.5, `smaller by ${ratio.toFixed(1)}`);
});

test('a pause is digital silence from the packet on in which it began, and the tone is whole again behind it', async () => {
  const { path, file } = recorded('paused', 6, { from: 2, to: 4 });
  file.finish(6 * RATE);
  const { left, right } = await whole(path);
  for (const [side, hz, other] of [
    [left, LEFT_HZ, RIGHT_HZ],
    [right, RIGHT_HZ, LEFT_HZ],
  ] as const) {
    assert.ok(
      side.subarray(2 * RATE, 4 * RATE).every((sample) => sample === 0),
      'digital silence',
    );
    isTone(side.subarray(4 * RATE + EDGE, 5.5 * RATE), hz, other);
  }
});

test('whatever range is asked for, it is the same bytes', async () => {
  const { path, file } = recorded('ranges', 4, { from: 1, to: 1.3 });
  file.finish(4 * RATE + 77);
  const { wav } = await whole(path);
  const audio = await openAudio(path, keys);
  for (const [from, to] of [
    [0, 10],
    [30, 44],
    [40, 50],
    [45, 16_100],
    [16_043, 16_045],
    [33_333, 99_999],
    [wav.length - 3, wav.length],
    [0, wav.length],
  ] as const) {
    const parts: Buffer[] = [];
    for await (const part of audio.read(from, to)) parts.push(part);
    assert.ok(Buffer.concat(parts).equals(wav.subarray(from, to)), `${from} to ${to}`);
  }
  const ogg = audio.ogg ?? assert.fail('it is no Ogg file');
  const read = async (from: number, to: number): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for await (const part of ogg.read(from, to)) parts.push(part);
    return Buffer.concat(parts);
  };
  const all = await read(0, ogg.bytes);
  assert.equal(all.length, ogg.bytes);
  for (const [from, to] of [
    [0, 1],
    [90, 110],
    [100, 2177],
    [2176, 2178],
    [5000, 9000],
    [all.length - 1, all.length],
  ] as const)
    assert.ok((await read(from, to)).equals(all.subarray(from, to)), `Ogg: ${from} to ${to}`);
  const { left } = await peaksOf(audio, path, 100);
  assert.ok(left.some((peak) => peak > 0.2) && left.some((peak) => peak === 0), 'its outline, with the pause in it');
  await audio.close();
});

test('beyond as many as a thread has time for, recordings are kept in A-law, and are in Opus again when some have ended', () => {
  const ended: RecordingEnded[] = [];
  const recorder = new Recorder({ keys, ledger: null, ended: (one) => void ended.push(one), tell: () => undefined });
  const begin = (n: number): void =>
    recorder.take({
      type: 'begin',
      recordingId: `many-${n}`,
      file: { path: join(folder, `many-${n}`), sealed: true, format: 'opus' },
      pendingBytes: new SharedArrayBuffer(4),
    });
  for (let n = 0; n <= MOST_OPUS; n += 1) begin(n);
  const length = 8 * RATE;
  for (let n = 0; n <= MOST_OPUS; n += 1) recorder.take({ type: 'end', recordingId: `many-${n}`, pairs: length, missing: 0 });
  begin(MOST_OPUS + 1);
  recorder.take({ type: 'end', recordingId: `many-${MOST_OPUS + 1}`, pairs: length, missing: 0 });
  const sizes = ended.map(({ bytes }) => Math.round((bytes ?? 0) / 8000));
  assert.deepEqual([sizes[0], sizes[MOST_OPUS - 1], sizes[MOST_OPUS], sizes[MOST_OPUS + 1]], [4, 4, 16, 4]);
  assert.ok(ended.every(({ complete, durationMs }) => complete && durationMs === 8000));
});

test('a writer that dies costs half a second: what is left is mended, has its seal, and plays', async () => {
  const { path } = recorded('died', 5.3);
  const mended = await repair({ recordingId: 'died', path, sealed: true }, keys);
  assert.equal(mended.durationMs, 5000);
  assert.equal(mended.seal?.length, 64);
  const { left } = await whole(path);
  isTone(left.subarray(EDGE, 4.9 * RATE), LEFT_HZ, RIGHT_HZ);
});
