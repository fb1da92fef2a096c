/**
 * `npm run bench -- acd --calls [--agents N] [--talk SECONDS] [--seconds N]`: the routing core in the whole server. Everybody talks, callers wait (701: a prompt of
 * two seconds, then the queue), and each agent who hangs up gets the next: what lies between her BYE and her next INVITE is taken at her phone. Then,
 * nobody waiting (700), what a call costs with few agents and with many: the share that grows with them should be nothing.
 */
import { freeRange } from '../../test/support/ports.ts';
import { FloorPhones } from './acd-phones.ts';
import { type House, openHouse, programs, quantile, round } from './house.ts';

const AGENTS = 500;
/** A short talk for a hotline; and so many more freed agents a second as a floor of 500 sees on no day. */
const TALK_SECONDS = 60;
const RUSH_TALK_SECONDS = 20;
const WAITING = 100;
/** Until everybody talks; a busy hotline's rush, which the box can carry beside the generator. */
const FILL_PER_SECOND = 40;
const FILL_WITHIN_MS = 120_000;
/** The callers are this much more than who is freed, and stay away while enough wait. */
const RUSH = 1.2;
/** Two ports for each leg, and 32 s of quarantine for those that ended; two floors at once have half each. */
const RTP_PORTS = 9_000;
const ROUTED = { few: 50, many: 2_000, callsPerSecond: 30, talkMs: 1_000 };
const WARM_UP_MS = 10_000;
/** Of each floor. */
const TURNS = 5;
/** The calls of a turn end in it, and are written. */
const SETTLE_MS = 2_500;

export async function runCalls({ seconds, agents = AGENTS, talk = TALK_SECONDS }: { seconds: number; agents?: number; talk?: number }): Promise<object> {
  // The same for each server: one after the other has them.
  const rtp = await freeRange(RTP_PORTS);
  const freed = await measureFreed(rtp, agents, talk * 1000, seconds * 1000);
  process.stderr.write(`${JSON.stringify(freed)}\n`);
  const rush = await measureFreed(rtp, agents, RUSH_TALK_SECONDS * 1000, (seconds * 1000) / 2);
  process.stderr.write(`${JSON.stringify(rush)}\n`);
  const routing = await measureRouting(rtp, (seconds * 1000) / 2);
  return { ...freed, rush, routing };
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
      talkSeconds: talkMs / 1000,
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

/** One floor of few agents and one of many, in turn: what the box itself does in another minute is in both. */
async function measureRouting(rtp: number, ms: number): Promise<{ callsPerSecond: number; few: Routed; many: Routed; ratio: number }> {
  const few = await openFloor(rtp, ROUTED.few);
  const many = await openFloor(rtp + RTP_PORTS / 2, ROUTED.many).catch(async (error: unknown) => {
    await few.stop();
    throw error;
  });
  try {
    for (const floor of [few, many]) await floor.warmUp();
    for (let turn = 0; turn < TURNS; turn += 1) for (const floor of [few, many]) await floor.measure(ms / 2 / TURNS);
    const [ofFew, ofMany] = [few.outcome(), many.outcome()];
    return { callsPerSecond: ROUTED.callsPerSecond, few: ofFew, many: ofMany, ratio: round(ofMany.cpuMsPerCall / ofFew.cpuMsPerCall) };
  } finally {
    for (const floor of [few, many]) await floor.stop();
  }
}

async function openFloor(rtp: number, agents: number) {
  const house = await openHouse({ rtp, rtpPorts: RTP_PORTS / 2, benchAgents: agents });
  const phones = phonesOf(house, '700', ROUTED.talkMs, Number.POSITIVE_INFINITY);
  const cpuMs = each(() => 0);
  const sum: Routed = { agents, calls: 0, failed: 0, cpuMsPerCall: 0, ofEach: each(() => 0) };
  return {
    warmUp: async (): Promise<void> => {
      await phones.open();
      const warmAt = performance.now() + WARM_UP_MS;
      await phones.call(ROUTED.callsPerSecond, () => performance.now() > warmAt);
    },
    measure: async (ms: number): Promise<void> => {
      const { cpuMs: took } = await during(house, phones, ms, ROUTED.callsPerSecond, SETTLE_MS);
      const { calls, failed } = outcome(phones);
      sum.calls += calls;
      sum.failed += failed;
      for (const program of programs) cpuMs[program] += took[program];
    },
    outcome: (): Routed => ({
      ...sum,
      cpuMsPerCall: round(programs.reduce((all, program) => all + cpuMs[program], 0) / sum.calls),
      ofEach: each((program) => round(cpuMs[program] / sum.calls)),
    }),
    stop: async (): Promise<void> => {
      phones.close();
      await house.stop();
    },
  };
}

function phonesOf({ ports }: House, number: string, talkMs: number, mostWaiting: number): FloorPhones {
  return new FloorPhones({ server: { host: '127.0.0.1', port: ports.sip }, agentPort: ports.agents, number, mostWaiting, talkMs });
}

async function during(house: House, phones: FloorPhones, ms: number, callsPerSecond: number, settleMs = 0) {
  phones.forget();
  const before = house.cpuMs();
  const own = process.cpuUsage();
  const startedAt = performance.now();
  await phones.call(callsPerSecond, () => performance.now() > startedAt + ms);
  await new Promise((resolve) => setTimeout(resolve, settleMs));
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
