/**
 * A flood of INVITEs without credentials from one stranger beside honest calls of a trusted trunk. First the honest calls alone, so that what the flood costs can be told
 * from what they do; then both; then a rest, after which the memory must have come back.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { pause, systemClock } from '../../kernel/clock.ts';
import { honestCalls, quantile, round, udpCaller } from './sip-callers.ts';
import type { FloodCounts, FloodOrder } from './sip-flooder.ts';
import { SipStage } from './sip-stage.ts';

const HONEST = '127.0.0.1';
const STRANGER = '127.0.0.9';
const ALONE_S = 10;
const REST_MS = 40_000;
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

export interface FloodOptions {
  seconds: number;
  floodPerSecond: number;
  callsPerSecond: number;
}

export async function benchFlood({ seconds, floodPerSecond, callsPerSecond }: FloodOptions): Promise<object> {
  const stage = await SipStage.open({ TRUSTED_TRUNKS: HONEST, SIP_CHALLENGE_REALM: 'bench' });
  const caller = await udpCaller(HONEST, stage.sipPort);
  try {
    const alone = await honestCalls(stage, [caller], callsPerSecond, ALONE_S);
    const rssBefore = stage.rssMb().sip;
    await stage.loopLag();
    const flooder = flood({ from: STRANGER, port: stage.sipPort, perSecond: floodPerSecond, seconds });
    const beside = await honestCalls(stage, [caller], callsPerSecond, seconds);
    const counts = await flooder;
    const lag = await stage.loopLag();
    const rssDuring = stage.rssMb().sip;
    await pause(systemClock, REST_MS);
    const attackerMs = Math.max(0, beside.cpuMsPerSecond - alone.cpuMsPerSecond);
    return {
      honestCalls: beside.delaysMs.length + beside.failed,
      honestFailed: beside.failed,
      postDialP50Ms: quantile(beside.delaysMs, 0.5),
      postDialP99Ms: quantile(beside.delaysMs, 0.99),
      floodSent: counts.sent,
      floodChallenged: counts.challenged,
      floodOtherAnswers: counts.otherAnswers,
      attackerCpuSharePct: round((100 * attackerMs) / Math.max(beside.cpuMsPerSecond, 1)),
      sipCpuPct: { honestAlone: round(alone.cpuMsPerSecond / 10), withFlood: round(beside.cpuMsPerSecond / 10) },
      rssMb: { before: rssBefore, endOfFlood: rssDuring, afterRest: stage.rssMb().sip },
      loopLagMs: { p50: lag.p50Ms, p99: lag.p99Ms, max: lag.maxMs },
    };
  } finally {
    caller.close();
    await stage.close();
  }
}

async function flood(order: FloodOrder): Promise<FloodCounts> {
  const child = fork(new URL(`./sip-flooder.${extension}`, import.meta.url).pathname, [], { execArgv: process.execArgv });
  process.once('exit', () => child.kill('SIGKILL'));
  child.send(order);
  return ((await once(child, 'message')) as [FloodCounts])[0];
}
