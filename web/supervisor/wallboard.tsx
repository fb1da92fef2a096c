/** The wall for a screen at the wall: large type, a page of queues at a time and the day in pictures, turned by itself; alerts where everybody sees them. */
import { Button } from 'antd';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FloorAgent, FloorQueue } from '../../src/cti/protocol.ts';
import { asDuration } from '../shared/clock.ts';
import { languageNow, ownName } from '../shared/labels.ts';
import { useServerNow } from '../shared/now.ts';
import { FigureList } from './figure-list.tsx';
import { useFloor, useSkew } from './use-floor.ts';
import { shownLevel } from './wall-queues.tsx';

/** So many queues can be read from across a room, for so long each time. */
const A_PAGE = 6;
const TURN_MS = 10_000;
/** The last page. */
const DayBoard = lazy(() => import('./day/day-board.tsx'));
const nobody: ReadonlyMap<string, FloorAgent> = new Map();

export function Wallboard({ token }: { token: string }) {
  const { t } = useTranslation();
  const floor = useFloor((view) => view.floor);
  const link = useFloor((view) => view.link);
  const now = useServerNow(useSkew());
  const [page, setPage] = useState(0);
  const queues = useMemo(() => [...(floor?.queues.values() ?? [])], [floor?.queues]);
  const pages = Math.max(1, Math.ceil(queues.length / A_PAGE)) + 1;
  useEffect(() => {
    document.title = `${t('wallboard.title')} · ${t('product')}`;
    const timer = setInterval(() => setPage((at) => at + 1), TURN_MS);
    return () => clearInterval(timer);
  }, [t]);
  const at = page % pages;
  const alerts = [...(floor?.alerts.values() ?? [])].filter(({ acknowledged }) => acknowledged === null);
  const alarmed = new Set(alerts.map(({ queueId }) => queueId));
  const day = queues.find(({ today }) => today !== null)?.today ?? null;
  return (
    <div className="wallboard">
      <header>
        <h1>{t('wallboard.title')}</h1>
        <Totals queues={queues} agents={floor?.agents ?? nobody} />
        <time className="figures">{new Date(now).toLocaleTimeString(languageNow() === 'zh' ? 'zh-CN' : 'en-GB')}</time>
      </header>
      {at === pages - 1 ? (
        <main className="wallboard-day">
          <Suspense fallback={null}>
            <DayBoard token={token} />
          </Suspense>
        </main>
      ) : (
        <main className="wallboard-tiles">
          {queues.length === 0 && <p className="quiet">{t(floor === null ? 'wall.connecting' : 'wall.noQueues')}</p>}
          {queues.slice(at * A_PAGE, (at + 1) * A_PAGE).map((queue) => (
            <Tile key={queue.queueId} queue={queue} now={now} isAlarmed={alarmed.has(queue.queueId)} />
          ))}
        </main>
      )}
      <footer>
        <span className="quiet">{day === null ? '' : t('wall.variant', { variant: day.serviceLevel.variant, zone: day.timeZone })}</span>
        {link.state !== 'online' && <span className="wall-away">{t('wall.away')}</span>}
        <span className="spacer" />
        <span className="figures quiet">{t('wallboard.page', { page: at + 1, pages })}</span>
        <Button size="small" onClick={() => setPage(at + 1)}>
          {t('wallboard.next')}
        </Button>
        <Button
          size="small"
          onClick={() => void (document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen())}
        >
          {t('wallboard.full')}
        </Button>
        <Button size="small" href="#live">
          {t('wallboard.back')}
        </Button>
      </footer>
    </div>
  );
}

function Totals({ queues, agents }: { queues: readonly FloorQueue[]; agents: ReadonlyMap<string, FloorAgent> }) {
  const { t } = useTranslation();
  const sum = (of: (queue: FloorQueue) => number) => queues.reduce((all, queue) => all + of(queue), 0);
  const counts = useMemo(() => countOf(agents.values()), [agents]);
  const count = (state: FloorAgent['state']) => counts.get(state) ?? 0;
  const figures = [
    [t('wall.waiting'), sum(({ waiting }) => waiting)],
    [t('state.ready'), count('ready')],
    [t('state.talking'), count('talking')],
    [t('state.not_ready'), count('not_ready')],
  ] as const;
  return <FigureList className="wallboard-totals" figures={figures} />;
}

function countOf(agents: Iterable<FloorAgent>): Map<FloorAgent['state'], number> {
  const counts = new Map<FloorAgent['state'], number>();
  for (const { state } of agents) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

function Tile({ queue, now, isAlarmed }: { queue: FloorQueue; now: number; isAlarmed: boolean }) {
  const { t } = useTranslation();
  const { queueId, name, waiting, oldestSince, ready, talking, state, today } = queue;
  const longest = oldestSince === null ? '—' : asDuration(now - Date.parse(oldestSince));
  return (
    <section className={isAlarmed ? 'wallboard-tile is-alarmed' : 'wallboard-tile'} aria-label={name[languageNow()] ?? ownName(queueId)}>
      <h2>
        {name[languageNow()]} {state !== 'open' && <span className={`queue-state is-${state}`}>{t(`queueStands.${state}`)}</span>}
      </h2>
      <p className="wallboard-waiting figures">
        {waiting} <small>{t('wall.waiting')}</small>
      </p>
      <dl>
        <Figure name={t('wall.longest')} figure={longest} />
        {today !== null && <Figure name={t('wall.level')} figure={shownLevel(today.serviceLevel.pct)} />}
        {today !== null && <Figure name={t('wall.abandoned')} figure={String(today.abandoned)} />}
        <Figure name={t('state.ready')} figure={String(ready)} />
        <Figure name={t('state.talking')} figure={String(talking)} />
      </dl>
    </section>
  );
}

const Figure = ({ name, figure }: { name: string; figure: string }) => (
  <div>
    <dt>{name}</dt>
    <dd className="figures">{figure}</dd>
  </div>
);
