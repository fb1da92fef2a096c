/** The floor now, as the server tells it: queues, agents, trunks, alerts; who waits and who is served; a drawer says why, and sets an agent's state. */
import { Alert, Button, Drawer } from 'antd';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FloorAgent } from '../../src/cti/protocol.ts';
import { Problem } from '../shared/api.ts';
import { asDuration } from '../shared/clock.ts';
import { languageNow, ownName, shownNumber } from '../shared/labels.ts';
import { useServerNow } from '../shared/now.ts';
import { AgentActions } from './agent-actions.tsx';
import { WhyAgent, WhyCall } from './explanation.tsx';
import { Failure } from './failure.tsx';
import { type LiveCall, useLiveCalls } from './floor.ts';
import { MoveCall } from './move-call.tsx';
import { useQueueNames } from './queues.ts';
import { useMe } from './records.ts';
import { Say } from './say.tsx';
import { Supervise } from './supervise.tsx';
import { TopBar } from './top-bar.tsx';
import { useFloor } from './use-floor.ts';
import { WallAgents } from './wall-agents.tsx';
import { WallAlerts } from './wall-alerts.tsx';
import { WallQueues } from './wall-queues.tsx';
import { WallTrunks } from './wall-trunks.tsx';

interface Props {
  token: string;
  onSignOut(): void;
  onExpired(): void;
}
type Asked = { kind: 'call'; call: LiveCall } | { kind: 'agent'; agent: FloorAgent };

const nobody: ReadonlyMap<string, FloorAgent> = new Map();

export function LivePage({ token, onSignOut, onExpired }: Props) {
  const { t } = useTranslation();
  const namesOf = useQueueNames(token);
  const me = useMe(token);
  const calls = useLiveCalls(token);
  const { view } = useFloor();
  const { floor, link, skewMs } = view;
  const [asked, setAsked] = useState<Asked | null>(null);
  const [queueId, setQueueId] = useState<string | null>(null);
  useEffect(() => {
    document.title = `${t('live.title')} · ${t('product')}`;
  }, [t]);
  const expired = (calls.error instanceof Problem && calls.error.status === 401) || (link.state === 'closed' && link.why === 'unauthorised');
  useEffect(() => {
    if (expired) onExpired();
  }, [expired, onExpired]);
  const queueOf = (id: string | null) => (id === null ? '—' : (floor?.queues.get(id)?.name[languageNow()] ?? namesOf(id)));
  const agents = floor?.agents ?? nobody;
  const nameOf = useCallback(
    (agentId: string) => {
      const known = agents.get(agentId);
      return known === undefined ? ownName(agentId) : `${known.number} ${known.name}`;
    },
    [agents],
  );
  const askAgent = useCallback((agent: FloorAgent) => setAsked({ kind: 'agent', agent }), []);
  const everyone = useMemo(() => [...agents.values()], [agents]);
  const all = (calls.data?.items ?? []).filter((call) => queueId === null || call.queueId === queueId);
  const more = calls.data?.nextCursor != null;
  const lists = [
    { title: t('live.waiting'), none: t('live.nobodyWaits'), calls: all.filter(({ waiting }) => waiting) },
    { title: t('live.others'), none: t('live.noCalls'), calls: all.filter(({ waiting }) => !waiting) },
  ];
  return (
    <div className="calls-page">
      <TopBar at="live" name={me.data?.name} onSignOut={onSignOut} />
      <main className="wall-main">
        <div className="wall-head">
          {calls.error !== null && !expired && <Failure error={calls.error} />}
          {link.state === 'away' && <Alert type="warning" showIcon title={t('wall.away')} />}
          {floor !== null && <WallAlerts alerts={[...floor.alerts.values()]} queueOf={queueOf} skewMs={skewMs} />}
        </div>
        {floor === null ? (
          <p className="quiet wall-connecting" role="status">
            {t(link.state === 'closed' && link.why === 'forbidden' ? 'wall.forbidden' : 'wall.connecting')}
          </p>
        ) : (
          <>
            <div className="wall-upper">
              <WallQueues queues={[...floor.queues.values()]} alerts={[...floor.alerts.values()]} chosen={queueId} skewMs={skewMs} onChoose={setQueueId} />
              <WallTrunks trunks={floor.trunks} />
            </div>
            <WallAgents
              {...{ queueId, skewMs, agents: everyone, notShown: floor.agentsNotShown, queueName: queueId === null ? null : queueOf(queueId) }}
              onAsk={askAgent}
            />
          </>
        )}
        <div className="wall-calls">
          {lists.map((list) => (
            <Calls key={list.title} {...list} {...{ more, skewMs, nameOf, queueOf }} onAsk={setAsked} />
          ))}
        </div>
      </main>
      <Why token={token} asked={asked} calls={calls.data?.items ?? []} agents={agents} nameOf={nameOf} onClose={() => setAsked(null)} />
    </div>
  );
}

function Calls({
  title,
  none,
  calls,
  more,
  skewMs,
  nameOf,
  queueOf,
  onAsk,
}: {
  title: string;
  none: string;
  calls: LiveCall[];
  /** There are more calls than are shown. */
  more: boolean;
  skewMs: number;
  nameOf(id: string): string;
  queueOf(id: string | null): string;
  onAsk(asked: Asked): void;
}) {
  const { t } = useTranslation();
  const now = useServerNow(skewMs);
  return (
    <section className="live-list" aria-label={title}>
      <h2>
        {title}{' '}
        <span className="quiet figures">
          {calls.length}
          {more && '+'}
        </span>
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

interface WhyProps {
  token: string;
  asked: Asked | null;
  calls: LiveCall[];
  agents: ReadonlyMap<string, FloorAgent>;
  nameOf(agentId: string): string;
  onClose(): void;
}

function Why({ token, asked, calls, agents, nameOf, onClose }: WhyProps) {
  const { t } = useTranslation();
  // As it is now, not as it was when it was asked about.
  const call = asked?.kind === 'call' ? (calls.find(({ callId }) => callId === asked.call.callId) ?? asked.call) : null;
  const agent = asked?.kind === 'agent' ? (agents.get(asked.agent.agentId) ?? asked.agent) : null;
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
      {call?.waiting === true && <MoveCall key={call.callId} call={call} />}
      {call !== null && <WhyCall token={token} call={call} nameOf={nameOf} />}
      {agent !== null && (
        <AgentActions key={agent.agentId} token={token} agentId={agent.agentId} moved={`${agent.activity} ${agent.since} ${agent.reasons?.join() ?? ''}`} />
      )}
      {agent?.callId !== undefined && agent.state === 'talking' && <Supervise key={agent.callId} agent={agent} callId={agent.callId} />}
      {agent !== null && agent.state !== 'signed_out' && <Say key={`to ${agent.agentId}`} to={{ kind: 'agent', number: agent.number }} name={agent.name} />}
      {agent !== null && <WhyAgent token={token} agentId={agent.agentId} />}
    </Drawer>
  );
}
