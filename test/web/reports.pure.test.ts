/** What the report pages work out themselves: spans on a zone's calendar, which figures are shown, the order of lines, pictures, and what is made of differences. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportIntervals as apiIntervals, boundsOf } from '../../src/ledger/calendar.ts';
import { definitions } from '../../src/ledger/definitions.ts';
import { reportSubjects } from '../../src/ledger/report.ts';
import { periods as apiPeriods, reportFormats } from '../../src/report-mail/schedule.ts';
import { columnId, columnsOf, inOrder } from '../../web/supervisor/reports/columns.ts';
import { pictureOf } from '../../web/supervisor/reports/picture.ts';
import { commandOf, daysOf, gapOf } from '../../web/supervisor/reports/reconcile.ts';
import { type Line, pathOf, type Report, subjects, type View } from '../../web/supervisor/reports/report.ts';
import { formats, MOST_RECIPIENTS, periods, recipientsFault, recipientsOf } from '../../web/supervisor/reports/schedule.ts';
import { rangeFault, type SpanName, spanOf } from '../../web/supervisor/reports/span.ts';
import { reportIntervals, startOfDay, startsOf } from '../../web/supervisor/reports/zone.ts';

const SHANGHAI = 'Asia/Shanghai';
const LONDON = 'Europe/London';
const RANGE = { from: '2026-11-01', to: '2026-11-02' };
/** Sunday, just past midnight in China, Saturday still in London. */
const SUNDAY = Date.parse('2026-03-01T00:30:00+08:00');

test('subjects, intervals, periods and files are those of the API', () => {
  assert.deepEqual(periods, apiPeriods);
  assert.deepEqual([...formats].sort(), [...reportFormats].sort());
  assert.deepEqual([...subjects].sort(), [...reportSubjects].sort());
  assert.deepEqual(reportIntervals, apiIntervals);
});

test('a span begins and ends where the days of the zone do, a week on its Monday', () => {
  const of = (name: SpanName, zone: string) => spanOf(name, zone, SUNDAY, RANGE);
  assert.deepEqual(of('today', SHANGHAI), { from: '2026-02-28T16:00:00.000Z' });
  assert.deepEqual(of('today', LONDON), { from: '2026-02-28T00:00:00.000Z' });
  assert.deepEqual(of('yesterday', SHANGHAI), { from: '2026-02-27T16:00:00.000Z', to: '2026-02-28T16:00:00.000Z' });
  assert.deepEqual(of('thisWeek', SHANGHAI), { from: '2026-02-22T16:00:00.000Z' }, 'Sunday is the last day of its week');
  assert.deepEqual(of('lastWeek', SHANGHAI), { from: '2026-02-15T16:00:00.000Z', to: '2026-02-22T16:00:00.000Z' });
  assert.deepEqual(of('thisMonth', SHANGHAI), { from: '2026-02-28T16:00:00.000Z' });
  assert.deepEqual(of('lastMonth', SHANGHAI), { from: '2026-01-31T16:00:00.000Z', to: '2026-02-28T16:00:00.000Z' });
  assert.deepEqual(of('range', SHANGHAI), { from: '2026-10-31T16:00:00.000Z', to: '2026-11-02T16:00:00.000Z' });
});

test('a day in which clocks are put is as long as it is, and one that has no midnight begins when it does', () => {
  const hours = (zone: string, day: string, next: string) => (startOfDay(zone, next) - startOfDay(zone, day)) / 3_600_000;
  assert.deepEqual([hours(LONDON, '2026-03-29', '2026-03-30'), hours(LONDON, '2026-10-25', '2026-10-26')], [23, 25]);
  assert.equal(new Date(startOfDay('Africa/Cairo', '2026-04-24')).toISOString(), '2026-04-23T22:00:00.000Z');
});

