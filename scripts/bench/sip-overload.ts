/**
 * `npm run bench -- sip --overload [CALLS] [--told] [--seconds N]`: fault row E5 at a running server. The rated load is `CALLS` a second (250): what its application answers and no
 * more, of which the server is told nothing; or, with `--told`, what the server is told (`SIP_RATED_CALLS`), before an application that could do more. Five seconds of the rated load;
 * twice of it for `--seconds` (30; the row asks 600); the rated load less a fifth, until nobody is refused or kept waiting.
 */
import { fork } from 'node:child_process';
import { quantile, round } from './sip-callers.ts';
import type { PacerOrder, PeriodCounts } from './sip-pacer.ts';
import { SipStage } from './sip-stage.ts';

const CALLER = '127.0.0.1';
const WARM_S = 2;
const BEFORE_S = 5;
const AFTER_S = 15;
const SHARE_AFTER = 0.8;
const LATE_MS = 1_000;
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

export async function benchOverload({ rated, isTold, seconds }: { rated: number; isTold: boolean; seconds: number }): Promise<object> {
  const stage = await SipStage.open({ TRUSTED_TRUNKS: CALLER, ...(isTold ? { SIP_RATED_CALLS: String(rated) } : {}) }, isTold ? {} : { mostCalls: rated });
  try {
    await pace(stage, [{ perSecond: rated / 2, seconds: WARM_S }]);
    await stage.loopLag();
    const periods = [
      { perSecond: rated, seconds: BEFORE_S },
      { perSecond: 2 * rated, seconds },
      { perSecond: SHARE_AFTER * rated, seconds: AFTER_S },
    ];
    let cpu = { before: stage.usage(), after: stage.usage() };
    const [before, over, after] = await pace(stage, periods, (nth) => {
      if (nth === 1) cpu = { before: stage.usage(), after: stage.usage() };
      if (nth === 2) cpu.after = stage.usage();
    });
    const lag = await stage.loopLag();
    if (before === undefined || over === undefined || after === undefined) throw new Error('a period is missing');
    const cpuPct = (ms: number): number => round(ms / seconds / 10);
    return {
      ratedCallsPerSecond: rated,
      ratedIs: isTold ? 'what the server is told (SIP_RATED_CALLS)' : 'what the application can answer; the server is told nothing',
      overloadSeconds: seconds,
      goodputPct: round((100 * over.answered) / seconds / rated),
      goodputInTimePct: round((100 * over.answerMs.filter((ms) => ms <= LATE_MS).length) / seconds / rated),
      refusedPct: round((100 * over.refused) / over.placed),
      /** Of all that were not answered, those told 503 with Retry-After. */
      refusedWellPct: round((100 * over.refused) / Math.max(1, over.placed - over.answered)),
      failed: over.failed,
      recoverySeconds: round(Math.max(0, ...after.badAtS)),
      atRated: figures(before),
      overload: figures(over),
      afterwards: figures(after),
      cpuPctInOverload: { sip: cpuPct(cpu.after.sipCpuMs - cpu.before.sipCpuMs), app: cpuPct(cpu.after.appCpuMs - cpu.before.appCpuMs) },
      loopLagMs: { p50: lag.p50Ms, p99: lag.p99Ms, max: lag.maxMs },
      rssMb: stage.rssMb(),
      alive: stage.isAlive,
    };
  } finally {
    await stage.close();
  }
}

const figures = ({ placed, answered, refused, failed, answerMs, refuseMs }: PeriodCounts): object => ({
  ...{ placed, answered, refused, failed },
  answerP50Ms: quantile(answerMs, 0.5),
  answerP99Ms: quantile(answerMs, 0.99),
  refuseP50Ms: quantile(refuseMs, 0.5),
  refuseP99Ms: quantile(refuseMs, 0.99),
});

function pace(stage: SipStage, periods: PacerOrder['periods'], onPeriod: (nth: number) => void = () => undefined): Promise<PeriodCounts[]> {
  const child = fork(new URL(`./sip-pacer.${extension}`, import.meta.url).pathname, [], { execArgv: process.execArgv });
  process.once('exit', () => child.kill('SIGKILL'));
  const order: PacerOrder = { from: CALLER, port: stage.sipPort, lateMs: LATE_MS, periods };
  child.send(order);
  return new Promise((resolve, reject) => {
    child.on('message', (said: { period: number } | { counts: PeriodCounts[] }) => ('counts' in said ? resolve(said.counts) : onPeriod(said.period)));
    child.once('exit', (code) => reject(new Error(`the callers ended with ${code}`)));
  });
}
