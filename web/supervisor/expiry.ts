/** A session that is over leads back to the sign-in, whichever answer says so first. */
import { useEffect } from 'react';
import { Problem } from '../shared/api.ts';

export function useExpiry(error: unknown, onExpired: () => void): boolean {
  const expired = error instanceof Problem && error.status === 401;
  useEffect(() => {
    if (expired) onExpired();
  }, [expired, onExpired]);
  return expired;
}
