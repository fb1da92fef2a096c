/** Calls of two parties, forwarded on arrival. */
import type { LoadFigures } from './media-load.ts';
import { round, type StageRun, underLoad } from './media-rig.ts';

const CALLS = 100;

export const bridged: StageRun = async ({ count = CALLS, ...options }) => {
  const { figures, cpuPct, rssMb, idleRssMb } = await underLoad(count * 2, options, (rig) => rig.join());
  return {
    bridgedCalls: count,
    lostPct: lostPct(figures),
    oneWayP50Ms: figures.p50Ms,
    oneWayP99Ms: figures.p99Ms,
    oneWayMostMs: figures.mostMs,
    cpuPctPerCall: round(cpuPct / count),
    rssMb,
    rssKbPerCall: Math.round(((rssMb - idleRssMb) * 1024) / count),
  };
};

/** Of what one party sent, how much did not come out at the other. */
export const lostPct = ({ sent, received }: LoadFigures): number => round(sent === 0 ? 100 : ((sent - received) * 100) / sent);
