/**
 * `npm run bench -- acd --calls [--agents N] [--talk SECONDS] [--seconds N]`: the routing core in the whole server. Everybody talks, callers wait (701: a prompt of
 * two seconds, then the queue), and each agent who hangs up gets the next: what lies between her BYE and her next INVITE is taken at her phone. Then,
 * nobody waiting (700), what a call costs with few agents and with many: the share that grows with them should be nothing.
 */
import { freeRange } from '../../test/support/ports.ts';
import { FloorPhones } from './acd-phones.ts';
import { type House, openHouse, programs, quantile, round } from './house.ts';

const AGENTS = 500;
const TALK_SECONDS = 20;
const WAITING = 100;
/** Until everybody talks; a busy hotline's rush, which the box can carry beside the generator. */
const FILL_PER_SECOND = 40;
const FILL_WITHIN_MS = 120_000;
/** The callers are this much more than who is freed, and stay away while enough wait. */
const RUSH = 1.2;
/** Two ports for each leg, and 32 s of quarantine for those that ended. */
const RTP_PORTS = 9_000;
const ROUTED = { few: 50, many: 2_000, callsPerSecond: 30, talkMs: 1_000 };
const WARM_UP_MS = 5_000;

export async function runCalls({ seconds, agents = AGENTS, talk = TALK_SECONDS }: { seconds: number; agents?: number; talk?: number }): Promise<object> {
  // The same for each server: one after the other has them.
  const rtp = await freeRange(RTP_PORTS);
  const freed = await measureFreed(rtp, agents, talk * 1000, (seconds * 1000) / 2);
  process.stderr.write(`${JSON.stringify(freed)}\n`);
  const few = await measureRouting(rtp, ROUTED.few, (seconds * 1000) / 4);
  const many = await measureRouting(rtp, ROUTED.many, (seconds * 1000) / 4);
  return { ...freed, routing: { callsPerSecond: ROUTED.callsPerSecond, few, many, ratio: round(many.cpuMsPerCall / few.cpuMsPerCall) } };
}

async function measureFreed(rtp: number, agents: number, talkMs: number, ms: number): Promise<object> {
  const house = await openHouse({ rtp, rtpPorts: RTP_PORTS, benchAgents: agents });
  const phones = phonesOf(house, '701', talkMs, WAITING);
  try {
    await phones.open();
    const giveUpAt = performance.now() + FILL_WITHIN_MS;
    await phones.call(FILL_PER_SECOND, () => phones.served >= agents && (phones.waiting >= WAITING || performance.now() > giveUpAt));
    process.stderr.write(`${phones.served} agents talk, ${phones.waiting} callers wait\n`);
    const { cpuMs, generatorMs, tookMs } = await during(house, phones, ms, (RUSH * agents * 1000) / talkMs);
    const freedMs = phones.freedMs;
    return {
      agents,
      waitingLeast: phones.leastWaiting,
      callsPerSecond: round((phones.ended * 1000) / tookMs),
      ...outcome(phones),
      freedToInvites: freedMs.length,
      freedToInviteP50Ms: round(quantile(freedMs, 0.5)),
      freedToInviteP99Ms: round(quantile(freedMs, 0.99)),
      freedToInviteMaxMs: round(quantile(freedMs, 1)),
      cpuPct: { ...each((program) => round((cpuMs[program] * 100) / tookMs)), generator: round((generatorMs * 100) / tookMs) },
      cpuMsPerCall: each((program) => round(cpuMs[program] / phones.ended)),
    };
  } finally {
    phones.close();
    await house.stop();
  }
}

interface Routed {
  agents: number;
  calls: number;
  failed: number;
  /** Of all four programs, and of each. */
  cpuMsPerCall: number;
  ofEach: Record<(typeof programs)[number], number>;
}

async function measureRouting(rtp: number, agents: number, ms: number): Promise<Routed> {
  const house = await openHouse({ rtp, rtpPorts: RTP_PORTS, benchAgents: agents });
  const phones = phonesOf(house, '700', ROUTED.talkMs, Number.POSITIVE_INFINITY);
  try {
    await phones.open();
    const warmAt = performance.now() + WARM_UP_MS;
    await phones.call(ROUTED.callsPerSecond, () => performance.now() > warmAt);
    const { cpuMs } = await during(house, phones, ms, ROUTED.callsPerSecond);
    return {
      ...{ agents, ...outcome(phones) },
      cpuMsPerCall: round(programs.reduce((sum, program) => sum + cpuMs[program], 0) / phones.ended),
      ofEach: each((program) => round(cpuMs[program] / phones.ended)),
    };
  } finally {
    phones.close();
    await house.stop();
  }
}

function phonesOf({ ports }: House, number: string, talkMs: number, mostWaiting: number): FloorPhones {
  return new FloorPhones({ server: { host: '127.0.0.1', port: ports.sip }, agentPort: ports.agents, number, mostWaiting, talkMs });
}

async function during(house: House, phones: FloorPhones, ms: number, callsPerSecond: number) {
  phones.forget();
  const before = house.cpuMs();
  const own = process.cpuUsage();
  const startedAt = performance.now();
  await phones.call(callsPerSecond, () => performance.now() > startedAt + ms);
  const after = house.cpuMs();
  const { user, system } = process.cpuUsage(own);
  return { cpuMs: each((program) => after[program] - before[program]), generatorMs: (user + system) / 1000, tookMs: performance.now() - startedAt };
}

const each = (figure: (program: (typeof programs)[number]) => number): Record<(typeof programs)[number], number> => ({
  sip: figure('sip'),
  media: figure('media'),
  app: figure('app'),
  db: figure('db'),
});

function outcome({ ended, failures }: FloorPhones): { calls: number; failed: number; failures?: Record<string, number> } {
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  return { calls: ended, failed, ...(failed > 0 ? { failures: Object.fromEntries(failures) } : {}) };
}
