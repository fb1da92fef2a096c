/** Which of several media servers a new call is given to. Pure. */
import type { Capabilities, ServerReport } from '../../media/port.ts';

export interface Candidate {
  connected: boolean;
  /** null = not asked yet: nothing is known of it. */
  capabilities: Capabilities | null;
  report: ServerReport | null;
  /** Endpoints of ours there, as of this moment: reports are a second old. */
  endpoints: number;
}

/** What a call cannot do without. */
export type Need = 'record' | 'mix' | 'webrtc';

/** A worker that answers this late plays and mixes late too. */
const LATE_MS = 20;
const CPU_STEP_PERCENT = 20;

/**
 * null = none of them will do. Of those that can what is needed: first who can do more (a hotline's call may yet be recorded or listened to), then
 * who is on time, then who has more of its cores to spare, in steps, then who has fewer endpoints.
 */
export function chooseServer<C extends Candidate>(candidates: readonly C[], needs: readonly Need[]): C | null {
  const fit = candidates.filter((each) => each.connected && each.capabilities !== null && each.report?.draining !== true && canAll(each.capabilities, needs));
  return fit.reduce<C | null>((best, each) => (best === null || isBetter(rankOf(each), rankOf(best)) ? each : best), null);
}

const canAll = (capabilities: Capabilities, needs: readonly Need[]): boolean => needs.every((need) => capabilities[need]);

/** Compared from the left; less is better. */
function rankOf({ capabilities, report, endpoints }: Candidate): number[] {
  const cannot = ['record', 'mix'].filter((what) => capabilities?.[what as Need] !== true).length;
  const workers = report?.workers ?? 1;
  const late = report !== null && report.lagMs > LATE_MS ? 1 : 0;
  const busy = Math.floor((report?.cpuPercent ?? 0) / workers / CPU_STEP_PERCENT);
  return [cannot, late, busy, endpoints / workers];
}

function isBetter(a: number[], b: number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}
