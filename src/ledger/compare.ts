/** Two counts of one interval, and the first thing they do not agree on. */
import type { LedgerRows } from './record.ts';

const NAMES = ['queueId', 'agentId', 'team', 'number', 'channel', 'disposition'];
type Row = Record<string, unknown>;

const nameOf = (row: Row): string => NAMES.flatMap((name) => (name in row ? [`${name}=${String(row[name])}`] : [])).join(' ');
/** A row of noughts says nothing. */
const isEmpty = (row: Row): boolean => Object.entries(row).every(([name, value]) => NAMES.includes(name) || value === 0 || name === 'reasons');

export interface RowDifference {
  table: keyof LedgerRows;
  row: string;
  measure: string;
  one: number;
  other: number;
}

/** null: they are the same, row by row and measure by measure. */
export function firstDifference(one: LedgerRows, other: LedgerRows): RowDifference | null {
  for (const table of ['visits', 'handled', 'agents', 'calls'] as const) {
    const [ones, others] = [named(one[table]), named(other[table])];
    for (const row of [...new Set([...ones.keys(), ...others.keys()])].sort()) {
      const measure = unequal(ones.get(row) ?? {}, others.get(row) ?? {});
      if (measure !== undefined) return { table, row, measure, one: Number(ones.get(row)?.[measure] ?? 0), other: Number(others.get(row)?.[measure] ?? 0) };
    }
  }
  return null;
}

const named = (rows: readonly object[]): Map<string, Row> =>
  new Map(rows.map((row): [string, Row] => [nameOf({ ...row }), { ...row }]).filter(([, row]) => !isEmpty(row)));

const unequal = (one: Row, other: Row): string | undefined =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].find(
    (name) => !NAMES.includes(name) && name !== 'reasons' && Number(one[name] ?? 0) !== Number(other[name] ?? 0),
  );
