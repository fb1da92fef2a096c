/** Which phone she takes calls with, and for that of this page: by which microphone and speakers, how loud, how well. */
import { Alert, Button } from 'antd';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { browserClock } from '../../shared/clock.ts';
import { Icon } from '../../shared/icon.tsx';
import { useDesk } from '../desk-context.ts';
import { mayOpenTel, openTelHere } from '../dialling/tel.ts';
import { isEmbedded } from '../embed.ts';
import { constraintsOf, type KnownDevices, knownDevices, playBy } from './devices.ts';
import type { Devices, PhoneView } from './phone.ts';
import { Ringer, recordTest, watchLevel } from './sound.ts';
import type { PhoneKind } from './use-phone.ts';

const RING_TEST_MS = 2_000;

export default function PhonePanel({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const { phone } = useDesk();
  return (
    <dialog ref={dialog} className="sheet phone-panel" aria-labelledby="phone-title" onClose={onClose}>
      <div className="sheet-top">
        <h2 id="phone-title">{t('phone.title')}</h2>
        <Button type="text" aria-label={t('controls.close')} icon={<Icon name="cross" />} onClick={onClose} />
      </div>
      <Choice />
      {phone.kind === 'browser' && (
        <>
          <PhoneTroubles view={phone.view} onRetry={() => phone.use(phone.devices)} />
          {phone.view.state !== 'refused' && <OwnPhone />}
        </>
      )}
      {mayOpenTel() && !isEmbedded && <TelHere />}
    </dialog>
  );
}

/** Numbers on pages of others: the browser asks her whether they may open here. */
function TelHere() {
  const { t } = useTranslation();
  return (
    <div className="tel-here">
      <span className="quiet small">{t('dial.telHint')}</span>
      <Button size="small" onClick={openTelHere}>
        {t('dial.tel')}
      </Button>
    </div>
  );
}

function Choice() {
  const { t } = useTranslation();
  const { agent, phone } = useDesk();
  // A call that is up on a phone stays there.
  const fixed = phone.view.call !== null;
  const choice = (kind: PhoneKind, hint: string) => (
    <label className="phone-kind">
      <input type="radio" name="phone-kind" checked={phone.kind === kind} disabled={fixed} onChange={() => phone.choose(kind)} />
      <span>
        <strong>{t(`phone.${kind}`)}</strong>
        <span className="quiet small">{hint}</span>
      </span>
    </label>
  );
  return (
    <fieldset className="phone-kinds">
      <legend className="unseen">{t('phone.title')}</legend>
      {choice('desk', t('phone.deskHint', { number: agent.number }))}
      {choice('browser', t('phone.browserHint'))}
      {fixed && <p className="quiet small">{t('phone.fixed')}</p>}
    </fieldset>
  );
}

function PhoneTroubles({ view, onRetry }: { view: PhoneView; onRetry(): void }) {
  const { t } = useTranslation();
  if (view.trouble === null) {
    return (
      <p className={`phone-state is-${view.state}`} role="status" data-phone={view.state}>
        <span className="phone-dot" aria-hidden="true" />
        {t(`phoneState.${view.state}`)}
      </p>
    );
  }
  return (
    <Alert
      type="error"
      showIcon
      title={t(`phoneTrouble.${view.trouble}`)}
      description={t(`phoneHelp.${view.trouble}`)}
      action={
        <Button size="small" onClick={onRetry}>
          {t('phone.again')}
        </Button>
      }
    />
  );
}

function useKnownDevices(): KnownDevices {
  const [known, setKnown] = useState<KnownDevices>({ microphones: [], speakers: [] });
  useEffect(() => {
    let over = false;
    const look = () => void knownDevices().then((found) => over || setKnown(found));
    look();
    navigator.mediaDevices?.addEventListener('devicechange', look);
    return () => {
      over = true;
      navigator.mediaDevices?.removeEventListener('devicechange', look);
    };
  }, []);
  return known;
}

function OwnPhone() {
  const { t } = useTranslation();
  const { phone } = useDesk();
  const { microphones, speakers } = useKnownDevices();
  const stream = useMicrophone(phone.devices);
  const change = (part: Partial<Devices>) => phone.use({ ...phone.devices, ...part });
  return (
    <>
      <Picker name={t('phone.microphone')} all={microphones} value={phone.devices.microphone} onChange={(microphone) => change({ microphone })}>
        <MicrophoneTest stream={stream} speaker={phone.devices.speaker} />
      </Picker>
      <Level stream={stream} />
      {speakers.length > 0 && (
        <>
          <Picker name={t('phone.speaker')} all={speakers} value={phone.devices.speaker} onChange={(speaker) => change({ speaker })} />
          <Picker name={t('phone.ringer')} all={speakers} value={phone.devices.ringer} onChange={(ringer) => change({ ringer })}>
            <RingTest speaker={phone.devices.ringer} />
          </Picker>
        </>
      )}
      <NetworkFigures view={phone.view} />
    </>
  );
}

interface PickerProps {
  name: string;
  all: { id: string; name: string }[];
  value: string;
  onChange(id: string): void;
  children?: ReactNode;
}

function Picker({ name, all, value, onChange, children }: PickerProps) {
  const { t } = useTranslation();
  const isGone = value !== '' && !all.some(({ id }) => id === value);
  return (
    <div className="picker">
      <label>
        <span>{name}</span>
        <select value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="">{t('phone.system')}</option>
          {all.map((device, at) => (
            <option key={device.id} value={device.id}>
              {device.name === '' ? `${name} ${at + 1}` : device.name}
            </option>
          ))}
          {isGone && <option value={value}>{t('phone.gone')}</option>}
        </select>
      </label>
      {children}
    </div>
  );
}

/** Open for as long as the panel is: to see its level, and to hear it. */
function useMicrophone(devices: Devices): MediaStream | null {
  const [stream, setStream] = useState<MediaStream | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another microphone is another stream
  useEffect(() => {
    let opened: MediaStream | null = null;
    let over = false;
    const end = () => {
      for (const track of opened?.getTracks() ?? []) track.stop();
    };
    void navigator.mediaDevices.getUserMedia(constraintsOf(devices)).then(
      (given) => {
        opened = given;
        if (over) end();
        else setStream(given);
      },
      () => setStream(null),
    );
    return () => {
      over = true;
      setStream(null);
      end();
    };
  }, [devices.microphone]);
  return stream;
}

function Level({ stream }: { stream: MediaStream | null }) {
  const { t } = useTranslation();
  const bar = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    if (stream === null) return;
    return watchLevel(stream, (level) => {
      if (bar.current !== null) bar.current.value = level;
    });
  }, [stream]);
  return <meter ref={bar} className="level" min={0} max={1} low={0.25} high={0.95} optimum={0.6} value={0} aria-label={t('phone.level')} />;
}

