/** E5: overload seen by how long a new request waits for an application's first word. All on a clock of its own, a millisecond at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Overload, SAMPLE_MS } from '../../sip/guard/overload.ts';

/** One application that answers `perSecond` requests in order, each at the soonest after `thinkMs`. */
class House {
  readonly overload: Overload;
  answered = 0;
  refused = 0;
  readonly waitsMs: number[] = [];
  perSecond: number;
  thinkMs = 0;
  now = 0;
  readonly #line: { id: string; askedAt: number }[] = [];
  #credit = 0;
  #due = 0;

  constructor(perSecond: number, ratedCalls?: number) {
    this.perSecond = perSecond;
    this.overload = new Overload(ratedCalls);
  }

  ask(): boolean {
    if (this.overload.refuses('trunk') || !this.overload.takesCall('trunk', this.now)) {
      this.refused += 1;
      return false;
    }
    const id = `${this.now} ${this.#line.length} ${this.answered}`;
    this.overload.asked(id, 'INVITE', this.now);
    this.#line.push({ id, askedAt: this.now });
    return true;
  }

  run(seconds: number, callsPerSecond: number): void {
    for (const end = this.now + seconds * 1_000; this.now < end; this.now += 1) {
      this.#due += callsPerSecond / 1_000;
      for (; this.#due >= 1; this.#due -= 1) this.ask();
      this.#work();
      if (this.now % SAMPLE_MS === 0) this.overload.sample({ lagMs: 0, busyShare: 0.3, pending: this.#line.length, backlogBytes: 0 }, this.now);
    }
  }

  #work(): void {
    this.#credit = Math.min(2, this.#credit + this.perSecond / 1_000);
    const [first] = this.#line;
    if (this.#credit < 1 || first === undefined || this.now - first.askedAt < this.thinkMs) return;
    this.#credit -= 1;
    this.#line.shift();
    this.overload.heard(first.id, 'INVITE', this.now);
    this.answered += 1;
    this.waitsMs.push(this.now - first.askedAt);
  }

  begin(): void {
    this.answered = 0;
    this.refused = 0;
    this.waitsMs.length = 0;
  }
  get longestWaitMs(): number {
    return this.waitsMs.reduce((most, ms) => Math.max(most, ms), 0);
  }
}

for (const rated of [60, 250, 800])
  test(`E5: ten minutes of twice what an application answers, ${rated} calls a second: no less than that is answered, nobody who is let in waits for long, and ten seconds later all are`, () => {
    const house = new House(rated);
    house.run(10, rated / 2);
    house.begin();
    house.run(600, 2 * rated);
    assert.ok(house.answered >= 0.98 * 600 * rated, `${house.answered} answered`);
    // Below a hundred in the line nothing is refused, however slow the application.
    const most = Math.max(2_000, 1_500 * (100 / rated));
    assert.ok(house.longestWaitMs <= most, `${house.longestWaitMs} ms`);
    house.run(10, 0.8 * rated);
    house.begin();
    house.run(30, 0.8 * rated);
    assert.equal(house.refused, 0);
  });

test('E5: five times the load, and an application that grows slower under it, change nothing of that', () => {
  const house = new House(400);
  house.run(20, 300);
  house.begin();
  house.run(60, 2_000);
  assert.ok(house.answered >= 0.95 * 60 * 400, `${house.answered} answered`);
  house.perSecond = 100;
  house.run(10, 2_000);
  house.begin();
  house.run(60, 2_000);
  assert.ok(house.answered >= 0.95 * 60 * 100, `${house.answered} answered`);
  assert.ok(house.longestWaitMs <= 3_000, `${house.longestWaitMs} ms`);
});

test('E5: an application that answers nothing any more is given no more than a few hundred, and is asked again when it speaks', () => {
  const house = new House(200);
  house.run(10, 100);
  house.perSecond = 0;
  house.begin();
  house.run(20, 200);
  assert.ok(house.refused >= 0.8 * 20 * 200, `${house.refused} refused`);
  house.perSecond = 200;
  house.run(10, 100);
  house.begin();
  house.run(10, 100);
  assert.equal(house.refused, 0);
});

test('E5: neither a burst of three hundred after a calm hour nor an application that thinks for a second is an overload', () => {
  const house = new House(1_000);
  house.run(60, 20);
  for (let nth = 0; nth < 300; nth += 1) assert.ok(house.ask(), `the ${nth}th of the burst`);
  house.thinkMs = 1_000;
  house.run(60, 80);
  assert.equal(house.refused, 0);
});

test('E5: with SIP_RATED_CALLS so many calls are let in and the rest is refused, strangers first, then known phones', () => {
  const house = new House(1_000, 100);
  house.run(5, 100);
  assert.equal(house.refused, 0);
  house.begin();
  house.run(60, 200);
  assert.ok(Math.abs(house.answered - 6_000) <= 110, `${house.answered} of the 100 a second, and what a second had left`);
  const { overload } = house;
  assert.deepEqual(
    [overload.takesCall('stranger', house.now + 10), overload.takesCall('flow', house.now + 10), overload.takesCall('trunk', house.now + 10)],
    [false, false, true],
  );
  const takenOf = (kind: 'stranger' | 'flow' | 'trunk', at: number): number =>
    Array.from({ length: 200 }, () => overload.takesCall(kind, at)).filter(Boolean).length;
  assert.deepEqual([takenOf('stranger', house.now + 5_000), takenOf('flow', house.now + 5_000), takenOf('trunk', house.now + 5_000)], [50, 25, 25]);
});