test('what is wrong with a range is said: missing, backwards, too long', () => {
  assert.equal(rangeFault({ from: '', to: '2026-11-02' }), 'missing');
  assert.equal(rangeFault({ from: '2026-02-30', to: '2026-03-02' }), 'missing');
  assert.equal(rangeFault({ from: '2026-11-02', to: '2026-11-01' }), 'backwards');
  assert.deepEqual([rangeFault({ from: '2026-10-01', to: '2026-11-01' }, 32), rangeFault({ from: '2026-10-01', to: '2026-11-02' }, 32)], [null, 'long']);
  assert.equal(spanOf('range', SHANGHAI, SUNDAY, { from: '2026-11-02', to: '2026-11-01' }), null);
});

test('intervals are cut as the API cuts them, over a day in which clocks are put', () => {
  const [from, to] = [Date.parse('2026-10-24T22:20:00Z'), Date.parse('2026-12-02T00:00:00Z')];
  for (const interval of reportIntervals)
    assert.deepEqual(startsOf(interval, LONDON, from, to, 20_000), boundsOf(interval, LONDON, from, to, 20_000)?.slice(0, -1), interval);
  assert.equal(startsOf('5min', LONDON, from, to, 100), null);
});

const VIEW: View = { by: 'queue', interval: 'day', span: 'range', range: RANGE, channel: 'voice', variant: 'offered', queueId: 'demo:service' };

test('a report is asked for as the API takes it; a queue only of subjects whose figures belong to one', () => {
  const asked = (view: Partial<View>) => new URL(pathOf({ ...VIEW, ...view }, SHANGHAI, SUNDAY) ?? '', 'http://x').searchParams;
  assert.deepEqual(Object.fromEntries(asked({})), {
    ...{ interval: 'day', channel: 'voice', serviceLevel: 'offered', timeZone: SHANGHAI, queueId: 'demo:service' },
    ...{ from: '2026-10-31T16:00:00.000Z', to: '2026-11-02T16:00:00.000Z' },
  });
  assert.equal(asked({ by: 'agent' }).get('queueId'), null);
  assert.equal(asked({ span: 'today' }).get('to'), null);
});

const AT = Date.parse('2026-11-27T01:00:00Z');
const lineOf = (hour: number, key: string, answered: number, level: number | null): Line => ({
  ...{ start: new Date(AT + hour * 3_600_000).toISOString(), end: new Date(AT + (hour + 1) * 3_600_000).toISOString(), key, name: null },
  contacts: { entered: answered + 1, answered, timedOut: 0, serviceLevel: level, averageSpeedOfAnswerMs: 4_000 },
});
const reportOf = (items: Line[], more: Partial<Report> = {}): Report => ({
  ...{ by: 'queue', interval: 'hour', timeZone: SHANGHAI, from: '2026-11-27T01:00:00Z', to: '2026-11-27T05:00:00Z', complete: true, items },
  serviceLevel: { variant: 'offered', withinMs: null, zh: '服务水平', en: 'Service level', formula: 'A(≤T) / O', unit: 'share' },
  ...more,
});
const report = reportOf([lineOf(0, 'a', 3, 0.5), lineOf(0, 'b', 9, null), lineOf(2, 'a', 1, 1)]);

test('figures with a definition are shown, mere counts when they are asked for, and a call’s "abandoned" is not a visit’s', () => {
  const names = (every: boolean) => columnsOf(report, definitions, every).map(({ name }) => name);
  assert.deepEqual(names(false), ['answered', 'serviceLevel', 'averageSpeedOfAnswerMs']);
  assert.deepEqual(names(true), ['answered', 'serviceLevel', 'entered', 'timedOut', 'averageSpeedOfAnswerMs']);
  const calls = columnsOf(reportOf([{ ...lineOf(0, 'a', 1, 1), contacts: {}, calls: { arrived: 1, abandoned: 1, containment: 0 } }]), definitions, true);
  assert.deepEqual(
    calls.map(({ name, unit, definition }) => [name, unit, definition?.en ?? null]),
    [
      ['arrived', 'contacts', null],
      ['abandoned', 'contacts', null],
      ['containment', 'share', 'Self-service containment'],
    ],
  );
});

