/** A browser whose page is gone (B22): the call is held for it, and for how long. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { asId, type CallId, type LegId } from '../../kernel/ids.ts';
import { Hold } from '../../src/phone/hold.ts';
import { type DialogLeg, MEDIA_TIMEOUT_MS, type Rim } from '../../src/phone/rim.ts';
import type { SipDialog } from '../../src/phone/srf.ts';
import type { Event } from '../../src/vocabulary.ts';
import { FakeClock } from '../support/clock.ts';

const callId = asId<CallId>('c-1');
const legId = asId<LegId>('c-1.1');

let clock: FakeClock;
let told: Event['type'][];
let held: boolean;
let gone: number;
let hold: Hold;
beforeEach(() => {
  clock = new FakeClock();
  told = [];
  held = false;
  gone = 0;
  const take = (event: Event): void => {
    told.push(event.type);
    held = event.type === 'legHeld';
  };
  // The call as the core has it: what was told, or what a desk asked for.
  const calls = { get: () => ({ legs: new Map([[legId, { progress: { state: 'up', since: 0, held } }]]) }) };
  const rim: Partial<Record<keyof Rim, unknown>> = { clock, take, calls };
  const leg: Partial<DialogLeg> = { callId, legId, ended: false };
  const dialog: Partial<Record<keyof SipDialog, unknown>> = { on: () => undefined, remote: { sdp: '' } };
  hold = new Hold(rim as Rim, leg as DialogLeg, dialog as SipDialog, 'v=0\r\n', () => undefined);
});
const away = (isAway: boolean): void =>
  hold.away(isAway, () => {
    gone += 1;
  });

test('it is held at once, and taken back when the page is there again; nobody is let go then', () => {
  away(true);
  away(false);
  clock.forward(2 * MEDIA_TIMEOUT_MS);
  assert.deepEqual(told, ['legHeld', 'legRetrieved']);
  assert.equal(gone, 0);
});

test('who does not come back is let go after as long as any phone may be silent, once', () => {
  away(true);
  clock.forward(MEDIA_TIMEOUT_MS - 1);
  assert.equal(gone, 0);
  clock.forward(2 * MEDIA_TIMEOUT_MS);
  assert.equal(gone, 1);
});

test('a call that her desk has on hold stays so when the page comes back, and its wait has an end as well', () => {
  held = true;
  away(true);
  away(false);
  assert.deepEqual(told, []);
  away(true);
  clock.forward(MEDIA_TIMEOUT_MS);
  assert.equal(gone, 1);
});

test('a leg that has ended, or another has taken the place of, waits no more', () => {
  away(true);
  hold.stop();
  clock.forward(2 * MEDIA_TIMEOUT_MS);
  assert.equal(gone, 0);
});
