/**
 * The part of `bench -- records` that kills: 100 calls talk, 20 new ones come each second, and the application is killed (-9) and started anew. Callers and agents
 * are in this process, so what they saw is one clock's; records are counted as the API shows them, against the calls that were placed.
 */
import { freeRange } from '../../test/support/ports.ts';
import { type House, openHouse, round } from './house.ts';
import { recordsOfCalls } from './records-kept.ts';
import { type CallTimes, SipLoad } from './sip-load.ts';

const CALLS_PER_SECOND = 20;
const TALKING = 100;
/** Those hundred are up over death and restart, and shorter than a silent party is waited for; the others come and go. */
const LONG_TALK_MS = 26_000;
const SHORT_TALK_MS = 2_000;
const KILL_AFTER_MS = 8_000;
const SECONDS = 22;
const AGENTS = 300;
const RTP_PORTS = 6_000;
const RECORDS_WITHIN_MS = 15_000;

export async function benchKill(): Promise<object> {
  const house = await openHouse({ rtp: await freeRange(RTP_PORTS), rtpPorts: RTP_PORTS, benchAgents: AGENTS });
  try {
    const load = new SipLoad({
      ...{ server: { host: '127.0.0.1', port: house.ports.sip }, agentPort: house.ports.agents, number: '700' },
      ...{ callsPerSecond: CALLS_PER_SECOND, seconds: SECONDS, talkMs: (n: number) => (n <= TALKING ? LONG_TALK_MS : SHORT_TALK_MS) },
    });
    const dying = dieOnce(house);
    await load.run(() => undefined);
    const { killedAt, readyAt } = await dying;
    const calls = [...load.calls.values()];
    return { ...asSeen(calls, killedAt, readyAt), ...(await recordsOfCalls(house, calls, RECORDS_WITHIN_MS)) };
  } finally {
    await house.stop();
  }
}

async function dieOnce(house: House): Promise<{ killedAt: number; readyAt: number }> {
  await new Promise((resolve) => setTimeout(resolve, KILL_AFTER_MS));
  const killedAt = performance.now();
  await house.kill();
  await house.startAgain();
  return { killedAt, readyAt: performance.now() };
}

/** Who was talking at the death, and talked on until its own end; with audio, where it carried any. */
function asSeen(calls: readonly CallTimes[], killedAt: number, readyAt: number): object {
  const talked = calls.filter(({ offeredAt, endedAt }) => offeredAt !== null && offeredAt < killedAt - 500 && (endedAt === null || endedAt > readyAt));
  const talking = talked.filter(({ failure, withMedia, heardAt }) => failure === null && (!withMedia || (heardAt ?? 0) > readyAt));
  const first = calls.find(({ invitedAt, answeredAt }) => invitedAt > killedAt && answeredAt !== null);
  const failures = new Map<string, number>();
  for (const { failure } of calls) if (failure !== null) failures.set(failure, (failures.get(failure) ?? 0) + 1);
  return {
    ...{ callsPlaced: calls.length, talkingAtKill: talked.length },
    talkingAfterRestartPct: round((100 * talking.length) / talked.length),
    answerAgainSeconds: first === undefined ? null : round(((first.answeredAt ?? 0) - killedAt) / 1000),
    readyAgainSeconds: round((readyAt - killedAt) / 1000),
    failures: Object.fromEntries(failures),
  };
}
