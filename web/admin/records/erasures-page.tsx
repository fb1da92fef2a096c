/** Customers who asked to be erased: what became of each, and a new one, which cannot be taken back. */
import { Button, Input } from 'antd';
import { useState } from 'react';
import { post } from '../../shared/api.ts';
import { shownTime } from '../../shared/labels.ts';
import { PanelForm } from '../../shared/side-panel.tsx';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useOne, useRefresh } from '../admin.ts';
import { Failure, faultOf } from '../failure.tsx';
import { Field } from '../field.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { Panel } from '../panel.tsx';
import { useWords } from '../words.ts';
import './records.css';

const ERASURES = '/api/v1/erasures';
/** One that has not ended goes on each minute. */
const LOOK_EACH_MS = 10_000;
const LEAST_CHARACTERS = 3;

interface Erasure {
  erasureId: string;
  reason: string;
  begunAt: string;
  endedAt: string | null;
  report: { calls: number; interactions: number; recordings: number; held: number; failed: number };
}
type State = 'underWay' | 'held' | 'done';
const stateOf = ({ endedAt, report }: Erasure): State => (endedAt === null ? 'underWay' : report.held > 0 ? 'held' : 'done');
const tagOf: Record<State, string> = { underWay: 'tag', held: 'tag is-warning', done: 'tag is-good' };
const counts = ['calls', 'interactions', 'recordings', 'held', 'failed'] as const;

export default function ErasuresPage() {
  const w = useWords();
  const { me } = useAdmin();
  const erasures = useOne<{ items: Erasure[] }>(ERASURES, LOOK_EACH_MS);
  const [open, setOpen] = useState<Erasure | 'new' | null>(null);
  const columns: ShownColumn<Erasure>[] = [
    { key: 'begun', title: w('erasure.begun'), value: ({ begunAt }) => begunAt, show: ({ begunAt }) => <span className="figures">{shownTime(begunAt)}</span> },
    { key: 'reason', title: w('erasure.reason'), value: ({ reason }) => reason },
    {
      ...{ key: 'state', title: w('erasure.state'), value: (one: Erasure) => w(`erasureState.${stateOf(one)}`) },
      ...{ options: (one: Erasure) => [w(`erasureState.${stateOf(one)}`)] },
      show: (one: Erasure) => <span className={tagOf[stateOf(one)]}>{w(`erasureState.${stateOf(one)}`)}</span>,
    },
    ...counts.map((name) => ({ key: name, title: w(`erasureCount.${name}`), value: ({ report }: Erasure) => report[name] })),
  ];
  const mayBegin = me.may['recording.keep'] !== undefined;
  const add = mayBegin && (
    <Button type="primary" danger onClick={() => setOpen('new')}>
      {w('erasure.begin')}
    </Button>
  );
  return (
    <>
      <Failure error={erasures.error} />
      <List
        title={w('page.erasures')}
        fileName="erasures"
        rows={erasures.data?.items}
        columns={columns}
        idOf={({ erasureId }) => erasureId}
        onOpen={(one) => setOpen(one)}
        tools={add}
        empty={{ title: w('empty.erasures'), text: w('emptyText.erasures'), action: add }}
      />
      {open === 'new' && <Begin onClose={() => setOpen(null)} />}
      {open !== null && open !== 'new' && <Report erasure={open} onClose={() => setOpen(null)} />}
    </>
  );
}

function Report({ erasure, onClose }: { erasure: Erasure; onClose(): void }) {
  const w = useWords();
  const { reason, begunAt, endedAt, report } = erasure;
  const state = stateOf(erasure);
  const facts: [string, string][] = [
    [w('erasure.reason'), reason],
    [w('erasure.begun'), shownTime(begunAt)],
    [w('erasure.ended'), endedAt === null ? '—' : shownTime(endedAt)],
    ...counts.map((name): [string, string] => [w(`erasureCount.${name}`), String(report[name])]),
  ];
  return (
    <Panel title={w('erasure.report')} onClose={onClose}>
      <p>
        <span className={tagOf[state]}>{w(`erasureState.${state}`)}</span> {w(`erasureStateText.${state}`)}
      </p>
      <dl className="erasure-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="figures">{value}</dd>
          </div>
        ))}
      </dl>
      {report.failed > 0 && <p>{w('erasure.failed')}</p>}
      <p className="quiet">{w('erasure.forgotten')}</p>
    </Panel>
  );
}

const goes = ['recordings', 'records', 'card', 'journal'] as const;

function Begin({ onClose }: { onClose(): void }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [number, setNumber] = useState('');
  const [again, setAgain] = useState('');
  const [reason, setReason] = useState('');
  const { busy, failed, submit } = useSubmission(
    () => post<Erasure>(token, ERASURES, { number: number.trim(), reason: reason.trim() }),
    () => {
      void refresh(ERASURES);
      tell(w('erasure.begunNow'));
      onClose();
    },
  );
  const named = number.trim();
  const confirmed = named.length >= LEAST_CHARACTERS && again.trim() === named;
  const differs = again.trim() !== '' && !confirmed;
  return (
    <Panel title={w('erasure.begin')} onClose={onClose}>
      <PanelForm danger busy={busy} submit={w('erasure.beginNow')} disabled={!confirmed || reason.trim() === ''} onSubmit={() => void submit()}>
        <Failure error={failed} />
        <div>
          <p>
            <strong>{w('erasure.final')}</strong> {w('erasure.goes')}
          </p>
          <ul className="erasure-goes">
            {goes.map((what) => (
              <li key={what}>{w(`erasureGoes.${what}`)}</li>
            ))}
          </ul>
          <p className="quiet">{w('erasure.stays')}</p>
        </div>
        <Field label={w('erasure.number')} hint={w('erasure.numberHint')} fault={faultOf(failed, 'number')}>
          {(control) => <Input {...control} autoFocus autoComplete="off" maxLength={254} value={number} onChange={(event) => setNumber(event.target.value)} />}
        </Field>
        <Field label={w('erasure.reason')} hint={w('erasure.reasonHint')} fault={faultOf(failed, 'reason')}>
          {(control) => <Input {...control} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}
        </Field>
        <Field label={w('erasure.again')} fault={differs ? w('erasure.differs') : null}>
          {(control) => <Input {...control} autoComplete="off" maxLength={254} value={again} onChange={(event) => setAgain(event.target.value)} />}
        </Field>
      </PanelForm>
    </Panel>
  );
}
