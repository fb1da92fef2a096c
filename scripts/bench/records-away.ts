/**
 * The part of `bench -- records` without a database: 20 calls come each second, and for a minute of that PostgreSQL answers nobody: its processes are stopped
 * (SIGSTOP), which is worse than being gone, since every connection stands and no query comes back. Set-ups go on, and the records come when it does.
 */
import { freeRange } from '../../test/support/ports.ts';
import { openHouse, quantile, round } from './house.ts';
import { recordsOfCalls } from './records-kept.ts';
import { type CallTimes, SipLoad } from './sip-load.ts';

const CALLS_PER_SECOND = 20;
const TALK_MS = 2_000;
const BEFORE_MS = 8_000;
const AWAY_MS = 60_000;
/** The calls come a little longer than it is away. */
const SECONDS = 70;
const AGENTS = 100;
const RTP_PORTS = 6_000;
const RECORDS_WITHIN_MS = 60_000;

export async function benchAway(): Promise<object> {
  const house = await openHouse({ rtp: await freeRange(RTP_PORTS), rtpPorts: RTP_PORTS, benchAgents: AGENTS });
  try {
    const load = new SipLoad({
      ...{ server: { host: '127.0.0.1', port: house.ports.sip }, agentPort: house.ports.agents, number: '700' },
      ...{ callsPerSecond: CALLS_PER_SECOND, seconds: SECONDS, talkMs: TALK_MS },
    });
    const away = stopAndGoOn(house.pids().db);
    const calling = load.run(() => undefined);
    const { stoppedAt, backAt } = await away;
    // Those whose talk is over: the others' records are not due.
    const during = [...load.calls.values()].filter(({ invitedAt }) => invitedAt > stoppedAt && invitedAt < backAt - TALK_MS - 1_000);
    const kept = await recordsOfCalls(house, during, RECORDS_WITHIN_MS);
    await calling;
    return { ...setUps('before', load, (at) => at < stoppedAt), ...setUps('away', load, (at) => at >= stoppedAt && at < backAt), ...kept };
  } finally {
    await house.stop();
  }
}

async function stopAndGoOn(pids: readonly number[]): Promise<{ stoppedAt: number; backAt: number }> {
  await new Promise((resolve) => setTimeout(resolve, BEFORE_MS));
  const tell = (signal: NodeJS.Signals): void => {
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch {
        // A backend that has ended meanwhile.
      }
    }
  };
  tell('SIGSTOP');
  const stoppedAt = performance.now();
  try {
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
  } finally {
    tell('SIGCONT');
  }
  return { stoppedAt, backAt: performance.now() };
}

function setUps(name: string, { calls }: SipLoad, when: (invitedAt: number) => boolean): object {
  const placed = [...calls.values()].filter(({ invitedAt }) => when(invitedAt));
  const offered = placed.flatMap(({ invitedAt, offeredAt }: CallTimes) => (offeredAt === null ? [] : [offeredAt - invitedAt]));
  return {
    [`${name}Placed`]: placed.length,
    [`${name}SetUpPct`]: round((100 * placed.filter(({ offeredAt, failure }) => offeredAt !== null && failure === null).length) / placed.length),
    [`${name}InviteToAgentMs`]: { p50: round(quantile(offered, 0.5)), p99: round(quantile(offered, 0.99)) },
  };
}
