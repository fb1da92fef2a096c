/** kill -9 of each of the three programs in the middle of a call: what is promised holds, and the others live on. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { readKeyRing } from '../../kernel/seal/keys.ts';
import { SealedFile } from '../../kernel/seal/read.ts';
import { main as replay } from '../../src/commands/replay.ts';
import { agree } from '../support/agreement.ts';
import type { DeskClient } from '../support/desk-client.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { secondsOf } from '../support/tone.ts';
import { until } from '../support/wait.ts';

const CALLER_HZ = 620;
const AGENT_HZ = 930;

let house: House;
let phone: SipPhone;
const phones: SipPhone[] = [];

before(async () => {
  house = await House.start();
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

  test('of the application: the record is closed as server_restart, the recording can be played, the agent and her phone are not forgotten, the others lived on', async () => {
    const { caller, agent, desk, number } = await talk('13900000015');
    await until('a second of recording', async () => (await recordedSeconds()) > 1);
    const before = { sip: house.pid('sip'), media: house.pid('media') };
    const killedAt = Date.now();
    await house.kill('app');
    desk.close();
    const journal = join(house.dataDir, 'journal-copy');
    cpSync(join(house.dataDir, 'journal'), journal, { recursive: true });
    assert.equal(await replay([journal]), 0, 'the rooms, told the journal again, establish the same facts');
    await house.begin();
    // The SIP server kept the calls for one who might come back with them; the new run does not know them.
    await Promise.all([caller.ended(8_000), agent.ended(8_000)]);
    assert.deepEqual({ sip: house.pid('sip'), media: house.pid('media') }, before, 'the two servers were adopted');
    const record = await house.record(`+86${number}`);
    assert.equal(record.cause, 'server_restart');
    assert.ok(Math.abs(Date.parse(record.endedAt) - killedAt) < 5_000, `ended ${record.endedAt}, killed ${new Date(killedAt).toISOString()}`);
    assert.deepEqual(await agentState(), { ...(await agentState()), state: 'not_ready', reasons: ['restart'] });
    assert.ok((await recordedSeconds()) > 1, 'the recording is playable');
    await theNextCallGoesThrough('13900000016');
  });

  test('of the application twice at the start: nothing is doubled', async () => {
    const before = ((await house.get('/api/v1/calls?limit=200')) as { items: { callId: string }[] }).items.map((item) => item.callId);
    await house.kill('app');
    await house.begin();
    await house.kill('app');
    await house.begin();
    const now = ((await house.get('/api/v1/calls?limit=200')) as { items: { callId: string }[] }).items.map((item) => item.callId);
    assert.deepEqual(now, before);
    assert.equal(new Set(now).size, now.length);
  });
});

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
