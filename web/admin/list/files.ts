/** Tables as files of this browser: saved and opened. */
import type { Cell } from './cell.ts';
import { readCsv, textOf, writeCsv } from './csv.ts';
import { readWorkbook, writeWorkbook } from './workbook.ts';

export type Format = 'csv' | 'xlsx';

export const MOST_BYTES = 5 * 1_048_576;

export async function saveTable(name: string, format: Format, rows: readonly (readonly Cell[])[]): Promise<void> {
  const blob = format === 'csv' ? new Blob([writeCsv(rows)], { type: 'text/csv;charset=utf-8' }) : await writeWorkbook(rows);
  saveFile(`${name}.${format}`, blob);
}

export function saveFile(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Chromium has taken the blob by the time the click returns.
  URL.revokeObjectURL(link.href);
}

/** Excel's files begin as every zip does. */
export async function openTable(file: Blob): Promise<string[][]> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return bytes[0] === 0x50 && bytes[1] === 0x4b ? readWorkbook(file) : readCsv(textOf(bytes));
}
