/** The queues of the wall: one row each, with the figures of now and of the day; a queue that is pressed narrows the lists beside it. */
import { Tooltip } from 'antd';
import type { TFunction } from 'i18next';
import { memo, useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { FloorAlert, FloorQueue } from '../../src/cti/protocol.ts';
import { asDuration } from '../shared/clock.ts';
import { languageNow } from '../shared/labels.ts';
import { Since } from './since.tsx';
import { useFloor } from './use-floor.ts';

interface Props {
  chosen: string | null;
  /** Told how to make the next choice of the one before. */
  onChoose(next: (before: string | null) => string | null): void;
}

const noQueues: ReadonlyMap<string, FloorQueue> = new Map();
const noAlerts: ReadonlyMap<string, FloorAlert> = new Map();

export function WallQueues({ chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const known = useFloor(({ floor }) => floor?.queues ?? noQueues);
  const alerts = useFloor(({ floor }) => floor?.alerts ?? noAlerts);
  const queues = useMemo(() => [...known.values()], [known]);
  const alarmed = useMemo(() => alarmedOf(alerts.values()), [alerts]);
  const press = useCallback((queueId: string) => onChoose((before) => (before === queueId ? null : queueId)), [onChoose]);
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
                  hasDay={day !== null}
                  alarmed={alarmed.get(queue.queueId) ?? ''}
                  pressed={chosen === queue.queueId}
                  onPress={press}
                />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

/** Which figures of a queue have passed their bounds, in one word that is equal while they are. */
function alarmedOf(alerts: Iterable<FloorAlert>): Map<string, string> {
  const alarmed = new Map<string, string>();
  for (const { queueId, what } of alerts) if (queueId !== null) alarmed.set(queueId, `${alarmed.get(queueId) ?? ''} ${what}`);
  return alarmed;
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
  hasDay: boolean;
  alarmed: string;
  pressed: boolean;
  onPress(queueId: string): void;
}

const QueueLine = memo(function QueueLine({ queue, hasDay, alarmed, pressed, onPress }: LineProps) {
  const { t } = useTranslation();
  const { name, state, waiting, oldestSince, ready, talking, wrappingUp, signedIn } = queue;
  const over = (what: FloorAlert['what']) => (alarmed.split(' ').includes(what) ? 'is-over' : undefined);
  return (
    <tr className={pressed ? 'is-chosen' : undefined} data-queue={queue.queueId}>
      <th scope="row">
        <button type="button" className="wall-pick" aria-pressed={pressed} onClick={() => onPress(queue.queueId)}>
          {name[languageNow()]}
        </button>
        {state !== 'open' && <span className={`queue-state is-${state}`}>{t(`queueStands.${state}`)}</span>}
      </th>
      <td className={over('waiting')}>{waiting}</td>
      <td className={over('longest_wait')}>{oldestSince === null ? '—' : <Since since={oldestSince} />}</td>
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
});

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
