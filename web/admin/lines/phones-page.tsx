/** Phones: whose is reachable, from where it has registered, until when; and the numbers that callers dial. */

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '../../shared/api.ts';
import { shownTime } from '../../shared/labels.ts';
import { useAdmin, useOne } from '../admin.ts';
import type { Files, Version } from '../dialplans/dialplan.ts';
import { flowGraph } from '../dialplans/flow-graph.ts';
import { Failure } from '../failure.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { useWords } from '../words.ts';
import '../records/records.css';

/** Phones come and go by themselves. */
const LOOK_EACH_MS = 5_000;

interface Phone {
  agentId: string;
  number: string;
  name: string;
  reachable: boolean;
  staticContact: string | null;
  contacts: { contact: string; source: string; userAgent: string; expiresAt: string }[];
}
interface Tenant {
  name: string;
  numbers: string[];
  sipDomains: string[];
}

export default function PhonesPage() {
  const w = useWords();
  const phones = useOne<{ items: Phone[] }>('/api/v1/phones', LOOK_EACH_MS);
  const state = ({ reachable }: Phone): string => w(reachable ? 'agent.phoneOn' : 'agent.phoneOff');
  const kind = ({ staticContact, contacts }: Phone): string =>
    w(contacts.length > 0 ? 'phone.registered' : staticContact !== null ? 'phone.fixed' : 'phone.none');
  const columns: ShownColumn<Phone>[] = [
    { key: 'number', title: w('agentField.number'), value: ({ number }) => number },
    { key: 'name', title: w('agentField.name'), value: ({ name }) => name },
    {
      key: 'state',
      title: w('phone.state'),
      value: state,
      options: (phone) => [state(phone)],
      show: (phone) => <span className={phone.reachable ? 'dot is-on' : 'dot'}>{state(phone)}</span>,
    },
    { key: 'kind', title: w('phone.registration'), value: kind, options: (phone) => [kind(phone)] },
    {
      key: 'source',
      title: w('phone.source'),
      value: ({ contacts, staticContact }) => contacts.map(({ source }) => source).join(', ') || (staticContact ?? ''),
    },
    { key: 'agent', title: w('phone.device'), value: ({ contacts }) => contacts.map(({ userAgent }) => userAgent).join(', ') },
    {
      key: 'until',
      title: w('phone.until'),
      value: ({ contacts }) => contacts[0]?.expiresAt ?? '',
      show: ({ contacts }) => contacts.map(({ expiresAt }) => shownTime(expiresAt)).join(', '),
    },
  ];
  return (
    <>
      <Failure error={phones.error} />
      <Numbers />
      <List
        title={w('page.phones')}
        fileName="phones"
        rows={phones.data?.items}
        columns={columns}
        idOf={({ agentId }) => agentId}
        empty={{ title: w('empty.phones'), text: w('emptyText.phones') }}
      />
    </>
  );
}

/** Each with the flow that it enters. */
function Numbers() {
  const w = useWords();
  const { token } = useAdmin();
  const [open, setOpen] = useState(false);
  const tenant = useOne<Tenant>('/api/v1/tenant');
  const versions = useOne<{ items: Version[] }>('/api/v1/dialplans');
  const current = versions.data?.items.find((version) => version.current)?.version;
  const files = useQuery({
    queryKey: ['dialplan files', current],
    enabled: versions.data !== undefined,
    queryFn: async (): Promise<Files> =>
      current === undefined ? {} : (await get<{ files: Files }>(token, `/api/v1/dialplans/${encodeURIComponent(current)}`)).files,
  });
  const graph = flowGraph(files.data ?? {});
  const flowOf = (number: string): string => graph.edges.find(({ from }) => from === `number:${number}`)?.to.slice('flow:'.length) ?? w('phone.noFlow');
  const numbers = tenant.data?.numbers ?? [];
  return (
    <details className="numbers" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{w('phone.numbers', { count: numbers.length })}</summary>
      <Failure error={tenant.error ?? files.error} />
      <dl className="columns">
        {numbers.map((number) => (
          <div key={number}>
            <dt className="figures">{number}</dt>
            <dd>{flowOf(number)}</dd>
          </div>
        ))}
      </dl>
      <p className="field-hint quiet">{w('phone.numbersHint')}</p>
    </details>
  );
}
