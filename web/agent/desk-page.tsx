/** The agent's desk: what surrounds its parts, and what happens when the line ends for good. */
import { Alert, Button } from 'antd';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { signOut } from '../shared/api.ts';
import type { CommandData, CommandType, CtiClient } from '../shared/cti/client.ts';
import type { SignInNotice } from '../shared/sign-in.tsx';
import { CallAlerts } from './alerts.tsx';
import { CallBar } from './call-bar.tsx';
import { DeskContext, type DeskTools, goneCauses, type NewNotice, type Notice } from './desk-context.ts';
import { isEmbedded, useEmbedding } from './embed.ts';
import { Interactions, takesInteractions } from './interactions.tsx';
import { Messages } from './messages.tsx';
import { LinkBanner, Notices } from './overlays.tsx';
import { PartyBar } from './party-bar.tsx';
import { usePhone } from './phone/use-phone.ts';
import { Pop } from './pop.tsx';
import { QueueStrip } from './queues.tsx';
import { TopBar } from './top-bar.tsx';
import { useConnection } from './use-connection.ts';
import { WrapUp } from './wrap-up.tsx';

const MOST_NOTICES = 4;

export function DeskPage({ token, onLeave }: { token: string; onLeave(why: SignInNotice): void }) {
  const [attempt, setAttempt] = useState(0);
  const { connection, view } = useConnection(token, attempt);
  const phone = usePhone(token, view);
  const { notices, notify, dismiss } = useNotices(connection);
  const act = useCallback(
    async <T extends CommandType>(type: T, data: CommandData<T>) => {
      const outcome = (await connection?.command(type, data)) ?? { ok: false, code: 'closed' };
      if (!outcome.ok) notify({ kind: 'failed', code: outcome.code });
      return outcome.ok;
    },
    [connection, notify],
  );
  const { link, desk, lastGone } = view;
  useEffect(() => {
    const cause = goneCauses.find((known) => known === lastGone?.cause);
    if (cause !== undefined) notify({ kind: 'gone', cause });
  }, [lastGone, notify]);
  const tools = useMemo<DeskTools | null>(() => {
    if (desk === null) return null;
    const online = link.state === 'online';
    return { view, desk, agent: desk.agent, online, token, phone, can: (type) => desk.agent.can.includes(type), act, notify };
  }, [view, desk, link, token, phone, act, notify]);

  useEmbedding(tools);

  useEffect(() => {
    if (link.state !== 'closed') return;
    if (link.why === 'unauthorised') onLeave('expired');
    if (link.why === 'forbidden') onLeave('forbidden');
    if (link.why === 'signed_out') onLeave('signedOut');
  }, [link, onLeave]);

  const leave = async () => {
    if (!(await act('signOut', {}))) return;
    await signOut(token).catch(() => undefined); // the desk is signed out either way; the token expires by itself
    onLeave('signedOut');
  };
  const elsewhere = link.state === 'closed' && (link.why === 'replaced' || link.why === 'incompatible') ? link.why : null;
  return (
    <div className={isEmbedded ? 'desk is-embedded' : 'desk'}>
      {tools === null ? (
        <Connecting />
      ) : (
        <DeskContext.Provider value={tools}>
          <TopBar onSignOut={leave} />
          <CallBar />
          <PartyBar />
          <main className={takesInteractions(tools) ? 'desk-main has-chats' : 'desk-main'}>
            {takesInteractions(tools) && <Interactions />}
            <Pop />
            <WrapUp key={desk?.call?.pop.callId ?? 'none'} />
          </main>
          <QueueStrip />
          <CallAlerts />
        </DeskContext.Provider>
      )}
      <div className="overlays">
        <Messages connection={connection} />
        <Notices notices={notices} onClose={dismiss} />
        <LinkBanner
          link={link}
          phone={phone}
          onRetry={() => {
            connection?.wake();
            phone.phone?.wake(false);
          }}
        />
      </div>
      {elsewhere !== null && <Elsewhere why={elsewhere} onBack={() => setAttempt(attempt + 1)} />}
    </div>
  );
}

/** What she is told at the edge of the page, the newest few. */
function useNotices(connection: CtiClient | null) {
  const [notices, setNotices] = useState<Notice[]>([]);
  const lastKey = useRef(0);
  const notify = useCallback((notice: NewNotice) => {
    lastKey.current += 1;
    const key = lastKey.current;
    setNotices((all) => [...all, { ...notice, key }].slice(-MOST_NOTICES));
  }, []);
  useEffect(() => connection?.on('answerFailed', ({ data }) => notify({ kind: 'failed', code: data.code })), [connection, notify]);
  useEffect(() => connection?.on('retrieveFailed', ({ data }) => notify({ kind: 'failed', code: data.code })), [connection, notify]);
  const dismiss = useCallback((key: number) => setNotices((all) => all.filter((notice) => notice.key !== key)), []);
  return { notices, notify, dismiss };
}

function Connecting() {
  const { t } = useTranslation();
  return (
    <main className="connecting">
      <h1>{t('empty.loadingTitle')}</h1>
      <p className="quiet">{t('empty.loadingText')}</p>
    </main>
  );
}

/** Covers the page: what lies under it is no longer hers to use here. */
function Elsewhere({ why, onBack }: { why: 'replaced' | 'incompatible'; onBack(): void }) {
  const { t } = useTranslation();
  const replaced = why === 'replaced';
  return (
    <div className="cover" role="alertdialog" aria-modal="true" aria-labelledby="cover-title">
      <Alert
        type="warning"
        showIcon
        title={<span id="cover-title">{t(replaced ? 'link.replacedTitle' : 'link.incompatibleTitle')}</span>}
        description={t(replaced ? 'link.replacedText' : 'link.incompatibleText')}
        action={
          <Button type="primary" autoFocus onClick={replaced ? onBack : () => location.reload()}>
            {t(replaced ? 'link.takeBack' : 'link.reload')}
          </Button>
        }
      />
    </div>
  );
}
