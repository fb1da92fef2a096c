/** Replaces (RFC 3891): what is read, and what each dialog answers to it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { asId, type CallId, legIdOf, type TenantId } from '../../kernel/ids.ts';
import type { Call, CallsView } from '../../src/call/call.ts';
import { parseReplaces, replacesOfUri } from '../../src/phone/replaces.ts';
import type { DialogLeg, DialogName, LegOwner, LegsView } from '../../src/phone/rim.ts';
import { replacedLeg } from '../../src/phone/takeover.ts';
import { agentId, demo, other, phoneDirectory } from '../support/phone-directory.ts';

const read = { sipCallId: 'a@b', toTag: 't', fromTag: 'f', earlyOnly: false };

for (const [header, expected] of [
  ['a@b;to-tag=t;from-tag=f', read],
  ['a@b; from-tag = f ; TO-TAG=t', read],
  ['a@b;to-tag=t;from-tag=f;early-only', { ...read, earlyOnly: true }],
  ['a@b;to-tag=t;from-tag=f;early-only;x=y', { ...read, earlyOnly: true }],
  ['a@b;to-tag=t', null],
  ['a@b;from-tag=f', null],
  [';to-tag=t;from-tag=f', null],
  ['', null],
  ['a@b;to-tag=t;from-tag=f,c@d;to-tag=x;from-tag=y', null],
  ['a@b;to-tag=<t>;from-tag=f', null],
  [`${'a'.repeat(2_000)};to-tag=t;from-tag=f`, null],
] as const)
  test(`Replaces: ${header.slice(0, 60)}`, () => assert.deepEqual(parseReplaces(header), expected));

for (const [uri, expected] of [
  ['sip:b@h', undefined],
  ['sip:b@h?Subject=x', undefined],
  ['sip:b@h?Replaces=a%40b%3Bto-tag%3Dt%3Bfrom-tag%3Df', read],
  ['sip:b@h;method=INVITE?Require=replaces&replaces=a%40b%3Bfrom-tag%3Df%3Bto-tag%3Dt', read],
  ['sip:b@h?Replaces=%', null],
  ['sip:b@h?Replaces=', null],
] as const)
  test(`Refer-To: ${uri}`, () => assert.deepEqual(replacesOfUri(uri), expected));

const callId = asId<CallId>('c-1');
const dialog: DialogName = { sipCallId: 'a@b', localTag: 't', remoteTag: 'f', state: 'confirmed', initiator: 'us' };
const rings: Partial<DialogName> = { state: 'early' };

interface Case {
  dialog?: Partial<DialogName>;
  owner?: LegOwner;
  joined?: boolean;
  tenant?: TenantId;
  header?: string;
  ended?: boolean;
}

function answerTo({
  dialog: more = {},
  owner = { is: 'agent', agentId: agentId('8001') },
  joined = true,
  tenant = demo,
  ended = false,
  ...rest
}: Case): number | 'taken' {
  const leg: DialogLeg = { callId, legId: legIdOf(callId, 1), owner, ended: false, rings: true, mediaGroup: callId, dialogs: [{ ...dialog, ...more }] };
  const legs: LegsView = {
    get: () => leg,
    bySipCall: (sipCallId) => (sipCallId === 'a@b' && !ended ? leg : undefined),
    endedLately: (sipCallId) => sipCallId === 'a@b' && ended,
    ofAgent: () => [leg],
    named: () => undefined,
    changed: () => undefined,
  };
  const call = { tenantId: demo, joined: joined ? [legIdOf(callId, 0), leg.legId] : null } as Partial<Call> as Call;
  const calls: CallsView = { get: () => call, values: () => [call].values(), size: 1 };
  const result = replacedLeg({ legs, calls, directory: phoneDirectory() }, { tenantId: tenant }, rest.header ?? 'a@b;to-tag=t;from-tag=f');
  return 'leg' in result ? 'taken' : result.status;
}

for (const [what, given, expected] of [
  ['a call that stands', {}, 'taken'],
  ['tags as the other end sees them', { header: 'a@b;to-tag=f;from-tag=t' }, 'taken'],
  ['what rings at her phone', { dialog: rings, joined: false }, 'taken'],
  ['what rings, early-only', { dialog: rings, joined: false, header: 'a@b;to-tag=t;from-tag=f;early-only' }, 'taken'],
  ['a call that stands, early-only', { header: 'a@b;to-tag=t;from-tag=f;early-only' }, 486],
  ['an early dialog its own phone began', { dialog: { ...rings, initiator: 'them', localTag: null } }, 481],
  ['one that is over', { ended: true }, 603],
  ['one that never was', { header: 'x@y;to-tag=t;from-tag=f' }, 481],
  ['a wrong tag', { header: 'a@b;to-tag=t;from-tag=g' }, 481],
  ['nonsense', { header: 'a@b' }, 400],
  ["a customer's leg", { owner: { is: 'outside' } }, 481],
  ['a leg that talks to nobody', { joined: false }, 603],
  ["another tenant's", { tenant: other }, 481],
] as const)
  test(`INVITE with Replaces for ${what}: ${expected}`, () => assert.equal(answerTo(given), expected));
