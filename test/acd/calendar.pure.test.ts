/** Business hours: what is open when, by the clock on the wall of the calendar's zone. */
import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { Calendar, type CalendarConfiguration, type Span } from '../../src/acd/calendar/calendar.ts';
import { offsetsOf } from '../../src/tenants/zone.ts';

const at = (text: string): number => Date.parse(text);
const offsets = (zone: string) => offsetsOf(zone, at('2026-06-01T00:00:00Z'));
const span = (from: string, to: string): Span => ({ from, to });
const office = [span('09:00', '12:00'), span('13:30', '18:00')];
const workdays = { mon: office, tue: office, wed: office, thu: office, fri: office };

function china(rules: Partial<CalendarConfiguration> = {}): Calendar {
  return new Calendar({ offsets: offsets('Asia/Shanghai'), week: workdays, days: [], ...rules });
}

/** `open` or `closed`, and until when, in UTC. */
function look(calendar: Calendar, moment: string): string {
  const { open, until } = calendar.hoursAt(at(moment));
  return `${open ? 'open' : 'closed'} until ${new Date(until).toISOString().slice(0, 16)}`;
}

describe('a week with a lunch break, in China', () => {
  const calendar = china();
  for (const [moment, expected] of [
    ['2026-06-03T08:59:59.999+08:00', 'closed until 2026-06-03T01:00'],
    ['2026-06-03T09:00:00+08:00', 'open until 2026-06-03T04:00'],
    ['2026-06-03T11:59:59.999+08:00', 'open until 2026-06-03T04:00'],
    ['2026-06-03T12:00:00+08:00', 'closed until 2026-06-03T05:30'],
    ['2026-06-03T13:30:00+08:00', 'open until 2026-06-03T10:00'],
    ['2026-06-05T18:00:00+08:00', 'closed until 2026-06-08T01:00'],
    ['2026-06-07T12:00:00+08:00', 'closed until 2026-06-08T01:00'],
    // In UTC it is still Sunday.
    ['2026-06-08T07:00:00+08:00', 'closed until 2026-06-08T01:00'],
  ] as const) {
    test(`${moment}: ${expected}`, () => assert.equal(look(calendar, moment), expected));
  }
});

describe('holidays and make-up days (调休)', () => {
  const closed = (date: string) => ({ date, name: '国庆节', hours: [] });
  const days = [
    ...['01', '02', '03', '04', '05', '06', '07'].map((day) => closed(`2026-10-${day}`)),
    { date: '2026-10-10', name: '国庆节调休', hours: 'thu' as const },
    { date: '2026-10-08', name: '值班', hours: [span('10:00', '15:00')] },
  ];
  const calendar = china({ days, week: { ...workdays, thu: [span('08:00', '20:00')] } });
  for (const [moment, expected] of [
    ['2026-10-01T10:00:00+08:00', 'closed until 2026-10-08T02:00'],
    ['2026-09-30T18:00:00+08:00', 'closed until 2026-10-08T02:00'],
    ['2026-10-08T11:00:00+08:00', 'open until 2026-10-08T07:00'],
    ['2026-10-10T09:00:00+08:00', 'open until 2026-10-10T12:00'],
    ['2026-10-11T09:00:00+08:00', 'closed until 2026-10-12T01:00'],
  ] as const) {
    test(`${moment}: ${expected}`, () => assert.equal(look(calendar, moment), expected));
  }
});

