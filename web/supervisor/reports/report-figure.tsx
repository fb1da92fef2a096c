/** One figure of a report as a picture. */
import { lazy, Suspense, useMemo } from 'react';
import '../day/day.css';
import { shownFigure } from '../day/series.ts';
import type { Column } from './columns.ts';
import { useIntervalName, useKeyName } from './names.ts';
import { pictureOf } from './picture.ts';
import type { Report } from './report.ts';
import { useWords } from './words.ts';

const Chart = lazy(() => import('../day/chart.tsx'));

export function ReportFigure({ token, report, column, title }: { token: string; report: Report; column: Column; title: string }) {
  const w = useWords();
  const drawn = useMemo(() => pictureOf(report, column, Date.now()), [report, column]);
  const keyName = useKeyName(token, report);
  const intervalName = useIntervalName(report.interval, report.timeZone);
  const nameOf = useMemo(() => (key: string) => (drawn !== null && 'keys' in drawn.slots ? title : keyName(key)), [drawn, title, keyName]);
  if (drawn === null) return <p className="quiet">{w('picture.tooMany')}</p>;
  const { picture, slots, left } = drawn;
  const labels = 'keys' in slots ? slots.keys.map(keyName) : slots.starts.map((start) => intervalName(start, null));
  const last = picture.series.map(({ id, values }) => `${nameOf(id)} ${shownFigure(values.at(-1) ?? null, picture.unit)}`).join(', ');
  return (
    <section className="day-figure reports-figure" aria-label={title}>
      <h2>{title}</h2>
      <Suspense fallback={<div className="day-chart" />}>
        <Chart
          chart={picture}
          labels={labels}
          nameOf={nameOf}
          summary={w('picture.summary', { title, count: labels.length, last: labels.at(-1) ?? '', figures: last })}
        />
      </Suspense>
      {left > 0 && <p className="quiet small">{w('picture.left', { count: left })}</p>}
    </section>
  );
}
