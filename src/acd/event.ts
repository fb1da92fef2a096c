/** What happens to agents and queues. Facts about calls in queues are in `../call/event.ts`. */
import type { AgentId, CalendarId, CallbackId, CallId, LegId, QueueId, TenantId, UserId } from '../../kernel/ids.ts';
import type { RecordingRule } from '../call/event.ts';
import type { Location } from '../call/location.ts';
import type { Notice } from '../call/notice.ts';
import type { CalendarConfiguration, QueueState } from './calendar/calendar.ts';
import type { InteractionEvent } from './channels/event.ts';
import type { AgentSections, QueueSections } from './sections.ts';

/** Why an agent is not ready. Several can hold at once; she is ready when none does. */
export type NotReadyReason =
  | 'signed_in' // just signed in: she says when she starts
  | 'break'
  | 'meal'
  | 'training'
  | 'meeting'
  | 'other'
  | 'no_answer' // RONA
  | 'rejected'
  | 'busy'
  | 'unreachable'
  | 'phone_lost'
  | 'client_lost'
  | 'restart'
  | 'own_call' // on a call she dialled herself
  | 'supervisor';

/** signed_out → not_ready ⇄ ready → offered → talking → wrapping_up → ready | not_ready */
export type AgentState = 'signed_out' | 'not_ready' | 'ready' | 'offered' | 'talking' | 'wrapping_up';

/**
 * The same more finely. `serving`: ready, with work of other channels; `reserved`: a call is hers, and her phone does not ring yet (or no longer); `holding`: she has put it on hold; `consulting`:
 * she has dialled somebody else meanwhile.
 */
export type AgentActivity = 'signed_out' | 'not_ready' | 'ready' | 'serving' | 'reserved' | 'ringing' | 'talking' | 'holding' | 'consulting' | 'wrapping_up';

export interface QueueConfiguration extends QueueSections {
  queueId: QueueId;
  tenantId: TenantId;
  name: Record<'zh' | 'en', string>;
  /** What an agent must have to be offered its calls, beside membership. */
  skills: { skill: string; level: number }[];
  /** Longest wait before the caller goes back to the dialplan; null = none. */
  maxWaitMs: number | null;
  /** Most waiting callers; the next one goes back to the dialplan at once. */
  maxWaiting: number;
  /** true: a caller who comes (or stays) while no agent is signed in goes back to the dialplan. */
  leaveWhenNoAgents: boolean;
  ringTimeoutMs: number;
  wrapUpMs: number;
  record: boolean;
  /** Absent = optional. */
  recording?: RecordingRule;
  /** `direct`: who talk unrecorded send their audio to one another, where their phones can. Absent = anchored at the media server. */
  media?: 'anchored' | 'direct';
  /** Music source for those who wait; null = silence. */
  music: string | null;
  /** Service level threshold. */
  answerWithinMs: number;
}

export interface AgentConfiguration extends AgentSections {
  agentId: AgentId;
  tenantId: TenantId;
  /** Job number: also her SIP user and sign-in name, for example 8001. */
  number: string;
  name: string;
  queues: QueueId[];
  /** skill → level 1–10 */
  skills: Record<string, number>;
  /** A phone at a fixed address that needs no registration, for example `sip:b1@127.0.0.1:5970`. */
  staticContact: string | null;
  /** How her phone is rung; absent = the usual. */
  phone?: PhoneSettings;
}

export interface PhoneSettings {
  /** Her phone goes off-hook by itself: for customers' calls, for colleagues' too, or never (the usual). */
  autoAnswer?: 'never' | 'customers' | 'always';
  /** It is sent the call's data in User-to-User (RFC 7433). */
  userToUser?: boolean;
  /** It is sent its message summary (RFC 3842) whenever it registers or the count changes, also without having subscribed. */
  messageSummary?: boolean;
  /** Where it stands, told to emergency services; absent = where the tenant's phones stand. */
  location?: Location;
}

/** Which bound was passed; `over`: all are kept again · `rules`: the queue has no such reserve any more. */
export type ReserveWhy = 'longest_wait' | 'waiting' | 'estimated_wait' | 'service_level' | 'over' | 'rules';

/** Why a call waits for one agent: it asked for her, or she served its number last. */
export type AwaitedWhy = 'preferred_agent' | 'last_agent';

