/**
 * The desk room: what an agent's screen must be told, and what it shows whole when it (re)connects.
 * Reads calls and agents from the rooms to its left; of its own it keeps one record for each agent with a call, and when
 * each queue's figures are told.
 *
 *   callOffered → offered ──legsJoined──▶ established ⇄ held ──legEnded──▶ cleared ──wrap-up over──▶ (none)
 */

import type { AgentId, CallId, LegId, OfferId, QueueId } from '../../kernel/ids.ts';
import type { AcdView, AgentView } from '../acd/view.ts';
import { type CallsView, callerLeg } from '../call/call.ts';
import type { Capture } from '../call/capture.ts';
import { isRetrievedByHand } from '../call/control.ts';
import type { EndedBy, EndingCause } from '../call/ending.ts';
import type { AudioTrouble, CallEvent } from '../call/event.ts';
import { isHeld } from '../call/joining.ts';
import { isCalling } from '../call/outbound.ts';
import type { Turn } from '../call/turn.ts';
import { mayDial } from './dial.ts';
import type { CtiCommand, DeskNews } from './event.ts';
import { QueueFigures } from './figures.ts';
import { type Heard, handlers, type PhoneWord } from './hearing.ts';
import { interactionsOf, newsOf } from './interactions.ts';
import { canBeLed, consultShown, isOutOfReach, partiesShown, partyOf, phaseAmongOthers } from './parties.ts';
import { type DeskRecord, isBefore, iso, isoOrNull, popOf } from './pop.ts';
import type { AgentStateData, DeskCall, Pop, QueueStats, Snapshot } from './protocol.ts';
import { canIn, type DeskPhase } from './rules.ts';

export class DeskRoom {
  readonly calls: CallsView;
  readonly acd: AcdView;
  readonly records = new Map<AgentId, DeskRecord>();
  /** The call she was wrapping up when another was offered to her. */
  readonly beneath = new Map<AgentId, DeskRecord>();
  readonly #news: CtiCommand[] = [];
  /** The state each agent's desk was last told, so that nothing is told twice. */
  readonly #toldState = new Map<AgentId, string>();
  /** Agents one of whose phones understands `Event: talk`. */
  readonly #pickable = new Set<AgentId>();
  readonly figures = new QueueFigures();

  constructor(calls: CallsView, acd: AcdView) {
    this.calls = calls;
    this.acd = acd;
  }

