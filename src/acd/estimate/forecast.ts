/** What a queue has learned of its agents and callers, and how good its estimates were. */
import type { AgentId, QueueId } from '../../../kernel/ids.ts';
import type { QueueExit } from '../../call/event.ts';
import type { Activity } from '../agent.ts';
import { learnPatience, newPatience, type Patience } from './patience.ts';
import { newScore, type Score, scoreLost, scoreWait } from './score.ts';
import { blend, type Counts, learn, logNormal, noCounts } from './spread.ts';

/** What is assumed of handling before anything is known: median and spread of the bank's calls, with the weight of so many calls. */
const ASSUMED = logNormal(107_000, 0.96, 5);
/** An hour of the day counts for itself, and what is known of the whole day as so many calls more. */
const DAY_WEIGHT = 30;
const ASSUMED_RING_MS = 4_000;
/** How fast the time until an answer follows what it is. */
const RING_GAIN = 0.05;
const CHINA_OFFSET_MS = 8 * 3_600_000;
const HOUR_MS = 3_600_000;

export interface Forecast {
  /** From an offer until she is free again, of calls that were answered: ringing, talking and wrapping up. */
  handling: Counts;
  /** The same by hour of the day, in China's time; an hour nobody was seen in is null. */
  byHour: (Counts | null)[];
  ringMs: number;
  patience: Patience;
  score: Score;
  /** As it was last looked at in a turn; null = not yet, or nobody serves it. */
  outlook: Outlook | null;
  /** ms since 1970: when that was. */
  lookedAt: number;
}

/** Waits at some places of the queue, in their order; between them they are in between. */
export interface Outlook {
  places: number[];
  p50Ms: number[];
  p90Ms: number[];
}

/** What an agent is busy with. */
export interface Work {
  /** ms since 1970: when she was offered it. */
  since: number;
  /** null = no queue's: a direct offer, a call taken over. */
  queueId: QueueId | null;
  answered: boolean;
}

export interface Learned {
  forecasts: Map<QueueId, Forecast>;
  /** Agents whom a call has. */
  work: Map<AgentId, Work>;
}

export const nothingLearned = (): Learned => ({ forecasts: new Map(), work: new Map() });

export const newForecast = (): Forecast => ({
  handling: noCounts(),
  byHour: new Array<null>(24).fill(null),
  ringMs: ASSUMED_RING_MS,
  patience: newPatience(),
  score: newScore(),
  outlook: null,
  lookedAt: 0,
});

export function forecastOf({ forecasts }: Learned, queueId: QueueId): Forecast {
  let forecast = forecasts.get(queueId);
  if (forecast === undefined) {
    forecast = newForecast();
    forecasts.set(queueId, forecast);
  }
  return forecast;
}

const hourOf = (now: number): number => Math.floor((now + CHINA_OFFSET_MS) / HOUR_MS) % 24;

/** Handling as it is to be expected now. */
export function handlingNow({ handling, byHour }: Forecast, now: number): Counts {
  const known = blend(handling, ASSUMED, 5);
  const hour = byHour[hourOf(now)] ?? null;
  return hour === null ? known : blend(hour, known, DAY_WEIGHT);
}

/** Told of every change of an agent's activity. */
export function followWork(learned: Learned, agentId: AgentId, previous: Activity, next: Activity, now: number): void {
  const work = learned.work.get(agentId);
  if (next.state === 'offered') {
    if (previous.state === 'offered') return;
    if (work !== undefined) finish(learned, agentId, work, now);
    learned.work.set(agentId, { since: now, queueId: next.offer.queueId, answered: false });
  } else if (next.state === 'talking') {
    if (work === undefined) learned.work.set(agentId, { since: now, queueId: null, answered: true });
    else if (!work.answered) answered(learned, work, previous, now);
  } else if (next.state !== 'wrapping_up' && next.state !== 'releasing' && work !== undefined) finish(learned, agentId, work, now);
}

function answered(learned: Learned, work: Work, previous: Activity, now: number): void {
  work.answered = true;
  if (work.queueId === null || previous.state !== 'offered') return;
  const forecast = forecastOf(learned, work.queueId);
  forecast.ringMs += RING_GAIN * (now - work.since - forecast.ringMs);
}

function finish(learned: Learned, agentId: AgentId, { since, queueId, answered }: Work, now: number): void {
  learned.work.delete(agentId);
  if (!answered || queueId === null) return;
  const forecast = forecastOf(learned, queueId);
  // By when it ended: of an hour that has just begun only the short ones of those that began in it are over.
  const hour = forecast.byHour[hourOf(now)] ?? noCounts();
  forecast.byHour[hourOf(now)] = hour;
  learn(forecast.handling, now - since);
  learn(hour, now - since);
}

/** A caller stopped waiting. `said`: what was expected when it came, if anything was. */
export function followWait(learned: Learned, queueId: QueueId, waitedMs: number, end: QueueExit, said: Said | null): void {
  const { patience, score } = forecastOf(learned, queueId);
  learnPatience(patience, waitedMs, end === 'abandoned');
  if (said === null) return;
  if (end === 'answered') scoreWait(score, said, waitedMs);
  else if (end === 'abandoned') scoreLost(score, said, waitedMs);
}

export interface Said {
  p50Ms: number;
  p90Ms: number;
}

/** Plain JSON, for a snapshot. */
export interface LearnedRows {
  forecasts: [QueueId, Forecast][];
  work: [AgentId, Work][];
}

export const rowsOf = ({ forecasts, work }: Learned): LearnedRows => structuredClone({ forecasts: [...forecasts], work: [...work] });
export const learnedOf = (rows: LearnedRows | undefined): Learned => ({ forecasts: new Map(structuredClone(rows?.forecasts)), work: new Map(rows?.work) });
