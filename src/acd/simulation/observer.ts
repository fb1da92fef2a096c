/**
 * Watches the routing core from outside and says which invariant of SPEC.md a turn has broken. It knows only what was told
 * and what was answered; it counts everything anew by the plainest means, so that it cannot share a mistake with the indexes.
 */
import type { AgentId, CallId, LegId, OfferId, QueueId } from '../../../kernel/ids.ts';
import { legIdOf } from '../../../kernel/ids.ts';
import type { QueueExit } from '../../call/event.ts';
import type { Command, Event, Turn } from '../../vocabulary.ts';
import type { Staffing } from '../door/rules.ts';
import type { AgentConfiguration, AgentState, QueueConfiguration } from '../event.ts';
import { announced, announcedAnew } from './announcing.ts';
import { demand, Violation } from './demand.ts';
import { SeenDoors } from './doors.ts';
import { eligible } from './eligible.ts';
import { SeenHolds } from './holds.ts';
import { noSeenWork, seenWorking } from './matching.ts';
import { overflowSeen } from './overflow.ts';
import { reserveSeen } from './reserves.ts';
import { newCall, type SeenAgent, type SeenCall, type SeenLeg, type SeenWait } from './seen.ts';

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;

const SPARED_MS = 1_000;
/** INV8: so often a call is offered, then it goes back to its dialplan. */
const MOST_OFFERS_A_CALL = 1_000;
const OUR_FAULTS = new Set<string>(['congestion', 'media_failure', 'recording_failure', 'sip_failure', 'server_shutdown', 'server_restart', 'internal']);

export class Observer {
  readonly agents = new Map<AgentId, SeenAgent>();
  readonly queues = new Map<QueueId, QueueConfiguration>();
  readonly calls = new Map<CallId, SeenCall>();
  readonly legs = new Map<LegId, SeenLeg>();
  /** Whose leg ended by a fault of ours: she is left alone for a moment. */
  readonly sparedUntil = new Map<AgentId, number>();
  readonly doors = new SeenDoors();
  /** ms since 1970: the last turn's. */
  now = 0;
  /** Of each queue, since when which reserve is open. */
  readonly reserves = new Map<QueueId, Map<string, number>>();
  /** Number → who served it last, of queues that ask for it. */
  readonly lastServed = new Map<string, { agentId: AgentId; at: number }>();
  readonly tally = { offers: 0, answered: 0, entries: 0, exits: 0 };
  /** What can only be judged when all of the turn has been told. */
  readonly atTheEnd: (() => void)[] = [];
  /** Whose desk is connected. */
  readonly desks = new Set<AgentId>();
  readonly #phones = new Set<AgentId>();
  readonly #holds = new SeenHolds();
  readonly #removed = new Set<AgentId>();
  readonly #offerIds = new Set<OfferId>();
  /** Live offers of calls that another agent has just taken. */
  readonly #lost = new Set<OfferId>();
  #places = 0;
  #turns = 0;

  /** `hurried`: the core may leave work for the next turn, so that what it has told of agents may lag behind what it does. */
  readonly #hurried: boolean;

  constructor(hurried: boolean) {
    this.#hurried = hurried;
  }

