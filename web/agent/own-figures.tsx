/** Her own day so far, by the house's definitions: the same figures as her supervisor's reports. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../shared/api.ts';
import { asDuration } from '../shared/clock.ts';
import { zoneName } from '../shared/labels.ts';
import { useDesk } from './desk-context.ts';

const EVERY_MS = 30_000;

/** What of a line of `GET /api/v1/figures/agent` is shown here. */
interface OwnLine {
  handling?: { handled: number; averageHandleTimeMs: number | null; averageTalkMs: number | null; averageWrapUpMs: number | null };
  time?: { signedInMs: number; availableMs: number; occupancy: number | null };
}

export function OwnFigures() {
  const { t } = useTranslation();
  const { token, agent } = useDesk();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { data, isError } = useQuery({
    queryKey: ['ownFigures', agent.agentId],
    queryFn: () => get<{ items: OwnLine[] }>(token, `/api/v1/figures/agent?agentId=${encodeURIComponent(agent.agentId)}&timeZone=${encodeURIComponent(zone)}`),
    refetchInterval: EVERY_MS,
  });
  if (isError) return <p className="quiet small">{t('own.failed')}</p>;
  const line = data?.items[0];
  return (
    <section className="own-figures" aria-label={t('own.title')}>
      <h3>{t('own.title')}</h3>
      <dl>
        <Figure name={t('own.handled')}>{line?.handling?.handled ?? 0}</Figure>
        <Figure name={t('own.aht')}>{time(line?.handling?.averageHandleTimeMs)}</Figure>
        <Figure name={t('own.talk')}>{time(line?.handling?.averageTalkMs)}</Figure>
        <Figure name={t('own.wrapUp')}>{time(line?.handling?.averageWrapUpMs)}</Figure>
        <Figure name={t('own.occupancy')}>{share(line?.time?.occupancy)}</Figure>
        <Figure name={t('own.signedIn')}>{time(line?.time?.signedInMs)}</Figure>
        <Figure name={t('own.adherence')}>{t('own.noRoster')}</Figure>
      </dl>
      <p className="quiet small">{t('own.since', { zone: zoneName() })}</p>
    </section>
  );
}

const time = (ms: number | null | undefined): string => (ms == null ? '–' : asDuration(ms));
const share = (of: number | null | undefined): string => (of == null ? '–' : `${Math.round(of * 100)}%`);

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="own-name">{name}</dt>
      <dd className="own-value figures">{children}</dd>
    </div>
  );
}
