/** How her queues stand: who waits, and how long the first one has. */
import { useTranslation } from 'react-i18next';
import type { QueueStats } from '../../src/cti/protocol.ts';
import { asDuration } from '../shared/clock.ts';
import { languageNow } from '../shared/labels.ts';
import { useDesk } from './desk-context.ts';
import { useNow } from './timer.tsx';

export function QueueStrip() {
  const { t } = useTranslation();
  const { desk, view } = useDesk();
  const link = view.link.state === 'online' ? 'online' : 'away';
  return (
    <footer className="queue-strip">
      <h2>{t('queues.region')}</h2>
      {desk.queues.length === 0 ? (
        <p className="quiet">{t('queues.none')}</p>
      ) : (
        <ul aria-label={t('queues.region')}>
          {desk.queues.map((queue) => (
            <QueueItem key={queue.queueId} queue={queue} />
          ))}
        </ul>
      )}
      <span className={`line-state is-${link}`}>
        <span className="dot" aria-hidden="true" />
        {t(`link.${link}`)}
      </span>
    </footer>
  );
}

function QueueItem({ queue }: { queue: QueueStats }) {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <li className={queue.waiting > 0 ? 'has-waiting' : ''}>
      <strong>{queue.name[languageNow()]}</strong>
      {queue.state !== 'open' && <span className={`queue-shut is-${queue.state}`}>{t(`queueStands.${queue.state}`)}</span>}
      <span className="figures">{queue.waiting === 0 ? t('queues.nobody') : t('queues.waiting', { count: queue.waiting })}</span>
      {queue.oldestSince !== null && <span className="figures">{t('queues.longest', { time: asDuration(now - Date.parse(queue.oldestSince)) })}</span>}
      {queue.waiting > 0 && queue.expectedWait?.calibrated && (
        <span className="figures">{t('queues.expected', { p50: asDuration(queue.expectedWait.p50Ms), p90: asDuration(queue.expectedWait.p90Ms) })}</span>
      )}
      <span className="quiet figures">{t('queues.ready', { count: queue.ready })}</span>
    </li>
  );
}
