import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type UserId } from '../../kernel/ids.ts';
import { PhonePasses } from '../../src/users/phone-passes.ts';
import { agentId, demo } from '../support/phone-directory.ts';

const user = { userId: asId<UserId>('u1'), tenantId: demo, username: '8001' };
const HOUR_MS = 3_600_000;

test('a pass is its agent’s phone and nobody else’s, and ends with the sign-in: by time, by signing out, by being withdrawn', () => {
  const passes = new PhonePasses();
  const make = (token: string, now = 0) => passes.make(user, agentId('8001'), token, now).username;
  const name = make('t1');
  assert.equal(passes.account('8001', 0), null);
  const { agentId: whose, username, ha1Md5 } = passes.account(name, 0) ?? {};
  assert.deepEqual([whose, username, ha1Md5?.length], [agentId('8001'), '8001', 32]);
  assert.ok(passes.account(name, 12 * HOUR_MS - 1) !== null, 'it holds for twelve hours');
  assert.equal(passes.account(name, 12 * HOUR_MS), null);
  const other = make('t2');
  passes.endOfToken('t1');
  assert.deepEqual([passes.account(name, 0), passes.account(other, 0) === null], [null, false]);
  passes.endOfUser(user.userId);
  assert.equal(passes.account(other, 0), null);
});

test('a page that is loaded again and again keeps four passes of one sign-in', () => {
  const passes = new PhonePasses();
  const names = Array.from({ length: 6 }, () => passes.make(user, agentId('8001'), 't1', 0).username);
  assert.deepEqual(
    names.map((name) => passes.account(name, 0) !== null),
    [false, false, true, true, true, true],
  );
});
