/** What a call is, while it lives. Folded from events by `decide.ts`; read by every room to the right. */
import type { AgentId, CallId, LegId, OfferId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { Capture } from './capture.ts';
import type { Conference, Invitation } from './conference.ts';
import type { ConsentNeed, ConsentState } from './consent.ts';
import type { Consult } from './consult.ts';
import type { PhoneWord } from './control.ts';
import type { DirectState } from './direct.ts';
import type { Ending } from './ending.ts';
import type { AuthLevel, CallbackMark, CallData, CustomerCard, Dialled, Language, LegRole, OfferEnd, Party, PauseHolder, RecordingRule } from './event.ts';
import type { OutboundCall } from './outbound.ts';
import type { OverflowMark } from './overflowed.ts';
import type { Pause } from './pausing.ts';
import type { Supervision } from './supervising.ts';
import type { SurveyRule } from './survey.ts';

export type LegState =
  | { state: 'arriving' } // the caller's leg before our 200
  | { state: 'dialling' } // a leg of ours before any answer
  | { state: 'ringing' }
  | { state: 'up'; since: number; held: boolean }
  | { state: 'ended'; at: number; ending: Ending };

export interface Leg {
  legId: LegId;
  role: LegRole;
  /** The agent whose phone this is; null for callers and numbers. */
  agentId: AgentId | null;
  offerId: OfferId | null;
  /** What was dialled; absent = it is not a number's, or it called. */
  number?: string;
  /** Nobody hears it. */
  muted?: boolean;
  /** What it talks is to be recorded. */
  record: boolean;
  /** The queue's rule; absent = optional. */
  recording?: RecordingRule;
  /** The queue lets its phone and the other's send audio to one another. */
  direct?: boolean;
  /** Once she leaves a conference in which no other agent is, it is over. */
  conferenceEnds?: boolean;
  /** What who talks with it is asked afterwards; absent = nothing. */
  survey?: SurveyRule;
  /** She ends it to have that asked. */
  sentToSurvey?: true;
  /** How its offer came to nothing; absent = it did not. Should it answer all the same, the call is no longer its. */
  offerEnd?: Exclude<OfferEnd, 'answered'>;
  startedAt: number;
  progress: LegState;
  /** What its phone does when told to; absent = nothing. */
  takes?: readonly PhoneWord[];
  /** It is its phone that holds. */
  holdsItself?: boolean;
}

export interface Call {
  callId: CallId;
  tenantId: TenantId;
  arrivedAt: number;
  caller: Party;
  callee: Party;
  /** An agent dialled it from her phone; null = it came from outside. */
  dialled: Dialled | null;
  /** It is ours, to a customer who asked to be called back. */
  callback: CallbackMark | null;
  /** When its number was last asked to rate an earlier call; absent = never, or not known. */
  surveyedAt?: number;
  /** Whether somebody is asked in this one is decided. */
  surveyed?: true;
  /** Its leg 0 was dialled. */
  callbackDialled: boolean;
  /** An agent made it from her desk; null = it came otherwise. */
  outbound: OutboundCall | null;
  /** The party she dialled answered first, and her own leg is being answered. */
  answering: LegId | null;
  legs: Map<LegId, Leg>;
  /** Number of the next leg that a transfer dials; agents' legs are numbered by the acd. */
  nextTransferLeg: number;
  customer: CustomerCard | null;
  authLevel: AuthLevel;
  language: Language;
  data: CallData;
  /** Steps of the dialplan in order, `flow/step`, at most 64 kept. */
  ivrPath: string[];
  /** The queue it waits or last waited in. */
  queueId: QueueId | null;
  waiting: boolean;
  /** How it overflowed since it last was answered, first to last; absent = it did not. */
  overflows?: OverflowMark[];
  /** It was answered since: queued again, it begins anew. */
  overflowsOver?: boolean;
  /** The two legs that hear each other now. */
  joined: [LegId, LegId] | null;
  /** Whether they do so past the media server; null = they do not. */
  direct: DirectState | null;
  /** How often that was tried. */
  directs: number;
  /** The recording under way. */
  recordingId: string | null;
  /** It is being written. */
  recordingRuns: boolean;
  /** Whose talk it is: left and right. Two of a conference, or the customer and who consults somebody, may not be those who are joined. */
  recorded: [LegId, LegId] | null;
  /** How many there were so far. */
  recordings: number;
  /** What its customer was told of recording, or said to it; absent = nothing. */
  consent?: ConsentState;
  /** What recording needs in the queue that has it; absent = nothing. */
  consentNeed?: ConsentNeed;
  /** Who keeps its recordings silent. */
  pauses: Map<PauseHolder, Pause>;
  /** What an agent is having the customer key in unheard. */
  capture: Capture | null;
  /** How many there were so far. */
  captures: number;
  /** Fields of a form that were keyed in and not yet handed on. */
  captured: Set<string>;
  /** Legs being answered that are to take another's place: new → old. */
  takeovers: Map<LegId, LegId>;
  /** A blind transfer under way: who asked, and whether a leg of ours (agent or number) is to take over. */
  transfer: { from: LegId } | null;
  /** An agent asks somebody while the customer waits; null = nobody does. */
  consult: Consult | null;
  /** More than two hear one another. */
  conference: Conference | null;
  /** Who is being rung to join those who talk. */
  invitations: Invitation[];
  /** A supervisor is on it, or being rung; null = nobody is. */
  supervision: Supervision | null;
  /** Legs whose media server died, and which are being put on another endpoint. */
  adrift: Set<LegId>;
  /** Told to end because it is longer than any call should be. */
  overdue: boolean;
  /** Something of ours broke in it, and it is being ended. */
  broke?: true;
  /** How the caller's leg ended, seen from the whole call; the call is over when no other leg is left. */
  ending: Ending | null;
  /** ms since 1970, set with the `callEnded` event. */
  endedAt: number | null;
}

/** Calls, read-only, as rooms to the right and rims see them. */
export interface CallsView {
  /** A live call, or one that ended within the last minutes (its agent may still be wrapping up). */
  get(callId: CallId): Call | undefined;
  /** Live calls only. */
  values(): IterableIterator<Call>;
  /** How many are live. */
  readonly size: number;
}

export function callerLeg(call: Call): Leg | undefined {
  for (const leg of call.legs.values()) if (leg.role === 'caller') return leg;
  return undefined;
}
/** What is said on this leg is heard by somebody: of the two, or in a conference. */
export const isTalking = ({ joined, conference }: Pick<Call, 'joined' | 'conference'>, legId: LegId): boolean =>
  joined?.includes(legId) === true || (conference?.legIds.includes(legId) === true && !conference.away.includes(legId));
export const isUp = (leg: Leg | undefined): boolean => leg?.progress.state === 'up';
export const isEnded = (leg: Leg | undefined): boolean => leg === undefined || leg.progress.state === 'ended';
