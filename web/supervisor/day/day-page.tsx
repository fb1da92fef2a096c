/** The day by intervals: what came and what became of it, the service level against its target, waits, and what agents did; of one queue or of all. */
import { Alert, Segmented, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { languageNow } from '../../shared/labels.ts';
import { targetPct, useAlertRules } from '../alerts/rules.ts';
import { useExpiry } from '../expiry.ts';
import { Failure } from '../failure.tsx';
import { type QueueRow, useQueues } from '../queues.ts';
import { useMe } from '../records.ts';
import { TopBar } from '../top-bar.tsx';
import { DayFigure, type Shape } from './day-figure.tsx';
import { type Definition, type Interval, intervals, USUAL_VARIANT, useVariants } from './figures.ts';
import type { DayChart } from './series.ts';
import { Totals } from './totals.tsx';
import { useCharts } from './use-charts.ts';
import './day.css';

interface Props {
  token: string;
  onSignOut(): void;
  onExpired(): void;
}

/** What she looks at, and how. */
interface View {
  /** null: all of them */
  queueId: string | null;
  interval: Interval;
  variant: string;
  shape: Shape;
}

export function DayPage({ token, onSignOut, onExpired }: Props) {
  const { t } = useTranslation();
  const me = useMe(token);
  const queues = useQueues(token);
  const variants = useVariants(token);
  const [view, setView] = useState<View>({ queueId: null, interval: '30min', variant: USUAL_VARIANT, shape: 'chart' });
  const { queueId, interval, variant, shape } = view;
  const rules = useAlertRules(token);
  const target = rules.data === undefined ? null : targetPct(rules.data, queueId);
  const { charts, labels, report, error } = useCharts(token, queueId, interval, variant, target);
  const failed = error ?? queues.error;
  const expired = useExpiry(failed, onExpired);
  useEffect(() => {
    document.title = `${t('day.title')} · ${t('product')}`;
  }, [t]);
  return (
    <div className="calls-page">
      <TopBar at="day" token={token} name={me.data?.name} onSignOut={onSignOut} />
      <main className="day-main">
        <Tools {...{ view, queues: queues.data ?? [], variants: variants.data?.serviceLevels ?? {} }} onView={(change) => setView({ ...view, ...change })} />
        {failed !== null && !expired && <Failure error={failed} />}
        {report !== null && !report.complete && <Alert type="warning" showIcon title={t('day.incomplete')} />}
        <Totals token={token} queueId={queueId} variant={variant} />
        <Day charts={charts} labels={labels} shape={shape} loaded={report !== null} />
        {report !== null && (
          <p className="quiet small day-note">
            {t('day.note', { variant: report.serviceLevel[languageNow()], formula: report.serviceLevel.formula, zone: report.timeZone })}{' '}
            {queueId === null ? t('day.agentsNote') : t('day.agentsAll')}
          </p>
        )}
      </main>
    </div>
  );
}

interface ToolsProps {
  view: View;
  queues: readonly QueueRow[];
  variants: Readonly<Record<string, Definition>>;
  onView(change: Partial<View>): void;
}

function Tools({ view: { queueId, interval, variant, shape }, queues, variants, onView }: ToolsProps) {
  const { t } = useTranslation();
  const named = queues.map((queue) => ({ value: queue.queueId, label: queue.name[languageNow()] }));
  return (
    <div className="day-tools">
      <Select
        className="day-queue"
        showSearch={{ optionFilterProp: 'label' }}
        value={queueId ?? ''}
        aria-label={t('day.queue')}
        options={[{ value: '', label: t('day.everyQueue') }, ...named]}
        onChange={(value) => onView({ queueId: value === '' ? null : value })}
      />
      <Segmented<Interval>
        value={interval}
        aria-label={t('day.interval')}
        options={intervals.map((value) => ({ value, label: t(`dayInterval.${value}`) }))}
        onChange={(value) => onView({ interval: value })}
      />
      <Select
        className="day-variant"
        value={variant}
        aria-label={t('day.variant')}
        options={Object.entries(variants).map(([value, definition]) => ({ value, label: `${definition[languageNow()]} ${definition.formula}` }))}
        onChange={(value) => onView({ variant: value })}
      />
      <span className="spacer" />
      <Segmented<Shape>
        value={shape}
        aria-label={t('day.shape')}
        options={(['chart', 'table'] as const).map((value) => ({ value, label: t(`dayShape.${value}`) }))}
        onChange={(value) => onView({ shape: value })}
      />
    </div>
  );
}

function Day({ charts, labels, shape, loaded }: { charts: readonly DayChart[]; labels: readonly string[]; shape: Shape; loaded: boolean }) {
  const { t } = useTranslation();
  if (!loaded) return <p className="quiet day-empty">{t('day.loading')}</p>;
  if (labels.length === 0) return <p className="quiet day-empty">{t('day.none')}</p>;
  return (
    <div className="day-charts">
      {charts.map((chart) => (
        <DayFigure key={chart.id} chart={chart} labels={labels} shape={shape} />
      ))}
    </div>
  );
}
