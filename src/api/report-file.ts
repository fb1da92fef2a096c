/** Reports as files: a line of the report is a row, a figure a column. Times as the clocks of the zone show them, with their offset. */
import writeExcel from 'write-excel-file/node';
import { offsetAt } from '../ledger/calendar.ts';
import type { ReportFormat } from '../report-mail/schedule.ts';
import { type Cell, csvOf } from './csv.ts';
import type { ShownLine, ShownReport } from './reports.ts';

export interface ReportFile {
  name: string;
  type: string;
  content: Buffer;
}

const types: Record<ReportFormat, string> = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};
const groups = ['contacts', 'handling', 'time', 'offers', 'calls'] as const satisfies (keyof ShownLine)[];
const TEXT_COLUMNS = 4;
const TEXT_WIDTH = 24;
const FIGURE_WIDTH = 14;

interface Table {
  header: readonly string[];
  rows: readonly (readonly Cell[])[];
}

export const fileOf = (report: ShownReport, format: ReportFormat): Promise<ReportFile> =>
  tableFile(`${report.by}-${report.interval}`, report, tableOf(report), format);

/** `about`: of which zone its times are, and from when it tells. */
export async function tableFile(name: string, about: { timeZone: string; from: string }, { header, rows }: Table, format: ReportFormat): Promise<ReportFile> {
  const content = format === 'csv' ? Buffer.from(csvOf(header, rows)) : await xlsxOf(header, rows);
  return { name: `${name}-${local(about.timeZone, about.from).slice(0, 10)}.${format}`, type: types[format], content };
}

function tableOf({ items, timeZone }: ShownReport): { header: string[]; rows: Cell[][] } {
  const first = items[0];
  const columns = groups.flatMap((group) => Object.keys(first?.[group] ?? {}).map((name) => [group, name] as const));
  const header = ['start', 'end', 'key', 'name', ...columns.map(([group, name]) => `${group}.${name}`)];
  const rows = items.map((line): Cell[] => [
    ...[local(timeZone, line.start), local(timeZone, line.end), line.key, line.name],
    ...columns.map(([group, name]) => (line[group] as Record<string, number | null> | undefined)?.[name] ?? null),
  ]);
  return { header, rows };
}

/** Every text is a cell of text: nothing in it is ever a formula. */
function xlsxOf(header: readonly string[], rows: readonly (readonly Cell[])[]): Promise<Buffer> {
  const cellOf = (value: Cell) => (typeof value === 'number' ? { value, type: Number } : value === null ? null : { value, type: String });
  const titles = header.map((value) => ({ value, type: String, fontWeight: 'bold' as const }));
  const columns = header.map((_, at) => ({ width: at < TEXT_COLUMNS ? TEXT_WIDTH : FIGURE_WIDTH }));
  return writeExcel([titles, ...rows.map((row) => row.map(cellOf))], { sheet: 'report', columns, stickyRowsCount: 1 }).toBuffer();
}

export function local(zone: string, at: string): string {
  const ms = Date.parse(at);
  const offset = offsetAt(zone, ms);
  const minutes = Math.abs(Math.round(offset / 60_000));
  const sign = offset < 0 ? '-' : '+';
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${new Date(ms + offset).toISOString().slice(0, 19)}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
