/** The token of this tab: it survives a reload, not the closing of the tab, and is never shared with another. */
const KEY = 'huawu.token';

export function keptToken(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function keepToken(token: string | null): void {
  try {
    if (token === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch {
    // Storage is forbidden here: the sign-in holds until the page is closed.
  }
}
