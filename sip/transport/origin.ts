/**
 * Browsers always say from which page a socket was opened, and let any page open one to anywhere. Taken are: none (no browser), the host the
 * request was sent to, and what the list names (`https://desk.example.com`; `*` is any).
 */
export function isAllowedOrigin(origin: string | undefined, host: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
