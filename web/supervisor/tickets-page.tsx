/** Tickets: what is to be seen to, the oldest first; and beside them the one that is worked. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, patch } from '../shared/api.ts';
import { label, ownName, shownNumber, shownTime } from '../shared/labels.ts';
import { useSubmission } from '../shared/submission.ts';
import { useMay } from './allowed.tsx';
import { useExpiry } from './expiry.ts';
import { Failure } from './failure.tsx';
import { FigureList } from './figure-list.tsx';
import { useQueueChoice, useQueueNames } from './queues.ts';
import { useMe } from './records.ts';
import { TopBar } from './top-bar.tsx';

interface Ticket {
  ticketId: string;
  kind: 'case' | 'survey';
  title: string;
  status: string;
  number: string | null;
  callId: string | null;
  queueId: string | null;
  agentId: string | null;
  rating: 1 | 2 | 3 | 4 | 5 | null;
  reason: string | null;
  assignedTo: string | null;
  notes: { at: string; by: string; text: string }[];
  openedAt: string;
  closedAt: string | null;
  result: string | null;
}
interface Answer {
  items: Ticket[];
  open: { count: number; oldestAt: string | null };
}
interface Props {
  token: string;
  onSignOut(): void;
  onExpired(): void;
}

const TICKETS = '/api/v1/tickets';
const LOOK_EACH_MS = 15_000;
const MOST_SHOWN = 200;
const usual = { state: 'open', kind: '', queueId: '', olderThanHours: '' };
const ages = ['24', '48', '168'] as const;
const results = ['resolved', 'not_reached', 'nothing_to_do', 'duplicate'] as const;

export function TicketsPage({ token, onSignOut, onExpired }: Props) {
  const { t } = useTranslation();
  const me = useMe(token);
  const [asked, setAsked] = useState(usual);
  const [chosen, setChosen] = useState<string | null>(null);
  const query = new URLSearchParams({ limit: String(MOST_SHOWN), ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== '')) });
  const found = useQuery({ queryKey: ['tickets', token, asked], refetchInterval: LOOK_EACH_MS, queryFn: () => get<Answer>(token, `${TICKETS}?${query}`) });
  useEffect(() => {
    document.title = `${t('ticketsPage.title')} · ${t('product')}`;
  }, [t]);
  const failed = found.error;
  const expired = useExpiry(failed, onExpired);
  const ticket = found.data?.items.find(({ ticketId }) => ticketId === chosen) ?? null;
  const { count = 0, oldestAt = null } = found.data?.open ?? {};
  return (
    <div className="calls-page">
      <TopBar at="tickets" token={token} name={me.data?.name} onSignOut={onSignOut} />
      <main className="calls-main">
        <section className="calls-list" aria-label={t('ticketsPage.title')}>
          <Filters token={token} asked={asked} onAsk={(change) => setAsked({ ...asked, ...change })} />
          <p className="quiet" role="status">
            {t('ticketsPage.open', { count })}
            {oldestAt !== null && ` · ${t('ticketsPage.oldest', { time: shownTime(oldestAt) })}`}
          </p>
          {failed !== null && !expired && <Failure error={failed} />}
          {found.data?.items.length === 0 && <p className="calls-empty quiet">{t('ticketsPage.none')}</p>}
          <ul className="calls-rows">
            {found.data?.items.map((each) => (
              <li key={each.ticketId}>
                <button type="button" className="calls-row" aria-pressed={each.ticketId === chosen} onClick={() => setChosen(each.ticketId)}>
                  <span className="figures">{shownTime(each.openedAt)}</span>
                  <strong>{each.title}</strong>
                  <span className="quiet">{each.assignedTo === null ? t('ticketsPage.nobody') : ownName(each.assignedTo)}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
        {ticket === null ? (
          <div className="call-detail">
            <p className="calls-nothing quiet">{t('ticketsPage.choose')}</p>
          </div>
        ) : (
          <Detail key={ticket.ticketId} token={token} ticket={ticket} />
        )}
      </main>
    </div>
  );
}

function Filters({ token, asked, onAsk }: { token: string; asked: typeof usual; onAsk(change: Partial<typeof usual>): void }) {
  const { t } = useTranslation();
  const queueName = useQueueNames(token);
  const queues = useQueueChoice(token);
  const any: [string, string] = ['', t('ticketsPage.any')];
  const fields: [keyof typeof usual, [string, string][]][] = [
    [
      'state',
      [
        ['open', t('ticketStatus.open')],
        ['closed', t('ticketStatus.closed')],
      ],
    ],
    ['kind', [any, ['survey', t('ticketKind.survey')], ['case', t('ticketKind.case')]]],
    ['queueId', [any, ...(queues.data ?? []).map(({ queueId }): [string, string] => [queueId, queueName(queueId)])]],
    ['olderThanHours', [any, ...ages.map((hours): [string, string] => [hours, t('ticketsPage.hours', { hours })])]],
  ];
  return (
    <search className="calls-filters">
      {fields.map(([name, options]) => (
        <Chosen
          key={name}
          id={`ticket-${name}`}
          name={t(`ticketBy.${name}`)}
          value={asked[name]}
          options={options}
          onChoose={(value) => onAsk({ [name]: value })}
        />
      ))}
    </search>
  );
}

interface ChosenProps {
  id: string;
  name: string;
  value: string;
  options: [string, string][];
  onChoose(value: string): void;
}

const Chosen = ({ id, name, value, options, onChoose }: ChosenProps) => (
  <>
    <label htmlFor={id}>{name}</label>
    <select id={id} value={value} onChange={(event) => onChoose(event.target.value)}>
      {options.map(([each, words]) => (
        <option key={each} value={each}>
          {words}
        </option>
      ))}
    </select>
  </>
);

function Detail({ token, ticket }: { token: string; ticket: Ticket }) {
  const { t } = useTranslation();
  const queueName = useQueueNames(token);
  const may = useMay(token);
  const facts: [string, string][] = [
    [t('ticketBy.state'), label(t, 'ticketStatus', ticket.status)],
    [t('ticketBy.kind'), t(`ticketKind.${ticket.kind}`)],
    [t('calls.queue'), queueName(ticket.queueId)],
    [t('calls.agent'), ticket.agentId === null ? '—' : ownName(ticket.agentId)],
    [t('calls.byRating'), ticket.rating === null ? '—' : t(`rating.${ticket.rating}`)],
    [t('ticketsPage.why'), ticket.reason === null ? '—' : label(t, 'surveyReason', ticket.reason)],
    [t('ticketsPage.opened'), shownTime(ticket.openedAt)],
    [t('ticketsPage.assigned'), ticket.assignedTo === null ? t('ticketsPage.nobody') : ownName(ticket.assignedTo)],
  ];
  return (
    <section className="call-detail" aria-label={t('ticketsPage.one')}>
      <h2 className="figures">{ticket.number === null ? ticket.title : shownNumber(ticket.number, true)}</h2>
      <FigureList className="call-facts" figures={facts} />
      <ul className="rows">
        {ticket.notes.map(({ at, by, text }) => (
          <li key={`${at} ${text}`}>
            <span>{text}</span>{' '}
            <span className="quiet figures">
              {ownName(by)} · {shownTime(at)}
            </span>
          </li>
        ))}
      </ul>
      {ticket.result !== null && <p className="call-notes">{t(`ticketResult.${ticket.result}` as 'ticketResult.resolved')}</p>}
      {ticket.closedAt === null && may('ticket.work') && <Work token={token} ticket={ticket} />}
    </section>
  );
}

interface ActProps {
  token: string;
  ticketId: string;
  body: object;
  words: string;
  disabled?: boolean;
  primary?: boolean;
  onDone(): void;
}

function Act({ token, ticketId, body, words, disabled = false, primary = false, onDone }: ActProps) {
  const { busy, failed, submit } = useSubmission(() => patch(token, `${TICKETS}/${encodeURIComponent(ticketId)}`, body), onDone);
  return (
    <>
      <Button type={primary ? 'primary' : 'default'} loading={busy} disabled={disabled} onClick={() => void submit()}>
        {words}
      </Button>
      {failed !== null && <Failure error={failed} />}
    </>
  );
}

function Work({ token, ticket: { ticketId, assignedTo } }: { token: string; ticket: Ticket }) {
  const { t } = useTranslation();
  const me = useMe(token);
  const client = useQueryClient();
  const [note, setNote] = useState('');
  const [result, setResult] = useState('');
  const own = me.data === undefined ? null : `${me.data.tenantId}:${me.data.username}`;
  const text = note.trim() === '' ? {} : { note: note.trim() };
  const done = () => {
    setNote('');
    void client.invalidateQueries({ queryKey: ['tickets'] });
  };
  const act = { token, ticketId, onDone: done };
  return (
    <div className="ticket-work">
      <label htmlFor="ticket-note">{t('ticketsPage.note')}</label>
      <Input.TextArea id="ticket-note" rows={3} maxLength={1_000} value={note} onChange={(event) => setNote(event.target.value)} />
      <div className="ticket-keys">
        <Act {...act} body={text} words={t('ticketsPage.addNote')} disabled={note.trim() === ''} />
        {own !== null && assignedTo !== own && <Act {...act} body={{ assignedTo: own }} words={t('ticketsPage.take')} />}
        {assignedTo !== null && <Act {...act} body={{ assignedTo: null }} words={t('ticketsPage.giveBack')} />}
      </div>
      <div className="ticket-keys">
        <label htmlFor="ticket-result">{t('ticketsPage.result')}</label>
        <select id="ticket-result" value={result} onChange={(event) => setResult(event.target.value)}>
          <option value="">{t('wrapUp.notChosen')}</option>
          {results.map((each) => (
            <option key={each} value={each}>
              {t(`ticketResult.${each}`)}
            </option>
          ))}
        </select>
        <Act {...act} primary body={{ ...text, close: result }} words={t('ticketsPage.close')} disabled={result === ''} />
      </div>
    </div>
  );
}
