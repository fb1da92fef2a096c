/** What the charts of a day show, once for picture and table alike. Pure. */
import { asDuration } from '../../shared/clock.ts';
import { type Agents, agentStates, inStates, type Slot } from './figures.ts';
import type { Picture, Unit } from './picture.ts';

export interface DayChart extends Picture {
  id: 'contacts' | 'level' | 'waiting' | 'agents' | 'hers';
}

const colours: Record<keyof Agents, string> = {
  ready: '--ready',
  ringing: '--offered',
  talking: '--talking',
  wrapping_up: '--wrap',
  not_ready: '--not-ready',
};

/** `targetPct`: of the service level; null: none is set. */
export function chartsOf(slots: readonly Slot[], targetPct: number | null): DayChart[] {
  const of = (pick: (slot: Slot) => number | null): (number | null)[] => slots.map(pick);
  const forecast = of(({ forecast: foretold }) => foretold);
  const charts: DayChart[] = [
    {
      ...{ id: 'contacts', unit: 'contacts', target: null },
      series: [
        { id: 'answered', colour: '--talking', kind: 'bar', stack: 'contacts', values: of(({ contacts }) => contacts.answered) },
        { id: 'abandoned', colour: '--danger', kind: 'bar', stack: 'contacts', values: of(({ contacts }) => contacts.abandoned) },
        { id: 'offered', colour: '--text', kind: 'line', values: of(({ contacts }) => contacts.offered) },
        ...(forecast.some((value) => value !== null) ? [{ id: 'forecast', colour: '--wrap', kind: 'dashed' as const, values: forecast }] : []),
      ],
    },
    {
      ...{ id: 'level', unit: 'share', target: targetPct === null ? null : targetPct / 100 },
      series: [{ id: 'level', colour: '--accent-text', kind: 'line', values: of(({ contacts }) => contacts.serviceLevel) }],
    },
    {
      ...{ id: 'waiting', unit: 'ms', target: null },
      series: [
        { id: 'longest', colour: '--not-ready', kind: 'line', values: of(({ contacts }) => contacts.longestWaitMs) },
        { id: 'asa', colour: '--offered', kind: 'line', values: of(({ contacts }) => contacts.averageSpeedOfAnswerMs) },
      ],
    },
  ];
  if (slots.some(({ agents }) => agents !== null)) charts.push(agentsChart(slots));
  return charts;
}

const agentsChart = (slots: readonly Slot[]): DayChart => ({
  ...{ id: 'agents', unit: 'agents', target: null },
  series: agentStates.map((state) => ({
    ...{ id: state, colour: colours[state], kind: 'area', stack: 'agents' },
    values: slots.map(({ agents }) => agents?.[state] ?? 0),
  })),
});

/** How one agent's time went. */
export const herChart = (slots: readonly Slot[]): DayChart => ({
  ...{ id: 'hers', unit: 'ms', target: null },
  series: agentStates.map((state) => ({
    ...{ id: state, colour: colours[state], kind: 'bar', stack: 'hers' },
    values: slots.map(({ times }) => (times === null ? 0 : inStates(times)[state])),
  })),
});

/** As a person reads it: `87.5%`, `1:20`, `12`. */
export function shownFigure(value: number | null, unit: Unit): string {
  if (value === null) return '—';
  if (unit === 'share') return `${(100 * value).toFixed(value === 1 || value === 0 ? 0 : 1)}%`;
  if (unit === 'ms') return asDuration(value);
  if (unit === 'rating') return value.toFixed(2);
  return String(value);
}

/** `09:30` on the clocks of the zone. */
export function clockIn(timeZone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hour12: false });
  return (ms) => format.format(ms);
}
