/** Keys by SIP INFO: what is read, and how many a second are taken. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { asId, type CallId, legIdOf } from '../../kernel/ids.ts';
import { hearKeys, keyOf } from '../../src/phone/info.ts';
import type { DialogLeg } from '../../src/phone/rim.ts';
import type { SipDialog, SipRequest, SipResponse } from '../../src/phone/srf.ts';
import { FakeClock } from '../support/clock.ts';

const RELAY = 'application/dtmf-relay';
for (const [type, body, expected] of [
  [RELAY, 'Signal=5\r\nDuration=160\r\n', '5'],
  [RELAY, 'Signal= *\r\nDuration=160', '*'],
  [RELAY, 'Duration=160\r\nsignal=#', '#'],
  [RELAY, 'Signal=10', '*'],
  [RELAY, 'Signal=11', '#'],
  [RELAY, 'Signal=d', 'D'],
  ['Application/DTMF; x=y', '7\r\n', '7'],
  [RELAY, 'Signal=55', null],
  [RELAY, 'Signal=', null],
  [RELAY, '', null],
  ['text/plain', 'Signal=5', null],
  ['', 'Signal=5', null],
  [RELAY, `Signal=5\r\n${'x'.repeat(10_240)}`, null],
] as const)
  test(`C18: ${type} ${JSON.stringify(body.slice(0, 40))} is ${expected ?? 'no key'}`, () => assert.equal(keyOf(type, body), expected));

test('E7: of a flood of keys by INFO 20 a second are taken', () => {
  const clock = new FakeClock();
  const pressed: string[] = [];
  const statuses: number[] = [];
  let info: (req: SipRequest, res: SipResponse) => void = () => undefined;
  const dialog = {
    on(_event: 'info', listener: typeof info) {
      info = listener;
      return this;
    },
  } as Partial<SipDialog> as SipDialog;
  const callId = asId<CallId>('c-1');
  const leg: DialogLeg = { callId, legId: legIdOf(callId, 0), owner: { is: 'outside' }, ended: false, rings: false, mediaGroup: callId, dialogs: [] };
  const broke = (_legId: unknown, error: unknown): never => {
    throw error;
  };
  hearKeys({ clock, broke, pressed: (_legId, key) => void pressed.push(key) }, leg, dialog);
  const send = (body: string): void => {
    const req = { body, get: () => RELAY } as Partial<SipRequest> as SipRequest;
    const res = { send: (status: number) => void statuses.push(status) } as Partial<SipResponse> as SipResponse;
    info(req, res);
  };
  for (let at = 0; at < 100; at += 1) send('Signal=1');
  assert.equal(pressed.length, 20);
  assert.deepEqual([...new Set(statuses)], [200, 503]);
  clock.forward(1_000);
  send('Signal=2');
  send('nonsense');
  assert.deepEqual([pressed.at(-1), statuses.at(-2), statuses.at(-1)], ['2', 200, 415]);
});
