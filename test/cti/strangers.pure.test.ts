import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Strangers } from '../../src/cti/strangers.ts';

const guess = (strangers: Strangers, address: string, times: number, now: number): void => {
  for (let n = 0; n < times; n += 1) strangers.guessed(address, now);
};

test('300 guesses in a minute make an address tiresome until the minute is over, and no other', () => {
  const strangers = new Strangers();
  guess(strangers, 'a', 299, 0);
  assert.equal(strangers.isTiresome('a', 0), false);
  guess(strangers, 'a', 1, 59_999);
  assert.equal(strangers.isTiresome('a', 59_999), true);
  assert.equal(strangers.isTiresome('b', 59_999), false);
  assert.equal(strangers.isTiresome('a', 60_000), false);
});

test('guesses from very many addresses push out the oldest, not the latest', () => {
  const strangers = new Strangers();
  guess(strangers, 'first', 300, 0);
  for (let n = 0; n < 10_000; n += 1) strangers.guessed(`x${n}`, 0);
  assert.equal(strangers.isTiresome('first', 0), false);
  guess(strangers, 'x9999', 299, 0);
  assert.equal(strangers.isTiresome('x9999', 0), true);
});
