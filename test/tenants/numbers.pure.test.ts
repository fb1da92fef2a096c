/** Numbers that callers dial: which flow at which hour, and which a hotline may not be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, calendarIdOf, type TenantId } from '../../kernel/ids.ts';
import type { CalendarConfiguration } from '../../src/acd/calendar/calendar.ts';
import { displayNumber } from '../../src/phone/trunk/display.ts';
import { entryOf, newNumber, numberFault, numberNames, readNumber } from '../../src/tenants/numbers.ts';
import { readTenantSettings, usualSettings } from '../../src/tenants/settings.ts';

const demo = asId<TenantId>('demo');
const office: CalendarConfiguration = {
  ...{ calendarId: calendarIdOf(demo, 'office'), tenantId: demo, name: { zh: '上班', en: 'Office' }, timeZone: 'Asia/Shanghai' },
  ...{ offsets: [{ from: 0, minutes: 480 }], week: { mon: [{ from: '09:00', to: '18:00' }] }, days: [{ date: '2026-03-09', name: '放假', hours: [] }] },
};
const at = (text: string): number => Date.parse(`${text}+08:00`);
const monday = '2026-03-02';

test('a number enters its own flow in hours and another out of hours, by the calendar’s clock and special days', () => {
  const hotline = newNumber('95588', { flow: 'main', hours: { calendar: 'office', closedFlow: 'night' } });
  const enters = (time: string) => entryOf(demo, hotline, [office], at(time));
  assert.deepEqual(enters(`${monday}T08:59:59`), { flow: 'night', open: false });
  assert.deepEqual(enters(`${monday}T09:00:00`), { flow: 'main', open: true });
  assert.deepEqual(enters(`${monday}T18:00:00`), { flow: 'night', open: false });
  assert.deepEqual(enters('2026-03-09T10:00:00'), { flow: 'night', open: false }, 'a holiday');
});

test('without settings of its own the dialplan decides; a calendar that is gone, or another tenant’s, keeps nobody out', () => {
  assert.deepEqual(entryOf(demo, newNumber('10086'), [office], at(`${monday}T03:00`)), { flow: null, open: null });
  const lost = newNumber('95588', { flow: 'main', hours: { calendar: 'office', closedFlow: 'night' } });
  assert.deepEqual(entryOf(demo, lost, [], at(`${monday}T03:00`)), { flow: 'main', open: null });
  assert.deepEqual(entryOf(asId<TenantId>('other'), lost, [office], at(`${monday}T03:00`)), { flow: 'main', open: null });
});

test('what may not be a hotline is refused with how to mend it', () => {
  assert.equal(numberFault('10086', '10086', ['8001']), null);
  assert.equal(numberFault('+862012345678', '+862012345678', []), null);
  assert.match(numberFault('100 86', '10086', []) ?? '', /give digits alone/);
  assert.match(numberFault('110', '110', []) ?? '', /emergencies/);
  assert.match(numberFault('02012345678', '+862012345678', []) ?? '', /arrive as \+862012345678: give it so/);
  assert.match(numberFault('8001', '8001', ['8001']) ?? '', /agent’s job number/);
});

test('a dialplan must still name a number that enters by it; one that is off, or has a flow of its own, it need not', () => {
  const numbers = [
    newNumber('1'),
    newNumber('2', { flow: 'main' }),
    newNumber('3', { enabled: false }),
    newNumber('4', { hours: { calendar: 'office', closedFlow: 'night' } }),
  ];
  assert.deepEqual(numberNames(numbers), {
    numbers: ['1', '2', '3', '4'],
    entered: [
      { number: '2', flows: ['main'], named: false },
      { number: '3', flows: [], named: false },
      { number: '4', flows: ['night'], named: true },
    ],
  });
});

test('rows from before there were settings read as usual', () => {
  assert.deepEqual(readNumber('10086', {}), newNumber('10086'));
  assert.deepEqual(readTenantSettings({}), usualSettings);
});

test('H5: the called see the trunk’s number, else the tenant’s for the purpose, else its first; what is not ours is never shown', () => {
  const trunk = { displayNumbers: {}, verifiedNumbers: [] };
  const ours = { tenantNumbers: ['10086'], outboundNumbers: { sales: '10085', default: '10087' } };
  const shown = (purpose: string, number: string | null, over: object = {}) => displayNumber({ purpose, number }, { trunk, ...ours, ...over });
  assert.equal(shown('sales', null), '10085');
  assert.equal(shown('service', null), '10087');
  assert.equal(shown('service', null, { outboundNumbers: {} }), '10086');
  assert.equal(shown('sales', null, { trunk: { displayNumbers: { default: '555' }, verifiedNumbers: [] } }), '555');
  assert.equal(shown('sales', '12345'), '10085');
  assert.equal(shown('service', '10085'), '10085');
});
