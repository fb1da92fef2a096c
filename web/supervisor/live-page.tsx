/** The floor now: who waits, who is served, what the agents do; a drawer says why, and sets an agent's state. */
import { Button, Drawer } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../shared/api.ts';
import { asDuration } from '../shared/clock.ts';
import { label, ownName, shownNumber } from '../shared/labels.ts';
import { useServerNow } from '../shared/now.ts';
import { AgentActions } from './agent-actions.tsx';
import { WhyAgent, WhyCall } from './explanation.tsx';
import { Failure } from './failure.tsx';
import { type AgentRow, type LiveCall, useAgents, useLiveCalls } from './floor.ts';
import { useQueueNames } from './queues.ts';
import { useMe } from './records.ts';
import { TopBar } from './top-bar.tsx';

interface Props {
  token: string;
  onSignOut(): void;
  onExpired(): void;
}
type Asked = { kind: 'call'; call: LiveCall } | { kind: 'agent'; agent: AgentRow };

export function LivePage({ token, onSignOut, onExpired }: Props) {
  const { t } = useTranslation();
  const queueOf = useQueueNames(token);
  const me = useMe(token);
  const calls = useLiveCalls(token);
  const agents = useAgents(token);
  const [asked, setAsked] = useState<Asked | null>(null);
  useEffect(() => {
    document.title = `${t('live.title')} · ${t('product')}`;
  }, [t]);
  const failed = calls.error ?? agents.error;
  const expired = failed instanceof Problem && failed.status === 401;
  useEffect(() => {
    if (expired) onExpired();
  }, [expired, onExpired]);
  const rows = agents.data?.items ?? [];
  const nameOf = (agentId: string) => {
    const known = rows.find((agent) => agent.agentId === agentId);
    return known === undefined ? ownName(agentId) : `${known.number} ${known.name}`;
  };
  const all = calls.data?.items ?? [];
  return (
    <div className="calls-page">
      <TopBar at="live" name={me.data?.name} onSignOut={onSignOut} />
      <main className="live-main">
        {failed !== null && !expired && <Failure error={failed} />}
        <Calls
          title={t('live.waiting')}
          none={t('live.nobodyWaits')}
          calls={all.filter(({ waiting }) => waiting)}
          nameOf={nameOf}
          queueOf={queueOf}
          onAsk={setAsked}
        />
        <Calls
          title={t('live.others')}
          none={t('live.noCalls')}
          calls={all.filter(({ waiting }) => !waiting)}
          nameOf={nameOf}
          queueOf={queueOf}
          onAsk={setAsked}
        />
        <Agents agents={rows} onAsk={setAsked} />
      </main>
      <Why token={token} asked={asked} calls={all} agents={rows} nameOf={nameOf} onClose={() => setAsked(null)} />
    </div>
  );
}

function Calls({
  title,
  none,
  calls,
  nameOf,
  queueOf,
  onAsk,
}: {
  title: string;
  none: string;
  calls: LiveCall[];
  nameOf(id: string): string;
  queueOf(id: string | null): string;
  onAsk(asked: Asked): void;
}) {
  const { t } = useTranslation();
  const now = useServerNow(0);
  return (
    <section className="live-list" aria-label={title}>
      <h2>
        {title} <span className="quiet figures">{calls.length}</span>
      </h2>
      {calls.length === 0 && <p className="quiet">{none}</p>}
      <ul className="calls-rows">
        {calls.map((call) => {
          const agentId = call.legs.find((leg) => leg.agentId !== null && leg.state !== 'ended')?.agentId ?? null;
          return (
            <li key={call.callId}>
              <button type="button" className="live-row" onClick={() => onAsk({ kind: 'call', call })}>
                <strong className="figures">{call.caller === '' ? t('call.withheld') : shownNumber(call.caller, false)}</strong>
                <span>{queueOf(call.queueId)}</span>
                <span className="quiet">{agentId === null ? '' : nameOf(agentId)}</span>
                <span className="figures">{asDuration(now - Date.parse(call.arrivedAt))}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Agents({ agents, onAsk }: { agents: AgentRow[]; onAsk(asked: Asked): void }) {
  const { t } = useTranslation();
  const now = useServerNow(0);
  return (
    <section className="live-list" aria-label={t('live.agents')}>
      <h2>
        {t('live.agents')} <span className="quiet figures">{agents.length}</span>
      </h2>
      <ul className="calls-rows">
        {agents.map((agent) => (
          <li key={agent.agentId}>
            <button type="button" className="live-row" onClick={() => onAsk({ kind: 'agent', agent })}>
              <strong className="figures">{agent.number}</strong>
              <span>{agent.name}</span>
              <span className={`live-state is-${agent.live?.state ?? 'signed_out'}`}>{label(t, 'activity', agent.live?.activity ?? 'signed_out')}</span>
              <span className="figures">{agent.live === null ? '' : asDuration(now - Date.parse(agent.live.since))}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface WhyProps {
  token: string;
  asked: Asked | null;
  calls: LiveCall[];
  agents: AgentRow[];
  nameOf(agentId: string): string;
  onClose(): void;
}

function Why({ token, asked, calls, agents, nameOf, onClose }: WhyProps) {
  const { t } = useTranslation();
  // As it is now, not as it was when it was asked about.
  const call = asked?.kind === 'call' ? (calls.find(({ callId }) => callId === asked.call.callId) ?? asked.call) : null;
  const agent = asked?.kind === 'agent' ? (agents.find(({ agentId }) => agentId === asked.agent.agentId) ?? asked.agent) : null;
  const who = call === null ? `${agent?.number ?? ''} ${agent?.name ?? ''}` : call.caller === '' ? t('call.withheld') : shownNumber(call.caller, true);
  const close = (
    <Button type="text" onClick={onClose}>
      {t('controls.close')}
    </Button>
  );
  return (
    <Drawer
      open={asked !== null}
      onClose={onClose}
      closable={false}
      extra={close}
      size={480}
      title={t(call === null ? 'explain.titleAgent' : 'explain.titleCall', { who })}
    >
      {call !== null && <WhyCall token={token} call={call} nameOf={nameOf} />}
      {agent !== null && <AgentActions key={agent.agentId} token={token} agent={agent} />}
      {agent !== null && <WhyAgent token={token} agentId={agent.agentId} />}
    </Drawer>
  );
}