  /** Throws a Violation when a fact or a command of `turn` is not what the SPEC allows; what must hold after it is `invariants.ts`. */
  see(event: Event, turn: Turn<Event, Command>, now: number): void {
    this.now = now;
    const door = this.#hear(event, turn, now);
    this.#sendAway(now);
    for (const fact of turn.events) this.#fact(fact, event, turn, now);
    for (const judge of this.atTheEnd.splice(0)) if (!this.#hurried) judge();
    if (door !== undefined && !this.#hurried) this.#door(door, event as EventOf<'callQueued'>, turn);
    if (event.type === 'callTransferred') this.#transfer(event, turn);
    this.#commands(turn, now);
    this.#forget(event);
  }

  waitingIn(queueId: QueueId): SeenCall[] {
    return [...this.calls.values()].filter((call) => call.waits[0]?.queueId === queueId);
  }

  signedIn(queueId: QueueId): number {
    let count = 0;
    for (const agent of this.agents.values()) if (agent.state !== 'signed_out' && agent.configuration.queues.includes(queueId)) count += 1;
    return count;
  }

  isStaffed(queueId: QueueId, { needs, wrapUpCounts = true }: Staffing): boolean {
    const fits: Record<Staffing['needs'], AgentState[]> = {
      signed_in: ['not_ready', 'ready', 'offered', 'talking', 'wrapping_up'],
      on_duty: ['ready', 'offered', 'talking', ...(wrapUpCounts ? ['wrapping_up' as const] : [])],
      ready: ['ready', ...(wrapUpCounts ? ['wrapping_up' as const] : [])],
    };
    return [...this.agents.values()].some(({ state, configuration }) => configuration.queues.includes(queueId) && fits[needs].includes(state));
  }

  // -- what was told

  /** Answers with what the door must say to a call that was queued: an exit, null = come in. */
  #hear(event: Event, turn: Turn<Event, Command>, now: number): QueueExit | null | undefined {
    this.#hearOfFloor(event, now);
    switch (event.type) {
      case 'callArrived':
        if (!this.calls.has(event.callId)) this.calls.set(event.callId, newCall(event.callId, event.caller.number));
        return;
      case 'callQueued':
        return this.#queued(event, turn, now);
      case 'legAnswered':
        return this.#legAnswered(event.legId);
      case 'legEnded':
        return this.#legEnded(event, now);
      case 'leaseExpired': {
        const leg = this.legs.get(event.legId);
        if (leg?.agentId !== event.agentId) return;
        return this.#legEnded({ type: 'legEnded', callId: leg.callId, legId: event.legId, ending: { cause: 'internal', by: 'server' } }, now);
      }
      case 'callEnded':
        return this.#callEnded(event.callId);
      case 'serverStarted':
        this.calls.clear();
        this.legs.clear();
        this.reserves.clear();
        this.desks.clear();
        return;
      default:
        return;
    }
  }

  /** Who waits where it is closed has a reason to go, also when her turn to be told so comes later. */
  #sendAway(now: number): void {
    for (const queue of this.queues.values()) {
      const exit = this.doors.sendsAway(queue, now);
      if (exit !== null) this.#giveReason(queue.queueId, exit);
    }
  }

