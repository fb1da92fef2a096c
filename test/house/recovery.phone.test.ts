/** kill -9 of each of the three programs in the middle of a call: what is promised holds, and the others live on. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { readKeyRing } from '../../kernel/seal/keys.ts';
import { SealedFile } from '../../kernel/seal/read.ts';
import { main as replay } from '../../src/commands/replay.ts';
import { agree } from '../support/agreement.ts';
import type { DeskClient } from '../support/desk-client.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { heardThroughout, rms, secondsOf } from '../support/tone.ts';
import { until } from '../support/wait.ts';

const CALLER_HZ = 620;
const AGENT_HZ = 930;

let house: House;
let phone: SipPhone;
const phones: SipPhone[] = [];

before(async () => {
  // A busy machine takes its time to start a program.
  house = await House.start({ CALLS_KEPT_SECONDS: '120' });
  for (const queue of ['service', 'vip']) await house.patch(`/api/v1/queues/demo:${queue}`, { wrapUpMs: 0 });
  phone = await SipPhone.open({ user: '8001', password: DEMO_PASSWORD, server: house.sip });
  await phone.registered();
});
after(async () => {
  await phone.close();
  await house.stop();
});
afterEach(async () => {
  for (const used of phones.splice(0)) await used.close();
});

interface Talk {
  caller: PhoneCall;
  agent: PhoneCall;
  desk: DeskClient;
  number: string;
}

/** A call in which both hear each other, and are recorded. */
async function talk(number: string): Promise<Talk> {
  const desk = await house.desk('8001');
  await desk.must('ready');
  const customer = await SipPhone.open({ user: number, server: house.sip });
  phones.push(customer);
  const caller = await customer.call('10086');
  await caller.answered();
  assert.ok(await caller.rtp.hearsSound());
  await caller.rtp.press('0');
  const agent = await phone.ringing(20_000);
  agent.answer();
  caller.rtp.play(CALLER_HZ);
  agent.rtp.play(AGENT_HZ);
  assert.ok(await agent.rtp.hears(CALLER_HZ), 'the agent hears the customer');
  assert.ok(await caller.rtp.hears(AGENT_HZ), 'the customer hears the agent');
  return { caller, agent, desk, number };
}

const agentState = async (): Promise<{ state: string; reasons: string[] }> => {
  const { items } = (await house.get('/api/v1/agents')) as { items: { agentId: string; live: { state: string; reasons: string[] } }[] };
  return items.find((agent) => agent.agentId === 'demo:8001')?.live ?? { state: 'unknown', reasons: [] };
};

async function theNextCallGoesThrough(number: string): Promise<void> {
  const next = await talk(number);
  await next.caller.hangUp();
  await next.agent.ended();
  next.desk.close();
  const record = await house.record(`+86${number}`);
  assert.equal(record.cause, 'normal');
  agree(house, record, [next.desk]);
}

