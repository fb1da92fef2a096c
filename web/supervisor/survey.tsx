/** How the caller of one call rated it, or why she was not asked; and what came of it. */
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { get } from '../shared/api.ts';
import { label, shownTime } from '../shared/labels.ts';
import type { CallRow } from './records.ts';

interface FollowUp {
  ticketId: string;
  status: string;
  openedAt: string;
  closedAt: string | null;
}

/** From here on somebody sees to it. */
const UNHAPPY_FROM = 4;

export function Survey({ token, call }: { token: string; call: CallRow }) {
  const { t } = useTranslation();
  const { survey } = call;
  const unhappy = survey?.rating != null && survey.rating >= UNHAPPY_FROM;
  const detail = useQuery({
    queryKey: ['followUp', call.callId],
    enabled: unhappy,
    queryFn: () => get<{ followUp: FollowUp | null }>(token, `/api/v1/calls/${encodeURIComponent(call.callId)}`),
  });
  if (survey === null) return null;
  const { rating, reason, end, askedAt } = survey;
  const followUp = detail.data?.followUp ?? null;
  return (
    <p className="call-survey">
      <strong>{t('survey.title')}</strong>{' '}
      {rating === null ? <span className="quiet">{label(t, 'surveyEnd', end)}</span> : <span className={`rating is-${rating}`}>{t(`rating.${rating}`)}</span>}
      {rating !== null && reason !== null && <> · {label(t, 'surveyReason', reason)}</>}
      {rating !== null && end === 'not_said_why' && <> · {t('surveyEnd.not_said_why')}</>}
      {askedAt !== null && <span className="quiet"> · {shownTime(askedAt)}</span>}
      {followUp !== null && (
        <span className="quiet"> · {t('survey.followUp', { ticket: followUp.ticketId, status: label(t, 'ticketStatus', followUp.status) })}</span>
      )}
    </p>
  );
}
