/** One range of what is played (RFC 9110 §14). */
import { Problem } from './problems.ts';

/**
 * First and last byte, both included; null: the whole file. Throws range_not_satisfiable.
 * "A server MAY ignore the Range header field": several ranges, other units and what cannot be read get the whole file.
 */
export function rangeOf(header: string | undefined, size: number): { first: number; last: number } | null {
  const parts = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (parts === null || (parts[1] === '' && parts[2] === '')) return null;
  const [, from = '', to = ''] = parts;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return null;
  if (first >= size || (from === '' && Number(to) === 0)) throw new Problem('range_not_satisfiable');
  return { first, last };
}
