/** One picture of the day with its heading, or the same figures as a table. */
import { lazy, Suspense, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { label } from '../../shared/labels.ts';
import { type DayChart, shownFigure } from './series.ts';
import { DayTable } from './table.tsx';
import './day.css';

const Chart = lazy(() => import('./chart.tsx'));

export type Shape = 'chart' | 'table';

export function DayFigure({ chart, labels, shape }: { chart: DayChart; labels: readonly string[]; shape: Shape }) {
  const { t } = useTranslation();
  const title = t(`dayChart.${chart.id}`);
  const summary = useSummary(chart, labels);
  const nameOf = useCallback((series: string) => label(t, 'daySeries', series), [t]);
  return (
    <section className="day-figure" aria-label={title} data-chart={chart.id}>
      <h2>{title}</h2>
      {shape === 'table' ? (
        <DayTable chart={chart} labels={labels} caption={title} />
      ) : (
        <Suspense fallback={<div className="day-chart" />}>
          <Chart chart={chart} labels={labels} nameOf={nameOf} summary={summary} />
        </Suspense>
      )}
    </section>
  );
}

/** `Offered and answered, 18 intervals. Answered 12 at last, …` */
function useSummary({ id, series, unit, target }: DayChart, labels: readonly string[]): string {
  const { t } = useTranslation();
  const last = series.map(({ id: name, values }) => `${label(t, 'daySeries', name)} ${shownFigure(values.at(-1) ?? null, unit)}`);
  return [
    t('day.summary', { title: t(`dayChart.${id}`), count: labels.length, last: labels.at(-1) ?? '', figures: last.join(', ') }),
    ...(target === null ? [] : [t('day.target', { target: shownFigure(target, 'share') })]),
  ].join(' ');
}
