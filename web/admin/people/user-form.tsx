/** One user: made, changed, given a new password, shut out; and where she is signed in. */
import { Alert, Button, Input, Popconfirm } from 'antd';
import { useState } from 'react';
import { patch, post, remove } from '../../shared/api.ts';
import { shownTime } from '../../shared/labels.ts';
import { PanelForm } from '../../shared/side-panel.tsx';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useOne, useRefresh } from '../admin.ts';
import { Failure, faultOf } from '../failure.tsx';
import { Field } from '../field.tsx';
import { Panel } from '../panel.tsx';
import { useWords } from '../words.ts';
import { Checks } from './checks.tsx';
import { PasswordField } from './password-field.tsx';
import { type Agent, newPassword, type Role, roles, USERS, type User } from './people.ts';

interface Props {
  /** null = a new one. */
  user: User | null;
  users: readonly User[];
  agents: readonly Agent[];
  onClose(): void;
}

export function UserForm({ user, users, agents, onClose }: Props) {
  const w = useWords();
  const { token, me, isReader, tell } = useAdmin();
  const refresh = useRefresh();
  const [username, setUsername] = useState('');
  const [name, setName] = useState(user?.name ?? '');
  const [role, setRole] = useState<Role>(user?.role ?? 'supervisor');
  const [teams, setTeams] = useState<string[]>(user?.teams ?? []);
  const [language, setLanguage] = useState(user?.language ?? 'zh');
  const [agentId, setAgentId] = useState('');
  const [password, setPassword] = useState(() => (user === null ? newPassword() : ''));
  const [disabled, setDisabled] = useState(user?.disabled ?? false);
  const isMe = user?.userId === me.userId;
  const movesTeams = user !== null && [...teams].sort().join() !== [...user.teams].sort().join();
  const endsSessions = user !== null && (password !== '' || role !== user.role || movesTeams || (disabled && !user.disabled));
  const send = (): Promise<unknown> => {
    if (user === null)
      return post(token, USERS, { username: username.trim(), name, role, teams, language, agentId: agentId === '' ? null : agentId, password });
    const change = { name, language, ...(isMe ? {} : { role, disabled }), ...(movesTeams ? { teams } : {}), ...(password === '' ? {} : { password }) };
    return patch(token, `${USERS}/${user.userId}`, change);
  };
  const { busy, failed, submit } = useSubmission(send, () => {
    void refresh(USERS);
    tell(user === null ? w('user.added', { name }) : w(endsSessions ? 'user.savedAndEnded' : 'user.saved', { name }));
    onClose();
  });
  return (
    <Panel title={user === null ? w('user.add') : w('user.editTitle', { name: user.name, username: user.username })} onClose={onClose}>
      <PanelForm
        busy={busy}
        submit={user === null ? w('user.add') : w('form.save')}
        danger={disabled && user?.disabled === false}
        onSubmit={() => void submit()}
      >
        <Failure error={failed} />
        {user === null && (
          <Field label={w('user.username')} hint={w('user.usernameHint')} fault={faultOf(failed, 'username')}>
            {(control) => <Input {...control} autoFocus autoComplete="off" value={username} onChange={(event) => setUsername(event.target.value)} />}
          </Field>
        )}
        <Field label={w('user.name')} fault={faultOf(failed, 'name')}>
          {(control) => <Input {...control} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <RoleField role={role} isMe={isMe} onChange={setRole} />
        {role === 'lead' && <TeamsField agents={agents} teams={teams} onChange={setTeams} />}
        <Field label={w('user.language')} hint={w('user.languageHint')}>
          {(control) => (
            <select {...control} value={language} onChange={(event) => setLanguage(event.target.value === 'en' ? 'en' : 'zh')}>
              <option value="zh">{w('language.zh')}</option>
              <option value="en">{w('language.en')}</option>
            </select>
          )}
        </Field>
        {user === null && <AgentField agents={agents} users={users} agentId={agentId} fault={faultOf(failed, 'agentId')} onChange={setAgentId} />}
        <PasswordField
          label={user === null ? w('user.password') : w('user.resetPassword')}
          hint={user === null ? w('user.passwordHint') : w('user.resetHint')}
          value={password}
          fault={faultOf(failed, 'password')}
          onChange={setPassword}
        />
        {user !== null && !isMe && <DisableField disabled={disabled} onChange={setDisabled} />}
        {endsSessions && <Alert type="warning" showIcon title={w('user.willEnd')} />}
      </PanelForm>
      {user !== null && <OpenSessions user={user} />}
      {user !== null && !isReader && <LostFactor user={user} />}
    </Panel>
  );
}

function RoleField({ role, isMe, onChange }: { role: Role; isMe: boolean; onChange(role: Role): void }) {
  const w = useWords();
  return (
    <fieldset className="checks" disabled={isMe}>
      <legend>{w('user.role')}</legend>
      {isMe && <p className="field-hint quiet">{w('user.ownRole')}</p>}
      {roles.map((each) => (
        <label key={each} className="choice">
          <input type="radio" name="role" checked={role === each} onChange={() => onChange(each)} />
          <span>
            <strong>{w(`role.${each}`)}</strong>
            <span className="quiet">{w(`roleMay.${each}`)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function TeamsField({ agents, teams, onChange }: { agents: readonly Agent[]; teams: string[]; onChange(teams: string[]): void }) {
  const w = useWords();
  const known = [...new Set([...agents.flatMap(({ team = [] }) => team), ...teams])].sort();
  return (
    <Checks
      legend={w('user.teams')}
      hint={w(known.length === 0 ? 'user.noTeams' : 'user.teamsHint')}
      options={known.map((team) => ({ value: team, text: team }))}
      chosen={teams}
      onChange={onChange}
    />
  );
}

function DisableField({ disabled, onChange }: { disabled: boolean; onChange(disabled: boolean): void }) {
  const w = useWords();
  return (
    <label className="choice">
      <input type="checkbox" checked={disabled} onChange={(event) => onChange(event.target.checked)} />
      <span>
        <strong>{w('user.disable')}</strong>
        <span className="quiet">{w('user.disableHint')}</span>
      </span>
    </label>
  );
}

interface AgentFieldProps {
  agents: readonly Agent[];
  users: readonly User[];
  agentId: string;
  fault: string | null;
  onChange(agentId: string): void;
}

/** One desk, one user. */
function AgentField({ agents, users, agentId, fault, onChange }: AgentFieldProps) {
  const w = useWords();
  const free = agents.filter((agent) => !users.some((each) => each.agentId === agent.agentId));
  return (
    <Field label={w('user.agent')} hint={w('user.agentHint')} fault={fault}>
      {(control) => (
        <select {...control} value={agentId} onChange={(event) => onChange(event.target.value)}>
          <option value="">{w('user.noAgent')}</option>
          {free.map((agent) => (
            <option key={agent.agentId} value={agent.agentId}>
              {agent.number} {agent.name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A phone that was lost: the next sign-in asks for the password alone, or has a new one set up. */
function LostFactor({ user }: { user: User }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const take = useSubmission(
    () => remove(token, `${USERS}/${user.userId}/second-factor`),
    () => tell(w('user.factorTaken', { name: user.name })),
  );
  return (
    <section className="panel-part" aria-label={w('user.factor')}>
      <h3>{w('user.factor')}</h3>
      <Failure error={take.failed} />
      <p className="quiet">{w('user.factorHint')}</p>
      <Popconfirm title={w('user.factorAsk')} okText={w('user.factorTake')} onConfirm={() => void take.submit()}>
        <Button danger loading={take.busy}>
          {w('user.factorTake')}
        </Button>
      </Popconfirm>
    </section>
  );
}

function OpenSessions({ user }: { user: User }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const path = `${USERS}/${user.userId}/sessions`;
  const sessions = useOne<{ items: { openedAt: string; expiresAt: string }[] }>(path);
  const end = useSubmission(
    () => remove(token, path),
    () => {
      void refresh(path);
      tell(w('user.ended', { name: user.name }));
    },
  );
  const items = sessions.data?.items ?? [];
  return (
    <section className="panel-part" aria-label={w('user.sessions')}>
      <h3>{w('user.sessions')}</h3>
      <Failure error={sessions.error ?? end.failed} />
      {items.length === 0 ? (
        <p className="quiet">{w('user.noSessions')}</p>
      ) : (
        <>
          <ul>
            {items.map(({ openedAt, expiresAt }) => (
              <li key={openedAt} className="figures">
                {w('user.session', { since: shownTime(openedAt), until: shownTime(expiresAt) })}
              </li>
            ))}
          </ul>
          <Popconfirm title={w('user.endAllAsk')} okText={w('user.endAll')} onConfirm={() => void end.submit()}>
            <Button danger loading={end.busy}>
              {w('user.endAll')}
            </Button>
          </Popconfirm>
        </>
      )}
    </section>
  );
}