test('lines go by any figure, up or down, and what has none stands last', () => {
  const columns = columnsOf(report, definitions, true);
  const keys = (column: string | null, down: boolean) =>
    inOrder(report.items, columns, { column, down }).map(({ key, contacts }) => `${key}${contacts?.answered}`);
  assert.deepEqual(keys('contacts.answered', true), ['b9', 'a3', 'a1']);
  assert.deepEqual(keys('contacts.serviceLevel', true), ['a1', 'a3', 'b9']);
  assert.deepEqual(keys('contacts.serviceLevel', false), ['a3', 'a1', 'b9']);
  assert.deepEqual(
    [keys(null, false), keys(null, true)],
    [
      ['a3', 'b9', 'a1'],
      ['a1', 'b9', 'a3'],
    ],
  );
});

test('a picture has every interval that has begun: where nothing came, 0 of a count and nothing of a share', () => {
  const columns = columnsOf(report, definitions, true);
  const drawn = (id: string, of = report, hours = 3) => {
    const column = columns.find((each) => columnId(each) === id);
    assert.ok(column !== undefined);
    return pictureOf(of, column, AT + hours * 3_600_000);
  };
  const values = (id: string) => drawn(id)?.picture.series.map((series) => [series.id, series.kind, ...series.values]);
  assert.deepEqual(values('contacts.answered'), [
    ['b', 'bar', 9, 0, 0],
    ['a', 'bar', 3, 0, 1],
  ]);
  assert.deepEqual(values('contacts.serviceLevel'), [
    ['b', 'line', null, null, null],
    ['a', 'line', 0.5, null, 1],
  ]);
  const total = drawn('contacts.answered', reportOf([lineOf(0, 'a', 3, 1), lineOf(0, 'b', 9, 1)], { interval: 'total' }));
  assert.deepEqual([total?.slots, total?.picture.series[0]?.values], [{ keys: ['b', 'a'] }, [9, 3]]);
  const many = reportOf(Array.from({ length: 12 }, (_, n) => [lineOf(0, `k${n}`, n, 1), lineOf(1, `k${n}`, n, 1)]).flat());
  assert.deepEqual(
    [
      drawn('contacts.answered', many)
        ?.picture.series.map(({ id }) => id)
        .slice(0, 2),
      drawn('contacts.answered', many)?.left,
    ],
    [['k11', 'k10'], 4],
  );
  assert.equal(drawn('contacts.answered', { ...report, interval: '5min', to: '2026-12-27T01:00:00Z' }, 720), null);
});

test('differences name their days on the zone’s calendar, how far sums are apart, and the command that proves the day', () => {
  const differences = [
    { start: '2026-11-27T16:05:00Z', what: 'talkMs', counts: { agents: 61_000, calls: 60_000, queues: 60_500 } },
    { start: '2026-11-27T15:55:00Z', what: 'visits', counts: { entered: 3, buckets: 2 } },
  ];
  assert.deepEqual(daysOf(differences, SHANGHAI), ['2026-11-27', '2026-11-28']);
  assert.deepEqual(differences.map(gapOf), [1_000, 1]);
  assert.equal(commandOf('2026-11-27', SHANGHAI, 'demo'), 'huawu reconcile --day 2026-11-27 --zone Asia/Shanghai --tenant demo');
});

test('recipients are read as people paste them, each once; what is no address, none, or too many, is said before it is sent', () => {
  assert.deepEqual(recipientsOf(' a@example.com,\nb@example.com；a@example.com、c@example.com '), ['a@example.com', 'b@example.com', 'c@example.com']);
  assert.deepEqual(recipientsFault(recipientsOf('')), { why: 'none', which: '' });
  assert.deepEqual(recipientsFault(recipientsOf('a@example.com boss')), { why: 'noAddress', which: 'boss' });
  const many = Array.from({ length: MOST_RECIPIENTS + 1 }, (_, n) => `a${n}@example.com`);
  assert.deepEqual([recipientsFault(many)?.why, recipientsFault(many.slice(1))], ['many', null]);
});
