/** What the small window tells the desk that opened it. */
const HERE = 'huawu.mini.here';

export const isMiniHere = (data: unknown): boolean => data === HERE;

export function sayMiniHere(): boolean {
  const desk = window.opener as Window | null;
  desk?.postMessage(HERE, location.origin);
  return desk !== null;
}