export type AcdEvent =
  | InteractionEvent
  | { type: 'queueConfigured'; queue: QueueConfiguration }
  | { type: 'queueRemoved'; queueId: QueueId }
  | { type: 'calendarConfigured'; calendar: CalendarConfiguration }
  | { type: 'calendarRemoved'; calendarId: CalendarId }
  /** At once and until then (null = until it is switched again), whatever its calendar says; `calendar` takes it back. `notice`: what who is sent back hears first. */
  | { type: 'queueSwitched'; queueId: QueueId; state: QueueState | 'calendar'; until: number | null; by: UserId; notice?: Notice }
  | { type: 'agentConfigured'; agent: AgentConfiguration }
  | { type: 'agentRemoved'; agentId: AgentId }
  // -- from desks and the API
  | { type: 'agentSignedIn'; agentId: AgentId }
  /** `by`, here and below: the supervisor who had it so; absent = she herself, or the house. */
  | { type: 'agentSignedOut'; agentId: AgentId; by?: UserId }
  /** Clears every not-ready reason she may clear herself. */
  | { type: 'agentWentReady'; agentId: AgentId; by?: UserId }
  /** `by` and the reason `supervisor`: a supervisor holds her, under this name and with these words for her. */
  | { type: 'agentWentNotReady'; agentId: AgentId; reason: NotReadyReason; by?: UserId; byName?: string; note?: string }
  /** By one step, as far as the queue lets her. */
  | { type: 'wrapUpExtended'; agentId: AgentId; callId: CallId }
  | { type: 'wrapUpEnded'; agentId: AgentId; callId: CallId; disposition: string | null; notes: string | null; form?: Record<string, string> }
  // -- from the phone rim
  | { type: 'phoneReachable'; agentId: AgentId }
  | { type: 'phoneLost'; agentId: AgentId }
  // -- from the desks
  | { type: 'deskConnected'; agentId: AgentId }
  | { type: 'deskLost'; agentId: AgentId }
  // -- from whoever watches the invariants
  /** The leg that holds her has not been there for a while, and its end was never told. */
  | { type: 'leaseExpired'; agentId: AgentId; legId: LegId }
  // -- from the rim that watches the disk of the recordings
  | { type: 'recordingSpaceChanged'; full: boolean }
  // -- from whoever watches whether what is said of a new call can be kept
  | { type: 'intakeChanged'; shut: boolean }
  /** By somebody of the house; one whose agent has answered goes on. */
  | { type: 'callbackCancelled'; callbackId: CallbackId; by: UserId }
  /** A supervisor moves who waits: to another queue, or (the same) before others. `priority` null: as it came. */
  | { type: 'callMoveAsked'; callId: CallId; queueId: QueueId; priority: number | null; by: UserId }
  // -- established by the acd itself
  /** `until`: when its calendar, or the end of the switch, may change it. */
  | { type: 'queueStateChanged'; queueId: QueueId; state: QueueState; until: number | null; why: 'calendar' | 'switched' }
  /** Agents who help the queue out may be offered its calls from now on, or no longer. */
  | { type: 'reserveChanged'; queueId: QueueId; reserve: string; open: boolean; why: ReserveWhy }
  /** The call waits for her alone, until then or until she is away. */
  | { type: 'agentAwaited'; callId: CallId; queueId: QueueId; agentId: AgentId; why: AwaitedWhy; until: number }
  /** The call waits for whoever may serve it. */
  | { type: 'agentAwaitedNoMore'; callId: CallId; queueId: QueueId; agentId: AgentId; end: 'time' | 'away' }
  /** The step (1 = the first) of the queue's widening has been taken: more agents may serve it. */
  | { type: 'callWidened'; callId: CallId; queueId: QueueId; step: number }
  /** `reasons`: why she is not ready; while a call has her, what takes effect after it. */
  | {
      type: 'agentStateChanged';
      agentId: AgentId;
      state: AgentState;
      reasons: NotReadyReason[];
      callId: CallId | null;
      wrapUpUntil: number | null;
      /** When she is ready again by herself, having failed to take a call; absent = she is not pausing. */
      pausedUntil?: number;
      /** Absent = what the state says: `reserved` of `offered`, else the same. */
      activity?: AgentActivity;
      /** While a call has her: what she will be after it. Absent = ready again, or no call has her. */
      afterwards?: 'not_ready' | 'signed_out';
    };
