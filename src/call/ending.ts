/** Every leg, offer and call ends once, with a name. `src/phone/endings.ts` maps these to and from SIP and Q.850. */
export const endingCauses = [
  'normal', // somebody hung up
  'abandoned', // the caller left before an agent answered
  'busy',
  'no_answer',
  'rejected',
  'unreachable', // no phone registered, or its address does not answer
  'not_found', // nobody has this number
  'not_allowed',
  'congestion', // refused early: we, or the far end, are full
  'incompatible_media', // no codec in common, or an unusable description
  'answered_elsewhere',
  'transferred',
  'media_timeout', // no packet for too long while talking
  'media_failure', // the media server was lost
  'recording_failure', // it must be recorded and could not be
  'sip_failure', // the SIP server was lost
  'no_ack',
  'session_expired',
  'max_duration',
  'dialplan_end', // the flow came to its hangup
  'server_shutdown',
  'server_restart', // we died and came back
  'internal',
] as const;
export type EndingCause = (typeof endingCauses)[number];

/** Who brought the end about, seen from us: the far end of the leg, the other party of the call, or the server. */
export type EndedBy = 'far_end' | 'other_party' | 'server';

export interface Ending {
  cause: EndingCause;
  by: EndedBy;
  /** Final SIP status that was received or sent, where there was one. */
  sip?: number;
  /** ITU-T Q.850 cause value, where known. */
  q850?: number;
  /** ms since 1970; of a media_timeout: when the far end of the leg was last heard. */
  lastHeardAt?: number;
}
