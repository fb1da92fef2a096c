/** A small hotline for the tests of the routing core, and turns written down in one line a fact, no field left out. */
import assert from 'node:assert/strict';
import { agentIdOf, asId, type CallId, type LegId, legIdOf, queueIdOf, type TenantId } from '../../kernel/ids.ts';
import { type Acd, createAcd } from '../../src/acd/acd.ts';
import type { AgentConfiguration, NotReadyReason, QueueConfiguration } from '../../src/acd/event.ts';
import type { EndedBy, EndingCause } from '../../src/call/ending.ts';
import type { QueueWishes } from '../../src/call/event.ts';
import type { Command, Event, Turn } from '../../src/vocabulary.ts';

export const DEMO = asId<TenantId>('demo');
export const START = 1_000_000;
export const agentId = (number: string) => agentIdOf(DEMO, number);
export const queueId = (name: string) => queueIdOf(DEMO, name);
export const callId = (name: string) => asId<CallId>(name);
export const legId = (name: string) => asId<LegId>(name);

export const queueConfigured = (name: string, rules: Partial<QueueConfiguration> = {}): Event => ({
  type: 'queueConfigured',
  queue: {
    queueId: queueId(name),
    tenantId: DEMO,
    name: { zh: name, en: name },
    skills: [],
    maxWaitMs: null,
    maxWaiting: 1000,
    leaveWhenNoAgents: false,
    ringTimeoutMs: 15_000,
    wrapUpMs: 10_000,
    record: true,
    music: 'default',
    answerWithinMs: 15_000,
    ...rules,
  },
});

export const agentConfigured = (number: string, rules: Partial<AgentConfiguration> = {}): Event => ({
  type: 'agentConfigured',
  agent: { agentId: agentId(number), tenantId: DEMO, number, name: `agent ${number}`, queues: [queueId('service')], skills: {}, staticContact: null, ...rules },
});

export const callArrived = (call: string, number = '+8613800001001'): Event => ({
  type: 'callArrived',
  callId: callId(call),
  legId: legIdOf(callId(call), 0),
  tenantId: DEMO,
  caller: { number, raw: number },
  callee: { number: '10086', raw: '10086' },
  trunk: 'city',
  sipCallId: `${call}@city`,
});

export const callQueued = (
  call: string,
  queue = 'service',
  wish: { priority?: number; skills?: { skill: string; level: number }[]; maxWaitMs?: number | null } & QueueWishes = {},
): Event => ({ type: 'callQueued', callId: callId(call), queueId: queueId(queue), priority: 0, skills: [], maxWaitMs: null, ...wish });

export const legAnswered = (leg: string): Event => ({ type: 'legAnswered', callId: callOfLeg(leg), legId: legId(leg) });
export const legEnded = (leg: string, cause: EndingCause = 'normal', by: EndedBy = 'far_end'): Event => ({
  type: 'legEnded',
  callId: callOfLeg(leg),
  legId: legId(leg),
  ending: { cause, by },
});
export const callEnded = (call: string): Event => ({ type: 'callEnded', callId: callId(call), ending: { cause: 'normal', by: 'far_end' } });
export const transferredTo = (call: string, number: string): Event => ({
  type: 'callTransferred',
  callId: callId(call),
  legId: null,
  target: { kind: 'agent', agentId: agentId(number) },
  by: 'flow',
});
export const signedIn = (number: string): Event => ({ type: 'agentSignedIn', agentId: agentId(number) });
export const signedOut = (number: string): Event => ({ type: 'agentSignedOut', agentId: agentId(number) });
export const wentReady = (number: string): Event => ({ type: 'agentWentReady', agentId: agentId(number) });
export const wentNotReady = (number: string, reason: NotReadyReason): Event => ({ type: 'agentWentNotReady', agentId: agentId(number), reason });
export const phoneReachable = (number: string): Event => ({ type: 'phoneReachable', agentId: agentId(number) });
export const phoneLost = (number: string): Event => ({ type: 'phoneLost', agentId: agentId(number) });
export const deskRejected = (number: string, call: string): Event => ({ type: 'deskRejected', agentId: agentId(number), callId: callId(call) });
export const wrapUpEnded = (number: string, call: string): Event => ({
  type: 'wrapUpEnded',
  agentId: agentId(number),
  callId: callId(call),
  disposition: null,
  notes: null,
});

