/** The agents of the wall, as many as there are: by state, by queue, by team, by name; how long each has been so ticks here. */
import { Input, Select } from 'antd';
import type { TFunction } from 'i18next';
import { memo, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FloorAgent } from '../../src/cti/protocol.ts';
import { label, ownName } from '../shared/labels.ts';
import { InOrder } from './in-order.ts';
import { Say } from './say.tsx';
import { Since } from './since.tsx';
import { useFloor } from './use-floor.ts';
import { VirtualGrid } from './virtual.tsx';

const states = ['ready', 'offered', 'talking', 'wrapping_up', 'not_ready', 'signed_out'] as const;
type State = (typeof states)[number];
type Order = 'number' | 'state' | 'longest';
const TILE_WIDTH = 218;
const TILE_HEIGHT = 60;

interface Props {
  queueId: string | null;
  /** null: every queue */
  queueName: string | null;
  onAsk(agent: FloorAgent): void;
}

const nobody: ReadonlyMap<string, FloorAgent> = new Map();
const keyOf = ({ agentId }: FloorAgent): string => agentId;

export function WallAgents({ queueId, queueName, onAsk }: Props) {
  const { t } = useTranslation();
  const agents = useFloor(({ floor }) => floor?.agents ?? nobody);
  const notShown = useFloor(({ floor }) => floor?.agentsNotShown ?? 0);
  const [only, setOnly] = useState<State | null>(null);
  const [team, setTeam] = useState<string | null>(null);
  const [text, setText] = useState('');
  const [order, setOrder] = useState<Order>('number');
  const [inOrder] = useState(() => new InOrder(keyOf));
  const teams = useMemo(() => teamsOf(agents), [agents]);
  const everyone = useMemo(() => inOrder.of(agents, comparators[order]), [inOrder, agents, order]);
  const here = useMemo(
    () => everyone.filter((agent) => (queueId === null || agent.queues.includes(queueId)) && (team === null || agent.team === team) && isCalled(agent, text)),
    [everyone, queueId, team, text],
  );
  const shown = useMemo(() => (only === null ? here : here.filter(({ state }) => state === only)), [here, only]);
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
        <p className="quiet">{t(agents.size === 0 ? 'wall.noAgents' : 'wall.noneSuch')}</p>
      ) : (
        <VirtualGrid
          items={shown}
          keyOf={keyOf}
          leastWidth={TILE_WIDTH}
          height={TILE_HEIGHT}
          label={t('wall.agentGrid')}
          tile={(agent) => <AgentTile agent={agent} onAsk={onAsk} />}
        />
      )}
    </section>
  );
}

/** How many are in each state; one that is pressed leaves those of it alone. */
function States({ agents, only, onOnly }: { agents: readonly FloorAgent[]; only: State | null; onOnly(state: State | null): void }) {
  const { t } = useTranslation();
  const counts = useMemo(() => countsOf(agents), [agents]);
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
          {label(t, 'state', state)} <b className="figures">{counts[state]}</b>
        </button>
      ))}
    </div>
  );
}

const AgentTile = memo(function AgentTile({ agent, onAsk }: { agent: FloorAgent; onAsk(agent: FloorAgent): void }) {
  const { t } = useTranslation();
  const { number, name, state, activity, reasons = [], phone } = agent;
  const detail = reasons.map((reason) => label(t, 'reason', reason)).join(t('explain.comma'));
  return (
    <button type="button" className={`agent-tile is-${state}`} data-agent={agent.agentId} data-since={agent.since} onClick={() => onAsk(agent)}>
      <strong className="figures">{number}</strong>
      <span className="agent-tile-name">{name}</span>
      {state === 'signed_out' ? <span /> : <Since since={agent.since} className="agent-tile-time" />}
      <span className={`live-state is-${state} agent-tile-state`}>
        {label(t, 'activity', activity)}
        {detail !== '' && ` · ${detail}`}
        {agent.supervised !== undefined && ` · ${t(`superviseMode.${agent.supervised.mode}`)}: ${agent.supervised.by}`}
        {phone === 'lost' && ` · ${t('wall.phoneLost')}`}
      </span>
    </button>
  );
});

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

const comparators: Record<Order, (a: FloorAgent, b: FloorAgent) => number> = {
  number: byNumber,
  longest: bySince,
  state: (a, b) => states.indexOf(a.state) - states.indexOf(b.state) || bySince(a, b),
};

function teamsOf(agents: ReadonlyMap<string, FloorAgent>): string[] {
  const teams = new Set<string>();
  for (const { team } of agents.values()) if (team !== undefined) teams.add(team);
  return [...teams].sort();
}

function countsOf(agents: readonly FloorAgent[]): Record<State, number> {
  const counts: Record<State, number> = { ready: 0, offered: 0, talking: 0, wrapping_up: 0, not_ready: 0, signed_out: 0 };
  for (const { state } of agents) counts[state] += 1;
  return counts;
}
