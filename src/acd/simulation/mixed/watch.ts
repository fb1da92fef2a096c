/** What is told of calls, callbacks and interactions that share the same agents, counted anew from outside. */
import type { CallbackId, CallId, LegId, QueueId } from '../../../../kernel/ids.ts';
import type { Command, Event, Turn } from '../../../vocabulary.ts';
import type { AcdView, AgentView, CallbackView } from '../../view.ts';
import { demand } from '../demand.ts';
import { CHANNELS, RULES, TENANT } from './house.ts';

interface MixedCall {
  callId: CallId;
  number: string;
  /** Ours, for a callback. */
  isCallback: boolean;
}

interface MixedLeg {
  callId: CallId;
  /** null: the customer's, of a callback */
  agentId: string | null;
  state: 'ringing' | 'up' | 'released';
}

type InteractionFact = Extract<Event, { type: `interaction${string}` }>;

export class MixedWatch {
  readonly calls = new Map<CallId, MixedCall>();
  readonly legs = new Map<LegId, MixedLeg>();
  /** Interaction → its agent. */
  readonly shown = new Map<string, string>();
  readonly running = new Map<string, { agentId: string; channel: string }>();
  readonly live = new Map<string, string>();
  readonly #over = new Set<string>();
  readonly callbacks = new Map<CallbackId, string>();
  /** How callbacks and interactions ended. */
  readonly ends = new Map<string, number>();
  readonly tally = { offers: 0, answered: 0, exits: 0 };

  /** Throws a Violation. */
  see(event: Event, turn: Turn<Event, Command>, now: number, view: AcdView): void {
    this.#hear(event);
    for (const fact of turn.events) this.#hear(fact);
    for (const command of turn.commands) {
      if (command.type !== 'releaseLeg') continue;
      const leg = this.legs.get(command.legId);
      if (leg !== undefined) leg.state = 'released';
    }
    const callbacks = view.callbacks(TENANT);
    for (const fact of turn.events) if (fact.type === 'callOffered' && fact.queueId !== null) this.#nobodyJumps(fact.callId, fact.queueId, view, callbacks);
    this.#noneIsLost(callbacks);
    if (turn.wakeAt === null || turn.wakeAt > now) this.#nobodyWaitsBesideIdle(view, callbacks);
  }

  #hear(fact: Event): void {
    switch (fact.type) {
      case 'callOffered':
        this.tally.offers += 1;
        this.#onlyOffer(fact.agentId);
        this.legs.set(fact.legId, { callId: fact.callId, agentId: fact.agentId, state: 'ringing' });
        return;
      case 'offerEnded':
        if (fact.end === 'answered') this.tally.answered += 1;
        return;
      case 'callLeftQueue':
        this.tally.exits += 1;
        return;
      case 'callbackPlaced':
        demand(!this.callbacks.has(fact.callbackId) && !this.#over.has(fact.callbackId), 'INV5', () => `${fact.callbackId} is placed twice`);
        demand(![...this.callbacks.values()].includes(fact.number), 'INV5', () => `${fact.number} has two callbacks`);
        this.callbacks.set(fact.callbackId, fact.number);
        return;
      case 'callbackEnded':
        demand(this.callbacks.delete(fact.callbackId), 'INV5', () => `${fact.callbackId} ends, and was not there`);
        this.#ended(fact.callbackId, `callback ${fact.end}`);
        return;
      default:
        if (fact.type.startsWith('interaction')) this.#hearOfInteraction(fact as InteractionFact);
        else this.#hearOfCall(fact);
    }
  }

