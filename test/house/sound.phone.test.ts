/**
 * What must not be recorded and what must be, at the running server. Card numbers: keyed in by a customer, once to the dialplan and once while an
 * agent listens, and then looked for everywhere. A recording that must be and cannot: the talk does not take place. Audio that
 * nothing has to hear: it goes past the media server, and comes back when it is needed.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { pause, systemClock } from '../../kernel/clock.ts';
import { journalOf } from '../support/agreement.ts';
import { DEMO_PASSWORD, House } from '../support/house.ts';
import { SipPhone } from '../support/phone.ts';
import type { PhoneCall } from '../support/phone-call.ts';
import { inProject } from '../support/project.ts';
import { shareAt } from '../support/tone.ts';
import { until } from '../support/wait.ts';
import { CONSENT_FLOWS, consents } from './consent.ts';

const [CALLER_HZ, AGENT_HZ, FLAT_HZ, COLLEAGUE_HZ] = [620, 930, 400, 1240];
// The code shares no key with the end of the card: the same key by another way within half a second is the same press.
const [CARD_IN_FLOW, CARD_WITH_AGENT, CODE] = ['4929136578114', '5375414309671', '8252'];
const CUSTOMER = '13900000041';
const huawu = inProject('scripts/huawu.mjs');
const KEY_GAP_MS = 70;
const FLOWS = `
numbers: { "760": pay }
flows:
  pay:
    - answer
    - collect: { prompt: enter-password, into: account, least: 13, most: 19, masked: true, otherwise: agent }
    - deliver: { to: tokens, secrets: [account], otherwise: agent }
    - set: { receipt: "\${values.receipt}" }
    - queue: service
`;
const FIELDS = { card: { least: 13, most: 19 }, code: { least: 3, most: 4 } };

let house: House;
let vaultServer: Server;
let plans: string;
let phone: SipPhone;
const phones: SipPhone[] = [];
/** What the payment service was sent. */
const delivered: { form: string; agentId: string | null; authorization: string | undefined; secrets: Record<string, string> }[] = [];

