/** The call she has, always in the same place: what it is, how long, and the two things she can do with it. */
import { Button } from 'antd';
import type { TFunction } from 'i18next';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../src/cti/protocol.ts';
import { waitingFor } from '../shared/busy.ts';
import { asDuration, browserClock } from '../shared/clock.ts';
import type { CommandType } from '../shared/cti/client.ts';
import { talkedMs } from '../shared/cti/desk.ts';
import { Icon, type IconName } from '../shared/icon.tsx';
import { languageNow, shownNumber } from '../shared/labels.ts';
import { useDesk } from './desk-context.ts';
import { type ShortcutKey, useShortcut } from './shortcuts.ts';
import { Since, useNow } from './timer.tsx';

/** A button that has just taken another's place does nothing for so long: a double click on Answer must not hold the call. */
const SETTLE_MS = 600;

const DirectoryPanel = lazy(() => import('./directory/directory-panel.tsx'));

export const whoCalls = (t: TFunction, { customer, caller }: DeskCall['pop']): string => customer?.name ?? caller.name ?? t('call.unknownCaller');
export const queueName = (t: TFunction, { queue }: DeskCall['pop']): string => queue?.name[languageNow()] ?? t('pop.direct');
export const callerNumber = (t: TFunction, { caller }: DeskCall['pop'], whole: boolean): string =>
  caller.number === '' ? t('call.withheld') : shownNumber(caller.number, whole);

export function CallBar() {
  const { t } = useTranslation();
  const { desk } = useDesk();
  const { call } = desk;
  return (
    <section className={`call-bar is-${call?.phase ?? 'none'}`} data-phase={call?.phase ?? 'none'} aria-label={t('call.bar')}>
      {call === null ? <NoCall /> : <CallLine call={call} />}
      <DirectoryButton />
      <CallButtons phase={call?.phase ?? null} recording={recordingOf(call)} />
    </section>
  );
}

/** Whom she may ask or hand the call to; also without a call she sees who is there. */
function DirectoryButton() {
  const { t } = useTranslation();
  const { can } = useDesk();
  const [open, setOpen] = useState(false);
  useShortcut('Alt+T', () => setOpen(!open));
  const works = can('consult') || can('blindTransfer') || can('addParty');
  return (
    <>
      <Button className="directory-button" size="large" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t(works ? 'call.directory' : 'call.directoryIdle')} <kbd>Alt+T</kbd>
      </Button>
      {open && (
        <Suspense fallback={null}>
          <DirectoryPanel onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

/** What she may do to its recording: nothing where there is none. */
function recordingOf(call: DeskCall | null): 'none' | 'running' | 'paused' {
  if (call === null || !call.pop.recorded || (call.phase !== 'established' && call.phase !== 'held')) return 'none';
  return call.pop.recordingPausedBy.includes('agent') ? 'paused' : 'running';
}

function NoCall() {
  const { t } = useTranslation();
  return (
    <div className="call-line">
      <strong className="call-phase">{t('call.none')}</strong>
      <span className="quiet">{t('call.noneHint')}</span>
    </div>
  );
}

function CallLine({ call }: { call: DeskCall }) {
  const { t } = useTranslation();
  return (
    <>
      <div className="call-clock">
        <strong className="call-phase">{t(`call.${call.phase}`)}</strong>
        <Since at={call.phaseSince} className="call-time" />
      </div>
      <div className="call-line">
        <strong className="call-who">{whoCalls(t, call.pop)}</strong>
        <span className="figures">{callerNumber(t, call.pop, false)}</span>
        <span className="quiet">
          {queueName(t, call.pop)} · <CallTimes call={call} />
        </span>
        <AudioTroubles call={call} />
        <RecordingPaused call={call} />
      </div>
    </>
  );
}

/** She should know before she asks "can you hear me?" for the third time. */
function AudioTroubles({ call }: { call: DeskCall }) {
  const { t } = useTranslation();
  if (call.phase === 'cleared') return null;
  return (['caller', 'agent'] as const).map((of) => {
    const trouble = call.audio[of];
    return trouble === 'none' ? null : (
      <span key={of} role="status" className="audio-trouble" data-trouble={`${of} ${trouble}`}>
        {t(`audio.${of}.${trouble}`)}
      </span>
    );
  });
}

/** That nothing is recorded now, on whose word, and until when at most. */
function RecordingPaused({ call: { phase, pop } }: { call: DeskCall }) {
  const { t } = useTranslation();
  const now = useNow();
  const { recordingPausedUntil: until, recordingPausedBy } = pop;
  // Of several, the one she cannot lift says more.
  const holder = (['capture', 'flow', 'api', 'agent'] as const).find((each) => recordingPausedBy.includes(each));
  if (phase === 'cleared' || until === null || holder === undefined) return null;
  return (
    <span role="status" className="recording-paused" data-paused-by={holder}>
      {t(`pauser.${holder}`, { time: asDuration(Date.parse(until) - now) })}
    </span>
  );
}

/** The other time that matters: how long it still rings, or how long she has talked in all. */
function CallTimes({ call }: { call: DeskCall }) {
  const { t } = useTranslation();
  const now = useNow();
  const { ringUntil, arrivedAt } = call.pop;
  const text =
    call.phase === 'offered' && ringUntil !== null
      ? t('call.answerBefore', { time: asDuration(Date.parse(ringUntil) - now) })
      : call.phase === 'held' || call.phase === 'cleared'
        ? t('call.talkTime', { time: asDuration(talkedMs(call, now)) })
        : t('call.total', { time: asDuration(now - Date.parse(arrivedAt)) });
  return <span className="figures">{text}</span>;
}

function CallButtons({ phase, recording }: { phase: DeskCall['phase'] | null; recording: 'none' | 'running' | 'paused' }) {
  const { t } = useTranslation();
  const { can } = useDesk();
  const settled = useSettled(phase);
  const ringing = phase === 'offered';
  const slots = { settled, phase };
  return (
    <div className="call-buttons">
      {ringing && !can('answer') && <span className="pick-up">{t('call.pickUp')}</span>}
      <CallButton {...slots} type="answer" when={ringing} shortcut="F4" icon="answer" look="primary">
        {t('call.answer')}
      </CallButton>
      <CallButton {...slots} type="hold" when={phase === 'established'} shortcut="F6" icon="hold">
        {t('call.hold')}
      </CallButton>
      <CallButton {...slots} type="retrieve" when={phase === 'held'} shortcut="F6" icon="retrieve" look="primary">
        {t('call.retrieve')}
      </CallButton>
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

function useSettled(phase: string | null): boolean {
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
