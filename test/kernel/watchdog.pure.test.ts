import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BEAT_MS, type Stand, stand } from '../../kernel/watchdog.ts';

test('A14 only while the thread that watches runs itself does the loop stand: of a process that was stopped as a whole nothing counts (B20)', () => {
  const looks: [turned: boolean, sinceLookMs: number, stoodMs: number][] = [
    [false, BEAT_MS, 100],
    [false, BEAT_MS + 20, 220],
    [false, 60_000, 420],
    [true, BEAT_MS, 0],
    [false, BEAT_MS, 100],
  ];
  let state: Stand = { turned: true, stoodMs: 0 };
  for (const [turned, sinceLookMs, stoodMs] of looks) {
    state = stand(state, turned, sinceLookMs);
    assert.deepEqual(state, { turned, stoodMs });
  }
});
