/** E10: a flood of one kind of line is cut to a hundred a second and a sum. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { limited } from '../../kernel/log.ts';
import { FakeClock } from '../support/clock.ts';

interface Line {
  kind: string;
  suppressed?: number;
}

function open(): { clock: FakeClock; lines: Line[]; note: (kind: string, fields: object) => void } {
  const clock = new FakeClock();
  const lines: Line[] = [];
  const log = pino({ level: 'warn' }, { write: (text: string) => void lines.push(JSON.parse(text) as Line) });
  return { clock, lines, note: limited(log, clock) };
}

test('E10: a flood of 5,000 lines a second over ten seconds is a hundred a second and one sum for each, the last one too, and no line is unaccounted for', () => {
  const { clock, lines, note } = open();
  for (let ms = 0; ms < 10_000; ms += 1) {
    for (let nth = 0; nth < 5; nth += 1) note('garbage', { from: '203.0.113.9' });
    clock.forward(1);
  }
  clock.forward(1_000);
  const sums = lines.flatMap(({ suppressed }) => (suppressed === undefined ? [] : [suppressed]));
  assert.deepEqual(sums, new Array(10).fill(4_900));
  assert.equal(lines.length, 10 * 101);
  assert.equal(clock.armed, 0);
});

test('E10: a flood of one kind keeps back no line of another, and a hundred lines are no flood', () => {
  const { clock, lines, note } = open();
  for (let nth = 0; nth < 1_000; nth += 1) note('garbage', {});
  for (let nth = 0; nth < 100; nth += 1) note('refused', {});
  clock.forward(2_000);
  assert.equal(lines.filter(({ kind }) => kind === 'refused').length, 100);
  assert.deepEqual(
    lines.flatMap(({ kind, suppressed }) => (suppressed === undefined ? [] : [`${kind} ${suppressed}`])),
    ['garbage 900'],
  );
});

test('E10: more kinds than are counted lose no sum', () => {
  const { clock, lines, note } = open();
  for (let nth = 0; nth < 150; nth += 1) note('garbage', {});
  for (let kind = 0; kind < 1_000; kind += 1) note(`kind ${kind}`, {});
  clock.forward(1_000);
  assert.equal(lines.find(({ suppressed }) => suppressed !== undefined)?.suppressed, 50);
});