  #hearOfFloor(event: Event, now: number): void {
    this.doors.hear(event);
    this.#holds.hear(event, (agentId) => this.agents.get(agentId)?.state);
    switch (event.type) {
      case 'queueSwitched':
        if (this.queues.has(event.queueId)) this.doors.switched(event);
        return;
      case 'queueConfigured':
        this.#rulesAnew(event.queue, now);
        this.queues.set(event.queue.queueId, event.queue);
        if (event.queue.leaveWhenNoAgents || event.queue.door?.leave !== undefined) this.#giveReason(event.queue.queueId, 'no_agents');
        return;
      case 'queueRemoved':
        this.queues.delete(event.queueId);
        this.reserves.delete(event.queueId);
        this.#giveReason(event.queueId, 'closed');
        return;
      case 'agentConfigured':
        this.#removed.delete(event.agent.agentId);
        this.#configure(event.agent, now);
        return;
      case 'agentRemoved':
        this.#removed.add(event.agentId);
        return;
      case 'phoneReachable':
      case 'phoneLost':
        this.#phone(event.agentId, event.type === 'phoneReachable');
        return;
      case 'deskConnected':
        this.desks.add(event.agentId);
        return;
      case 'deskLost':
        this.desks.delete(event.agentId);
        return;
      default:
        return;
    }
  }

  #rulesAnew({ queueId, widening }: QueueConfiguration, now: number): void {
    for (const call of this.waitingIn(queueId)) announcedAnew(call, now);
    if (JSON.stringify(widening?.steps) === JSON.stringify(this.queues.get(queueId)?.widening?.steps)) return;
    for (const { waits } of this.calls.values()) if (waits[0]?.queueId === queueId) waits[0].steps = 0;
  }

  #giveReason(queueId: QueueId, exit: QueueExit): void {
    for (const { waits } of this.calls.values()) if (waits[0]?.queueId === queueId) waits[0].reasons.add(exit);
  }

  #configure(configuration: AgentConfiguration, now: number): void {
    const { agentId } = configuration;
    const known = this.agents.get(agentId);
    if (known !== undefined) known.configuration = configuration;
    else {
      const phone = this.#phones.has(agentId);
      const work = noSeenWork(now);
      this.agents.set(agentId, { configuration, state: 'signed_out', callId: null, wrapUpUntil: null, pausedUntil: null, idleSince: null, phone, work });
    }
  }

  #phone(agentId: AgentId, reachable: boolean): void {
    if (reachable) this.#phones.add(agentId);
    else this.#phones.delete(agentId);
    const agent = this.agents.get(agentId);
    if (agent !== undefined) agent.phone = reachable;
  }

  /** Which exit the door must give; null = in. */
  #queued(event: EventOf<'callQueued'>, turn: Turn<Event, Command>, now: number): QueueExit | null {
    const { callId, queueId, priority, skills, maxWaitMs, preferredSkills: preferred = [], place = null, virtualWaitMs = 0, preferredAgent, insists } = event;
    const call = this.calls.get(callId);
    if (call === undefined) return 'ended';
    const queue = this.queues.get(queueId);
    const others = this.waitingIn(queueId).filter((other) => other !== call).length;
    const waits = [maxWaitMs, queue?.maxWaitMs ?? null].filter((ms) => ms !== null);
    const door = queue?.door;
    const reasons = new Set<QueueExit>(queue?.leaveWhenNoAgents === true || door?.join !== undefined || door?.leave !== undefined ? ['no_agents'] : []);
    const state = queue === undefined ? 'closed' : this.doors.stateOf(queue, now);
    if (state !== 'open') reasons.add(state);
    const asks = { queueId, priority, skills, preferred, place, virtualWaitMs, preferredAgent: preferredAgent?.agentId ?? null };
    const leaveAt = waits.length === 0 ? null : now + Math.min(...waits);
    call.waits.push({ ...asks, queuedAt: now, steps: 0, awaited: null, leaveAt, reasons, also: [], freeSince: 0, toldAt: now });
    if (event.from !== undefined) call.visited.add(event.from);
    this.tally.entries += 1;
    if (call.gone) return 'ended';
    if (queue === undefined) return 'closed';
    if (state !== 'open') return state;
    if (queue.leaveWhenNoAgents && this.signedIn(queueId) === 0) return 'no_agents';
    if (door?.join !== undefined && !this.isStaffed(queueId, door.join)) return 'no_agents';
    if (call.offered >= MOST_OFFERS_A_CALL) return 'timeout';
    const crowded =
      others >= queue.maxWaiting ? 'full' : insists !== true && others >= (door?.dissuade?.waiting ?? Number.POSITIVE_INFINITY) ? 'dissuaded' : null;
    // Queued anew, it has not been told yet that it left where it waited before.
    const here = { ...call, waits: call.waits.slice(-1) };
    const free = [...this.agents.values()].some((agent) => agent.state === 'ready' && eligible(this, agent, here));
    // Whoever waits for one agent alone is not served at once by another.
    const alone = preferredAgent !== undefined || queue.matching?.lastAgent !== undefined;
    const refused = turn.events.some((fact) => fact.type === 'callLeftQueue' && fact.callId === callId && fact.exit === crowded);
    if (crowded !== null && (!free || (alone && refused))) return crowded;
    if (call.placedAt === null) this.givePlace(call, now);
    return null;
  }

  #legAnswered(legId: LegId): undefined {
    const leg = this.legs.get(legId);
    if (leg?.state === 'ringing') leg.state = 'up';
  }

  #legEnded({ callId, legId, ending }: EventOf<'legEnded'>, now: number): undefined {
    const call = this.calls.get(callId);
    if (call !== undefined && legId === legIdOf(callId, 0)) call.gone = true;
    const leg = this.legs.get(legId);
    if (leg?.state === 'ringing' && OUR_FAULTS.has(ending.cause)) this.sparedUntil.set(leg.agentId, now + SPARED_MS);
    this.legs.delete(legId);
  }

  #callEnded(callId: CallId): undefined {
    const call = this.calls.get(callId);
    if (call === undefined) return;
    call.gone = true;
    call.ended = true;
    for (const [legId, leg] of this.legs) if (leg.callId === callId && leg.state === 'up') this.legs.delete(legId);
  }

  #forget(event: Event): void {
    if (event.type === 'callEnded') {
      const call = this.calls.get(event.callId);
      demand(call === undefined || (call.waits.length === 0 && call.offers.size === 0), 'INV5', () => `${event.callId} ended, but still waits or is offered`);
      this.calls.delete(event.callId);
    }
    for (const agentId of this.#removed) if (this.agents.get(agentId)?.state === 'signed_out') this.agents.delete(agentId);
  }

  // -- what was answered

  #fact(fact: Event, cause: Event, turn: Turn<Event, Command>, now: number): void {
    if (fact.type === 'callOffered') this.#offered(fact, now);
    else if (fact.type === 'offerEnded') this.#offerEnded(fact, now);
    else if (fact.type === 'callLeftQueue') this.#leftQueue(fact, cause, now);
    else if (fact.type === 'agentStateChanged') this.#stateChanged(fact, now);
    else if (fact.type === 'waitAnnounced') announced(this, fact, now);
    else if (fact.type === 'queueStateChanged') this.#stateOfQueue(fact, now);
    else if (fact.type === 'callOverflowed') overflowSeen(this, fact, now);
    else if (fact.type === 'callQueued') this.#sentOn(fact, turn, now);
    else if (fact.type === 'reserveChanged') reserveSeen(this, fact, now);
    else if (fact.type === 'callWidened' || fact.type === 'agentAwaited' || fact.type === 'agentAwaitedNoMore') this.#widened(fact, cause, now);
    else throw new Violation(`the acd established ${fact.type}, which is not its business`);
  }

  /** It came by overflow: where it has not been, and where it is open. */
  #sentOn(fact: EventOf<'callQueued'>, turn: Turn<Event, Command>, now: number): void {
    const call = this.calls.get(fact.callId);
    demand(call !== undefined && call.waits.length === 0 && fact.from !== undefined, 'INV5', () => `${fact.callId} is queued by the acd without having left`);
    const refused = this.#queued(fact, turn, now);
    demand(refused !== 'closed' && refused !== 'emergency', 'INV11', () => `${fact.callId} overflows into ${fact.queueId}, which is ${refused}`);
    if (call !== undefined && call.placedAt === null) this.givePlace(call, now);
  }

  givePlace(call: SeenCall, now: number): void {
    this.#places += 1;
    call.placedAt = now;
    call.place = this.#places;
  }

  #offered(fact: EventOf<'callOffered'>, now: number): void {
    const { callId, agentId, legId, offerId, queueId } = fact;
    const call = this.calls.get(callId);
    const agent = this.agents.get(agentId);
    demand(call !== undefined && !call.gone, 'INV4', () => `${callId} was offered, but its caller is gone`);
    demand(agent !== undefined && (this.#hurried || agent.state !== 'signed_out'), 'INV1', () => `${agentId} was offered a call, signed out`);
    if (call === undefined || agent === undefined) return;
    demand(agent.phone || agent.configuration.staticContact !== null, 'INV8', () => `${agentId} was offered a call without a phone`);
    const most = queueId === null ? 1 : (this.queues.get(queueId)?.offering?.ringAtOnce ?? 1);
    demand(call.offers.size < most, 'INV1', () => `${callId} has ${call.offers.size + 1} live offers, of ${most}`);
    for (const { offers } of this.calls.values())
      for (const live of offers.values()) demand(live.agentId !== agentId, 'INV1', () => `${agentId} has two live offers`);
    demand(!this.#offerIds.has(offerId) && !this.legs.has(legId), 'INV1', () => `${offerId} is not new`);
    demand(call.offered < MOST_OFFERS_A_CALL, 'INV8', () => `${callId} is offered once more, after ${call.offered} times`);
    demand((call.waits[0]?.queueId ?? null) === queueId, 'INV5', () => `${callId} was offered for ${queueId}, where it does not wait`);
    this.#offerIds.add(offerId);
    call.offers.set(offerId, fact);
    call.offered += 1;
    this.legs.set(legId, { agentId, callId, state: 'ringing', releasedAt: 0 });
    this.tally.offers += 1;
    if (queueId !== null) agent.idleSince ??= now;
    if (queueId !== null) this.#tookTurn(agent, queueId);
  }

  #tookTurn({ work }: SeenAgent, queueId: QueueId): void {
    const before = work.turns.get(queueId)?.[1] ?? 0;
    const goesRound = this.queues.get(queueId)?.matching?.strategy?.includes('round_robin') === true;
    if (goesRound) this.#turns += 1;
    work.turns.set(queueId, [before, goesRound ? this.#turns : before]);
  }

  #offerEnded(fact: EventOf<'offerEnded'>, now: number): void {
    const call = this.calls.get(fact.callId);
    const live = call?.offers.get(fact.offerId);
    if (call === undefined || live === undefined) {
      const refused = fact.queueId === null && (fact.end === 'busy' || fact.end === 'unreachable' || fact.end === 'caller_gone');
      demand(refused && !this.#offerIds.has(fact.offerId), 'INV1', () => `${fact.offerId} ended twice`);
      this.#offerIds.add(fact.offerId);
      // It took a number, though nothing rang.
      if (call !== undefined) call.offered += 1;
      return;
    }
    const { until } = live;
    demand(fact.end !== 'no_answer' || until <= now || !this.legs.has(fact.legId), 'INV7', () => `${fact.offerId} timed out early`);
    call.offers.delete(fact.offerId);
    announcedAnew(call, now);
    if (fact.end === 'answered') for (const other of call.offers.keys()) this.#lost.add(other);
    const lost = this.#lost.delete(fact.offerId);
    demand(
      lost === (fact.end === 'answered_elsewhere'),
      'INV1',
      () => `${fact.offerId} ended ${fact.end}, and another ${lost ? 'has' : 'has not'} taken the call`,
    );
    if (fact.end !== 'answered') return;
    this.tally.answered += 1;
    if (fact.queueId !== null && this.queues.get(fact.queueId)?.matching?.lastAgent !== undefined)
      this.lastServed.set(call.number, { agentId: fact.agentId, at: now });
  }

  #leftQueue(fact: EventOf<'callLeftQueue'>, cause: Event, now: number): void {
    const { callId, queueId, exit } = fact;
    const call = this.calls.get(callId);
    if (call === undefined) {
      demand(exit === 'ended' && cause.type === 'callQueued', 'INV5', () => `${callId} left ${queueId}, unknown`);
      return;
    }
    const wait = call.waits.shift();
    // Who was turned away at the door has not been in.
    if (cause.type !== 'callQueued' || exit === 'transferred' || exit === 'overflow') call.visited.add(queueId);
    demand(wait?.queueId === queueId, 'INV5', () => `${callId} left ${queueId}, where it did not wait`);
    demand(call.offers.size === 0, 'INV1', () => `${callId} left ${queueId} with a live offer`);
    demand(this.#mayLeave(call, wait, fact, cause, now), 'INV5', () => `${callId} left ${queueId} by ${exit} for no such reason`);
    this.tally.exits += 1;
  }

  #mayLeave(call: SeenCall, wait: SeenWait | undefined, { exit, to }: EventOf<'callLeftQueue'>, cause: Event, now: number): boolean {
    switch (exit) {
      case 'answered':
        return cause.type === 'legAnswered' && this.legs.get(cause.legId)?.state === 'up';
      case 'abandoned':
      case 'ended':
        return call.gone;
      case 'transferred':
        return cause.type === 'callQueued' || cause.type === 'callTransferred';
      case 'timeout':
        return (wait?.leaveAt != null && wait.leaveAt <= now) || call.offered >= MOST_OFFERS_A_CALL;
      case 'closed':
      case 'emergency':
      case 'no_agents':
        return wait?.reasons.has(exit) === true;
      case 'overflow':
        return wait?.overflow !== undefined && JSON.stringify(wait.overflow) === JSON.stringify(to);
      case 'key':
        return cause.type === 'queueKeyPressed';
      case 'dissuaded':
      case 'full':
        return cause.type === 'callQueued';
    }
  }

  #stateOfQueue({ queueId, state }: EventOf<'queueStateChanged'>, now: number): void {
    const queue = this.queues.get(queueId);
    const real = queue === undefined ? undefined : this.doors.stateOf(queue, now);
    demand(real === state, 'INV5', () => `${queueId} is said to be ${state}, and is ${real}`);
  }

  /** INV3: who is passed is passed by a rule that was told, at its time. */
  #widened(fact: EventOf<'callWidened' | 'agentAwaited' | 'agentAwaitedNoMore'>, cause: Event, now: number): void {
    const wait = this.calls.get(fact.callId)?.waits.find(({ queueId }) => queueId === fact.queueId);
    demand(wait !== undefined, 'INV5', () => `${fact.callId} does not wait in ${fact.queueId}`);
    if (wait === undefined) return;
    if (fact.type === 'agentAwaited') {
      const last = this.lastServed.get(this.calls.get(fact.callId)?.number ?? '');
      const within = this.queues.get(fact.queueId)?.matching?.lastAgent?.withinMs ?? -1;
      const isTrue = fact.why === 'preferred_agent' ? wait.preferredAgent === fact.agentId : last?.agentId === fact.agentId && now - last.at <= within;
      demand((cause.type === 'callQueued' || wait.queuedAt === now) && isTrue, 'INV3', () => `${fact.callId} waits for ${fact.agentId}, who is not the one`);
      wait.awaited = { agentId: fact.agentId, until: fact.until };
    } else if (fact.type === 'agentAwaitedNoMore') {
      const { awaited } = wait;
      demand(awaited?.agentId === fact.agentId, 'INV3', () => `${fact.callId} did not wait for ${fact.agentId}`);
      demand(fact.end === 'away' || (awaited?.until ?? 0) <= now || this.#hurried, 'INV7', () => `${fact.callId} gave ${fact.agentId} up early`);
      wait.awaited = null;
      wait.freeSince = now;
    } else {
      const step = this.queues.get(fact.queueId)?.widening?.steps?.[fact.step - 1];
      const isDue = cause.type === 'timePassed' && step !== undefined && wait.queuedAt + step.afterMs <= now;
      demand(isDue && fact.step === wait.steps + 1 && wait.awaited === null, 'INV7', () => `${fact.callId} took step ${fact.step} at the wrong time`);
      wait.steps = fact.step;
    }
  }

  /** Nobody waits any longer for one who went away. */
  #wentAway(agentId: AgentId, now: number): void {
    for (const { waits } of this.calls.values()) {
      const awaited = waits[0]?.awaited;
      if (awaited?.agentId === agentId) awaited.until = Math.min(awaited.until, now);
    }
  }

  #served(agentId: AgentId, callId: CallId | null, now: number): void {
    const number = callId === null ? undefined : this.calls.get(callId)?.number;
    if (number !== undefined && this.lastServed.get(number)?.agentId === agentId) this.lastServed.set(number, { agentId, at: now });
  }

  #stateChanged(fact: EventOf<'agentStateChanged'>, now: number): void {
    const agent = this.agents.get(fact.agentId);
    demand(agent !== undefined, 'INV6', () => `${fact.agentId} is nobody`);
    if (agent === undefined) return;
    if (agent.state === 'talking' && fact.state !== 'talking') {
      agent.idleSince = now;
      this.#served(fact.agentId, agent.callId, now);
    }
    if (fact.state === 'not_ready' || fact.state === 'signed_out') this.#wentAway(fact.agentId, now);
    if (fact.state === 'signed_out') agent.idleSince = null;
    if (fact.state === 'ready') agent.idleSince ??= now;
    if (fact.state === 'ready') this.#holds.isReady(fact.agentId);
    demand(fact.state !== 'ready' || fact.reasons.length === 0, 'INV6', () => `${fact.agentId} is ready with reasons`);
    demand(fact.state !== 'not_ready' || fact.reasons.length > 0, 'INV6', () => `${fact.agentId} is not ready without a reason`);
    demand(new Set(fact.reasons).size === fact.reasons.length, 'INV6', () => `${fact.agentId} has a reason twice`);
    seenWorking(agent, fact.state, now);
    agent.state = fact.state;
    agent.callId = fact.callId;
    agent.wrapUpUntil = fact.wrapUpUntil;
    agent.pausedUntil = fact.pausedUntil ?? null;
  }

  #door(expected: QueueExit | null, { callId, queueId }: EventOf<'callQueued'>, turn: Turn<Event, Command>): void {
    const exits = turn.events.filter((fact) => fact.type === 'callLeftQueue' && fact.callId === callId && fact.queueId === queueId);
    const last = exits.at(-1);
    const given = last?.type === 'callLeftQueue' ? last.exit : null;
    const leave = this.queues.get(queueId)?.door?.leave;
    const deserted = given === 'no_agents' && leave !== undefined && !this.isStaffed(queueId, leave);
    if (given === 'overflow') return;
    if (expected === null) demand(given === null || given === 'transferred' || deserted, 'INV5', () => `${callId} was sent away by ${given}`);
    else demand(given === expected, 'INV5', () => `${callId} should have been sent away by ${expected}, not ${given}`);
  }

  /** Who sends a caller to an agent hears at once what becomes of it. */
  #transfer({ callId, target }: EventOf<'callTransferred'>, turn: Turn<Event, Command>): void {
    if (target.kind !== 'agent' || !this.calls.has(callId)) return;
    const told = turn.events.some(
      (fact) =>
        (fact.type === 'callOffered' || fact.type === 'offerEnded') && fact.callId === callId && fact.queueId === null && fact.agentId === target.agentId,
    );
    demand(told, 'INV1', () => `${callId} was transferred to ${target.agentId}, and nothing came of it`);
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
}
