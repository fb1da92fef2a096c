/**
 * A call's record: what the house says happened, once for each call and for each of its legs.
 * Times are ms since 1970, durations ms. arrivedAt ≤ answeredAt ≤ endedAt, for the call and for each leg.
 */
import type { AgentId, CallId, CustomerId, DialplanVersion, LegId, OfferId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { ConsentHow, ConsentState } from '../call/consent.ts';
import type { Ending, EndingCause } from '../call/ending.ts';
import type {
  AskedFor,
  AuthLevel,
  CallData,
  Language,
  LegAudio,
  LegRole,
  OfferChoice,
  OfferEnd,
  OverflowReason,
  OverflowTarget,
  Party,
  PartyAskEnd,
  QueueExit,
} from '../call/event.ts';
import type { Rating, SurveyGivenUp, SurveyHow, SurveyNotAsked } from '../call/survey.ts';

export interface LegRecord {
  legId: LegId;
  role: LegRole;
  agentId: AgentId | null;
  offerId: OfferId | null;
  /** The number a transfer dialled. */
  target: string | null;
  startedAt: number;
  ringingAt: number | null;
  answeredAt: number | null;
  endedAt: number;
  /** How long the party of this leg kept the other on hold. */
  holdMs: number;
  ending: Ending;
  /** null = it had no sound, or the media server was gone. */
  audio: LegAudio | null;
  /** An agent asked for it to be rung while a call had her; absent = it came otherwise. */
  asked?: AskedRecord;
}

export interface AskedRecord {
  how: AskedFor;
  /** Leg of who asked. */
  by: LegId;
  /** null = the call was over before that was known. */
  end: PartyAskEnd | null;
  cause: EndingCause | null;
}

export interface QueueVisit {
  queueId: QueueId;
  enteredAt: number;
  leftAt: number;
  waitMs: number;
  exit: QueueExit;
  /** Steps of the queue's overflow it took, the last one where it left by `overflow`; absent = none. */
  overflow?: OverflowRecord[];
}

export interface OverflowRecord {
  at: number;
  step: number;
  to: OverflowTarget;
  why: OverflowReason[];
}

export interface OfferRecord {
  offerId: OfferId;
  agentId: AgentId;
  /** null = a direct offer (transfer to this very agent) */
  queueId: QueueId | null;
  legId: LegId;
  offeredAt: number;
  endedAt: number;
  end: OfferEnd;
  /** Absent: a direct offer, or one of before offers said why. */
  choice?: OfferChoice;
}

/** One agent's part in the call: one for each leg of hers that was answered. Wrap-up stands with her last one. */
export interface AgentRecord {
  agentId: AgentId;
  legId: LegId;
  answeredAt: number;
  endedAt: number;
  /** Without hold. */
  talkMs: number;
  holdMs: number;
  wrapUpMs: number;
  disposition: string | null;
  notes: string | null;
}

export interface RecordingRecord {
  recordingId: string;
  path: string;
  startedAt: number;
  /** null = its end was never heard of */
  durationMs: number | null;
  complete: boolean;
  /** Why it is not complete. */
  reason?: string;
  /** Last value of a sealed file's hash chain: what the file must still prove. */
  seal?: string;
  /** Length of the file. */
  bytes?: number;
  /** When both sides are silent because somebody had it paused, in order. */
  pauses?: RecordingPause[];
}

/** ms since the recording began; null = its end was never heard of. */
export interface RecordingPause {
  fromMs: number;
  toMs: number | null;
}

/**
 * What became of the survey after the talk. Of who was asked: `answered` · `not_said_why`: rated, and gave no reason · `no_key` `wrong_keys` `failed` ·
 * `hung_up`: before she rated.
 */
export type SurveyEnd = SurveyNotAsked | SurveyGivenUp | 'answered' | 'not_said_why' | 'hung_up';
export interface SurveyRecord {
  /** For whom it counts: who served her last, and the queue she came from. */
  agentId: AgentId;
  queueId: QueueId;
  /** null = she was not asked. */
  askedAt: number | null;
  how: SurveyHow | null;
  rating: Rating | null;
  /** By its name in the dialplan. */
  reason: string | null;
  end: SurveyEnd;
}

/** What its customer was told of recording, or answered. `at`: when this became so. */
export interface ConsentRecord {
  state: ConsentState;
  how: ConsentHow;
  at: number;
  /** When a notice was first heard to its end; null = none was. */
  announcedAt: number | null;
}

/** `outbound` and `internal` (to a colleague): an agent made it, and is its caller · `callback`: ours, to who had asked for it, who is its caller. */
export const directions = ['inbound', 'outbound', 'internal', 'callback'] as const;
export type Direction = (typeof directions)[number];

/** `partial`: some of what should have been recorded is missing. */
export type RecordingState = 'none' | 'complete' | 'partial';

export interface CallRecord {
  callId: CallId;
  /** The same call written again, for example when wrap-up ends: the higher one holds. From 1. */
  revision: number;
  tenantId: TenantId;
  caller: Party;
  callee: Party;
  /** Absent = inbound. */
  direction?: Exclude<Direction, 'inbound'>;
  /** The queue on whose behalf an agent made it; absent = nobody's. */
  onBehalfOf?: QueueId;
  trunk: string;
  sipCallId: string;
  arrivedAt: number;
  /** When we took the caller's leg off-hook; null = never. */
  answeredAt: number | null;
  /** When the first agent (or transfer target) answered. */
  agentAnsweredAt: number | null;
  endedAt: number;
  ending: Ending;
  customerId: CustomerId | null;
  tier: string | null;
  language: Language;
  authLevel: AuthLevel;
  dialplanVersion: DialplanVersion | null;
  /** `flow/step` in order, at most 64. */
  ivrPath: string[];
  data: CallData;
  queues: QueueVisit[];
  offers: OfferRecord[];
  agents: AgentRecord[];
  legs: LegRecord[];
  recordings: RecordingRecord[];
  recording: RecordingState;
  /** Absent = nothing was said of recording. */
  consent?: ConsentRecord;
  /** Absent = her queue has none, or no agent of it talked with her. */
  survey?: SurveyRecord;
  /** Sums over the visits, the ringing legs and the agents' parts. */
  queueWaitMs: number;
  ringMs: number;
  talkMs: number;
  holdMs: number;
  wrapUpMs: number;
  /** Of the agent who wrapped up last. */
  disposition: string | null;
  notes: string | null;
}
