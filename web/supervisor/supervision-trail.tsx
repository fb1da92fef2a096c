/** Who listened, whispered, barged in, took over and left, as it stands in the audit trail: of one call, or of the day. */
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { get } from '../shared/api.ts';
import { label, ownName, shownTime } from '../shared/labels.ts';
import { Failure } from './failure.tsx';

interface Supervision {
  at: string;
  callId: string;
  mode: string;
  by: { userId: string | null; name: string | null };
  agentId: string | null;
  phone: string | null;
}

const LOOK_EACH_MS = 10_000;
const MOST_SHOWN = 20;

/** `callId` null: of all calls, the newest. */
const useSupervisions = (token: string, callId: string | null) =>
  useQuery({
    queryKey: ['supervisions', token, callId],
    refetchInterval: LOOK_EACH_MS,
    queryFn: () =>
      get<{ items: Supervision[] }>(token, `/api/v1/supervisions?limit=${MOST_SHOWN}${callId === null ? '' : `&callId=${encodeURIComponent(callId)}`}`),
  });

export function SupervisionTrail({ token, callId }: { token: string; callId: string | null }) {
  const { t } = useTranslation();
  const { data, error } = useSupervisions(token, callId);
  return (
    <section className="trail" aria-label={t('trail.title')}>
      <h3>{t('trail.title')}</h3>
      {error !== null && <Failure error={error} />}
      {data?.items.length === 0 && <p className="quiet">{t(callId === null ? 'trail.none' : 'trail.nobody')}</p>}
      <ul>
        {data?.items.map((entry) => (
          <li key={`${entry.at} ${entry.mode} ${entry.callId}`} data-mode={entry.mode}>
            <span className="figures quiet">{shownTime(entry.at)}</span> <b>{entry.by.name ?? ownName(entry.by.userId ?? '—')}</b>{' '}
            <span>{label(t, 'superviseMode', entry.mode)}</span>
            {entry.agentId !== null && <span className="quiet"> {t('trail.of', { agent: ownName(entry.agentId) })}</span>}
            {callId === null && <span className="quiet small figures"> {entry.callId}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
