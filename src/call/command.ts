/**
 * What the pure rooms ask of the world, in the imperative; plain JSON. Each is carried out by the one rim that
 * registered for it (`src/switchboard.ts`), which answers with events: a command that cannot be done ends as an event too.
 */
import type { AgentId, CallId, CustomerId, LegId, OfferId, QueueId, TenantId } from '../../kernel/ids.ts';
import type { EndedBy, EndingCause } from './ending.ts';
import type { CallbackWish, Language } from './event.ts';

export type ToneName = 'milliwatt' | 'ringback' | 'busy' | 'congestion' | 'unobtainable' | 'beep' | 'silence';

/**
 * One thing to be heard.
 * `prompt`: recorded prompt by name, in a language, from the tenant's folder (`dialplans/<tenant>/prompts/<language>/<name>.wav`).
 * `speech`: a text, spoken by a machine; where that cannot be, the prompt `fallback` instead, or nothing.
 * `tone`: of the telephone network, by name. `music`: a shared looped source by name.
 */
export type Sound =
  | { kind: 'prompt'; name: string; language: Language }
  | { kind: 'speech'; text: string; language: Language; fallback: string | null }
  | { kind: 'tone'; name: ToneName; ms?: number }
  | { kind: 'music'; name: string };

/** How keys are taken after (or during) a prompt. */
export interface Collecting {
  least: number;
  most: number;
  /** Ends the input and is not part of it; null = none. */
  finishKey: string | null;
  /** From the end of the prompt to the first key. */
  firstKeyMs: number;
  betweenKeysMs: number;
}

/** On whose account a call outside is made. */
export type DialAccount = AgentId | 'flow';

/** How loud one leg hears another in a mix; null = not at all. */
export interface HearingGain {
  speaker: LegId;
  listener: LegId;
  db: number | null;
}

