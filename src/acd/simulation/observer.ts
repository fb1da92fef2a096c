/**
 * Watches the routing core from outside and says which invariant of SPEC.md a turn has broken. It knows only what was told
 * and what was answered; it counts everything anew by the plainest means, so that it cannot share a mistake with the indexes.
 */
import type { AgentId, CallId, LegId, OfferId, QueueId } from '../../../kernel/ids.ts';
import { legIdOf } from '../../../kernel/ids.ts';
import type { QueueExit } from '../../call/event.ts';
import type { Command, Event, Turn } from '../../vocabulary.ts';
import type { AgentConfiguration, AgentState, QueueConfiguration } from '../event.ts';
import type { AcdView } from '../view.ts';

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;

export interface SeenAgent {
  configuration: AgentConfiguration;
  state: AgentState;
  callId: CallId | null;
  wrapUpUntil: number | null;
  idleSince: number | null;
  phone: boolean;
}

interface SeenWait {
  queueId: QueueId;
  priority: number;
  skills: { skill: string; level: number }[];
  leaveAt: number | null;
}

interface SeenCall {
  callId: CallId;
  placedAt: number | null;
  place: number;
  gone: boolean;
  ended: boolean;
  waits: SeenWait[];
  offer: EventOf<'callOffered'> | null;
}

interface SeenLeg {
  agentId: AgentId;
  callId: CallId;
  state: 'ringing' | 'up' | 'released';
  releasedAt: number;
}

export class Violation extends Error {}

const LONGEST_RELEASE_MS = 5_000;

export class Observer {
  readonly agents = new Map<AgentId, SeenAgent>();
  readonly queues = new Map<QueueId, QueueConfiguration>();
  readonly calls = new Map<CallId, SeenCall>();
  readonly legs = new Map<LegId, SeenLeg>();
  readonly tally = { offers: 0, answered: 0, entries: 0, exits: 0 };
  readonly #phones = new Set<AgentId>();
  readonly #removed = new Set<AgentId>();
  readonly #offerIds = new Set<OfferId>();
  readonly #view: AcdView;
  #places = 0;
  #turns = 0;

  constructor(view: AcdView) {
    this.#view = view;
  }

  /** Throws a Violation when `turn` is not what the SPEC allows after `event`. */
  see(event: Event, turn: Turn<Event, Command>, now: number): void {
    const door = this.#hear(event, now);
    for (const fact of turn.events) this.#fact(fact, event, now);
    if (door !== undefined) this.#door(door, event as EventOf<'callQueued'>, turn);
    this.#commands(turn, now);
    this.#forget(event);
    this.#wake(event, turn, now);
    if (turn.wakeAt !== now) this.#nobodyWaitsBesideAnIdleAgent();
    this.#nobodyOvertook(turn, now);
    this.#agentsAreWhereTheirLegsAre(now);
    this.#turns += 1;
    if (this.#turns % 8 === 0) this.#viewAgrees();
  }

  waitingIn(queueId: QueueId): SeenCall[] {
    return [...this.calls.values()].filter((call) => call.waits[0]?.queueId === queueId);
  }

  signedIn(queueId: QueueId): number {
    let count = 0;
    for (const agent of this.agents.values()) if (agent.state !== 'signed_out' && agent.configuration.queues.includes(queueId)) count += 1;
    return count;
  }

  // -- what was told

  #hear(event: Event, now: number): QueueExit | null | undefined {
    switch (event.type) {
      case 'queueConfigured':
        this.queues.set(event.queue.queueId, event.queue);
        return;
      case 'queueRemoved':
        this.queues.delete(event.queueId);
        return;
      case 'agentConfigured':
        this.#removed.delete(event.agent.agentId);
        this.#configure(event.agent);
        return;
      case 'agentRemoved':
        this.#removed.add(event.agentId);
        return;
      case 'phoneReachable':
        this.#phone(event.agentId, true);
        return;
      case 'phoneLost':
        this.#phone(event.agentId, false);
        return;
      case 'callArrived':
        if (!this.calls.has(event.callId)) this.calls.set(event.callId, newCall(event.callId));
        return;
      case 'callQueued':
        return this.#queued(event, now);
      case 'legAnswered':
        this.#legAnswered(event.legId);
        return;
      case 'legEnded':
        this.#legEnded(event);
        return;
      case 'callEnded':
        this.#callEnded(event.callId);
        return;
      case 'serverStarted':
        this.calls.clear();
        this.legs.clear();
        return;
      default:
        return;
    }
  }

