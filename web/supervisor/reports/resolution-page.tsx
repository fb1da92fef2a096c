/** First contact resolution: who was served and did not come back within seven days; who still may stands apart. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '../../shared/api.ts';
import { languageNow } from '../../shared/labels.ts';
import { useMay } from '../allowed.tsx';
import { shownFigure } from '../day/series.ts';
import { useExpiry } from '../expiry.ts';
import { Failure } from '../failure.tsx';
import { Files } from './files.tsx';
import { Frame, type PageProps } from './frame.tsx';
import { hasKeys, useIntervalName, useKeyName } from './names.ts';
import { useDefinitions, useZone } from './questions.ts';
import { type Definitions, ofQueues, ofTeams, subjects } from './report.ts';
import { Choice, OfQueue, When } from './report-tools.tsx';
import { figures, MOST_DAYS, type Resolution, type ResolutionView, resolutionIntervals, resolutionPath } from './resolution.ts';
import { useWords } from './words.ts';
import { dayAfter, dayAt } from './zone.ts';

/** A quarter of contacts is looked at one by one. */
const LONGEST_MS = 60_000;
/** Of yesterday nothing is known before a week is over. */
const WEEK_DAYS = 7;

export default function ResolutionPage({ token, onSignOut, onExpired }: PageProps) {
  const w = useWords();
  const isOfAll = useMay(token)('report.read', 'all');
  const zone = useZone(token, isOfAll ? 'tenant' : 'agent');
  const definitions = useDefinitions(token);
  const [chosen, setChosen] = useState<Partial<ResolutionView>>({});
  const today = dayAt(zone.data ?? 'UTC', Date.now());
  const usual = { from: dayAfter(today, -WEEK_DAYS - 31), to: dayAfter(today, -WEEK_DAYS - 1) };
  const view: ResolutionView = { by: isOfAll ? 'queue' : 'agent', interval: 'total', span: 'range', range: usual, queueId: '', ...chosen };
  const path = resolutionPath(view, zone.data ?? 'UTC', Date.now());
  const found = useQuery({
    queryKey: ['resolution', token, view, zone.data],
    enabled: zone.data !== undefined && path !== null,
    queryFn: () => get<Resolution>(token, path ?? '', LONGEST_MS),
  });
  const failed = found.error ?? zone.error ?? definitions.error;
  const expired = useExpiry(failed, onExpired);
  return (
    <Frame at="resolution" token={token} onSignOut={onSignOut}>
      <p className="quiet">{w('resolution.lead')}</p>
      <Tools token={token} view={view} path={path} onView={(change) => setChosen((before) => ({ ...before, ...change }))} />
      {failed !== null && !expired && <Failure error={failed} />}
      <p className="reports-state quiet" role="status">
        {found.isFetching ? w('report.counting') : found.data !== undefined && w('report.counted', { count: found.data.items.length })}
      </p>
      {found.data !== undefined && failed === null && <Table token={token} found={found.data} definitions={definitions.data} />}
    </Frame>
  );
}

interface ToolsProps {
  token: string;
  view: ResolutionView;
  path: string | null;
  onView(change: Partial<ResolutionView>): void;
}

function Tools({ token, view, path, onView }: ToolsProps) {
  const w = useWords();
  const hers = useMay(token)('report.read', 'all') ? subjects : ofTeams.filter((each) => each !== 'disposition');
  return (
    <search className="reports-tools">
      <Choice
        label={w('ask.by')}
        value={view.by}
        options={hers.map((value) => ({ value, text: w(`subject.${value}`) }))}
        onChoose={(by) => onView({ by, ...(ofQueues.includes(by) ? {} : { queueId: '' }) })}
      />
      <When when={view} intervals={resolutionIntervals} mostDays={MOST_DAYS} onWhen={onView} />
      {ofQueues.includes(view.by) && <OfQueue token={token} queueId={view.queueId} onChoose={(queueId) => onView({ queueId })} />}
      <span className="spacer" />
      {path !== null && <Files token={token} path={path} />}
    </search>
  );
}

function Table({ token, found, definitions }: { token: string; found: Resolution; definitions: Definitions | undefined }) {
  const w = useWords();
  const keyName = useKeyName(token, found);
  const intervalName = useIntervalName(found.interval, found.timeZone);
  const nameOf = (figure: string): string => definitions?.figures[figure]?.[languageNow()] ?? figure;
  if (found.items.length === 0)
    return (
      <section className="reports-empty">
        <h2>{w('empty.title')}</h2>
        <p className="quiet">{w('resolution.empty')}</p>
      </section>
    );
  const keyed = hasKeys(found.by);
  return (
    <>
      {/** biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="wall-scroll reports-scroll" tabIndex={0} aria-label={w('resolution.title')}>
        <table className="wall-table reports-table">
          <caption className="unseen">{w('resolution.title')}</caption>
          <thead>
            <tr>
              {keyed && <th scope="col">{w(`subject.${found.by}`)}</th>}
              <th scope="col">{w('table.interval')}</th>
              {figures.map((figure) => (
                <th key={figure} scope="col">
                  {nameOf(figure)}
                </th>
              ))}
              <th scope="col">{w('resolution.contacts')}</th>
              <th scope="col">{w('resolution.resolved')}</th>
              <th scope="col">{w('resolution.repeated')}</th>
              <th scope="col">{w('resolution.pending')}</th>
            </tr>
          </thead>
          <tbody>
            {found.items.map((line) => (
              <tr key={`${line.start} ${line.key}`}>
                {keyed && <th scope="row">{keyName(line.key)}</th>}
                <th scope="row">{intervalName(Date.parse(line.start), Date.parse(line.end))}</th>
                {figures.map((figure) => (
                  <td key={figure}>{shownFigure(line[figure], 'share')}</td>
                ))}
                <td>{line.contacts}</td>
                <td>{line.resolved}</td>
                <td>{line.repeated}</td>
                <td className="quiet">{line.pending}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <dl className="reports-definitions small">
        {figures.map((figure) => (
          <div key={figure}>
            <dt>{nameOf(figure)}</dt>
            <dd className="quiet">{definitions?.figures[figure]?.formula}</dd>
          </div>
        ))}
      </dl>
      <p className="quiet small">
        {w('resolution.pendingWhy')} {w('report.zone', { zone: found.timeZone })}
      </p>
    </>
  );
}
