import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IncomingStream } from '../../media/rtp/incoming.ts';
import { OutgoingStream } from '../../media/rtp/outgoing.ts';
import { emptyHeader, type RtpHeader, readRtp, writeRtpHeader } from '../../media/rtp/packet.ts';
import { senderReport } from '../../media/rtp/rtcp.ts';
import { SourceLock } from '../../media/rtp/source-lock.ts';
import { noise } from './noise.ts';

const header = (sequence: number, timestamp: number, ssrc = 1, marker = false): RtpHeader => ({
  ...emptyHeader(),
  sequence: sequence & 0xffff,
  timestamp: timestamp >>> 0,
  ssrc,
  marker,
  payloadType: 8,
  payloadStart: 12,
  payloadEnd: 172,
});

test('a packet with contributing sources, extension and padding gives its payload', () => {
  const packet = Buffer.concat([
    Buffer.from([0xb2, 0x88, 0x12, 0x34, 0, 0, 1, 0, 0xde, 0xad, 0xbe, 0xef]),
    Buffer.alloc(8),
    Buffer.from([0xbe, 0xde, 0, 1, 9, 9, 9, 9]),
    Buffer.from('voice'),
    Buffer.from([0, 0, 3]),
  ]);
  const read = emptyHeader();
  assert.equal(readRtp(packet, read), true);
  assert.equal(packet.toString('latin1', read.payloadStart, read.payloadEnd), 'voice');
  assert.deepEqual([read.marker, read.payloadType, read.sequence, read.timestamp, read.ssrc], [true, 8, 0x1234, 256, 0xdeadbeef]);
});

test('what is no RTP packet is refused, whatever its length fields say', () => {
  const refused = [
    Buffer.alloc(0),
    Buffer.alloc(11, 0x80),
    Buffer.alloc(12),
    Buffer.concat([Buffer.from([0x8f]), Buffer.alloc(40)]),
    Buffer.concat([Buffer.from([0x90]), Buffer.alloc(13), Buffer.from([0xff, 0xff])]),
    Buffer.concat([Buffer.from([0xa0]), Buffer.alloc(20), Buffer.from([200])]),
    Buffer.concat([Buffer.from([0xa0]), Buffer.alloc(20)]),
  ];
  for (const packet of refused) assert.equal(readRtp(packet, emptyHeader()), false, packet.toString('hex'));
});

test('a hundred thousand packets of noise are read without a fault and within their bounds', () => {
  const next = noise(7);
  const read = emptyHeader();
  for (let round = 0; round < 100_000; round += 1) {
    const packet = Buffer.alloc(next(48));
    for (let at = 0; at < packet.length; at += 1) packet[at] = next(256);
    if (packet.length > 0 && round % 2 === 0) packet[0] = 0x80 | ((packet[0] ?? 0) & 0x3f);
    if (readRtp(packet, read)) assert.ok(read.payloadStart >= 12 && read.payloadStart <= read.payloadEnd && read.payloadEnd <= packet.length);
  }
});

test('a written header reads back', () => {
  const packet = Buffer.alloc(20);
  writeRtpHeader(packet, true, 101, 65_535, 0xffff_fff0, 0xcafe_babe);
  const read = emptyHeader();
  assert.equal(readRtp(packet, read), true);
  assert.deepEqual([read.marker, read.payloadType, read.sequence, read.timestamp, read.ssrc], [true, 101, 65_535, 0xffff_fff0, 0xcafe_babe]);
});

test('prompt, bridge and prompt again are one stream: next number, elapsed time, marker at each beginning', () => {
  const out = new OutgoingStream(7, 65_533, 0xffff_ff00);
  const seen: (readonly [boolean, number, number])[] = [];
  const note = (stamp: { marker: boolean; sequence: number; timestamp: number } | null): void =>
    void (stamp && seen.push([stamp.marker, stamp.sequence, stamp.timestamp]));
  note(out.own(0, 0, 160));
  note(out.own(20, 0, 160));
  note(out.forward(header(500, 9000), 60, 160, 160));
  note(out.forward(header(501, 9160), 80, 160, 160));
  out.cut();
  note(out.own(100, 0, 160));
  note(out.own(120, 2, 160));
  const start = 0xffff_ff00;
  const at = (samples: number): number => (start + samples) >>> 0;
  assert.deepEqual(seen, [
    [true, 65_534, at(0)],
    [false, 65_535, at(160)],
    [true, 0, at(480)],
    [false, 1, at(640)],
    [true, 2, at(800)],
    [false, 3, at(800 + 3 * 160)],
  ]);
});

test('forwarding keeps loss, reordering and doubles as they came, drops what lies before its beginning, and begins anew for a new source', () => {
  const out = new OutgoingStream(7, 99, 0);
  const pass = (sequence: number, ssrc = 1): number | null => out.forward(header(sequence, sequence * 160, ssrc), sequence * 20, 160, 160)?.sequence ?? null;
  assert.deepEqual([pass(10), pass(9), pass(13), pass(12), pass(12)], [100, null, 103, 102, 102]);
  assert.equal(pass(14), 104);
  assert.equal(pass(40_000), 105, 'a jump is a new beginning');
  assert.equal(pass(40_001, 2), 106, 'so is another source');
  assert.equal(pass(40_002, 2), 107);
});