before(async () => {
  vaultServer = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { form, agentId, secrets } = JSON.parse(Buffer.concat(chunks).toString()) as (typeof delivered)[number];
      delivered.push({ form, agentId, secrets, authorization: request.headers.authorization });
      response.end(JSON.stringify({ receipt: `receipt-${form}` }));
    });
  });
  await new Promise<void>((resolve) => vaultServer.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(vaultServer.address() as AddressInfo).port}/`;
  plans = mkdtempSync(join(tmpdir(), 'huawu-plans-'));
  cpSync(inProject('dialplans'), plans, { recursive: true });
  const tenant = join(plans, 'demo', 'tenant.yaml');
  writeFileSync(tenant, readFileSync(tenant, 'utf8').replace('numbers: ["10086",', 'numbers: ["760", "762", "763", "10086",'));
  writeFileSync(join(plans, 'demo', 'pay.yaml'), FLOWS);
  writeFileSync(join(plans, 'demo', 'consent.yaml'), CONSENT_FLOWS);
  const forms = { demo: { tokens: { url, fields: { account: FIELDS.card } }, payment: { url, token: 'sesame-of-the-test', fields: FIELDS } } };
  house = await House.start({ DIALPLANS_DIR: plans, CAPTURE_FORMS: JSON.stringify(forms), LOG_LEVEL: 'trace' });
  phone = await SipPhone.open({ user: '8001', password: DEMO_PASSWORD, server: house.sip });
  phones.push(phone);
  await phone.registered();
});
after(async () => {
  for (const each of phones) await each.close();
  await house.stop();
  vaultServer.close();
  rmSync(plans, { recursive: true, force: true });
});

test('I1, I2: a card number keyed in under the dialplan and with an agent reaches the payment service and nothing else', { timeout: 60_000 }, async () => {
  const desk = await house.desk('8001');
  await desk.must('ready');
  const customer = await SipPhone.open({ user: CUSTOMER, server: house.sip });
  phones.push(customer);
  const caller = await customer.call('760');
  await caller.answered();
  await until('the question is asked', () => caller.rtp.heard().length > 4_000);
  await keyIn(caller, `${CARD_IN_FLOW}#`);
  const agent = await phone.ringing();
  agent.answer();
  await desk.until('callEstablished');
  agent.rtp.play(AGENT_HZ);
  caller.rtp.play(CALLER_HZ);
  assert.ok(await agent.rtp.hears(CALLER_HZ), 'the agent hears the customer before');

  await desk.must('capture', { form: 'payment', field: 'card' });
  await desk.until('captureChanged', ({ data }) => data.state === 'keying');
  agent.rtp.forget();
  for (const key of CARD_WITH_AGENT) {
    assert.equal(await caller.pressBySignalling(key), 200);
    await pause(systemClock, KEY_GAP_MS);
  }
  await desk.until('captureChanged', ({ data }) => data.count === CARD_WITH_AGENT.length);
  await until('one flat tone for every key', () => hasTone(agent.rtp.heard(), FLAT_HZ));
  assert.ok(shareAt(agent.rtp.heard(), CALLER_HZ) < 0.02, 'and nothing of the customer');
  await caller.pressBySignalling('#');
  await desk.until('captureChanged', ({ data }) => data.state === 'kept');
  await desk.must('capture', { form: 'payment', field: 'code' });
  await desk.until('captureChanged', ({ data }) => data.state === 'keying');
  await keyIn(caller, CODE);
  await desk.until('captureChanged', ({ data }) => data.state === 'delivered');
  const { data } = await desk.until('dataChanged', ({ data: { changed } }) => 'receipt' in changed);
  assert.deepEqual(data.data, { account: '*'.repeat(13), card: '*'.repeat(13), code: '****', receipt: 'receipt-payment' });
  agent.rtp.forget();
  assert.ok(await agent.rtp.hears(CALLER_HZ), 'the agent hears the customer again');
  agent.rtp.forget();
  await until('they talk for a while', () => agent.rtp.heard().length > 6_000);
  assert.equal(agent.rtp.heardKeys, '', 'no key was passed on');
  await caller.hangUp();
  const record = await house.record(`+86${CUSTOMER}`);
  assert.deepEqual(delivered, [
    { form: 'tokens', agentId: null, authorization: undefined, secrets: { account: CARD_IN_FLOW } },
    { form: 'payment', agentId: 'demo:8001', authorization: 'Bearer sesame-of-the-test', secrets: { card: CARD_WITH_AGENT, code: CODE } },
  ]);

  await until('the audit trail has it', async () => (await auditOf(record.callId)).length >= 6, 5_000);
  const recordingId = record.recordings[0]?.recordingId ?? '';
  await until('the recording is complete', async () => ((await house.get(`/api/v1/recordings/${recordingId}`)) as { complete: boolean }).complete, 8_000);
  await heardNowhere(recordingId);
  const answers = ['', '/sip-trace', '/recordings', '/audio'].map((path) => `/api/v1/calls/${record.callId}${path}`);
  const told: [string, string | Buffer][] = [
    ['the logs of all programs', house.log],
    ['what the desk was told', JSON.stringify(desk.messages)],
    ['the audit trail', JSON.stringify(await auditOf(record.callId))],
    ...(await Promise.all([...answers, '/metrics', `/api/v1/calls?caller=${CUSTOMER}`].map(async (path) => [path, await bytesOf(path)] as [string, Buffer]))),
    ['the journal, opened with its keys', JSON.stringify(journalOf(house))],
    ...filesBelow(house.dataDir),
    ...filesBelow(realpathSync(join(house.dataDir, 'postgres'))),
  ];
  assert.ok(house.log.length < 100_000, 'no line of the log was dropped');
  const holds = (needle: string): string[] => told.filter(([, text]) => text.includes(needle)).map(([where]) => where);
  assert.ok(
    holds('receipt-payment').some((where) => where.includes('opened')) && holds('receipt-payment').some((where) => where.includes('base/')),
    'one looks where things are',
  );
  assert.ok(holds('application/dtmf-relay').length > 0, 'the trace has the INFOs');
  for (const secret of [CARD_IN_FLOW, CARD_WITH_AGENT])
    for (let at = 0; at + 8 <= secret.length; at += 2) assert.deepEqual(holds(secret.slice(at, at + 8)), []);
  assert.deepEqual(holds('sesame-of-the-test'), []);
  const facts = journalOf(house).map(({ event }) => event);
  assert.ok(!facts.some((event) => 'digits' in event || 'key' in event), 'no fact has a key of its own');
  desk.close();
});

