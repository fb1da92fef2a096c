/** What lies over the desk without moving it: the lost line, and what went wrong. */
import { Alert, Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { browserClock } from '../shared/clock.ts';
import type { Link } from '../shared/cti/client.ts';
import { label } from '../shared/labels.ts';
import type { Notice } from './desk-context.ts';

const BACK_SHOWN_MS = 3_000;
const FAILURE_SHOWN_MS = 10_000;

export function LinkBanner({ link, onRetry }: { link: Link; onRetry(): void }) {
  const { t } = useTranslation();
  const wasAway = useRef(false);
  const [back, setBack] = useState(false);
  useEffect(() => {
    if (link.state === 'away') wasAway.current = true;
    if (link.state !== 'online' || !wasAway.current) return;
    wasAway.current = false;
    setBack(true);
    return browserClock.after(BACK_SHOWN_MS, () => setBack(false));
  }, [link.state]);
  return (
    <div className="banner-place" role="status">
      {link.state === 'away' ? (
        <Alert
          type="warning"
          showIcon
          title={t('link.away')}
          description={t('link.awayText')}
          action={
            <Button size="small" onClick={onRetry}>
              {t('link.retry')}
            </Button>
          }
        />
      ) : (
        back && <Alert type="success" showIcon title={t('link.back')} />
      )}
    </div>
  );
}

export function Notices({ notices, onClose }: { notices: readonly Notice[]; onClose(key: number): void }) {
  return (
    <div className="notices" role="alert">
      {notices.map((notice) => (
        <NoticeLine key={notice.key} notice={notice} onClose={onClose} />
      ))}
    </div>
  );
}

function NoticeLine({ notice, onClose }: { notice: Notice; onClose(key: number): void }) {
  const { t } = useTranslation();
  const { key, kind } = notice;
  const latestClose = useRef(onClose);
  latestClose.current = onClose;
  // Notes that would be lost stay until she has seen to them.
  useEffect(() => (kind !== 'unsent' ? browserClock.after(FAILURE_SHOWN_MS, () => latestClose.current(key)) : undefined), [key, kind]);
  const closable = { closeIcon: true, 'aria-label': t('controls.close'), onClose: () => onClose(key) };
  if (notice.kind === 'failed') return <Alert type="error" showIcon title={label(t, 'errors', notice.code)} closable={closable} />;
  if (notice.kind === 'gone') return <Alert type="info" showIcon title={t(`gone.${notice.cause}`)} closable={closable} />;
  return <Alert type="warning" showIcon title={t('wrapUp.unsent')} description={<span className="unsent">{notice.text}</span>} closable={closable} />;
}