function MicrophoneTest({ stream, speaker }: { stream: MediaStream | null; speaker: string }) {
  const { t } = useTranslation();
  const [step, setStep] = useState<'idle' | 'recording' | 'playing'>('idle');
  const run = async () => {
    if (stream === null || step !== 'idle') return;
    setStep('recording');
    try {
      const player = new Audio(await recordTest(stream));
      playBy(player, speaker);
      player.onended = () => setStep('idle');
      setStep('playing');
      await player.play();
    } catch {
      setStep('idle');
    }
  };
  return (
    <Button size="small" disabled={stream === null || step !== 'idle'} onClick={() => void run()}>
      {t(`microphoneTest.${step}`)}
    </Button>
  );
}

function RingTest({ speaker }: { speaker: string }) {
  const { t } = useTranslation();
  const stop = useRef<() => void>(() => undefined);
  useEffect(() => () => stop.current(), []);
  const run = () => {
    stop.current();
    const ringer = new Ringer(speaker);
    ringer.ring();
    const cancel = browserClock.after(RING_TEST_MS, () => ringer.stop());
    stop.current = () => {
      cancel();
      ringer.stop();
    };
  };
  return (
    <Button size="small" onClick={run}>
      {t('phone.ringTest')}
    </Button>
  );
}

function NetworkFigures({ view: { quality } }: { view: PhoneView }) {
  const { t } = useTranslation();
  if (quality === null) return <p className="quiet small">{t('phone.noQuality')}</p>;
  const { lossPct, jitterMs, roundTripMs, mos, rating } = quality;
  const roundTrip = roundTripMs === null ? '–' : Math.round(roundTripMs);
  return (
    <p className={`phone-quality is-${rating}`}>
      <strong>{t(`quality.${rating}`)}</strong>{' '}
      <span className="figures">{t('phone.figures', { loss: lossPct.toFixed(1), jitter: Math.round(jitterMs), roundTrip, mos: mos.toFixed(1) })}</span>
    </p>
  );
}
