import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { worthCollecting } from '../../kernel/memory.ts';

const MB = 1024 * 1024;

describe('memory is given back', () => {
  const table: [what: string, heapMb: number, keptMb: number, busy: number, collects: boolean][] = [
    ['at rest, after a storm', 180, 40, 0.02, true],
    ['not while the process works', 180, 40, 0.4, false],
    ['not for a little', 60, 40, 0, false],
    ['not when so much may be alive that collecting takes long', 900, 40, 0, false],
  ];
  for (const [what, heapMb, keptMb, busy, collects] of table) test(what, () => assert.equal(worthCollecting(heapMb * MB, keptMb * MB, busy), collects));
});
