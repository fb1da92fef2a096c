import type { Headers } from '../message/headers.ts';

/** Said between us and whom we trust; from anybody else it is a lie about who calls, who pays, or who forwarded. */
const IDENTITY: ReadonlySet<string> = new Set([
  'p-asserted-identity',
  'p-preferred-identity',
  'remote-party-id',
  'p-asserted-service',
  'p-preferred-service',
  'p-served-user',
  'p-called-party-id',
  'p-profile-key',
  'p-user-database',
  'diversion',
  'history-info',
]);
const PREFIXES = ['x-huawu-', 'x-tenant', 'p-charging-'] as const;

/** Applications read names with their escapes undone (drachtio-srf: `C%6Fntact` is Contact): no honest phone escapes a name. */
const ESCAPED = /%(?:u[0-9a-f]{4}|[0-9a-f]{2})/i;

const isInternal = (key: string): boolean => IDENTITY.has(key) || PREFIXES.some((prefix) => key.startsWith(prefix)) || ESCAPED.test(key);

/**
 * Takes those headers out. By key, after parsing: case, folds, blanks before the colon and repetitions are gone by then, and a name with any other byte in it
 * has been refused as malformed.
 */
export function stripInternal(headers: Headers): number {
  const found = new Set<string>();
  for (const { key } of headers) if (isInternal(key)) found.add(key);
  for (const key of found) headers.remove(key);
  return found.size;
}
