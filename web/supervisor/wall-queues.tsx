/** The queues of the wall: one row each, with the figures of now and of the day; a queue that is pressed narrows the lists beside it. */
import { Tooltip } from 'antd';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { FloorAlert, FloorQueue } from '../../src/cti/protocol.ts';
import { asDuration } from '../shared/clock.ts';
import { languageNow } from '../shared/labels.ts';
import { useServerNow } from '../shared/now.ts';

interface Props {
  queues: readonly FloorQueue[];
  alerts: readonly FloorAlert[];
  chosen: string | null;
  skewMs: number;
  onChoose(queueId: string | null): void;
}

export function WallQueues({ queues, alerts, chosen, skewMs, onChoose }: Props) {
  const { t } = useTranslation();
  const now = useServerNow(skewMs);
  const day = queues.find(({ today }) => today !== null)?.today ?? null;
  return (
    <section className="wall-queues" aria-label={t('wall.queues')}>
      <h2>
        {t('wall.queues')} <span className="quiet figures">{queues.length}</span>
        {day !== null && <span className="quiet wall-variant">{t('wall.variant', { variant: day.serviceLevel.variant, zone: day.timeZone })}</span>}
      </h2>
      {queues.length === 0 && <p className="quiet">{t('wall.noQueues')}</p>}
      {queues.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="wall-scroll" tabIndex={0} aria-label={t('wall.queueTable')}>
          <table className="wall-table">
            <thead>
              <tr>
                <th scope="col">{t('wall.queue')}</th>
                <th scope="col">{t('wall.waiting')}</th>
                <th scope="col">{t('wall.longest')}</th>
                <th scope="col">{t('wall.estimate')}</th>
                <th scope="col">{t('wall.people')}</th>
                {day !== null && <DayHeads />}
              </tr>
            </thead>
            <tbody>
              {queues.map((queue) => (
                <QueueLine
                  key={queue.queueId}
                  queue={queue}
                  now={now}
                  hasDay={day !== null}
                  alarmed={alerts.filter(({ queueId }) => queueId === queue.queueId).map(({ what }) => what)}
                  pressed={chosen === queue.queueId}
                  onPress={() => onChoose(chosen === queue.queueId ? null : queue.queueId)}
                />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

function DayHeads() {
  const { t } = useTranslation();
  return (
    <>
      <th scope="col">{t('wall.level')}</th>
      <th scope="col">{t('wall.asa')}</th>
      <th scope="col">{t('wall.abandoned')}</th>
      <th scope="col">{t('wall.offered')}</th>
    </>
  );
}

interface LineProps {
  queue: FloorQueue;
  now: number;
  hasDay: boolean;
  alarmed: FloorAlert['what'][];
  pressed: boolean;
  onPress(): void;
}

function QueueLine({ queue, now, hasDay, alarmed, pressed, onPress }: LineProps) {
  const { t } = useTranslation();
  const { name, state, waiting, oldestSince, ready, talking, wrappingUp, signedIn } = queue;
  const over = (what: FloorAlert['what']) => (alarmed.includes(what) ? 'is-over' : undefined);
  return (
    <tr className={pressed ? 'is-chosen' : undefined} data-queue={queue.queueId}>
      <th scope="row">
        <button type="button" className="wall-pick" aria-pressed={pressed} onClick={onPress}>
          {name[languageNow()]}
        </button>
        {state !== 'open' && <span className={`queue-state is-${state}`}>{t(`queueStands.${state}`)}</span>}
      </th>
      <td className={over('waiting')}>{waiting}</td>
      <td className={over('longest_wait')}>{oldestSince === null ? '—' : asDuration(now - Date.parse(oldestSince))}</td>
      <td>{estimateOf(t, queue)}</td>
      <td>
        <Tooltip title={t('wall.peopleOf', { ready, talking, wrappingUp, signedIn })}>
          <span>
            <b className="live-state is-ready">{ready}</b> · <span className="live-state is-talking">{talking}</span> ·{' '}
            <span className="live-state is-wrapping_up">{wrappingUp}</span> / {signedIn}
          </span>
        </Tooltip>
      </td>
      {hasDay && <DayCells queue={queue} levelClass={over('service_level')} />}
    </tr>
  );
}

function DayCells({ queue: { today }, levelClass }: { queue: FloorQueue; levelClass: string | undefined }) {
  const { t } = useTranslation();
  if (today === null) return <td colSpan={4}>—</td>;
  const { serviceLevel, asaMs, abandoned, offered } = today;
  return (
    <>
      <td className={levelClass}>
        {shownLevel(serviceLevel.pct)} <span className="quiet small">{t('wall.within', { seconds: Math.round(serviceLevel.withinMs / 1000) })}</span>
      </td>
      <td>{asaMs === null ? '—' : asDuration(asaMs)}</td>
      <td>{abandoned}</td>
      <td>{offered}</td>
    </>
  );
}

export const shownLevel = (pct: number | null): string => (pct === null ? '—' : `${pct.toFixed(pct === 100 ? 0 : 1)}%`);

/** Only while it comes true; what is not calibrated is shown as such. */
function estimateOf(t: TFunction, { expectedWait }: FloorQueue): string {
  if (expectedWait === null) return '—';
  if (!expectedWait.calibrated) return t('wall.learning');
  return `${asDuration(expectedWait.p50Ms)} / ${asDuration(expectedWait.p90Ms)}`;
}
