import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOf, removable } from '../../src/backup/folder.ts';
import type { Manifest } from '../../src/backup/manifest.ts';

const FIVE_MINUTES = 300_000;
const one = (n: number, kind: 'full' | 'light') => ({ name: nameOf(n * FIVE_MINUTES, kind), manifest: { kind } as Manifest });

test('I8: of full ones so many stay as are to be kept, of light ones the newest twelve, and the newest of all always', () => {
  const fulls = [0, 1, 2].map((n) => one(n, 'full'));
  assert.deepEqual(removable(fulls, 2), [fulls[0]?.name]);
  assert.deepEqual(removable(fulls, 14), []);
  assert.deepEqual(removable([], 1), []);
  const lights = Array.from({ length: 15 }, (_, n) => one(n + 3, 'light'));
  assert.deepEqual(
    removable([...fulls, ...lights], 1),
    [fulls[0], fulls[1], ...lights.slice(0, 3)].map((backup) => backup?.name),
  );
});
