/** Tables as files for spreadsheets: UTF-8 with a byte order mark, so that Chinese is read as such, and nothing in a cell is ever a formula. */
const BOM = '\ufeff';
/** What spreadsheets begin a formula, or a cell of a formula of theirs, with. */
const FORMULA = /^[=+\-@\t\r]/;

export type Cell = string | number | null;

export const csvOf = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  `${BOM}${[header, ...rows].map((row) => row.map(cellOf).join(',')).join('\r\n')}\r\n`;

function cellOf(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
