/** RFC 4733 §3.2, ITU-T Q.23: the two tones of each key. */
export const ROWS = [697, 770, 852, 941] as const;
export const COLUMNS = [1209, 1336, 1477, 1633] as const;
const PAD = ['123A', '456B', '789C', '*0#D'] as const;

export const keyAt = (row: number, column: number): string | null => PAD[row]?.[column] ?? null;

export function keyHz(key: string): number[] {
  const row = PAD.findIndex((keys) => keys.includes(key));
  return [ROWS[row] ?? 0, COLUMNS[PAD[row]?.indexOf(key) ?? 0] ?? 0];
}
