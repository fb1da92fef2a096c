/** The queues and how they stand, each to be opened and closed by hand; and who is still to be called back. */
import { Button } from 'antd';
import type { TFunction } from 'i18next';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asDuration } from '../shared/clock.ts';
import { languageNow, shownSoon } from '../shared/labels.ts';
import { useServerNow } from '../shared/now.ts';
import { useMay } from './allowed.tsx';
import { Callbacks } from './callback-list.tsx';
import { useExpiry } from './expiry.ts';
import { Failure } from './failure.tsx';
import { SwitchQueue } from './queue-switch.tsx';
import { type QueueRow, useCallbacks, useQueues } from './queues.ts';
import { useMe } from './records.ts';
import { TopBar } from './top-bar.tsx';

interface Props {
  token: string;
  onSignOut(): void;
  onExpired(): void;
}

export function QueuesPage({ token, onSignOut, onExpired }: Props) {
  const { t } = useTranslation();
  const me = useMe(token);
  const may = useMay(token);
  const queues = useQueues(token);
  const callbacks = useCallbacks(token);
  const [asked, setAsked] = useState<string | null>(null);
  const [done, setDone] = useState('');
  useEffect(() => {
    document.title = `${t('queuesPage.title')} · ${t('product')}`;
  }, [t]);
  const failed = queues.error ?? callbacks.error;
  const expired = useExpiry(failed, onExpired);
  const rows = queues.data ?? [];
  const called = callbacks.data?.items ?? [];
  const isOpen = (queueId: string) => rows.find((queue) => queue.queueId === queueId)?.live?.state === 'open';
  const chosen = rows.find(({ queueId }) => queueId === asked) ?? null;
  const told = (sentence: string) => {
    setDone(sentence);
    setAsked(null);
    void queues.refetch();
    void callbacks.refetch();
  };
  return (
    <div className="calls-page">
      <TopBar at="queues" token={token} name={me.data?.name} onSignOut={onSignOut} />
      <main className="queues-main">
        {failed !== null && !expired && <Failure error={failed} />}
        <p className="queues-done" role="status">
          {done}
        </p>
        <section className="live-list" aria-label={t('queuesPage.queues')}>
          <h2>
            {t('queuesPage.queues')} <span className="quiet figures">{rows.length}</span>
          </h2>
          <ul className="calls-rows">
            {rows.map((queue) => (
              <Queue key={queue.queueId} queue={queue} onAsk={may('queue.switch') ? () => setAsked(queue.queueId) : null} />
            ))}
          </ul>
        </section>
        <Callbacks token={token} callbacks={called} isOpen={isOpen} loaded={callbacks.data !== undefined} onDone={told} />
      </main>
      <SwitchQueue
        token={token}
        queue={chosen}
        kept={called.filter((callback) => callback.queueId === asked && callback.state !== 'talking').length}
        onClose={() => setAsked(null)}
        onDone={told}
      />
    </div>
  );
}

/** `onAsk` null: she may not switch it. */
function Queue({ queue, onAsk }: { queue: QueueRow; onAsk: (() => void) | null }) {
  const { t } = useTranslation();
  const now = useServerNow(0);
  const name = queue.name[languageNow()];
  const { live } = queue;
  return (
    <li className="queue-row">
      <strong>{name}</strong>
      {live === null ? (
        <span className="quiet">{t('queuesPage.unknown')}</span>
      ) : (
        <>
          <span className={`queue-state is-${live.state}`}>{t(`queueStands.${live.state}`)}</span>
          <span className="quiet queue-next">{whatComes(t, queue, now)}</span>
          <span className="queue-figures figures">
            {live.waiting === 0 ? t('queues.nobody') : t('queues.waiting', { count: live.waiting })}
            {live.oldestSince !== null && ` · ${t('queues.longest', { time: asDuration(now - Date.parse(live.oldestSince)) })}`}
            {` · ${t('queuesPage.agents', { ready: live.ready, talking: live.talking, signedIn: live.signedIn })}`}
          </span>
          {live.notice !== null && <span className="queue-notice quiet">{t('queuesPage.hears', { words: wordsOf(live.notice) })}</span>}
        </>
      )}
      {onAsk !== null && (
        <Button className="queue-button" size="small" disabled={live === null} aria-label={t('queuesPage.switchOne', { queue: name })} onClick={onAsk}>
          {t('queuesPage.switch')}
        </Button>
      )}
    </li>
  );
}

/** `closes 18:00, opens Mon 09:00`, as its calendar and whoever switched it have it. */
function whatComes(t: TFunction, { live, door }: QueueRow, now: number): string {
  if (live === null) return '';
  const changes = live.coming.map(({ at, state }) => t(`queueTurns.${state}`, { time: shownSoon(at, now) })).join(t('explain.comma'));
  if (!live.switched) return changes !== '' ? changes : t(door?.calendar === undefined ? 'queuesPage.noCalendar' : 'queuesPage.noChange');
  const until = live.stateUntil === null ? t('queuesPage.byHand') : t('queuesPage.byHandUntil', { time: shownSoon(live.stateUntil, now) });
  return changes === '' ? until : `${until} · ${changes}`;
}

const wordsOf = (notice: NonNullable<NonNullable<QueueRow['live']>['notice']>): string =>
  'prompt' in notice ? notice.prompt : (notice.text[languageNow()] ?? Object.values(notice.text)[0] ?? '');
