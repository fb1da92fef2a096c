const LONGEST_WAIT_MS = 3_600_000;

/** `5s`, `1500ms`; undefined for none, null for nonsense. */
export function parseWait(text: string): number | undefined | null {
  if (text === '') return undefined;
  const found = /^(\d{1,9})(ms|s)$/.exec(text);
  if (found === null) return null;
  return Math.min(Number(found[1]) * (found[2] === 's' ? 1_000 : 1), LONGEST_WAIT_MS);
}
