import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Candidate, inOrder, triesNext } from '../../../src/phone/trunk/choose.ts';

const at = (uri: string, said: Partial<Candidate> = {}): Candidate => ({ uri, trunkId: 't', order: 10, priority: 10, weight: 10, inRotation: true, ...said });
const names = (candidates: readonly Candidate[], dice = 0): string =>
  inOrder(candidates, () => dice)
    .map(({ uri }) => uri)
    .join(' ');

describe('J4: the order in which addresses are tried', () => {
  const cases: [string, Candidate[], string][] = [
    ['nothing', [], ''],
    ['lower orders first, then lower priorities', [at('c', { trunkId: 'u', order: 20 }), at('b', { priority: 20 }), at('a')], 'a b c'],
    ['all of one trunk before the next of the same order', [at('b', { trunkId: 'u' }), at('a', { priority: 99 })], 'a b'],
    ['those out of rotation are left out', [at('a', { inRotation: false }), at('b', { priority: 20 })], 'b'],
    ['unless there are no others', [at('b', { inRotation: false, priority: 20 }), at('a', { inRotation: false })], 'a b'],
    ['weight 0 comes after weight', [at('b', { weight: 0 }), at('a', { weight: 1 })], 'a b'],
    ['weights of nothing keep their order', [at('a', { weight: 0 }), at('b', { weight: 0 })], 'a b'],
    ['five at most', ['a', 'b', 'c', 'd', 'e', 'f'].map((uri, priority) => at(uri, { priority })), 'a b c d e'],
  ];
  for (const [what, candidates, expected] of cases) it(what, () => assert.equal(names(candidates), expected));

  it('weights are shares: 3 to 1 over all throws of the dice', () => {
    const first = (dice: number): string => names([at('a', { weight: 3 }), at('b', { weight: 1 })], dice).slice(0, 1);
    const throws = Array.from({ length: 100 }, (_, n) => first(n / 100));
    assert.equal(throws.filter((uri) => uri === 'a').length, 75);
  });
});

describe('J4: failover', () => {
  it('the trunk’s own failures are tried elsewhere, answers of the called are not: every status there is', () => {
    const tried = new Set([401, 407, 408]);
    for (let status = 300; status < 700; status += 1)
      assert.equal(triesNext({ is: 'status', status, made: false }), tried.has(status) || Math.floor(status / 100) === 5, String(status));
    assert.equal(triesNext({ is: 'silence' }), true);
    assert.equal(triesNext({ is: 'transport' }), true);
  });
});
