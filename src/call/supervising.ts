/**
 * A supervisor on somebody else's call, with a phone of her own: a leg that belongs to nobody's talk and hears it, or more.
 *
 *   asked ──ringLeg──▶ answered: listen ⇄ whisper ⇄ barge ──take over──▶ her leg stands in the agent's place (`legReplaced`)
 *            └─ does not answer      └── stopped · hangs up · the customer or the last agent goes ──▶ over, each by its name
 *
 * Who talks is the call's business (`joined`, `conference`); here it is only followed: after each turn whoever hears one another is mixed together with
 * her, and parted from her while they hold or are being transferred. So she stays over hold, consultation, conference and transfer.
 * Customers never hear a whisper: their side of the mix has none of it, nor has their recording, whose right side is what they hear.
 */
import { type AgentId, type LegId, legIdOf, offerIdOf, type UserId } from '../../kernel/ids.ts';
import { type Call, callerLeg, isEnded, isUp, type Leg } from './call.ts';
import type { CallCommand, HearingGain } from './command.ts';
import type { EndingCause } from './ending.ts';
import type { CallEvent, SupervisionEnd, SupervisionMode } from './event.ts';
import { type CallTurn, isHeld } from './joining.ts';

const RING_MS = 20_000;

export interface Supervision {
  legId: LegId;
  /** Whose phone it is. */
  phone: AgentId;
  /** The agent it was asked about; whoever serves the customer after her is heard too. */
  of: AgentId | null;
  by: UserId;
  byName: string;
  mode: SupervisionMode;
  answered: boolean;
  /** Who hear one another with her, and how, as was last asked of the media server. */
  told: string;
}

type Asked = Extract<CallEvent, { type: 'supervisionAsked' }>;

/** Who talks now; fewer than two: nobody hears anybody. */
export function talkersOf(call: Call): LegId[] {
  const legs = call.conference === null ? (call.joined ?? []) : call.conference.legIds.filter((legId) => call.conference?.away.includes(legId) !== true);
  const isThere = (legId: LegId): boolean => isUp(call.legs.get(legId)) && !call.adrift.has(legId);
  if (legs.some((legId) => !isThere(legId))) return [];
  const held = call.conference === null && legs.some((legId) => isHeldLeg(call.legs.get(legId)));
  return held ? [] : [...legs];
}

const isHeldLeg = (leg: Leg | undefined): boolean => leg !== undefined && isHeld(leg);

/** Rings her phone; asked by who is on it already, the mode changes. One supervisor a call. */
export function askSupervision(call: Call | undefined, event: Asked, turn: CallTurn, now: number): void {
  if (call === undefined || isEnded(callerLeg(call))) return;
  const known = call.supervision;
  if (known !== null) {
    if (known.by === event.by) changeMode(call, known, event.mode, turn);
    return;
  }
  const { callId, tenantId } = call;
  const { phone, of, by, byName, mode } = event;
  const number = call.nextTransferLeg;
  const legId = legIdOf(callId, number);
  call.nextTransferLeg += 1;
  call.legs.set(legId, { legId, role: 'target', agentId: phone, offerId: null, record: false, startedAt: now, progress: { state: 'dialling' } });
  call.supervision = { legId, phone, of, by, byName, mode, answered: false, told: '' };
  const from = { number: call.callee.number, name: call.caller.number };
  turn.commands.push({ type: 'ringLeg', callId, legId, offerId: offerIdOf(callId, number), agentId: phone, from, tenantId, timeoutMs: RING_MS });
  say(call, call.supervision, 'ringing', turn);
}

function changeMode(call: Call, supervision: Supervision, mode: SupervisionMode, turn: CallTurn): void {
  if (supervision.mode === mode) return;
  supervision.mode = mode;
  if (mode === 'take_over' && supervision.answered) takeOver(call, supervision, turn);
  else say(call, supervision, 'mode', turn);
}

/** true = it is her leg, which has answered. */
export function supervisorAnswered(call: Call, leg: Leg, turn: CallTurn): boolean {
  const { supervision } = call;
  if (supervision?.legId !== leg.legId) return false;
  supervision.answered = true;
  say(call, supervision, 'began', turn);
  if (supervision.mode === 'take_over') takeOver(call, supervision, turn);
  return true;
}

/** true = it was her leg: those who talk talk on. */
export function supervisorLegEnded(call: Call, leg: Leg, cause: EndingCause, turn: CallTurn): boolean {
  const { supervision } = call;
  if (supervision?.legId !== leg.legId) return false;
  endSupervision(call, supervision, supervision.answered ? 'supervisor_left' : cause === 'no_answer' || cause === 'rejected' ? 'no_answer' : 'failed', turn);
  return true;
}

export function stopSupervision(call: Call | undefined, by: UserId | null, turn: CallTurn): void {
  const supervision = call?.supervision ?? null;
  if (call === undefined || supervision === null || (by !== null && supervision.by !== by)) return;
  endSupervision(call, supervision, 'stopped', turn);
}

/** The media server could not mix them: two who talk are joined as before. */
export function supervisionFailed(call: Call | undefined, turn: CallTurn): boolean {
  if (call === undefined || call.supervision === null) return false;
  endSupervision(call, call.supervision, 'failed', turn);
  return call.conference === null;
}

