/**
 * Endings in the three tongues: our EndingCause, SIP final statuses (RFC 3261 §21) and Q.850 cause values.
 * The pairs follow RFC 3398 §7.2.4.1 and §8.2.6.1 where those speak; the Reason header (RFC 3326) carries the finer Q.850 value both ways.
 */
import type { Ending, EndingCause } from '../call/ending.ts';

export interface FinalStatus {
  status: number;
  q850: number;
}

/** What we send for a cause: the final status of a leg that was never answered, and the Q.850 value in Reason. Total. */
export const statusOfCause: Readonly<Record<EndingCause, FinalStatus>> = {
  normal: { status: 480, q850: 16 },
  abandoned: { status: 487, q850: 16 },
  busy: { status: 486, q850: 17 },
  no_answer: { status: 480, q850: 19 },
  rejected: { status: 603, q850: 21 },
  unreachable: { status: 480, q850: 20 },
  not_found: { status: 404, q850: 1 },
  not_allowed: { status: 403, q850: 57 },
  congestion: { status: 503, q850: 42 },
  incompatible_media: { status: 488, q850: 88 },
  answered_elsewhere: { status: 487, q850: 26 },
  transferred: { status: 480, q850: 16 },
  media_timeout: { status: 480, q850: 102 },
  media_failure: { status: 503, q850: 41 },
  recording_failure: { status: 503, q850: 41 },
  sip_failure: { status: 503, q850: 38 },
  no_ack: { status: 500, q850: 111 },
  session_expired: { status: 500, q850: 102 },
  max_duration: { status: 480, q850: 16 },
  dialplan_end: { status: 480, q850: 16 },
  server_shutdown: { status: 503, q850: 41 },
  server_restart: { status: 503, q850: 41 },
  internal: { status: 500, q850: 41 },
};

/** What a final status that we receive means. Statuses without a row fall to their class (`400`, `500`, `600`; 3xx = `not_found`). */
const causeOfStatusRow: Readonly<Record<number, { cause: EndingCause; q850: number }>> = {
  400: { cause: 'internal', q850: 41 },
  401: { cause: 'not_allowed', q850: 21 },
  402: { cause: 'not_allowed', q850: 21 },
  403: { cause: 'not_allowed', q850: 21 },
  404: { cause: 'not_found', q850: 1 },
  405: { cause: 'internal', q850: 63 },
  406: { cause: 'incompatible_media', q850: 79 },
  407: { cause: 'not_allowed', q850: 21 },
  408: { cause: 'no_answer', q850: 102 },
  410: { cause: 'not_found', q850: 22 },
  415: { cause: 'incompatible_media', q850: 79 },
  430: { cause: 'unreachable', q850: 20 },
  480: { cause: 'unreachable', q850: 18 },
  481: { cause: 'internal', q850: 41 },
  482: { cause: 'unreachable', q850: 25 },
  483: { cause: 'unreachable', q850: 25 },
  484: { cause: 'not_found', q850: 28 },
  485: { cause: 'not_found', q850: 1 },
  486: { cause: 'busy', q850: 17 },
  487: { cause: 'rejected', q850: 31 },
  488: { cause: 'incompatible_media', q850: 88 },
  500: { cause: 'internal', q850: 41 },
  501: { cause: 'internal', q850: 79 },
  502: { cause: 'unreachable', q850: 38 },
  503: { cause: 'congestion', q850: 41 },
  504: { cause: 'unreachable', q850: 102 },
  580: { cause: 'incompatible_media', q850: 47 },
  600: { cause: 'busy', q850: 17 },
  603: { cause: 'rejected', q850: 21 },
  604: { cause: 'not_found', q850: 1 },
  606: { cause: 'incompatible_media', q850: 88 },
  607: { cause: 'rejected', q850: 21 },
  608: { cause: 'rejected', q850: 21 },
};

/** Q.850 values that say more than the status they came with. */
const causeOfQ850Row: Readonly<Record<number, EndingCause>> = {
  1: 'not_found',
  3: 'unreachable',
  17: 'busy',
  18: 'unreachable',
  19: 'no_answer',
  20: 'unreachable',
  21: 'rejected',
  22: 'not_found',
  26: 'answered_elsewhere',
  27: 'unreachable',
  28: 'not_found',
  34: 'congestion',
  38: 'unreachable',
  42: 'congestion',
  57: 'not_allowed',
  65: 'incompatible_media',
  79: 'incompatible_media',
  88: 'incompatible_media',
};

const LOWEST_FINAL = 300;

/** Why an INVITE of ours failed. `reason` is the Reason header of the answer, if any. Total over 300–699. */
export function endingOfStatus(status: number, reason?: string): Ending {
  const row = causeOfStatusRow[status] ?? classRow(status);
  const q850 = q850Of(reason);
  const cause = (q850 === undefined ? undefined : causeOfQ850Row[q850]) ?? row.cause;
  return { cause, by: 'far_end', sip: status, q850: q850 ?? row.q850 };
}

function classRow(status: number): { cause: EndingCause; q850: number } {
  if (status >= LOWEST_FINAL && status < 400) return { cause: 'not_found', q850: 22 };
  if (status >= 600) return { cause: 'rejected', q850: 21 };
  return { cause: 'internal', q850: 41 };
}

/** A BYE of the far end is a hang-up, whatever its Reason says; the Q.850 value is kept for the record. */
export function endingOfBye(reason?: string): Ending {
  return { cause: 'normal', by: 'far_end', q850: q850Of(reason) ?? 16 };
}

/** The SIP server ended the dialog by itself; it says why in the text of its Reason. */
export function endingOfServerBye(text: string): Ending {
  if (/ack timeout/i.test(text)) return { cause: 'no_ack', by: 'server', q850: statusOfCause.no_ack.q850 };
  if (/session timer/i.test(text)) return { cause: 'session_expired', by: 'server', q850: statusOfCause.session_expired.q850 };
  return { cause: 'sip_failure', by: 'server', q850: statusOfCause.sip_failure.q850 };
}

/** Of several failed branches the one that says most about the person: she refused, she is busy, she did not answer … */
const weight: readonly EndingCause[] = ['rejected', 'busy', 'no_answer', 'incompatible_media', 'not_allowed', 'congestion', 'not_found', 'unreachable'];
export function mostTelling(endings: readonly Ending[]): Ending {
  const rank = (ending: Ending): number => (weight.includes(ending.cause) ? weight.indexOf(ending.cause) : weight.length);
  return endings.toSorted((a, b) => rank(a) - rank(b))[0] ?? { cause: 'unreachable', by: 'server', q850: statusOfCause.unreachable.q850 };
}

/** RFC 3326: `Reason: Q.850;cause=16;text="normal"`, for BYE and for final answers. */
export const reasonHeader = (cause: EndingCause): string => `Q.850;cause=${statusOfCause[cause].q850};text="${cause}"`;

/** The example of RFC 3326 §2 for the branches that lost: phones that read it show no missed call. */
export const ANSWERED_ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

/** The Reason of a CANCEL. */
export const cancelReason = (cause: EndingCause): string => (cause === 'answered_elsewhere' ? ANSWERED_ELSEWHERE : reasonHeader(cause));

function q850Of(reason: string | undefined): number | undefined {
  const match = reason === undefined ? null : /(?:^|,)\s*Q\.850\s*;[^,]*?\bcause\s*=\s*(\d{1,3})/i.exec(reason);
  const value = match === null ? undefined : Number(match[1]);
  return value !== undefined && value <= 127 ? value : undefined;
}
