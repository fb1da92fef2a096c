/**
 * The desk protocol `huawu.cti.v1`, told in words in PROTOCOL.md: one union for each direction, one parser at each door,
 * one table of errors and one of close codes. Imported by the consoles too: nothing here needs Node.
 *
 * Times are RFC 3339 in UTC with milliseconds. `seq` numbers one agent's changes, each one higher than the last.
 */

import { z } from 'zod';
import { personal } from '../../kernel/mask.ts';
import { askedTargetSchema, callingCommands, conferencePartySchema, consultChangedSchema, consultSchema, digitsSchema, partyMissedSchema } from './calling.ts';
import { deskInteractionSchema, theInteraction } from './conversation.ts';
import { callbackPlacedSchema, calledSchema, diallingCommands, dialSchema, outboundSchema, requestCallbackSchema } from './dialling.ts';
import { type CtiErrorCode, ctiErrorCodes } from './errors.ts';
import { floorChanged, floorSnapshot } from './floor/messages.ts';

export const CTI_SUBPROTOCOL = 'huawu.cti.v1';
export const CTI_PATH = '/cti';
export const CTI_VERSION = 1;

/** Largest frame a desk may send. */
export const MOST_FRAME_BYTES = 64 * 1024;
export const MOST_DATA_KEYS = 32;
const MOST_DATA_VALUE_BYTES = 1024;

// ---------------------------------------------------------------------------------------------------------------------
// Parts

const time = z.iso.datetime();
const bilingual = z.object({ zh: z.string(), en: z.string() });
const partySchema = z.object({
  /** E.164 with +, a short number, or '' when withheld */
  number: z.string(),
  name: z.string().optional(),
});

export const agentStates = ['signed_out', 'not_ready', 'ready', 'offered', 'talking', 'wrapping_up'] as const;
/** The same more finely: `reserved` before her phone rings, `holding` and `consulting` while she talks. */
export const agentActivities = [
  'signed_out',
  'not_ready',
  'ready',
  'serving',
  'reserved',
  'ringing',
  'talking',
  'holding',
  'consulting',
  'wrapping_up',
] as const;
export const notReadyReasons = [
  'signed_in',
  'break',
  'meal',
  'training',
  'meeting',
  'other',
  'no_answer',
  'rejected',
  'busy',
  'unreachable',
  'phone_lost',
  'client_lost',
  'restart',
  'supervisor',
  'own_call',
] as const;
/** What an agent may give as her own reason. */
export const ownReasons = ['break', 'meal', 'training', 'meeting', 'other'] as const;

/** A supervisor's words for an agent. */
export const noteSchema = z.string().min(1).max(200);

/** About an interaction of another channel: how that stands decides, not the phase of a call. */
export const interactionCommands = ['acceptInteraction', 'declineInteraction', 'doneInteraction', 'endInteractionWrapUp'] as const;

/** What supervisors and admins alone may say; how the one it is about stands decides, not their own phase. */
export const supervisorCommands = [
  'setAgentState',
  'monitor',
  'whisper',
  'barge',
  'takeOver',
  'stopMonitor',
  'moveCall',
  'message',
  'subscribe',
  'unsubscribe',
  'acknowledgeAlert',
] as const;

/** What a desk may ask; `hello` first. */
export const deskCommandTypes = [
  'hello',
  'ready',
  'notReady',
  'answer',
  'reject',
  'hangup',
  'hold',
  'retrieve',
  'pauseRecording',
  'resumeRecording',
  'capture',
  'cancelCapture',
  'blindTransfer',
  ...callingCommands,
  ...diallingCommands,
  'wrapUp',
  'extendWrapUp',
  'setData',
  ...interactionCommands,
  ...supervisorCommands,
  'ping',
  'signOut',
] as const;
export type DeskCommandType = (typeof deskCommandTypes)[number];
/** `transferToDialplan`: `blindTransfer` to a flow. */
export const deskAbilities = [...deskCommandTypes, 'transferToDialplan'] as const;
export type DeskAbility = (typeof deskAbilities)[number];
export type InteractionCommand = (typeof interactionCommands)[number];

export type SupervisorCommand = (typeof supervisorCommands)[number];

