import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mosOf, rating } from '../../kernel/e-model.ts';
import type { AudioTrouble } from '../../media/port.ts';
import { type HeardInterval, LegQuality } from '../../media/quality/leg-quality.ts';
import { readReports } from '../../media/quality/received-report.ts';
import { Reporter } from '../../media/quality/reporter.ts';
import { IncomingStream } from '../../media/rtp/incoming.ts';
import { OutgoingStream } from '../../media/rtp/outgoing.ts';
import { emptyHeader } from '../../media/rtp/packet.ts';
import { ntpMiddle, receiverReport, senderReport } from '../../media/rtp/rtcp.ts';
import { noise } from './noise.ts';

const good = { codec: 'PCMA', lossShare: 0, burstRatio: 1, oneWayDelayMs: 0 };

describe('the E-model', () => {
  const ratings: [what: string, change: Partial<typeof good>, r: number, mos: number][] = [
    ['nothing wrong', {}, 93.2, 4.41],
    ['100 ms one way', { oneWayDelayMs: 100 }, 90.8, 4.36],
    ['200 ms one way: people begin to talk at once', { oneWayDelayMs: 200 }, 85.9, 4.23],
    ['5 % lost at random', { lossShare: 0.05 }, 77.4, 3.93],
    ['5 % lost in bursts of three', { lossShare: 0.05, burstRatio: 3 }, 75.5, 3.85],
    ['20 % lost', { lossShare: 0.2 }, 51.1, 2.64],
    ['everything lost', { lossShare: 1 }, 17.3, 1.18],
    ['a codec nobody knows', { codec: 'x' }, 83.2, 4.14],
  ];
  for (const [what, change, r, mos] of ratings) {
    test(`${what}: R ${r}, MOS ${mos}`, () => {
      const value = rating({ ...good, ...change });
      assert.ok(Math.abs(value - r) < 0.06, `R ${value}`);
      assert.ok(Math.abs(mosOf(value) - mos) <= 0.02, `MOS ${mosOf(value)}`);
    });
  }
  test('never leaves its scale', () => {
    for (const r of [-50, 0, 6.5, 60, 100, 200]) assert.ok(mosOf(r) >= 1 && mosOf(r) <= 4.5, `${r}: ${mosOf(r)}`);
  });
});

const block = { ssrc: 7, fractionLost: 64, lost: 9, highest: 70_000, jitter: 80, lastReport: 0x1234_0000, delaySinceLast: 65_536 };

describe('reports of the party', () => {
  test('sender and receiver reports about our stream are read, those about others are not', () => {
    const sender = senderReport({ ssrc: 9, nowMs: 1_000_500, timestamp: 1, packets: 2, octets: 3 }, block);
    const expected = { fractionLost: 0.25, highest: 70_000, jitter: 80, lastReport: 0x1234_0000, delaySinceLast: 65_536 };
    assert.deepEqual(readReports(sender, 7), { senderReportAt: ntpMiddle(1_000_500), about: expected });
    assert.deepEqual(readReports(receiverReport(9, block), 7), { senderReportAt: null, about: expected });
    assert.deepEqual(readReports(receiverReport(9, block), 8), { senderReportAt: null, about: null });
  });

  test('F5: no length word leads out of the datagram, BYE and SDES without end say nothing', () => {
    const table: [what: string, packet: Buffer][] = [
      ['empty', Buffer.alloc(0)],
      ['too short', Buffer.from([0x80, 200, 0, 6])],
      ['no RTCP', Buffer.alloc(64)],
      ['longer than it is', Buffer.from([0x81, 201, 0xff, 0xff, 0, 0, 0, 1])],
      ['31 blocks promised, none there', Buffer.from([0x9f, 201, 0, 1, 0, 0, 0, 1])],
      ['a sender report without its body', Buffer.from([0x80, 200, 0, 1, 0, 0, 0, 1])],
      ['BYE of our SSRC', Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 7])],
      ['SDES without end', Buffer.concat([Buffer.from([0x81, 202, 0, 3, 0, 0, 0, 7, 1, 255]), Buffer.alloc(6, 65)])],
    ];
    for (const [what, packet] of table) assert.equal(readReports(packet, 7)?.about ?? null, null, what);
    const next = noise(11);
    for (let round = 0; round < 50_000; round += 1) {
      const packet = Buffer.from(Array.from({ length: next(80) }, () => next(256)));
      if (packet.length > 2 && round % 2 === 0) packet.set([0x80 | ((packet[0] ?? 0) % 64), 200 + next(4), 0], 0);
      readReports(packet, 7);
    }
  });
});

const steady: HeardInterval = { expected: 250, lost: 0, gaps: 0, jitterMs: 1, codec: 'PCMA', mustSend: true, sentPackets: 250, clockRate: 8000 };
const about = (highest: number, fractionLost = 0) => ({ fractionLost, highest, jitter: 16, lastReport: 0, delaySinceLast: 0 });