  decide(event: { type: string }, now: number): Turn<never, CtiCommand> {
    const handler = handlers[event.type as Heard['type']] as ((room: DeskRoom, event: { type: string }, now: number) => void) | undefined;
    handler?.(this, event, now);
    for (const queueId of this.figures.due(now)) this.#tellFigures(queueId);
    return { events: [], commands: this.#news.splice(0), wakeAt: this.figures.wakeAt };
  }

  phonesChanged({ agentId, bindings }: PhoneWord, now: number): void {
    if (bindings.some(({ allowEvents }) => allowEvents.includes('talk'))) this.#pickable.add(agentId);
    else this.#pickable.delete(agentId);
    this.agentMoved(agentId, now);
  }

  canPickUp(agentId: AgentId): boolean {
    const record = this.records.get(agentId);
    return (record?.phase === 'offered' ? record.pickable : undefined) ?? this.#pickable.has(agentId);
  }

  pickable(callId: CallId, legId: LegId, pickable: boolean): void {
    const agentId = this.agentOfLeg(callId, legId);
    const record = agentId === null ? undefined : this.records.get(agentId);
    if (agentId === null || record?.legId !== legId || record.phase !== 'offered') return;
    record.pickable = pickable;
    this.tellState(agentId);
  }

  /** No phone of hers has gone off-hook: that is hers to do now. */
  answerFailed(callId: CallId, legId: LegId): void {
    const agentId = this.agentOfLeg(callId, legId);
    const record = agentId === null ? undefined : this.records.get(agentId);
    if (agentId !== null && record?.legId === legId && record.phase === 'offered')
      this.tell(agentId, { type: 'answerFailed', data: { callId, legId, code: 'phone_unmoved' } });
    this.pickable(callId, legId, false);
  }

  /** Her phone holds on, and takes no word for it any more. */
  retrieveFailed(callId: CallId, legId: LegId): void {
    const agentId = this.agentOfLeg(callId, legId);
    const record = agentId === null ? undefined : this.records.get(agentId);
    if (agentId === null || record?.legId !== legId || !this.#isRetrievedByHand(record)) return;
    this.tell(agentId, { type: 'retrieveFailed', data: { callId, legId, code: 'retrieve_at_phone' } });
    this.tellState(agentId);
  }

  /** Whether what she holds can be taken back from her desk. */
  canRetrieve(agentId: AgentId): boolean {
    const record = this.records.get(agentId);
    return record === undefined || !this.#isRetrievedByHand(record);
  }

  #isRetrievedByHand({ callId, legId }: DeskRecord): boolean {
    const leg = this.calls.get(callId)?.legs.get(legId);
    return leg !== undefined && isRetrievedByHand(leg);
  }

  tell(agentId: AgentId, message: DeskNews): void {
    this.#news.push({ type: 'tellDesk', agentId, message });
  }

  /** To whose it is or was; who waited unserved is no desk's. */
  tellInteraction(event: Parameters<typeof newsOf>[0], now: number): void {
    const news = event.agentId === null ? null : newsOf(event, this.acd, now);
    if (event.agentId !== null && news !== null) this.tell(event.agentId, news);
  }

  /** The agents whose record is of this call and not over. */
  *onCall(callId: CallId): Generator<[AgentId, DeskRecord]> {
    const agents = new Set([...(this.calls.get(callId)?.legs.values() ?? [])].map((leg) => leg.agentId));
    for (const agentId of agents) {
      const record = agentId === null ? undefined : this.records.get(agentId);
      if (agentId !== null && record?.callId === callId && record.phase !== 'cleared') yield [agentId, record];
    }
  }

  interrupted(agentId: AgentId): void {
    const record = this.records.get(agentId);
    if (record?.phase === 'cleared') this.beneath.set(agentId, record);
  }

  /** The offer that interrupted it came to nothing: what she wraps up is before her again. */
  wrapUpGoesOn(agentId: AgentId, state: AgentView['state'], now: number): void {
    const former = this.beneath.get(agentId);
    if (former === undefined || state === 'offered') return;
    this.beneath.delete(agentId);
    const record = this.records.get(agentId);
    if (state !== 'wrapping_up' || this.acd.agent(agentId)?.callId !== former.callId || record === undefined) return;
    this.clear(agentId, record.legId, 'withdrawn', 'server', now);
    this.records.set(agentId, former);
  }

  agentOfLeg(callId: CallId, legId: LegId): AgentId | null {
    return this.calls.get(callId)?.legs.get(legId)?.agentId ?? null;
  }

  joined(callId: CallId, legId: LegId, now: number): void {
    const agentId = this.agentOfLeg(callId, legId);
    const record = agentId === null ? undefined : this.records.get(agentId);
    if (agentId === null || record?.legId !== legId || record.phase === 'cleared') return;
    if (record.transferring) this.tell(agentId, { type: 'callRetrieved', data: { callId, legId, by: 'agent' } });
    record.transferring = false;
    if (!isBefore(record)) {
      this.tellState(agentId);
      return;
    }
    this.#established(agentId, record, now);
    this.tellState(agentId);
    this.partiesMoved(callId, now);
  }

  /** Her phone has answered a call that we make, and who is called is dialled now. */
  callsNow(callId: CallId, legId: LegId, now: number): void {
    const call = this.calls.get(callId);
    for (const [agentId, record] of this.onCall(callId)) {
      if (call === undefined || record.legId !== legId || record.phase !== 'offered' || !isCalling(call)) continue;
      Object.assign(record, { phase: 'calling', phaseSince: now, ringUntil: null });
      this.#tellCalled(agentId, record);
      this.tellState(agentId);
    }
  }

  calledRings(callId: CallId, legId: LegId): void {
    for (const [agentId, record] of this.onCall(callId)) {
      if (record.phase !== 'calling' || record.legId === legId || record.ringing === true) continue;
      record.ringing = true;
      this.#tellCalled(agentId, record);
    }
  }

  /** From another phone. */
  callsOn(agentId: AgentId, ringing: boolean): void {
    const record = this.records.get(agentId);
    if (record === undefined) return;
    if (ringing) record.ringing = true;
    this.#tellCalled(agentId, record);
  }

  /** Who is called has come while she holds: nobody hears anybody until she takes the call back. */
  calledAnswers(callId: CallId, legId: LegId, now: number): void {
    const call = this.calls.get(callId);
    for (const [agentId, record] of this.onCall(callId)) {
      const own = call?.legs.get(record.legId);
      if (record.phase !== 'calling' || record.legId === legId || own === undefined || !isHeld(own) || call?.joined?.includes(record.legId) !== true) continue;
      this.#established(agentId, record, now);
      this.holdChanged(callId, record.legId, true, now);
    }
  }

  #established(agentId: AgentId, record: DeskRecord, now: number): void {
    delete record.ringing;
    Object.assign(record, { phase: 'established', phaseSince: now, establishedAt: now, ringUntil: null });
    this.tell(agentId, { type: 'callEstablished', data: { callId: record.callId, legId: record.legId, establishedAt: iso(now) } });
  }

