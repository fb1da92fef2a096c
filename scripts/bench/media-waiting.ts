/** Callers who wait with music and talk meanwhile. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTurn, round, type StageRun, underLoad } from './media-rig.ts';

const CALLERS = 200;
const MUSIC_SAMPLES = 8000 * 10;
const PACKETS_A_SECOND = 50;

export const waiting: StageRun = async ({ count = CALLERS, ...options }) => {
  const { figures, cpuPct, rssMb, idleRssMb } = await underLoad(count, options, async (rig) => {
    const path = join(rig.folder, 'music.al');
    writeFileSync(path, Buffer.from(Array.from({ length: MUSIC_SAMPLES }, (_, sample) => (sample * 7) & 0xff)));
    await inTurn(count, (caller) => rig.media.play(rig.id(caller), `p-${caller}`, [{ kind: 'music', path }], { loop: true, bargeIn: false }));
  });
  return {
    waitingCallers: count,
    waitingCpuPctPerCaller: round(cpuPct / count),
    /** Numbers left out of the music, in percent of what was to come; and what came, in percent of 50 packets a second each. */
    waitingLostPct: round((figures.gaps * 100) / Math.max(1, figures.heard + figures.gaps)),
    waitingHeardPct: round((figures.heard * 100) / (count * PACKETS_A_SECOND * options.seconds)),
    waitingRssKbPerCaller: Math.round(((rssMb - idleRssMb) * 1024) / count),
  };
};
