/** B19: the one clock, while the machine's wall clock is set. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

for (const [what, jump] of [
  ['an hour on', HOUR_MS],
  ['an hour back', -HOUR_MS],
  ['a day on', DAY_MS],
  ['a day back', -DAY_MS],
  ['a leap second back', -1_000],
] as const)
  test(`B19: the wall clock is set ${what}: now() goes on as if nothing had been, and a timer neither fires early nor late`, async (context) => {
    const before = systemClock.now();
    const real = Date.now;
    context.mock.method(Date, 'now', () => real() + jump);
    const began = performance.now();
    await new Promise<void>((resolve) => void systemClock.after(20, resolve));
    const waited = performance.now() - began;
    const passed = systemClock.now() - before;
    assert.ok(waited >= 19 && waited < 5_000, `the timer of 20 ms took ${waited} ms`);
    assert.ok(passed >= 19 && passed < 5_000, `now() went on by ${passed} ms`);
  });

test('B19: a wait of forty days is one of forty days, not what fits into 31 bits', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    let fired = 0;
    systemClock.after(40 * DAY_MS, () => {
      fired += 1;
    });
    const cancel = systemClock.after(40 * DAY_MS, () => assert.fail('cancelled'));
    mock.timers.tick(25 * DAY_MS);
    cancel();
    assert.equal(fired, 0);
    mock.timers.tick(16 * DAY_MS);
    assert.equal(fired, 1);
  } finally {
    mock.timers.reset();
  }
});
