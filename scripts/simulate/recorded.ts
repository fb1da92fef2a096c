/**
 * A recorded day out of a journal: who called when, how long she talked or waited in vain, and when agents were there. What the
 * day did not show (how long those who were answered would have waited) is drawn, with the seed.
 */
import type { AgentId, CallId, LegId, QueueId } from '../../kernel/ids.ts';
import type { AgentConfiguration, NotReadyReason, QueueConfiguration } from '../../src/acd/event.ts';
import { type Arrival, type Callers, DAY_MS, type DayPlan, draw, type Shift } from '../../src/acd/simulation/day/plan.ts';
import { Dice } from '../../src/acd/simulation/dice.ts';
import { startsOf, walk } from '../../src/journal/walk.ts';
import type { Event } from '../../src/vocabulary.ts';
import type { Configuration } from './profile.ts';

/** More are not held in memory. */
const MOST_CALLS = 2_000_000;
/** What agents choose themselves; the rest comes of the day's own play. */
const OWN: ReadonlySet<NotReadyReason> = new Set(['break', 'meal', 'training', 'meeting', 'other']);

interface Recorded extends Omit<Arrival, 'patienceMs' | 'talkMs'> {
  /** null = it was not abandoned after so long */
  abandonedMs: number | null;
  answeredAt: number | null;
  talkMs: number | null;
}

export interface RecordedDay {
  configuration: Configuration;
  plan(configuration: Configuration): DayPlan;
  callers: Callers;
  calls: number;
}

/** Throws when the folder holds no journal, or one without a call in a queue. */
export function recordedDay(folder: string): RecordedDay {
  const [start] = startsOf(folder);
  if (start === undefined) throw new Error(`${folder} holds no journal`);
  const day = new Listener();
  if (start.read !== null) day.restore(start.read());
  for (const { event, at } of walk(folder, start.seq, () => undefined)) day.hear(event, at);
  return day.finished();
}

class Listener {
  readonly #queues = new Map<QueueId, QueueConfiguration>();
  readonly #agents = new Map<AgentId, AgentConfiguration>();
  readonly #calls: Recorded[] = [];
  readonly #waiting = new Map<CallId, Recorded>();
  readonly #legs = new Map<LegId, { call: Recorded | undefined; offeredAt: number }>();
  readonly #shifts: Shift[] = [];
  readonly #there = new Map<AgentId, Shift>();
  readonly #wrapping = new Map<AgentId, number>();
  readonly #sums = { offers: 0, noAnswer: 0, answers: 0, answerMs: 0, wraps: 0, wrapMs: 0 };
  #from = Number.POSITIVE_INFINITY;
  #to = 0;

  /** What stood before the journal's first event: of the routing core's snapshot only the configuration. */
  restore(snapshot: unknown): void {
    const { acd } = snapshot as {
      acd: { queues: { configuration: QueueConfiguration }[]; agents: { configuration: AgentConfiguration; activity: { state: string } }[] };
    };
    for (const { configuration } of acd.queues) this.#queues.set(configuration.queueId, configuration);
    for (const { configuration, activity } of acd.agents) {
      this.#agents.set(configuration.agentId, configuration);
      if (activity.state !== 'signed_out') this.#begin(configuration.agentId, 0);
    }
  }

  hear(event: Event, at: number): void {
    if (event.type !== 'queueConfigured' && event.type !== 'agentConfigured') this.#from = Math.min(this.#from, at);
    this.#to = Math.max(this.#to, at);
    switch (event.type) {
      case 'queueConfigured':
        this.#queues.set(event.queue.queueId, event.queue);
        return;
      case 'agentConfigured':
        this.#agents.set(event.agent.agentId, event.agent);
        return;
      case 'agentStateChanged':
        this.#agentBecame(event, at);
        return;
      default:
        this.#hearOfCall(event, at);
    }
  }

  #hearOfCall(event: Event, at: number): void {
    switch (event.type) {
      case 'callQueued': {
        if (this.#calls.length >= MOST_CALLS) return;
        const { queueId, priority, skills, maxWaitMs } = event;
        const call: Recorded = { at, queueId, priority, skills, maxWaitMs, abandonedMs: null, answeredAt: null, talkMs: null };
        this.#calls.push(call);
        this.#waiting.set(event.callId, call);
        return;
      }
      case 'callOffered':
        this.#sums.offers += 1;
        this.#legs.set(event.legId, { call: this.#waiting.get(event.callId), offeredAt: at });
        return;
      case 'offerEnded': {
        const leg = this.#legs.get(event.legId);
        if (event.end === 'no_answer') this.#sums.noAnswer += 1;
        if (event.end !== 'answered') this.#legs.delete(event.legId);
        else if (leg !== undefined) {
          this.#sums.answers += 1;
          this.#sums.answerMs += at - leg.offeredAt;
          if (leg.call !== undefined) leg.call.answeredAt = at;
        }
        return;
      }
      case 'callLeftQueue': {
        const call = this.#waiting.get(event.callId);
        if (call !== undefined && event.exit === 'abandoned') call.abandonedMs = at - call.at;
        this.#waiting.delete(event.callId);
        return;
      }
      case 'legEnded': {
        const call = this.#legs.get(event.legId)?.call;
        if (call?.answeredAt != null) call.talkMs = at - call.answeredAt;
        this.#legs.delete(event.legId);
        return;
      }
      case 'serverStarted':
        this.#waiting.clear();
        this.#legs.clear();
        return;
      default:
        return;
    }
  }

