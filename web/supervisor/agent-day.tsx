/** One agent's day so far: what she did, how her time went by the half hour, and her last calls; from the reports and the records. */
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { get } from '../shared/api.ts';
import { label, shownNumber, shownTime } from '../shared/labels.ts';
import { useServerNow } from '../shared/now.ts';
import { DayFigure } from './day/day-figure.tsx';
import { type Report, slotsOf, type Times } from './day/figures.ts';
import { clockIn, herChart, shownFigure } from './day/series.ts';
import { Failure } from './failure.tsx';
import { FigureList } from './figure-list.tsx';
import type { CallRow } from './records.ts';
import { useSkew } from './use-floor.ts';

interface Hers {
  handling?: { handled: number; talkMs: number; holdMs: number; wrapUpMs: number; averageHandleTimeMs: number | null };
  time?: Times & { signedInMs: number; occupancy: number | null };
  offers?: { offers: number; unanswered: number; rejected: number };
}

const LOOK_EACH_MS = 15_000;
const MOST_CALLS = 5;
const MINUTE_MS = 60_000;

function useHerDay(token: string, agentId: string) {
  const query = `agentId=${encodeURIComponent(agentId)}`;
  const ask = <T,>(path: string) => ({ queryKey: ['her day', token, path], refetchInterval: LOOK_EACH_MS, queryFn: () => get<T>(token, path) });
  const totals = useQuery(ask<{ items: Hers[] }>(`/api/v1/figures/agent?${query}`));
  const day = useQuery(ask<Report>(`/api/v1/reports/agent?interval=30min&${query}`));
  const calls = useQuery(ask<{ items: CallRow[] }>(`/api/v1/calls?limit=${MOST_CALLS}&${query}`));
  return { totals, day, calls };
}

export function AgentDay({ token, agentId }: { token: string; agentId: string }) {
  const { t } = useTranslation();
  const { totals, day, calls } = useHerDay(token, agentId);
  const now = Math.floor(useServerNow(useSkew()) / MINUTE_MS) * MINUTE_MS;
  const error = totals.error ?? day.error ?? calls.error;
  const slots = day.data === undefined ? [] : slotsOf(day.data, '30min', now);
  const clock = clockIn(day.data?.timeZone ?? 'UTC');
  const first = slots.findIndex(({ times }) => times !== null);
  const shown = first < 0 ? [] : slots.slice(first);
  return (
    <section className="agent-day" aria-label={t('agentDay.title')}>
      <h3>{t('agentDay.title')}</h3>
      {error !== null && <Failure error={error} />}
      {totals.data !== undefined && <HerFigures hers={totals.data.items[0] ?? {}} />}
      {shown.length > 0 && <DayFigure chart={herChart(shown)} labels={shown.map(({ startMs }) => clock(startMs))} shape="chart" />}
      <h3>{t('agentDay.calls')}</h3>
      {calls.data?.items.length === 0 && <p className="quiet">{t('agentDay.noCalls')}</p>}
      <ul className="agent-day-calls">
        {calls.data?.items.map((call) => (
          <li key={call.callId}>
            <span className="figures quiet">{shownTime(call.arrivedAt)}</span>
            <span className="figures">{call.caller === '' ? t('call.withheld') : shownNumber(call.caller, false)}</span>
            <span className="figures">{shownFigure(call.talkMs, 'ms')}</span>
            <span className="quiet">{label(t, 'cause', call.cause)}</span>
          </li>
        ))}
      </ul>
      {day.data !== undefined && <p className="quiet small">{t('agentDay.zone', { zone: day.data.timeZone })}</p>}
    </section>
  );
}

function HerFigures({ hers: { handling, time, offers } }: { hers: Hers }) {
  const { t } = useTranslation();
  const figures: [string, string][] = [
    [t('agentDay.handled'), shownFigure(handling?.handled ?? 0, 'contacts')],
    [t('agentDay.aht'), shownFigure(handling?.averageHandleTimeMs ?? null, 'ms')],
    [t('agentDay.occupancy'), shownFigure(time?.occupancy ?? null, 'share')],
    [t('agentDay.signedIn'), shownFigure(time?.signedInMs ?? 0, 'ms')],
    [t('state.not_ready'), shownFigure(time?.notReadyMs ?? 0, 'ms')],
    [t('agentDay.missed'), shownFigure((offers?.unanswered ?? 0) + (offers?.rejected ?? 0), 'contacts')],
  ];
  return <FigureList className="call-facts" figures={figures} />;
}
