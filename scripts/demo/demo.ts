/**
 * One whole hotline call on the real server, with two SIP phones of our own and real audio; each step is checked by what was
 * heard, seen or written, not by what the server says it did.
 */
import { DeskClient } from '../../test/support/desk-client.ts';
import { SipPhone } from '../../test/support/phone.ts';
import type { PhoneCall } from '../../test/support/phone-call.ts';
import { secondsOf } from '../../test/support/tone.ts';
import { listenTo } from './recording.ts';
import { type DemoServer, startServer } from './server.ts';
import { must, StepFailed, show, step, tell } from './steps.ts';

const CALLER = '13800001001';
const AGENT = '8001';
const CALLER_HZ = 620;
const AGENT_HZ = 930;
const TALK_MS = 2_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Scene {
  server: DemoServer;
  token: string;
  desk: DeskClient;
  agent: SipPhone;
  caller: SipPhone;
}

async function main(): Promise<number> {
  const once = process.argv.includes('--once');
  let server: DemoServer | null = null;
  try {
    server = await step('SIP server, media server, application and PostgreSQL are up', startServer);
    await playCall(server);
    tell('the whole call went through');
    if (once) return 0;
    await stayUp(server);
    return 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    process.stderr.write(`\n${error.message}\n${server === null ? '' : `the server's log: ${server.logPath}\n`}`);
    return 1;
  } finally {
    await server?.stop();
  }
}

async function playCall(server: DemoServer): Promise<void> {
  const agent = await SipPhone.open({ user: AGENT, password: server.password(AGENT), server: server.sip });
  const caller = await SipPhone.open({ user: CALLER, server: server.sip });
  await step(`agent ${AGENT}'s phone registers (digest)`, () => agent.registered());
  const token = await step(`agent ${AGENT} signs in at her desk`, () => signIn(server, AGENT));
  const desk = await DeskClient.connect(server.http, token);
  try {
    const scene: Scene = { server, token, desk, agent, caller };
    const call = await throughTheMenu(scene);
    await toTheAgent(scene, call);
    await onRecord(scene);
  } finally {
    desk.close();
    await Promise.all([agent.close(), caller.close()]);
  }
}

async function signIn(server: DemoServer, username: string): Promise<string> {
  const response = await fetch(`${server.http}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenant: 'demo', username, password: server.password(username) }),
  });
  const body = (await response.json()) as { token?: string; title?: string };
  if (body.token === undefined) throw new Error(body.title ?? `HTTP ${response.status}`);
  return body.token;
}

async function throughTheMenu({ desk, caller }: Scene): Promise<PhoneCall> {
  // Ready before she is needed, then not: so that the caller really waits a while, and hears it.
  await step('she goes ready, then takes a short break', async () => {
    await desk.must('ready');
    await desk.must('notReady', { reason: 'break' });
  });
  const call = await step(`customer ${CALLER} dials 10086 and is answered`, async () => {
    const dialled = await caller.call('10086');
    await dialled.answered();
    return dialled;
  });
  await step('the greeting is heard, in Mandarin', async () => must(await call.rtp.hearsSound(5_000), 'the caller heard nothing'));
  await step('she presses 1 (balance) and is asked for her service password', async () => {
    await pause(1_500);
    await call.rtp.press('1');
    await pause(1_500);
  });
  await step('she keys in 258369# and hears her balance', async () => {
    await call.rtp.press('258369#');
    await pause(1_000);
    call.rtp.forget();
    must(await call.rtp.hearsSound(5_000), 'no balance was heard');
    await pause(2_000);
  });
  await step('she presses 0 for an agent, hears that she will be recorded, then music', async () => {
    await call.rtp.press('0');
    await pause(6_000);
    call.rtp.forget();
    must(await call.rtp.hearsSound(8_000), 'no music was heard');
  });
  return call;
}

async function toTheAgent({ desk, agent }: Scene, call: PhoneCall): Promise<void> {
  const readyAt = performance.now();
  const ringing = agent.ringing().then((rang) => ({ rang, at: performance.now() }));
  const popping = desk.until('screenPop').then((pop) => ({ pop, at: performance.now() }));
  await desk.must('ready');
  const { pop, at: poppedAt } = await step('agent is ready: her screen pops', () => popping);
  const { rang, at: rangAt } = await step('and her phone rings', () => ringing);
  tell(`  pop ${(poppedAt - readyAt).toFixed(1)} ms after she was ready, ${(rangAt - poppedAt).toFixed(1)} ms before the INVITE reached her phone`);
  show('screen pop', pop.data);
  await step('she answers on her phone', async () => {
    rang.answer();
    await desk.until('callEstablished');
  });
  await step('both hear each other', async () => {
    call.rtp.play(CALLER_HZ);
    rang.rtp.play(AGENT_HZ);
    const [atAgent, atCaller] = await Promise.all([rang.rtp.hears(CALLER_HZ), call.rtp.hears(AGENT_HZ)]);
    must(atAgent, 'the agent does not hear the customer');
    must(atCaller, 'the customer does not hear the agent');
    await pause(TALK_MS);
  });
  await step('she puts the customer on hold: music; and takes her back', async () => {
    await desk.must('hold');
    await pause(500);
    call.rtp.forget();
    must(await call.rtp.hearsSound(), 'no music on hold was heard');
    must(secondsOf(call.rtp.heard(), AGENT_HZ) === 0, 'the customer still hears the agent');
    await desk.must('retrieve');
    must(await call.rtp.hears(AGENT_HZ), 'the customer does not hear the agent again');
    await pause(500);
  });
  await step('the customer hangs up; the phone of the agent is released', async () => {
    await call.hangUp();
    await rang.ended();
    await desk.until('callCleared');
  });
  await step('she wraps up', () => desk.must('wrapUp', { disposition: 'handled', notes: 'demo' }));
}

async function onRecord({ server, token }: Scene): Promise<void> {
  const record = await step('the record is in PostgreSQL', () => newestRecord(server, token));
  show('call record', record);
  await step('the recording holds both voices, the customer on the left', async () => {
    const heard = await listenTo(server, token, record.callId);
    must(secondsOf(heard.left, CALLER_HZ) > 1, 'the customer is not on the left');
    must(secondsOf(heard.right, AGENT_HZ) > 1, 'the agent is not on the right');
  });
}

async function newestRecord(server: DemoServer, token: string): Promise<{ callId: string }> {
  const get = async (path: string): Promise<unknown> => (await fetch(`${server.http}${path}`, { headers: { authorization: `Bearer ${token}` } })).json();
  const until = performance.now() + 10_000;
  while (performance.now() < until) {
    const { items = [] } = (await get('/api/v1/calls?limit=1')) as { items?: { callId: string; disposition: string | null }[] };
    const [newest] = items;
    if (newest?.disposition === 'handled') return (await get(`/api/v1/calls/${newest.callId}`)) as { callId: string };
    await pause(100);
  }
  throw new Error('it was not there within 10 s');
}

async function stayUp(server: DemoServer): Promise<void> {
  const login = (username: string): string => {
    try {
      return server.password(username);
    } catch {
      return '(as you set it)';
    }
  };
  process.stdout.write(`
   consoles    ${server.http}/agent
   API         ${server.http}/api/docs
   phones      register at ${server.sip.host}:${server.sip.port}, user and password as below; dial 10086
   log         ${server.logPath}

${['8001', '8002', 'supervisor', 'admin'].map((name) => `   ${name.padEnd(12)}${login(name)}`).join('\n')}

   8003 … 8010 stand in demo-logins.json of the data folder. Ctrl-C ends it all.
`);
  await Promise.race([new Promise((resolve) => process.once('SIGINT', resolve)), new Promise((resolve) => process.once('SIGTERM', resolve)), server.ended]);
}

process.exitCode = await main();
