/** The reserves of a queue, and the groups of those that are open. */
import type { QueueId } from '../../../kernel/ids.ts';
import type { QueueConfiguration } from '../event.ts';
import type { Reserve } from './rules.ts';
import { groupNamed } from './stage.ts';

export const reservesOf = ({ widening }: QueueConfiguration): readonly Reserve[] => widening?.reserves ?? [];

/** In the order of the rules. */
export const openGroups = (configuration: QueueConfiguration, open: ReadonlyMap<string, number>): QueueId[] =>
  reservesOf(configuration).flatMap((reserve) => (open.has(reserve.name) ? reserve.open.map((group) => groupNamed(configuration.tenantId, group)) : []));
