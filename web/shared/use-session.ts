/** Whether somebody is signed in in this tab, and why somebody no longer is. */
import { useCallback, useState } from 'react';
import { keepToken, keptToken } from './session.ts';
import type { SignInNotice } from './sign-in.tsx';

export interface Session {
  token: string | null;
  notice: SignInNotice | null;
  enter(token: string): void;
  leave(why: SignInNotice): void;
}

export function useSession(): Session {
  const [token, setToken] = useState(keptToken);
  const [notice, setNotice] = useState<SignInNotice | null>(null);
  const change = useCallback((given: string | null, why: SignInNotice | null) => {
    keepToken(given);
    setNotice(why);
    setToken(given);
  }, []);
  const enter = useCallback((given: string) => change(given, null), [change]);
  const leave = useCallback((why: SignInNotice) => change(null, why), [change]);
  return { token, notice, enter, leave };
}
