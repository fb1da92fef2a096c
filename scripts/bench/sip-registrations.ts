/**
 * Registered phones: all of them register once, then refresh at an even pace while CPU and memory of the server are read from /proc.
 * The application answers each REGISTER 200 and keeps nothing, so that what is measured is the server's share.
 */
import { systemClock } from '../../kernel/clock.ts';
import { PhoneFarm } from './sip-phones.ts';
import { SipStage } from './sip-stage.ts';

const FIRST_PER_SECOND = 1_000;
const REFRESHES_PER_SECOND = 200;

export async function benchRegistrations({ phones, seconds }: { phones: number; seconds: number }): Promise<object> {
  const stage = await SipStage.open({ TRUSTED_TRUNKS: '127.0.0.0/8' });
  const farm = new PhoneFarm(phones, stage.sipPort);
  try {
    await farm.open();
    const emptyMb = stage.rssMb().sip;
    const first = await farm.register(phones, FIRST_PER_SECOND);
    const heldMb = stage.rssMb().sip;
    await stage.loopLag();
    const began = systemClock.now();
    const before = stage.usage();
    const refreshes = await farm.register(seconds * REFRESHES_PER_SECOND, REFRESHES_PER_SECOND);
    const elapsedMs = systemClock.now() - began;
    const after = stage.usage();
    const lag = await stage.loopLag();
    const endMb = stage.rssMb().sip;
    const cpuMs = after.sipCpuMs - before.sipCpuMs;
    return {
      registrations: first.granted,
      failed: first.failed + refreshes.failed,
      retransmissions: first.retransmissions + refreshes.retransmissions,
      refreshesPerSecond: Math.round((refreshes.granted * 1_000) / elapsedMs),
      cpuMsPerRefresh: round(cpuMs / refreshes.granted),
      cpuPct: round((cpuMs * 100) / elapsedMs),
      cpuPctPerEndpoint: round((cpuMs * 100) / elapsedMs / phones, 1e6),
      rssBytesPerEndpoint: Math.round(((endMb - emptyMb) * 1024 * 1024) / phones),
      rssMb: { empty: emptyMb, held: heldMb, end: endMb },
      rssGrowthMb: endMb - heldMb,
      loopLagMs: { p50: lag.p50Ms, p99: lag.p99Ms, max: lag.maxMs },
      appCpuMsPerRefresh: round((after.appCpuMs - before.appCpuMs) / refreshes.granted),
    };
  } finally {
    farm.close();
    await stage.close();
  }
}

const round = (value: number, parts = 1_000): number => Math.round(value * parts) / parts;
