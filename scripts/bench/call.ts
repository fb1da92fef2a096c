/**
 * `npm run bench -- call`: the whole server under load. 20 calls/s through IVR (701: a prompt of two seconds), queue and bridge,
 * to agents who each have a desk on the feed; every fifth call carries real RTP. Callers, phones and desks are in this one
 * process, so what lies between an INVITE, a pop and an INVITE is read off one clock. CPU and memory are read from /proc.
 */
import { systemClock } from '../../kernel/clock.ts';
import { DeskClient } from '../../test/support/desk-client.ts';
import { freeRange } from '../../test/support/ports.ts';
import { type House, openHouse, PASSWORD, type Ports, programs, quantile, round } from './house.ts';
import { rssMbOf } from './proc.ts';
import { type CallTimes, SipLoad } from './sip-load.ts';

const CALLS_PER_SECOND = 20;
const TALK_MS = 3_000;
const AGENTS = 120;
/** Length of the prompt that 701 plays before it queues. */
const PROMPT_MS = 2_000;
/** 40 legs a second, each with two ports for its call and 32 s of quarantine. */
const RTP_PORTS = 6_000;

/** Desks stamp with the house's clock, which runs by the same monotonic source from another zero. */
const DESK_CLOCK_AHEAD_MS = systemClock.now() - performance.now();

export async function run({ seconds }: { seconds: number }): Promise<object> {
  const house = await openHouse({ rtp: await freeRange(RTP_PORTS), rtpPorts: RTP_PORTS });
  try {
    const desks = await staff(new Api(house.base), house.ports);
    return await measure({ seconds, house, desks });
  } finally {
    await house.stop();
  }
}

class Api {
  readonly base: string;
  #token: string | null = null;

  constructor(base: string) {
    this.base = base;
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
  house: House;
  desks: Map<string, DeskClient>;
}

async function measure({ seconds, house, desks }: Stage): Promise<object> {
  const { ports } = house;
  const load = new SipLoad({
    server: { host: '127.0.0.1', port: ports.sip },
    agentPort: ports.agents,
    number: '701',
    callsPerSecond: CALLS_PER_SECOND,
    seconds,
    talkMs: TALK_MS,
  });
  const before = house.cpuMs();
  const startedAt = performance.now();
  let told = 0;
  await load.run((placed, live) => {
    const second = Math.floor((performance.now() - startedAt) / 1000);
    if (second < told + 5) return;
    told = second;
    process.stderr.write(`${second} s: ${placed} calls placed, ${live} up\n`);
  });
  const pids = house.pids();
  const after = house.cpuMs();
  const calls = [...load.calls.values()];
  const rssMb = Object.fromEntries(programs.map((name) => [name, rssMbOf(pids[name])]));
  const cpuMsPerCall = Object.fromEntries(programs.map((name) => [name, round((after[name] - before[name]) / calls.length)]));
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
