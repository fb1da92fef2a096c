/** Several agents changed alike: into queues and out of them, skills, team, site; then what comes of it, then yes. */
import { Input } from 'antd';
import { useState } from 'react';
import { languageNow, ownName } from '../../shared/labels.ts';
import { PanelForm } from '../../shared/side-panel.tsx';
import { Field } from '../field.tsx';
import { Panel } from '../panel.tsx';
import { useWords } from '../words.ts';
import { type AgentRow, bulkRows } from './agents-file.ts';
import { Checks } from './checks.tsx';
import type { Agent, QueueName } from './people.ts';
import { AgentsPreview } from './preview.tsx';
import { type SkillLine, SkillsField, skillsOfLines } from './skills-field.tsx';

interface Props {
  agents: readonly Agent[];
  queues: readonly QueueName[];
  knownSkills: string[];
  onClose(): void;
  onDone(): void;
}

export function BulkEdit({ agents, queues, knownSkills, onClose, onDone }: Props) {
  const w = useWords();
  const [addQueues, setAdd] = useState<string[]>([]);
  const [removeQueues, setRemove] = useState<string[]>([]);
  const [skills, setSkills] = useState<SkillLine[]>([]);
  const [removeSkills, setRemoveSkills] = useState<string[]>([]);
  const [labels, setLabels] = useState({ team: '', site: '' });
  const [rows, setRows] = useState<AgentRow[] | null>(null);
  const options = queues.map(({ queueId, name }) => ({ value: ownName(queueId), text: name[languageNow()] }));
  const theirSkills = [...new Set(agents.flatMap((agent) => Object.keys(agent.skills)))].sort();
  const isSomething =
    addQueues.length + removeQueues.length + removeSkills.length > 0 ||
    Object.keys(skillsOfLines(skills)).length > 0 ||
    labels.team !== '' ||
    labels.site !== '';
  const look = () => {
    const marked = agents.map(({ number, queues: ids, skills: levels }) => ({ number, queues: ids.map(ownName), skills: levels }));
    const text = (value: string): string | null => (value === '' ? null : value === '-' ? '' : value);
    setRows(bulkRows(marked, { addQueues, removeQueues, setSkills: skillsOfLines(skills), removeSkills, team: text(labels.team), site: text(labels.site) }));
  };
  const title = w('bulk.title', { count: agents.length });
  if (rows !== null) {
    return (
      <Panel title={title} wide onClose={onClose}>
        <AgentsPreview rows={rows} onBack={() => setRows(null)} onDone={onDone} />
      </Panel>
    );
  }
  return (
    <Panel title={title} onClose={onClose}>
      <PanelForm busy={false} submit={w('bulk.look')} disabled={!isSomething} onSubmit={look}>
        <p className="quiet">{w('bulk.lead')}</p>
        <Checks legend={w('bulk.addQueues')} options={options.filter(({ value }) => !removeQueues.includes(value))} chosen={addQueues} onChange={setAdd} />
        <Checks
          legend={w('bulk.removeQueues')}
          options={options.filter(({ value }) => !addQueues.includes(value))}
          chosen={removeQueues}
          onChange={setRemove}
        />
        <SkillsField legend={w('bulk.setSkills')} hint={w('agent.skillsHint')} lines={skills} known={knownSkills} fault={null} onChange={setSkills} />
        {theirSkills.length > 0 && (
          <Checks
            legend={w('bulk.removeSkills')}
            options={theirSkills.map((value) => ({ value, text: value }))}
            chosen={removeSkills}
            onChange={setRemoveSkills}
          />
        )}
        {(['team', 'site'] as const).map((name) => (
          <Field key={name} label={w(`agentField.${name}`)} hint={w('bulk.labelHint')}>
            {(control) => <Input {...control} maxLength={64} value={labels[name]} onChange={(event) => setLabels({ ...labels, [name]: event.target.value })} />}
          </Field>
        ))}
      </PanelForm>
    </Panel>
  );
}
