/** A day that is to be played: who calls when, how long she would wait and talk, and who is there to answer. Times are ms, of the day or since 1970. */
import type { AgentId, QueueId } from '../../../../kernel/ids.ts';
import type { AgentConfiguration, NotReadyReason, QueueConfiguration } from '../../event.ts';
import type { Dice } from '../dice.ts';

/** `cv`: standard deviation by mean. */
export type Spread = { kind: 'fixed'; mean: number } | { kind: 'exponential'; mean: number } | { kind: 'lognormal'; mean: number; cv: number };

/** What is drawn of a caller before she calls, so that two configurations face the very same callers. */
export interface Arrival {
  at: number;
  queueId: QueueId;
  priority: number;
  skills: { skill: string; level: number }[];
  maxWaitMs: number | null;
  /** She hangs up after so long a wait; null = never. */
  patienceMs: number | null;
  talkMs: number;
}

export interface Demand {
  queueId: QueueId;
  /** Calls expected from one time of the day to another; within it they come at random (Poisson). */
  arrivals: { fromMs: number; toMs: number; calls: number }[];
  talk: Spread;
  /** null = everybody waits as long as it takes */
  patience: Spread | null;
  /** The first whose share (of 1, added up) the dice fall under; the rest ask for nothing more. */
  wishes?: { share: number; priority?: number; skills?: { skill: string; level: number }[] }[];
}

export interface Shift {
  agentId: AgentId;
  fromMs: number;
  toMs: number;
  breaks: { fromMs: number; toMs: number; reason: NotReadyReason }[];
}

export interface Habits {
  /** From the first ring to the answer. */
  answer: Spread;
  /** Of all rings, nobody answers so many. */
  noAnswerShare: number;
  /** After a ring in vain she comes back by herself after so long. */
  backAfterMs: number;
  /** Cut off at the queue's `wrapUpMs`; null = it always takes the whole of it. */
  wrapUp: Spread | null;
}

export interface DayPlan {
  queues: QueueConfiguration[];
  agents: AgentConfiguration[];
  shifts: Shift[];
  habits: Habits;
  lengthMs: number;
  /** Who comes before is served and not counted: a floor that has just opened is not yet as busy as it will be. */
  warmUpMs?: number;
}

/** Those who call on this day, in order; the same for the same seed. */
export type Callers = (seed: number) => Iterator<Arrival>;

export const DAY_MS = 86_400_000;

export function draw(dice: Dice, spread: Spread): number {
  switch (spread.kind) {
    case 'fixed':
      return spread.mean;
    case 'exponential':
      return -Math.log(1 - dice.fraction()) * spread.mean;
    case 'lognormal': {
      const variance = Math.log(1 + spread.cv * spread.cv);
      return Math.exp(Math.log(spread.mean) - variance / 2 + Math.sqrt(variance) * normal(dice));
    }
  }
}

/** Box and Muller. */
const normal = (dice: Dice): number => Math.sqrt(-2 * Math.log(1 - dice.fraction())) * Math.cos(2 * Math.PI * dice.fraction());
