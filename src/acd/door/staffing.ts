/** Whether those are there without whom a queue lets nobody in, or nobody go on waiting. */
import type { QueueId } from '../../../kernel/ids.ts';
import type { Floor } from '../floor.ts';
import type { Staffing } from './rules.ts';

export function isStaffed(floor: Floor, queueId: QueueId, { needs, wrapUpCounts = true }: Staffing): boolean {
  const counts = floor.groups.get(queueId)?.counts;
  if (counts === undefined) return false;
  const ready = counts.ready + (wrapUpCounts ? counts.wrapping_up : 0);
  if (needs === 'ready') return ready > 0;
  const onDuty = ready + counts.offered + counts.talking;
  return needs === 'on_duty' ? onDuty > 0 : onDuty + counts.wrapping_up + counts.not_ready > 0;
}
