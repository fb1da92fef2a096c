/** Excel's own files. Their libraries are loaded when somebody first exports or imports one. */
import { type Cell, guarded, unguarded } from './cell.ts';

const MOST_ROWS = 100_000;

export async function writeWorkbook(rows: readonly (readonly Cell[])[]): Promise<Blob> {
  const { default: write } = await import('write-excel-file/universal');
  const cells = rows.slice(0, MOST_ROWS).map((row, at) =>
    row.map((cell) => {
      const value = guarded(cell);
      const bold = at === 0 ? ({ fontWeight: 'bold' } as const) : {};
      return typeof value === 'number' ? { value, type: Number, ...bold } : { value, type: String, ...bold };
    }),
  );
  return write(cells, { stickyRowsCount: 1 }).toBlob();
}

/** The first sheet, all as text; empty rows are left out. */
export async function readWorkbook(file: Blob): Promise<string[][]> {
  const { readSheet } = await import('read-excel-file/universal');
  const rows = await readSheet(await file.arrayBuffer(), { trim: false });
  const texts = rows.map((row) => row.map((cell) => (cell === null ? '' : unguarded(cell instanceof Date ? cell.toISOString().slice(0, 10) : String(cell)))));
  return texts.filter((row) => row.some((cell) => cell.trim() !== ''));
}
