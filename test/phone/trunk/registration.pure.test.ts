import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refreshAfterMs, retryAfterMs } from '../../../src/phone/trunk/registration.ts';

test('a registration is refreshed well before it runs out, at a moment of its own, and never in a hurry', () => {
  assert.deepEqual([refreshAfterMs(600, 0), refreshAfterMs(600, 0.999_999)].map(Math.round), [450_000, 540_000]);
  assert.equal(refreshAfterMs(1, 0.5), 5_000);
});

test('a refused registration is tried again ever more rarely, five minutes apart at most', () => {
  assert.deepEqual(
    [1, 2, 3, 7, 8, 50].map((failures) => retryAfterMs(failures, 0.999_999_9)).map(Math.round),
    [5_000, 10_000, 20_000, 300_000, 300_000, 300_000],
  );
  assert.equal(retryAfterMs(1, 0), 2_500);
});
