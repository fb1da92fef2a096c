import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyMerge, type Way } from '../../media/dtmf/merge.ts';

/** [ms, way, key]; the keys told, in order. */
type Report = readonly [number, Way, string];
const told = (reports: readonly Report[]): string => {
  const merge = new KeyMerge();
  return reports
    .filter(([atMs, way, key]) => merge.heard(key, way, atMs))
    .map(([, , key]) => key)
    .join('');
};

/** What a second report of the same key makes, by way of the first and of the second, soon after and later. */
const again: Record<Way, Record<Way, { soon: 'same' | 'new'; later: 'same' | 'new' }>> = {
  event: { event: { soon: 'new', later: 'new' }, tone: { soon: 'same', later: 'new' }, signalling: { soon: 'same', later: 'new' } },
  tone: { event: { soon: 'same', later: 'new' }, tone: { soon: 'new', later: 'new' }, signalling: { soon: 'same', later: 'new' } },
  signalling: { event: { soon: 'same', later: 'new' }, tone: { soon: 'same', later: 'new' }, signalling: { soon: 'new', later: 'new' } },
};
for (const [first, row] of Object.entries(again) as [Way, (typeof again)[Way]][]) {
  for (const [second, { soon, later }] of Object.entries(row) as [Way, (typeof row)[Way]][]) {
    test(`E7: ${first}, then ${second} of the same key: within half a second ${soon === 'new' ? 'a new press' : 'the same press'}, later a new one`, () => {
      const keys = { same: '5', new: '55' };
      assert.equal(
        told([
          [0, first, '5'],
          [499, second, '5'],
        ]),
        keys[soon],
      );
      assert.equal(
        told([
          [0, first, '5'],
          [500, second, '5'],
        ]),
        keys[later],
      );
      assert.equal(
        told([
          [0, first, '5'],
          [10, second, '6'],
        ]),
        '56',
        'another key is another press',
      );
    });
  }
}

const stories: Record<string, { reports: Report[]; keys: string }> = {
  'all three ways at once are one key': {
    reports: [
      [0, 'event', '1'],
      [35, 'tone', '1'],
      [180, 'signalling', '1'],
    ],
    keys: '1',
  },
  'the same key twice, quickly, each by event and late by signalling, are two': {
    reports: [
      [0, 'event', '1'],
      [200, 'event', '1'],
      [250, 'signalling', '1'],
      [450, 'signalling', '1'],
    ],
    keys: '11',
  },
  'signalling that overtakes the tones makes no more': {
    reports: [
      [0, 'signalling', '3'],
      [60, 'tone', '3'],
      [300, 'signalling', '4'],
      [340, 'tone', '4'],
    ],
    keys: '34',
  },
};
for (const [claim, { reports, keys }] of Object.entries(stories)) test(`E7: ${claim}`, () => assert.equal(told(reports), keys));

test('E7: a flood by all ways together makes at most twenty keys in any second', () => {
  const ways: Way[] = ['event', 'tone', 'signalling'];
  const reports: Report[] = Array.from({ length: 900 }, (_, n) => [n * 3.3, ways[n % 3] ?? 'event', String(n % 7)]);
  assert.ok(told(reports).length <= 60);
  assert.equal(told(reports.filter(([atMs]) => atMs < 1000)).length, 20);
});
