import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentIdOf, asId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { type Session, SessionLookup, SessionUnknown } from '../../src/users/lookup.ts';

const demo = asId<TenantId>('demo');
const sessionOf = (number: string): Session => ({
  user: { userId: asId<UserId>(number), tenantId: demo, username: number, name: number, role: 'agent', language: 'zh', agentId: agentIdOf(demo, number) },
  expiresAt: 1,
});
const hashOf = (number: string): Buffer => Buffer.from(number);
const everybody = (hashes: Buffer[]): Map<string, Session> => new Map(hashes.map((hash) => [hash.toString('hex'), sessionOf(hash.toString())]));

test('G2: a thousand desks that come back at once ask the database three times, one query after the other', async () => {
  const asked: number[] = [];
  let under = 0;
  const lookup = new SessionLookup(async (hashes) => {
    under += 1;
    assert.equal(under, 1, 'one query at a time: callers’ look-ups share the connections');
    asked.push(hashes.length);
    await new Promise((resolve) => setImmediate(resolve));
    under -= 1;
    return everybody(hashes);
  });
  const first = lookup.find(hashOf('0'));
  await Promise.resolve();
  const others = Array.from({ length: 999 }, (_, n) => lookup.find(hashOf(String(n + 1))));
  const found = await Promise.all([first, ...others]);
  assert.deepEqual(
    found.map((session) => session?.user.username),
    Array.from({ length: 1_000 }, (_, n) => String(n)),
  );
  assert.deepEqual(asked, [1, 500, 499]);
});

test('who is not there is null; without an answer nobody is said not to be there, and the next question is asked anew', async () => {
  let answers = false;
  const lookup = new SessionLookup((hashes) => Promise.resolve(answers ? everybody(hashes.slice(0, 1)) : null));
  const [one, two] = await Promise.allSettled([lookup.find(hashOf('1')), lookup.find(hashOf('2'))]);
  assert.ok(one?.status === 'rejected' && one.reason instanceof SessionUnknown, 'the first is not known');
  assert.ok(two?.status === 'rejected' && two.reason instanceof SessionUnknown, 'nor the second');
  answers = true;
  const [known, unknown] = await Promise.all([lookup.find(hashOf('1')), lookup.find(hashOf('2'))]);
  assert.equal(known?.user.username, '1');
  assert.equal(unknown, null);
});
