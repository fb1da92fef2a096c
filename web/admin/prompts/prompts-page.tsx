/** Prompts: which a dialplan names, which there are in which language; heard, uploaded, or recorded here. */
import { Alert, Button, Input, Popconfirm } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { remove } from '../../shared/api.ts';
import { shownTime } from '../../shared/labels.ts';
import { useSubmission } from '../../shared/submission.ts';
import { fetchBlob, putBlob, useAdmin, useOne, useRefresh } from '../admin.ts';
import type { Files } from '../dialplans/dialplan.ts';
import { languagesOf, promptsNamed } from '../dialplans/flow-graph.ts';
import { useCurrentFiles } from '../dialplans/in-use.ts';
import { Failure } from '../failure.tsx';
import { Field } from '../field.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { Panel } from '../panel.tsx';
import { useWords } from '../words.ts';
import { Recorder } from './recorder.tsx';
import { LONGEST_SECONDS, MOST_SOURCE_BYTES, telephoneWav } from './sound.ts';
import '../records/records.css';

const PROMPTS = '/api/v1/prompts';
const languages = ['zh', 'en'] as const;
type PromptLanguage = (typeof languages)[number];

interface PromptFile {
  name: string;
  language: PromptLanguage;
  bytes: number;
  seconds: number | null;
  changedAt: string;
  text: string | null;
}
interface Row {
  name: string;
  files: Partial<Record<PromptLanguage, PromptFile>>;
  /** Where the dialplan in use names it. */
  named: string[];
}

export default function PromptsPage() {
  const w = useWords();
  const prompts = useOne<{ items: PromptFile[] }>(PROMPTS);
  const files = useCurrentFiles();
  const [open, setOpen] = useState<string | null>(null);
  const rows = useMemo(() => (prompts.data === undefined ? undefined : rowsOf(prompts.data.items, files.data ?? {})), [prompts.data, files.data]);
  const spoken = useMemo(() => languagesOf(files.data ?? {}), [files.data]);
  const missing = (row: Row): PromptLanguage[] =>
    row.named.length === 0 ? [] : languages.filter((language) => spoken.includes(language) && row.files[language] === undefined);
  const stateOf = (row: Row): string[] => {
    const lost = missing(row);
    if (lost.length > 0) return lost.map((language) => w(`promptMissing.${language}`));
    return [w(row.named.length > 0 ? 'prompt.used' : 'prompt.unused')];
  };
  const seconds = (row: Row, language: PromptLanguage): number | string => {
    const file = row.files[language];
    return file === undefined ? '' : file.seconds === null ? '?' : Math.round(file.seconds * 10) / 10;
  };
  const columns: ShownColumn<Row>[] = [
    { key: 'name', title: w('prompt.name'), value: ({ name }) => name },
    {
      ...{ key: 'state', title: w('prompt.state'), value: (row: Row) => stateOf(row).join(', '), options: stateOf },
      show: (row: Row) =>
        stateOf(row).map((word) => (
          <span key={word} className={missing(row).length > 0 ? 'tag is-faulty' : 'tag'}>
            {word}
          </span>
        )),
    },
    { key: 'zh', title: w('promptSeconds.zh'), value: (row) => seconds(row, 'zh'), isFigure: true },
    { key: 'en', title: w('promptSeconds.en'), value: (row) => seconds(row, 'en'), isFigure: true },
    { key: 'text', title: w('prompt.text'), value: ({ files: of }) => of.zh?.text ?? of.en?.text ?? '' },
    { key: 'named', title: w('prompt.named'), value: ({ named }) => named.join(', ') },
  ];
  const lost = (rows ?? []).filter((row) => missing(row).length > 0).length;
  const add = (
    <Button type="primary" onClick={() => setOpen('')}>
      {w('prompt.add')}
    </Button>
  );
  return (
    <>
      <Failure error={prompts.error ?? files.error} />
      {lost > 0 && <Alert type="warning" showIcon title={w('prompt.lost', { count: lost })} />}
      <List
        title={w('page.prompts')}
        fileName="prompts"
        rows={rows}
        columns={columns}
        idOf={({ name }) => name}
        onOpen={({ name }) => setOpen(name)}
        tools={add}
        empty={{ title: w('empty.prompts'), text: w('emptyText.prompts') }}
      />
      {open !== null && <PromptPanel name={open} rows={rows ?? []} onClose={() => setOpen(null)} />}
    </>
  );
}

