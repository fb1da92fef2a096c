/** Her state, the caller, the time, and the few things she does in a hurry, small enough to stand above another program. */
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../../src/cti/protocol.ts';
import type { CommandType } from '../../shared/cti/client.ts';
import { Icon, type IconName } from '../../shared/icon.tsx';
import { usePreferences } from '../../shared/preferences.ts';
import { useDark } from '../../shared/theme.ts';
import { callerNumber, phaseWords, queueName, whoCalls } from '../call-bar.tsx';
import { useSettled } from '../call-buttons.tsx';
import { useDesk } from '../desk-context.ts';
import { Since } from '../timer.tsx';

export default function MiniBar({ place }: { place: HTMLElement }) {
  const { desk, agent } = useDesk();
  const call = desk.call?.phase === 'cleared' ? null : desk.call;
  useLook(place.ownerDocument);
  return (
    <div className={`mini is-${call?.phase ?? agent.state}`} data-mini={call?.phase ?? 'none'}>
      <MiniState call={call} />
      <MiniCaller call={call} />
      <MiniButtons call={call} />
    </div>
  );
}

/** Language and colours as the page has them. */
function useLook(theirs: Document): void {
  const { t } = useTranslation();
  const { appearance, language } = usePreferences();
  const dark = useDark(appearance);
  useEffect(() => {
    theirs.documentElement.dataset.theme = dark ? 'dark' : 'light';
    theirs.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    theirs.title = `${t('mini.open')} · ${t('product')}`;
  }, [theirs, dark, language, t]);
}

function MiniState({ call }: { call: DeskCall | null }) {
  const { t } = useTranslation();
  const { agent, online } = useDesk();
  const words = call === null ? t(`activity.${agent.activity}`) : phaseWords(t, call);
  return (
    <p className="mini-state" role="status">
      <span className="dot" aria-hidden="true" />
      <strong>{words}</strong>
      {call?.muted === true && <span>{t('call.muted')}</span>}
      {!online && <span className="mini-away">{t('link.away')}</span>}
      <Since at={call?.phaseSince ?? agent.since} />
    </p>
  );
}

function MiniCaller({ call }: { call: DeskCall | null }) {
  const { t } = useTranslation();
  const { agent } = useDesk();
  if (call === null) {
    return (
      <p className="mini-who quiet">
        {agent.name} <span className="figures">{agent.number}</span>
      </p>
    );
  }
  return (
    <p className="mini-who">
      <strong>{whoCalls(t, call.pop)}</strong> <span className="figures">{callerNumber(t, call.pop, false)}</span>{' '}
      <span className="quiet">{queueName(t, call.pop)}</span>
    </p>
  );
}

function MiniButtons({ call }: { call: DeskCall | null }) {
  const { t } = useTranslation();
  const { agent, can } = useDesk();
  const phase = call?.phase ?? null;
  const slot = { callId: call?.pop.callId ?? null, settled: useSettled(phase) || phase === 'offered' };
  const talks = phase === 'established' || phase === 'held';
  return (
    <div className="mini-buttons">
      {phase === 'offered' && !can('answer') && <span className="mini-away">{t('call.pickUp')}</span>}
      {phase === 'held' && !can('retrieve') && call?.consult === undefined && <span className="mini-away">{t('call.retrieveAtPhone')}</span>}
      {call === null && agent.reasons.length > 0 && agent.state !== 'wrapping_up' && (
        <MiniDeed {...slot} type="ready" icon="answer" look="primary">
          {t('status.goReady')}
        </MiniDeed>
      )}
      {phase === 'offered' && (
        <>
          <MiniDeed {...slot} type="answer" icon="answer" look="primary">
            {t('call.answer')}
          </MiniDeed>
          <MiniDeed {...slot} type="reject" icon="hangup">
            {t('call.reject')}
          </MiniDeed>
        </>
      )}
      {talks && (
        <>
          <MiniDeed {...slot} type={phase === 'held' ? 'retrieve' : 'hold'} icon={phase === 'held' ? 'retrieve' : 'hold'}>
            {t(phase === 'held' ? 'call.retrieve' : 'call.hold')}
          </MiniDeed>
          <MiniDeed {...slot} type={call?.muted === true ? 'unmute' : 'mute'} icon={call?.muted === true ? 'muted' : 'microphone'}>
            {t(call?.muted === true ? 'call.unmute' : 'call.mute')}
          </MiniDeed>
        </>
      )}
      {(talks || phase === 'calling') && (
        <MiniDeed {...slot} type="hangup" icon="hangup" look="danger">
          {t('call.hangup')}
        </MiniDeed>
      )}
    </div>
  );
}

interface MiniDeedProps {
  type: Extract<CommandType, 'ready' | 'answer' | 'reject' | 'hold' | 'retrieve' | 'mute' | 'unmute' | 'hangup'>;
  callId: string | null;
  settled: boolean;
  icon: IconName;
  look?: 'primary' | 'danger';
  children: ReactNode;
}

function MiniDeed({ type, callId, settled, icon, look, children }: MiniDeedProps) {
  const { can, act, online, view } = useDesk();
  if (!can(type)) return null;
  const works = online && settled && !view.waiting.includes(type);
  const run = () => void act(type, type === 'ready' || callId === null ? {} : { callId });
  return (
    <button type="button" className={`mini-deed does-${type} ${look === undefined ? '' : `is-${look}`}`} disabled={!works} onClick={run}>
      <Icon name={icon} size={16} />
      {children}
    </button>
  );
}
