/** Conferences of three who all talk all the time, each hearing the two others: jitter buffer, decoding, mixing and encoding for each. */
import { inTurn, round, type StageRun, underLoad } from './media-rig.ts';

const CONFERENCES = 100;
const MEMBERS = 3;
const PACKETS_A_SECOND = 50;

export const conferences: StageRun = async ({ count = CONFERENCES, ...options }) => {
  const { figures, cpuPct, rssMb, idleRssMb } = await underLoad(
    count * MEMBERS,
    options,
    (rig) =>
      inTurn(count, (at) => {
        const members = Array.from({ length: MEMBERS }, (_, member) => rig.id(at * MEMBERS + member));
        return rig.media.conference({ conferenceId: `c${at}`, members, gains: [] });
      }),
    MEMBERS,
  );
  return {
    conferences: count,
    /** Of one core, for one conference. */
    conferenceCpuPct: round(cpuPct / count),
    /** What was heard, in percent of 50 packets a second each; and numbers left out. */
    conferenceHeardPct: round((figures.heard * 100) / (count * MEMBERS * PACKETS_A_SECOND * options.seconds)),
    conferenceGaps: figures.gaps,
    conferenceRssKb: Math.round(((rssMb - idleRssMb) * 1024) / count),
  };
};