function rowsOf(prompts: readonly PromptFile[], files: Files): Row[] {
  const rows = new Map<string, Row>();
  const of = (name: string): Row => {
    const row = rows.get(name) ?? { name, files: {}, named: [] };
    rows.set(name, row);
    return row;
  };
  for (const prompt of prompts) of(prompt.name).files[prompt.language] = prompt;
  for (const [name, where] of promptsNamed(files)) of(name).named = [...where];
  return [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** `name` '' = a new one, which is in the list once its first recording is. */
function PromptPanel({ name, rows, onClose }: { name: string; rows: readonly Row[]; onClose(): void }) {
  const w = useWords();
  const { isReader } = useAdmin();
  const [typed, setTyped] = useState('');
  const wanted = name === '' ? typed.trim() : name;
  const row = rows.find((each) => each.name === wanted) ?? null;
  const wrong = name === '' && typed !== '' && !NAME.test(wanted);
  return (
    <Panel title={name === '' ? w('prompt.add') : name} readable onClose={onClose}>
      <div className="panel-form">
        {name === '' && (
          <Field label={w('prompt.name')} hint={w('prompt.nameHint')} fault={wrong ? w('prompt.nameHint') : null}>
            {(control) => <Input {...control} autoFocus value={typed} onChange={(event) => setTyped(event.target.value)} />}
          </Field>
        )}
        {row !== null && row.named.length > 0 && <p className="quiet">{w('prompt.namedIn', { where: row.named.join(', ') })}</p>}
        {languages.map((language) => (
          <OneLanguage key={language} name={wanted} language={language} file={row?.files[language] ?? null} disabled={!NAME.test(wanted)} />
        ))}
        {!isReader && <p className="field-hint quiet">{w('prompt.formats')}</p>}
      </div>
    </Panel>
  );
}

interface OneProps {
  name: string;
  language: PromptLanguage;
  file: PromptFile | null;
  disabled: boolean;
}

function OneLanguage({ name, language, file, disabled }: OneProps) {
  const w = useWords();
  const { token, isReader, tell } = useAdmin();
  const refresh = useRefresh();
  const path = `${PROMPTS}/${language}/${name}`;
  const input = useRef<HTMLInputElement>(null);
  const [fresh, setFresh] = useState<{ wav: Blob; seconds: number } | null>(null);
  const [fault, setFault] = useState<'too_big' | 'unreadable' | 'too_long' | null>(null);
  const [saved, setSaved] = useState(0);
  const save = useSubmission(
    () => (fresh === null ? Promise.resolve() : putBlob(token, path, fresh.wav)),
    () => {
      tell(w('prompt.saved', { name }));
      setFresh(null);
      setSaved(saved + 1);
      void refresh(PROMPTS);
    },
  );
  const take = async (source: Blob | undefined) => {
    if (source === undefined) return;
    setFault(null);
    if (source.size > MOST_SOURCE_BYTES) return setFault('too_big');
    try {
      const made = await telephoneWav(source);
      if (made.seconds > LONGEST_SECONDS) setFault('too_long');
      else setFresh(made);
    } catch {
      setFault('unreadable');
    }
  };
  const title = w(`language.${language}`);
  return (
    <section className="form-part prompt-one" aria-label={title}>
      <h3>{title}</h3>
      <Failure error={save.failed} />
      {fault !== null && <Alert type="error" showIcon role="alert" title={w(`soundFault.${fault}`)} />}
      <Kept file={file} path={path} saved={saved} title={title} />
      {fresh !== null && <Fresh fresh={fresh} isFirst={file === null} busy={save.busy} onSave={() => void save.submit()} onDiscard={() => setFresh(null)} />}
      {!isReader && (
        <>
          <div className="prompt-buttons">
            <Button disabled={disabled} onClick={() => input.current?.click()}>
              {w('prompt.upload')}
            </Button>
            <Recorder disabled={disabled} onSound={(sound) => void take(sound)} />
            {file !== null && <RemovePrompt name={name} path={path} />}
          </div>
          <input
            ref={input}
            type="file"
            className="unseen"
            tabIndex={-1}
            aria-label={`${w('prompt.upload')} ${title}`}
            accept="audio/*"
            onChange={(event) => {
              void take(event.target.files?.[0]);
              event.target.value = '';
            }}
          />
        </>
      )}
    </section>
  );
}

/** What there is already. */
function Kept({ file, path, saved, title }: { file: PromptFile | null; path: string; saved: number; title: string }) {
  const w = useWords();
  if (file === null) return <p className="quiet">{w('prompt.none')}</p>;
  return (
    <>
      {file.text !== null && <p>{file.text}</p>}
      <p className="quiet figures">{w('prompt.facts', { seconds: file.seconds === null ? '?' : file.seconds.toFixed(1), time: shownTime(file.changedAt) })}</p>
      <Listen key={`${path} ${saved}`} path={path} label={w('prompt.listen', { language: title })} />
    </>
  );
}

function RemovePrompt({ name, path }: { name: string; path: string }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const drop = useSubmission(
    () => remove(token, path),
    () => {
      tell(w('prompt.removed', { name }));
      void refresh(PROMPTS);
    },
  );
  return (
    <>
      <Popconfirm title={w('prompt.removeAsk')} okText={w('prompt.remove')} onConfirm={() => void drop.submit()}>
        <Button danger>{w('prompt.remove')}</Button>
      </Popconfirm>
      <Failure error={drop.failed} />
    </>
  );
}

interface FreshProps {
  fresh: { wav: Blob; seconds: number };
  isFirst: boolean;
  busy: boolean;
  onSave(): void;
  onDiscard(): void;
}

function Fresh({ fresh, isFirst, busy, onSave, onDiscard }: FreshProps) {
  const w = useWords();
  return (
    <div className="prompt-fresh">
      <p>{w('prompt.fresh', { seconds: fresh.seconds.toFixed(1) })}</p>
      <BlobPlayer blob={fresh.wav} label={w('prompt.listenFresh')} />
      <div className="prompt-buttons">
        <Button type="primary" loading={busy} onClick={onSave}>
          {isFirst ? w('prompt.take') : w('prompt.replace')}
        </Button>
        <Button onClick={onDiscard}>{w('prompt.discard')}</Button>
      </div>
    </div>
  );
}

/** The sound is asked for when somebody wants to hear it: its address needs a token, which no player sends. */
function Listen({ path, label }: { path: string; label: string }) {
  const { token } = useAdmin();
  const [blob, setBlob] = useState<Blob | null>(null);
  const [failed, setFailed] = useState<Error | null>(null);
  if (blob !== null) return <BlobPlayer blob={blob} label={label} autoPlay />;
  return (
    <div>
      <Failure error={failed} />
      <Button onClick={() => fetchBlob(token, path).then(setBlob, setFailed)}>{label}</Button>
    </div>
  );
}

function BlobPlayer({ blob, label, autoPlay = false }: { blob: Blob; label: string; autoPlay?: boolean }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  // biome-ignore lint/a11y/useMediaCaption: what it says is written above it
  return url === null ? null : <audio controls src={url} aria-label={label} autoPlay={autoPlay} />;
}
