/**
 * What can happen to a call, in the past tense. Facts are plain JSON: they lie in the journal and travel between nodes.
 *
 * Terms: a *call* is one customer's contact; a *leg* is one SIP dialog (or attempt) of it, leg 0 being the customer's;
 * an *offer* is one attempt to give a waiting call to one agent, and owns one ringing leg.
 * Times are milliseconds since 1970 (UTC), in the envelope (`src/switchboard.ts`), never in the event.
 */
import type { AgentId, CallbackId, CallId, CustomerId, DialplanVersion, LegId, OfferId, QueueId, TenantId, UserId } from '../../kernel/ids.ts';
import type { ConsentHow, ConsentNeed, ConsentState } from './consent.ts';
import type { PhoneControl, PhoneWord } from './control.ts';
import type { Ending, EndingCause } from './ending.ts';
import type { Rating, SurveyGivenUp, SurveyHow, SurveyNotAsked, SurveyRule } from './survey.ts';

/** A party as the network showed it. `number` is normalised E.164 (`+8613800001001`), a short number, or '' when withheld; `raw` is what came. */
export interface Party {
  number: string;
  raw: string;
  name?: string;
}

export type Language = 'zh' | 'en';
export type SpecialNeed = 'vision' | 'hearing' | 'elder' | 'language' | 'other';
/** 0 number not shown · 1 known by the calling number · 2 service password given · 3 password and a second factor */
export type AuthLevel = 0 | 1 | 2 | 3;

/** What the call knows of its customer; a copy taken when the call came, so that the record says what was known then. */
export interface CustomerCard {
  customerId: CustomerId;
  name: string;
  number: string;
  /** for example none, one_star … gold, platinum, diamond (domain: customer tiers) */
  tier: string;
  language: Language;
  age?: number;
  specialNeeds: SpecialNeed[];
  /** Where she is at home; absent = not known. */
  region?: string;
  /** Whether she may be offered things; absent = she was not asked. */
  marketingConsent?: 'given' | 'refused';
  openTickets: { ticketId: string; title: string; status: string; openedAt: string }[];
  /** `channel`: absent = a call. */
  recentContacts: { callId: string; channel?: string; at: string; queue: string | null; agent: string | null; summary: string }[];
}

/** Call-associated data: flat, small, strings only, so that every peer (desk, record, User-to-User) can carry it. */
export type CallData = Record<string, string>;

/** Where a call can be sent; the rim that heard the wish has looked the address up. */
export type TransferTarget =
  | { kind: 'agent'; agentId: AgentId }
  | { kind: 'queue'; queueId: QueueId }
  | { kind: 'number'; number: string }
  /** A flow of the dialplan that the call has: it is led through that, as if it had come there by itself. */
  | { kind: 'dialplan'; flow: string };

/** Whom an agent asks in while she has somebody on the line. */
export type PartyTarget = Extract<TransferTarget, { kind: 'agent' | 'number' }>;
/** `consult`: she talks with who is asked, and the other hears music · `conference`: who is asked joins those who talk. */
export type AskedFor = 'consult' | 'conference';
/**
 * What came of it. `completed`: who was asked has the customer · `conferenced`: is in a conference with the others · `cancelled`: she gave it up ·
 * `failed`: did not come (the cause says why) · `left`: came, and hung up · `customer_left`: the customer hung up meanwhile.
 */
export type PartyAskEnd = 'completed' | 'conferenced' | 'cancelled' | 'failed' | 'left' | 'customer_left';
export type ConferenceChange = 'began' | 'joined' | 'left' | 'held' | 'retrieved' | 'ended';

/** Who dialled a call from her phone, and where it goes at once; null = the dialplan of its number has it. */
export interface Dialled {
  by: AgentId;
  target: TransferTarget | null;
}

/**
 * An agent calls somebody from her desk: her own phone is rung first, then who is called. That is leg 0, the party that is served, as a caller is.
 * `queueId`: on whose behalf, for recording, wrap-up and forms; null = nobody's.
 */
export interface Outbound {
  by: AgentId;
  target: PartyTarget;
  queueId: QueueId | null;
}

/** What is wanted of a callback. `data`: the call's own, which goes with it. */
export interface CallbackWish {
  queueId: QueueId;
  number: string;
  callee: Party;
  priority: number;
  skills: { skill: string; level: number }[];
  language: Language;
  data: CallData;
}

