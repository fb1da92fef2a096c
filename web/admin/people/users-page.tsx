/** Users: who signs in, and what each may do. */
import { Button } from 'antd';
import { useState } from 'react';
import { ownName } from '../../shared/labels.ts';
import { SignInRules } from '../access/sign-in-rules.tsx';
import { Failure } from '../failure.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { useWords } from '../words.ts';
import { type Role, type User, useAgents, useUsers } from './people.ts';
import { UserForm } from './user-form.tsx';

export default function UsersPage() {
  const w = useWords();
  const users = useUsers();
  const agents = useAgents();
  const [open, setOpen] = useState<User | 'new' | null>(null);
  const state = ({ disabled }: User): string => w(disabled ? 'user.isDisabled' : 'user.isEnabled');
  const columns: ShownColumn<User>[] = [
    { key: 'username', title: w('user.username'), value: ({ username }) => username },
    { key: 'name', title: w('user.name'), value: ({ name }) => name },
    {
      ...{ key: 'role', title: w('user.role'), value: ({ role }: User) => w(`role.${role}`) },
      ...{ options: ({ role }: User) => [role], option: (role: string) => w(`role.${role as Role}`) },
      show: ({ role }: User) => <span className={`tag is-${role}`}>{w(`role.${role}`)}</span>,
    },
    { key: 'teams', title: w('user.teams'), value: ({ role, teams }) => (role === 'lead' ? teams.join(', ') : '') },
    { key: 'agent', title: w('user.agent'), value: ({ agentId }) => (agentId === null ? '' : ownName(agentId)) },
    { key: 'language', title: w('user.language'), value: ({ language }) => w(`language.${language}`) },
    {
      ...{ key: 'state', title: w('user.state'), value: state, options: (user: User) => [state(user)] },
      show: (user: User) => <span className={user.disabled ? 'tag is-faulty' : 'quiet'}>{state(user)}</span>,
    },
  ];
  const add = (
    <>
      <SignInRules />
      <Button type="primary" onClick={() => setOpen('new')}>
        {w('user.add')}
      </Button>
    </>
  );
  return (
    <>
      <Failure error={users.error ?? agents.error} />
      <List
        title={w('page.users')}
        fileName="users"
        rows={users.data}
        columns={columns}
        idOf={({ userId }) => userId}
        onOpen={(user) => setOpen(user)}
        tools={add}
        readerTools={<SignInRules />}
        empty={{ title: w('empty.users'), text: w('emptyText.users') }}
      />
      {open !== null && <UserForm user={open === 'new' ? null : open} users={users.data ?? []} agents={agents.data ?? []} onClose={() => setOpen(null)} />}
    </>
  );
}