  #configure(configuration: AgentConfiguration): void {
    const { agentId } = configuration;
    const known = this.agents.get(agentId);
    if (known !== undefined) known.configuration = configuration;
    else {
      const phone = this.#phones.has(agentId);
      this.agents.set(agentId, { configuration, state: 'signed_out', callId: null, wrapUpUntil: null, idleSince: null, phone });
    }
  }

  #phone(agentId: AgentId, reachable: boolean): void {
    if (reachable) this.#phones.add(agentId);
    else this.#phones.delete(agentId);
    const agent = this.agents.get(agentId);
    if (agent !== undefined) agent.phone = reachable;
  }

  /** Which exit the door must give; null = in. */
  #queued(event: EventOf<'callQueued'>, now: number): QueueExit | null {
    const { callId, queueId, priority, skills, maxWaitMs } = event;
    const call = this.calls.get(callId);
    if (call === undefined) return 'ended';
    const queue = this.queues.get(queueId);
    const others = this.waitingIn(queueId).filter((other) => other !== call).length;
    const waits = [maxWaitMs, queue?.maxWaitMs ?? null].filter((ms) => ms !== null);
    call.waits.push({ queueId, priority, skills, leaveAt: waits.length === 0 ? null : now + Math.min(...waits) });
    this.tally.entries += 1;
    if (call.gone) return 'ended';
    if (queue === undefined) return 'closed';
    if (queue.leaveWhenNoAgents && this.signedIn(queueId) === 0) return 'no_agents';
    if (others >= queue.maxWaiting) return 'full';
    if (call.placedAt === null) {
      this.#places += 1;
      call.placedAt = now;
      call.place = this.#places;
    }
    return null;
  }

  #legAnswered(legId: LegId): void {
    const leg = this.legs.get(legId);
    if (leg?.state === 'ringing') leg.state = 'up';
  }

  #legEnded({ callId, legId }: EventOf<'legEnded'>): void {
    const call = this.calls.get(callId);
    if (call !== undefined && legId === legIdOf(callId, 0)) call.gone = true;
    else this.legs.delete(legId);
  }

  #callEnded(callId: CallId): void {
    const call = this.calls.get(callId);
    if (call === undefined) return;
    call.gone = true;
    call.ended = true;
    for (const [legId, leg] of this.legs) if (leg.callId === callId && leg.state === 'up') this.legs.delete(legId);
  }

  #forget(event: Event): void {
    if (event.type === 'callEnded') {
      const call = this.calls.get(event.callId);
      demand(call === undefined || (call.waits.length === 0 && call.offer === null), 'INV5', () => `${event.callId} ended, but still waits or is offered`);
      this.calls.delete(event.callId);
    }
    for (const agentId of this.#removed) if (this.agents.get(agentId)?.state === 'signed_out') this.agents.delete(agentId);
  }

  // -- what was answered

  #fact(fact: Event, cause: Event, now: number): void {
    if (fact.type === 'callOffered') this.#offered(fact, now);
    else if (fact.type === 'offerEnded') this.#offerEnded(fact, now);
    else if (fact.type === 'callLeftQueue') this.#leftQueue(fact, cause, now);
    else if (fact.type === 'agentStateChanged') this.#stateChanged(fact, now);
    else throw new Violation(`the acd established ${fact.type}, which is not its business`);
  }

  #offered(fact: EventOf<'callOffered'>, now: number): void {
    const { callId, agentId, legId, offerId, queueId } = fact;
    const call = this.calls.get(callId);
    const agent = this.agents.get(agentId);
    demand(call !== undefined && !call.gone, 'INV4', () => `${callId} was offered, but its caller is gone`);
    demand(agent !== undefined && agent.state !== 'signed_out', 'INV1', () => `${agentId} was offered a call, signed out`);
    if (call === undefined || agent === undefined) return;
    demand(agent.phone || agent.configuration.staticContact !== null, 'INV8', () => `${agentId} was offered a call without a phone`);
    demand(call.offer === null, 'INV1', () => `${callId} has two live offers`);
    for (const other of this.calls.values()) demand(other.offer?.agentId !== agentId, 'INV1', () => `${agentId} has two live offers`);
    demand(!this.#offerIds.has(offerId) && !this.legs.has(legId), 'INV1', () => `${offerId} is not new`);
    demand((call.waits[0]?.queueId ?? null) === queueId, 'INV5', () => `${callId} was offered for ${queueId}, where it does not wait`);
    this.#offerIds.add(offerId);
    call.offer = fact;
    this.legs.set(legId, { agentId, callId, state: 'ringing', releasedAt: 0 });
    this.tally.offers += 1;
    if (queueId !== null) agent.idleSince ??= now;
  }

  #offerEnded(fact: EventOf<'offerEnded'>, now: number): void {
    const call = this.calls.get(fact.callId);
    if (call?.offer?.offerId !== fact.offerId) {
      const refused = fact.queueId === null && (fact.end === 'busy' || fact.end === 'unreachable' || fact.end === 'caller_gone');
      demand(refused && !this.#offerIds.has(fact.offerId), 'INV1', () => `${fact.offerId} ended twice`);
      this.#offerIds.add(fact.offerId);
      return;
    }
    const { until } = call.offer;
    demand(fact.end !== 'no_answer' || until <= now || !this.legs.has(fact.legId), 'INV7', () => `${fact.offerId} timed out early`);
    call.offer = null;
    if (fact.end === 'answered') this.tally.answered += 1;
  }

  #leftQueue(fact: EventOf<'callLeftQueue'>, cause: Event, now: number): void {
    const { callId, queueId, exit } = fact;
    const call = this.calls.get(callId);
    if (call === undefined) {
      demand(exit === 'ended' && cause.type === 'callQueued', 'INV5', () => `${callId} left ${queueId}, unknown`);
      return;
    }
    const wait = call.waits.shift();
    demand(wait?.queueId === queueId, 'INV5', () => `${callId} left ${queueId}, where it did not wait`);
    demand(call.offer === null, 'INV1', () => `${callId} left ${queueId} with a live offer`);
    demand(this.#mayLeave(call, wait, exit, cause, now), 'INV5', () => `${callId} left ${queueId} by ${exit} for no such reason`);
    this.tally.exits += 1;
  }

  #mayLeave(call: SeenCall, wait: SeenWait | undefined, exit: QueueExit, cause: Event, now: number): boolean {
    const queue = wait === undefined ? undefined : this.queues.get(wait.queueId);
    switch (exit) {
      case 'answered':
        return cause.type === 'legAnswered' && this.legs.get(cause.legId)?.state === 'up';
      case 'abandoned':
      case 'ended':
        return call.gone;
      case 'transferred':
        return cause.type === 'callQueued' || cause.type === 'callTransferred';
      case 'timeout':
        return wait?.leaveAt !== null && wait?.leaveAt !== undefined && wait.leaveAt <= now;
      case 'closed':
        return queue === undefined;
      case 'no_agents':
        return queue?.leaveWhenNoAgents === true;
      case 'full':
        return cause.type === 'callQueued';
    }
  }

  #stateChanged(fact: EventOf<'agentStateChanged'>, now: number): void {
    const agent = this.agents.get(fact.agentId);
    demand(agent !== undefined, 'INV6', () => `${fact.agentId} is nobody`);
    if (agent === undefined) return;
    if (agent.state === 'talking' && fact.state !== 'talking') agent.idleSince = now;
    if (fact.state === 'signed_out') agent.idleSince = null;
    if (fact.state === 'ready') agent.idleSince ??= now;
    demand((fact.state === 'ready') === (fact.reasons.length === 0 && fact.state === 'ready'), 'INV6', () => `${fact.agentId} is ready with reasons`);
    demand(fact.state !== 'not_ready' || fact.reasons.length > 0, 'INV6', () => `${fact.agentId} is not ready without a reason`);
    demand(new Set(fact.reasons).size === fact.reasons.length, 'INV6', () => `${fact.agentId} has a reason twice`);
    agent.state = fact.state;
    agent.callId = fact.callId;
    agent.wrapUpUntil = fact.wrapUpUntil;
  }

  #door(expected: QueueExit | null, { callId, queueId }: EventOf<'callQueued'>, turn: Turn<Event, Command>): void {
    const exits = turn.events.filter((fact) => fact.type === 'callLeftQueue' && fact.callId === callId && fact.queueId === queueId);
    const last = exits.at(-1);
    const given = last?.type === 'callLeftQueue' ? last.exit : null;
    if (expected === null) demand(given === null || given === 'transferred', 'INV5', () => `${callId} was sent away by ${given}`);
    else demand(given === expected, 'INV5', () => `${callId} should have been sent away by ${expected}, not ${given}`);
  }

  #commands(turn: Turn<Event, Command>, now: number): void {
    for (const [at, command] of turn.commands.entries()) {
      if (command.type === 'popScreen') {
        const next = turn.commands[at + 1];
        demand(next?.type === 'ringLeg' && next.offerId === command.offerId, 'INV9', () => `${command.offerId} popped without a ring behind it`);
        demand(this.#offerIds.has(command.offerId), 'INV9', () => `${command.offerId} rings and nobody was told`);
      } else if (command.type === 'ringLeg') {
        const pop = turn.commands[at - 1];
        demand(pop?.type === 'popScreen' && pop.offerId === command.offerId, 'INV9', () => `${command.offerId} rings before its screen popped`);
      } else if (command.type === 'releaseLeg') {
        const leg = this.legs.get(command.legId);
        demand(leg?.state === 'ringing', 'INV9', () => `${command.legId} is released, which does not ring`);
        if (leg !== undefined) {
          leg.state = 'released';
          leg.releasedAt = now;
        }
      } else throw new Violation(`the acd commands ${command.type}, which is not its business`);
    }
  }

  // -- what must hold after every turn

  #wake(event: Event, { wakeAt }: Turn<Event, Command>, now: number): void {
    const due: number[] = [];
    for (const { callId, gone, offer, waits } of this.calls.values()) {
      demand(!gone || (waits.length === 0 && offer === null), 'INV5', () => `${callId} still waits, and its caller is gone`);
      if (offer !== null) due.push(offer.until);
      else if (waits[0]?.leaveAt != null) due.push(waits[0].leaveAt);
    }
    for (const { wrapUpUntil } of this.agents.values()) if (wrapUpUntil !== null) due.push(wrapUpUntil);
    const soonest = Math.min(...due);
    demand(soonest === Number.POSITIVE_INFINITY || (wakeAt !== null && wakeAt <= soonest), 'INV7', () => `wants to be woken at ${wakeAt}, due is ${soonest}`);
    if (event.type === 'timePassed' && wakeAt !== now) demand(soonest > now, 'INV7', () => `${soonest} has passed at ${now} and nothing came of it`);
  }

  #nobodyWaitsBesideAnIdleAgent(): void {
    const idle = [...this.agents.values()].filter((agent) => agent.state === 'ready');
    if (idle.length === 0) return;
    for (const call of this.calls.values()) {
      if (call.waits.length === 0 || call.offer !== null) continue;
      for (const agent of idle) demand(!this.#eligible(agent, call), 'INV2', () => `${call.callId} waits beside idle ${agent.configuration.agentId}`);
    }
  }

  #nobodyOvertook(turn: Turn<Event, Command>, now: number): void {
    for (const fact of turn.events) {
      if (fact.type !== 'callOffered' || fact.queueId === null) continue;
      const agent = this.agents.get(fact.agentId);
      const call = this.calls.get(fact.callId);
      if (agent === undefined || call === undefined || call.offer !== fact) continue;
      demand(this.#eligible(agent, call), 'INV4', () => `${fact.agentId} lacks what ${fact.callId} needs`);
      for (const other of this.calls.values()) {
        const overtaken = other.offer === null && other.waits.length > 0 && servedBefore(other, call) && this.#eligible(agent, other);
        demand(!overtaken, 'INV3', () => `${fact.callId} overtook ${other.callId} at ${now}`);
      }
      for (const other of this.agents.values()) {
        const longer = other.state === 'ready' && (other.idleSince ?? 0) < (agent.idleSince ?? 0) && this.#eligible(other, call);
        demand(!longer, 'INV3', () => `${fact.agentId} was taken before ${other.configuration.agentId}, who was idle longer`);
      }
    }
  }

  #agentsAreWhereTheirLegsAre(now: number): void {
    const legs = new Map<AgentId, Set<SeenLeg['state']>>();
    for (const { agentId, callId, state, releasedAt } of this.legs.values()) {
      // A phone that never says that it stopped ringing is waited for only so long.
      if (state === 'released' && (now >= releasedAt + LONGEST_RELEASE_MS || this.agents.get(agentId)?.callId !== callId)) continue;
      legs.set(agentId, (legs.get(agentId) ?? new Set()).add(state));
    }
    for (const [agentId, { state }] of this.agents) {
      const own = legs.get(agentId);
      const rings = own?.has('ringing') === true;
      const up = own?.has('up') === true;
      if (state === 'offered') demand(rings || own?.has('released') === true, 'INV6', () => `${agentId} is offered without a leg`);
      else demand(!rings, 'INV6', () => `${agentId} is ${state} while her phone rings`);
      demand(up === (state === 'talking'), 'INV6', () => `${agentId} is ${state}, and her leg is ${up ? 'up' : 'not'}`);
    }
  }

  #viewAgrees(): void {
    for (const [agentId, agent] of this.agents) {
      const view = this.#view.agent(agentId);
      const same = view?.state === agent.state && view.callId === agent.callId && view.wrapUpUntil === agent.wrapUpUntil;
      demand(same, 'INV6', () => `${agentId} is ${view?.state}, and ${agent.state} was told`);
    }
    for (const queueId of this.queues.keys()) {
      const view = this.#view.queue(queueId);
      const waiting = this.waitingIn(queueId);
      demand(view?.waiting === waiting.length, 'INV5', () => `${queueId} shows ${view?.waiting} waiting, of ${waiting.length}`);
      demand(view?.signedIn === this.signedIn(queueId), 'INV6', () => `${queueId} shows ${view?.signedIn} signed in, of ${this.signedIn(queueId)}`);
      const order = waiting.sort((a, b) => (servedBefore(a, b) ? -1 : 1)).map(({ callId }) => callId);
      demand(view?.callIds.join() === order.slice(0, 100).join(), 'INV3', () => `${queueId} shows another order than that of service`);
    }
  }

  #eligible(agent: SeenAgent, call: SeenCall): boolean {
    const wait = call.waits[0];
    const queue = wait === undefined ? undefined : this.queues.get(wait.queueId);
    if (wait === undefined || queue === undefined || !agent.configuration.queues.includes(wait.queueId)) return false;
    return [...queue.skills, ...wait.skills].every(({ skill, level }) => (agent.configuration.skills[skill] ?? 0) >= level);
  }
}

function servedBefore(a: SeenCall, b: SeenCall): boolean {
  const [first, second] = [a.waits[0]?.priority ?? 0, b.waits[0]?.priority ?? 0];
  return first === second ? a.place < b.place : first > second;
}

const newCall = (callId: CallId): SeenCall => ({ callId, placedAt: null, place: 0, gone: false, ended: false, waits: [], offer: null });

function demand(holds: boolean, invariant: string, message: () => string): void {
  if (!holds) throw new Violation(`${invariant}: ${message()}`);
}
