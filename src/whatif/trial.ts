/** What a trial is asked and answers, between the server and the process it is played in: one line of JSON each. */
import type { AgentConfiguration, QueueConfiguration } from '../acd/event.ts';

export interface TrialRequest {
  /** Folder of the journal whose days are played. */
  journal: string;
  queues: QueueConfiguration[];
  agents: AgentConfiguration[];
  /** The same queues as they would be. */
  draft: QueueConfiguration[];
  seeds: number[];
}

export const figureNames = [
  'serviceLevel',
  'abandonment',
  'asa',
  'waitP50',
  'waitP90',
  'longestWait',
  'occupancy',
  'idleGini',
  'sentBack',
  'answered',
] as const;
export type FigureName = (typeof figureNames)[number];
/** Mean over the seeds, and half of its 95 % interval; shares of 1, seconds, or counts. */
export interface Figure {
  mean: number;
  plusMinus: number | null;
}
export type Figures = Partial<Record<FigureName, Figure>>;

export interface TrialResult {
  /** Recorded calls that came into these queues. */
  calls: number;
  seeds: number;
  today: { all: Figures; queues: Record<string, Figures> };
  draft: { all: Figures; queues: Record<string, Figures> };
  /** Draft less today, seed by seed. */
  difference: Figures;
}

export type TrialWord = { progress: number } | { result: TrialResult } | { failed: 'no_calls' | 'broken'; detail: string };
