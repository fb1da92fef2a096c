/** Alerts above the wall: what passed its bound and for how long; a new one sounds once, where she wants that, until somebody sees to it. */
import { Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FloorAlert } from '../../src/cti/protocol.ts';
import { asDuration } from '../shared/clock.ts';
import { Icon } from '../shared/icon.tsx';
import { useServerNow } from '../shared/now.ts';
import { useFloor } from './use-floor.ts';

const KEY = 'huawu.wall.sound';
const keptSound = (): boolean => {
  try {
    return localStorage.getItem(KEY) === 'on';
  } catch {
    return false;
  }
};
const keepSound = (on: boolean): void => {
  try {
    localStorage.setItem(KEY, on ? 'on' : 'off');
  } catch {
    // Then it holds until the page is closed.
  }
};

/** Two short tones, low enough for a room full of people. */
function chime(): void {
  const context = new AudioContext();
  for (const [at, hz] of [
    [0, 660],
    [0.18, 880],
  ] as const) {
    const tone = new OscillatorNode(context, { frequency: hz });
    const gain = new GainNode(context, { gain: 0.12 });
    tone.connect(gain).connect(context.destination);
    tone.start(context.currentTime + at);
    tone.stop(context.currentTime + at + 0.15);
  }
  setTimeout(() => void context.close(), 1_000);
}

const notified = (title: string, body: string): void => {
  if ('Notification' in window && Notification.permission === 'granted') new Notification(title, { body, tag: 'huawu.wall' });
};

/** Told once each: an alert that was there before counts as told. */
function useBell(alerts: readonly FloorAlert[], isOn: boolean, say: (alert: FloorAlert) => string, title: string): void {
  const told = useRef<Set<string> | null>(null);
  useEffect(() => {
    const fresh = told.current === null ? [] : alerts.filter(({ alertId, acknowledged }) => acknowledged === null && told.current?.has(alertId) === false);
    told.current = new Set(alerts.map(({ alertId }) => alertId));
    if (fresh.length === 0 || !isOn) return;
    chime();
    for (const alert of fresh) notified(title, say(alert));
  }, [alerts, isOn, say, title]);
}

export function WallAlerts({ alerts, queueOf, skewMs }: { alerts: readonly FloorAlert[]; queueOf(queueId: string): string; skewMs: number }) {
  const { t } = useTranslation();
  const { line } = useFloor();
  const now = useServerNow(skewMs);
  const [sound, setSound] = useState(keptSound);
  const sentence = ({ queueId, what, value, bound }: FloorAlert): string => {
    const shown = (figure: number) => (what === 'longest_wait' ? asDuration(figure) : what === 'service_level' ? `${figure.toFixed(1)}%` : String(figure));
    return t(`wallAlert.${what}`, { queue: queueOf(queueId), value: shown(value), bound: shown(bound) });
  };
  useBell(alerts, sound, sentence, t('wall.alerts'));
  const turn = () => {
    const on = !sound;
    setSound(on);
    keepSound(on);
    if (on) chime();
    if (on && 'Notification' in window && Notification.permission === 'default') void Notification.requestPermission();
  };
  return (
    <section className="wall-alerts" aria-label={t('wall.alerts')}>
      <Button type="text" size="small" icon={<Icon name="bell" size={16} />} aria-pressed={sound} onClick={turn}>
        {t(sound ? 'wall.soundOn' : 'wall.soundOff')}
      </Button>
      {alerts.length === 0 && <span className="quiet">{t('wall.noAlerts')}</span>}
      <ul role="log">
        {alerts.map((alert) => (
          <li key={alert.alertId} className={alert.acknowledged === null ? 'wall-alert' : 'wall-alert is-seen'} data-alert={alert.what}>
            <Icon name="alert" size={16} />
            <span>{sentence(alert)}</span>
            <span className="figures quiet">{asDuration(now - Date.parse(alert.since))}</span>
            {alert.acknowledged === null ? (
              <Button size="small" onClick={() => void line?.command('acknowledgeAlert', { alertId: alert.alertId })}>
                {t('wall.acknowledge')}
              </Button>
            ) : (
              <span className="quiet">{t('wall.acknowledgedBy', { name: alert.acknowledged.by })}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
