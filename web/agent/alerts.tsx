/** Tells her of a call when she looks elsewhere: a spoken line, the tab's title, and a desktop notification where she allowed it. */
import { Button } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asDuration } from '../shared/clock.ts';
import { Icon } from '../shared/icon.tsx';
import { phaseWords, queueName, whoCalls } from './call-bar.tsx';
import { useDesk } from './desk-context.ts';
import { useNow } from './timer.tsx';

const supported = typeof Notification === 'function';

/** A note on the desktop while she looks elsewhere; `id` null: nothing to tell. */
export function useDesktopNote(id: string | null, line: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each, whatever becomes known about it later
  useEffect(() => {
    if (id === null || !supported || Notification.permission !== 'granted' || document.visibilityState === 'visible') return;
    const note = new Notification(line, { tag: id, requireInteraction: true });
    note.onclick = () => {
      window.focus();
      note.close();
    };
    return () => note.close();
  }, [id]);
}

export function CallAlerts() {
  const { t } = useTranslation();
  const { desk } = useDesk();
  const ringing = desk.call?.phase === 'offered' && desk.call.pop.outbound === undefined ? desk.call.pop : null;
  const line = ringing === null ? '' : t('pop.announce', { who: whoCalls(t, ringing), why: queueName(t, ringing) });
  const callId = ringing?.callId ?? null;
  useDesktopNote(callId, line);
  return (
    <>
      <div className="unseen" aria-live="assertive" data-live="pop">
        {line}
      </div>
      <TabTitle />
    </>
  );
}

function TabTitle() {
  const { t } = useTranslation();
  const { desk } = useDesk();
  const now = useNow();
  const { call, agent } = desk;
  const state = call !== null && call.phase !== 'cleared' ? phaseWords(t, call) : t(`state.${agent.state}`);
  const since = call !== null && call.phase !== 'cleared' ? call.phaseSince : agent.since;
  const title = t('title.idle', { state, time: asDuration(now - Date.parse(since)) });
  useEffect(() => {
    document.title = title;
  }, [title]);
  return null;
}

/** Shown until she has decided; a browser that refuses for good is not asked again. */
export function AlertSwitch() {
  const { t } = useTranslation();
  const [permission, setPermission] = useState(supported ? Notification.permission : 'denied');
  if (permission !== 'default') return null;
  return (
    <Button type="text" icon={<Icon name="bell" />} onClick={() => void Notification.requestPermission().then(setPermission)}>
      {t('controls.notify')}
    </Button>
  );
}
