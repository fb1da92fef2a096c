/** A house at work in trouble of its own making: what one call's code throws, an event loop that stands, memory and RTP ports that are used up. One after the other. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pause, systemClock } from '../../kernel/clock.ts';
import { House } from '../support/house.ts';
import { inject } from '../support/inject.ts';
import { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { freeRange } from '../support/ports.ts';
import { until } from '../support/wait.ts';

/** Whose call breaks where: as it arrives, in a room of the core, or when it has been answered. */
const ARRIVING = '13900000901';
const IN_A_ROOM = '13900000902';
const ANSWERED = '13900000903';
const UNHURT = '13900000909';
/** How long the event loop is held; how long RTP may be silent meanwhile. A busy machine is late itself: one try of some must show it. */
const BLOCK_MS = 2_000;
const MOST_GAP_MS = 60;
const TRIES = 3;

const HEAP_MB = 160;
const PORTS = 20;
const CALLS = 30;

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
    };
    const { getHeapStatistics } = await import('node:v8');
    const kept = [];
    const share = () => getHeapStatistics().used_heap_size / (getHeapStatistics().heap_size_limit - 48 * 1024 * 1024);
    process.on('SIGIO', () => { setInterval(() => { if (share() < 0.88) kept.push(Array.from({ length: 50_000 }, (_, at) => ({ at }))); }, 2); });
    process.on('SIGTTOU', () => { setInterval(() => kept.push(new Array(4_000_000).fill(0.5)), 2); });
    const standsFor = (ms) => { for (const until = Date.now() + ms; Date.now() < until; ); };
    process.on('SIGWINCH', function holdsTheLoop() { standsFor(${BLOCK_MS}); });
    process.on('SIGTTIN', function holdsItForGood() { standsFor(60_000); });`,
  );
  const first = await freeRange(PORTS);
  house = await House.start({
    ...{ NODE_OPTIONS: `${faults.NODE_OPTIONS} --max-old-space-size=${HEAP_MB}`, LOOP_LIMIT_SECONDS: '5', CALLS_KEPT_SECONDS: '120' },
    ...{ RTP_PORT_MIN: String(first), RTP_PORT_MAX: String(first + PORTS - 1) },
  });
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

test('A14 while the event loop stands a log line says where; who hears the media server hears no gap, and beyond the limit the process ends itself; the next goes on with its calls', async (context) => {
  const caller = await callFrom('13900000904');
  await caller.answered();
  assert.ok(await caller.rtp.hearsSound());
  const pid = house.pid('app');
  const gaps: number[] = [];
  while (gaps.length < TRIES && !gaps.some((gap) => gap < MOST_GAP_MS)) {
    caller.rtp.forget();
    process.kill(pid, 'SIGWINCH');
    await pause(systemClock, BLOCK_MS);
    gaps.push(Math.round(caller.rtp.longestGapMs));
  }
  context.diagnostic(`longest gaps ${gaps.join(', ')} ms`);
  assert.ok(
    gaps.some((gap) => gap < MOST_GAP_MS),
    `gaps of ${gaps.join(', ')} ms`,
  );
  await until(
    'the log to say where',
    () => /the event loop stands/.test(house.log) && /standsFor .*inject[.]mjs/.test(house.log) && /holdsTheLoop/.test(house.log),
  );
  await until('it to turn again', () => /the event loop turns again/.test(house.log));
  assert.equal(house.pid('app'), pid);
  process.kill(pid, 'SIGTTIN');
  assert.equal(await house.ended(), null, 'it was killed');
  assert.match(house.log, /beyond its limit: ending, to be started again/);
  await house.begin();
  assert.equal(caller.state, 'up');
  assert.equal(await house.liveCalls(), 1);
  await caller.hangUp();
  assert.equal((await house.record('+8613900000904')).cause, 'normal');
});

test('A15 with the heap nearly full calls are refused and those that are up go on; beyond its end the process dies, and the next goes on with them', async () => {
  const caller = await callFrom('13900003000');
  await caller.answered();
  const pid = house.pid('app');
  process.kill(pid, 'SIGIO');
  await until('the alarm', () => /ALARM: memory is nearly full/.test(house.log));
  await assert.rejects((await callFrom('13900002001')).answered(), /503/);
  assert.equal((await house.readiness())?.parts.memory?.ok, false);
  caller.rtp.forget();
  assert.ok(await caller.rtp.hearsSound(), 'who is in hears on');
  process.kill(pid, 'SIGTTOU');
  await house.ended(30_000);
  assert.match(house.log, /heap out of memory/);
  await house.begin();
  assert.equal(caller.state, 'up');
  assert.equal(await house.liveCalls(), 1);
  await caller.hangUp();
  assert.equal((await house.record('+8613900003000')).cause, 'normal');
});

test('A17 of 30 calls on 20 RTP ports as many as have one are served, the others get 503 and never rang, and a port that was just used serves no other call', async () => {
  const calls = await Promise.all(Array.from({ length: CALLS }, (_, at) => callFrom(`1390000${1000 + at}`)));
  let rang = 0;
  for (const call of calls)
    void call.ringback().then(
      () => (rang += 1),
      () => undefined,
    );
  const ends = await Promise.all(
    calls.map((call) =>
      call.answered().then(
        () => 'answered',
        (error: Error) => error.message,
      ),
    ),
  );
  const answered = ends.filter((end) => end === 'answered').length;
  // Pairs of calls of the tests before may rest.
  assert.ok(answered >= 2 && answered <= PORTS / 2, ends.join('; '));
  assert.equal(ends.filter((end) => end.includes('503')).length, CALLS - answered, ends.join('; '));
  assert.equal(rang, 0);
  const [first, ...others] = calls.filter((call) => call.state === 'up');
  assert.ok(await first?.rtp.hearsSound());
  for (const call of others) await call.hangUp();
  await until('one call left', async () => (await house.liveCalls()) === 1);
  await assert.rejects((await callFrom('13900002000')).answered(), /503/);
  await first?.hangUp();
});