  #agentBecame({ agentId, state, reasons }: Extract<Event, { type: 'agentStateChanged' }>, at: number): void {
    const wrapped = this.#wrapping.get(agentId);
    this.#wrapping.delete(agentId);
    if (wrapped !== undefined) {
      this.#sums.wraps += 1;
      this.#sums.wrapMs += at - wrapped;
    }
    if (state === 'wrapping_up') this.#wrapping.set(agentId, at);
    if (state === 'signed_out') {
      this.#end(agentId, at);
      return;
    }
    if (!this.#there.has(agentId)) this.#begin(agentId, at);
    const shift = this.#there.get(agentId);
    const open = shift?.breaks.at(-1);
    const isOpen = open !== undefined && open.toMs === Number.POSITIVE_INFINITY;
    const chosen = state === 'not_ready' ? reasons.find((reason) => OWN.has(reason)) : undefined;
    if (chosen === undefined && isOpen) open.toMs = at;
    else if (chosen !== undefined && !isOpen) shift?.breaks.push({ fromMs: at, toMs: Number.POSITIVE_INFINITY, reason: chosen });
  }

  #begin(agentId: AgentId, at: number): void {
    const shift = { agentId, fromMs: at, toMs: Number.POSITIVE_INFINITY, breaks: [] };
    this.#there.set(agentId, shift);
    this.#shifts.push(shift);
  }

  #end(agentId: AgentId, at: number): void {
    const shift = this.#there.get(agentId);
    if (shift === undefined) return;
    shift.toMs = at;
    const last = shift.breaks.at(-1);
    if (last !== undefined) last.toMs = Math.min(last.toMs, at);
    this.#there.delete(agentId);
  }

  finished(): RecordedDay {
    if (this.#calls.length === 0) throw new Error('the journal has no call that came into a queue');
    const from = this.#from;
    const lengthMs = Math.max(this.#to - from, 1);
    const relative = (at: number): number => Math.min(lengthMs, Math.max(0, at - from));
    const shifts = this.#shifts.map(({ agentId, fromMs, toMs, breaks }) => ({
      ...{ agentId, fromMs: relative(fromMs), toMs: relative(toMs) },
      breaks: breaks.map((pause) => ({ ...pause, fromMs: relative(pause.fromMs), toMs: relative(pause.toMs) })),
    }));
    const { offers, noAnswer, answers, answerMs, wraps, wrapMs } = this.#sums;
    const habits: DayPlan['habits'] = {
      answer: { kind: 'exponential', mean: answers === 0 ? 3_000 : answerMs / answers },
      noAnswerShare: offers === 0 ? 0 : noAnswer / offers,
      backAfterMs: 60_000,
      wrapUp: wraps === 0 ? null : { kind: 'exponential', mean: wrapMs / wraps },
    };
    return {
      configuration: { queues: [...this.#queues.values()], agents: [...this.#agents.values()] },
      plan: ({ queues, agents }) => {
        const known = new Set(agents.map(({ agentId }) => agentId));
        return { queues, agents, shifts: shifts.filter(({ agentId }) => known.has(agentId)), habits, lengthMs: Math.min(lengthMs, 31 * DAY_MS) };
      },
      callers: callersOf(this.#calls, from),
      calls: this.#calls.length,
    };
  }
}

/** Mean patience by its likelihood: all the waiting there was, by those who gave up. */
function callersOf(calls: readonly Recorded[], from: number): Callers {
  const waited = calls.reduce((sum, { at, abandonedMs, answeredAt }) => sum + (abandonedMs ?? (answeredAt === null ? 0 : answeredAt - at)), 0);
  const abandoned = calls.filter(({ abandonedMs }) => abandonedMs !== null).length;
  const meanMs = abandoned === 0 ? null : waited / abandoned;
  const talks = calls.flatMap(({ talkMs }) => talkMs ?? []);
  return function* (seed) {
    const dice = new Dice(seed);
    for (const { at, abandonedMs, answeredAt, talkMs, ...rest } of calls) {
      // Memoryless: who was answered after a while would have gone on as one who had just come.
      const beyond = meanMs === null ? null : Math.round((answeredAt === null ? 0 : answeredAt - at) + draw(dice, { kind: 'exponential', mean: meanMs }));
      const drawn = dice.pick(talks) ?? 180_000;
      yield { ...rest, at: at - from, patienceMs: abandonedMs ?? beyond, talkMs: talkMs ?? drawn };
    }
  };
}
