/** Calls there were: searched on the server, one looked at in full, held or its recordings erased. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, Input, Popconfirm } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, post } from '../../shared/api.ts';
import { asDuration, browserClock } from '../../shared/clock.ts';
import { label, languageNow, ownName, shownNumber, shownTime, zoneName } from '../../shared/labels.ts';
import { isEnding, isMasked, isWholeNumber, Reveal, type Values } from '../../shared/reveal.tsx';
import { useAdmin, useOne, useRefresh } from '../admin.ts';
import { Failure } from '../failure.tsx';
import { Field } from '../field.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { Panel } from '../panel.tsx';
import { type Agent, type QueueName, useAgents, useQueueNames } from '../people/people.ts';
import { useWords } from '../words.ts';
import { CALLS, CallHold, HoldMarked } from './hold.tsx';
import './records.css';

const PAGE = 200;
/** She types; what she has typed is asked for when she rests. */
const REST_MS = 400;

interface Call {
  callId: string;
  arrivedAt: string;
  caller: string;
  callee: string;
  cause: string;
  queueId: string | null;
  agentId: string | null;
  queueWaitMs: number;
  talkMs: number;
  wrapUpMs: number;
  disposition: string | null;
  notes: string | null;
  recording: 'none' | 'complete' | 'partial';
  ivrPath: string[];
  legalHold: boolean;
}
interface Wanted {
  caller: string;
  from: string;
  to: string;
  agentId: string;
  queueId: string;
  callee: string;
  held: string;
}
const everything: Wanted = { caller: '', callee: '', from: '', to: '', agentId: '', queueId: '', held: '' };

/** `13800001001` stands in the record as +8613800001001. */
const inRecord = (typed: string): string => (/^1[3-9]\d{9}$/.test(typed) ? `+86${typed}` : typed);

function queryOf({ caller, callee, from, to, agentId, queueId, held }: Wanted): URLSearchParams {
  const query = new URLSearchParams({ limit: String(PAGE) });
  for (const [name, typed] of Object.entries({ caller, callee })) {
    const digits = typed.replaceAll(/[\s-]/g, '');
    if (name === 'caller' && isEnding(digits)) query.set('callerEnds', digits);
    else if (digits !== '') query.set(name, inRecord(digits));
  }
  if (held !== '') query.set('held', held);
  if (from !== '') query.set('from', new Date(`${from}T00:00`).toISOString());
  // The whole of the last day.
  if (to !== '') query.set('to', new Date(new Date(`${to}T00:00`).getTime() + 86_400_000).toISOString());
  if (agentId !== '') query.set('agentId', agentId);
  if (queueId !== '') query.set('queueId', queueId);
  return query;
}

