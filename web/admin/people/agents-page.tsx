/** Agents: who they are, what they can, which queues they serve. */
import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { label, languageNow, ownName } from '../../shared/labels.ts';
import { Failure } from '../failure.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { useWords } from '../words.ts';
import { AgentForm } from './agent-form.tsx';
import { skillsText } from './agents-file.ts';
import { BulkEdit } from './bulk.tsx';
import { ImportAgents } from './import.tsx';
import { type Agent, useAgents, useQueueNames } from './people.ts';

type Open = { what: 'new' } | { what: 'import' } | { what: 'one'; agent: Agent } | { what: 'bulk'; agents: Agent[]; clear(): void } | null;

export default function AgentsPage() {
  const w = useWords();
  const agents = useAgents();
  const queues = useQueueNames();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const columns = useColumns(queues.data ?? []);
  const known = useMemo(() => knownOf(agents.data ?? []), [agents.data]);
  const buttons = (
    <>
      <Button onClick={() => setOpen({ what: 'import' })}>{w('import.open')}</Button>
      <Button type="primary" onClick={() => setOpen({ what: 'new' })}>
        {w('agent.addTitle')}
      </Button>
    </>
  );
  return (
    <>
      <Failure error={agents.error ?? queues.error} />
      <List
        title={w('page.agents')}
        fileName="agents"
        rows={agents.data}
        columns={columns}
        idOf={({ agentId }) => agentId}
        onOpen={(agent) => setOpen({ what: 'one', agent })}
        marked={(chosen, clear) => (
          <Button size="small" type="primary" onClick={() => setOpen({ what: 'bulk', agents: chosen, clear })}>
            {w('bulk.open')}
          </Button>
        )}
        tools={buttons}
        empty={{ title: w('empty.agents'), text: w('emptyText.agents') }}
      />
      {open?.what === 'import' && <ImportAgents queues={queues.data ?? []} onClose={close} />}
      {open?.what === 'bulk' && (
        <BulkEdit
          agents={open.agents}
          queues={queues.data ?? []}
          knownSkills={known.skills}
          onClose={close}
          onDone={() => {
            open.clear();
            close();
          }}
        />
      )}
      {(open?.what === 'new' || open?.what === 'one') && (
        <AgentForm agent={open.what === 'one' ? open.agent : null} queues={queues.data ?? []} known={known} onClose={close} />
      )}
    </>
  );
}

const sortedSet = (texts: readonly string[]): string[] => [...new Set(texts)].sort();
const knownOf = (agents: readonly Agent[]) => ({
  skills: sortedSet(agents.flatMap(({ skills }) => Object.keys(skills))),
  teams: sortedSet(agents.flatMap(({ team = '' }) => (team === '' ? [] : [team]))),
  sites: sortedSet(agents.flatMap(({ site = '' }) => (site === '' ? [] : [site]))),
});

function useColumns(queues: readonly { queueId: string; name: { zh: string; en: string } }[]): ShownColumn<Agent>[] {
  const w = useWords();
  const { t } = useTranslation();
  const nameOf = (queueId: string): string => queues.find((queue) => queue.queueId === queueId)?.name[languageNow()] ?? ownName(queueId);
  const stateOf = ({ live, disabled }: Agent): string => (disabled ? 'disabled' : live === null ? 'unknown' : live.state);
  const stateName = (state: string): string =>
    state === 'disabled' ? w('agent.disabled') : state === 'unknown' ? w('agent.unknown') : label(t, 'state', state);
  const phoneOf = ({ live }: Agent): string => (live?.phoneReachable === true ? w('agent.phoneOn') : w('agent.phoneOff'));
  return [
    { key: 'number', title: w('agentField.number'), value: ({ number }) => number, show: ({ number }) => <span className="figures">{number}</span> },
    { key: 'name', title: w('agentField.name'), value: ({ name }) => name },
    { key: 'team', title: w('agentField.team'), value: ({ team = '' }) => team, options: ({ team = '' }) => (team === '' ? [] : [team]) },
    { key: 'site', title: w('agentField.site'), value: ({ site = '' }) => site, options: ({ site = '' }) => (site === '' ? [] : [site]) },
    {
      // By their own names: the file can be read in again, whatever they are called by then.
      ...{ key: 'queues', title: w('agentField.queues'), value: ({ queues: ids }: Agent) => ids.map(ownName).join('; ') },
      ...{ options: ({ queues: ids }: Agent) => ids, option: nameOf },
      show: ({ queues: ids }: Agent) => ids.map(nameOf).join(languageNow() === 'zh' ? '、' : ', '),
    },
    { key: 'skills', title: w('agentField.skills'), value: ({ skills }) => skillsText(skills), options: ({ skills }) => Object.keys(skills) },
    {
      ...{ key: 'state', title: w('agent.state'), value: (agent: Agent) => stateName(stateOf(agent)) },
      ...{ options: (agent: Agent) => [stateOf(agent)], option: stateName },
      show: (agent: Agent) => <span className={`live-state is-${stateOf(agent)}`}>{stateName(stateOf(agent))}</span>,
    },
    {
      ...{ key: 'phone', title: w('agent.phone'), value: phoneOf, options: (agent: Agent) => [phoneOf(agent)] },
      show: (agent: Agent) => <span className={agent.live?.phoneReachable === true ? 'dot is-on' : 'dot'}>{phoneOf(agent)}</span>,
    },
  ];
}
