/** State with maps and sets in it as plain JSON, and back. Objects that stand in two places become two. Pure. */
type Plain = null | boolean | number | string | undefined | Plain[] | { [name: string]: Plain };

const MAP = '$map';
const SET = '$set';

export function toPlain(value: unknown): Plain {
  if (value instanceof Map) return { [MAP]: [...value].map(([key, each]) => [toPlain(key), toPlain(each)]) };
  if (value instanceof Set) return { [SET]: [...value].map(toPlain) };
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toPlain(each)]));
  // What has no JSON is left out, as JSON does.
  return typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint' ? undefined : (value as Plain);
}

/** The shape is that of what was written: whoever calls knows it. */
export const fromPlain = <T>(plain: unknown): T => revived(plain) as T;

function revived(plain: unknown): unknown {
  if (Array.isArray(plain)) return plain.map(revived);
  if (typeof plain !== 'object' || plain === null) return plain;
  const { [MAP]: map, [SET]: set } = plain as { [MAP]?: [unknown, unknown][]; [SET]?: unknown[] };
  if (Array.isArray(map)) return new Map(map.map(([key, each]) => [revived(key), revived(each)]));
  if (Array.isArray(set)) return new Set(set.map(revived));
  return Object.fromEntries(Object.entries(plain).map(([name, each]) => [name, revived(each)]));
}
