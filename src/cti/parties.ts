/** What an agent's desk is told of calls with three parties and more, and what she can do in one. Read from the call room's own state. */
import type { AgentId, LegId } from '../../kernel/ids.ts';
import type { AcdView } from '../acd/view.ts';
import type { Call, Leg } from '../call/call.ts';
import { partiesOf } from '../call/conference.ts';
import type { PartyTarget } from '../call/event.ts';
import { partnerOf } from '../call/joining.ts';
import { isCalling } from '../call/outbound.ts';
import { customerIsGone } from '../call/party.ts';
import { canSendToSurvey } from '../call/survey.ts';
import { maySend } from '../call/transfer.ts';
import { MOST_CALL_PARTIES, type OtherParty } from './calling.ts';
import type { DeskRecord } from './pop.ts';
import type { DeskCall } from './protocol.ts';
import type { DeskPhase, PhasedCommand } from './rules.ts';

/** Her part in a talk of three and more; null = it is one of two. */
export function phaseAmongOthers(call: Call | undefined, { legId, phase }: Pick<DeskRecord, 'legId' | 'phase'>): DeskPhase | null {
  if (call === undefined || phase === 'cleared') return null;
  if (phase === 'calling' && isCalling(call)) return 'calling';
  const { consult, conference, invitations, transfer } = call;
  if (consult?.by === legId) return consult.answered ? 'consulting' : 'consult_ringing';
  if (consult?.legId === legId) return 'consulted';
  if (conference?.legIds.includes(legId) === true || invitations.length > 0) return phase === 'held' ? 'conference_held' : 'conference';
  if (transfer?.from === legId) return 'transferring';
  return customerIsGone(call) ? 'consulted' : null;
}

/** Whose parties hear her now, colleagues in a conference left out: keys are for those outside. */
export function othersWith(call: Call | undefined, legId: LegId): LegId[] {
  if (call?.joined?.includes(legId) === true) return call.joined.filter((other) => other !== legId);
  const { conference } = call ?? {};
  if (conference?.legIds.includes(legId) !== true) return [];
  return conference.legIds.filter((other) => other !== legId && call?.legs.get(other)?.agentId === null);
}

/** A dialplan can lead whom she talks with: who the call began with. */
export function canBeLed(call: Call, legId: LegId): boolean {
  const own = call.legs.get(legId);
  const kept = partnerOf(call, legId);
  return own !== undefined && kept !== null && maySend(call, own, { kind: 'dialplan' }, kept);
}

/** One more would be too many. */
export const isFull = (call: Call | undefined): boolean => call !== undefined && partiesOf(call) >= MOST_CALL_PARTIES;

/** Commands of the table that cannot work for another reason than the phase. */
export const isOutOfReach = (command: PhasedCommand, call: Call | undefined, legId: LegId | undefined): boolean =>
  (command === 'addParty' && isFull(call)) ||
  (command === 'sendToSurvey' && (call === undefined || legId === undefined || !canSendToSurvey(call, call.legs.get(legId))));

export function partyOf(target: PartyTarget, acd: Pick<AcdView, 'agent'>): OtherParty {
  if (target.kind === 'number') return { kind: 'number', number: target.number, name: null };
  return ofAgent(target.agentId, acd);
}

function ofAgent(agentId: AgentId, acd: Pick<AcdView, 'agent'>): OtherParty {
  const agent = acd.agent(agentId);
  return { kind: 'agent', number: agent?.number ?? '', name: agent?.name ?? null };
}

function ofLeg(call: Call, leg: Leg, acd: Pick<AcdView, 'agent'>): OtherParty {
  if (leg.agentId !== null) return ofAgent(leg.agentId, acd);
  if (leg.role === 'target') return { kind: 'number', number: leg.number ?? '', name: null };
  return { kind: 'customer', number: leg.number ?? call.caller.number, name: call.customer?.name ?? call.caller.name ?? null };
}

/** The colleague who asks for this leg to be rung. */
export function askedByOf(call: Call | undefined, legId: LegId, acd: Pick<AcdView, 'agent'>): Pick<DeskRecord, 'askedBy'> {
  const invitation = call?.invitations.find((found) => found.legId === legId);
  const asks = call?.consult?.legId === legId ? call.consult.agentId : invitation?.agentId;
  const agent = asks === undefined ? undefined : acd.agent(asks);
  if (agent === undefined) return {};
  return { askedBy: { number: agent.number, name: agent.name, how: invitation === undefined ? 'consult' : 'conference' } };
}

/** Of her who asks; null = nobody is being asked by her. */
export function consultShown(call: Call | undefined, legId: LegId, acd: Pick<AcdView, 'agent'>): NonNullable<DeskCall['consult']> | null {
  if (call?.consult == null || call.consult.by !== legId) return null;
  const { answered, heard, target } = call.consult;
  return { state: !answered ? 'ringing' : heard === 'party' ? 'talking' : 'with_customer', party: partyOf(target, acd) };
}

/** All who hear one another, and who is being rung for it; none = the talk is one of two. */
export function partiesShown(call: Call | undefined, me: LegId, acd: Pick<AcdView, 'agent'>): NonNullable<DeskCall['parties']> {
  if (call === undefined || (call.conference === null && call.invitations.length === 0)) return [];
  const talking = (call.conference?.legIds ?? call.joined ?? []).flatMap((legId) => call.legs.get(legId) ?? []);
  const held = (leg: Leg): boolean => leg.progress.state === 'up' && leg.progress.held;
  return [
    ...talking.map((leg) => ({
      ...ofLeg(call, leg, acd),
      legId: leg.legId,
      state: held(leg) ? ('held' as const) : ('talking' as const),
      me: leg.legId === me,
    })),
    ...call.invitations.map(({ legId, target }) => ({ ...partyOf(target, acd), legId, state: 'ringing' as const, me: false })),
  ];
}
