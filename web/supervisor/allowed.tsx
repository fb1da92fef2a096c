/** What who is signed in may do, as the server's table of roles says: what she may not is not shown. */
import type { ReactNode } from 'react';
import type { May } from './places.ts';
import { useMe } from './records.ts';

/** Before it is known she may nothing. */
export function useMay(token: string): May {
  const { data } = useMe(token);
  return (action, reach) => {
    const has = data?.may[action];
    return has !== undefined && (reach === undefined || has === reach);
  };
}

export function Allowed({ token, to, children }: { token: string; to: string; children: ReactNode }) {
  return useMay(token)(to) ? children : null;
}
