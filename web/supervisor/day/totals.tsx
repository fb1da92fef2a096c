/** The day so far in numbers, by the ledger; and now, by the feed. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { FloorAgent, FloorQueue } from '../../../src/cti/protocol.ts';
import { FigureList } from '../figure-list.tsx';
import { useFloor } from '../use-floor.ts';
import { useTotals } from './figures.ts';
import { shownFigure } from './series.ts';

const noQueues: ReadonlyMap<string, FloorQueue> = new Map();
const nobody: ReadonlyMap<string, FloorAgent> = new Map();

export function Totals({ token, queueId, variant }: { token: string; queueId: string | null; variant: string }) {
  const { t } = useTranslation();
  const day = useTotals(token, queueId, variant).data?.items[0]?.contacts;
  const queues = useFloor(({ floor }) => floor?.queues ?? noQueues);
  const agents = useFloor(({ floor }) => floor?.agents ?? nobody);
  const now = useMemo(() => nowOf(queues, agents, queueId), [queues, agents, queueId]);
  const figures: [string, string][] = [
    [t('daySeries.offered'), shownFigure(day?.offered ?? 0, 'contacts')],
    [t('daySeries.answered'), shownFigure(day?.answered ?? 0, 'contacts')],
    [t('daySeries.abandoned'), shownFigure(day?.abandoned ?? 0, 'contacts')],
    [t('daySeries.level'), shownFigure(day?.serviceLevel ?? null, 'share')],
    [t('daySeries.asa'), shownFigure(day?.averageSpeedOfAnswerMs ?? null, 'ms')],
    [t('daySeries.longest'), shownFigure(day?.longestWaitMs ?? 0, 'ms')],
  ];
  const live: [string, number][] = [
    [t('wall.waiting'), now.waiting],
    [t('state.ready'), now.ready],
    [t('state.talking'), now.talking],
    [t('state.not_ready'), now.notReady],
  ];
  return (
    <section className="day-totals" aria-label={t('day.totals')}>
      <FigureList figures={figures} />
      <dl className="day-now" aria-label={t('day.now')}>
        <div>
          <dt>{t('day.now')}</dt>
        </div>
        {live.map(([name, figure]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="figures">{figure}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function nowOf(queues: ReadonlyMap<string, FloorQueue>, agents: ReadonlyMap<string, FloorAgent>, queueId: string | null) {
  const now = { waiting: 0, ready: 0, talking: 0, notReady: 0 };
  for (const queue of queues.values()) if (queueId === null || queue.queueId === queueId) now.waiting += queue.waiting;
  for (const { state, queues: hers } of agents.values()) {
    if (queueId !== null && !hers.includes(queueId)) continue;
    if (state === 'ready') now.ready += 1;
    else if (state === 'talking') now.talking += 1;
    else if (state === 'not_ready') now.notReady += 1;
  }
  return now;
}
