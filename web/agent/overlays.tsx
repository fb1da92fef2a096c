/** What lies over the desk without moving it: the lost line, and what went wrong. */
import { Alert, Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { browserClock } from '../shared/clock.ts';
import type { Link } from '../shared/cti/client.ts';
import { label } from '../shared/labels.ts';
import type { Notice } from './desk-context.ts';
import type { PhoneTools } from './phone/use-phone.ts';

const BACK_SHOWN_MS = 3_000;
const FAILURE_SHOWN_MS = 10_000;

/** What is away, what of her work goes on meanwhile, and that all is back. */
export function LinkBanner({ link, phone, onRetry }: { link: Link; phone: PhoneTools; onRetry(): void }) {
  const { t } = useTranslation();
  const trouble = troubleOf(link, phone);
  const offline = useOffline();
  const wasAway = useRef(false);
  const [back, setBack] = useState(false);
  useEffect(() => {
    if (trouble !== null) wasAway.current = true;
    if (trouble !== null || link.state !== 'online' || !wasAway.current) return;
    wasAway.current = false;
    setBack(true);
    return browserClock.after(BACK_SHOWN_MS, () => setBack(false));
  }, [trouble, link.state]);
  return (
    <div className="banner-place" role="status">
      {trouble !== null ? (
        <Alert
          type="warning"
          showIcon
          title={t(offline ? 'link.offline' : trouble.title)}
          description={t(trouble.text)}
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

/** Only once the browser has told so: one whose machine has no network but its own calls itself offline, and works. */
function useOffline(): boolean {
  const [offline, setOffline] = useState(false);
  useEffect(() => {
    const told = ({ type }: Event) => setOffline(type === 'offline');
    window.addEventListener('offline', told);
    window.addEventListener('online', told);
    return () => {
      window.removeEventListener('offline', told);
      window.removeEventListener('online', told);
    };
  }, []);
  return offline;
}

const deskAway = { title: 'link.away', text: 'link.awayText' } as const;
const bothAway = { title: 'link.away', text: 'link.awayTextBrowser' } as const;
const phoneAway = { title: 'link.phoneAway', text: 'link.phoneAwayText' } as const;
const phoneInCallAway = { title: 'link.phoneAway', text: 'link.phoneAwayCall' } as const;
const soundAway = { title: 'link.soundAway', text: 'link.soundAwayText' } as const;

function troubleOf(link: Link, { kind, view }: PhoneTools) {
  if (link.state === 'away') return kind === 'browser' ? bothAway : deskAway;
  if (kind === 'desk' || link.state !== 'online') return null;
  if (view.call?.state === 'returning') return soundAway;
  if (view.state !== 'away') return null;
  return view.call === null ? phoneAway : phoneInCallAway;
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
  if (notice.kind === 'blocked') return <Alert type="warning" showIcon title={t('mini.blocked')} closable={closable} />;
  if (notice.kind === 'gone') return <Alert type="info" showIcon title={t(`gone.${notice.cause}`)} closable={closable} />;
  return <Alert type="warning" showIcon title={t('wrapUp.unsent')} description={<span className="unsent">{notice.text}</span>} closable={closable} />;
}