const ticketSchema = z.object({ ticketId: z.string(), title: z.string().meta(personal('text')), status: z.string(), openedAt: z.string() });
/** `channel`: absent for a call. */
const contactSchema = z.object({
  callId: z.string(),
  channel: z.string().optional(),
  at: z.string(),
  queue: z.string().nullable(),
  agent: z.string().nullable(),
  summary: z.string().meta(personal('text')),
});

export const customerSchema = z.object({
  customerId: z.string(),
  name: z.string().meta(personal('name')),
  number: z.string().meta(personal('number')),
  /** none, one_star … gold, platinum, diamond */
  tier: z.string(),
  language: z.enum(['zh', 'en']),
  age: z.number().int().optional(),
  specialNeeds: z.array(z.enum(['vision', 'hearing', 'elder', 'language', 'other'])),
  /** where she is at home */
  region: z.string().optional(),
  /** whether she may be offered things; absent: she was not asked */
  marketingConsent: z.enum(['given', 'refused']).optional(),
  openTickets: z.array(ticketSchema),
  recentContacts: z.array(contactSchema),
});

/** Why the phone rings: everything an agent needs before her first word. */
const popSchema = z.object({
  callId: z.string(),
  /** null: the call came to her without an offer */
  offerId: z.string().nullable(),
  legId: z.string().nullable(),
  arrivedAt: time,
  caller: partySchema,
  callee: partySchema,
  /** null: a call for this very agent */
  queue: z.object({ queueId: z.string(), name: bilingual }).nullable(),
  customer: customerSchema.nullable(),
  tier: z.string().nullable(),
  /** the language the call is in: the caller's choice, or the customer's own */
  language: z.enum(['zh', 'en']),
  specialNeeds: customerSchema.shape.specialNeeds,
  openTickets: z.array(ticketSchema),
  recentContacts: z.array(contactSchema),
  /** 0 number not shown · 1 known by the calling number · 2 service password · 3 and a second factor */
  authLevel: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  /** steps of the dialplan in order, `flow/step` */
  ivrPath: z.array(z.string()),
  data: z.record(z.string(), z.string()),
  recorded: z.boolean(),
  /** Her queue records, and this is not: the customer refused · was not asked, or has not agreed · was not told. Absent: nothing of the kind. */
  unrecorded: z.enum(['refused', 'not_agreed', 'not_announced']).optional(),
  /** The recording holds silence until then at the latest; null: it is not paused. */
  recordingPausedUntil: time.nullable(),
  /** Who holds it so: `agent` she, or whoever had the call before · `api` a supervisor · `flow` the dialplan · `capture` keys that nobody may hear. */
  recordingPausedBy: z.array(z.enum(['agent', 'api', 'flow', 'capture'])),
  /** She must answer before this; null once answered. */
  ringUntil: time.nullable(),
  /** The customer asked to be called back: with `first` agent the phone rings when she has answered. `of`: the call in which it was asked for. */
  callback: z.object({ of: z.string(), askedAt: time, attempt: z.number().int(), first: z.enum(['agent', 'customer']) }).optional(),
  /** An agent called them, not they us. Absent: they called, or a callback did. */
  outbound: outboundSchema.optional(),
  /** A colleague asks her in: to talk with her alone while the customer hears music, or to join all. */
  askedBy: z.object({ number: z.string(), name: z.string(), how: z.enum(['consult', 'conference']) }).optional(),
  /** Queues it overflowed from since somebody last answered it, first to last; absent: none. `alsoWaits`: it waits on there, and agents of another queue may serve it too. */
  overflow: z
    .array(z.object({ queue: z.object({ queueId: z.string(), name: bilingual }), step: z.number().int(), at: time, alsoWaits: z.boolean() }))
    .optional(),
});

