/** Rows that travel as one JSON parameter. */

/** A phone may send anything as its name: Postgres takes neither U+0000 nor half a surrogate pair. */
const storable = (text: string): string => text.replaceAll('\u0000', '').replace(/\p{Surrogate}/gu, '\uFFFD');

export function jsonOf(rows: unknown): string {
  return JSON.stringify(rows, (_name, value: unknown) => {
    if (typeof value === 'string') return storable(value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [storable(name), inner]));
  });
}
