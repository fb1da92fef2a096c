/** The agents of the wall, as many as there are: by state, by queue, by team, by name; how long each has been so ticks here. */
import { Input, Select } from 'antd';
import type { TFunction } from 'i18next';
import { memo, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FloorAgent } from '../../src/cti/protocol.ts';
import { asDuration } from '../shared/clock.ts';
import { label, ownName } from '../shared/labels.ts';
import { useServerNow } from '../shared/now.ts';
import { Say } from './say.tsx';
import { VirtualGrid } from './virtual.tsx';

const states = ['ready', 'offered', 'talking', 'wrapping_up', 'not_ready', 'signed_out'] as const;
type State = (typeof states)[number];
type Order = 'number' | 'state' | 'longest';
const TILE_WIDTH = 218;
const TILE_HEIGHT = 60;

interface Props {
  agents: readonly FloorAgent[];
  notShown: number;
  queueId: string | null;
  /** null: every queue */
  queueName: string | null;
  skewMs: number;
  onAsk(agent: FloorAgent): void;
}

export function WallAgents({ agents, notShown, queueId, queueName, skewMs, onAsk }: Props) {
  const { t } = useTranslation();
  const [only, setOnly] = useState<State | null>(null);
  const [team, setTeam] = useState<string | null>(null);
  const [text, setText] = useState('');
  const [order, setOrder] = useState<Order>('number');
  const teams = useMemo(() => [...new Set(agents.flatMap((agent) => agent.team ?? []))].sort(), [agents]);
  const here = useMemo(
    () => agents.filter((agent) => (queueId === null || agent.queues.includes(queueId)) && (team === null || agent.team === team) && isCalled(agent, text)),
    [agents, queueId, team, text],
  );
  const shown = useMemo(() => sorted(only === null ? here : here.filter(({ state }) => state === only), order), [here, only, order]);
  const orders = (['number', 'state', 'longest'] as const).map((value) => ({ value, label: t(`wallOrder.${value}`) }));
  return (
    <section className="live-list wall-agents" aria-label={t('live.agents')}>
      <h2>
        {t('live.agents')} <span className="quiet figures">{here.length}</span>
        {notShown > 0 && <span className="quiet small">{t('wall.notShown', { count: notShown })}</span>}
      </h2>
      <div className="wall-tools">
        <States agents={here} only={only} onOnly={setOnly} />
        <Input
          className="wall-search"
          size="small"
          allowClear
          value={text}
          placeholder={t('wall.search')}
          aria-label={t('wall.search')}
          onChange={(event) => setText(event.target.value)}
        />
        {teams.length > 0 && (
          <Select
            size="small"
            allowClear
            value={team}
            placeholder={t('wall.everyTeam')}
            aria-label={t('wall.team')}
            options={teams.map((value) => ({ value, label: value }))}
            onChange={(value) => setTeam(value ?? null)}
          />
        )}
        <Select<Order> size="small" value={order} aria-label={t('wall.sort')} options={orders} onChange={setOrder} />
      </div>
      <Say key={`${team} ${queueId}`} {...whom(t, team, queueId, queueName)} />
      {shown.length === 0 ? (
        <p className="quiet">{t(agents.length === 0 ? 'wall.noAgents' : 'wall.noneSuch')}</p>
      ) : (
        <VirtualGrid
          items={shown}
          keyOf={({ agentId }) => agentId}
          leastWidth={TILE_WIDTH}
          height={TILE_HEIGHT}
          label={t('wall.agentGrid')}
          tile={(agent) => <AgentTile agent={agent} skewMs={skewMs} onAsk={onAsk} />}
        />
      )}
    </section>
  );
}

/** How many are in each state; one that is pressed leaves those of it alone. */
function States({ agents, only, onOnly }: { agents: readonly FloorAgent[]; only: State | null; onOnly(state: State | null): void }) {
  const { t } = useTranslation();
  return (
    <div className="wall-states">
      {states.map((state) => (
        <button
          key={state}
          type="button"
          className={`wall-state is-${state}`}
          aria-pressed={only === state}
          onClick={() => onOnly(only === state ? null : state)}
        >
          {label(t, 'state', state)} <b className="figures">{agents.filter((agent) => agent.state === state).length}</b>
        </button>
      ))}
    </div>
  );
}

const AgentTile = memo(function AgentTile({ agent, skewMs, onAsk }: { agent: FloorAgent; skewMs: number; onAsk(agent: FloorAgent): void }) {
  const { t } = useTranslation();
  const { number, name, state, activity, reasons = [], phone } = agent;
  const detail = reasons.map((reason) => label(t, 'reason', reason)).join(t('explain.comma'));
  return (
    <button type="button" className={`agent-tile is-${state}`} data-agent={agent.agentId} onClick={() => onAsk(agent)}>
      <strong className="figures">{number}</strong>
      <span className="agent-tile-name">{name}</span>
      {state === 'signed_out' ? <span /> : <Since since={agent.since} skewMs={skewMs} />}
      <span className={`live-state is-${state} agent-tile-state`}>
        {label(t, 'activity', activity)}
        {detail !== '' && ` · ${detail}`}
        {agent.supervised !== undefined && ` · ${t(`superviseMode.${agent.supervised.mode}`)}: ${agent.supervised.by}`}
        {phone === 'lost' && ` · ${t('wall.phoneLost')}`}
      </span>
    </button>
  );
});

/** Ticks by itself; the tile does not. */
function Since({ since, skewMs }: { since: string; skewMs: number }) {
  const now = useServerNow(skewMs);
  return <span className="figures agent-tile-time">{asDuration(now - Date.parse(since))}</span>;
}

/** Those she looks at: of a team, of a queue, or all. */
function whom(t: TFunction, team: string | null, queueId: string | null, queueName: string | null): Parameters<typeof Say>[0] {
  if (team !== null) return { to: { kind: 'team', team }, name: team };
  if (queueId !== null) return { to: { kind: 'queue', queue: ownName(queueId) }, name: queueName ?? ownName(queueId) };
  return { to: { kind: 'all' }, name: t('say.everybody') };
}

const isCalled = ({ number, name }: FloorAgent, text: string): boolean =>
  text.trim() === '' || number.includes(text.trim()) || name.toLowerCase().includes(text.trim().toLowerCase());

const byNumber = (a: FloorAgent, b: FloorAgent): number => a.number.length - b.number.length || (a.number < b.number ? -1 : 1);
const bySince = (a: FloorAgent, b: FloorAgent): number => (a.since === b.since ? byNumber(a, b) : a.since < b.since ? -1 : 1);

function sorted(agents: readonly FloorAgent[], order: Order): FloorAgent[] {
  const compare = {
    number: byNumber,
    longest: bySince,
    state: (a: FloorAgent, b: FloorAgent) => states.indexOf(a.state) - states.indexOf(b.state) || bySince(a, b),
  };
  return [...agents].sort(compare[order]);
}
