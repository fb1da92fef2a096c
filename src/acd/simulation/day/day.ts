/**
 * Plays one day against the real routing core: callers who come, lose heart or talk, agents who come, answer and wrap up. Time is
 * the day's own; a day of 8,000 agents and 300,000 calls holds only who is there at the moment.
 */
import { type AgentId, asId, type CallId, type LegId, legIdOf, type TenantId } from '../../../../kernel/ids.ts';
import type { EndingCause } from '../../../call/ending.ts';
import type { Command, Event } from '../../../vocabulary.ts';
import { type Acd, createAcd } from '../../acd.ts';
import type { QueueConfiguration } from '../../event.ts';
import { Dice } from '../dice.ts';
import { Due } from './due.ts';
import { type Arrival, type Callers, type DayPlan, draw } from './plan.ts';
import { type DayFigures, Tally } from './tally.ts';

interface Caller {
  arrival: Arrival;
  rang: number | null;
  talking: LegId | null;
}

/** A leg that was told to stop does so that soon. */
const RELEASE_TAKES_MS = 1;
/** When the last shift and the last call are over, nobody is waited for longer. */
const LONGEST_AFTERWARDS_MS = 4 * 3_600_000;
/** FNV offset basis */
const NO_FACTS = 0x811c9dc5;

export interface DayResult {
  figures: DayFigures;
  /** FNV-1a over every offer, exit and change of an agent: same seed, same hash. */
  hash: string;
  events: number;
  /** Callers and agents who were there at once, at most. */
  mostAtOnce: number;
}

export function playDay(plan: DayPlan, callers: Callers, seed: number): DayResult {
  return new Day(plan, callers, seed).play();
}

class Day {
  readonly #acd: Acd = createAcd();
  readonly #plan: DayPlan;
  readonly #dice: Dice;
  readonly #due = new Due<() => void>();
  readonly #callers: Iterator<Arrival>;
  readonly #live = new Map<CallId, Caller>();
  readonly #tally: Tally;
  #next: Arrival | null = null;
  #now = 0;
  #wakeAt: number | null = null;
  #calls = 0;
  #events = 0;
  #mostAtOnce = 0;
  #hash = NO_FACTS;

  constructor(plan: DayPlan, callers: Callers, seed: number) {
    this.#plan = plan;
    this.#dice = new Dice(seed ^ 0x5bd1e995);
    this.#callers = callers(seed);
    this.#tally = new Tally(plan.queues);
  }

  play(): DayResult {
    for (const queue of this.#plan.queues) this.#tell({ type: 'queueConfigured', queue: alwaysOpen(queue) });
    // Nobody has a phone in a simulation, and all of them work.
    for (const agent of this.#plan.agents)
      this.#tell({ type: 'agentConfigured', agent: { ...agent, staticContact: agent.staticContact ?? 'sip:simulated@127.0.0.1' } });
    for (const shift of this.#plan.shifts) this.#planShift(shift);
    this.#next = this.#nextCaller();
    for (let at = this.#soonest(); at < this.#plan.lengthMs + LONGEST_AFTERWARDS_MS; at = this.#soonest()) {
      this.#now = Math.max(this.#now, at);
      this.#step();
      if (this.#next === null && this.#live.size === 0 && this.#now >= this.#plan.lengthMs) break;
    }
    const figures = this.#tally.figures(Math.max(this.#now, this.#plan.lengthMs));
    return { figures, hash: (this.#hash >>> 0).toString(16).padStart(8, '0'), events: this.#events, mostAtOnce: this.#mostAtOnce };
  }

  #soonest(): number {
    return Math.min(this.#due.at, this.#wakeAt ?? Number.POSITIVE_INFINITY, this.#next?.at ?? Number.POSITIVE_INFINITY);
  }

  /** Timers first, then what was planned, then who comes. */
  #step(): void {
    if (this.#wakeAt !== null && this.#wakeAt <= this.#now) this.#tell({ type: 'timePassed' });
    else if (this.#due.at <= this.#now) this.#due.take()?.();
    else if (this.#next !== null) {
      const arrival = this.#next;
      this.#next = this.#nextCaller();
      this.#arrive(arrival);
    }
  }

  #nextCaller(): Arrival | null {
    const { done, value } = this.#callers.next();
    return done === true ? null : value;
  }

  #in(ms: number, happens: () => void): void {
    this.#due.add(this.#now + Math.max(0, Math.round(ms)), happens);
  }

  #planShift({ agentId, fromMs, toMs, breaks }: DayPlan['shifts'][number]): void {
    this.#due.add(fromMs, () => {
      this.#tell({ type: 'agentSignedIn', agentId });
      this.#tell({ type: 'agentWentReady', agentId });
    });
    for (const { fromMs: from, toMs: to, reason } of breaks) {
      this.#due.add(from, () => this.#tell({ type: 'agentWentNotReady', agentId, reason }));
      this.#due.add(to, () => this.#tell({ type: 'agentWentReady', agentId }));
    }
    this.#due.add(toMs, () => this.#tell({ type: 'agentSignedOut', agentId }));
  }

  #arrive(arrival: Arrival): void {
    this.#calls += 1;
    const callId = asId<CallId>(`c${this.#calls}`);
    const { queueId, priority, skills, maxWaitMs, patienceMs } = arrival;
    const number = `+86138${String(this.#calls).padStart(8, '0')}`;
    const caller = { number, raw: number };
    const tenantId = asId<TenantId>(queueId.slice(0, queueId.indexOf(':')));
    this.#live.set(callId, { arrival, rang: null, talking: null });
    this.#mostAtOnce = Math.max(this.#mostAtOnce, this.#live.size);
    if (this.#counts(arrival)) this.#tally.came(queueId, arrival.at);
    this.#tell({ type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId, caller, callee: caller, trunk: 'simulated', sipCallId: callId });
    this.#tell({ type: 'callQueued', callId, queueId, priority, skills, maxWaitMs });
    if (patienceMs !== null) this.#in(patienceMs, () => this.#loseHeart(callId));
  }

  #loseHeart(callId: CallId): void {
    const caller = this.#live.get(callId);
    if (caller === undefined || caller.talking !== null) return;
    if (this.#counts(caller.arrival)) this.#tally.abandoned(caller.arrival.queueId, caller.arrival.at, this.#now - caller.arrival.at);
    this.#end(callId, 'abandoned');
  }

  #counts({ at }: Arrival): boolean {
    return at >= (this.#plan.warmUpMs ?? 0);
  }

  #end(callId: CallId, cause: EndingCause): void {
    const caller = this.#live.get(callId);
    this.#live.delete(callId);
    this.#tell({ type: 'legEnded', callId, legId: legIdOf(callId, 0), ending: { cause: 'normal', by: 'far_end' } });
    if (caller?.talking != null) this.#tell({ type: 'legEnded', callId, legId: caller.talking, ending: { cause: 'normal', by: 'other_party' } });
    this.#tell({ type: 'callEnded', callId, ending: { cause, by: 'far_end' } });
  }

  // -- what the core says, and what phones and people do about it

  #tell(event: Event): Event[] {
    const turn = this.#acd.decide(event, this.#now);
    this.#events += 1;
    this.#wakeAt = turn.wakeAt;
    for (const fact of turn.events) this.#hear(fact);
    for (const command of turn.commands) this.#obey(command);
    return turn.events;
  }

