/** Calls of two parties, forwarded and recorded, each to a sealed file of its own: encrypted, as a hotline records. */
import { join } from 'node:path';
import { lostPct } from './media-bridged.ts';
import { inTurn, round, type StageRun, underLoad } from './media-rig.ts';

const CALLS = 50;

export const recorded: StageRun = async ({ count = CALLS, ...options }) => {
  const { figures, cpuPct } = await underLoad(count * 2, options, async (rig) => {
    await rig.join();
    await inTurn(count, (call) =>
      rig.media.record({
        ...{ recordingId: `r${call}`, path: join(rig.folder, `${call}.hws`), sealed: true },
        ...{ left: rig.id(call * 2), right: rig.id(call * 2 + 1) },
      }),
    );
  });
  return { recordedCalls: count, recordedCpuPctPerCall: round(cpuPct / count), recordedLostPct: lostPct(figures), recordedOneWayP99Ms: figures.p99Ms };
};
