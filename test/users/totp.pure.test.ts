import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base32, codeOf, keyUri, stepOf } from '../../src/users/totp.ts';

/** RFC 6238 appendix B. */
const seed = Buffer.from('12345678901234567890');

test('codes are those of RFC 6238 appendix B', () => {
  const vectors: [number, string][] = [
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ];
  for (const [seconds, code] of vectors) assert.equal(codeOf(seed, Math.floor(seconds / 30), 8), code);
});

test('a code is good in its half minute and the ones beside it, once, and none that is older afterwards', () => {
  const now = 1_111_111_111_000;
  const step = Math.floor(now / 30_000);
  for (const drift of [-1, 0, 1]) assert.equal(stepOf(seed, codeOf(seed, step + drift), now, 0), step + drift);
  for (const drift of [-2, 2]) assert.equal(stepOf(seed, codeOf(seed, step + drift), now, 0), null);
  assert.equal(stepOf(seed, codeOf(seed, step), now, step), null, 'used');
  assert.equal(stepOf(seed, codeOf(seed, step - 1), now, step), null, 'older than one that was used');
  for (const wrong of ['', '12345', '1234567', 'abcdef', '１２３４５６']) assert.equal(stepOf(seed, wrong, now, 0), null);
});

test('base32 is that of RFC 4648 without padding, and the address is what authenticators read', () => {
  assert.equal(base32(Buffer.from('foobar')), 'MZXW6YTBOI');
  assert.equal(base32(Buffer.from('foob')), 'MZXW6YQ');
  assert.equal(base32(seed), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  assert.equal(
    keyUri('Huawu', 'admin@demo', seed),
    'otpauth://totp/Huawu:admin%40demo?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Huawu&algorithm=SHA1&digits=6&period=30',
  );
});
