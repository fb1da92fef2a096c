/** Where two JSON values differ, field by field. */

/** More are not told: the first says enough. */
const MOST_DIFFERENCES = 20;

export function differences(then: unknown, now: unknown, path = ''): string[] {
  const found: string[] = [];
  collect(then, now, path, found);
  return found;
}

function collect(then: unknown, now: unknown, path: string, found: string[]): void {
  if (found.length >= MOST_DIFFERENCES || JSON.stringify(then) === JSON.stringify(now)) return;
  if (!isTree(then) || !isTree(now) || Array.isArray(then) !== Array.isArray(now)) {
    found.push(`${path === '' ? 'all' : path}: was ${written(then)}, is now ${written(now)}`);
    return;
  }
  const before = found.length;
  for (const name of new Set([...Object.keys(then), ...Object.keys(now)])) collect(then[name], now[name], path === '' ? name : `${path}.${name}`, found);
  if (found.length === before) found.push(`${path === '' ? 'all' : path}: the same fields in another order`);
}

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;
const written = (value: unknown): string => (value === undefined ? 'not there' : JSON.stringify(value));
