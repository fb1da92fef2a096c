/** Phones: whose is reachable, from where it has registered, until when. */
import { shownTime } from '../../shared/labels.ts';
import { useOne } from '../admin.ts';
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
      seen: ({ contacts }) => contacts.map(({ expiresAt }) => shownTime(expiresAt)).join(', '),
      show: ({ contacts }) => contacts.map(({ expiresAt }) => shownTime(expiresAt)).join(', '),
    },
  ];
  return (
    <>
      <Failure error={phones.error} />
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
