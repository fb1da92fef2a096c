/**
 * `npm run bench -- call`: the whole server under load. 20 calls/s through IVR (701: a prompt of two seconds), queue and bridge,
 * to agents who each have a desk on the feed; every fifth call carries real RTP. Callers, phones and desks are in this one
 * process, so what lies between an INVITE, a pop and an INVITE is read off one clock. CPU and memory are read from /proc.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../kernel/clock.ts';
import { packageRoot } from '../../src/config.ts';
import { DeskClient } from '../../test/support/desk-client.ts';
import { freePort, freeRange } from '../../test/support/ports.ts';
import { cpuMsOf, rssMbOf } from './proc.ts';
import { type CallTimes, SipLoad } from './sip-load.ts';

const CALLS_PER_SECOND = 20;
const TALK_MS = 3_000;
const AGENTS = 120;
/** Length of the prompt that 701 plays before it queues. */
const PROMPT_MS = 2_000;
const PASSWORD = 'bench-password-8';
/** 40 legs a second, each with two ports for its call and 32 s of quarantine. */
const RTP_PORTS = 6_000;
const START_WITHIN_MS = 60_000;

/** Desks stamp with the house's clock, which runs by the same monotonic source from another zero. */
const DESK_CLOCK_AHEAD_MS = systemClock.now() - performance.now();

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Ports {
  sip: number;
  drachtio: number;
  http: number;
  rtp: number;
  agents: number;
}

