/** When reports are due and of which days they tell, by the calendar and the clocks of a zone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type TenantId } from '../../kernel/ids.ts';
import { nextDue, type Period, spanOf } from '../../src/report-mail/schedule.ts';
import { wordsOf } from '../../src/report-mail/words.ts';
import type { ClaimedReport } from '../../src/store/report-mail.ts';

const at = (text: string): number => Date.parse(text);
const shown = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

const dues: [string, Period, string, string, string, string][] = [
  ['today, as it is before the hour', 'day', '07:30', 'Asia/Shanghai', '2026-11-27T23:29Z', '2026-11-27T23:30'],
  ['tomorrow, from the very minute on', 'day', '07:30', 'Asia/Shanghai', '2026-11-27T23:30Z', '2026-11-28T23:30'],
  ['Monday', 'week', '06:00', 'Asia/Shanghai', '2026-11-28T12:00Z', '2026-11-29T22:00'],
  ['the Monday after, on a Monday too late', 'week', '06:00', 'Asia/Shanghai', '2026-11-29T22:00Z', '2026-12-06T22:00'],
  ['the first, over the year', 'month', '00:00', 'Asia/Shanghai', '2026-12-15T00:00Z', '2026-12-31T16:00'],
  ['the first of March after the last of January', 'month', '23:59', 'UTC', '2027-02-01T23:59Z', '2027-03-01T23:59'],
  ['an hour that the clocks skip: when they have been put on', 'day', '02:30', 'Europe/Berlin', '2027-03-27T12:00Z', '2027-03-28T01:30'],
  ['after a day of 25 hours', 'day', '07:00', 'Europe/Berlin', '2026-10-25T06:00Z', '2026-10-26T06:00'],
];
for (const [what, period, time, timeZone, after, due] of dues)
  test(`due: ${what}`, () => assert.equal(shown(nextDue({ period, at: time, timeZone }, at(after))), due));

const spans: [string, Period, string, string, string, string][] = [
  ['yesterday', 'day', 'Asia/Shanghai', '2026-11-27T23:30Z', '2026-11-26T16:00', '2026-11-27T16:00'],
  ['the week before, Monday to Sunday', 'week', 'Asia/Shanghai', '2026-11-29T22:00Z', '2026-11-22T16:00', '2026-11-29T16:00'],
  ['the week before, on a Sunday sent by hand', 'week', 'UTC', '2026-11-29T22:00Z', '2026-11-16T00:00', '2026-11-23T00:00'],
  ['the month before', 'month', 'UTC', '2027-03-31T10:00Z', '2027-02-01T00:00', '2027-03-01T00:00'],
  ['a day of 23 hours', 'day', 'Europe/Berlin', '2027-03-29T05:00Z', '2027-03-27T23:00', '2027-03-28T22:00'],
];
for (const [what, period, timeZone, dueAt, from, to] of spans)
  test(`tells of: ${what}`, () => {
    const span = spanOf({ period, timeZone }, at(dueAt));
    assert.deepEqual([shown(span.from), shown(span.to)], [from, to]);
  });

test('a thousand days in a row: each due time is behind the one before, and each day is told of once', () => {
  for (const period of ['day', 'week', 'month'] as const)
    for (const timeZone of ['Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe']) {
      const timing = { period, at: '02:15', timeZone };
      let due = nextDue(timing, at('2026-01-01T00:00Z'));
      let told = spanOf(timing, due).from;
      for (let times = 0; times < (period === 'day' ? 1_000 : 40); times += 1) {
        const { from, to } = spanOf(timing, due);
        assert.equal(from, told, `${period} in ${timeZone} at ${shown(due)}`);
        assert.ok(to > from && to <= due);
        told = to;
        const next = nextDue(timing, due);
        assert.ok(next > due);
        due = next;
      }
    }
});

test('a mail names the days in its own zone, in the language of its schedule', () => {
  const wordsIn = (language: 'zh' | 'en', from: string) => {
    const schedule = {
      ...{ scheduleId: 'demo:1', tenantId: asId<TenantId>('demo'), name: '日报', by: 'queue', interval: 'hour', channel: 'voice' },
      ...{ serviceLevel: 'answered', period: 'day', at: '07:30', timeZone: 'Asia/Shanghai', format: 'csv', language },
      ...{ recipients: ['a@example.com'], enabled: true, nextAt: 0 },
    } satisfies ClaimedReport['schedule'];
    return wordsOf({ schedule, from: at(from), to: at('2026-11-27T16:00Z') }, 'A/B');
  };
  assert.equal(wordsIn('zh', '2026-11-26T16:00Z').subject, '话务报表：日报（2026-11-27）');
  assert.match(wordsIn('en', '2026-11-26T16:00Z').text, /"日报" \(by queue\) of 2026-11-27, time zone Asia\/Shanghai/);
  assert.equal(wordsIn('en', '2026-11-20T16:00Z').subject, 'Huawu report: 日报 (2026-11-21 – 2026-11-27)');
});
