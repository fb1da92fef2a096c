/** Which pages of the supervisor's console each role is shown, and at which it opens, by the server's own table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actions, type PersonRole, personRoles, scopeOf } from '../../src/users/user.ts';
import { type Place, placeFor, shownPlaces } from '../../web/supervisor/places.ts';

/** As `GET /api/v1/me` says it of one who sits at a desk and leads a team. */
const mayOf = (role: PersonRole) => (action: string, reach?: string) => {
  const known = actions.find((each) => each === action);
  assert.ok(known !== undefined, `the table has no "${action}"`);
  const scope = scopeOf({ role }, known);
  return reach === undefined ? scope !== 'none' : scope === reach;
};

const whole: Place[] = ['live', 'day', 'wallboard', 'queues', 'calls', 'tickets', 'reports', 'resolution', 'reconciliation', 'schedules', 'alerts'];
const expected: Record<PersonRole, { opens: Place | null; shown: Place[] }> = {
  agent: { opens: 'calls', shown: ['queues', 'calls'] },
  lead: { opens: 'calls', shown: ['live', 'wallboard', 'queues', 'calls', 'tickets', 'reports', 'resolution'] },
  supervisor: { opens: 'calls', shown: whole },
  quality: { opens: 'calls', shown: ['calls', 'tickets'] },
  planner: { opens: 'day', shown: ['live', 'day', 'wallboard', 'reports', 'resolution', 'reconciliation', 'schedules'] },
  admin: { opens: 'calls', shown: whole },
  auditor: { opens: null, shown: [] },
};

for (const role of personRoles)
  test(`the supervisor's console shows ${role} her pages, and takes her from every other to the one it opens at`, () => {
    const may = mayOf(role);
    const { opens, shown } = expected[role];
    assert.deepEqual(shownPlaces(may), shown);
    for (const place of whole) assert.equal(placeFor(may, place), shown.includes(place) ? place : opens, place);
  });
