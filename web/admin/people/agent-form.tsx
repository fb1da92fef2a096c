/** One agent: made with her sign-in, or changed. */
import { Input } from 'antd';
import { useState } from 'react';
import { Problem, patch, post } from '../../shared/api.ts';
import { languageNow, ownName } from '../../shared/labels.ts';
import { PanelForm } from '../../shared/side-panel.tsx';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useRefresh } from '../admin.ts';
import { Failure, faultOf } from '../failure.tsx';
import { Field } from '../field.tsx';
import { Panel } from '../panel.tsx';
import { useWords, type Words } from '../words.ts';
import { AgentAway } from './agent-away.tsx';
import type { AgentRow } from './agents-file.ts';
import { Checks } from './checks.tsx';
import { PasswordField } from './password-field.tsx';
import { AGENTS, type Agent, type ImportBody, newPassword, type Preview, type QueueName, rowSentence, USERS } from './people.ts';
import { SkillsField, skillLines, skillsOfLines } from './skills-field.tsx';

interface Props {
  /** null = a new one. */
  agent: Agent | null;
  queues: readonly QueueName[];
  /** What others have, to choose from. */
  known: { skills: string[]; teams: string[]; sites: string[] };
  onClose(): void;
}

export function AgentForm({ agent, queues, known, onClose }: Props) {
  const w = useWords();
  const { token, isReader, tell } = useAdmin();
  const refresh = useRefresh();
  const [number, setNumber] = useState('');
  const [password, setPassword] = useState(() => (agent === null ? newPassword() : ''));
  const [name, setName] = useState(agent?.name ?? '');
  const [team, setTeam] = useState(agent?.team ?? '');
  const [site, setSite] = useState(agent?.site ?? '');
  const [inQueues, setInQueues] = useState(agent?.queues ?? []);
  const [skills, setSkills] = useState(() => skillLines(agent?.skills ?? {}));
  const [autoAnswer, setAutoAnswer] = useState<AutoAnswer>(agent?.phone.autoAnswer ?? 'never');
  const [contact, setContact] = useState(agent?.staticContact ?? '');
  const send = (): Promise<unknown> => {
    if (agent === null)
      return add(w, token, { number: number.trim(), name, team, site, queues: inQueues.map(ownName), skills: skillsOfLines(skills), password });
    const labels = { team: team.trim() === '' ? null : team.trim(), site: site.trim() === '' ? null : site.trim() };
    const phone = { phone: { autoAnswer }, staticContact: contact.trim() === '' ? null : contact.trim() };
    return patch(token, `${AGENTS}/${agent.agentId}`, { name, queues: inQueues, skills: skillsOfLines(skills), ...labels, ...phone });
  };
  const { busy, failed, submit } = useSubmission(send, () => {
    void refresh(AGENTS, USERS);
    tell(w(agent === null ? 'agent.added' : 'agent.saved', { name }));
    onClose();
  });
  return (
    <Panel title={agent === null ? w('agent.addTitle') : w('agent.editTitle', { number: agent.number, name: agent.name })} onClose={onClose}>
      <PanelForm busy={busy} submit={agent === null ? w('agent.add') : w('form.save')} onSubmit={() => void submit()}>
        <Failure error={failed} />
        {agent === null && (
          <Field label={w('agentField.number')} hint={w('agent.numberHint')} fault={faultOf(failed, 'number')}>
            {(control) => <Input {...control} autoFocus inputMode="numeric" value={number} onChange={(event) => setNumber(event.target.value)} />}
          </Field>
        )}
        <Field label={w('agentField.name')} fault={faultOf(failed, 'name')}>
          {(control) => <Input {...control} value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />}
        </Field>
        {agent === null && (
          <PasswordField
            label={w('agentField.password')}
            hint={w('agent.passwordHint')}
            value={password}
            fault={faultOf(failed, 'password')}
            onChange={setPassword}
          />
        )}
        <Checks
          legend={w('agentField.queues')}
          hint={w('agent.queuesHint')}
          options={queues.map(({ queueId, name: words }) => ({ value: queueId, text: words[languageNow()] }))}
          chosen={inQueues}
          onChange={setInQueues}
        />
        <SkillsField
          legend={w('agentField.skills')}
          hint={w('agent.skillsHint')}
          lines={skills}
          known={known.skills}
          fault={faultOf(failed, 'skills')}
          onChange={setSkills}
        />
        <Choosable label={w('agentField.team')} hint={w('agent.teamHint')} value={team} known={known.teams} onChange={setTeam} />
        <Choosable label={w('agentField.site')} hint={w('agent.siteHint')} value={site} known={known.sites} onChange={setSite} />
        {agent !== null && <PhoneFields autoAnswer={autoAnswer} contact={contact} failed={failed} onAutoAnswer={setAutoAnswer} onContact={setContact} />}
      </PanelForm>
      {agent !== null && !isReader && <AgentAway agent={agent} onClose={onClose} />}
    </Panel>
  );
}

type AutoAnswer = NonNullable<Agent['phone']['autoAnswer']>;

interface PhoneProps {
  autoAnswer: AutoAnswer;
  contact: string;
  failed: Error | null;
  onAutoAnswer(autoAnswer: AutoAnswer): void;
  onContact(contact: string): void;
}

function PhoneFields({ autoAnswer, contact, failed, onAutoAnswer, onContact }: PhoneProps) {
  const w = useWords();
  return (
    <>
      <Field label={w('agent.autoAnswer')} hint={w('agent.autoAnswerHint')} fault={faultOf(failed, 'phone')}>
        {(control) => (
          <select {...control} value={autoAnswer} onChange={(event) => onAutoAnswer(event.target.value as AutoAnswer)}>
            {(['never', 'customers', 'always'] as const).map((each) => (
              <option key={each} value={each}>
                {w(`autoAnswer.${each}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={w('agent.contact')} hint={w('agent.contactHint')} fault={faultOf(failed, 'staticContact')}>
        {(control) => <Input {...control} value={contact} placeholder="sip:8001@192.0.2.7:5060" onChange={(event) => onContact(event.target.value)} />}
      </Field>
    </>
  );
}

/** The same way as many: seen through by the server first, with its faults by field. */
async function add(w: Words, token: string, row: AgentRow): Promise<void> {
  const path = `${AGENTS}/import`;
  const { password, ...rest } = row;
  const rows = [password === undefined || password === '' ? rest : row];
  const preview = await post<Preview>(token, path, { rows, apply: false } satisfies ImportBody);
  const [planned] = preview.rows;
  if (planned?.outcome === 'new') await post(token, path, { rows, apply: true, basis: preview.basis } satisfies ImportBody);
  else if (planned?.outcome === 'faulty')
    throw new Problem(
      'refused',
      400,
      '',
      planned.faults.map(({ field, code, value }) => ({ at: `body.${field}`, message: rowSentence(w, code, value) })),
    );
  else throw new Problem('refused', 409, '', [{ at: 'body.number', message: rowSentence(w, 'number_taken', row.number) }]);
}

function Choosable({ label, hint, value, known, onChange }: { label: string; hint: string; value: string; known: string[]; onChange(value: string): void }) {
  return (
    <Field label={label} hint={hint}>
      {(control) => (
        <>
          <datalist id={`${control.id}-known`}>
            {known.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
          <Input {...control} list={`${control.id}-known`} maxLength={64} value={value} onChange={(event) => onChange(event.target.value)} />
        </>
      )}
    </Field>
  );
}
