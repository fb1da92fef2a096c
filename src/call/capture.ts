/**
 * An agent has the customer key in what she may neither hear nor see (a card number), while the two talk. The keys end in the rims: this room
 * knows how many there were. Once each field of the form is there, they are handed to the form's address in one go, and forgotten.
 *
 *   deskCaptureAsked ──captureKeys──▶ keying ──▶ kept ──all fields──deliverSecrets──▶ secretsDelivered
 *                                       └──▶ invalid · silent · cancelled · failed: she asks again
 *
 * Where their audio goes past the media server, or is on its way to another one, it is waited for: nothing is asked of the customer, and nobody is told
 * `keying`, before what she presses is masked.
 *
 * The recording is paused meanwhile as well, so that the audit trail shows by whom and for how long.
 */
import type { AgentId, LegId } from '../../kernel/ids.ts';
import { type Call, isUp } from './call.ts';
import type { Collecting } from './command.ts';
import { anchor } from './direct.ts';
import type { CallData, CallEvent } from './event.ts';
import { type CallTurn, isHeld, partnerOf } from './joining.ts';
import { askPause, askResume, byAgent } from './pausing.ts';

type EventOf<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

export interface Capture {
  captureId: string;
  /** The customer's. */
  legId: LegId;
  by: AgentId;
  form: string;
  field: string;
  /** Of the whole form. */
  fields: string[];
  state: 'keying' | 'sending';
  /** Keys so far. */
  count: number;
  /** What is to be asked once their audio is at the media server; null = it has been. */
  waits: Collecting | null;
}

/** What an agent's desk asks for. */
export interface CaptureWish {
  agentId: AgentId;
  form: string;
  field: string;
  fields: string[];
  least: number;
  most: number;
}

/** She has yet to tell the customer what to do. */
const FIRST_KEY_MS = 60_000;
const BETWEEN_KEYS_MS = 10_000;
const LONGEST_MS = 180_000;
const MOST_DATA_KEYS = 32;

export function askCapture(call: Call | undefined, wish: CaptureWish, turn: CallTurn, now: number): void {
  if (call === undefined || call.capture !== null) return;
  const { agentId, form, field, fields, least, most } = wish;
  const own = [...call.legs.values()].find((leg) => leg.agentId === agentId && isUp(leg));
  const other = call.legs.get(own === undefined ? ('' as LegId) : (partnerOf(call, own.legId) ?? ('' as LegId)));
  call.captures += 1;
  const captureId = `${call.callId}.k${call.captures}`;
  const { callId } = call;
  if (call.consult !== null || own === undefined || other === undefined || isHeld(own) || isHeld(other) || !isUp(other)) {
    turn.events.push({ type: 'captureChanged', callId, legId: other?.legId ?? ('' as LegId), captureId, by: agentId, form, field, state: 'failed', count: 0 });
    return;
  }
  const collecting: Collecting = { least, most, finishKey: '#', firstKeyMs: FIRST_KEY_MS, betweenKeysMs: BETWEEN_KEYS_MS };
  call.capture = { captureId, legId: other.legId, by: agentId, form, field, fields, state: 'keying', count: 0, waits: collecting };
  askPause(call, 'capture', byAgent(agentId), LONGEST_MS, turn, now);
  anchor(call, turn);
}

/** At the end of each turn: whether one that waits can be asked now, or has become pointless. */
export function captureWaiting(call: Call | undefined, turn: CallTurn): void {
  const capture = call?.capture;
  if (call === undefined || capture == null || capture.waits === null) return;
  const { callId, tenantId } = call;
  const { legId, captureId, by, form, field, waits: collecting } = capture;
  const two = [call.legs.get(legId), call.legs.get(partnerOf(call, legId) ?? legId)];
  const talk = call.joined !== null && two[0] !== two[1] && two.every((leg) => leg !== undefined && isUp(leg) && !isHeld(leg));
  if (!talk) giveUp(call, capture, turn);
  // What is to be joined in this turn is told when it has been.
  else if (call.direct === null && call.adrift.size === 0 && !turn.commands.some(({ type }) => type === 'joinLegs')) {
    capture.waits = null;
    turn.commands.push({ type: 'captureKeys', callId, legId, captureId, tenantId, by, form, field, collecting });
  }
}

/** Nothing has been asked of the customer yet. */
function giveUp({ callId }: Call, capture: Capture, turn: CallTurn): void {
  const { legId, captureId, by, form, field } = capture;
  capture.waits = null;
  turn.events.push({ type: 'captureChanged', callId, legId, captureId, by, form, field, state: 'cancelled', count: 0 });
}

export function cancelCapture(call: Call | undefined, turn: CallTurn): void {
  if (call?.capture != null && call.capture.waits !== null) giveUp(call, call.capture, turn);
  else if (call?.capture?.state === 'keying') turn.commands.push({ type: 'cancelCapture', callId: call.callId, legId: call.capture.legId });
}

export function captureChanged(call: Call | undefined, event: EventOf<'captureChanged'>, turn: CallTurn): void {
  const capture = call?.capture;
  if (call === undefined || capture == null || capture.captureId !== event.captureId) return;
  if (event.state === 'keying') {
    capture.count = event.count;
    return;
  }
  askResume(call, 'capture', byAgent(capture.by), turn);
  call.capture = null;
  if (event.state !== 'kept') return;
  call.captured.add(event.field);
  note(call, { [event.field]: '*'.repeat(event.count) }, capture.by, turn);
  if (capture.fields.some((field) => !call.captured.has(field))) return;
  call.capture = { ...capture, state: 'sending', count: event.count };
  const { callId, tenantId } = call;
  const { captureId: deliveryId, by, form, fields } = capture;
  turn.commands.push({ type: 'deliverSecrets', callId, tenantId, deliveryId, by, form, names: fields });
}

export function delivered(call: Call | undefined, event: EventOf<'secretsDelivered'>, turn: CallTurn): void {
  if (call === undefined) return;
  call.captured.clear();
  if (call.capture?.captureId !== event.deliveryId) return;
  const { by } = call.capture;
  call.capture = null;
  if (event.ok) note(call, event.values, by, turn);
}

/** The call's data has room for so much, and no more. */
function note(call: Call, data: CallData, by: AgentId, turn: CallTurn): void {
  const room = MOST_DATA_KEYS - Object.keys(call.data).length;
  const known = Object.entries(data).filter(([name]) => Object.hasOwn(call.data, name));
  const added = Object.entries(data).filter(([name]) => !Object.hasOwn(call.data, name));
  const taken = Object.fromEntries([...known, ...added.slice(0, Math.max(0, room))]);
  if (Object.keys(taken).length > 0) turn.events.push({ type: 'dataSet', callId: call.callId, data: taken, by });
}
