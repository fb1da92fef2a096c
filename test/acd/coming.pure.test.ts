/** What a queue does next, for people. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Calendar } from '../../src/acd/calendar/calendar.ts';
import { comingChanges } from '../../src/acd/calendar/coming.ts';

const CHINA = 480;
const weekdays = [{ from: '09:00', to: '18:00' }];
const office = new Calendar({
  offsets: [{ from: 0, minutes: CHINA }],
  week: { mon: weekdays, tue: weekdays, wed: weekdays, thu: weekdays, fri: weekdays },
  days: [{ date: '2026-05-09', name: '调休', hours: 'fri' }],
});
const at = (text: string): number => Date.parse(`${text}+08:00`);
const told = (...asked: Parameters<typeof comingChanges>): string[] =>
  comingChanges(...asked).map(({ at: when, state }) => `${new Date(when + CHINA * 60_000).toISOString().slice(5, 16)} ${state}`);

test('on a Friday it closes at six and opens on Monday, or on the Saturday that is worked', () => {
  assert.deepEqual(told('open', undefined, office, at('2026-05-15T15:00')), ['05-15T18:00 closed', '05-18T09:00 open']);
  assert.deepEqual(told('open', undefined, office, at('2026-05-08T15:00')), ['05-08T18:00 closed', '05-09T09:00 open']);
  assert.deepEqual(told('closed', undefined, office, at('2026-05-15T19:00')), ['05-18T09:00 open', '05-18T18:00 closed']);
});

test('the end of a switch comes first, where it changes something; without an end nothing comes', () => {
  assert.deepEqual(told('emergency', at('2026-05-15T16:00'), office, at('2026-05-15T15:00')), ['05-15T16:00 open', '05-15T18:00 closed']);
  assert.deepEqual(told('closed', at('2026-05-15T20:00'), office, at('2026-05-15T15:00')), ['05-18T09:00 open', '05-18T18:00 closed']);
  assert.deepEqual(told('emergency', null, office, at('2026-05-15T15:00')), []);
  assert.deepEqual(told('emergency', at('2026-05-15T16:00'), undefined, at('2026-05-15T15:00')), ['05-15T16:00 open']);
});

test('without a calendar, or with one that never changes, nothing comes', () => {
  assert.deepEqual(told('open', undefined, undefined, 0), []);
  assert.deepEqual(told('closed', undefined, new Calendar({ offsets: [], week: {}, days: [] }), 0), []);
});