test('a stream forwarded around the end of the sequence numbers stays unbroken', () => {
  const out = new OutgoingStream(7, 0, 0);
  let last = out.forward(header(65_000, 0), 0, 160, 160)?.sequence ?? -1;
  for (let n = 1; n < 140_000; n += 1) {
    const stamp = out.forward(header(65_000 + n, n * 160), n * 20, 160, 160);
    assert.equal(stamp?.sequence, (last + 1) & 0xffff);
    last = stamp?.sequence ?? -1;
  }
});

test('an event keeps the timestamp of its beginning and the stream goes on behind it', () => {
  const out = new OutgoingStream(7, 0, 1000);
  out.own(0, 0, 160);
  const stamps = [160, 320, 480].map((samples, at) => ({ ...out.event(20 + at * 20, at === 0, samples, 4) }));
  assert.deepEqual(
    stamps.map((each) => each.timestamp),
    [1160, 1160, 1160],
  );
  assert.deepEqual(
    stamps.map((each) => each.sequence),
    [2, 3, 4],
  );
  out.cut();
  assert.equal(out.own(80, 0, 160).timestamp, 1160 + 480);
});

test('loss and jitter are those of RFC 3550, also across the wrap and a new source', () => {
  const steady = new IncomingStream();
  for (let n = 0; n < 100; n += 1) if (n % 10 !== 3) steady.heard(header(65_500 + n, n * 160), 1000 + n * 20);
  assert.equal(steady.received, 90);
  assert.equal(steady.lost, 10);
  assert.ok(steady.jitterMs < 0.2);
  assert.equal(steady.heard(header(7, 0, 2), 5000), true);
  assert.equal(steady.lost, 10, 'what was lost before stays counted, the new source has lost nothing');
  const shaky = new IncomingStream();
  for (let n = 0; n < 500; n += 1) shaky.heard(header(n, n * 160), n * 20 + (n % 2) * 10);
  assert.ok(Math.abs(shaky.jitterMs - 10) < 0.5, `${shaky.jitterMs}`);
});

test('a sender report has the lengths RFC 3550 gives it', () => {
  const report = senderReport(
    { ssrc: 5, nowMs: 1_000_500, timestamp: 9, packets: 3, octets: 480 },
    { ssrc: 6, fractionLost: 255, lost: 9, highest: 70_000, jitter: 4, lastReport: 0, delaySinceLast: 0 },
  );
  assert.equal(report.length % 4, 0);
  assert.equal(report[1], 200);
  assert.equal(report.readUInt16BE(2), 12);
  assert.equal(report.readUInt32BE(8), 2_208_988_800 + 1000);
  assert.equal(report.readUInt32BE(12), 0x8000_0000);
  assert.equal(report.readUInt32BE(32), 0xff00_0009);
  assert.equal(report[53], 202);
  assert.equal((report.readUInt16BE(54) + 1) * 4, report.length - 52);
});

test('the signalled source is locked at once and nobody else is heard', () => {
  const lock = new SourceLock({ address: '10.0.0.1', port: 4000 }, '10.0.0.9');
  assert.equal(lock.hear('6.6.6.6', 4000), 'stranger');
  assert.equal(lock.hear('10.0.0.1', 4000), 'lock');
  assert.equal(lock.hear('10.0.0.1', 4002), 'stranger');
  assert.equal(lock.hear('10.0.0.9', 4000), 'stranger');
});

test('behind NAT the source that agrees is locked after five packets, and never again', () => {
  const lock = new SourceLock({ address: '192.168.1.5', port: 4000 }, '203.0.113.7');
  assert.deepEqual(
    [1, 2, 3, 4].map(() => lock.hear('203.0.113.7', 61_000)),
    ['candidate', 'candidate', 'candidate', 'candidate'],
  );
  assert.equal(lock.hear('6.6.6.6', 1), 'stranger');
  assert.equal(lock.hear('203.0.113.7', 61_000), 'lock');
  assert.deepEqual(lock.locked, { address: '203.0.113.7', port: 61_000 });
  assert.equal(lock.hear('192.168.1.5', 4000), 'stranger', 'not even the signalled one, later');
  assert.equal(lock.hear('203.0.113.7', 61_001), 'stranger');
});

test('the signalled source beats a candidate that was first', () => {
  const lock = new SourceLock({ address: '10.0.0.1', port: 4000 }, '10.0.0.1');
  assert.equal(lock.hear('10.0.0.1', 4444), 'candidate');
  assert.equal(lock.hear('10.0.0.1', 4000), 'lock');
  assert.equal(lock.hear('10.0.0.1', 4444), 'stranger');
});