describe('a leg’s quality', () => {
  test('round trip: our time now, less the time of our report, less how long the party kept it', () => {
    const quality = new LegQuality();
    const sentAt = ntpMiddle(1_000_000);
    quality.reported({ ...about(1), lastReport: sentAt, delaySinceLast: 2 * 65_536 }, ntpMiddle(1_002_080));
    assert.equal(quality.figures().roundTripMs, 80);
    quality.reported({ ...about(2), lastReport: sentAt, delaySinceLast: 9 * 65_536 }, ntpMiddle(1_002_080));
    assert.equal(quality.figures().roundTripMs, 80, 'a party that claims to have kept it longer than it was away is not believed');
  });

  test('mean and worst of both directions, weighted by packets', () => {
    const quality = new LegQuality();
    quality.reported(about(250), 0);
    quality.look(steady);
    quality.reported(about(500, 0.2), 0);
    quality.look({ ...steady, lost: 25, gaps: 25 });
    const { heard, sent, troubles } = quality.figures();
    assert.ok(heard !== null && sent !== null);
    assert.deepEqual([heard.lossPct, sent.lossPct, heard.jitterMs, sent.jitterMs], [5, 10, 1, 2]);
    assert.ok(heard.worstMos < heard.mos && heard.worstMos < 3.6 && heard.mos > 3.8, JSON.stringify(heard));
    assert.ok(sent.worstMos < 2.8 && sent.mos > sent.worstMos, JSON.stringify(sent));
    assert.deepEqual(troubles, []);
  });

  const troubles: [what: string, looks: [Partial<HeardInterval>, report: number | null][], told: (AudioTrouble | 'none' | null)[]][] = [
    ['well', [[{}, 250], [{}, 500], [{}, 750]], [null, null, null]],
    ['nothing comes, though it should', [[{ expected: 0 }, null], [{ expected: 0 }, null], [{ expected: 0 }, null], [{}, null]], [null, 'not_heard', null, 'none']],
    ['nothing comes, and need not (it holds us)', [[{ expected: 0, mustSend: false }, null], [{ expected: 0, mustSend: false }, null]], [null, null]],
    ['its reports stand still while we send', [[{}, 250], [{}, 250], [{}, 250], [{}, 500]], [null, null, 'not_hearing', 'none']],
    ['its reports stand still while we are silent', [[{ sentPackets: 0 }, 250], [{ sentPackets: 0 }, 250], [{ sentPackets: 0 }, 250]], [null, null, null]],
    ['no reports at all say nothing', [[{}, null], [{}, null], [{}, null]], [null, null, null]],
    ['one bad interval is borne', [[{ lost: 75, gaps: 75 }, null], [{}, null]], [null, null]],
    ['two are not', [[{ lost: 75, gaps: 75 }, null], [{ lost: 75, gaps: 75 }, null], [{}, null]], [null, 'poor', 'none']],
  ]; // biome-ignore format: a table
  for (const [what, looks, told] of troubles) {
    test(`${what}: ${told.join(', ')}`, () => {
      const quality = new LegQuality();
      const heard = looks.map(([change, report]) => {
        if (report !== null) quality.reported(about(report), 0);
        return quality.look({ ...steady, ...change });
      });
      assert.deepEqual(heard, told);
    });
  }
});

test('two reporters tell each other the truth: loss on the way, round trip, and what the other hears', () => {
  const path = { delayMs: 30, losesEach: 10 };
  const side = (ssrc: number) => {
    const incoming = new IncomingStream();
    const outgoing = new OutgoingStream(ssrc, 1, 1);
    return { incoming, outgoing, reporter: new Reporter(incoming, outgoing), header: emptyHeader() };
  };
  const [a, b] = [side(1), side(2)];
  const party = { codec: 'PCMA', clockRate: 8000, mustSend: true };
  const inFlight: [at: number, deliver: () => void][] = [];
  for (let now = 0; now <= 30_000; now += 20) {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const stamp = from.outgoing.own(now, 0, 160);
      const header = { ...from.header, sequence: stamp.sequence, timestamp: stamp.timestamp, ssrc: from.outgoing.ssrc };
      if (from !== a || (now / 20) % path.losesEach !== 3) inFlight.push([now + path.delayMs, () => to.incoming.heard(header, now + path.delayMs)]);
      if (now > 0 && now % 5000 === 0) {
        const { packet } = from.reporter.interval(party, now);
        assert.ok(packet);
        inFlight.push([now + path.delayMs, () => to.reporter.heard(packet, now + path.delayMs)]);
      }
    }
    while (inFlight[0] !== undefined && inFlight[0][0] <= now) inFlight.shift()?.[1]();
  }
  const [ofA, ofB] = [a.reporter.figures(), b.reporter.figures()];
  assert.ok(Math.abs((ofB.heard?.lossPct ?? 0) - 10) < 0.6, `B hears ${JSON.stringify(ofB.heard)}`);
  assert.ok(Math.abs((ofA.sent?.lossPct ?? 0) - 10) < 0.6, `A was told ${JSON.stringify(ofA.sent)}`);
  assert.equal(ofA.heard?.lossPct, 0);
  assert.ok(Math.abs((ofA.roundTripMs ?? 0) - 60) <= 1 && Math.abs((ofB.roundTripMs ?? 0) - 60) <= 1, `${ofA.roundTripMs} ${ofB.roundTripMs}`);
  assert.deepEqual([...ofA.troubles, ...ofB.troubles], []);
});