export async function run({ seconds }: { seconds: number }): Promise<object> {
  const ports: Ports = { sip: await freePort(), drachtio: await freePort(), http: await freePort(), agents: await freePort(), rtp: await freeRange(RTP_PORTS) };
  const dataDir = mkdtempSync(join(tmpdir(), 'huawu-bench-'));
  // Below root the database runs as another user, who must be able to reach its folder.
  chmodSync(dataDir, 0o711);
  const server = spawn(process.execPath, [join(packageRoot, 'scripts/huawu.mjs'), 'serve'], {
    env: { ...process.env, ...settings(ports, dataDir) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    const api = new Api(`http://127.0.0.1:${ports.http}`);
    await api.ready();
    const desks = await staff(api, ports);
    return await measure({ seconds, ports, dataDir, desks, appPid: server.pid ?? 0 });
  } finally {
    server.kill('SIGTERM');
    server.kill('SIGTERM');
    await new Promise((resolve) => server.once('exit', resolve));
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function settings(ports: Ports, dataDir: string): Record<string, string> {
  return {
    ...{ DATA_DIR: dataDir, DEMO_PASSWORD: PASSWORD, TRUSTED_TRUNKS: '127.0.0.1', PUBLIC_ADDRESS: '127.0.0.1', LOG_LEVEL: 'warn', DRAIN_SECONDS: '0' },
    ...{ SIP_HOST: '127.0.0.1', SIP_PORT: String(ports.sip), DRACHTIO_PORT: String(ports.drachtio), HTTP_PORT: String(ports.http) },
    ...{ RTP_PORT_MIN: String(ports.rtp), RTP_PORT_MAX: String(ports.rtp + RTP_PORTS - 1) },
  };
}

class Api {
  readonly base: string;
  #token: string | null = null;

  constructor(base: string) {
    this.base = base;
  }

  async ready(): Promise<void> {
    const until = performance.now() + START_WITHIN_MS;
    while (performance.now() < until) {
      const ok = await fetch(`${this.base}/readyz`).then(
        async (response) => ((await response.json()) as { status: string }).status === 'ok',
        () => false,
      );
      if (ok) return;
      await pause(100);
    }
    throw new Error(`the server was not ready within ${START_WITHIN_MS} ms`);
  }

  async post(path: string, body: object): Promise<Record<string, string>> {
    const headers = { 'content-type': 'application/json', ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }) };
    const response = await fetch(`${this.base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const answer = (await response.json()) as Record<string, string>;
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  async signIn(username: string): Promise<string> {
    const { token = '' } = await this.post('/api/v1/sessions', { tenant: 'demo', username, password: PASSWORD });
    return token;
  }

  async become(username: string): Promise<void> {
    this.#token = await this.signIn(username);
  }
}

/** Agents as an admin makes them, each with a user, a desk, and a phone at this process's address. */
async function staff(api: Api, ports: Ports): Promise<Map<string, DeskClient>> {
  await api.become('admin');
  const desks = new Map<string, DeskClient>();
  for (let n = 1; n <= AGENTS; n += 1) {
    const number = String(90_000 + n);
    await api.post('/api/v1/agents', { number, name: `bench ${n}`, queues: ['demo:bench'], staticContact: `sip:${number}@127.0.0.1:${ports.agents}` });
    await api.post('/api/v1/users', { username: number, name: `bench ${n}`, role: 'agent', agentId: `demo:${number}`, password: PASSWORD });
    const desk = await DeskClient.connect(api.base, await api.signIn(number));
    await desk.must('ready');
    desks.set(number, desk);
  }
  process.stderr.write(`${AGENTS} agents are ready at their desks\n`);
  return desks;
}

interface Stage {
  seconds: number;
  ports: Ports;
  dataDir: string;
  desks: Map<string, DeskClient>;
  appPid: number;
}

async function measure({ seconds, ports, dataDir, desks, appPid }: Stage): Promise<object> {
  const pids = { sip: [serverPid(dataDir, 'sip')], media: [serverPid(dataDir, 'media')], app: [appPid], db: databasePids(dataDir) };
  const names = Object.keys(pids) as (keyof typeof pids)[];
  const load = new SipLoad({
    server: { host: '127.0.0.1', port: ports.sip },
    agentPort: ports.agents,
    number: '701',
    callsPerSecond: CALLS_PER_SECOND,
    seconds,
    talkMs: TALK_MS,
  });
  const before = Object.fromEntries(names.map((name) => [name, cpuMsOf(pids[name])]));
  const startedAt = performance.now();
  let told = 0;
  await load.run((placed, live) => {
    const second = Math.floor((performance.now() - startedAt) / 1000);
    if (second < told + 5) return;
    told = second;
    process.stderr.write(`${second} s: ${placed} calls placed, ${live} up\n`);
  });
  pids.db = databasePids(dataDir);
  const calls = [...load.calls.values()];
  const rssMb = Object.fromEntries(names.map((name) => [name, rssMbOf(pids[name])]));
  const cpuMsPerCall = Object.fromEntries(names.map((name) => [name, round((cpuMsOf(pids[name]) - (before[name] ?? 0)) / calls.length)]));
  for (const desk of desks.values()) desk.close();
  return { ...figures(calls, desks, seconds), cpuMsPerCall, rssMb };
}

function figures(calls: CallTimes[], desks: Map<string, DeskClient>, seconds: number): object {
  const failures = new Map<string, number>();
  for (const { failure } of calls) if (failure !== null) failures.set(failure, (failures.get(failure) ?? 0) + 1);
  const offered = calls.filter((call) => call.offeredAt !== null);
  const toAgent = offered.map((call) => (call.offeredAt ?? 0) - call.invitedAt - PROMPT_MS);
  const leads = offered.flatMap((call) => popLead(call, desks) ?? []);
  return {
    callsPerSecond: round(calls.length / seconds),
    calls: calls.length,
    failed: [...failures.values()].reduce((sum, count) => sum + count, 0),
    failures: Object.fromEntries(failures),
    inviteToAgentP50Ms: round(quantile(toAgent, 0.5)),
    inviteToAgentP99Ms: round(quantile(toAgent, 0.99)),
    popBeforeInvitePct: round((100 * leads.filter((lead) => lead > 0).length) / offered.length),
    popLeadP50Ms: round(quantile(leads, 0.5)),
    popLeadP99Ms: round(quantile(leads, 0.99)),
    popLeadLeastMs: round(Math.min(...leads)),
  };
}

/** How long before the INVITE reached her phone her screen popped; undefined when it never did. */
function popLead(call: CallTimes, desks: Map<string, DeskClient>): number | undefined {
  const caller = call.number;
  const messages = desks.get(call.agent ?? '')?.messages ?? [];
  const pop = messages.find(({ message }) => message.type === 'screenPop' && message.data.caller.number.endsWith(caller));
  return pop === undefined || call.offeredAt === null ? undefined : call.offeredAt - (pop.at - DESK_CLOCK_AHEAD_MS);
}

const round = (value: number): number => Math.round(value * 100) / 100;
const quantile = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
const serverPid = (dataDir: string, name: string): number => (JSON.parse(readFileSync(join(dataDir, 'run', `${name}.json`), 'utf8')) as { pid: number }).pid;

/** The postmaster and its backends, as they are now. */
function databasePids(dataDir: string): number[] {
  const file = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('postmaster.pid'));
  if (file === undefined) return [];
  const postmaster = Number(readFileSync(join(dataDir, file), 'utf8').split('\n')[0]);
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return [postmaster, ...children];
}
