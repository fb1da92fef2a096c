import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { readKeyRing } from '../../kernel/seal/keys.ts';
import { SealedFile } from '../../kernel/seal/read.ts';
import { encode } from '../../media/codec/g711.ts';
import type { RecordingEnded, ToRecorder } from '../../media/record/messages.ts';
import { Recorder } from '../../media/record/recorder.ts';
import { Recording, type Tap } from '../../media/record/recording.ts';
import { emptyHeader } from '../../media/rtp/packet.ts';
import { shareAt, sine } from '../support/tone.ts';

/** What went to the recorder, put together as it would be in the file. */
function written(messages: ToRecorder[], channel: 0 | 1): Int16Array {
  const end = messages.find((message) => message.type === 'end');
  const samples = new Int16Array(end?.type === 'end' ? end.pairs : 0);
  for (const message of messages) {
    if (message.type === 'block') for (let at = 0; at < message.samples.length / 2; at += 1) samples[message.at + at] = message.samples[at * 2 + channel] ?? 0;
  }
  return samples;
}

interface Run {
  messages: ToRecorder[];
}
interface Parties {
  recording: Recording;
  left: Tap;
  right: Tap;
}
/** `taken`: the recorder takes each block at once; else the disk stands still. */
function record(seconds: number, taken: boolean, packets: (parties: Parties, nowMs: number) => void): Run {
  const { port1, port2 } = new MessageChannel();
  const recording = new Recording('r', { path: '/r.wav', sealed: false, format: 'pcm16' }, port1, 0);
  const parties = { recording, left: recording.party(0), right: recording.party(1) };
  const messages: ToRecorder[] = [];
  let pending: Int32Array | null = null;
  const drain = (): void => {
    for (let next = receiveMessageOnPort(port2); next !== undefined; next = receiveMessageOnPort(port2)) {
      const message = next.message as ToRecorder;
      messages.push(message);
      if (message.type === 'begin') pending = new Int32Array(message.pendingBytes);
      if (message.type === 'block' && taken && pending !== null) Atomics.sub(pending, 0, message.samples.byteLength);
    }
  };
  for (let nowMs = 20; nowMs <= seconds * 1000; nowMs += 20) {
    packets(parties, nowMs);
    if (nowMs % 500 === 0) recording.flush(nowMs);
    drain();
  }
  recording.end(seconds * 1000);
  drain();
  port1.close();
  return { messages };
}

const packetOf = (hz: number, n: number): Buffer => Buffer.concat([Buffer.alloc(12), encode(sine(hz, n * 160, 160), 'PCMA')]);
const headerOf = (n: number): ReturnType<typeof emptyHeader> => ({
  ...emptyHeader(),
  ssrc: 1,
  timestamp: n * 160,
  payloadType: 8,
  payloadStart: 12,
  payloadEnd: 172,
});

test('packets that come late, early, doubled or out of order lie where they belong', () => {
  const { messages } = record(5, true, ({ left }, nowMs) => {
    const n = nowMs / 20;
    // Each pair of packets is swapped, each tenth doubled.
    const swapped = n % 2 === 0 ? n - 1 : n + 1;
    if (n > 2) left.heard(packetOf(500, swapped), headerOf(swapped), 'PCMA', nowMs);
    if (n > 2 && n % 10 === 0) left.heard(packetOf(500, swapped), headerOf(swapped), 'PCMA', nowMs);
  });
  assert.ok(shareAt(written(messages, 0).slice(1600, 38_000), 500) > 0.99);
  assert.ok(written(messages, 1).every((sample) => sample === 0));
});

test('what is lost is silent for its time and for no longer', () => {
  const { messages } = record(4, true, ({ right }, nowMs) => {
    if (nowMs <= 1000 || nowMs > 2000) right.heard(packetOf(500, nowMs / 20), headerOf(nowMs / 20), 'PCMA', nowMs);
  });
  const samples = written(messages, 1);
  assert.equal(samples.length, 32_000);
  assert.ok(samples.slice(8400, 16_000).every((sample) => sample === 0));
  assert.ok(shareAt(samples.slice(400, 8000), 500) > 0.99 && shareAt(samples.slice(16_400, 31_000), 500) > 0.99);
});

test('a disk that stands still costs ten seconds of memory and no more; what is left out is counted', () => {
  const { messages } = record(60, false, ({ left }, nowMs) => left.heard(packetOf(500, nowMs / 20), headerOf(nowMs / 20), 'PCMA', nowMs));
  const bytes = messages.reduce((sum, message) => sum + (message.type === 'block' ? message.samples.byteLength : 0), 0);
  assert.ok(bytes <= 320_000 && bytes > 280_000, `${bytes} bytes wait`);
  const end = messages.at(-1);
  assert.ok(end?.type === 'end');
  assert.equal(end.pairs, 480_000);
  assert.equal(end.missing, 480_000 - bytes / 4);
});

