/** I3: what is left of numbers, names and words. Logs: log.pure.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskName, maskNumber, maskNumbersIn, withheld } from '../../kernel/mask.ts';

test('a mask leaves three digits and four', () => {
  const masks: [string, string][] = [
    ['+8613800000001', '138****0001'],
    ['13800000001', '138****0001'],
    ['+14155552671', '141****2671'],
    ['10086', '10086'],
    ['8001', '8001'],
    ['', ''],
    ['alice', 'alice'],
  ];
  for (const [number, masked] of masks) assert.equal(maskNumber(number), masked);
});

test('of a name its first sign is left, and how long it was is not told', () => {
  for (const [name, masked] of [
    ['张伟', '张**'],
    ['欧阳娜娜', '欧**'],
    ['Zhang Wei', 'Z**'],
    ['𠮷田', '𠮷**'],
    ['', ''],
  ] as const)
    assert.equal(maskName(name), masked);
  assert.equal(withheld('x'), withheld('a long word about somebody'));
  assert.equal(withheld(''), '');
});

test('numbers in a text are masked, also of identity cards; times, addresses, words and short numbers are not', () => {
  const masks: [string, string][] = [
    ['call 13800001001, or +8613800001002.', 'call 138****1001, or 138****1002.'],
    ['card 11010119900307771X', 'card 110****771X'],
    ['8001 at 2026-03-01T08:00:00.000Z from 192.168.100.200:50600', '8001 at 2026-03-01T08:00:00.000Z from 192.168.100.200:50600'],
    ['call c-20260301AB', 'call c-20260301AB'],
    ['13800001001;13800001002', '138****1001;138****1002'],
  ];
  for (const [text, masked] of masks) assert.equal(maskNumbersIn(text), masked);
  assert.equal(
    maskNumbersIn('from 4008001234 to 13800001001', (number) => number === '4008001234'),
    'from 4008001234 to 138****1001',
  );
});
