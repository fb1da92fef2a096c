/** Alerts above the wall: what passed its bound and for how long; a new one calls once, as she wants it, until somebody sees to it. */
import { Button } from 'antd';
import type { TFunction } from 'i18next';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { FloorAlert } from '../../src/cti/protocol.ts';
import { asDuration } from '../shared/clock.ts';
import { Icon } from '../shared/icon.tsx';
import { type Bell, chime, notify, setBell, useBell } from './bell.ts';
import { Since } from './since.tsx';
import { useFloor, useFloorLine } from './use-floor.ts';

/** Told once each: an alert that was there before counts as told. */
function useRinging(alerts: readonly FloorAlert[], { sound, notify: notifies }: Bell, say: (alert: FloorAlert) => string, title: string): void {
  const told = useRef<Set<string> | null>(null);
  useEffect(() => {
    const fresh = told.current === null ? [] : alerts.filter(({ alertId, acknowledged }) => acknowledged === null && told.current?.has(alertId) === false);
    told.current = new Set(alerts.map(({ alertId }) => alertId));
    if (fresh.length === 0) return;
    if (sound) chime();
    if (notifies) for (const alert of fresh) notify(title, say(alert));
  }, [alerts, sound, notifies, say, title]);
}

const inMs: readonly FloorAlert['what'][] = ['longest_wait', 'not_ready'];
const inPct: readonly FloorAlert['what'][] = ['service_level', 'abandoned'];

interface Names {
  queueOf(queueId: string): string;
  nameOf(agentId: string): string;
}

function sentenceOf(t: TFunction, { queueId, what, value, bound, agentId }: FloorAlert, { queueOf, nameOf }: Names): string {
  const shown = (figure: number) => (inMs.includes(what) ? asDuration(figure) : inPct.includes(what) ? `${figure.toFixed(1)}%` : String(figure));
  const agent = agentId === undefined ? '' : nameOf(agentId);
  return t(`wallAlert.${what}`, { queue: queueId === null ? t('alertRules.floor') : queueOf(queueId), value: shown(value), bound: shown(bound), agent });
}

const none: ReadonlyMap<string, FloorAlert> = new Map();

export function WallAlerts(names: Names) {
  const { t } = useTranslation();
  const line = useFloorLine();
  const known = useFloor(({ floor }) => floor?.alerts ?? none);
  const alerts = useMemo(() => [...known.values()], [known]);
  const bell = useBell();
  const sentence = (alert: FloorAlert): string => sentenceOf(t, alert, names);
  useRinging(alerts, bell, sentence, t('wall.alerts'));
  const turn = () => {
    setBell('sound', !bell.sound);
    if (!bell.sound) chime();
  };
  return (
    <section className="wall-alerts" aria-label={t('wall.alerts')}>
      <Button type="text" size="small" icon={<Icon name="bell" size={16} />} aria-pressed={bell.sound} onClick={turn}>
        {t(bell.sound ? 'wall.soundOn' : 'wall.soundOff')}
      </Button>
      {alerts.length === 0 && <span className="quiet">{t('wall.noAlerts')}</span>}
      <div role="log" aria-label={t('wall.alerts')}>
        <ul>
          {alerts.map((alert) => (
            <li key={alert.alertId} className={alert.acknowledged === null ? 'wall-alert' : 'wall-alert is-seen'} data-alert={alert.what}>
              <Icon name="alert" size={16} />
              <span>{sentence(alert)}</span>
              <Since since={alert.since} className="quiet" />
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
      </div>
    </section>
  );
}
