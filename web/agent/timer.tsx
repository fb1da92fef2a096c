import { asDuration } from '../shared/clock.ts';
import { useServerNow } from '../shared/now.ts';
import { useDesk } from './desk-context.ts';

export const useNow = (): number => useServerNow(useDesk().view.skewMs);

/** Time since a moment of the server's, counting up. Silent to screen readers, which would read it out each second. */
export function Since({ at, className = '' }: { at: string; className?: string }) {
  const now = useNow();
  return (
    <span className={`figures ${className}`} role="timer" aria-live="off">
      {asDuration(now - Date.parse(at))}
    </span>
  );
}