const agentStateSchema = z.object({
  agentId: z.string(),
  number: z.string(),
  name: z.string(),
  state: z.enum(agentStates),
  activity: z.enum(agentActivities),
  /** What takes effect after the call that has her; null: no call has her. */
  afterwards: z.enum(['ready', 'not_ready', 'signed_out']).nullable(),
  reasons: z.array(z.enum(notReadyReasons)),
  /** The supervisor who has made her not ready, and why: only a supervisor ends it. Absent: nobody, or one whom she may overrule. */
  heldBy: z.object({ name: z.string().nullable(), note: z.string().nullable() }).optional(),
  /** when this state began */
  since: time,
  callId: z.string().nullable(),
  wrapUpUntil: time.nullable(),
  /** She failed to take a call and is offered none until then; null: she does not pause. */
  pausedUntil: time.nullable(),
  phoneReachable: z.boolean(),
  /** Channel → how many of it at once; absent: she takes calls alone. */
  channels: z.record(z.string(), z.number().int()).optional(),
  /** Commands that can work now, and what else of one can: a desk shows no other button. */
  can: z.array(z.enum(deskAbilities)),
});

const queueStatsSchema = z.object({
  queueId: z.string(),
  name: bilingual,
  /** Whether it lets callers in: by its calendar, or as it was switched; `stateUntil`: when that may change by itself. */
  state: z.enum(['open', 'closed', 'emergency']),
  stateUntil: time.nullable(),
  waiting: z.number().int(),
  /** when the longest waiting caller came */
  oldestSince: time.nullable(),
  signedIn: z.number().int(),
  ready: z.number().int(),
  talking: z.number().int(),
  wrappingUp: z.number().int(),
  /** What a caller who comes now has to wait: half no longer than P50, nine of ten no longer than P90. null = nobody is there to serve it */
  expectedWait: z.object({ p50Ms: z.number().int(), p90Ms: z.number().int(), calibrated: z.boolean() }).nullable().optional(),
});

/** `calling`: we call them, and her own phone has answered; `cleared` while she wraps it up. */
export const callPhases = ['offered', 'calling', 'established', 'held', 'cleared'] as const;
/** `not_heard`: nothing comes from there · `not_hearing`: nothing reaches there · `poor`: below MOS 3.1. */
const audioTroubleSchema = z.enum(['none', 'not_heard', 'not_hearing', 'poor']);

/**
 * A field of a form that the customer keys in unheard. `keying`: her keys are secret from now on · `kept`: it is there · `invalid`: too short, or no
 * number · `silent`: no key came · `cancelled` · `failed`: it could not be made secret · `sending` `delivered` `refused`: the whole form, on its way.
 */
export const captureStates = ['keying', 'kept', 'invalid', 'silent', 'cancelled', 'failed', 'sending', 'delivered', 'refused'] as const;
const captureSchema = z.object({
  form: z.string(),
  /** null: all of them */
  field: z.string().nullable(),
  state: z.enum(captureStates),
  /** How many keys; which ones nobody is told. */
  count: z.number().int(),
});

/** Her call, whole: the pop and where the call stands. */
const deskCallSchema = z.object({
  phase: z.enum(callPhases),
  phaseSince: time,
  establishedAt: time.nullable(),
  /** How the two sound; see `audioTrouble`. */
  audio: z.object({ agent: audioTroubleSchema, caller: audioTroubleSchema }),
  /** Under way; null: none. */
  capture: captureSchema.nullable(),
  /** Whom she consults; absent: nobody. */
  consult: consultSchema.optional(),
  /** All who hear one another, and who is being rung for it; absent: it is a talk of two. */
  parties: z.array(conferencePartySchema).optional(),
  /** Nobody hears her; absent: they do. */
  muted: z.literal(true).optional(),
  /** While `calling`: who is called rings; absent: not yet. */
  ringing: z.literal(true).optional(),
  pop: popSchema,
});

