/** The same figures as a picture, to be read. */
import { useTranslation } from 'react-i18next';
import { label } from '../../shared/labels.ts';
import { type DayChart, shownFigure } from './series.ts';

export function DayTable({ chart, labels, caption }: { chart: DayChart; labels: readonly string[]; caption: string }) {
  const { t } = useTranslation();
  const { series, unit, target } = chart;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="wall-scroll day-table" tabIndex={0} aria-label={caption}>
      <table className="wall-table">
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t('day.interval')}</th>
            {series.map(({ id }) => (
              <th key={id} scope="col">
                {label(t, 'daySeries', id)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((name, at) => (
            <tr key={name}>
              <th scope="row" className="figures">
                {name}
              </th>
              {series.map(({ id, values }) => (
                <td key={id} className={isBelow(values[at] ?? null, target) ? 'is-over' : undefined}>
                  {shownFigure(values[at] ?? null, unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const isBelow = (value: number | null, target: number | null): boolean => value !== null && target !== null && value < target;