/** What a callback's call is to do. */
export interface CallbackMark {
  callbackId: CallbackId;
  /** The call in which it was asked for. */
  of: CallId;
  /** ms since 1970 */
  askedAt: number;
  /** 1 = the first try */
  attempt: number;
  first: 'agent' | 'customer';
  ringMs: number;
  /** For a customer who answered and waits; null = silence. */
  music: string | null;
  display?: string;
}

/** `not_offered`: the queue calls nobody back · `already`: this number has one · `not_allowed`: it may not be dialled from here · `no_number`. */
export type CallbackRefusal = 'not_offered' | 'already' | 'full' | 'not_allowed' | 'no_number';

/** `served`: the two talked · `abandoned`: the customer answered and did not wait for an agent · `called_again`: took the place with another call. */
export type CallbackEnd =
  | 'served'
  | 'abandoned'
  | 'no_answer'
  | 'busy'
  | 'rejected'
  | 'network'
  | 'not_allowed'
  | 'expired'
  | 'cancelled'
  | 'called_again'
  | 'queue_gone';

export type LegRole = 'caller' | 'agent' | 'target';

/** Why a call stopped waiting in a queue. */
export type QueueExit =
  | 'answered'
  | 'abandoned'
  | 'timeout'
  | 'full'
  | 'no_agents'
  | 'closed'
  | 'emergency'
  | 'dissuaded'
  | 'overflow'
  | 'key'
  | 'transferred'
  | 'ended';

/** Where a queue overflows. `also`: it waits on and the other queue's agents may serve it too · `exit` of the dialplan · `callback`: it is offered one. */
export type OverflowTarget = { kind: 'queue' | 'also'; queueId: QueueId } | { kind: 'exit'; exit: string } | { kind: 'callback' };

export const overflowConditions = [
  ...(['waited', 'waiting', 'longest_wait', 'state', 'no_agents', 'service_level'] as const),
  ...(['estimate', 'estimate_by_longest_wait', 'estimate_by_pace'] as const),
] as const;

/** A condition that held: what it was and what it was held against, in callers, ms or percent, or by name. */
export interface OverflowReason {
  what: (typeof overflowConditions)[number];
  is: number | string;
  bound: number | string;
}

/** Why an offer to an agent came to nothing; `answered` is the good end. `answered_elsewhere`: it rang at several, and another was first. */
export type OfferEnd = 'answered' | 'no_answer' | 'rejected' | 'busy' | 'unreachable' | 'caller_gone' | 'withdrawn' | 'answered_elsewhere';

/** Why this agent got this caller, as it stood when she was chosen. Times are ms since 1970. */
export interface OfferChoice {
  /** The comparators in their order; the first in which hers and the runner-up's keys differ decided. With equal keys the one who stood there first was taken. */
  by: string[];
  keys: number[];
  /** Whom it would have been; null = nobody else was idle. */
  runnerUp: { agentId: AgentId; keys: number[] } | null;
  /** Idle agents it could have been given to, she included. */
  idle: number;
  caller: CallerPlace;
  /** Steps of the queue's widening the caller had come to; absent = none. */
  step?: number;
  /** It waited for her alone; absent = for whoever may serve it. */
  awaited?: string;
  /** Whom she would have served otherwise. */
  nextCaller: CallerPlace | null;
}

/** Where a caller stood: higher priority first, then who has been in line longer. */
export interface CallerPlace {
  callId: CallId;
  priority: number;
  placedAt: number;
}

/** One direction of a leg's sound: MOS estimate (1 bad … 4.5) over all of it and of its worst 5 s. */
export interface AudioDirection {
  mos: number;
  worstMos: number;
  lossPct: number;
  jitterMs: number;
}
export type AudioTrouble = 'not_heard' | 'not_hearing' | 'poor';
/** What the media server measured on a leg. `heard`: the party, as it reached us; `sent`: us, as the party reports it. null = nothing to tell by. */
export interface LegAudio {
  codec: string | null;
  heard: AudioDirection | null;
  sent: AudioDirection | null;
  roundTripMs: number | null;
  troubles: AudioTrouble[];
  /**
   * Absent: all its audio went through the media server. Else some went from phone to phone: what the party's phone says it received, over the whole
   * call, as far as it says anything.
   */
  direct?: AudioDirection | 'not_measured';
}

/**
 * What a queue says of recording. `optional`: as its `record` says, and a talk goes on unrecorded rather than not at all · `mandatory`: it is
 * recorded or does not take place · `forbidden`: it never is.
 */
export type RecordingRule = 'optional' | 'mandatory' | 'forbidden';

