/** The timer wheel against the clock it stands on: same order, never early, late by a tick at most. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WheelClock } from '../../kernel/wheel.ts';
import { SimClock, seeded } from '../sip/support/simulation.ts';
import { FakeClock } from '../support/clock.ts';

const TICK_MS = 10;
const HOUR_MS = 3_600_000;

function open(): { clock: SimClock; wheel: WheelClock; faults: unknown[] } {
  const clock = new SimClock();
  const faults: unknown[] = [];
  return { clock, wheel: new WheelClock(clock, (error) => faults.push(error)), faults };
}

describe('the timer wheel', () => {
  for (const ms of [0, 1, 9, 10, 11, 500, 4_000, 32_000, 40_949, 40_951, 41_000, HOUR_MS]) {
    test(`a wait of ${ms} ms fires once, not early and at most a tick late, from an odd moment too`, () => {
      for (const start of [0, 3, 7_777, 123_456]) {
        const { clock, wheel } = open();
        clock.forward(start);
        const began = clock.now();
        const fired: number[] = [];
        wheel.after(ms, () => fired.push(clock.now() - began));
        clock.forward(ms + TICK_MS);
        assert.equal(fired.length, 1);
        const late = (fired[0] ?? 0) - ms;
        assert.ok(late >= 0 && late <= TICK_MS, `${late} ms late after ${start}`);
        clock.forward(HOUR_MS);
        assert.equal(fired.length, 1);
        assert.equal(wheel.waiting, 0);
        assert.equal(clock.armed, 0, 'nothing waits: no timer is set');
      }
    });
  }

  test('stopped, nothing fires any more, short or long, set before, meanwhile or after, and no timer is left', () => {
    const { clock, wheel } = open();
    const fired: string[] = [];
    const cancel = wheel.after(500, () => fired.push('short'));
    wheel.after(HOUR_MS, () => fired.push('long'));
    wheel.after(100, () => {
      fired.push('last');
      wheel.stop();
      wheel.after(1, () => fired.push('meanwhile'));
    });
    wheel.after(100, () => fired.push('of the same tick'));
    clock.forward(200);
    wheel.after(1, () => fired.push('after'));
    cancel();
    clock.forward(2 * HOUR_MS);
    assert.deepEqual(fired, ['last']);
    assert.equal(wheel.waiting, 0);
    assert.equal(clock.armed, 0);
  });

  test('of one tick they fire in the order they were set, of several in the order they are due', () => {
    const { clock, wheel } = open();
    const fired: string[] = [];
    for (const [name, ms] of [
      ['late', 52],
      ['a', 21],
      ['b', 23],
      ['early', 5],
      ['c', 22],
    ] as const)
      wheel.after(ms, () => fired.push(name));
    clock.forward(100);
    assert.deepEqual(fired, ['early', 'a', 'b', 'c', 'late']);
  });

  test('a cancelled wait never fires, whoever cancels it and however often, and leaves its neighbours', () => {
    const { clock, wheel } = open();
    const fired: string[] = [];
    const cancels = [1, 2, 3, 4].map((n) => wheel.after(20, () => fired.push(`w${n}`)));
    wheel.after(5, () => cancels[3]?.());
    const fourth = wheel.after(20, () => cancels[0]?.());
    cancels[1]?.();
    cancels[1]?.();
    clock.forward(50);
    fourth();
    assert.deepEqual(fired, ['w1', 'w3']);
    assert.equal(wheel.waiting, 0);
  });

  test('a wait set while others fire comes in its own time, even one of no length', () => {
    const { clock, wheel } = open();
    const began = clock.now();
    const fired: number[] = [];
    const again = (): void => {
      fired.push(clock.now() - began);
      if (fired.length < 4) wheel.after(0, again);
    };
    wheel.after(20, again);
    clock.forward(1_000);
    assert.deepEqual(fired, [20, 30, 40, 50]);
  });

  test('what one wait throws is told and harms no other', () => {
    const { clock, wheel, faults } = open();
    let fired = 0;
    wheel.after(10, () => {
      throw new Error('of one call');
    });
    wheel.after(10, () => (fired += 1));
    wheel.after(HOUR_MS, () => {
      throw new Error('of a long one');
    });
    clock.forward(2 * HOUR_MS);
    assert.equal(fired, 1);
    assert.deepEqual(
      faults.map((error) => (error as Error).message),
      ['of one call', 'of a long one'],
    );
  });

  for (const minutes of [1, 60])
    test(`B20: a process that was suspended for ${minutes} min fires each overdue wait once, none that was cancelled, those not due in their time, and goes on`, () => {
      const clock = new FakeClock();
      const wheel = new WheelClock(clock, (error) => assert.fail(String(error)));
      const random = seeded(minutes);
      const fired = new Map<number, number>();
      const asleepUntil = clock.now() + minutes * 60_000;
      let ticks = 0;
      const stop = wheel.every(1_000, () => (ticks += 1));
      for (let id = 0; id < 2_000; id += 1) {
        // A fifth is due after the sleep; a fifth of all is cancelled before it.
        const due = id % 5 === 4 ? minutes * 60_000 + 1_000 + random() * 30_000 : random() * 32_000;
        const at = clock.now() + due;
        const cancel = wheel.after(due, () => {
          fired.set(id, (fired.get(id) ?? 0) + 1);
          const late = clock.now() - Math.max(at, asleepUntil);
          assert.ok(late >= 0 && late <= TICK_MS, `${late} ms late`);
        });
        if (id % 5 === 1) cancel();
      }
      clock.sleep(minutes * 60_000);
      clock.forward(0);
      assert.equal(fired.size, 1_200, 'the overdue, and they alone');
      assert.equal(ticks, 1, 'what comes round each second came once, not once for each second slept');
      clock.forward(40_000);
      assert.equal(fired.size, 1_600);
      assert.deepEqual([...new Set(fired.values())], [1]);
      assert.equal(ticks, 41);
      stop();
      assert.deepEqual([wheel.waiting, clock.armed], [0, 0]);
    });

  for (const seed of [1, 2, 3, 4, 5]) {
    test(`a thousand waits set, cancelled and set again fire like the clock's own (seed ${seed})`, () => {
      const { clock, wheel } = open();
      const random = seeded(seed);
      const due = new Map<number, number>();
      let made = 0;
      const set = (): void => {
        made += 1;
        const id = made;
        const ms = random() < 0.1 ? random() * 100_000 : random() * 2_000;
        due.set(id, clock.now() + ms);
        const cancel = wheel.after(ms, () => {
          const late = clock.now() - (due.get(id) ?? Number.NaN);
          assert.ok(late >= -0.001 && late <= TICK_MS + 0.001, `${late} ms late`);
          due.delete(id);
          if (made < 1_000) set();
        });
        if (random() < 0.3)
          wheel.after(random() * ms, () => {
            if (due.delete(id)) cancel();
          });
      };
      for (let n = 0; n < 100; n += 1) set();
      for (let step = 0; step < 400; step += 1) {
        clock.forward(random() * 1_000);
        if (made < 1_000) set();
      }
      clock.forward(HOUR_MS);
      assert.equal(due.size, 0, 'none is lost');
      assert.equal(wheel.waiting, 0);
    });
  }
});