  #hear(fact: Event): void {
    if (fact.type === 'agentStateChanged') {
      const { agentId, state, callId, reasons } = fact;
      this.#mix(`${agentId} ${state} ${callId}`);
      this.#tally.agentBecame(agentId, state, this.#now);
      if (state === 'wrapping_up' && callId !== null) this.#wrapUp(agentId, callId);
      else if (state === 'not_ready' && reasons.includes('no_answer'))
        this.#in(this.#plan.habits.backAfterMs, () => this.#tell({ type: 'agentWentReady', agentId }));
    } else if (fact.type === 'callOffered') this.#mix(`${fact.offerId} ${fact.agentId}`);
    else if (fact.type === 'callLeftQueue') {
      this.#mix(`${fact.callId} ${fact.exit}`);
      if (fact.exit === 'answered' || fact.exit === 'transferred' || fact.exit === 'abandoned' || fact.exit === 'ended') return;
      const caller = this.#live.get(fact.callId);
      if (caller === undefined) return;
      if (this.#counts(caller.arrival)) this.#tally.sentBack(fact.queueId);
      this.#in(0, () => {
        if (this.#live.has(fact.callId)) this.#end(fact.callId, 'dialplan_end');
      });
    }
  }

  #obey(command: Command): void {
    if (command.type === 'releaseLeg') {
      const { callId, legId, cause, by } = command;
      this.#in(RELEASE_TAKES_MS, () => this.#tell({ type: 'legEnded', callId, legId, ending: { cause, by } }));
    } else if (command.type === 'ringLeg') {
      const { callId, legId } = command;
      const { answer, noAnswerShare } = this.#plan.habits;
      const caller = this.#live.get(callId);
      if (caller !== undefined) caller.rang ??= this.#now;
      const silent = this.#dice.chance(noAnswerShare);
      const takes = draw(this.#dice, answer);
      if (!silent) this.#in(takes, () => this.#pickUp(callId, legId));
    }
  }

  #pickUp(callId: CallId, legId: LegId): void {
    const caller = this.#live.get(callId);
    if (caller === undefined || caller.talking !== null) return;
    const facts = this.#tell({ type: 'legAnswered', callId, legId });
    // The ring may have been over before she lifted it.
    if (!facts.some((fact) => fact.type === 'offerEnded' && fact.legId === legId && fact.end === 'answered')) return;
    caller.talking = legId;
    const { arrival, rang } = caller;
    if (this.#counts(arrival)) this.#tally.answered(arrival.queueId, arrival.at, this.#now - arrival.at, (rang ?? this.#now) - arrival.at);
    this.#in(arrival.talkMs, () => this.#end(callId, 'normal'));
  }

  #wrapUp(agentId: AgentId, callId: CallId): void {
    const { wrapUp } = this.#plan.habits;
    if (wrapUp !== null) this.#in(draw(this.#dice, wrapUp), () => this.#tell({ type: 'wrapUpEnded', agentId, callId, disposition: null, notes: null }));
  }

  #mix(text: string): void {
    let mixed = Math.imul(this.#hash ^ (this.#now | 0), 0x01000193);
    for (let at = 0; at < text.length; at += 1) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193);
    this.#hash = mixed;
  }
}

/** Calls that come in a day's closed hours are no part of it: who comes has been let in. */
function alwaysOpen(queue: QueueConfiguration): QueueConfiguration {
  if (queue.door === undefined) return queue;
  const { calendar: _, ...door } = queue.door;
  return { ...queue, door };
}