/** Who keeps a recording silent; each kind holds it once. */
export type PauseHolder = 'agent' | 'api' | 'flow' | 'capture';
/** And who that was, for the audit trail. */
export type PausedBy = { kind: 'agent'; agentId: AgentId } | { kind: 'user'; userId: UserId } | { kind: 'flow' } | { kind: 'server' };

/**
 * How far a field is that an agent has the customer key in unheard. `keying`: whatever is pressed is secret from now on · `kept`: it is there ·
 * `invalid`: too short, or no number · `silent`: no key came · `cancelled`: she gave it up, or the two were parted · `failed`: it could not be made secret.
 */
export type CaptureState = 'keying' | 'kept' | 'invalid' | 'silent' | 'cancelled' | 'failed';

export type PromptEnd = 'finished' | 'barge_in' | 'stopped' | 'failed';
export type CollectEnd = 'complete' | 'finish_key' | 'timeout' | 'stopped' | 'failed';
export type AuthenticationResult = 'ok' | 'wrong' | 'locked' | 'no_input' | 'unavailable';

/** What a call may ask for beside skills, all of it optional. */
export interface QueueWishes {
  /** Who has these is chosen first. */
  preferredSkills?: { skill: string; level: number }[];
  /** So much longer it counts as waiting: who is more important than others comes earlier, and nobody waits for ever. */
  virtualWaitMs?: number;
  /** Who should serve it: up to `waitMs` it waits for her alone, while she is at work. */
  preferredAgent?: { agentId: AgentId; waitMs: number };
  /** Where the call came in; queues may choose agents who sit there. */
  place?: string;
  /** It was told that it takes long, and waits all the same: that queue does not dissuade it. */
  insists?: true;
}

/** `listen`: nobody hears the supervisor · `whisper`: agents do · `barge`: all do · `take_over`: she takes the agent's place. */
export const supervisionModes = ['listen', 'whisper', 'barge', 'take_over'] as const;
export type SupervisionMode = (typeof supervisionModes)[number];
export type SupervisionEnd = 'stopped' | 'supervisor_left' | 'customer_left' | 'agent_left' | 'no_answer' | 'failed' | 'took_over';

/** Where a leg is to be found in the SIP server and the media server, for whoever goes on with its call after a restart of ours. */
export interface LegStands {
  /** By which the SIP server knows its dialog. */
  dialogId: string;
  /** Whose phone it is; null = nobody's here. */
  agentId: AgentId | null;
  mediaGroup: string;
  signallingAddress: string;
  /** The trunk it goes over; null = none. */
  trunkId: string | null;
  /** What its phone does when told to; absent = nothing. */
  takes?: PhoneWord[];
}

