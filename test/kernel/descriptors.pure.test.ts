/** A16: when descriptors are few, none, and enough again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Descriptors, type Slots } from '../../kernel/descriptors.ts';
import { FakeClock } from '../support/clock.ts';

/** A process that may open so many. */
class Process implements Slots {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly descriptors: Descriptors;
  /** Opened by others. */
  others = 0;
  ours = 0;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
    this.descriptors = new Descriptors(this.clock, this);
    this.descriptors.onChange(() => this.told.push(this.descriptors.supply));
  }
  take(): number | undefined {
    if (this.ours + this.others >= this.#most) return undefined;
    this.ours += 1;
    return this.ours;
  }
  give(): void {
    this.ours -= 1;
  }
  /** Connections that come in one turn of the loop, as long as they are taken in. */
  flood(connections: number): number {
    let tookIn = 0;
    for (; tookIn < connections && this.descriptors.supply === 'enough' && this.others + this.ours < this.#most; tookIn += 1) {
      this.others += 1;
      this.descriptors.tookIn();
    }
    return tookIn;
  }
}

test('A16: of a flood of connections so many are taken in that some descriptors stay, though no timer has run', () => {
  const process = new Process(100);
  assert.equal(process.ours, 8, 'held back');
  const tookIn = process.flood(1_000);
  assert.ok(tookIn > 60 && tookIn < 85, `${tookIn} taken in`);
  assert.equal(process.descriptors.supply, 'few');
  assert.equal(process.ours, 0, 'the reserve is there for the others');
});

test('A16: they are enough again only when many more are free than made them few, and not before a second has passed', () => {
  const process = new Process(100);
  process.others = 90;
  process.clock.forward(250);
  assert.equal(process.descriptors.supply, 'few');
  process.others = 80;
  process.clock.forward(5_000);
  assert.equal(process.descriptors.supply, 'few', '20 free are not enough to begin again');
  process.others = 60;
  process.clock.forward(250);
  assert.deepEqual([process.descriptors.supply, process.ours], ['enough', 8]);
  process.descriptors.ranOut();
  process.clock.forward(750);
  assert.equal(process.descriptors.supply, 'few', 'who flutters is held for a second');
  process.clock.forward(250);
  assert.deepEqual(process.told, ['few', 'enough', 'few', 'enough']);
});

test('A16: with the reserve used up too there are none; what looks leaves nothing open', () => {
  const process = new Process(100);
  process.others = 92;
  process.clock.forward(250);
  assert.equal(process.descriptors.supply, 'few');
  process.others = 99;
  process.clock.forward(250);
  assert.equal(process.descriptors.supply, 'none');
  process.others = 10;
  process.clock.forward(2_000);
  process.descriptors.stop();
  assert.deepEqual([process.told, process.ours, process.clock.armed], [['few', 'none', 'few', 'enough'], 0, 0]);
});
