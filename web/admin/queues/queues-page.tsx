/** Queues: their rules, one list of them. */
import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { label, languageNow } from '../../shared/labels.ts';
import { useAll } from '../admin.ts';
import { Failure } from '../failure.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { useAgents } from '../people/people.ts';
import { useWords } from '../words.ts';
import type { Calendar } from './calendar.ts';
import { CALENDARS, QUEUES, type Queue, sectionNames, shortName } from './queue.ts';
import { QueueForm } from './queue-form.tsx';

export default function QueuesPage() {
  const w = useWords();
  const { t } = useTranslation();
  const queues = useAll<Queue>(QUEUES);
  const calendars = useAll<Calendar>(CALENDARS);
  const agents = useAgents();
  const [open, setOpen] = useState<Queue | 'new' | null>(null);
  const skills = useMemo(() => [...new Set((agents.data ?? []).flatMap((agent) => Object.keys(agent.skills)))].sort(), [agents.data]);
  const members = ({ queueId }: Queue): number => (agents.data ?? []).filter((agent) => agent.queues.includes(queueId)).length;
  const seconds = (ms: number | null): number | string => (ms === null ? '' : ms / 1000);
  const stateOf = ({ live }: Queue): string => live?.state ?? '';
  const ruleNames = (queue: Queue): string[] => sectionNames.filter((name) => name in queue);
  const columns: ShownColumn<Queue>[] = [
    { key: 'name', title: w('queue.name'), value: ({ name }) => name[languageNow()] },
    { key: 'id', title: w('queue.id'), value: shortName },
    {
      ...{
        key: 'state',
        title: w('queue.state'),
        value: (queue: Queue) => label(t, 'queueStands', stateOf(queue)),
        options: (queue: Queue) => [stateOf(queue)],
        option: (name: string) => label(t, 'queueStands', name),
      },
      show: (queue: Queue) => <span className={stateOf(queue) === 'open' ? 'tag is-good' : 'tag is-warning'}>{label(t, 'queueStands', stateOf(queue))}</span>,
    },
    { key: 'members', title: w('queue.members'), value: members, isFigure: true },
    { key: 'answer', title: w('queueShort.answerWithin'), value: ({ answerWithinMs }) => seconds(answerWithinMs), isFigure: true },
    { key: 'ring', title: w('queueShort.ring'), value: ({ ringTimeoutMs }) => seconds(ringTimeoutMs), isFigure: true },
    { key: 'wrapUp', title: w('queueShort.wrapUp'), value: ({ wrapUpMs }) => seconds(wrapUpMs), isFigure: true },
    { key: 'most', title: w('queueShort.maxWaiting'), value: ({ maxWaiting }) => maxWaiting, isFigure: true },
    { key: 'rules', title: w('queue.rules'), value: (queue) => ruleNames(queue).join(', '), options: ruleNames },
    {
      ...{ key: 'warnings', title: w('queue.warnings'), value: ({ warnings }: Queue) => warnings.map(({ message }) => message).join('; ') },
      show: ({ warnings }: Queue) => (warnings.length === 0 ? null : <span className="tag is-warning">{warnings.length}</span>),
    },
  ];
  const add = (
    <Button type="primary" onClick={() => setOpen('new')}>
      {w('queue.addTitle')}
    </Button>
  );
  return (
    <>
      <Failure error={queues.error ?? calendars.error ?? agents.error} />
      <List
        title={w('page.queues')}
        fileName="queues"
        rows={queues.data}
        columns={columns}
        idOf={({ queueId }) => queueId}
        onOpen={(queue) => setOpen(queue)}
        tools={add}
        empty={{ title: w('empty.queues'), text: w('emptyText.queues') }}
      />
      {open !== null && (
        <QueueForm
          queue={open === 'new' ? null : open}
          queues={queues.data ?? []}
          calendars={calendars.data ?? []}
          knownSkills={skills}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  );
}
