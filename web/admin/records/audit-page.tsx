/** The audit trail: who did what, when, and what was before. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { Alert, Input } from 'antd';
import { useEffect, useState } from 'react';
import { get } from '../../shared/api.ts';
import { browserClock } from '../../shared/clock.ts';
import { ownName, shownTime } from '../../shared/labels.ts';
import { useAdmin, useOne } from '../admin.ts';
import { Failure } from '../failure.tsx';
import { Field } from '../field.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { Panel } from '../panel.tsx';
import { type User, useUsers } from '../people/people.ts';
import { useWords } from '../words.ts';
import './records.css';

const AUDIT = '/api/v1/audit';
const PAGE = 200;
const REST_MS = 400;
const kinds = [
  'agent',
  'user',
  'session',
  'queue',
  'calendar',
  'dialplan',
  'prompt',
  'tenant',
  'number',
  'trunk',
  'outsideRules',
  'recording',
  'call',
  'callback',
  'interaction',
  'key',
  'webhook',
] as const;

interface Entry {
  auditId: number;
  at: string;
  userId: string | null;
  source: string | null;
  action: string;
  resource: string;
  before?: unknown;
  after?: unknown;
}
interface Wanted {
  userId: string;
  action: string;
  resource: string;
  from: string;
  to: string;
}
const everything: Wanted = { userId: '', action: '', resource: '', from: '', to: '' };

function queryOf({ userId, action, resource, from, to }: Wanted): URLSearchParams {
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (userId !== '') query.set('userId', userId);
  if (action !== '') query.set('action', `${action}.`);
  if (resource.trim() !== '') query.set('resource', resource.trim());
  if (from !== '') query.set('from', new Date(`${from}T00:00`).toISOString());
  if (to !== '') query.set('to', new Date(new Date(`${to}T00:00`).getTime() + 86_400_000).toISOString());
  return query;
}

export default function AuditPage() {
  const w = useWords();
  const { token } = useAdmin();
  const users = useUsers();
  const [typed, setTyped] = useState(everything);
  const [wanted, setWanted] = useState(everything);
  const [open, setOpen] = useState<Entry | null>(null);
  useEffect(() => browserClock.after(REST_MS, () => setWanted(typed)), [typed]);
  const trail = useInfiniteQuery({
    queryKey: [AUDIT, wanted],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => {
      const query = queryOf(wanted);
      if (pageParam !== null) query.set('cursor', pageParam);
      return get<{ items: Entry[]; nextCursor: string | null }>(token, `${AUDIT}?${query}`);
    },
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  const who = ({ userId }: Entry): string => {
    if (userId === null) return w('audit.server');
    const found = (users.data ?? []).find((user) => user.userId === userId);
    return found === undefined ? ownName(userId) : `${found.name} (${found.username})`;
  };
  const columns: ShownColumn<Entry>[] = [
    {
      ...{ key: 'at', title: w('audit.at'), value: ({ at }: Entry) => at, seen: ({ at }: Entry) => shownTime(at) },
      show: ({ at }: Entry) => <span className="figures">{shownTime(at)}</span>,
    },
    { key: 'who', title: w('audit.who'), value: who },
    { key: 'source', title: w('audit.source'), value: ({ source }) => source ?? '', show: ({ source }) => <span className="figures">{source}</span> },
    { key: 'action', title: w('audit.action'), value: ({ action }) => action, show: ({ action }) => <code>{action}</code> },
    { key: 'resource', title: w('audit.resource'), value: ({ resource }) => resource },
    {
      key: 'after',
      title: w('audit.after'),
      value: ({ after }) => (after === undefined || after === null ? '' : JSON.stringify(after)),
      show: ({ after }) => <span className="audit-short">{after === undefined || after === null ? '' : JSON.stringify(after)}</span>,
    },
    { key: 'before', title: w('audit.before'), value: ({ before }) => (before === undefined || before === null ? '' : JSON.stringify(before)), isHidden: true },
  ];
  return (
    <>
      <Failure error={trail.error ?? users.error} />
      <ProofOfAll />
      <AuditFilters typed={typed} users={users.data ?? []} onType={setTyped} />
      <List
        title={w('page.audit')}
        fileName="audit"
        rows={trail.data?.pages.flatMap(({ items }) => items)}
        columns={columns}
        idOf={({ auditId }) => String(auditId)}
        onOpen={(entry) => setOpen(entry)}
        more={trail.hasNextPage ? { load: () => void trail.fetchNextPage(), busy: trail.isFetchingNextPage } : null}
        empty={{ title: w('empty.found'), text: w('emptyText.found') }}
      />
      {open !== null && <EntryPanel entry={open} who={who(open)} onClose={() => setOpen(null)} />}
    </>
  );
}

function ProofOfAll() {
  const w = useWords();
  const proof = useOne<{ entries: number; provedAt: string | null; breach: { seq: number } | null }>(`${AUDIT}/proof`).data;
  if (proof === undefined) return null;
  if (proof.breach !== null) return <Alert type="error" showIcon title={w('audit.broken', { seq: proof.breach.seq })} />;
  if (proof.provedAt === null) return <Alert type="warning" showIcon title={w('audit.unproved')} />;
  return <Alert type="success" showIcon title={w('audit.proved', { count: proof.entries })} />;
}

function AuditFilters({ typed, users, onType }: { typed: Wanted; users: readonly User[]; onType(wanted: Wanted): void }) {
  const w = useWords();
  const set = (change: Partial<Wanted>) => onType({ ...typed, ...change });
  return (
    <search className="filters">
      <Field label={w('audit.who')}>
        {(control) => (
          <select {...control} value={typed.userId} onChange={(event) => set({ userId: event.target.value })}>
            <option value="">{w('list.all')}</option>
            {users.map(({ userId, name, username }) => (
              <option key={userId} value={userId}>
                {name} ({username})
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={w('audit.kind')}>
        {(control) => (
          <select {...control} value={typed.action} onChange={(event) => set({ action: event.target.value })}>
            <option value="">{w('list.all')}</option>
            {kinds.map((kind) => (
              <option key={kind} value={kind}>
                {w(`auditKind.${kind}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={w('audit.resource')}>
        {(control) => <Input {...control} allowClear value={typed.resource} onChange={(event) => set({ resource: event.target.value })} />}
      </Field>
      <Field label={w('call.from')}>
        {(control) => <Input {...control} type="date" value={typed.from} onChange={(event) => set({ from: event.target.value })} />}
      </Field>
      <Field label={w('call.to')}>
        {(control) => <Input {...control} type="date" value={typed.to} onChange={(event) => set({ to: event.target.value })} />}
      </Field>
    </search>
  );
}

function EntryPanel({ entry, who, onClose }: { entry: Entry; who: string; onClose(): void }) {
  const w = useWords();
  return (
    <Panel title={`${entry.action} · ${entry.resource}`} wide onClose={onClose}>
      <p>
        {shownTime(entry.at)} · {who}
        {entry.source === null ? '' : ` · ${entry.source}`}
      </p>
      <div className="columns-2">
        {(['before', 'after'] as const).map((side) => (
          <section key={side} className="form-part" aria-label={w(`audit.${side}`)}>
            <h3>{w(`audit.${side}`)}</h3>
            <pre className="json">{entry[side] === undefined || entry[side] === null ? '—' : JSON.stringify(entry[side], null, 2)}</pre>
          </section>
        ))}
      </div>
    </Panel>
  );
}
