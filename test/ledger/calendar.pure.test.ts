import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binOf, boundsOf, dayStart, offsetAt } from '../../src/ledger/calendar.ts';
import { parts } from '../../src/ledger/interval.ts';

const at = (text: string): number => Date.parse(text);
const shown = (bounds: number[] | null): string[] => (bounds ?? []).map((bound) => new Date(bound).toISOString().slice(0, 16));
const HOUR_MS = 3_600_000;

test("days are the zone's: at Shanghai they begin at 16:00 UTC", () => {
  assert.deepEqual(shown(boundsOf('day', 'Asia/Shanghai', at('2026-05-01T16:00:00Z'), at('2026-05-03T16:00:00Z'), 10)), [
    '2026-05-01T16:00',
    '2026-05-02T16:00',
    '2026-05-03T16:00',
  ]);
  assert.equal(dayStart('Asia/Shanghai', at('2026-05-02T15:59:59Z')), at('2026-05-01T16:00:00Z'));
  assert.equal(dayStart('Asia/Shanghai', at('2026-05-02T16:00:00Z')), at('2026-05-02T16:00:00Z'));
});

test('where clocks are put on a day has 23 hours, where they are put back 25, and one whose midnight is left out begins when they are put on', () => {
  const lengths = (zone: string, from: string, to: string): number[] => {
    const bounds = boundsOf('day', zone, at(from), at(to), 10) ?? [];
    return bounds.slice(1).map((bound, n) => (bound - (bounds[n] ?? 0)) / HOUR_MS);
  };
  assert.deepEqual(lengths('Europe/Berlin', '2026-03-27T23:00Z', '2026-03-30T22:00Z'), [24, 23, 24]);
  assert.deepEqual(lengths('Europe/Berlin', '2026-10-23T22:00Z', '2026-10-26T23:00Z'), [24, 25, 24]);
  // Chile puts its clocks on at midnight: 24:00 is 1:00.
  assert.equal(dayStart('America/Santiago', at('2026-09-06T12:00Z')), at('2026-09-06T04:00Z'));
});

test('months have their lengths, a first interval begins where it is asked from, minutes lie on those of UTC', () => {
  assert.deepEqual(shown(boundsOf('month', 'Asia/Shanghai', at('2026-01-10T00:00Z'), at('2026-03-10T00:00Z'), 10)), [
    '2026-01-10T00:00',
    '2026-01-31T16:00',
    '2026-02-28T16:00',
    '2026-03-10T00:00',
  ]);
  assert.deepEqual(shown(boundsOf('15min', 'Asia/Kathmandu', at('2026-01-01T00:05Z'), at('2026-01-01T00:35Z'), 10)), [
    '2026-01-01T00:05',
    '2026-01-01T00:15',
    '2026-01-01T00:30',
    '2026-01-01T00:35',
  ]);
  assert.equal(boundsOf('5min', 'UTC', 0, HOUR_MS, 11), null, 'more than may be');
  assert.equal(offsetAt('Asia/Kathmandu', 0) / 60_000, 330);
});

test('each moment lies in one interval', () => {
  const bounds = [0, 10, 20, 40];
  assert.deepEqual(
    [-1, 0, 9, 10, 19, 20, 39, 40].map((moment) => binOf(bounds, moment)),
    [-1, 0, 0, 1, 1, 2, 2, -1],
  );
});

test('a span is cut at every five minutes, and no further back than a day', () => {
  assert.deepEqual(
    [...parts(299_000, 601_000)],
    [
      { start: 0, ms: 1_000 },
      { start: 300_000, ms: 300_000 },
      { start: 600_000, ms: 1_000 },
    ],
  );
  assert.equal([...parts(0, 10 * 86_400_000)].length, 287);
});
