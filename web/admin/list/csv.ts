/** Comma-separated values as RFC 4180 has them, and as spreadsheets write them: with a BOM, semicolons or tabs, and in GB 18030. Pure. */
import { type Cell, guarded, unguarded } from './cell.ts';

/** Without it Excel takes UTF-8 for the machine's own code page. */
const BOM = '\uFEFF';

const quoted = (cell: Cell): string => {
  const text = String(guarded(cell));
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const writeCsv = (rows: readonly (readonly Cell[])[]): string => BOM + rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');

/** Rows of a text; empty lines are left out. */
export function readCsv(text: string): string[][] {
  const whole = text.startsWith(BOM) ? text.slice(1) : text;
  const separator = separatorOf(whole);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let inQuotes = false;
  const endCell = (): void => {
    row.push(unguarded(cell));
    cell = '';
  };
  const endRow = (): void => {
    endCell();
    if (row.some((each) => each.trim() !== '')) rows.push(row);
    row = [];
  };
  for (let at = 0; at < whole.length; at += 1) {
    const sign = whole[at] ?? '';
    if (inQuotes) {
      if (sign !== '"') cell += sign;
      else if (whole[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else inQuotes = false;
    } else if (sign === '"' && cell === '') inQuotes = true;
    else if (sign === separator) endCell();
    else if (sign === '\n') endRow();
    else if (sign !== '\r') cell += sign;
  }
  endRow();
  return rows;
}

/** The one of `,` `;` and tab that the first line has most of. */
function separatorOf(text: string): string {
  const [first = ''] = text.split('\n', 1);
  const count = (sign: string): number => first.split(sign).length;
  return [';', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best), ',');
}

/** UTF-8, UTF-16 where it says so, else what Excel in China writes. */
export function textOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}