export type CallCommand =
  // rim: phone
  | { type: 'answerLeg'; callId: CallId; legId: LegId }
  /** Tells a leg that is not answered yet that its party rings (180). */
  | { type: 'alertLeg'; callId: CallId; legId: LegId }
  /** Rings an agent's phones. `from` is shown as the caller, `autoAnswer`: they are to go off-hook by themselves. Ends as legAnswered or legEnded. */
  | {
      type: 'ringLeg';
      callId: CallId;
      legId: LegId;
      offerId: OfferId;
      agentId: AgentId;
      from: { number: string; name?: string };
      tenantId: TenantId;
      timeoutMs: number;
      autoAnswer?: true;
    }
  /**
   * Rings any number or address on the caller's behalf (transfer). `account`: who answers for it, an agent or the tenant's dialplan. To numbers
   * outside `display` is shown where it is the tenant's to show, else what stands for the `purpose` (default `service`); `from` is for phones.
   */
  | {
      type: 'dialLeg';
      callId: CallId;
      legId: LegId;
      tenantId: TenantId;
      target: string;
      from: { number: string; name?: string };
      timeoutMs: number;
      account: DialAccount;
      purpose?: string;
      display?: string;
    }
  /** Ends a leg, whatever its state (refuse, CANCEL, BYE). Always answered by legEnded, once. */
  | { type: 'releaseLeg'; callId: CallId; legId: LegId; cause: EndingCause; by: EndedBy }
  /** From now on this leg belongs to that call: what is told of it bears its id. */
  | { type: 'moveLeg'; callId: CallId; legId: LegId }
  /** Tells the phone of this leg that the transfer it asked for (REFER) came to nothing. */
  | { type: 'refuseTransfer'; callId: CallId; legId: LegId; cause: EndingCause }
  /** Asks the phone of a ringing leg to go off-hook by itself (NOTIFY talk), where it can. */
  | { type: 'pickUpLeg'; callId: CallId; legId: LegId }
  /** Tells the phone of a leg that stands to hold or to retrieve (NOTIFY hold, talk). Answered by legHeld or legRetrieved, else by legControlFailed. */
  | { type: 'controlPhone'; callId: CallId; legId: LegId; control: 'hold' | 'retrieve' }
  /** Puts a leg that stands, and whose audio is lost, on another endpoint (re-INVITE). Answered by legMediaRestored or legEnded. */
  | { type: 'reanchorLeg'; callId: CallId; legId: LegId }
  /** Has the phones of the two send audio to one another, past the media server. Answered by legsDirect or directEnded. */
  | { type: 'directLegs'; callId: CallId; legIds: [LegId, LegId] }
  /** Whether the tenant's dialplan may dial this number: told by callbackAsked or callbackRefused. */
  | ({ type: 'askCallback'; callId: CallId; tenantId: TenantId } & CallbackWish)
  // rim: sound
  | { type: 'playSounds'; callId: CallId; legId: LegId; playId: string; tenantId: TenantId; sounds: Sound[]; loop: boolean; bargeIn: boolean }
  /** `secret`: nobody may hear the keys; they are kept under this name, and `secretCollected` tells how many there were instead of `digitsCollected`. */
  | {
      type: 'collectDigits';
      callId: CallId;
      legId: LegId;
      playId: string;
      tenantId: TenantId;
      sounds: Sound[];
      bargeIn: boolean;
      collecting: Collecting;
      secret?: string;
    }
  /** As an agent asks: the party of this leg keys in what she may not hear, while they talk. Told by captureChanged. */
  | {
      type: 'captureKeys';
      callId: CallId;
      legId: LegId;
      captureId: string;
      tenantId: TenantId;
      by: AgentId;
      form: string;
      field: string;
      collecting: Collecting;
    }
  /** Told by captureChanged, if there was one. */
  | { type: 'cancelCapture'; callId: CallId; legId: LegId }
  /** Collects a secret and has it checked; neither core nor journal sees the digits. */
  | {
      type: 'authenticate';
      callId: CallId;
      legId: LegId;
      playId: string;
      tenantId: TenantId;
      customerId: CustomerId | null;
      sounds: Sound[];
      collecting: Collecting;
    }
  | { type: 'stopSounds'; callId: CallId; legId: LegId }
  /** Plays again, from its beginning, what the leg was hearing when its audio was lost; keys that were collected are kept. */
  | { type: 'resumeSounds'; callId: CallId; legId: LegId }
  | { type: 'echoLeg'; callId: CallId; legId: LegId }
  | { type: 'joinLegs'; callId: CallId; legIds: [LegId, LegId] }
  /** Parts the two and plays music to the one that waits. */
  | { type: 'partLegs'; callId: CallId; legIds: [LegId, LegId]; musicTo: LegId | null; music: string }
  /** All of them hear one another, but for `gains`; fewer than two = nobody does any more. Told by conferenceFailed where that cannot be. */
  | { type: 'conferLegs'; callId: CallId; legIds: LegId[]; gains?: HearingGain[] }
  /** Nobody hears this party, nor does any recording; whatever it is joined with. */
  | { type: 'muteLeg'; callId: CallId; legId: LegId; muted: boolean }
  | { type: 'startRecording'; callId: CallId; tenantId: TenantId; recordingId: string; left: LegId; right: LegId; paused: boolean }
  | { type: 'pauseRecording'; callId: CallId; recordingId: string }
  | { type: 'resumeRecording'; callId: CallId; recordingId: string }
  /** The call goes on with another leg: the same recording follows it without a gap. */
  | { type: 'moveRecording'; callId: CallId; recordingId: string; left: LegId; right: LegId }
  | { type: 'stopRecording'; callId: CallId; recordingId: string }
  // rim: customers
  | { type: 'findCustomer'; callId: CallId; tenantId: TenantId; number: string }
  // rim: ivr/actions
  | { type: 'lookUp'; callId: CallId; playId: string; tenantId: TenantId; what: string; arguments: Record<string, string> }
  // rim: capture
  /** Hands what was keyed in secretly under these names to the form's address, and forgets all that the call has. Told by secretsDelivered. */
  | { type: 'deliverSecrets'; callId: CallId; tenantId: TenantId; deliveryId: string; by: AgentId | null; form: string; names: string[] }
  // rim: cti
  | { type: 'popScreen'; callId: CallId; offerId: OfferId; legId: LegId; agentId: AgentId; queueId: QueueId | null };
