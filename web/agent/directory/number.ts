/** A number as it is dialled; null: no number. */
export function numberIn(search: string): string | null {
  const digits = search.replaceAll(/[\s().-]/g, '');
  return /^\+?[0-9*#]{2,24}$/.test(digits) ? digits : null;
}
