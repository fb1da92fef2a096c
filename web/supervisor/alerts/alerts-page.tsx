/** When walls call: bounds of the floor and of each queue, for all supervisors; and how this browser calls its own. */
import { useQueryClient } from '@tanstack/react-query';
import { Button, InputNumber, Switch } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { languageNow } from '../../shared/labels.ts';
import { chime, mayNotify, notify, notifying, setBell, useBell } from '../bell.ts';
import { useExpiry } from '../expiry.ts';
import { Failure } from '../failure.tsx';
import { useMe } from '../records.ts';
import { TopBar } from '../top-bar.tsx';
import { type AlertRules, type Bounds, columns, isSame, saveBounds, useAlertRules, withBound } from './rules.ts';
import './alerts.css';

interface Props {
  token: string;
  onSignOut(): void;
  onExpired(): void;
}

export function AlertsPage({ token, onSignOut, onExpired }: Props) {
  const { t } = useTranslation();
  const me = useMe(token);
  const rules = useAlertRules(token);
  const expired = useExpiry(rules.error, onExpired);
  useEffect(() => {
    document.title = `${t('alertRules.title')} · ${t('product')}`;
  }, [t]);
  return (
    <div className="calls-page">
      <TopBar at="alerts" token={token} name={me.data?.name} onSignOut={onSignOut} />
      <main className="alerts-main">
        {rules.error !== null && !expired && <Failure error={rules.error} />}
        {rules.data !== undefined && <Rules token={token} rules={rules.data} />}
        <OwnBell />
      </main>
    </div>
  );
}

function Rules({ token, rules }: { token: string; rules: AlertRules }) {
  const { t } = useTranslation();
  return (
    <section aria-labelledby="alert-rules">
      <h2 id="alert-rules">{t('alertRules.heading')}</h2>
      <p className="quiet">{t('alertRules.lead')}</p>
      {/** biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="wall-scroll" tabIndex={0} aria-label={t('alertRules.heading')}>
        <table className="wall-table alerts-table">
          <thead>
            <tr>
              <th scope="col">{t('alertRules.where')}</th>
              {columns.map(({ name }) => (
                <th key={name} scope="col">
                  {t(`alertBound.${name}`)}
                </th>
              ))}
              <th scope="col">
                <span className="unseen">{t('alertRules.save')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            <Row token={token} queueId={null} name={t('alertRules.floor')} saved={rules.floor} />
            {rules.queues.map(({ queueId, name, bounds }) => (
              <Row key={queueId} token={token} queueId={queueId} name={name[languageNow()]} saved={bounds} />
            ))}
          </tbody>
        </table>
      </section>
      {rules.queues.length === 0 && <p className="quiet">{t('wall.noQueues')}</p>}
    </section>
  );
}

interface RowProps {
  token: string;
  queueId: string | null;
  name: string;
  saved: Bounds;
}

function Row({ token, queueId, name, saved }: RowProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [changed, setChanged] = useState<Bounds | null>(null);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);
  const [failed, setFailed] = useState<Error | null>(null);
  const bounds = changed ?? saved;
  const save = async () => {
    setBusy(true);
    setFailed(null);
    try {
      await saveBounds(token, queueId, bounds);
      await queries.invalidateQueries({ queryKey: ['alert rules', token] });
      setChanged(null);
      setDone(true);
    } catch (error) {
      setFailed(error as Error);
    }
    setBusy(false);
  };
  return (
    <tr data-rules={queueId ?? 'floor'}>
      <th scope="row">{name}</th>
      {columns.map((column) => {
        const set = bounds[column.name];
        return (
          <td key={column.name}>
            <InputNumber
              size="small"
              {...{ min: column.min, max: column.max, precision: 0 }}
              value={set === undefined ? null : set / column.unit}
              placeholder="—"
              aria-label={`${name}: ${t(`alertBound.${column.name}`)}`}
              onChange={(value) => {
                setDone(false);
                setChanged(withBound(bounds, column, value));
              }}
            />
          </td>
        );
      })}
      <td>
        <div className="alerts-deed">
          <Button size="small" type="primary" disabled={isSame(bounds, saved)} loading={busy} onClick={() => void save()}>
            {t('alertRules.save')}
          </Button>
          <span className="quiet small" role="status">
            {done && t('alertRules.saved')}
          </span>
          {failed !== null && <Failure error={failed} />}
        </div>
      </td>
    </tr>
  );
}

/** Her room and her machine, not the floor's. */
function OwnBell() {
  const { t } = useTranslation();
  const { sound, notify: notifies } = useBell();
  const [permission, setPermission] = useState(notifying);
  const turnNotifying = async (on: boolean) => {
    const may = on && (await mayNotify());
    setPermission(notifying());
    setBell('notify', may);
    if (may) notify(t('wall.alerts'), t('alertRules.sample'));
  };
  const turnSound = (on: boolean) => {
    setBell('sound', on);
    if (on) chime();
  };
  return (
    <section aria-labelledby="own-bell">
      <h2 id="own-bell">{t('alertRules.own')}</h2>
      <p className="quiet">{t('alertRules.ownLead')}</p>
      <div className="alerts-own">
        <Switch id="own-sound" checked={sound} onChange={turnSound} aria-label={t('alertRules.sound')} />
        <label htmlFor="own-sound">{t('alertRules.sound')}</label>
        <Switch
          id="own-notify"
          checked={notifies && permission === 'granted'}
          disabled={permission === 'missing' || permission === 'denied'}
          onChange={(on) => void turnNotifying(on)}
          aria-label={t('alertRules.notify')}
        />
        <label htmlFor="own-notify">{t('alertRules.notify')}</label>
      </div>
      {(permission === 'missing' || permission === 'denied') && <p className="quiet small">{t(`alertPermission.${permission}`)}</p>}
    </section>
  );
}
