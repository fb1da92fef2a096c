/** One figure of a report as a picture: over its intervals, a series for each key; or, of a total, key by key. Pure. */
import type { Picture, Series } from '../day/picture.ts';
import { type Column, figureAt } from './columns.ts';
import type { Group, Line, Report } from './report.ts';
import { startsOf } from './zone.ts';

/** More lines than this nobody tells apart. */
export const MOST_SERIES = 8;
const MOST_BARS = 30;
/** More than this is no picture on any screen. */
const MOST_SLOTS = 1_000;

const colours = ['--accent-text', '--offered', '--wrap', '--not-ready', '--danger', '--ready', '--off', '--text'];
/** What says how much there was of a key. */
const weights: Record<Group, string> = { contacts: 'entered', handling: 'handled', time: 'signedInMs', offers: 'offers', calls: 'arrived' };

export interface ReportPicture {
  picture: Picture;
  /** Begins of the intervals, in ms; or, of a total, keys. */
  slots: { starts: number[] } | { keys: string[] };
  /** Keys that are not drawn: those with least. */
  left: number;
}

/** null: there are too many intervals to be drawn, or nothing. `now`: what has not begun is not drawn. */
export function pictureOf(report: Report, column: Column, now: number): ReportPicture | null {
  const keys = keysOf(report.items, column.group);
  if (keys.length === 0) return null;
  const to = Math.min(Date.parse(report.to), Math.max(now, Date.parse(report.from) + 1));
  const starts = startsOf(report.interval, report.timeZone, Date.parse(report.from), to, MOST_SLOTS);
  if (starts === null) return null;
  const known = new Map(report.items.map((line) => [`${Date.parse(line.start)} ${line.key}`, line]));
  const at = (start: number, key: string): number | null => {
    const line = known.get(`${start} ${key}`);
    return line === undefined ? emptyOf(column) : figureAt(line, column);
  };
  const [first = 0] = starts;
  if (starts.length === 1 && keys.length > 1) {
    const shown = keys.slice(0, MOST_BARS);
    const values = shown.map((key) => at(first, key));
    const series: Series[] = [{ id: '', colour: '--accent-text', kind: 'bar', values }];
    return { picture: { unit: column.unit, target: null, series }, slots: { keys: shown }, left: keys.length - shown.length };
  }
  const shown = keys.slice(0, MOST_SERIES);
  const isSum = emptyOf(column) === 0;
  const series = shown.map((key, n): Series => {
    const shape = { id: key, colour: colours[n] ?? '--text', values: starts.map((start) => at(start, key)) };
    if (!isSum && starts.length > 1) return { ...shape, kind: 'line' };
    return { ...shape, kind: 'bar', ...(isStacked(column) ? { stack: 'all' } : {}) };
  });
  return { picture: { unit: column.unit, target: null, series }, slots: { starts }, left: keys.length - shown.length };
}

const isStacked = ({ name }: Column): boolean => name !== 'longestWaitMs';

/** Where nothing was counted: of a sum 0, of a share or a mean nothing. */
const emptyOf = ({ unit, name }: Column): 0 | null => (unit === 'share' || unit === 'rating' || name.startsWith('average') ? null : 0);

/** Those with most first. */
function keysOf(items: readonly Line[], group: Group): string[] {
  const sums = new Map<string, number>();
  for (const line of items) sums.set(line.key, (sums.get(line.key) ?? 0) + (line[group]?.[weights[group]] ?? 0));
  return [...sums].sort(([, a], [, b]) => b - a).map(([key]) => key);
}
