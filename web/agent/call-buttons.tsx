/** What she can do with her call: a button for each thing that can work now, each with its key. */
import { Button } from 'antd';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../src/cti/protocol.ts';
import { waitingFor } from '../shared/busy.ts';
import { browserClock } from '../shared/clock.ts';
import type { CommandType } from '../shared/cti/client.ts';
import { Icon, type IconName } from '../shared/icon.tsx';
import { useDesk } from './desk-context.ts';
import { KeypadButton } from './keypad/keypad-button.tsx';
import { type ShortcutKey, useShortcut } from './shortcuts.ts';

/** A button that has just taken another's place does nothing for so long: a double click on Answer must not hold the call. */
const SETTLE_MS = 600;

export function CallButtons({ phase, recording }: { phase: DeskCall['phase'] | null; recording: 'none' | 'running' | 'paused' }) {
  const { t } = useTranslation();
  const { can, desk } = useDesk();
  const settled = useSettled(phase);
  const consults = desk.call?.consult !== undefined;
  const ringing = phase === 'offered';
  const slots = { settled, phase };
  return (
    <div className="call-buttons">
      {ringing && !can('answer') && <span className="pick-up">{t('call.pickUp')}</span>}
      {phase === 'held' && !can('retrieve') && !consults && <span className="pick-up">{t('call.retrieveAtPhone')}</span>}
      <CallButton {...slots} type="answer" when={ringing} shortcut="F4" icon="answer" look="primary">
        {t('call.answer')}
      </CallButton>
      <CallButton {...slots} type="hold" when={phase === 'established'} shortcut="F6" icon="hold">
        {t('call.hold')}
      </CallButton>
      <CallButton {...slots} type="retrieve" when={phase === 'held'} shortcut="F6" icon="retrieve" look="primary">
        {t('call.retrieve')}
      </CallButton>
      <MuteButton />
      <KeypadButton />
      <SurveyButton settled={settled} />
      <CallButton {...slots} type="pauseRecording" when={recording === 'running'} shortcut="F7" icon="record">
        {t('pauser.pause')}
      </CallButton>
      <CallButton {...slots} type="resumeRecording" when={recording === 'paused'} shortcut="F7" icon="record" look="primary">
        {t('pauser.resume')}
      </CallButton>
      <CallButton {...slots} type="reject" when={ringing} shortcut="F8" icon="hangup">
        {t('call.reject')}
      </CallButton>
      <CallButton {...slots} type="hangup" when={phase === 'calling' || phase === 'established' || phase === 'held'} shortcut="F8" icon="hangup" look="danger">
        {t('call.hangup')}
      </CallButton>
    </div>
  );
}

/** Nobody hears her; pressed again, they do. Of her voice alone: it needs no time to settle. */
function MuteButton() {
  const { t } = useTranslation();
  const { desk, view, online, can, act } = useDesk();
  const callId = desk.call?.pop.callId;
  const muted = desk.call?.muted === true;
  const type = muted ? 'unmute' : 'mute';
  const busy = view.waiting.includes('mute') || view.waiting.includes('unmute');
  const shown = can(type) && callId !== undefined;
  const run = () => void act(type, callId === undefined ? {} : { callId });
  useShortcut('Alt+M', shown && online && !busy ? run : null);
  if (!shown) return null;
  return (
    <Button
      className="call-icon does-mute"
      size="large"
      type={muted ? 'primary' : 'default'}
      aria-label={t('call.mute')}
      aria-pressed={muted}
      title={`${t(`call.${type}`)} (Alt+M)`}
      disabled={!online}
      icon={<Icon name={muted ? 'muted' : 'microphone'} />}
      onClick={busy ? undefined : run}
    />
  );
}

/** Ends the talk, and the caller is asked how it was; there where her queue has a survey. */
function SurveyButton({ settled }: { settled: boolean }) {
  const { t } = useTranslation();
  const { desk, view, online, can, act } = useDesk();
  const callId = desk.call?.pop.callId;
  const shown = can('sendToSurvey') && callId !== undefined;
  const ready = online && settled && !view.waiting.includes('sendToSurvey');
  const run = () => void act('sendToSurvey', callId === undefined ? {} : { callId });
  useShortcut('Alt+S', shown && ready ? run : null);
  if (!shown) return null;
  return (
    <Button
      className="call-icon does-survey"
      size="large"
      aria-label={t('call.survey')}
      title={`${t('call.survey')} (Alt+S)`}
      disabled={!ready}
      icon={<Icon name="star" />}
      onClick={ready ? run : undefined}
    />
  );
}

export function useSettled(phase: string | null): boolean {
  const [settledOn, setSettledOn] = useState<string | null>(null);
  useEffect(() => browserClock.after(SETTLE_MS, () => setSettledOn(phase)), [phase]);
  return settledOn === phase;
}

interface CallButtonProps {
  type: Extract<CommandType, 'answer' | 'reject' | 'hold' | 'retrieve' | 'hangup' | 'pauseRecording' | 'resumeRecording'>;
  when: boolean;
  settled: boolean;
  phase: string | null;
  shortcut: ShortcutKey;
  icon: IconName;
  look?: 'primary' | 'danger';
  children: ReactNode;
}

function CallButton({ type, when, settled, phase, shortcut, icon, look, children }: CallButtonProps) {
  const { desk, view, online, can, act } = useDesk();
  const callId = desk.call?.pop.callId;
  const shown = when && can(type) && callId !== undefined;
  const busy = view.waiting.includes(type);
  // A ringing phone is answered at once; only what replaces it has to settle.
  const ready = online && (settled || phase === 'offered');
  const works = shown && ready && !busy;
  const run = () => void act(type, callId === undefined ? {} : { callId });
  useShortcut(shortcut, works ? run : null);
  if (!shown) return null;
  const looks = look === 'primary' ? ({ type: 'primary' } as const) : look === 'danger' ? ({ type: 'primary', danger: true } as const) : {};
  return (
    <Button
      {...looks}
      className={`call-button does-${type}`}
      size="large"
      disabled={!ready}
      loading={waitingFor(busy)}
      icon={<Icon name={icon} />}
      onClick={works ? run : undefined}
    >
      {children} <kbd>{shortcut}</kbd>
    </Button>
  );
}