const onCall = z.object({ callId: z.string(), legId: z.string() });
const transferTargetSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('agent'), number: z.string().regex(/^[0-9A-Za-z_.-]{1,32}$/) }),
  z.strictObject({ kind: z.literal('queue'), queue: z.string().regex(/^[0-9A-Za-z_.-]{1,64}$/) }),
  z.strictObject({ kind: z.literal('number'), number: z.string().regex(/^\+?[0-9*#]{1,24}$/) }),
  /** A flow of the dialplan, of `welcome.flows`. */
  z.strictObject({ kind: z.literal('dialplan'), flow: z.string().min(1).max(64) }),
]);

// ---------------------------------------------------------------------------------------------------------------------
// Server → desk

const serverMessage = <T extends string, D extends z.ZodType>(type: T, data: D) =>
  z.object({ v: z.literal(CTI_VERSION), seq: z.number().int().nonnegative(), type: z.literal(type), ts: time, data });

const errorSchema = z.object({ code: z.enum(ctiErrorCodes as [CtiErrorCode, ...CtiErrorCode[]]), message: z.string() });

/** Answers one command, in order; carries no number. */
const replySchema = z.object({
  v: z.literal(CTI_VERSION),
  type: z.literal('reply'),
  id: z.string(),
  ok: z.boolean(),
  error: errorSchema.optional(),
});

export const serverMessageSchema = z.discriminatedUnion('type', [
  // not numbered: `seq` is that of the last change before them
  serverMessage(
    'welcome',
    z.object({
      /** Names the numbering: a number of another epoch means nothing. */
      epoch: z.string(),
      /** true: the missed changes follow; false: a snapshot follows. */
      resumed: z.boolean(),
      /** Another socket of hers was still open, and is closed now. Absent: none was. */
      tookOver: z.boolean().optional(),
      /** null: no agent's desk, but a supervisor's line */
      agentId: z.string().nullable(),
      tenantId: z.string(),
      name: z.string(),
      language: z.enum(['zh', 'en']),
      commands: z.array(z.enum(deskCommandTypes)),
      /** Forms whose fields customers can key in unheard, with how many keys each field takes. */
      forms: z.record(z.string(), z.record(z.string(), z.object({ least: z.number().int(), most: z.number().int() }))),
      /** Flows of the dialplan that callers can be sent to. */
      flows: z.array(z.object({ flow: z.string(), name: bilingual })),
      serverTime: time,
    }),
  ),
  serverMessage(
    'snapshot',
    z.object({
      agent: agentStateSchema,
      call: deskCallSchema.nullable(),
      /** The call she was wrapping up when `call` was offered to her: before her again if that comes to nothing. Absent: none. */
      beneath: deskCallSchema.optional(),
      queues: z.array(queueStatsSchema),
      /** What she is offered and has of other channels, in the order in which it was handed in. */
      interactions: z.array(deskInteractionSchema),
    }),
  ),
  serverMessage('error', errorSchema),
  replySchema,
  // of the topic `floor`, which has numbers of its own
  floorSnapshot,
  floorChanged,
  // numbered
  serverMessage('agentState', agentStateSchema),
  serverMessage('callOffered', onCall.extend({ offerId: z.string(), queueId: z.string().nullable(), ringUntil: time.nullable() })),
  /** A second pop of the same call replaces the first: something more became known. */
  serverMessage('screenPop', popSchema),
  /** Her phone was told to go off-hook and did not: she lifts it. `code`: one of the errors. */
  serverMessage('answerFailed', onCall.extend({ code: z.literal('phone_unmoved') })),
  /** Her phone was told to retrieve what it holds and did not: she does it there. `code`: one of the errors. */
  serverMessage('retrieveFailed', onCall.extend({ code: z.literal('retrieve_at_phone') })),
  /** Her own phone has answered a call that we make: who is called is dialled now, and told again once it rings. */
  serverMessage('callDialled', onCall.extend(calledSchema.shape)),
  serverMessage('callEstablished', onCall.extend({ establishedAt: time })),
  serverMessage('callHeld', onCall.extend({ by: z.enum(['agent', 'caller']) })),
  serverMessage('callRetrieved', onCall.extend({ by: z.enum(['agent', 'caller']) })),
  /** One of those who talk sounds bad, or is heard one way only; `none` = that is over. */
  serverMessage('audioTrouble', onCall.extend({ of: z.enum(['agent', 'caller']), trouble: audioTroubleSchema })),
  /** How far it is; `dataChanged` brings as many stars as there were keys, and what came of the form. */
  serverMessage('captureChanged', captureSchema.extend({ callId: z.string() })),
  serverMessage('callTransferred', onCall.extend({ target: z.object({ kind: z.enum(['agent', 'queue', 'number', 'dialplan']), to: z.string() }) })),
  /** More than two hear one another, or one is being rung for it; no parties: it is a talk of two again. */
  serverMessage('callConferenced', onCall.extend({ parties: z.array(conferencePartySchema) })),
  /** Whom she consults: how far it is, and how it ended. */
  serverMessage('consultChanged', onCall.extend(consultChangedSchema.shape)),
  /** Nobody hears her, or they do again. */
  serverMessage('muteChanged', onCall.extend({ muted: z.boolean() })),
  /** Somebody she asked to join does not. */
  serverMessage('partyMissed', onCall.extend(partyMissedSchema.shape)),
  /** Her part in the call is over. `cause`: see the endings table; `by`: who brought it about, seen from her phone. */
  serverMessage('callCleared', onCall.extend({ cause: z.string(), by: z.enum(['far_end', 'other_party', 'server']) })),
  serverMessage(
    'dataChanged',
    z.object({ callId: z.string(), changed: z.record(z.string(), z.string()), data: z.record(z.string(), z.string()), by: z.string() }),
  ),
  /** What she has booked is in its queue. */
  serverMessage('callbackPlaced', callbackPlacedSchema),
  serverMessage('queueStats', queueStatsSchema),
  /** She takes it before `until`, or it goes to somebody else. */
  serverMessage('interactionOffered', deskInteractionSchema),
  /** `answered`: she has taken it. */
  serverMessage(
    'interactionOfferEnded',
    theInteraction.extend({
      offerId: z.string(),
      end: z.enum(['answered', 'no_answer', 'rejected', 'busy', 'unreachable', 'caller_gone', 'withdrawn', 'answered_elsewhere']),
    }),
  ),
  serverMessage('interactionAssigned', theInteraction.extend({ since: time })),
  /** She has it no more: it is served anew. */
  serverMessage('interactionGivenBack', theInteraction.extend({ why: z.enum(['desk_lost', 'signed_out', 'requeued']) })),
  serverMessage('interactionWrapUpBegan', theInteraction.extend({ since: time, until: time, disposition: z.string().nullable() })),
  /** Told to whose it was last. */
  serverMessage('interactionEnded', theInteraction.extend({ end: z.string(), disposition: z.string().nullable() })),
  /** A supervisor's words; of now: who signs in later is not told. */
  serverMessage('message', z.object({ messageId: z.string(), text: z.string(), from: z.string(), at: time, to: z.enum(['agent', 'team', 'queue', 'all']) })),
  /** To supervisors: somebody calls for help, or an account is blocked for calls outside. What does not belong to it is null. */
  serverMessage(
    'alarm',
    z.object({
      at: time,
      what: z.enum(['emergency', 'blocked']),
      /** An agent's id, or `flow`. */
      account: z.string(),
      callId: z.string().nullable(),
      number: z.string().nullable(),
      /** Where the phone stands. */
      address: z.string().nullable(),
      why: z.enum(['refusals', 'minutes', 'money']).nullable(),
      until: time.nullable(),
    }),
  ),
]);

// ---------------------------------------------------------------------------------------------------------------------
// Desk → server

/** An id the desk makes up; it takes effect once, however often it is sent. */
const commandId = z.string().min(1).max(64);
const deskMessage = <T extends DeskCommandType, D extends z.ZodType>(type: T, data: D) =>
  z.strictObject({ v: z.literal(CTI_VERSION), id: commandId, type: z.literal(type), data });

const nothing = z.strictObject({}).default({});
/** Left out: the call she has. Given: refused when she has another by now. */
const itsCall = z.strictObject({ callId: z.string().max(64).optional() }).default({});
const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;
const dataKey = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'a key is a letter, then letters, digits, "_", "." or "-": 64 at most');
const dataValue = z.string().refine((text) => utf8Bytes(text) <= MOST_DATA_VALUE_BYTES, 'a value is 1024 bytes of UTF-8 at most');

const callData = z.record(dataKey, dataValue).refine((data) => Object.keys(data).length <= MOST_DATA_KEYS, 'at most 32 entries');

const itsInteraction = { interactionId: z.string().min(1).max(64) };
/** A name of the operator's own. */
const wordOrNone = z.string().max(64).nullable().default(null);

/** The agent another command than one's own is about. */
const whichAgent = { number: z.string().regex(/^[0-9A-Za-z_.-]{1,32}$/) };

/** `phone`: whose phone is rung, by number; left out: her own. */
const supervisedSchema = z.strictObject({
  callId: z.string().min(1).max(64),
  phone: z
    .string()
    .regex(/^[0-9A-Za-z_.-]{1,32}$/)
    .optional(),
});

/** Another queue, another priority (1,000 at most), or both. */
export const moveSchema = z.strictObject({
  queue: z
    .string()
    .regex(/^[0-9A-Za-z_.-]{1,64}$/)
    .optional(),
  priority: z.int().min(0).max(1000).optional(),
});
export const messageSchema = z.strictObject({
  to: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('agent'), ...whichAgent }),
    z.strictObject({ kind: z.literal('team'), team: z.string().min(1).max(64) }),
    z.strictObject({ kind: z.literal('queue'), queue: z.string().regex(/^[0-9A-Za-z_.-]{1,64}$/) }),
    z.strictObject({ kind: z.literal('all') }),
  ]),
  text: z.string().trim().min(1).max(500),
});