  #hearOfCall(event: Event): void {
    if (event.type === 'callArrived') {
      const { callId, legId, caller, callback } = event;
      this.calls.set(callId, { callId, number: caller.number, isCallback: callback !== undefined });
      if (callback?.first === 'customer') this.legs.set(legId, { callId, agentId: null, state: 'ringing' });
    } else if (event.type === 'legAnswered') {
      const leg = this.legs.get(event.legId);
      if (leg?.state === 'ringing') leg.state = 'up';
    } else if (event.type === 'legEnded') this.legs.delete(event.legId);
    else if (event.type === 'callEnded') {
      this.calls.delete(event.callId);
      for (const [legId, { callId }] of this.legs) if (callId === event.callId) this.legs.delete(legId);
    } else if (event.type === 'serverStarted') {
      this.calls.clear();
      this.legs.clear();
    }
  }

  #hearOfInteraction(fact: InteractionFact): void {
    const { interactionId } = fact;
    if (fact.type === 'interactionAsked') {
      if (!this.#over.has(interactionId)) this.live.set(interactionId, fact.channel);
    } else if (fact.type === 'interactionOffered') {
      demand(!this.shown.has(interactionId), 'INV1', () => `${interactionId} is offered twice`);
      this.#onlyOffer(fact.agentId);
      this.shown.set(interactionId, fact.agentId);
    } else if (fact.type === 'interactionOfferEnded') {
      demand(this.shown.get(interactionId) === fact.agentId, 'INV1', () => `an offer of ${interactionId} ends twice`);
      this.shown.delete(interactionId);
    } else if (fact.type === 'interactionAssigned') {
      const channel = this.live.get(interactionId) ?? '';
      this.running.set(interactionId, { agentId: fact.agentId, channel });
      demand(this.#load(fact.agentId, channel) <= roomFor(fact.agentId, channel), 'INV8', () => `${fact.agentId} has more of ${channel} than she may`);
    } else if (fact.type === 'interactionGivenBack') this.running.delete(interactionId);
    else if (fact.type === 'interactionEnded') {
      demand(this.live.delete(interactionId) && !this.shown.has(interactionId), 'INV5', () => `${interactionId} ends twice, or while it is offered`);
      this.running.delete(interactionId);
      this.#ended(interactionId, `${fact.channel} ${fact.end}`);
    }
  }

  #ended(id: string, how: string): void {
    this.#over.add(id);
    this.ends.set(how, (this.ends.get(how) ?? 0) + 1);
  }

  /** INV1, whatever the channels are. */
  #onlyOffer(agentId: string): void {
    const rings = [...this.legs.values()].some((leg) => leg.agentId === agentId && leg.state === 'ringing');
    demand(!rings && ![...this.shown.values()].includes(agentId), 'INV1', () => `${agentId} has two live offers`);
  }

  /** INV3: who is offered stands behind nobody for whom no phone rings; every agent of this house takes every call. */
  #nobodyJumps(callId: CallId, queueId: QueueId, view: AcdView, callbacks: readonly CallbackView[]): void {
    const line = this.#standing(queueId, view, callbacks);
    const passed = line.slice(0, Math.max(0, line.indexOf(callId))).filter((other) => !this.#rings(other));
    demand(passed.length === 0, 'INV3', () => `${callId} jumped ${passed.join(' ')}`);
  }

  /** Calls that could be offered, in the order of service. */
  #standing(queueId: QueueId, view: AcdView, callbacks: readonly CallbackView[]): CallId[] {
    const kept = new Set<string>(callbacks.flatMap(({ state, of }) => (state === 'held' || state === 'dialling' ? [of] : [])));
    return (view.queue(queueId)?.callIds ?? []).filter((callId) => !this.live.has(callId) && !kept.has(callId.replace(/-b\d+$/, '')));
  }

  #rings = (callId: CallId): boolean => [...this.legs.values()].some((leg) => leg.callId === callId && leg.agentId !== null && leg.state === 'ringing');

  #noneIsLost(callbacks: readonly CallbackView[]): void {
    const shown = new Set(callbacks.map(({ callbackId }) => callbackId));
    for (const callbackId of this.callbacks.keys()) demand(shown.has(callbackId), 'INV5', () => `${callbackId} is lost`);
    demand(shown.size === this.callbacks.size, 'INV5', () => 'there is a callback that was never placed, or has ended');
  }

  #nobodyWaitsBesideIdle(view: AcdView, callbacks: readonly CallbackView[]): void {
    const agents = view.agents(TENANT);
    for (const { queueId } of view.queues(TENANT)) {
      const waits = this.#standing(queueId, view, callbacks).find((callId) => !this.#rings(callId));
      if (waits === undefined) continue;
      const idle = agents.find((agent) => agent.state === 'ready' && agent.phoneReachable && this.#isFree(agent, 'voice'));
      demand(idle === undefined, 'INV2', () => `${waits} waits beside ${idle?.agentId}`);
    }
    for (const { interactionId, state, channel } of view.interactions(TENANT)) {
      if (state !== 'waiting') continue;
      const idle = agents.find((agent) => agent.deskConnected && staysReady(agent) && this.#isFree(agent, channel));
      demand(idle === undefined, 'INV2', () => `${interactionId} waits beside ${idle?.agentId}`);
    }
  }

  /** By what was configured and told alone. */
  #isFree({ agentId, state }: AgentView, channel: string): boolean {
    if ([...this.shown.values()].includes(agentId) || this.#load(agentId, channel) >= roomFor(agentId, channel)) return false;
    if ([...this.legs.values()].some((leg) => leg.agentId === agentId && leg.state !== 'up' && (channel === 'voice' || leg.state === 'ringing'))) return false;
    const letsIn = (busy: string): boolean =>
      RULES[agentId.split(':')[1] ?? '']?.interruptibleBy?.[busy]?.includes(channel) ?? (busy !== 'voice' && channel !== 'voice');
    if (CHANNELS.some((other) => other !== channel && this.#load(agentId, other) > 0 && !letsIn(other))) return false;
    return state === 'ready' || (channel !== 'voice' && state === 'talking' && letsIn('voice'));
  }

  #load(agentId: string, channel: string): number {
    return [...this.running.values()].filter((one) => one.agentId === agentId && one.channel === channel).length;
  }
}

const staysReady = ({ afterwards }: AgentView): boolean => afterwards !== 'not_ready' && afterwards !== 'signed_out';

function roomFor(agentId: string, channel: string): number {
  return RULES[agentId.split(':')[1] ?? '']?.channels?.[channel] ?? (channel === 'voice' ? 1 : 0);
}