  #tellCalled(agentId: AgentId, { callId, legId, phaseSince, ringing }: DeskRecord): void {
    this.tell(agentId, { type: 'callDialled', data: { callId, legId, ringing: ringing === true, since: iso(phaseSince) } });
  }

  /** A call is hers that was not offered to her: another's leg came over to it, or she took it from another phone. */
  takesOver(agentId: AgentId, callId: CallId, legId: LegId, up: boolean, now: number): void {
    const call = this.calls.get(callId);
    const known = this.records.get(agentId);
    if (call === undefined || (known !== undefined && known.legId !== legId && known.callId !== callId && known.phase !== 'cleared')) return;
    const ringUntil = known?.legId === legId && !up ? known.ringUntil : null;
    const calls = up && isCalling(call);
    const phase = calls ? ('calling' as const) : up ? ('established' as const) : ('offered' as const);
    const established = { phase, establishedAt: phase === 'established' ? now : null };
    const queueId = call.queueId ?? (known?.callId === callId ? known.queueId : null);
    this.records.set(agentId, {
      ...{ callId, legId, offerId: known?.legId === legId ? known.offerId : null, queueId, recorded: call.legs.get(legId)?.record ?? false },
      ...{ ringUntil, phaseSince: now, transferring: false, pop: null, audio: known?.audio ?? { agent: 'none', caller: 'none' }, ...established },
    });
    this.popAgain(callId, agentId);
    if (calls) this.callsOn(agentId, callerLeg(call)?.progress.state === 'ringing');
    else if (up) this.tell(agentId, { type: 'callEstablished', data: { callId, legId, establishedAt: iso(now) } });
    if (call.legs.get(legId)?.muted === true) this.tellMuted(agentId, callId, true);
    this.tellState(agentId);
  }

  tellMuted(agentId: AgentId, callId: CallId, muted: boolean): void {
    const record = this.records.get(agentId);
    if (record === undefined) return;
    record.muted = muted;
    this.tell(agentId, { type: 'muteChanged', data: { callId, legId: record.legId, muted } });
  }

  /** Told to who asks; what the others can do may have changed too. */
  consultMoved(callId: CallId): void {
    const call = this.calls.get(callId);
    for (const [agentId, { legId }] of this.onCall(callId)) {
      const shown = consultShown(call, legId, this.acd);
      if (shown !== null) this.tell(agentId, { type: 'consultChanged', data: { callId, legId, ...shown, end: null, cause: null } });
      this.tellState(agentId);
    }
  }

  /** Who was asked has come, gone, or never came. */
  askEnded({ callId, how, by, target, end, cause, held }: Extract<CallEvent, { type: 'partyAskEnded' }>, now: number): void {
    const party = partyOf(target, this.acd);
    for (const [agentId, record] of this.onCall(callId)) {
      if (record.legId !== by) continue;
      const { legId } = record;
      if (how === 'consult') this.tell(agentId, { type: 'consultChanged', data: { callId, legId, state: 'over', party, end, cause } });
      else if (end !== 'conferenced') this.tell(agentId, { type: 'partyMissed', data: { callId, legId, party, end, cause } });
      if (held && record.phase === 'established') {
        Object.assign(record, { phase: 'held', phaseSince: now });
        this.tell(agentId, { type: 'callHeld', data: { callId, legId, by: 'agent' } });
      }
      if (end !== 'completed') continue;
      record.transferring = true;
      const to = target.kind === 'agent' ? target.agentId : target.number;
      this.tell(agentId, { type: 'callTransferred', data: { callId, legId, target: { kind: target.kind, to } } });
    }
    if (how === 'conference') this.conferenceMoved(callId, now);
    else this.tellStates(callId);
  }

  /** Where there are more than two. */
  partiesMoved(callId: CallId, now: number): void {
    const call = this.calls.get(callId);
    if (call !== undefined && (call.conference !== null || call.invitations.length > 0)) this.conferenceMoved(callId, now);
  }

  /** Each agent who is in it sees all who are; who has just come hears them. */
  conferenceMoved(callId: CallId, now: number): void {
    const call = this.calls.get(callId);
    for (const [agentId, record] of this.onCall(callId)) {
      const { legId } = record;
      const isIn = call?.conference?.legIds.includes(legId) === true;
      if (isIn && isBefore(record)) {
        this.#established(agentId, record, now);
        if (call?.conference?.away.includes(legId) === true) this.holdChanged(callId, legId, true, now);
      }
      if (!isBefore(record)) this.tell(agentId, { type: 'callConferenced', data: { callId, legId, parties: partiesShown(call, legId, this.acd) } });
      this.tellState(agentId);
    }
  }

  tellStates(callId: CallId): void {
    for (const [agentId] of this.onCall(callId)) this.tellState(agentId);
  }

  /** Her own hold changes what she can do; the caller's is only worth knowing. */
  holdChanged(callId: CallId, legId: LegId, held: boolean, now: number): void {
    const type = held ? 'callHeld' : 'callRetrieved';
    const phase = held ? 'held' : 'established';
    for (const [agentId, record] of this.onCall(callId)) {
      const mine = record.legId === legId;
      if (!mine && !this.calls.get(callId)?.joined?.includes(record.legId)) continue;
      if (mine && !isBefore(record) && record.phase !== phase) Object.assign(record, { phase, phaseSince: now });
      this.tell(agentId, { type, data: { callId, legId: record.legId, by: mine ? 'agent' : 'caller' } });
      if (mine) this.tellState(agentId);
    }
  }

  audioTroubled(callId: CallId, legId: LegId, trouble: AudioTrouble | 'none'): void {
    for (const [agentId, record] of this.onCall(callId)) {
      const mine = record.legId === legId;
      const joined: readonly LegId[] = this.calls.get(callId)?.joined ?? [];
      if (record.phase === 'cleared' || (!mine && !(joined.includes(legId) && joined.includes(record.legId)))) continue;
      const of = mine ? 'agent' : 'caller';
      record.audio = { ...record.audio, [of]: trouble };
      this.tell(agentId, { type: 'audioTrouble', data: { callId, legId: record.legId, of, trouble } });
    }
  }

  /** Once for each leg, whoever notices first. */
  clear(agentId: AgentId, legId: LegId, cause: EndingCause | 'withdrawn', by: EndedBy, now: number): void {
    const record = this.records.get(agentId);
    if (record?.legId !== legId || record.phase === 'cleared') return;
    record.pop = this.#popOf({ ...record, ringUntil: null });
    delete record.ringing;
    Object.assign(record, { phase: 'cleared', phaseSince: now, ringUntil: null, transferring: false });
    this.tell(agentId, { type: 'callCleared', data: { callId: record.callId, legId, cause, by } });
  }

  /** Something became known about the caller while she has the call. */
  popAgain(callId: CallId, only?: AgentId): void {
    for (const [agentId, record] of this.onCall(callId)) {
      if (only !== undefined && agentId !== only) continue;
      const pop = this.#popOf(record);
      if (pop !== null) this.tell(agentId, { type: 'screenPop', data: pop });
    }
  }

  agentMoved(agentId: AgentId, now: number): void {
    const agent = this.acd.agent(agentId);
    this.figures.enrol(agentId, agent === undefined || agent.state === 'signed_out' ? [] : agent.queues, now);
    this.tellState(agentId);
  }

  tellState(agentId: AgentId): void {
    const agent = this.acd.agent(agentId);
    if (agent === undefined) return void this.#toldState.delete(agentId);
    const data = this.#stateOf(agent);
    const told = JSON.stringify(data);
    if (this.#toldState.get(agentId) === told) return;
    this.#toldState.set(agentId, told);
    this.tell(agentId, { type: 'agentState', data });
  }

  phaseOf(agentId: AgentId): DeskPhase | null {
    const agent = this.acd.agent(agentId);
    return agent === undefined ? null : this.#phase(agent);
  }

  callOf(agentId: AgentId): DeskCallIds | null {
    const record = this.records.get(agentId);
    return record === undefined ? null : { callId: record.callId, legId: record.legId, queueId: record.queueId };
  }

  screenPop(agentId: AgentId, offerId: OfferId): Pop | null {
    const record = this.records.get(agentId);
    return record?.offerId === offerId ? this.#popOf(record) : null;
  }

  snapshot(agentId: AgentId): Snapshot | null {
    const agent = this.acd.agent(agentId);
    if (agent === undefined) return null;
    const beneath = this.#shown(agentId, this.beneath.get(agentId));
    return {
      ...{ agent: this.#stateOf(agent), call: this.#shown(agentId, this.records.get(agentId)), ...(beneath === null ? {} : { beneath }) },
      ...{ queues: agent.queues.flatMap((queueId) => this.#statsOf(queueId) ?? []), interactions: interactionsOf(this.acd, agentId) },
    };
  }

  #shown(agentId: AgentId, record: DeskRecord | undefined): DeskCall | null {
    const pop = record === undefined ? null : this.#popOf(record);
    if (record === undefined || pop === null) return null;
    const call = record.phase === 'cleared' ? undefined : this.calls.get(record.callId);
    const consult = consultShown(call, record.legId, this.acd);
    const parties = isBefore(record) ? [] : partiesShown(call, record.legId, this.acd);
    return {
      ...{ phase: record.phase, phaseSince: iso(record.phaseSince), establishedAt: isoOrNull(record.establishedAt) },
      ...{ audio: { ...record.audio }, capture: captureShown(this.calls.get(record.callId)?.capture, agentId), pop },
      ...{ ...(consult === null ? {} : { consult }), ...(parties.length === 0 ? {} : { parties }) },
      ...(record.muted === true && record.phase !== 'cleared' ? { muted: true as const } : {}),
      ...(record.ringing === true ? { ringing: record.ringing } : {}),
    };
  }

  #phase(agent: AgentView): DeskPhase {
    const record = this.records.get(agent.agentId);
    if (agent.state !== 'talking' || record === undefined) return agent.state;
    return phaseAmongOthers(this.calls.get(record.callId), record) ?? (record.phase === 'held' ? 'held' : 'talking');
  }

  #stateOf(agent: AgentView): AgentStateData {
    const { agentId, number, name, state, activity, afterwards, reasons, callId, phoneReachable } = agent;
    const phase = this.#phase(agent);
    const isHeld = agent.heldBy !== null && phase !== 'wrapping_up';
    const shown = this.records.get(agentId);
    const call = shown === undefined ? undefined : this.calls.get(shown.callId);
    const inPhase = canIn(phase).filter(
      (command) =>
        !isOutOfReach(command, call, shown?.legId) &&
        (command !== 'ready' || !isHeld) &&
        (command !== 'answer' || this.canPickUp(agentId)) &&
        (command !== 'retrieve' || this.canRetrieve(agentId)) &&
        (command !== 'dial' || mayDial(agent)) &&
        (command !== 'requestCallback' || this.acd.callsBack(agent.tenantId)) &&
        (command !== 'extendWrapUp' || agent.wrapUpExtendableMs > 0),
    );
    const toDialplan = inPhase.includes('blindTransfer') && shown !== undefined && call !== undefined && canBeLed(call, shown.legId);
    const can = [...inPhase, ...(toDialplan ? (['transferToDialplan'] as const) : [])].sort();
    const times = { since: iso(agent.since), wrapUpUntil: isoOrNull(agent.wrapUpUntil), pausedUntil: isoOrNull(agent.pausedUntil) };
    const takes = agent.channels === undefined ? {} : { channels: agent.channels };
    const heldBy = agent.heldBy === null ? {} : { heldBy: { name: agent.heldBy.name, note: agent.heldBy.note } };
    return { agentId, number, name, state, activity, afterwards, reasons: [...reasons], ...heldBy, ...times, callId, phoneReachable, ...takes, can };
  }

  #popOf(record: DeskRecord): Pop | null {
    const call = this.calls.get(record.callId);
    if (call === undefined || record.phase === 'cleared') return record.pop;
    return popOf(call, record, (queueId) => this.acd.queue(queueId));
  }

  #statsOf(queueId: QueueId): QueueStats | null {
    const queue = this.acd.queue(queueId);
    if (queue === undefined) return null;
    const { state, waiting, signedIn, ready, talking, wrappingUp } = queue;
    const standing = { state, stateUntil: isoOrNull(queue.stateUntil) };
    const figures = { waiting, oldestSince: isoOrNull(queue.oldestSince), signedIn, ready, talking, wrappingUp };
    return { queueId, name: queue.configuration.name, ...standing, ...figures, expectedWait: this.acd.estimate(queueId) };
  }

  #tellFigures(queueId: QueueId): void {
    const data = this.#statsOf(queueId);
    if (data === null) this.figures.forget(queueId);
    else for (const agentId of this.figures.members(queueId)) this.tell(agentId, { type: 'queueStats', data });
  }
}