test('I5: huawu recording verify --all, beside the running server, proves what it has recorded and names the file that was changed', {
  timeout: 60_000,
}, async () => {
  const verify = async (): Promise<{ code: number | null; said: string }> => {
    const child = spawn(process.execPath, [huawu, 'recording', 'verify', '--all', '--data-dir', house.dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    return { code: code as number | null, said };
  };
  const whole = await verify();
  assert.deepEqual([whole.code, /(\d+) proved, 0 plain, 0 not as/.exec(whole.said)?.[1]], [0, '1'], whole.said);
  const [[file] = []] = filesBelow(join(house.dataDir, 'recordings')).filter(([path]) => path.endsWith('.hws'));
  assert.ok(file !== undefined, 'there is a recording');
  const bytes = readFileSync(file);
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(file, bytes);
  const changed = await verify();
  assert.equal(changed.code, 1);
  assert.match(changed.said, new RegExp(`^${file}: changed: `, 'm'));
  assert.match(changed.said, /0 proved, 0 plain, 1 not as they were recorded/);
});

test('F8: a talk that must be recorded and cannot be ends with its name; one that may go on unrecorded does', { timeout: 40_000 }, async () => {
  const desk = await house.desk('8001');
  await house.patch('/api/v1/queues/demo:bench', { recording: 'mandatory', wrapUpMs: 0 });
  await house.patch('/api/v1/agents/demo:8001', { queues: ['demo:bench'] });
  await desk.must('ready');
  // Where the tenant's recordings should lie is no folder.
  const folder = join(house.dataDir, 'recordings', 'demo');
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(folder, '');
  const talk = async (number: string): Promise<{ caller: PhoneCall; agent: PhoneCall }> => {
    const customer = await SipPhone.open({ user: number, server: house.sip });
    phones.push(customer);
    const caller = await customer.call('700');
    const agent = await phone.ringing();
    agent.answer();
    return { caller, agent };
  };
  const refused = await talk('13900000042');
  await Promise.all([refused.caller.ended(), refused.agent.ended()]);
  const record = (await house.record('+8613900000042')) as { cause: string; recording?: string; agentId: string | null };
  assert.deepEqual([record.cause, record.agentId], ['recording_failure', 'demo:8001']);
  await house.patch('/api/v1/queues/demo:bench', { recording: 'optional', record: true });
  await desk.must('ready');
  const open = await talk('13900000043');
  open.agent.rtp.play(AGENT_HZ);
  assert.ok(await open.caller.rtp.hears(AGENT_HZ), 'optional: they talk');
  await open.caller.hangUp();
  assert.equal((await house.record('+8613900000043')).cause, 'normal');
  // Who comes next records again.
  rmSync(folder);
  desk.close();
});

test('direct: two phones send to one another; hold, transfer and a change of phones bring their audio back, and what follows is direct again', {
  timeout: 60_000,
}, async (context) => {
  const [desk, second] = [await house.desk('8001'), await SipPhone.open({ user: '8002', password: DEMO_PASSWORD, server: house.sip })];
  phones.push(second);
  await second.registered();
  await house.patch('/api/v1/queues/demo:bench', { recording: 'optional', record: false, media: 'direct', wrapUpMs: 0 });
  await house.patch('/api/v1/agents/demo:8001', { queues: ['demo:bench'] });
  const colleague = await house.desk('8002');
  await desk.must('ready');
  const customer = await SipPhone.open({ user: '13900000044', server: house.sip });
  phones.push(customer);
  const caller = await customer.call('700');
  const agent = await phone.ringing();
  agent.answer();
  const straight = (one: PhoneCall, other: PhoneCall): Promise<unknown> =>
    until('audio goes straight between the two', () => one.rtp.heardFrom === other.rtp.port && other.rtp.heardFrom === one.rtp.port, 8_000);
  const talk = async (one: PhoneCall, other: PhoneCall, hz: number): Promise<void> => {
    for (const { rtp } of [one, other]) rtp.forget();
    assert.ok(await one.rtp.hears(hz, 5_000), 'the customer hears her');
    assert.ok(await other.rtp.hears(CALLER_HZ, 5_000), 'she hears the customer');
  };
  await straight(caller, agent);
  caller.rtp.play(CALLER_HZ);
  agent.rtp.play(AGENT_HZ);
  await talk(caller, agent, AGENT_HZ);

  // What nobody may hear goes through the media server: once both are back there she is told that it is secret.
  await desk.must('capture', { form: 'payment', field: 'code' });
  await desk.until('captureChanged', ({ data }) => data.state === 'keying');
  assert.notEqual(caller.rtp.heardFrom, agent.rtp.port);
  for (const key of CODE) assert.equal(await caller.pressBySignalling(key), 200);
  await caller.pressBySignalling('#');
  const kept = await desk.until('captureChanged', ({ data }) => data.state !== 'keying');
  assert.deepEqual([kept.data.state, kept.data.count], ['kept', CODE.length]);

  await desk.must('hold');
  await until('the customer hears the media server', () => caller.rtp.heardFrom !== agent.rtp.port, 8_000);
  caller.rtp.forget();
  assert.ok(await caller.rtp.hearsSound(5_000), 'music');
  await desk.must('retrieve');
  await straight(caller, agent);
  await talk(caller, agent, AGENT_HZ);

  await house.kill('media');
  await until('the media server to be back', async () => (await house.readiness())?.status === 'ok', 15_000);
  await straight(caller, agent);
  await talk(caller, agent, AGENT_HZ);

  await desk.must('blindTransfer', { target: { kind: 'agent', number: '8002' } });
  const next = await second.ringing();
  next.answer();
  next.rtp.play(COLLEAGUE_HZ);
  await straight(caller, next);
  await talk(caller, next, COLLEAGUE_HZ);
  // Nobody but the phones knows how that sounded: one of them says so.
  await caller.hangUp([['X-RTP-Stat', 'EX=BareSip;CS=0;CD=9;PR=950;PS=980;PL=50,0;PD=0,0;JI=4.5,1.0;IP=127.0.0.1:4000,127.0.0.1:4002']]);
  const record = await house.record('+8613900000044');
  assert.deepEqual([record.cause, record.agentId, record.recordings], ['normal', 'demo:8002', []]);
  const told = (await until('it is told how they sounded', async () => {
    const { legs } = (await house.record('+8613900000044')) as unknown as { legs: { agentId: string | null; audio: { direct?: unknown } | null }[] };
    return legs.every(({ audio }) => audio?.direct !== undefined) ? legs : undefined;
  })) as { agentId: string | null; audio: { direct?: unknown } | null }[];
  const direct = (agentId: string | null): unknown => told.find((leg) => leg.agentId === agentId)?.audio?.direct;
  assert.deepEqual(direct(null), { mos: 3.89, worstMos: 3.89, lossPct: 5, jitterMs: 4.5 });
  assert.equal(direct('demo:8002'), 'not_measured');
  const facts = journalOf(house).flatMap(({ event }) => ('callId' in event && event.callId === record.callId ? [event.type] : []));
  context.diagnostic(facts.filter((type) => /Direct|direct|Media/.test(type)).join(' '));
  for (const each of [desk, colleague]) each.close();
});

/** More than twenty keys a second are not taken, and a busy box may send those of one moment late, together. */
/** As the supervisor, over the API. */
async function supervises(method: 'POST' | 'DELETE', callId: string, body?: object): Promise<number> {
  const headers = { authorization: `Bearer ${await house.signIn('supervisor')}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
  return (await fetch(`${house.http}/api/v1/calls/${callId}/supervision`, init)).status;
}

test('a supervisor listens unheard, whispers to the agent alone and in no recording, barges in, and takes over; each time by tone', {
  timeout: 60_000,
}, async () => {
  await house.patch('/api/v1/queues/demo:bench', { recording: 'optional', record: true, media: 'anchored', wrapUpMs: 0 });
  await house.patch('/api/v1/agents/demo:8001', { queues: ['demo:bench'] });
  const desk = await house.desk('8001');
  const own = phones.find(({ options }) => options.user === '8002') ?? assert.fail('the supervisor has a phone');
  const customer = await SipPhone.open({ user: '13900000045', server: house.sip });
  phones.push(customer);
  const talk = async (): Promise<{ caller: PhoneCall; agent: PhoneCall; callId: string }> => {
    await desk.must('ready');
    const caller = await customer.call('700');
    const agent = await phone.ringing();
    agent.answer();
    caller.rtp.play(CALLER_HZ);
    agent.rtp.play(AGENT_HZ);
    assert.ok(await caller.rtp.hears(AGENT_HZ, 5_000), 'the two talk');
    const callId = desk.messages.flatMap(({ message }) => (message.type === 'callEstablished' ? [message.data.callId] : [])).at(-1) ?? '';
    return { caller, agent, callId };
  };
  const joins = async (callId: string, mode: string): Promise<PhoneCall> => {
    assert.equal(await supervises('POST', callId, { mode, phone: '8002' }), 204);
    const watching = await own.ringing();
    watching.answer();
    watching.rtp.play(COLLEAGUE_HZ);
    return watching;
  };
  /** Beside whoever else is heard. */
  const among = (call: PhoneCall, hz: number, who: string): Promise<unknown> =>
    until(`${who} at ${hz} Hz`, () => shareAt(call.rtp.heard().slice(-3_200), hz) > 0.2, 5_000);
  const never = (call: PhoneCall, who: string): void => assert.ok(shareAt(call.rtp.heard(), COLLEAGUE_HZ) < 0.01, `${who} does not hear her`);

  const first = await talk();
  const watching = await joins(first.callId, 'listen');
  await among(watching, CALLER_HZ, 'she hears the customer');
  await among(watching, AGENT_HZ, 'and the agent');
  for (const [call, who] of [
    [first.caller, 'the customer'],
    [first.agent, 'the agent'],
  ] as const)
    never(call, who);
  assert.equal(await supervises('POST', first.callId, { mode: 'whisper' }), 204);
  await among(first.agent, COLLEAGUE_HZ, 'the agent hears the whisper');
  await among(first.agent, CALLER_HZ, 'and the customer');
  first.caller.rtp.forget();
  assert.ok(await first.caller.rtp.hears(AGENT_HZ, 5_000), 'the customer still hears the agent');
  never(first.caller, 'the customer');
  assert.equal(await supervises('DELETE', first.callId), 204);
  await watching.ended();
  first.caller.rtp.forget();
  assert.ok(await first.caller.rtp.hears(AGENT_HZ, 5_000), 'the two talk on');
  await first.caller.hangUp();
  const { recordings } = (await house.record('+8613900000045')) as { recordings: { recordingId: string }[] };
  // Each time who hears whom changes another begins.
  const all: Int16Array[] = [];
  for (const { recordingId } of recordings) {
    let wav: Buffer = Buffer.alloc(0);
    // The record may be there before the recording's own line is.
    await until('the recording to be played', async () => {
      wav = await bytesOf(`/api/v1/recordings/${recordingId}/audio`, 'supervisor');
      return wav.subarray(0, 4).toString() === 'RIFF';
    });
    all.push(new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length - ((wav.length - 44) % 4))));
  }
  const most = (side: number, hz: number): number => {
    const sides = all.map((samples) => samples.filter((_, at) => at % 2 === side));
    return Math.max(
      ...sides.flatMap((own) => Array.from({ length: Math.floor(own.length / 800) }, (_, at) => shareAt(own.slice(at * 800, at * 800 + 800), hz))),
    );
  };
  assert.ok(most(0, CALLER_HZ) > 0.7 && most(1, AGENT_HZ) > 0.7, 'both are in the recording');
  for (const side of [0, 1]) assert.ok(most(side, COLLEAGUE_HZ) < 0.1, `the whisper is not: ${most(side, COLLEAGUE_HZ)} on side ${side}`);

  const second = await talk();
  const joining = await joins(second.callId, 'barge');
  await among(second.caller, COLLEAGUE_HZ, 'barged in, the customer hears her');
  await among(second.caller, AGENT_HZ, 'and the agent');
  assert.equal(await supervises('POST', second.callId, { mode: 'take_over' }), 204);
  await second.agent.ended();
  for (const call of [second.caller, joining]) call.rtp.forget();
  assert.ok(await second.caller.rtp.hears(COLLEAGUE_HZ, 5_000), 'the customer is hers');
  assert.ok(await joining.rtp.hears(CALLER_HZ, 5_000), 'and she hears the customer');
  assert.equal(await supervises('DELETE', second.callId), 409, 'she supervises nobody any more');
  await joining.hangUp();
  await second.caller.ended();
  desk.close();
});

consents(() => ({ house, phone }));

/** For 100 ms at a time, somewhere in it. */
function hasTone(heard: Int16Array, hz: number): boolean {
  for (let at = 0; at + 800 <= heard.length; at += 400) if (shareAt(heard.subarray(at, at + 800), hz) > 0.7) return true;
  return false;
}

async function keyIn(call: PhoneCall, keys: string): Promise<void> {
  for (const key of keys) {
    await call.rtp.press(key);
    await pause(systemClock, KEY_GAP_MS);
  }
}

/** What the trail says of this call, oldest first. */
async function auditOf(callId: string): Promise<Record<string, unknown>[]> {
  const [port, password] = ['postgres.port', 'postgres.password'].map((name) => readFileSync(join(house.dataDir, name), 'utf8').trim());
  const database = new pg.Client({ connectionString: `postgres://huawu:${password}@127.0.0.1:${port}/huawu` });
  await database.connect();
  // What is in memory alone is written, to be looked into as well.
  await database.query('checkpoint');
  const { rows } = await database.query('select action, after from audit_log where resource = $1 order by audit_id', [`call/${callId}`]);
  await database.end();
  return rows as Record<string, unknown>[];
}

async function bytesOf(path: string, who = 'admin'): Promise<Buffer> {
  const response = await fetch(`${house.http}${path}`, { headers: { authorization: `Bearer ${await house.signIn(who)}` } });
  return Buffer.from(await response.arrayBuffer());
}

/** In the recording both sides are digitally silent for as long as keys were pressed, although both went on talking; before and after both are heard. */
async function heardNowhere(recordingId: string): Promise<void> {
  const wav = await bytesOf(`/api/v1/recordings/${recordingId}/audio`, 'supervisor');
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length - ((wav.length - 44) % 4)));
  const side = (channel: number): Int16Array => samples.filter((_, at) => at % 2 === channel);
  const [customer, agent] = [side(0), side(1)];
  let run = 0;
  const runs: number[] = [];
  let spoken = 0;
  for (let at = 0; at < customer.length; at += 1) {
    if (customer[at] === 0 && agent[at] === 0) run += 1;
    else {
      if (run > 4_000) {
        runs.push(run / 8_000);
        spoken = at;
      }
      run = 0;
    }
  }
  assert.ok(Math.max(...runs) > 1.5, `a silent span as long as the keys took, not ${runs}`);
  const later = (samplesOf: Int16Array): Int16Array => samplesOf.slice(spoken, spoken + 3_200);
  assert.ok(shareAt(later(customer), CALLER_HZ) > 0.7 && shareAt(later(agent), AGENT_HZ) > 0.7, 'both are recorded again');
  for (const [name, samplesOf] of [
    ['customer', customer],
    ['agent', agent],
  ] as const)
    assert.ok(shareAt(samplesOf, FLAT_HZ) < 0.01, `no cover tone on the ${name}’s side`);
}

function filesBelow(folder: string): [string, Buffer][] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .map((path) => [path, readFileSync(path)]);
}