describe('kill -9 in the middle of a call', () => {
  test('of the SIP server: the call ends as sip_failure, its record says so, and the next call goes through', async () => {
    const { desk, number } = await talk('13900000011');
    await house.kill('sip');
    const record = await house.record(`+86${number}`);
    assert.equal(record.cause, 'sip_failure');
    agree(house, record, [desk]);
    await until('the SIP server to be back', async () => (await house.readiness())?.status === 'ok', 15_000);
    assert.notEqual((await agentState()).state, 'talking');
    desk.close();
    await theNextCallGoesThrough('13900000012');
  });

  test('A11: of the media server: both hear each other again, a new recording goes on where the old one was cut, and the call ends as any other', async (context) => {
    const { caller, agent, desk, number } = await talk('13900000013');
    await until('a second of recording', async () => (await recordedSeconds()) > 1);
    await house.kill('media');
    const killedAt = Date.now();
    for (const { rtp } of [caller, agent]) rtp.forget();
    assert.ok(await agent.rtp.hears(CALLER_HZ, 8_000), 'the agent hears the customer again');
    assert.ok(await caller.rtp.hears(AGENT_HZ, 8_000), 'the customer hears the agent again');
    context.diagnostic(`heard again ${Date.now() - killedAt} ms after the death`);
    await until('the second recording', async () => (await recordedSeconds()) > 0.5, 8_000);
    await caller.hangUp();
    await agent.ended();
    desk.close();
    const record = await house.record(`+86${number}`);
    assert.equal(record.cause, 'normal');
    await until('both recordings are closed', async () => (await house.record(`+86${number}`)).recordings.every(({ durationMs }) => durationMs !== null));
    const { recordings } = await house.record(`+86${number}`);
    assert.deepEqual(
      recordings.map(({ complete }) => complete),
      [false, true],
    );
    agree(house, record, [desk]);
  });

  test('A1: of the application: both talk on and hear no gap, one who waits keeps music and place, and each call has one record, recorded to its end in one file', async (context) => {
    const { caller, agent, desk, number } = await talk('13900000015');
    await until('a second of recording', async () => (await recordedSeconds()) > 1);
    const waits = await waiter('13900000017');
    const before = { sip: house.pid('sip'), media: house.pid('media') };
    const recordedBefore = await recordedSeconds();
    for (const { rtp } of [caller, agent, waits]) rtp.forget();
    const forgotAt = systemClock.now();
    await house.kill('app');
    desk.close();
    const journal = join(house.dataDir, 'journal-copy');
    cpSync(join(house.dataDir, 'journal'), journal, { recursive: true });
    assert.equal(await replay([journal]), 0, 'the rooms, told the journal again, establish the same facts');
    await house.begin();
    const awaySeconds = (systemClock.now() - forgotAt) / 1_000;
    context.diagnostic(`answers again after ${awaySeconds.toFixed(1)} s`);
    assert.deepEqual({ sip: house.pid('sip'), media: house.pid('media') }, before, 'the two servers were adopted');
    assert.deepEqual([caller.state, agent.state, waits.state], ['up', 'up', 'up']);
    assert.equal((await agentState()).state, 'talking');
    heardThroughout(agent.rtp.heard(), CALLER_HZ, awaySeconds);
    heardThroughout(caller.rtp.heard(), AGENT_HZ, awaySeconds);
    assert.ok(rms(waits.rtp.heard().slice(-8_000)) > 100, 'music goes on');
    const again = await house.desk('8001');
    const { callId } = await liveCall(`+86${number}`);
    await again.must('hold', { callId });
    await agent.rtp.hearsSound();
    await again.must('retrieve', { callId });
    assert.ok(await agent.rtp.hears(CALLER_HZ), 'taken back, the customer is heard');
    await caller.hangUp();
    await agent.ended();
    const next = await phone.ringing(10_000);
    next.answer();
    next.rtp.play(AGENT_HZ);
    assert.ok(await waits.rtp.hears(AGENT_HZ), 'who waited is served next');
    await next.hangUp();
    await waits.ended();
    const record = await house.record(`+86${number}`);
    assert.equal(record.cause, 'normal');
    agree(house, record, [desk]);
    await until('the recording is closed', async () => (await house.record(`+86${number}`)).recordings.every(({ durationMs }) => durationMs !== null));
    const { recordings } = await house.record(`+86${number}`);
    assert.deepEqual(
      recordings.map(({ complete }) => complete),
      [true],
      'one file, whole',
    );
    assert.ok((recordings[0]?.durationMs ?? 0) > (recordedBefore + awaySeconds) * 1_000 - 500, `${recordings[0]?.durationMs} ms are recorded`);
    const waited = await house.record('+8613900000017');
    assert.ok(waited.cause === 'normal' && waited.queueWaitMs > awaySeconds * 1_000, `waited ${waited.queueWaitMs} ms, ended ${waited.cause}`);
    again.close();
  });

  test('A2: of the application twice at the start, with a call up: both talk on, and nothing is doubled', async () => {
    const { caller, agent, desk, number } = await talk('13900000018');
    desk.close();
    const before = ((await house.get('/api/v1/calls?limit=200')) as { items: { callId: string }[] }).items.map((item) => item.callId);
    await house.kill('app');
    await house.begin();
    await house.kill('app');
    await house.begin();
    for (const { rtp } of [caller, agent]) rtp.forget();
    assert.ok((await agent.rtp.hears(CALLER_HZ)) && (await caller.rtp.hears(AGENT_HZ)), 'both hear each other');
    // The phone hangs up while nobody is there: known as soon as somebody is.
    await house.kill('app');
    await caller.hangUp();
    await house.begin();
    await agent.ended();
    const record = await house.record(`+86${number}`);
    assert.deepEqual([record.cause, record.endedBy], ['normal', 'far_end']);
    const now = ((await house.get('/api/v1/calls?limit=200')) as { items: { callId: string }[] }).items.map((item) => item.callId);
    assert.deepEqual(
      now.filter((callId) => callId !== record.callId),
      before,
    );
    assert.equal(new Set(now).size, now.length);
    assert.notEqual((await agentState()).state, 'talking');
  });
});

/** Waits, with music, for the agent who talks. */
async function waiter(number: string): Promise<PhoneCall> {
  const customer = await SipPhone.open({ user: number, server: house.sip });
  phones.push(customer);
  const call = await customer.call('10086');
  await call.answered();
  assert.ok(await call.rtp.hearsSound(), 'the waiting caller hears something');
  await call.rtp.press('0');
  await until('it waits', async () => (await liveCall(`+86${number}`)).waiting, 20_000);
  return call;
}

async function liveCall(caller: string): Promise<{ callId: string; waiting: boolean }> {
  const { items } = (await house.get('/api/v1/calls/live')) as { items: { callId: string; caller: string; waiting: boolean }[] };
  const found = items.find((item) => item.caller === caller);
  return { callId: found?.callId ?? '', waiting: found?.waiting === true };
}

/** Seconds of the customer's tone in the newest recording, as it lies on the disk, sealed, perhaps still growing. */
async function recordedSeconds(): Promise<number> {
  const folder = join(house.dataDir, 'recordings');
  const newest = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.hws'))
    .sort()
    .at(-1);
  if (newest === undefined) return 0;
  // One that has just been made may have no head yet.
  const file = await SealedFile.open(join(folder, newest), readKeyRing(readFileSync(join(house.dataDir, 'recording.keys'), 'utf8'))).catch(() => null);
  if (file === null) return 0;
  const pieces: Buffer[] = [];
  for await (const piece of file.read(0, file.plainBytes)) pieces.push(piece);
  await file.close();
  const bytes = Buffer.concat(pieces);
  // Left: the customer.
  return secondsOf(
    Int16Array.from({ length: Math.floor(bytes.length / 4) }, (_, pair) => bytes.readInt16LE(pair * 4)),
    CALLER_HZ,
  );
}
