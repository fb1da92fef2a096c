/** What a wall says of each queue's day: the same sums, definitions and time zone as `GET /api/v1/figures/queue`. */
import { asId, type QueueId, type TenantId } from '../../kernel/ids.ts';
import type { DayOfQueues } from '../cti/floor/day.ts';
import { dayStart } from '../ledger/calendar.ts';
import { contactFigures, serviceLevelDefinitions, USUAL_VARIANT } from '../ledger/definitions.ts';
import { BASE_MS, startOf } from '../ledger/interval.ts';
import { type Visits, visitMeasures, zero } from '../ledger/measures.ts';
import { Report } from '../ledger/report.ts';
import type { ApiPorts } from './ports.ts';
import { iso } from './shapes.ts';
import { settingsOf } from './tenant.ts';

const FILTER = { channel: 'voice' };
const MOST_QUEUES = 10_000;

/** Of all queues of the tenant; rejects while the database is away. */
export async function dayOfQueues({ ledger, clock, directory }: Pick<ApiPorts, 'ledger' | 'clock' | 'directory'>, tenantId: TenantId): Promise<DayOfQueues> {
  const now = clock.now();
  const { timeZone } = settingsOf({ directory }, tenantId);
  const since = dayStart(timeZone, now);
  const bounds = [startOf(since), startOf(now) + BASE_MS] as const;
  const report = new Report('queue', bounds);
  const memory = ledger.memory(tenantId, ...bounds);
  const except = memory.map(({ arrivedAt }) => arrivedAt);
  report.addSums(['contacts'], await ledger.sums({ tenantId, bounds, by: ['queueId'], filter: FILTER, except, limit: MOST_QUEUES, table: 'visits' }));
  for (const record of memory) report.addRecord(record, FILTER);
  const visitsOf = new Map(report.lines().map(({ key, contacts }) => [asId<QueueId>(key), contacts]));
  return new Map(
    directory
      .queues()
      .filter((queue) => queue.tenantId === tenantId)
      .map(({ queueId, answerWithinMs }) => [queueId, dayOf(visitsOf.get(queueId) ?? zero(visitMeasures), answerWithinMs, { timeZone, since: iso(since) })]),
  );
}

function dayOf(visits: Visits, withinMs: number, day: { timeZone: string; since: string }) {
  const { offered, serviceLevel, averageSpeedOfAnswerMs } = contactFigures(visits, USUAL_VARIANT);
  return {
    ...{ offered, answered: visits.answered, abandoned: visits.abandoned },
    asaMs: averageSpeedOfAnswerMs === null ? null : Math.round(averageSpeedOfAnswerMs),
    serviceLevel: { pct: serviceLevel === null ? null : serviceLevel * 100, variant: serviceLevelDefinitions[USUAL_VARIANT].formula, withinMs },
    ...day,
  };
}
