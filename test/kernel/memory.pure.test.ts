import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HeapRoom, worthCollecting } from '../../kernel/memory.ts';
import { FakeClock } from '../support/clock.ts';

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

test('A15 the heap is full when three looks in a row find it so, and has room again only well below that', () => {
  const clock = new FakeClock();
  let share = 0.5;
  const told: boolean[] = [];
  const room = new HeapRoom(
    clock,
    (full) => told.push(full),
    () => share,
  );
  const after = (next: number, looks: number): boolean => {
    share = next;
    clock.forward(500 * looks);
    return room.full;
  };
  assert.deepEqual([after(0.9, 2), after(0.5, 1), after(0.9, 2), after(0.95, 1), after(0.8, 10), after(0.7, 1)], [false, false, false, true, true, false]);
  assert.deepEqual(told, [true, false]);
});
