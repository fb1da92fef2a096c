/** The floor now, as the server tells it: queues, agents, trunks, alerts; who waits and who is served; a drawer says why, and sets an agent's state. */
import { Alert, Button, Drawer } from 'antd';
import { useCallback, useContext, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FloorAgent } from '../../src/cti/protocol.ts';
import { Problem } from '../shared/api.ts';
import { languageNow, ownName, shownNumber } from '../shared/labels.ts';
import { isMasked, Reveal, type Values } from '../shared/reveal.tsx';
import { AgentActions } from './agent-actions.tsx';
import { AgentDay } from './agent-day.tsx';
import { useMay } from './allowed.tsx';
import { WhyAgent, WhyCall } from './explanation.tsx';
import { Failure } from './failure.tsx';
import { type LiveCall, useLiveCalls } from './floor.ts';
import { MoveCall } from './move-call.tsx';
import { useQueueNames } from './queues.ts';
import { useMe } from './records.ts';
import { Say } from './say.tsx';
import { Supervise } from './supervise.tsx';
import { SupervisionTrail } from './supervision-trail.tsx';
import { TopBar } from './top-bar.tsx';
import { FloorContext, useFloor } from './use-floor.ts';
import { WallAgents } from './wall-agents.tsx';
import { WallAlerts } from './wall-alerts.tsx';
import { WallCalls } from './wall-calls.tsx';
import { WallQueues } from './wall-queues.tsx';
import { WallTrunks } from './wall-trunks.tsx';

interface Props {
  token: string;
  onSignOut(): void;
  onExpired(): void;
}
type Asked = { kind: 'call'; call: LiveCall } | { kind: 'agent'; agent: FloorAgent };

const noCalls: readonly LiveCall[] = [];

/** Knows who is called what, and is itself never another: no list is drawn anew for it. */
function useNames(token: string) {
  const store = useContext(FloorContext);
  const namesOf = useQueueNames(token);
  const nameOf = useCallback(
    (agentId: string) => {
      const known = store?.view().floor?.agents.get(agentId);
      return known === undefined ? ownName(agentId) : `${known.number} ${known.name}`;
    },
    [store],
  );
  const queueOf = useCallback(
    (id: string | null) => (id === null ? '—' : (store?.view().floor?.queues.get(id)?.name[languageNow()] ?? namesOf(id))),
    [store, namesOf],
  );
  return { nameOf, queueOf };
}

export function LivePage({ token, onSignOut, onExpired }: Props) {
  const { t } = useTranslation();
  const me = useMe(token);
  const may = useMay(token);
  const calls = useLiveCalls(token, may('call.readLive'));
  const link = useFloor((view) => view.link);
  const isThere = useFloor(({ floor }) => floor !== null);
  const { nameOf, queueOf } = useNames(token);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [queueId, setQueueId] = useState<string | null>(null);
  useEffect(() => {
    document.title = `${t('live.title')} · ${t('product')}`;
  }, [t]);
  const expired = (calls.error instanceof Problem && calls.error.status === 401) || (link.state === 'closed' && link.why === 'unauthorised');
  useEffect(() => {
    if (expired) onExpired();
  }, [expired, onExpired]);
  const askAgent = useCallback((agent: FloorAgent) => setAsked({ kind: 'agent', agent }), []);
  const askCall = useCallback((call: LiveCall) => setAsked({ kind: 'call', call }), []);
  const all = calls.data?.items ?? noCalls;
  return (
    <div className="calls-page">
      <TopBar at="live" token={token} name={me.data?.name} onSignOut={onSignOut} />
      <main className="wall-main">
        <div className="wall-head">
          {calls.error !== null && !expired && <Failure error={calls.error} />}
          {link.state === 'away' && <Alert type="warning" showIcon title={t('wall.away')} />}
          {isThere && <WallAlerts queueOf={queueOf} nameOf={nameOf} />}
        </div>
        {isThere ? (
          <>
            <div className="wall-upper">
              <WallQueues chosen={queueId} onChoose={setQueueId} />
              {may('trunk.read') && <WallTrunks />}
            </div>
            <WallAgents queueId={queueId} queueName={queueId === null ? null : queueOf(queueId)} onAsk={askAgent} />
          </>
        ) : (
          <p className="quiet wall-connecting" role="status">
            {t(link.state === 'closed' && link.why === 'forbidden' ? 'wall.forbidden' : 'wall.connecting')}
          </p>
        )}
        {may('call.readLive') && (
          <WallCalls key={String(isThere)} {...{ calls: all, queueId, nameOf, queueOf }} more={calls.data?.nextCursor != null} onAsk={askCall} />
        )}
      </main>
      <Why token={token} asked={asked} calls={all} nameOf={nameOf} onClose={() => setAsked(null)} />
    </div>
  );
}

/** Of a call whose numbers are masked for her. */
function Whom({ token, call }: { token: string; call: LiveCall }) {
  const [values, setValues] = useState<Values>({});
  const { caller = call.caller, customerName } = values;
  return (
    <div className="masked-line">
      <span className="figures">{shownNumber(caller, true)}</span>
      {customerName !== undefined && <span>{customerName}</span>}
      {isMasked(caller) && <Reveal token={token} kind="call" id={call.callId} onShown={setValues} />}
    </div>
  );
}

interface WhyProps {
  token: string;
  asked: Asked | null;
  calls: readonly LiveCall[];
  nameOf(agentId: string): string;
  onClose(): void;
}

function Why({ token, asked, calls, nameOf, onClose }: WhyProps) {
  const { t } = useTranslation();
  // As it is now, not as it was when it was asked about.
  const call = asked?.kind === 'call' ? (calls.find(({ callId }) => callId === asked.call.callId) ?? asked.call) : null;
  const seen = asked?.kind === 'agent' ? asked.agent : null;
  const agent = useFloor(({ floor }) => (seen === null ? null : (floor?.agents.get(seen.agentId) ?? seen)));
  const who = call === null ? `${agent?.number ?? ''} ${agent?.name ?? ''}` : call.caller === '' ? t('call.withheld') : shownNumber(call.caller, true);
  const may = useMay(token);
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
      {call !== null && isMasked(call.caller) && may('personal.reveal') && <Whom key={`whom ${call.callId}`} token={token} call={call} />}
      {call?.waiting === true && may('call.move') && <MoveCall key={call.callId} call={call} />}
      {call !== null && may('call.explain') && <WhyCall token={token} call={call} nameOf={nameOf} />}
      {agent !== null && may('agent.setState') && (
        <AgentActions key={agent.agentId} token={token} agentId={agent.agentId} moved={`${agent.activity} ${agent.since} ${agent.reasons?.join() ?? ''}`} />
      )}
      {agent?.callId !== undefined && agent.state === 'talking' && may('call.monitor') && <Supervise key={agent.callId} agent={agent} callId={agent.callId} />}
      {agent !== null && agent.state !== 'signed_out' && may('agent.message') && (
        <Say key={`to ${agent.agentId}`} to={{ kind: 'agent', number: agent.number }} name={agent.name} />
      )}
      {agent !== null && may('agent.explain') && <WhyAgent token={token} agentId={agent.agentId} />}
      {agent !== null && may('report.read') && <AgentDay key={`day of ${agent.agentId}`} token={token} agentId={agent.agentId} />}
      {call !== null && may('supervision.read') && <SupervisionTrail token={token} callId={call.callId} />}
    </Drawer>
  );
}