export const deskMessageSchema = z.discriminatedUnion('type', [
  deskMessage(
    'hello',
    z.strictObject({
      token: z.string().min(1).max(512),
      /** To resume: the epoch of the last welcome and the number of the last change applied. */
      epoch: z.string().max(64).optional(),
      seq: z.number().int().nonnegative().optional(),
      /** `supervisor`: no agent's desk is opened, also for a user who has one. Absent: her desk, where she has one. */
      as: z.enum(['agent', 'supervisor']).optional(),
    }),
  ),
  deskMessage('ready', nothing),
  deskMessage('notReady', z.strictObject({ reason: z.enum(ownReasons) })),
  deskMessage('answer', itsCall),
  deskMessage('reject', itsCall),
  deskMessage('hangup', itsCall),
  deskMessage('hold', itsCall),
  deskMessage('retrieve', itsCall),
  deskMessage('pauseRecording', itsCall),
  deskMessage('resumeRecording', itsCall),
  deskMessage('capture', z.strictObject({ callId: z.string().max(64).optional(), form: z.string().min(1).max(64), field: z.string().min(1).max(64) })),
  deskMessage('cancelCapture', itsCall),
  deskMessage('blindTransfer', z.strictObject({ callId: z.string().max(64).optional(), target: transferTargetSchema })),
  deskMessage('consult', z.strictObject({ callId: z.string().max(64).optional(), target: askedTargetSchema })),
  deskMessage('consultComplete', itsCall),
  deskMessage('consultCancel', itsCall),
  deskMessage('consultToggle', itsCall),
  deskMessage('consultConference', itsCall),
  deskMessage('addParty', z.strictObject({ callId: z.string().max(64).optional(), target: askedTargetSchema })),
  deskMessage('sendDigits', z.strictObject({ callId: z.string().max(64).optional(), digits: digitsSchema })),
  deskMessage('mute', itsCall),
  deskMessage('unmute', itsCall),
  deskMessage('sendToSurvey', itsCall),
  deskMessage('dropParty', z.strictObject({ callId: z.string().max(64).optional(), legId: z.string().min(1).max(80) })),
  deskMessage(
    'wrapUp',
    z
      .strictObject({
        callId: z.string().max(64).optional(),
        disposition: z.string().max(64).nullable().default(null),
        notes: z.string().max(4000).nullable().default(null),
        /** Of the queue's form: name → value; a date as 2026-03-01, a checkbox as `yes`. Kept with the record's data as `form.<name>`. */
        form: z
          .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,31}$/), z.string().max(1000))
          .refine((form) => Object.keys(form).length <= 20, 'at most 20 fields')
          .optional(),
      })
      .prefault({}),
  ),
  deskMessage('extendWrapUp', itsCall),
  deskMessage('dial', dialSchema(callData)),
  deskMessage('requestCallback', requestCallbackSchema),
  deskMessage(
    'setData',
    z.strictObject({
      callId: z.string().max(64).optional(),
      data: callData,
    }),
  ),
  deskMessage('acceptInteraction', z.strictObject(itsInteraction)),
  deskMessage('declineInteraction', z.strictObject({ ...itsInteraction, reason: wordOrNone })),
  deskMessage('doneInteraction', z.strictObject({ ...itsInteraction, disposition: wordOrNone })),
  deskMessage('endInteractionWrapUp', z.strictObject({ ...itsInteraction, disposition: wordOrNone })),
  deskMessage(
    'setAgentState',
    z.discriminatedUnion('state', [
      z.strictObject({ ...whichAgent, state: z.literal('ready') }),
      /** Left out: `supervisor`. */
      z.strictObject({ ...whichAgent, state: z.literal('not_ready'), reason: z.enum([...ownReasons, 'supervisor']).optional(), note: noteSchema.optional() }),
      z.strictObject({ ...whichAgent, state: z.literal('signed_out') }),
    ]),
  ),
  deskMessage('monitor', supervisedSchema),
  deskMessage('whisper', supervisedSchema),
  deskMessage('barge', supervisedSchema),
  deskMessage('takeOver', supervisedSchema),
  deskMessage('stopMonitor', z.strictObject({ callId: z.string().min(1).max(64) })),
  /** Of who waits: `queue` left out: the same, `priority` left out: as it came. */
  deskMessage('moveCall', moveSchema.extend({ callId: z.string().min(1).max(64) })),
  deskMessage('message', messageSchema),
  /** To resume: the epoch of the topic's last snapshot and the number of the last message applied. */
  deskMessage('subscribe', z.strictObject({ topic: z.literal('floor'), epoch: z.string().max(64).optional(), seq: z.number().int().nonnegative().optional() })),
  deskMessage('unsubscribe', z.strictObject({ topic: z.literal('floor') })),
  deskMessage('acknowledgeAlert', z.strictObject({ alertId: z.string().min(1).max(160) })),
  deskMessage('ping', nothing),
  deskMessage('signOut', nothing),
]);