test('I1: a paused span is digital silence on both sides, to the sample, also where packets of it come late; the length is kept', () => {
  // Paused from 1.5 s to 3 s by one, and from 2 s to 3.5 s by another: silent while anybody wants it so.
  const { messages } = record(5, true, ({ recording, left, right }, nowMs) => {
    if (nowMs === 1500) recording.pause('agent', nowMs);
    if (nowMs === 2000) recording.pause('flow', nowMs);
    if (nowMs === 3000) recording.resume('agent', nowMs);
    if (nowMs === 3500) recording.resume('flow', nowMs);
    // One packet in ten comes 200 ms late.
    const n = nowMs / 20;
    const late = n % 10 === 0 ? n - 10 : n;
    for (const [tap, hz] of [
      [left, 500],
      [right, 800],
    ] as const)
      if (late >= 0) tap.heard(packetOf(hz, late), headerOf(late), 'PCMA', nowMs);
  });
  for (const [channel, hz] of [
    [0, 500],
    [1, 800],
  ] as const) {
    const samples = written(messages, channel);
    assert.equal(samples.length, 40_000);
    assert.ok(
      samples.slice(12_000, 28_000).every((sample) => sample === 0),
      'the span is silent',
    );
    assert.ok(shareAt(samples.slice(3000, 11_800), hz) > 0.8 && shareAt(samples.slice(28_200, 38_000), hz) > 0.8, 'and what is around it is not');
    assert.ok(
      samples.slice(11_840, 12_000).some((sample) => sample !== 0) && samples.slice(28_000, 28_320).some((sample) => sample !== 0),
      'silent no longer than asked',
    );
  }
});

test('parties who share a side are added up, and one who leaves is no longer heard', () => {
  let third: Tap | null = null;
  const { messages } = record(4, true, ({ recording, right }, nowMs) => {
    const n = nowMs / 20;
    third ??= recording.party(1);
    right.heard(packetOf(500, n), headerOf(n), 'PCMA', nowMs);
    if (nowMs <= 2000) third.heard(packetOf(800, n), { ...headerOf(n), ssrc: 2 }, 'PCMA', nowMs);
    if (nowMs === 2000) recording.partyLeft(third, nowMs);
  });
  const samples = written(messages, 1);
  const [both, one] = [samples.slice(1600, 14_400), samples.slice(17_600, 30_400)];
  assert.ok(Math.abs(shareAt(both, 500) - 0.5) < 0.05 && Math.abs(shareAt(both, 800) - 0.5) < 0.05);
  assert.ok(shareAt(one, 500) > 0.99);
});

test('F9: a disk that stands still for five seconds costs nothing; for thirteen, a hole that is said: the file is whole either way', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'huawu-record-'));
  const keys = readKeyRing('c3'.repeat(32));
  try {
    for (const [stallMs, complete] of [
      [5000, true],
      [13_000, false],
    ] as const) {
      const { port1, port2 } = new MessageChannel();
      const ended: RecordingEnded[] = [];
      const recorder = new Recorder({ keys, ledger: null, ended: (one) => ended.push(one), tell: () => assert.fail() });
      const file = { path: join(folder, `${stallMs}.hws`), sealed: true, format: 'pcm16' } as const;
      const recording = new Recording('r', file, port1, 0);
      const left = recording.party(0);
      const drain = (): void => {
        for (let next = receiveMessageOnPort(port2); next !== undefined; next = receiveMessageOnPort(port2)) recorder.take(next.message as ToRecorder);
      };
      for (let nowMs = 20; nowMs <= 20_000; nowMs += 20) {
        left.heard(packetOf(500, nowMs / 20), headerOf(nowMs / 20), 'PCMA', nowMs);
        if (nowMs % 500 === 0) recording.flush(nowMs);
        if (nowMs < 2000 || nowMs > 2000 + stallMs) drain();
      }
      recording.end(20_000);
      drain();
      port1.close();
      assert.equal(ended[0]?.complete, complete);
      assert.equal(ended[0]?.durationMs, 20_000);
      if (!complete) assert.match(ended[0]?.reason ?? '', /the disk was too slow: [23]\d{3} ms are missing/);
      const sealed = await SealedFile.open(file.path, keys);
      assert.equal(sealed.plainBytes, 640_000);
      assert.equal((await sealed.prove()).seal, ended[0]?.seal);
      await sealed.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