/** To who asked for it. */
const captureShown = (capture: Capture | null | undefined, agentId: AgentId): DeskCall['capture'] =>
  capture == null || capture.waits !== null || capture.by !== agentId
    ? null
    : { form: capture.form, field: capture.state === 'sending' ? null : capture.field, state: capture.state, count: capture.count };

interface DeskCallIds {
  callId: CallId;
  legId: LegId;
  queueId: QueueId | null;
}

export interface Desk {
  name: 'desk';
  decide(event: { type: string }, now: number): Turn<never, CtiCommand>;
  /** What the offer's screen shows; null when the offer is over. */
  screenPop(agentId: AgentId, offerId: OfferId): Pop | null;
  /** null: nobody knows this agent. */
  snapshot(agentId: AgentId): Snapshot | null;
  phaseOf(agentId: AgentId): DeskPhase | null;
  /** Whether she can answer from her desk: one of her phones goes off-hook when told to. */
  canPickUp(agentId: AgentId): boolean;
  /** Whether she can take back from her desk what she holds: not what her phone holds that takes no word for it. */
  canRetrieve(agentId: AgentId): boolean;
  /** The call on her screen, wrap-up included. */
  callOf(agentId: AgentId): DeskCallIds | null;
  /** Of each agent with a call, and of those whose wrap-up was interrupted. */
  records(): DeskRecords;
  restoreRecords(records: DeskRecords): void;
}

export interface DeskRecords {
  records: Map<AgentId, DeskRecord>;
  beneath: Map<AgentId, DeskRecord>;
}

export function createDesk(calls: CallsView, acd: AcdView): Desk {
  const room = new DeskRoom(calls, acd);
  return {
    name: 'desk',
    decide: (event, now) => room.decide(event, now),
    screenPop: (agentId, offerId) => room.screenPop(agentId, offerId),
    snapshot: (agentId) => room.snapshot(agentId),
    phaseOf: (agentId) => room.phaseOf(agentId),
    canPickUp: (agentId) => room.canPickUp(agentId),
    canRetrieve: (agentId) => room.canRetrieve(agentId),
    callOf: (agentId) => room.callOf(agentId),
    records: () => ({ records: room.records, beneath: room.beneath }),
    restoreRecords({ records, beneath }) {
      for (const [agentId, record] of records) room.records.set(agentId, record);
      for (const [agentId, record] of beneath) room.beneath.set(agentId, record);
    },
  };
}
