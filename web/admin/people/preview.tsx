/** What would come of many changes, row by row. Nothing is written before somebody has seen this and said yes. */
import { Alert, Button } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { post } from '../../shared/api.ts';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useRefresh } from '../admin.ts';
import { Failure } from '../failure.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { useWords, type Words } from '../words.ts';
import type { AgentRow, RowTrouble } from './agents-file.ts';
import { AGENTS, type ImportBody, type Preview, rowSentence, USERS } from './people.ts';
import './preview.css';

interface Props {
  rows: AgentRow[];
  /** Where each stands in its file; absent = it is of none. */
  lines?: number[];
  troubles?: RowTrouble[][];
  onBack(): void;
  onDone(): void;
}

interface SeenRow {
  line: number | null;
  number: string;
  outcome: Preview['rows'][number]['outcome'];
  what: string[];
  faults: string[];
}

/** The list of changes may be long: the server takes it all in one call. */
const ask = (token: string, body: ImportBody): Promise<Preview> => post<Preview>(token, `${AGENTS}/import`, body);

export function AgentsPreview({ rows, lines, troubles, onBack, onDone }: Props) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [preview, setPreview] = useState<Preview | null>(null);
  const look = useSubmission(
    async () => setPreview(await ask(token, { rows, apply: false })),
    () => undefined,
  );
  const { submit: lookNow } = look;
  // Once for these rows: another file makes another of this.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `submit` is new at every drawing
  useEffect(() => void lookNow(), [rows]);
  const write = useSubmission(
    () => ask(token, { rows, apply: true, basis: preview?.basis ?? '' }),
    () => {
      void refresh(AGENTS, USERS);
      tell(w('preview.done', { count: (preview?.counts.new ?? 0) + (preview?.counts.changed ?? 0) }));
      onDone();
    },
  );
  const seen = useMemo(() => (preview === null ? undefined : seenRows(w, preview, lines, troubles)), [preview, lines, troubles, w]);
  const count = (outcome: SeenRow['outcome']) => seen?.filter((row) => row.outcome === outcome).length ?? 0;
  const faulty = count('faulty');
  const changing = count('new') + count('changed');
  return (
    <div className="preview">
      <Failure error={look.failed ?? write.failed} />
      {preview === null ? (
        look.failed === null && <p className="quiet">{w('preview.looking', { count: rows.length })}</p>
      ) : (
        <>
          <Alert type={faulty > 0 ? 'warning' : changing === 0 ? 'info' : 'success'} showIcon title={verdict(w, faulty, changing)} />
          <p className="preview-counts figures">{w('preview.counts', { new: count('new'), changed: count('changed'), same: count('same'), faulty })}</p>
          <List
            title={w('preview.title')}
            fileName="agents-preview"
            rows={seen}
            columns={columnsOf(w, lines !== undefined)}
            idOf={({ line, number }) => `${line} ${number}`}
            empty={{ title: w('preview.nothing'), text: '' }}
          />
        </>
      )}
      <div className="panel-foot">
        <Button type="primary" disabled={preview === null || faulty > 0 || changing === 0} loading={write.busy} onClick={() => void write.submit()}>
          {w('preview.apply', { count: changing })}
        </Button>
        <Button onClick={onBack}>{w('preview.back')}</Button>
      </div>
    </div>
  );
}

const verdict = (w: Words, faulty: number, changing: number): string =>
  faulty > 0 ? w('preview.faulty', { count: faulty }) : changing === 0 ? w('preview.nothing') : w('preview.good', { count: changing });

/** Those that are wrong first: they are what is to be done. */
const ORDER: SeenRow['outcome'][] = ['faulty', 'new', 'changed', 'same'];

function seenRows(w: Words, { rows }: Preview, lines: number[] | undefined, troubles: RowTrouble[][] | undefined): SeenRow[] {
  const all = rows.map((row, at): SeenRow => {
    const faults = [...row.faults, ...(troubles?.[at] ?? [])].map(({ field, code, value }) => `${w(`agentField.${field}`)}: ${rowSentence(w, code, value)}`);
    const what = row.changes.map(
      ({ field, before, after }) => `${w(`agentField.${field}`)}: ${before === '' ? '' : `${before} → `}${after === '' ? w('preview.none') : after}`,
    );
    return { line: lines?.[at] ?? null, number: row.number, outcome: faults.length > 0 ? 'faulty' : row.outcome, what, faults };
  });
  return all.sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
}

function columnsOf(w: Words, hasLines: boolean): ShownColumn<SeenRow>[] {
  const lines = (texts: string[], isFault: boolean) => (
    <ul className={isFault ? 'preview-faults' : undefined}>
      {texts.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
  return [
    ...(hasLines ? [{ key: 'line', title: w('preview.line'), value: ({ line }: SeenRow) => line ?? 0, isFigure: true }] : []),
    { key: 'number', title: w('agentField.number'), value: ({ number }) => number },
    {
      ...{ key: 'outcome', title: w('preview.outcome'), value: ({ outcome }: SeenRow) => w(`outcome.${outcome}`) },
      ...{ options: ({ outcome }: SeenRow) => [outcome], option: (name: string) => w(`outcome.${name as SeenRow['outcome']}`) },
      show: ({ outcome }: SeenRow) => <span className={`tag is-${outcome}`}>{w(`outcome.${outcome}`)}</span>,
    },
    {
      ...{ key: 'what', title: w('preview.what'), value: ({ what, faults }: SeenRow) => [...faults, ...what].join(' | ') },
      show: ({ what, faults }: SeenRow) => (
        <>
          {lines(faults, true)}
          {lines(what, false)}
        </>
      ),
    },
  ];
}
