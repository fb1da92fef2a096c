/** Which rows of a list are shown, and in which order. Pure. */
import type { Cell } from './cell.ts';

export interface Column<T> {
  key: string;
  title: string;
  /** What it is sorted, searched and exported by. */
  value(row: T): Cell;
  /** As it is read, where that is not its value: a local time, a number with spaces. It is found by either. */
  seen?(row: T): string;
  /** What it is filtered by: those of these the row has; absent = no filter. */
  options?(row: T): readonly string[];
  /** How an option is read; absent = as it is. */
  option?(name: string): string;
}

export interface View {
  search: string;
  /** Column → the option it must have. */
  filters: Readonly<Record<string, string>>;
  sort: { key: string; descending: boolean } | null;
}

export const wholeView: View = { search: '', filters: {}, sort: null };

/** Every word must be somewhere in the row. */
export function shownRows<T>(rows: readonly T[], columns: readonly Column<T>[], { search, filters, sort }: View): T[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const isWanted = (row: T): boolean => {
    for (const column of columns) {
      const wanted = filters[column.key];
      if (wanted !== undefined && column.options !== undefined && !column.options(row).includes(wanted)) return false;
    }
    if (words.length === 0) return true;
    const text = columns
      .map(({ value, seen }) => `${value(row)}\n${seen?.(row) ?? ''}`)
      .join('\n')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const wanted = rows.filter(isWanted);
  const column = columns.find(({ key }) => key === sort?.key);
  if (sort === null || column === undefined) return wanted;
  const sign = sort.descending ? -1 : 1;
  // Worked out once a row, not once a comparison.
  const keyed = wanted.map((row) => ({ row, key: column.value(row) }));
  return keyed.sort((a, b) => sign * compared(a.key, b.key)).map(({ row }) => row);
}

/** `8002` before `10001`, as people count. */
const collator = new Intl.Collator(['zh-CN', 'en'], { numeric: true, sensitivity: 'base' });
const compared = (a: Cell, b: Cell): number => (typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b)));

/** Every option there is, in order. */
export function optionsOf<T>(rows: readonly T[], { options }: Column<T>): string[] {
  if (options === undefined) return [];
  return [...new Set(rows.flatMap((row) => options(row)))].sort(collator.compare);
}

export const exported = <T>(rows: readonly T[], columns: readonly Column<T>[]): Cell[][] => [
  columns.map(({ title }) => title),
  ...rows.map((row) => columns.map(({ value }) => value(row))),
];
