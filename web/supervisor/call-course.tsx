/** How a call went through its queues, to whom it was offered, and why to them: from its record. */
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { get } from '../shared/api.ts';
import { asDuration } from '../shared/clock.ts';
import { label, ownName } from '../shared/labels.ts';
import { WhyHer } from './explanation.tsx';
import type { OfferExplanation } from './floor.ts';
import { useQueueNames } from './queues.ts';

interface Visit {
  queueId: string;
  enteredAt: string;
  leftAt: string;
  waitMs: number;
  exit: string;
}
type Offer = OfferExplanation & { endedAt: string | null; end: string | null };

const path = (callId: string): string => `/api/v1/calls/${encodeURIComponent(callId)}`;

export function CallCourse({ token, callId }: { token: string; callId: string }) {
  const { t } = useTranslation();
  const queueOf = useQueueNames(token);
  const visits = useQuery({ queryKey: ['visits', token, callId], queryFn: () => get<{ queues: Visit[] }>(token, path(callId)) });
  const offers = useQuery({ queryKey: ['offers', token, callId], queryFn: () => get<{ items: Offer[] }>(token, `${path(callId)}/offers`) });
  if (visits.data === undefined || offers.data === undefined) return null;
  const { queues } = visits.data;
  return (
    <section className="course" aria-label={t('course.title')}>
      <h3>{t('course.title')}</h3>
      {queues.length === 0 && <p className="quiet">{t('course.noQueue')}</p>}
      <ol>
        {queues.map(({ queueId, enteredAt, waitMs, exit }) => (
          <li key={`${queueId} ${enteredAt}`}>
            {t('course.visit', { queue: queueOf(queueId), time: asDuration(waitMs) })} <span className="quiet">{label(t, 'queueExit', exit)}</span>
          </li>
        ))}
      </ol>
      {offers.data.items.map((offer) => (
        <div key={offer.offerId} className="course-offer">
          <WhyHer offer={offer} nameOf={ownName} />
          <p className="quiet small">{offer.end === null ? '' : t('course.end', { end: label(t, 'offerEnd', offer.end) })}</p>
        </div>
      ))}
    </section>
  );
}