describe('midnight', () => {
  const night = [span('22:00', '06:00')];
  const nights = china({ week: { fri: night, sat: night } });
  const always = [span('00:00', '24:00')];
  for (const [calendar, moment, expected] of [
    [nights, '2026-06-05T23:00:00+08:00', 'open until 2026-06-05T22:00'],
    [nights, '2026-06-06T05:59:00+08:00', 'open until 2026-06-05T22:00'],
    [nights, '2026-06-06T06:00:00+08:00', 'closed until 2026-06-06T14:00'],
    [nights, '2026-06-07T05:00:00+08:00', 'open until 2026-06-06T22:00'],
    [nights, '2026-06-07T22:00:00+08:00', 'closed until 2026-06-12T14:00'],
    [china({ week: { sat: always, sun: always } }), '2026-06-06T12:00:00+08:00', 'open until 2026-06-07T16:00'],
    // A night that begins on a day off does not begin; the one before goes on into it.
    [
      china({ week: { fri: night, sat: night }, days: [{ date: '2026-06-06', name: 'off', hours: [] }] }),
      '2026-06-06T05:00:00+08:00',
      'open until 2026-06-05T22:00',
    ],
  ] as const) {
    test(`${moment}: ${expected}`, () => assert.equal(look(calendar, moment), expected));
  }

  test('hours that never end, and a calendar that never opens, are looked at again some weeks later', () => {
    const everyDay = china({ week: { sun: always, mon: always, tue: always, wed: always, thu: always, fri: always, sat: always } });
    const now = at('2026-06-03T12:00:00+08:00');
    assert.deepEqual([everyDay.hoursAt(now).open, china({ week: {} }).hoursAt(now).open], [true, false]);
    for (const calendar of [everyDay, china({ week: {} })]) assert.ok(calendar.hoursAt(now).until > now + 30 * 86_400_000, 'not before a month is over');
  });
});

describe('daylight saving, in Berlin: on 2026-03-29 02:00 is 03:00, on 2026-10-25 03:00 is 02:00', () => {
  const berlin = (...spans: Span[]): Calendar => new Calendar({ offsets: offsets('Europe/Berlin'), week: { sat: spans, sun: spans }, days: [] });
  for (const [calendar, moment, expected] of [
    [berlin(span('09:00', '18:00')), '2026-03-28T10:00:00Z', 'open until 2026-03-28T17:00'],
    [berlin(span('09:00', '18:00')), '2026-03-29T06:00:00Z', 'closed until 2026-03-29T07:00'],
    [berlin(span('09:00', '18:00')), '2026-10-25T06:00:00Z', 'closed until 2026-10-25T08:00'],
    // The night has an hour less, the other one more.
    [berlin(span('22:00', '06:00')), '2026-03-28T22:00:00Z', 'open until 2026-03-29T04:00'],
    [berlin(span('22:00', '06:00')), '2026-10-24T22:00:00Z', 'open until 2026-10-25T05:00'],
    // 02:30 does not come: what begins or ends then does so when the clock is put on.
    [berlin(span('02:30', '04:00')), '2026-03-29T00:00:00Z', 'closed until 2026-03-29T01:00'],
    [berlin(span('01:00', '02:30')), '2026-03-29T00:30:00Z', 'open until 2026-03-29T01:00'],
    // 02:30 comes twice: open from the first, until the second; what ends at 02:00 ends when it is first 02:00.
    [berlin(span('02:30', '04:00')), '2026-10-25T00:00:00Z', 'closed until 2026-10-25T00:30'],
    [berlin(span('01:00', '02:30')), '2026-10-25T01:10:00Z', 'open until 2026-10-25T01:30'],
    [berlin(span('01:00', '02:00')), '2026-10-24T23:30:00Z', 'open until 2026-10-25T00:00'],
  ] as const) {
    test(`${moment}: ${expected}`, () => assert.equal(look(calendar, moment), expected));
  }
});

test('the offsets of a zone are its changes of clock to the minute, and none where there are none', () => {
  assert.deepEqual(offsets('Asia/Shanghai'), [{ from: at('2025-01-01T00:00:00Z'), minutes: 480 }]);
  const newYork = offsets('America/New_York').slice(1, 3);
  assert.deepEqual(newYork, [
    { from: at('2025-03-09T07:00:00Z'), minutes: -240 },
    { from: at('2025-11-02T06:00:00Z'), minutes: -300 },
  ]);
  assert.equal(offsets('Asia/Kathmandu')[0]?.minutes, 345);
});
