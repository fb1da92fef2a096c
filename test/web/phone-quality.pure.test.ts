import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heardIn, qualityOf } from '../../web/agent/phone/quality.ts';

const reading = (packetsReceived: number, packetsLost: number, jitter = 0.002, roundTripTime: number | undefined = 0.03) => ({
  ...{ packetsReceived, packetsLost, jitter, roundTripTime },
});

test('what came whole is good, one packet in twenty lost is no longer, one in six is poor', () => {
  const rated = (lost: number) => qualityOf(reading(0, 0), reading(150 - lost, lost))?.rating;
  assert.deepEqual([rated(0), rated(8), rated(25)], ['good', 'fair', 'poor']);
});

test('a long way and a jittering one cost as well, and no packets are no quality', () => {
  const far = qualityOf(reading(0, 0), reading(150, 0, 0.12, 0.6));
  assert.notEqual(far?.rating, 'good');
  assert.deepEqual([far?.jitterMs, far?.roundTripMs], [120, 600]);
  assert.equal(qualityOf(reading(150, 3), reading(150, 3)), null);
});

test('a report of a browser is read by its inbound sound and the path that is in use', () => {
  const report = [
    { type: 'inbound-rtp', kind: 'audio', packetsReceived: 10, packetsLost: 1, jitter: 0.004 },
    { type: 'candidate-pair', state: 'succeeded', nominated: false, currentRoundTripTime: 9 },
    { type: 'candidate-pair', state: 'succeeded', nominated: true, currentRoundTripTime: 0.05 },
  ];
  assert.deepEqual(heardIn(report), reading(10, 1, 0.004, 0.05));
  assert.equal(heardIn([{ type: 'outbound-rtp' }]), null);
});
