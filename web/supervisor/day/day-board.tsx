/** The day of all queues in pictures, as the wallboard's last page. */
import { useTranslation } from 'react-i18next';
import { targetPct, useAlertRules } from '../alerts/rules.ts';
import { DayFigure } from './day-figure.tsx';
import { USUAL_VARIANT } from './figures.ts';
import { useCharts } from './use-charts.ts';

export default function DayBoard({ token }: { token: string }) {
  const { t } = useTranslation();
  const rules = useAlertRules(token);
  const { charts, labels } = useCharts(token, null, '30min', USUAL_VARIANT, rules.data === undefined ? null : targetPct(rules.data, null));
  if (labels.length === 0) return <p className="quiet">{t('day.loading')}</p>;
  return (
    <div className="day-charts">
      {charts.map((chart) => (
        <DayFigure key={chart.id} chart={chart} labels={labels} shape="chart" />
      ))}
    </div>
  );
}
