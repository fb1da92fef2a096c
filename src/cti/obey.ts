/** What an agent's command means for the house: the events it becomes, or why it cannot be done now. Takes nothing itself. */

import { type AgentId, type CallId, type LegId, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import { faultInForm } from '../acd/desk-section.ts';
import type { AcdEvent } from '../acd/event.ts';
import type { AcdView } from '../acd/view.ts';
import type { CallsView } from '../call/call.ts';
import type { AskedFor, CallEvent, TransferTarget } from '../call/event.ts';
import { partnerOf } from '../call/joining.ts';
import { canSendToSurvey } from '../call/survey.ts';
import { maySend } from '../call/transfer.ts';
import type { Directory } from '../tenants/directory.ts';
import { type Booking, requestCallback } from './booking.ts';
import { callingCommands } from './calling.ts';
import type { Desk } from './desk.ts';
import { type Dialling, dial } from './dial.ts';
import type { CtiErrorCode } from './errors.ts';
import type { CtiEvent } from './event.ts';
import { isInteractionCommand, obeyInteraction } from './interactions.ts';
import { isFull, othersWith, partiesShown } from './parties.ts';
import { type DeskMessage, type DeskMessageOf, type InteractionCommand, MOST_DATA_KEYS } from './protocol.ts';
import { type PhasedCommand, verdicts } from './rules.ts';
import { isSupervisorMessage } from './supervising.ts';

export type AgentCommand = DeskMessageOf<PhasedCommand | InteractionCommand>;
export type DeskEffect = AcdEvent | CallEvent | CtiEvent;
/** `keys` are pressed for the parties of these legs; they are in no event: they may be a secret. */
export type Outcome = { ok: true; events: DeskEffect[]; keys?: { legIds: LegId[]; digits: string } } | { ok: false; code: CtiErrorCode; detail?: string };

export interface Obeying extends Pick<Dialling, 'newCallId' | 'reach' | 'accepting'>, Pick<Booking, 'now' | 'numberToCallBack'> {
  desk: Desk;
  acd: AcdView;
  calls: CallsView;
  directory: Pick<Directory, 'agent' | 'agentByNumber' | 'queue'>;
  /** What customers of a tenant may be asked in secret: form → field → how many keys. */
  forms(tenantId: TenantId): Record<string, Record<string, { least: number; most: number }>>;
  /** Flows of the dialplan that agents may send this call to, or (null) one that comes now: flow → its name. */
  flows(tenantId: TenantId, callId: CallId | null): Record<string, Record<'zh' | 'en', string>>;
}

/** Her call as far as the command needs it. */
interface Context extends Obeying {
  agentId: AgentId;
  tenantId: TenantId;
  callId: CallId;
  legId: LegId;
}

type Effects = { [T in PhasedCommand]: (message: DeskMessageOf<T>, context: Context) => Outcome };

const becomes = (...events: DeskEffect[]): Outcome => ({ ok: true, events });

const effects: Effects = {
  ready: (_, { agentId, callId, desk }) =>
    desk.phaseOf(agentId) === 'wrapping_up'
      ? becomes({ type: 'wrapUpEnded', agentId, callId, disposition: null, notes: null }, { type: 'agentWentReady', agentId })
      : becomes({ type: 'agentWentReady', agentId }),
  notReady: ({ data }, { agentId }) => becomes({ type: 'agentWentNotReady', agentId, reason: data.reason }),
  answer: (_, { agentId, callId }) => becomes({ type: 'deskAnswered', agentId, callId }),
  reject: (_, { agentId, callId }) => becomes({ type: 'deskRejected', agentId, callId }),
  hangup: (_, { agentId, callId }) => becomes({ type: 'deskHungUp', agentId, callId }),
  sendToSurvey(_, { agentId, callId, legId, calls }) {
    const call = calls.get(callId);
    if (call === undefined || !canSendToSurvey(call, call.legs.get(legId))) return { ok: false, code: 'no_survey' };
    return becomes({ type: 'deskSentToSurvey', agentId, callId });
  },
  hold: (_, { agentId, callId }) => becomes({ type: 'deskHeld', agentId, callId }),
  retrieve: (_, { agentId, callId }) => becomes({ type: 'deskRetrieved', agentId, callId }),
  pauseRecording: (_, { agentId, callId }) => becomes({ type: 'deskPausedRecording', agentId, callId }),
  resumeRecording: (_, { agentId, callId }) => becomes({ type: 'deskResumedRecording', agentId, callId }),
  capture({ data }, { agentId, callId, tenantId, calls, forms }) {
    const { form, field } = data;
    const all = forms(tenantId);
    const fields = Object.hasOwn(all, form) ? all[form] : undefined;
    const asked = fields !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (fields === undefined || asked === undefined) return { ok: false, code: 'unknown_form' };
    if (calls.get(callId)?.capture != null) return { ok: false, code: 'capturing' };
    return becomes({ type: 'deskCaptureAsked', agentId, callId, form, field, fields: Object.keys(fields), ...asked });
  },
  cancelCapture: (_, { agentId, callId }) => becomes({ type: 'deskCaptureCancelled', agentId, callId }),
  blindTransfer(message, context) {
    const target = targetOf(message.data.target, context);
    const { callId, legId, calls } = context;
    const call = calls.get(callId);
    const own = call?.legs.get(legId);
    if (target === null) return { ok: false, code: 'unknown_target' };
    if (call === undefined || own === undefined || !maySend(call, own, target, partnerOf(call, legId) ?? legId)) return { ok: false, code: 'not_transferable' };
    return becomes({ type: 'transferAsked', callId, legId, target });
  },
  consult: (message, context) => askIn('consult', message.data.target, context),
  consultComplete: (_, { agentId, callId }) => becomes({ type: 'deskConsulted', agentId, callId, what: 'complete' }),
  consultCancel: (_, { agentId, callId }) => becomes({ type: 'deskConsulted', agentId, callId, what: 'cancel' }),
  consultToggle: (_, { agentId, callId }) => becomes({ type: 'deskConsulted', agentId, callId, what: 'toggle' }),
  consultConference: (_, { agentId, callId }) => becomes({ type: 'deskConsulted', agentId, callId, what: 'conference' }),
  addParty: (message, context) =>
    isFull(context.calls.get(context.callId)) ? { ok: false, code: 'too_many_parties' } : askIn('conference', message.data.target, context),
  sendDigits({ data: { digits } }, { agentId, callId, legId, calls }) {
    const legIds = othersWith(calls.get(callId), legId);
    if (legIds.length === 0) return { ok: false, code: 'no_call' };
    return { ok: true, events: [{ type: 'deskPressed', agentId, callId, count: digits.length }], keys: { legIds, digits } };
  },
  mute: (_, { agentId, callId }) => becomes({ type: 'deskMuted', agentId, callId, muted: true }),
  unmute: (_, { agentId, callId }) => becomes({ type: 'deskMuted', agentId, callId, muted: false }),
  dropParty({ data }, { agentId, callId, legId, calls, acd }) {
    const party = partiesShown(calls.get(callId), legId, acd).find((found) => found.legId === data.legId && !found.me);
    if (party?.legId == null) return { ok: false, code: 'unknown_party' };
    return becomes({ type: 'deskPartyDropped', agentId, callId, legId: party.legId as LegId });
  },
  wrapUp({ data }, { agentId, callId, desk, directory }) {
    const { disposition, notes, form = {} } = data;
    const queueId = desk.callOf(agentId)?.queueId ?? null;
    const fault = faultInForm((queueId === null ? null : directory.queue(queueId))?.desk?.form ?? [], form);
    if (fault !== null) return { ok: false, code: 'bad_form', detail: fault };
    const filledIn = Object.fromEntries(Object.entries(form).filter(([, value]) => value !== ''));
    return becomes({ type: 'wrapUpEnded', agentId, callId, disposition, notes, ...(Object.keys(filledIn).length === 0 ? {} : { form: filledIn }) });
  },
  extendWrapUp: (_, { agentId, callId, acd }) =>
    (acd.agent(agentId)?.wrapUpExtendableMs ?? 0) > 0 ? becomes({ type: 'wrapUpExtended', agentId, callId }) : { ok: false, code: 'no_more_wrap_up' },
  setData({ data }, { agentId, callId, calls }) {
    const keys = new Set([...Object.keys(calls.get(callId)?.data ?? {}), ...Object.keys(data.data)]);
    if (keys.size > MOST_DATA_KEYS) return { ok: false, code: 'too_much_data' };
    return becomes({ type: 'dataSet', callId, data: data.data, by: agentId });
  },
  dial: (message, context) => dial(message, context.agentId, context),
  requestCallback: (message, context) => requestCallback(message, context, context),
  signOut: (_, { agentId }) => becomes({ type: 'agentSignedOut', agentId }),
};

function askIn(how: AskedFor, wish: DeskMessageOf<'consult'>['data']['target'], context: Context): Outcome {
  const target = targetOf(wish, context);
  const { agentId, callId } = context;
  if (target === null || target.kind === 'queue' || target.kind === 'dialplan') return { ok: false, code: 'unknown_target' };
  return becomes({ type: 'deskPartyAsked', agentId, callId, how, target });
}

function targetOf(wish: DeskMessageOf<'blindTransfer'>['data']['target'], { tenantId, agentId, callId, directory, flows }: Context): TransferTarget | null {
  switch (wish.kind) {
    case 'agent': {
      const agent = directory.agentByNumber(tenantId, wish.number);
      return agent === null || agent.agentId === agentId ? null : { kind: 'agent', agentId: agent.agentId };
    }
    case 'queue': {
      const queue = directory.queue(queueIdOf(tenantId, wish.queue));
      return queue === null ? null : { kind: 'queue', queueId: queue.queueId };
    }
    case 'number':
      return { kind: 'number', number: wish.number };
    case 'dialplan':
      return Object.hasOwn(flows(tenantId, callId), wish.flow) ? { kind: 'dialplan', flow: wish.flow } : null;
  }
}

export const isAgentCommand = (message: DeskMessage): message is AgentCommand =>
  message.type !== 'hello' && message.type !== 'ping' && !isSupervisorMessage(message);

const aboutACall = new Set<PhasedCommand>([
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
  'wrapUp',
  'extendWrapUp',
  'setData',
]);

/** Checks the command against what is true now, then says which events it becomes. */
export function obey(message: AgentCommand, agentId: AgentId, house: Obeying): Outcome {
  const phase = house.desk.phaseOf(agentId);
  const agent = house.acd.agent(agentId);
  if (phase === null || agent === undefined) return { ok: false, code: 'no_desk' };
  if (isInteractionCommand(message)) return obeyInteraction(message, agentId, house.acd);
  const verdict = verdicts[phase][message.type];
  if (verdict !== 'ok') return { ok: false, code: verdict };
  if (message.type === 'ready' && agent.heldBy !== null && phase !== 'wrapping_up') return { ok: false, code: 'held' };
  if (message.type === 'answer' && !house.desk.canPickUp(agentId)) return { ok: false, code: 'lift_phone' };
  if (message.type === 'retrieve' && !house.desk.canRetrieve(agentId)) return { ok: false, code: 'retrieve_at_phone' };
  const shown = house.desk.callOf(agentId);
  const callId = shown?.callId ?? agent.callId;
  if (aboutACall.has(message.type) && callId === null) return { ok: false, code: 'no_call' };
  if ('callId' in message.data && message.data.callId !== undefined && message.data.callId !== callId) return { ok: false, code: 'other_call' };
  const effect = effects[message.type] as (message: AgentCommand, context: Context) => Outcome;
  const ids = { callId: callId ?? ('' as CallId), legId: shown?.legId ?? ('' as LegId) };
  return effect(message, { ...house, agentId, tenantId: agent.tenantId, ...ids });
}
