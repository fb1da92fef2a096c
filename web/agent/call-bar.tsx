/** The call she has, always in the same place: what it is, how long, and the two things she can do with it. */
import { Button } from 'antd';
import type { TFunction } from 'i18next';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCall } from '../../src/cti/protocol.ts';
import { asDuration } from '../shared/clock.ts';
import { talkedMs } from '../shared/cti/desk.ts';
import { languageNow, shownNumber } from '../shared/labels.ts';
import { CallButtons } from './call-buttons.tsx';
import { CallbacksButton } from './callbacks/callbacks-button.tsx';
import { useDesk } from './desk-context.ts';
import { useNoteRecent } from './dialling/recent.ts';
import { useDialWishes } from './dialling/tel.ts';
import { useShortcut } from './shortcuts.ts';
import { Since, useNow } from './timer.tsx';

const DirectoryPanel = lazy(() => import('./directory/directory-panel.tsx'));

export const whoCalls = (t: TFunction, { customer, caller }: DeskCall['pop']): string => customer?.name ?? caller.name ?? t('call.unknownCaller');
export const queueName = (t: TFunction, { queue }: DeskCall['pop']): string => queue?.name[languageNow()] ?? t('pop.direct');
export const callerNumber = (t: TFunction, { caller }: DeskCall['pop'], whole: boolean): string =>
  caller.number === '' ? t('call.withheld') : shownNumber(caller.number, whole);

/** A call that we make rings at her own phone first, then is dialled, then rings there. */
export function phaseWords(t: TFunction, { phase, pop, ringing }: DeskCall): string {
  if (phase === 'offered' && pop.outbound !== undefined) return t('dial.yourPhone');
  return phase === 'calling' && ringing === true ? t('dial.ringsThere') : t(`call.${phase}`);
}

export function CallBar() {
  const { t } = useTranslation();
  const { desk, agent } = useDesk();
  const { call } = desk;
  useNoteRecent(agent.agentId, call);
  return (
    <section className={`call-bar is-${call?.phase ?? 'none'}`} data-phase={call?.phase ?? 'none'} aria-label={t('call.bar')}>
      {call === null ? <NoCall /> : <CallLine call={call} />}
      <DirectoryButton />
      <CallbacksButton />
      <CallButtons phase={call?.phase ?? null} recording={recordingOf(call)} />
    </section>
  );
}

/** Whom she may ask, hand the call to, or call; also when she can do neither she sees who is there. */
function DirectoryButton() {
  const { t } = useTranslation();
  const { can } = useDesk();
  const [open, setOpen] = useState(false);
  const [wish, setWish] = useState('');
  const show = (number: string) => {
    setWish(number);
    setOpen(true);
  };
  const close = () => setOpen(false);
  const toggle = () => (open ? close() : show(''));
  useDialWishes(show);
  useShortcut('Alt+T', toggle);
  const works = can('consult') || can('blindTransfer') || can('addParty');
  return (
    <>
      <Button className="directory-button" size="large" aria-expanded={open} onClick={toggle}>
        {t(works ? 'call.directory' : can('dial') ? 'call.directoryDial' : 'call.directoryIdle')} <kbd>Alt+T</kbd>
      </Button>
      {open && (
        <Suspense fallback={null}>
          <DirectoryPanel wish={wish} onClose={close} />
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
        <strong className="call-phase">{phaseWords(t, call)}</strong>
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
        <Muted call={call} />
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

/** She must not talk to nobody without knowing it. */
function Muted({ call }: { call: DeskCall }) {
  const { t } = useTranslation();
  return call.muted === true ? (
    <span role="status" className="muted-note" data-muted>
      {t('call.muted')}
    </span>
  ) : null;
}

/** The other time that matters: how long it still rings, or how long she has talked in all. */
function CallTimes({ call }: { call: DeskCall }) {
  const { t } = useTranslation();
  const now = useNow();
  const { ringUntil, arrivedAt } = call.pop;
  const text =
    call.phase === 'offered' && ringUntil !== null
      ? t('call.answerBefore', { time: asDuration(Date.parse(ringUntil) - now) })
      : call.phase === 'held' || call.phase === 'cleared' || call.pop.outbound !== undefined
        ? t('call.talkTime', { time: asDuration(talkedMs(call, now)) })
        : t('call.total', { time: asDuration(now - Date.parse(arrivedAt)) });
  return <span className="figures">{text}</span>;
}