export type { FormField, QueueDesk } from '../acd/desk-section.ts';

export type Pop = z.infer<typeof popSchema>;
export type AgentStateData = z.infer<typeof agentStateSchema>;
export type DeskCall = z.infer<typeof deskCallSchema>;
export type DeskInteraction = z.infer<typeof deskInteractionSchema>;
export type QueueStats = z.infer<typeof queueStatsSchema>;
export type Reply = z.infer<typeof replySchema>;
export type ServerMessage = z.infer<typeof serverMessageSchema>;
export type { FloorAgent, FloorAlert, FloorQueue, FloorTrunk } from './floor/messages.ts';
export type ServerMessageType = ServerMessage['type'];
/** Every server message but the reply, by name. */
export type ServerMessageOf<T extends ServerMessageType> = Extract<ServerMessage, { type: T }>;
export type Snapshot = ServerMessageOf<'snapshot'>['data'];
export type DeskMessage = z.infer<typeof deskMessageSchema>;
export type DeskMessageOf<T extends DeskCommandType> = Extract<DeskMessage, { type: T }>;
/** What a desk writes: defaults may be left out. */
export type DeskMessageInput = z.input<typeof deskMessageSchema>;

export type Parsed = { ok: true; message: DeskMessage } | { ok: false; id: string | null; code: CtiErrorCode; detail?: string };

/** The door: text of one frame → one command, or why not (with its id when that could be read, so that it can be answered). */
export function parseDeskMessage(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, id: null, code: 'bad_json' };
  }
  const result = deskMessageSchema.safeParse(value);
  if (result.success) return { ok: true, message: result.data };
  const { id, type } = typeof value === 'object' && value !== null ? (value as { id?: unknown; type?: unknown }) : {};
  const knownId = commandId.safeParse(id);
  const code = typeof type === 'string' && !(deskCommandTypes as readonly string[]).includes(type) ? 'unknown_type' : 'bad_message';
  const issue = result.error.issues[0];
  const detail = code === 'unknown_type' || issue === undefined ? {} : { detail: `${issue.path.join('.') || 'message'}: ${issue.message}` };
  return { ok: false, id: knownId.success ? knownId.data : null, code, ...detail };
}

/** The desk's own door; null: not a message of this protocol (a newer server may know more: skip it). */
export function parseServerMessage(text: string): ServerMessage | null {
  try {
    const result = serverMessageSchema.safeParse(JSON.parse(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}
