/** How long it has been so: ticks by itself, and what stands around it does not. */
import { asDuration } from '../shared/clock.ts';
import { useServerNow } from '../shared/now.ts';
import { useSkew } from './use-floor.ts';

export function Since({ since, className }: { since: string; className?: string }) {
  const now = useServerNow(useSkew());
  return <span className={className === undefined ? 'figures' : `figures ${className}`}>{asDuration(now - Date.parse(since))}</span>;
}
