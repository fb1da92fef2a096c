/** What was counted, by subject and interval: a table, one figure of it as a picture, and both as a file. */
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { languageNow } from '../../shared/labels.ts';
import { useMay } from '../allowed.tsx';
import { shownFigure } from '../day/series.ts';
import { useExpiry } from '../expiry.ts';
import { Failure } from '../failure.tsx';
import { type Column, columnId, columnsOf } from './columns.ts';
import { Frame, type PageProps } from './frame.tsx';
import { useDefinitions, useReport, useZone } from './questions.ts';
import type { Definitions, Report, View } from './report.ts';
import { ReportFigure } from './report-figure.tsx';
import { ReportTable } from './report-table.tsx';
import { Choice, ReportTools } from './report-tools.tsx';
import { named, useWords, type Words } from './words.ts';
import { dayAt } from './zone.ts';

const USUAL_VARIANT = 'answered_and_abandoned';

export default function ReportPage({ token, onSignOut, onExpired }: PageProps) {
  const w = useWords();
  const isOfAll = useMay(token)('report.read', 'all');
  const zone = useZone(token, isOfAll ? 'tenant' : 'agent');
  const definitions = useDefinitions(token);
  const [chosen, setChosen] = useState<Partial<View>>({});
  const today = dayAt(zone.data ?? 'UTC', Date.now());
  const usual: View = {
    ...{ by: isOfAll ? 'queue' : 'agent', interval: 'day', span: 'today', channel: 'voice', variant: USUAL_VARIANT, queueId: '' },
    range: { from: today, to: today },
  };
  const view: View = { ...usual, ...chosen };
  const report = useReport(token, view, zone.data ?? null);
  const failed = report.error ?? zone.error ?? definitions.error;
  const expired = useExpiry(failed, onExpired);
  const counting = report.isFetching || zone.isFetching;
  return (
    <Frame at="reports" token={token} onSignOut={onSignOut}>
      <ReportTools
        {...{ token, view, zone: zone.data ?? null, definitions: definitions.data }}
        onView={(change) => setChosen((before) => ({ ...before, ...change }))}
      />
      {failed !== null && !expired && <Failure error={failed} />}
      <p className="reports-state quiet" role="status">
        {counting ? w('report.counting') : report.data !== undefined && w('report.counted', { count: report.data.items.length })}
        {report.data !== undefined && !counting && (
          <Button size="small" onClick={() => void report.refetch()}>
            {w('report.again')}
          </Button>
        )}
      </p>
      {report.data !== undefined && failed === null && <Shown token={token} report={report.data} definitions={definitions.data} />}
    </Frame>
  );
}

function Shown({ token, report, definitions }: { token: string; report: Report; definitions: Definitions | undefined }) {
  const w = useWords();
  const { t } = useTranslation();
  const [every, setEvery] = useState(false);
  const [drawn, setDrawn] = useState<string | null>(null);
  if (definitions === undefined) return null;
  if (report.items.length === 0)
    return (
      <section className="reports-empty">
        <h2>{w('empty.title')}</h2>
        <p className="quiet">{w('empty.text')}</p>
      </section>
    );
  const columns = columnsOf(report, definitions.figures, every);
  const column = columns.find((each) => columnId(each) === drawn) ?? columns[0];
  const { serviceLevel, timeZone } = report;
  const within = serviceLevel.withinMs === null ? w('report.eachWithin') : w('report.within', { time: shownFigure(serviceLevel.withinMs, 'ms') });
  return (
    <>
      <div className="reports-choices">
        {column !== undefined && (
          <Choice
            label={w('ask.figure')}
            value={columnId(column)}
            options={columns.map((each) => ({ value: columnId(each), text: `${w(`group.${each.group}`)}: ${nameOf(w, each)}` }))}
            onChoose={setDrawn}
          />
        )}
        <label className="reports-check">
          <input type="checkbox" checked={every} onChange={(event) => setEvery(event.target.checked)} /> {w('report.every')}
        </label>
      </div>
      {column !== undefined && <ReportFigure token={token} report={report} column={column} title={nameOf(w, column)} />}
      <ReportTable token={token} report={report} columns={columns} nameOf={(each) => nameOf(w, each)} caption={t('reportsPage.title')} />
      <p className="quiet small">
        {'contacts' in (report.items[0] ?? {}) && `${serviceLevel[languageNow()]} = ${serviceLevel.formula} · ${within} · `}
        {w('report.zone', { zone: timeZone })} {w('report.limits')}
      </p>
    </>
  );
}

const nameOf = (w: Words, { name, definition }: Column): string => definition?.[languageNow()] ?? named(w, 'measure', name);
