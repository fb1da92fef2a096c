/** Holidays as they are published: what is read of them, and what is said of what cannot be. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Calendar } from '../../src/acd/calendar/calendar.ts';
import { type HolidayFormat, mergeDays, readHolidays } from '../../src/tenants/holidays.ts';
import { offsetsOf } from '../../src/tenants/zone.ts';
import { inProject } from '../support/project.ts';

const text = readFileSync(inProject('dialplans/holidays-cn-2026.csv'), 'utf8');

test('the shipped calendar of 2026 has 33 holidays and 6 make-up days, each make-up day on a weekend and no holiday left open', () => {
  const { days, faults } = readHolidays('csv', text);
  assert.deepEqual(faults, []);
  const work = days.filter(({ hours }) => hours === 'mon').map(({ date }) => date);
  assert.deepEqual(work, ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10']);
  for (const date of work) assert.ok([0, 6].includes(new Date(date).getUTCDay()), `${date} is a weekend`);
  assert.equal(days.filter(({ hours }) => hours.length === 0).length, 33);
  const nine = [{ from: '09:00', to: '18:00' }];
  const calendar = new Calendar({
    days,
    offsets: offsetsOf('Asia/Shanghai', Date.parse('2026-01-01')),
    week: { mon: nine, tue: nine, wed: nine, thu: nine, fri: nine },
  });
  const open = (date: string): boolean => calendar.hoursAt(Date.parse(`${date}T10:00:00+08:00`)).open;
  const worked = Array.from({ length: 365 }, (_, at) => new Date(Date.UTC(2026, 0, 1 + at)).toISOString().slice(0, 10)).filter(open);
  // 261 weekdays, less the holidays among them, and the make-up days.
  const lost = days.filter(({ date, hours }) => hours.length === 0 && ![0, 6].includes(new Date(date).getUTCDay())).length;
  assert.equal(worked.length, 261 - lost + 6);
  assert.deepEqual(['2026-02-13', '2026-02-14', '2026-02-15', '2026-02-23', '2026-02-24', '2026-10-07', '2026-10-08', '2026-10-10'].map(open), [
    true,
    true,
    false,
    false,
    true,
    false,
    true,
    true,
  ]);
});

test('CSV has hours of its own too, and remarks, and a byte order mark', () => {
  const { days, faults } = readHolidays(
    'csv',
    '\uFEFFdate,name,hours\r\n# a remark\r\n\r\n2026-12-24,"Heiligabend",09:00-12:00 12:30-14:00\r\n2026-12-25,Weihnachten,closed\n',
  );
  assert.deepEqual(faults, []);
  assert.deepEqual(days, [
    {
      date: '2026-12-24',
      name: 'Heiligabend',
      hours: [
        { from: '09:00', to: '12:00' },
        { from: '12:30', to: '14:00' },
      ],
    },
    { date: '2026-12-25', name: 'Weihnachten', hours: [] },
  ]);
});

const ical = (...events: string[][]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', ...events.flatMap((event) => ['BEGIN:VEVENT', ...event, 'END:VEVENT']), 'END:VCALENDAR', ''].join('\r\n');

test('iCalendar: the end is not part of a holiday, a folded line is one, and a day of work is known by its summary or by Apple’s word for it', () => {
  const { days, faults } = readHolidays(
    'ical',
    ical(
      ['DTSTART;VALUE=DATE:20261001', 'DTEND;VALUE=DATE:20261003', 'SUMMARY:国庆', ' 节(休)'],
      ['DTSTART;VALUE=DATE:20261010', 'SUMMARY:国庆节(班)'],
      ['DTSTART;VALUE=DATE:20260920', 'DTEND;VALUE=DATE:20260921', 'X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY', 'SUMMARY:国庆节'],
    ),
  );
  assert.deepEqual(faults, []);
  assert.deepEqual(days, [
    { date: '2026-09-20', name: '国庆节', hours: 'mon' },
    { date: '2026-10-01', name: '国庆节', hours: [] },
    { date: '2026-10-02', name: '国庆节', hours: [] },
    { date: '2026-10-10', name: '国庆节', hours: 'mon' },
  ]);
});

test('JSON is the days as the API shows them, bare or under "days"', () => {
  const day = { date: '2026-05-09', name: '劳动节', hours: 'tue' };
  for (const given of [[day], { days: [day] }]) assert.deepEqual(readHolidays('json', JSON.stringify(given)), { days: [day], faults: [] });
});

for (const [format, given, line, message] of [
  ['csv', '2026-02-30,x,closed', 1, /date/],
  ['csv', 'date,name,hours\n2026-02-03,x,9-17', 2, /hours/],
  ['csv', '# nothing', 1, /no day/],
  ['json', '{"a":', 1, /no JSON/],
  ['json', '[{"date":"2026-01-01","name":"x","hours":[]},{"date":"2026-01-02"}]', 2, /name/],
  ['json', '7', 1, /array/],
  ['ical', 'hello', 1, /iCalendar/],
  ['ical', ical(['DTSTART:20261001T090000Z', 'SUMMARY:x']), 3, /DTSTART/],
  ['ical', ical(['DTSTART;VALUE=DATE:20260101', 'DTEND;VALUE=DATE:20270101', 'SUMMARY:x']), 3, /365 days/],
] as [HolidayFormat, string, number, RegExp][]) {
  test(`what is wrong is told with its line: ${format} ${given.slice(0, 40).replaceAll(/\s+/g, ' ')}`, () => {
    const { faults } = readHolidays(format, given);
    assert.equal(faults[0]?.line, line);
    assert.match(faults[0]?.message ?? '', message);
  });
}

test('what is imported stands in the place of days of the same date; the others stay', () => {
  const day = (date: string, name: string) => ({ date, name, hours: [] });
  assert.deepEqual(mergeDays([day('2026-01-02', 'old'), day('2026-01-01', 'kept')], [day('2026-01-02', 'new')]), [
    day('2026-01-01', 'kept'),
    day('2026-01-02', 'new'),
  ]);
});