export default function CallsPage() {
  const w = useWords();
  const { t } = useTranslation();
  const { token, me } = useAdmin();
  const [typed, setTyped] = useState(everything);
  const [wanted, setWanted] = useState(everything);
  // Half a number would be in the audit trail, too.
  const mustConfirm = me.may['personal.read'] !== 'all' && (isWholeNumber(typed.caller) || isWholeNumber(typed.callee));
  useEffect(() => (mustConfirm ? undefined : browserClock.after(REST_MS, () => setWanted(typed))), [mustConfirm, typed]);
  const calls = useInfiniteQuery({
    queryKey: [CALLS, wanted],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => {
      const query = queryOf(wanted);
      if (pageParam !== null) query.set('cursor', pageParam);
      return get<{ items: Call[]; nextCursor: string | null }>(token, `${CALLS}?${query}`);
    },
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  const queues = useQueueNames();
  const agents = useAgents();
  const [open, setOpen] = useState<Call | null>(null);
  const queueName = (id: string | null): string =>
    id === null ? '' : ((queues.data ?? []).find(({ queueId }) => queueId === id)?.name[languageNow()] ?? ownName(id));
  const columns = useColumns(queueName);
  const isFiltered = JSON.stringify(wanted) !== JSON.stringify(everything);
  return (
    <>
      <Failure error={calls.error ?? queues.error} />
      <CallFilters typed={typed} queues={queues.data ?? []} agents={agents.data ?? []} onType={setTyped} onAsk={() => setWanted(typed)} />
      <p className="quiet small" role="status">
        {mustConfirm && wanted !== typed && t('calls.wholeNumber')}
      </p>
      <List
        title={w('page.calls')}
        fileName="calls"
        rows={calls.data?.pages.flatMap(({ items }) => items)}
        columns={columns}
        idOf={({ callId }) => callId}
        onOpen={(call) => setOpen(call)}
        marked={(chosen, clear) => <HoldMarked calls={chosen} onDone={clear} />}
        more={calls.hasNextPage ? { load: () => void calls.fetchNextPage(), busy: calls.isFetchingNextPage } : null}
        empty={isFiltered ? { title: w('empty.found'), text: w('emptyText.found') } : { title: w('empty.calls'), text: w('emptyText.calls') }}
      />
      {open !== null && <CallPanel call={open} queue={queueName(open.queueId)} onClose={() => setOpen(null)} />}
    </>
  );
}

function useColumns(queueName: (id: string | null) => string): ShownColumn<Call>[] {
  const w = useWords();
  const { t } = useTranslation();
  const cause = (call: Call): string => label(t, 'cause', call.cause);
  return [
    {
      ...{ key: 'at', title: w('call.at'), value: ({ arrivedAt }: Call) => arrivedAt, seen: ({ arrivedAt }: Call) => shownTime(arrivedAt) },
      show: ({ arrivedAt }: Call) => <span className="figures">{shownTime(arrivedAt)}</span>,
    },
    {
      key: 'caller',
      title: w('call.caller'),
      value: ({ caller }) => caller,
      seen: ({ caller }) => shownNumber(caller, true),
      show: ({ caller }) => (caller === '' ? t('call.withheld') : shownNumber(caller, true)),
    },
    { key: 'callee', title: w('call.callee'), value: ({ callee }) => callee },
    { key: 'queue', title: w('call.queue'), value: ({ queueId }) => queueName(queueId) },
    { key: 'agent', title: w('call.agent'), value: ({ agentId }) => (agentId === null ? '' : ownName(agentId)) },
    { key: 'wait', title: w('call.wait'), value: ({ queueWaitMs }) => Math.round(queueWaitMs / 1000), isFigure: true },
    { key: 'talk', title: w('call.talk'), value: ({ talkMs }) => Math.round(talkMs / 1000), isFigure: true },
    { key: 'cause', title: w('call.cause'), value: cause, options: (call) => [cause(call)] },
    {
      key: 'recording',
      title: w('call.recording'),
      value: ({ recording }) => t(`recordingState.${recording}`),
      options: ({ recording }) => [t(`recordingState.${recording}`)],
    },
    {
      ...{ key: 'hold', title: w('hold.state'), value: ({ legalHold }: Call) => (legalHold ? w('call.held') : '') },
      show: ({ legalHold }: Call) => (legalHold ? <span className="tag is-warning">{w('call.held')}</span> : null),
    },
    { key: 'disposition', title: t('wrapUp.disposition'), value: ({ disposition }) => (disposition === null ? '' : label(t, 'disposition', disposition)) },
    { key: 'callId', title: w('call.id'), value: ({ callId }) => callId, isHidden: true },
  ];
}

interface FilterProps {
  typed: Wanted;
  queues: readonly QueueName[];
  agents: readonly Agent[];
  onType(wanted: Wanted): void;
  onAsk(): void;
}

function CallFilters({ typed, queues, agents, onType, onAsk }: FilterProps) {
  const w = useWords();
  const set = (change: Partial<Wanted>) => onType({ ...typed, ...change });
  return (
    <search className="filters">
      <Field label={w('call.caller')}>
        {(control) => <Input {...control} allowClear value={typed.caller} onPressEnter={onAsk} onChange={(event) => set({ caller: event.target.value })} />}
      </Field>
      <Field label={w('call.callee')}>
        {(control) => <Input {...control} allowClear value={typed.callee} onPressEnter={onAsk} onChange={(event) => set({ callee: event.target.value })} />}
      </Field>
      <Field label={w('call.from')}>
        {(control) => <Input {...control} type="date" value={typed.from} onChange={(event) => set({ from: event.target.value })} />}
      </Field>
      <Field label={w('call.to')}>
        {(control) => <Input {...control} type="date" value={typed.to} onChange={(event) => set({ to: event.target.value })} />}
      </Field>
      <Field label={w('call.queue')}>
        {(control) => (
          <select {...control} value={typed.queueId} onChange={(event) => set({ queueId: event.target.value })}>
            <option value="">{w('list.all')}</option>
            {queues.map(({ queueId, name }) => (
              <option key={queueId} value={queueId}>
                {name[languageNow()]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={w('call.agent')}>
        {(control) => (
          <select {...control} value={typed.agentId} onChange={(event) => set({ agentId: event.target.value })}>
            <option value="">{w('list.all')}</option>
            {agents.map(({ agentId, number, name }) => (
              <option key={agentId} value={agentId}>
                {number} {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={w('hold.state')}>
        {(control) => (
          <select {...control} value={typed.held} onChange={(event) => set({ held: event.target.value })}>
            <option value="">{w('list.all')}</option>
            <option value="true">{w('call.held')}</option>
          </select>
        )}
      </Field>
    </search>
  );
}

interface Recording {
  recordingId: string;
  startedAt: string;
  durationMs: number | null;
  complete: boolean;
  legalHold: boolean;
  erasedAt: string | null;
}

function CallPanel({ call, queue, onClose }: { call: Call; queue: string; onClose(): void }) {
  const w = useWords();
  const { t } = useTranslation();
  const { token, me } = useAdmin();
  const [values, setValues] = useState<Values>({});
  const { caller = call.caller, callee = call.callee, notes = call.notes } = values;
  const whole = `${CALLS}/${encodeURIComponent(call.callId)}`;
  const path = `${whole}/recordings`;
  const detail = useOne<{ legalHold: boolean }>(whole);
  const recordings = useOne<{ items: Recording[] }>(path);
  const facts: [string, string][] = [
    [w('call.at'), shownTime(call.arrivedAt)],
    [w('call.callee'), shownNumber(callee, true)],
    [w('call.queue'), queue],
    [w('call.agent'), call.agentId === null ? '—' : ownName(call.agentId)],
    [w('call.wait'), asDuration(call.queueWaitMs)],
    [w('call.talk'), asDuration(call.talkMs)],
    [w('call.wrapUp'), asDuration(call.wrapUpMs)],
    [w('call.cause'), label(t, 'cause', call.cause)],
    [t('wrapUp.disposition'), call.disposition === null ? '—' : label(t, 'disposition', call.disposition)],
    [w('call.path'), call.ivrPath.join(' › ')],
    [w('call.id'), call.callId],
  ];
  return (
    <Panel title={caller === '' ? t('call.withheld') : shownNumber(caller, true)} onClose={onClose}>
      <div className="panel-form">
        {isMasked(caller, callee, notes) && me.may['personal.reveal'] !== undefined && (
          <Reveal token={token} kind="call" id={call.callId} onShown={setValues} />
        )}
        <dl className="columns">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {notes !== null && <p className="notes">{notes}</p>}
        <section className="form-part" aria-label={w('hold.state')}>
          <h3>{w('hold.state')}</h3>
          <Failure error={detail.error} />
          {detail.data !== undefined && me.may['recording.keep'] !== undefined && (
            <CallHold callId={call.callId} held={detail.data.legalHold} paths={[whole, path]} />
          )}
        </section>
        <section className="form-part" aria-label={w('call.recordings')}>
          <h3>{w('call.recordings')}</h3>
          <p className="field-hint quiet">{w('call.playHint')}</p>
          <Failure error={recordings.error} />
          {recordings.data?.items.length === 0 && <p className="quiet">{w('call.noRecording')}</p>}
          {recordings.data?.items.map((recording) => (
            <OneRecording key={recording.recordingId} recording={recording} path={path} />
          ))}
        </section>
        <p className="quiet small">{t('pop.zone', { zone: zoneName() })}</p>
      </div>
    </Panel>
  );
}

function OneRecording({ recording, path }: { recording: Recording; path: string }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [reason, setReason] = useState('');
  const [failed, setFailed] = useState<Error | null>(null);
  const { recordingId, startedAt, durationMs, legalHold, erasedAt } = recording;
  const erase = () => {
    post(token, `/api/v1/recordings/${encodeURIComponent(recordingId)}/erasure`, { reason: reason.trim() }).then(() => {
      tell(w('call.erased'));
      void refresh(path);
    }, setFailed);
  };
  return (
    <div className="recording">
      <p className="figures">
        {shownTime(startedAt)} · {durationMs === null ? '—' : asDuration(durationMs)}
        {legalHold && <span className="tag is-warning">{w('call.held')}</span>}
        {erasedAt !== null && <span className="tag">{w('call.erasedAt', { time: shownTime(erasedAt) })}</span>}
      </p>
      <Failure error={failed} />
      {erasedAt === null && (
        <div className="password-line">
          <Input
            aria-label={w('call.reason')}
            placeholder={w('call.reason')}
            maxLength={200}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
          <Popconfirm title={w('call.eraseAsk')} okText={w('call.erase')} onConfirm={erase}>
            <Button danger disabled={legalHold || reason.trim() === ''}>
              {w('call.erase')}
            </Button>
          </Popconfirm>
        </div>
      )}
    </div>
  );
}