const callOfLeg = (leg: string): CallId => callId(leg.slice(0, leg.indexOf('.')));

/** A floor under test: `tell` gives the turn of one event in lines, and the clock moves only by `after`. */
export class Floor {
  readonly acd: Acd = createAcd();
  now = START;
  wakeAt: number | null = null;

  tell(...events: Event[]): string[] {
    let turn: Turn<Event, Command> = { events: [], commands: [], wakeAt: null };
    for (const event of events) turn = this.#turn(event);
    return this.#lines(turn);
  }

  /** Lets `ms` pass; answers with the turn of the wake that is due then. */
  after(ms: number): string[] {
    this.now += ms;
    return this.tell({ type: 'timePassed' });
  }

  /** An agent with a phone who is ready. */
  ready(...numbers: string[]): void {
    for (const number of numbers) this.tell(phoneReachable(number), signedIn(number), wentReady(number));
  }

  #turn(event: Event): Turn<Event, Command> {
    const turn = this.acd.decide(event, this.now);
    this.wakeAt = turn.wakeAt;
    for (const fact of turn.events) {
      const heard = this.acd.decide(fact, this.now);
      assert.deepEqual(heard, { events: [], commands: [], wakeAt: turn.wakeAt }, 'what it established itself is no news to it');
    }
    return turn;
  }

  #lines({ events, commands, wakeAt }: Turn<Event, Command>): string[] {
    const wake = wakeAt === null ? [] : [`wake ${this.#relative(wakeAt)}`];
    return [...events.map((event) => this.#fact(event)), ...commands.map((command) => `> ${this.#command(command)}`), ...wake];
  }

  #fact(event: Event): string {
    switch (event.type) {
      case 'agentStateChanged': {
        const reasons = event.reasons.length === 0 ? '' : ` (${event.reasons.join(', ')})`;
        const call = event.callId === null ? '' : ` ${event.callId}`;
        const until = event.wrapUpUntil === null ? '' : ` until ${this.#relative(event.wrapUpUntil)}`;
        const paused = event.pausedUntil === undefined ? '' : ` back ${this.#relative(event.pausedUntil)}`;
        const doing = event.activity === undefined ? '' : ` ${event.activity}`;
        const then = event.afterwards === 'signed_out' ? ' then signed_out' : '';
        return `${short(event.agentId)} ${event.state}${doing}${reasons}${call}${until}${paused}${then}`;
      }
      case 'callOffered': {
        const from = event.queueId === null ? 'directly' : `from ${short(event.queueId)}`;
        const record = event.record ? ', recorded' : '';
        return `${event.offerId} ${event.callId} offered to ${short(event.agentId)} ${from} on ${event.legId} until ${this.#relative(event.until)}${record}`;
      }
      case 'offerEnded': {
        const from = event.queueId === null ? 'direct' : short(event.queueId);
        return `${event.offerId} ${event.callId} ${event.end} at ${short(event.agentId)} on ${event.legId} ${from}`;
      }
      case 'callLeftQueue':
        return `${event.callId} left ${short(event.queueId)} ${event.exit}`;
      default:
        return JSON.stringify(event);
    }
  }

  #command(command: Command): string {
    switch (command.type) {
      case 'popScreen':
        return `pop ${command.offerId} ${command.callId} ${command.legId} at ${short(command.agentId)} ${command.queueId === null ? 'direct' : short(command.queueId)}`;
      case 'ringLeg': {
        const { from } = command;
        const name = from.name === undefined ? '' : ` "${from.name}"`;
        return `ring ${command.offerId} ${command.callId} ${command.legId} at ${short(command.agentId)} of ${command.tenantId} as ${from.number}${name} for ${command.timeoutMs}`;
      }
      case 'releaseLeg':
        return `release ${command.callId} ${command.legId} ${command.cause} by ${command.by}`;
      default:
        return JSON.stringify(command);
    }
  }

  #relative(at: number): string {
    return at === this.now ? 'now' : `+${at - this.now}`;
  }
}

const short = (id: string): string => id.slice(id.indexOf(':') + 1);