export type CallEvent =
  // -- the call and its legs (rim: phone)
  | {
      type: 'callArrived';
      callId: CallId;
      legId: LegId;
      tenantId: TenantId;
      caller: Party;
      callee: Party;
      trunk: string;
      sipCallId: string;
      /** Absent = it came from outside. */
      dialled?: Dialled;
      /** The dialplan's flow that the number enters now by its own settings; absent = as the dialplan says. */
      flow?: string;
      /** It is a call of ours, to a customer who asked to be called back; leg 0 is dialled when its time has come. */
      callback?: CallbackMark;
      /** An agent makes it from her desk: `caller` is who is called, `callee` she. */
      outbound?: Outbound;
    }
  /** Her phone has answered, and now `legId` (0) of who is called is to be: a number is dialled, an agent is offered the call by the acd. */
  | { type: 'destinationCalled'; callId: CallId; legId: LegId; by: AgentId; target: PartyTarget }
  | { type: 'legRinging'; callId: CallId; legId: LegId }
  /** `stands`: by what a later run of ours finds its dialog and its audio again; absent = it cannot. */
  | { type: 'legAnswered'; callId: CallId; legId: LegId; stands?: LegStands }
  /** Whether its phone can be told to go off-hook now, where that is another thing than her registered phones had said. */
  | { type: 'legPickable'; callId: CallId; legId: LegId; pickable: boolean }
  /** Its phone has not done what it was told: it refused (with this status), said nothing, or agreed and did nothing. */
  | { type: 'legControlFailed'; callId: CallId; legId: LegId; control: PhoneControl; why: 'refused' | 'silent' | 'unmoved'; sip?: number }
  /** `by` phone: it sends or takes no sound meanwhile. Absent: held here alone. */
  | { type: 'legHeld'; callId: CallId; legId: LegId; by?: 'phone' }
  | { type: 'legRetrieved'; callId: CallId; legId: LegId; by?: 'phone' }
  /** Its audio went with its media server; the SIP dialog stands. */
  | { type: 'legMediaLost'; callId: CallId; legId: LegId }
  /** It has audio again, at another endpoint on which nothing plays and nobody is joined yet. */
  | { type: 'legMediaRestored'; callId: CallId; legId: LegId }
  | { type: 'legEnded'; callId: CallId; legId: LegId; ending: Ending }
  /** Its sound is bad or goes one way only; `none` = no longer. */
  | { type: 'legAudioTroubled'; callId: CallId; legId: LegId; trouble: AudioTrouble | 'none' }
  /** How it sounded: told once, behind its end. */
  | { type: 'legAudioMeasured'; callId: CallId; legId: LegId; audio: LegAudio }
  /** The phone of this leg asked (REFER) for the other party to be sent elsewhere. */
  | { type: 'transferAsked'; callId: CallId; legId: LegId; target: TransferTarget }
  /** The phone asked (REFER with Replaces) for the party of this leg to be joined with the party of another leg of hers. */
  | { type: 'attendedTransferAsked'; callId: CallId; legId: LegId; consult: { callId: CallId; legId: LegId } }
  /** A phone of this agent asked (INVITE with Replaces) for its leg to take another's place. */
  | { type: 'takeoverAsked'; callId: CallId; legId: LegId; replaces: LegId; agentId: AgentId }
  // -- what the caller is given (rims: sound, ivr/actions, customers)
  /** `surveyedAt`: when this number was last asked to rate a call, ms since 1970; absent = never, or not known. */
  | { type: 'customerFound'; callId: CallId; customer: CustomerCard | null; authLevel: AuthLevel; surveyedAt?: number }
  | { type: 'promptEnded'; callId: CallId; legId: LegId; playId: string; end: PromptEnd }
  /** Never the digits of a masked step: those stay in the rim that checks them. */
  | { type: 'digitsCollected'; callId: CallId; legId: LegId; playId: string; digits: string; end: CollectEnd }
  /**
   * As `digitsCollected`, of a step whose keys are secret: how many there were, and no more. `valid`: enough of them, all digits; they are kept
   * under `name` beside the call, in memory alone. `alone`: the only key there was, where one key cannot be what was asked for.
   */
  | {
      type: 'secretCollected';
      callId: CallId;
      legId: LegId;
      playId: string;
      name: string;
      count: number;
      valid: boolean;
      end: CollectEnd;
      alone: string | null;
    }
  /** What an agent has the customer key in: `legId` is the customer's. */
  | { type: 'captureChanged'; callId: CallId; legId: LegId; captureId: string; by: AgentId; form: string; field: string; state: CaptureState; count: number }
  /** What was keyed in secretly was handed to whom it is meant for (or not), and is forgotten here. `values`: the answer. `by` null: the dialplan. */
  | {
      type: 'secretsDelivered';
      callId: CallId;
      deliveryId: string;
      by: AgentId | null;
      form: string;
      names: string[];
      ok: boolean;
      values: Record<string, string>;
    }
  | { type: 'authenticationEnded'; callId: CallId; legId: LegId; playId: string; result: AuthenticationResult; authLevel: AuthLevel }
  | { type: 'lookupEnded'; callId: CallId; playId: string; ok: boolean; values: Record<string, string> }
  | { type: 'legsJoined'; callId: CallId; legIds: [LegId, LegId] }
  /** Their phones send audio to one another. */
  | { type: 'legsDirect'; callId: CallId; legIds: [LegId, LegId] }
  /** They do not, or no longer: it could not be, or a phone changed its audio. `moved`: one at least was told to. */
  | { type: 'directEnded'; callId: CallId; legIds: [LegId, LegId] | null; moved: boolean }
  | { type: 'recordingStarted'; callId: CallId; recordingId: string; path: string }
  /** `seal`: last value of the hash chain of a sealed file; `bytes`: its length. Told again when a file whose writer died has been mended. */
  | {
      type: 'recordingEnded';
      callId: CallId;
      recordingId: string;
      path: string;
      durationMs: number;
      complete: boolean;
      reason?: string;
      seal?: string;
      bytes?: number;
    }
  /** Nothing that is said is to be recorded for a while. `forMs` null: the usual time. */
  | { type: 'recordingPauseAsked'; callId: CallId; holder: PauseHolder; by: PausedBy; forMs: number | null }
  | { type: 'recordingResumeAsked'; callId: CallId; holder: PauseHolder; by: PausedBy }
  // -- established by the pure rooms themselves, for the others and for the record
  /** Both sides are silent in what is being recorded, and in what will be, until the last holder resumes. */
  | { type: 'recordingPaused'; callId: CallId; recordingId: string | null; holder: PauseHolder; by: PausedBy; until: number }
  | { type: 'recordingResumed'; callId: CallId; recordingId: string | null; holder: PauseHolder; by: PausedBy; why: 'asked' | 'timeout' }
  /** Its customer was told that she is recorded, agreed, or did not. `refused` holds wherever the call goes. */
  | { type: 'consentNoted'; callId: CallId; consent: ConsentState; how: ConsentHow }
  | { type: 'flowEntered'; callId: CallId; version: DialplanVersion; flow: string; step: string }
  | { type: 'languageChosen'; callId: CallId; language: Language }
  | { type: 'dataSet'; callId: CallId; data: CallData; by: 'flow' | 'network' | AgentId }
  | ({
      type: 'callQueued';
      callId: CallId;
      queueId: QueueId;
      priority: number;
      skills: { skill: string; level: number }[];
      maxWaitMs: number | null;
      /** This queue overflowed into the other; absent = it came by itself. */
      from?: QueueId;
    } & QueueWishes)
  /** Who waits is to be told: its place (1 = next), how many minutes it takes about half of the callers, a prompt; null = not this one. */
  | { type: 'waitAnnounced'; callId: CallId; queueId: QueueId; position: number | null; minutes: number | 'several' | null; message: string | null }
  /** Who waits pressed a key that leads out of the queue. */
  | { type: 'queueKeyPressed'; callId: CallId; queueId: QueueId; key: string }
  /** `to`: of `overflow`. */
  | { type: 'callLeftQueue'; callId: CallId; queueId: QueueId; exit: QueueExit; to?: OverflowTarget }
  /** The step (1 = the first) of the queue's overflow was taken, and why; where it leaves for `to`, `callLeftQueue` follows. */
  | { type: 'callOverflowed'; callId: CallId; queueId: QueueId; step: number; at: 'door' | 'waiting'; to: OverflowTarget; why: OverflowReason[] }
  /** queueId null = a direct offer (transfer to this very agent). `record`: whether it is to be recorded, `recording` the queue's rule; absent = optional. */
  | {
      type: 'callOffered';
      callId: CallId;
      queueId: QueueId | null;
      record: boolean;
      recording?: Exclude<RecordingRule, 'optional'>;
      /** What recording needs of the customer; absent = nothing. */
      consent?: ConsentNeed;
      /** Their phones may send audio to one another; absent = no. */
      direct?: true;
      /** Once she leaves a conference in which no other agent is, it is over; absent = the others go on. */
      conferenceEnds?: true;
      /** What the queue has callers asked after the talk; absent = nothing. */
      survey?: SurveyRule;
      offerId: OfferId;
      legId: LegId;
      agentId: AgentId;
      until: number;
      /** Absent: a direct offer, or one of before offers said why. */
      choice?: OfferChoice;
    }
  | { type: 'offerEnded'; callId: CallId; queueId: QueueId | null; offerId: OfferId; legId: LegId; agentId: AgentId; end: OfferEnd }
  /** The caller is being sent elsewhere. By number: `legId` rings there. To an agent: the acd makes a direct offer. To a queue: callQueued follows. `kept`: the party that is sent, where an agent sends it. */
  | { type: 'callTransferred'; callId: CallId; legId: LegId | null; target: TransferTarget; by: 'flow' | LegId; kept?: LegId }
  /**
   * Two calls of one agent became one: leg `legId` of the call `from`, of `agentId`'s phone if it is an agent's, is now a leg of `callId`, and
   * talks (`up`) or rings for `kept`. Her own legs in the two, `by` and `byOther`, end as transferred.
   */
  | {
      type: 'callsMerged';
      callId: CallId;
      from: CallId;
      legId: LegId;
      agentId: AgentId | null;
      up: boolean;
      kept: LegId;
      by: LegId;
      byOther: LegId;
    }
  /** An agent (`by` is her leg) asks somebody in. `legId`: of a number; an agent is offered the call by the acd. `kept`: who hears music meanwhile; null = nobody, all go on. */
  | { type: 'partyAsked'; callId: CallId; how: AskedFor; by: LegId; agentId: AgentId; kept: LegId | null; legId: LegId | null; target: PartyTarget }
  /** `held`: the customer goes on hearing music until she takes them back. `legId` null: nobody was rung at all. */
  | {
      type: 'partyAskEnded';
      callId: CallId;
      how: AskedFor;
      by: LegId;
      agentId: AgentId;
      legId: LegId | null;
      target: PartyTarget;
      end: PartyAskEnd;
      cause: EndingCause | null;
      held: boolean;
    }
  /** Who asks hears `heard` from now on, and the other hears music. */
  | { type: 'consultToggled'; callId: CallId; by: LegId; heard: LegId }
  /** Who is in it after the change, those who hold included; nobody = it is over. */
  | { type: 'conferenceChanged'; callId: CallId; change: ConferenceChange; legId: LegId | null; legIds: LegId[] }
  /** The media server could not mix them. */
  | { type: 'conferenceFailed'; callId: CallId }
  /** A supervisor is to be on the call with her phone, or, being on it, in another way. `of`: the agent it is about. */
  | { type: 'supervisionAsked'; callId: CallId; mode: SupervisionMode; phone: AgentId; of: AgentId | null; by: UserId; byName: string }
  /** `by` null: by somebody who may end any. */
  | { type: 'supervisionStopAsked'; callId: CallId; by: UserId | null }
  /** `agentId`: whom it is about. */
  | {
      type: 'supervisionChanged';
      callId: CallId;
      legId: LegId;
      agentId?: AgentId;
      by: UserId;
      byName: string;
      mode: SupervisionMode;
      change: 'ringing' | 'began' | 'mode' | 'ended';
      end?: SupervisionEnd;
    }
  /** Leg `legId` has the customer (`kept`) in the place of `by`, who goes or is gone. */
  | { type: 'callHandedOn'; callId: CallId; legId: LegId; agentId: AgentId | null; by: LegId; kept: LegId }
  /** Answered, `legId` has taken the place of `replaces`, which ends. */
  | { type: 'legReplaced'; callId: CallId; legId: LegId; replaces: LegId; agentId: AgentId }
  /** The agent's leg has ended, and the caller goes through this flow, in which she is asked to rate. It counts for this agent and queue. */
  | { type: 'surveyAsked'; callId: CallId; queueId: QueueId; agentId: AgentId; flow: string; how: SurveyHow }
  /** The queue has a survey, and she was not asked. */
  | { type: 'surveyNotAsked'; callId: CallId; queueId: QueueId; agentId: AgentId; why: SurveyNotAsked }
  /** `asksWhy`: a second question follows. */
  | { type: 'surveyAnswered'; callId: CallId; rating: Rating; asksWhy: boolean }
  /** By its name in the dialplan. */
  | { type: 'surveyReasonGiven'; callId: CallId; reason: string }
  | { type: 'surveyGivenUp'; callId: CallId; question: 'rating' | 'reason'; why: SurveyGivenUp }
  /** In this call somebody asked to be called back; whether the number may be dialled has been looked at. */
  | ({ type: 'callbackAsked'; callId: CallId } & CallbackWish)
  /** An agent has booked it from her desk; whether the number may be dialled has been looked at. Nobody is called before `notBefore` or after `notAfter`. */
  | ({
      type: 'callbackBooked';
      callId: CallId;
      callbackId: CallbackId;
      tenantId: TenantId;
      by: AgentId;
      notBefore: number | null;
      notAfter: number | null;
    } & CallbackWish)
  | { type: 'callbackRefused'; callId: CallId; queueId: QueueId; why: CallbackRefusal }
  /** The place of this call is kept for a callback; `by`: an agent booked it, and the call goes on. */
  | { type: 'callbackPlaced'; callId: CallId; callbackId: CallbackId; queueId: QueueId; number: string; by?: AgentId }
  /** `callId`: the call that stood for it last, of which the others may not have heard; `of`: the one it was asked for in. */
  | { type: 'callbackEnded'; callbackId: CallbackId; callId: CallId; of: CallId; queueId: QueueId; end: CallbackEnd }
  /** Something of ours threw while it did what this call had asked for (`where`, a command or a room): what became of it nobody knows, and the call ends. */
  | {
      type: 'callBroke';
      callId: CallId;
      where: string;
      /** Its first leg, where it broke as the call arrived. */
      legId?: LegId;
    }
  | { type: 'callEnded'; callId: CallId; ending: Ending };
