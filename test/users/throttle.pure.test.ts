import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignInThrottle } from '../../src/users/throttle.ts';

test('the sixth try within a minute waits until the first is a minute old', () => {
  const throttle = new SignInThrottle();
  for (let at = 0; at < 5; at += 1) {
    assert.equal(throttle.waitMs('8001', at * 1000), 0);
    throttle.tried('8001', at * 1000);
  }
  assert.equal(throttle.waitMs('8001', 5_000), 55_000);
  assert.equal(throttle.waitMs('8001', 59_999), 1);
  assert.equal(throttle.waitMs('8001', 60_000), 0);
});

test('one name held back holds no other back', () => {
  const throttle = new SignInThrottle();
  for (let at = 0; at < 5; at += 1) throttle.tried('8001', 0);
  assert.equal(throttle.waitMs('8001', 0), 60_000);
  assert.equal(throttle.waitMs('8002', 0), 0);
});

test('a right password forgets the wrong ones', () => {
  const throttle = new SignInThrottle();
  for (let at = 0; at < 5; at += 1) throttle.tried('8001', 0);
  throttle.succeeded('8001');
  assert.equal(throttle.waitMs('8001', 0), 0);
});

test('thirty wrong ones in an hour wait for the hour, however slowly they came; one that was no guess is taken back', () => {
  const throttle = new SignInThrottle();
  for (let n = 0; n < 30; n += 1) throttle.tried('8001', n * 100_000);
  assert.equal(throttle.waitMs('8001', 3_000_000), 600_000);
  assert.equal(throttle.waitMs('8001', 3_600_000), 0);
  for (let n = 0; n < 5; n += 1) throttle.tried('8002', 0);
  throttle.forgive('8002');
  assert.equal(throttle.waitMs('8002', 0), 0);
});
