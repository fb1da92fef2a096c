/**
 * Calls of one second at an even pace: sipp's INVITE, the application's 200, ACK, BYE, 200. CPU and memory are read from /proc, failures and
 * retransmissions are sipp's count.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, systemClock } from '../../kernel/clock.ts';
import { packageRoot } from '../../src/config.ts';
import { freePort } from '../../test/support/ports.ts';
import { SipStage } from './sip-stage.ts';

const TALK_S = 1;
const SAMPLE_MS = 1_000;
/**
 * Transactions rest for 32 s (timers J and L): from then on there are as many that go as come, and after the next full collection memory has no
 * more reason to grow.
 */
const TABLES_FULL_S = 49;

interface SippCounts {
  successful: number;
  failed: number;
  retransmissions: number;
  inviteTo200MeanMs: number;
}

export async function benchCalls({ rate, calls }: { rate: number; calls: number }): Promise<object> {
  const stage = await SipStage.open({ TRUSTED_TRUNKS: '127.0.0.0/8' });
  const folder = mkdtempSync(join(tmpdir(), 'huawu-bench-'));
  try {
    await callWith(stage, join(folder, 'warm.csv'), Math.min(rate, 200), Math.min(calls, 400));
    await stage.loopLag();
    return await measure(stage, join(folder, 'stat.csv'), rate, calls);
  } finally {
    await stage.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(stage: SipStage, statFile: string, rate: number, calls: number): Promise<object> {
  const rss: number[] = [];
  const cancel = systemClock.every(SAMPLE_MS, () => rss.push(stage.rssMb().sip));
  const startMb = stage.rssMb().sip;
  const before = stage.usage();
  const began = systemClock.now();
  const sipp = await callWith(stage, statFile, rate, calls);
  const seconds = (systemClock.now() - began) / 1_000 - TALK_S;
  const after = stage.usage();
  cancel();
  const lag = await stage.loopLag();
  const { failed: appFailed } = await stage.appCounts();
  const endMb = rss.at(-1) ?? startMb;
  const fullMb = rss[TABLES_FULL_S] ?? startMb;
  return {
    callsPerSecond: Math.round(sipp.successful / seconds),
    failed: sipp.failed + appFailed,
    retransmissions: sipp.retransmissions,
    cpuMsPerCall: perCall(after.sipCpuMs - before.sipCpuMs, calls),
    appCpuMsPerCall: perCall(after.appCpuMs - before.appCpuMs, calls),
    rssGrowthMb: endMb - fullMb,
    rssMb: { start: startMb, tablesFull: rss[TABLES_FULL_S] ?? null, end: endMb, most: Math.max(startMb, ...rss), app: stage.rssMb().app },
    rssEachTenSecondsMb: rss.filter((_, second) => second % 10 === 9),
    loopLagMs: { p50: lag.p50Ms, p99: lag.p99Ms, max: lag.maxMs },
    heapUsedMb: lag.heapUsedMb,
    inviteTo200MeanMs: sipp.inviteTo200MeanMs,
    calls,
  };
}

const perCall = (ms: number, calls: number): number => Math.round((ms / calls) * 1_000) / 1_000;

async function callWith(stage: SipStage, statFile: string, rate: number, calls: number): Promise<SippCounts> {
  const scenario = join(packageRoot, 'scripts/bench/sip-calls.xml');
  const port = await freePort();
  const args = [`127.0.0.1:${stage.sipPort}`, '-sf', scenario, '-i', '127.0.0.1', '-p', String(port), '-s', 'bench', '-m', String(calls)];
  const pace = ['-r', String(rate), '-l', String(rate * 30), '-trace_stat', '-stf', statFile, '-fd', '1', '-nostdin', '-buff_size', '4194304'];
  const sipp = spawn('sipp', [...args, ...pace], { stdio: ['ignore', 'ignore', 'ignore'], cwd: tmpdir() });
  process.once('exit', () => sipp.kill('SIGKILL'));
  await once(sipp, 'exit');
  // The last row is written a moment before the end.
  await pause(systemClock, 100);
  return readCounts(statFile);
}

/** sipp's statistics: one row a second, `(C)` columns are sums since the start. */
function readCounts(statFile: string): SippCounts {
  const [head = '', ...rows] = readFileSync(statFile, 'utf8').trim().split('\n');
  const names = head.split(';');
  const last = (rows.at(-1) ?? '').split(';');
  const of = (name: string): number => Number(last[names.indexOf(name)] ?? Number.NaN);
  // hours:minutes:seconds:microseconds
  const [, minutes = 0, seconds = 0, micros = 0] = (last[names.indexOf('ResponseTime1(C)')] ?? '').split(':').map(Number);
  return {
    successful: of('SuccessfulCall(C)'),
    failed: of('FailedCall(C)'),
    retransmissions: of('Retransmissions(C)'),
    inviteTo200MeanMs: (minutes * 60 + seconds) * 1_000 + micros / 1_000,
  };
}
