import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { encode } from '../../media/codec/g711.ts';
import type { ToRecorder } from '../../media/record/messages.ts';
import { Recording } from '../../media/record/recording.ts';
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
/** `taken`: the recorder takes each block at once; else the disk stands still. */
function record(seconds: number, taken: boolean, packets: (recording: Recording, nowMs: number) => void): Run {
  const { port1, port2 } = new MessageChannel();
  const recording = new Recording('r', '/r.wav', port1, 0);
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
    packets(recording, nowMs);
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