/** Her leg takes the agent's place beside the customer; what was recorded goes on with her. */
function takeOver(call: Call, supervision: Supervision, turn: CallTurn): void {
  const customer = callerLeg(call);
  const agent = talkersOf(call)
    .flatMap((legId) => call.legs.get(legId) ?? [])
    .find((leg) => leg !== customer && leg.agentId !== null);
  const own = call.legs.get(supervision.legId);
  if (customer === undefined || agent === undefined || own === undefined) {
    endSupervision(call, supervision, 'failed', turn);
    return;
  }
  const { legId, phone } = supervision;
  Object.assign(own, { role: 'agent', record: agent.record }, agent.recording === undefined ? {} : { recording: agent.recording });
  call.supervision = null;
  turn.commands.push({ type: 'conferLegs', callId: call.callId, legIds: [] });
  say(call, supervision, 'ended', turn, 'took_over');
  turn.events.push({ type: 'legReplaced', callId: call.callId, legId, replaces: agent.legId, agentId: phone });
}

function endSupervision(call: Call, supervision: Supervision, end: SupervisionEnd, turn: CallTurn): void {
  const { callId } = call;
  const { legId, answered } = supervision;
  call.supervision = null;
  const talkers = talkersOf(call);
  if (answered && call.conference !== null) turn.commands.push({ type: 'conferLegs', callId, legIds: talkers });
  else if (answered && talkers.length === 2 && call.joined !== null) turn.commands.push({ type: 'joinLegs', callId, legIds: call.joined });
  const leg = call.legs.get(legId);
  const isReleased = turn.commands.some((command) => command.type === 'releaseLeg' && command.legId === legId);
  if (leg !== undefined && !isEnded(leg) && !isReleased) turn.commands.push({ type: 'releaseLeg', callId, legId, cause: 'normal', by: 'server' });
  say(call, supervision, 'ended', turn, end);
}

/** After each turn: who hears one another hears, or is heard by, her too; and it is over when nobody is left to be supervised. */
export function followSupervision(call: Call | undefined, turn: CallTurn): void {
  const supervision = call?.supervision ?? null;
  if (call === undefined || supervision === null) return;
  const gone = whoWent(call, supervision);
  if (gone !== null) endSupervision(call, supervision, gone, turn);
  else if (supervision.answered) mix(call, supervision, turn);
}

function whoWent(call: Call, { legId }: Supervision): SupervisionEnd | null {
  if (isEnded(callerLeg(call))) return 'customer_left';
  const others = [...call.legs.values()].some((leg) => leg.legId !== legId && leg.role !== 'caller' && !isEnded(leg));
  return others || call.transfer !== null || call.consult !== null ? null : 'agent_left';
}

/** Who hear one another with her now, and how; nobody, while two talk no more. */
export function mixOf(call: Call, supervision: Supervision): { legIds: LegId[]; gains: HearingGain[] } {
  const talkers = talkersOf(call);
  const isThere = isUp(call.legs.get(supervision.legId)) && !call.adrift.has(supervision.legId);
  if (talkers.length < 2 || !isThere) return { legIds: [], gains: [] };
  return { legIds: [...talkers, supervision.legId], gains: gainsOf(call, supervision, talkers) };
}

function mix(call: Call, supervision: Supervision, turn: CallTurn): void {
  const { callId } = call;
  const { legIds, gains } = mixOf(call, supervision);
  const told = `${supervision.mode} ${legIds.join()}`;
  const touched = turn.commands.some((command) => 'callId' in command && command.callId === callId && regroups.has(command.type));
  if (told === supervision.told && !touched) return;
  const wasMixed = supervision.told.includes(supervision.legId);
  supervision.told = told;
  // What parts two has them leave the mix first; what joins them, or mixes them without her, is done and then her mix is made of it.
  if (wasMixed && turn.commands.some(({ type }) => type === 'partLegs')) turn.commands.unshift({ type: 'conferLegs', callId, legIds: [] });
  const others = turn.commands.filter((command) => command.type !== 'conferLegs' || command.callId !== callId || command.legIds.length === 0);
  if (legIds.length > 0) turn.commands.splice(0, turn.commands.length, ...others, { type: 'conferLegs', callId, legIds, gains });
}

const regroups = new Set<CallCommand['type']>(['joinLegs', 'partLegs', 'conferLegs']);

/** Listening she is heard by nobody; whispering by agents alone; barging in by all. */
function gainsOf(call: Call, { legId, mode }: Supervision, talkers: readonly LegId[]): HearingGain[] {
  if (mode === 'barge' || mode === 'take_over') return [];
  const deaf = talkers.filter((listener) => mode === 'listen' || call.legs.get(listener)?.role !== 'agent');
  return deaf.map((listener) => ({ speaker: legId, listener, db: null }));
}

function say(
  call: Call,
  { legId, of, by, byName, mode }: Supervision,
  change: 'ringing' | 'began' | 'mode' | 'ended',
  turn: CallTurn,
  end?: SupervisionEnd,
): void {
  const about = of === null ? {} : { agentId: of };
  turn.events.push({ type: 'supervisionChanged', callId: call.callId, legId, ...about, by, byName, mode, change, ...(end === undefined ? {} : { end }) });
}
