/** Faults of our own in a house at work: what one call's code throws. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { House } from '../support/house.ts';
import { inject } from '../support/inject.ts';
import { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';

/** Whose call breaks where: as it arrives, in a room of the core, or when it has been answered. */
const ARRIVING = '13900000901';
const IN_A_ROOM = '13900000902';
const ANSWERED = '13900000903';
const UNHURT = '13900000909';

let house: House;
const folder = mkdtempSync(join(tmpdir(), 'huawu-inject-'));
const phones: SipPhone[] = [];

before(async () => {
  const faults = inject(
    folder,
    (built) => `
    const fault = (what) => { throw new TypeError('a fault of ours, ' + what); };
    const { Calls } = await import(${built('src/call/calls')});
    const { Deadlines } = await import(${built('src/ivr/deadlines')});
    const { Leg } = await import(${built('src/phone/leg')});
    const whose = new Map();
    const { add } = Calls.prototype;
    Calls.prototype.add = function (call) {
      whose.set(call.callId, call.caller.raw);
      if (call.caller.raw === '${ARRIVING}') fault('as it arrived');
      add.call(this, call);
    };
    const { set } = Deadlines.prototype;
    Deadlines.prototype.set = function (callId, wait, now) {
      if (whose.get(callId) === '${IN_A_ROOM}' && wait === 'sound') fault('in a room');
      set.call(this, callId, wait, now);
    };
    const { answered } = Leg.prototype;
    Leg.prototype.answered = function () {
      if (whose.get(this.callId) === '${ANSWERED}') fault('when it was answered');
      answered.call(this);
    };`,
  );
  house = await House.start(faults);
});
after(async () => {
  for (const phone of phones) await phone.close();
  await house.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function callFrom(user: string): Promise<PhoneCall> {
  const phone = await SipPhone.open({ user, server: house.sip });
  phones.push(phone);
  return phone.call('10086');
}

test('A13 an exception in one call’s handler ends that call with 500 or BYE and a record that says internal; the others, and the process, go on', async () => {
  const pid = house.pid('app');
  const unhurt = await callFrom(UNHURT);
  await unhurt.answered();
  const arriving = await callFrom(ARRIVING);
  await assert.rejects(arriving.answered(), /500/);
  for (const user of [IN_A_ROOM, ANSWERED]) await (await callFrom(user)).ended();
  for (const user of [ARRIVING, IN_A_ROOM, ANSWERED]) {
    const { cause, endedBy } = await house.record(`+86${user}`);
    assert.deepEqual([user, cause, endedBy], [user, 'internal', 'server']);
  }
  unhurt.rtp.forget();
  assert.ok(await unhurt.rtp.hearsSound(), 'the call beside them hears what it is told');
  await unhurt.hangUp();
  assert.equal((await house.record(`+86${UNHURT}`)).cause, 'normal');
  assert.equal(await house.liveCalls(), 0);
  assert.equal(house.pid('app'), pid);
  assert.doesNotMatch(house.log, /uncaught|nobody heard/);
});
