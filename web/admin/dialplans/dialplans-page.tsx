/** Dialplans: written with completion and faults where they are, seen as a picture, compared, published, and taken back with one word. */
import { Alert, Button, Input, Popconfirm } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { get, post } from '../../shared/api.ts';
import { browserClock } from '../../shared/clock.ts';
import { ownName, shownTime } from '../../shared/labels.ts';
import { PanelForm } from '../../shared/side-panel.tsx';
import { useSubmission } from '../../shared/submission.ts';
import { useAdmin, useOne, useRefresh } from '../admin.ts';
import { CodeEditor, type EditorHandle } from '../editor/code-editor.tsx';
import type { Schema } from '../editor/schema.ts';
import { Failure } from '../failure.tsx';
import { List, type ShownColumn } from '../list/list.tsx';
import { Panel } from '../panel.tsx';
import { type QueueName, useQueueNames } from '../people/people.ts';
import { useWords } from '../words.ts';
import { changedFiles, type Draft, type Fault, type Files, keepDraft, keptDraft, type Version } from './dialplan.ts';
import { DiffView } from './diff-view.tsx';
import { type FlowGraph, flowGraph, promptsNamed } from './flow-graph.ts';
import { FlowPicture } from './flow-picture.tsx';
import './dialplans.css';

const DIALPLANS = '/api/v1/dialplans';
/** She types; what she has typed is checked when she rests. */
const REST_MS = 500;
const AGAIN_MS = 2_000;

type View = 'text' | 'picture' | 'versions';
const views: View[] = ['text', 'picture', 'versions'];

export default function DialplansPage() {
  const { token, isReader } = useAdmin();
  const w = useWords();
  const versions = useOne<{ items: Version[] }>(DIALPLANS);
  const current = versions.data?.items.find((version) => version.current);
  const [draft, setDraft] = useState<Draft | null>(() => (isReader ? null : keptDraft()));
  const [failed, setFailed] = useState<Error | null>(null);
  const wanted = current?.version;
  useEffect(() => {
    // What somebody has begun to write is hers until she gives it up.
    if (wanted === undefined || (draft !== null && (draft.base === wanted || changedFiles(draft).length > 0))) return;
    get<{ files: Files }>(token, `${DIALPLANS}/${encodeURIComponent(wanted)}`).then(({ files }) => setDraft({ base: wanted, before: files, files }), setFailed);
  }, [wanted, draft, token]);
  useEffect(() => (isReader ? undefined : keepDraft(draft)), [draft, isReader]);
  const nothing = versions.data !== undefined && current === undefined;
  return (
    <>
      <Failure error={failed ?? versions.error} />
      {nothing && draft === null && (
        <div className="list-empty">
          <h2>{w('empty.dialplans')}</h2>
          {!isReader && (
            <>
              <p className="quiet">{w('emptyText.dialplans')}</p>
              <Button type="primary" onClick={() => setDraft({ base: '', before: {}, files: { 'main.yaml': w('dialplan.firstText') } })}>
                {w('dialplan.addFile')}
              </Button>
            </>
          )}
        </div>
      )}
      {draft !== null && <Workbench draft={draft} versions={versions.data?.items ?? []} onChange={setDraft} />}
    </>
  );
}

function Workbench({ draft, versions, onChange }: { draft: Draft; versions: Version[]; onChange(draft: Draft | null): void }) {
  const w = useWords();
  const { isReader } = useAdmin();
  const [view, setView] = useState<View>('text');
  const [file, setFile] = useState(() => Object.keys(draft.files)[0] ?? '');
  const [publishing, setPublishing] = useState(false);
  const editor = useRef<EditorHandle>(null);
  const [goal, setGoal] = useState<{ line: number; column: number } | null>(null);
  const { faults, checking } = useCheck(draft.files);
  const schema = useOne<Schema>(`${DIALPLANS}/schema`);
  const queues = useQueueNames();
  const graph = useMemo(() => flowGraph(draft.files), [draft.files]);
  const prompts = useMemo(() => [...promptsNamed(draft.files).keys()].sort(), [draft.files]);
  const changed = changedFiles(draft);
  const at = file in draft.files ? file : (Object.keys(draft.files)[0] ?? '');
  const open = (name: string, line: number, column = 1) => {
    setFile(name);
    setView('text');
    setGoal({ line, column });
  };
  useEffect(() => {
    if (goal !== null && view === 'text') editor.current?.goTo(goal.line, goal.column);
  }, [goal, view]);
  const write = (text: string) => onChange({ ...draft, files: { ...draft.files, [at]: text } });
  const namesFor = (key: string): string[] => namesBehind(key, graph, prompts, queues.data ?? []);
  return (
    <div className="dialplan">
      <div className="list-tools">
        <Segments view={view} onView={setView} />
        <span className="quiet" role="status">
          {!isReader && `${changed.length === 0 ? w('dialplan.unchanged') : w('dialplan.changed', { count: changed.length })} · `}
          {checking ? w('dialplan.checking') : faults.length === 0 ? w('dialplan.good') : w('dialplan.faulty', { count: faults.length })}
        </span>
        <span className="spacer" />
        {changed.length > 0 && (
          <Popconfirm title={w('dialplan.giveUpAsk')} okText={w('dialplan.giveUp')} onConfirm={() => onChange({ ...draft, files: draft.before })}>
            <Button>{w('dialplan.giveUp')}</Button>
          </Popconfirm>
        )}
        {!isReader && (
          <Button type="primary" disabled={changed.length === 0 || checking || faults.length > 0} onClick={() => setPublishing(true)}>
            {w('dialplan.publish')}
          </Button>
        )}
      </div>
      {view === 'text' && (
        <div className="dialplan-text">
          <FileList files={draft.files} at={at} changed={changed} faults={faults} onOpen={setFile} onFiles={(files) => onChange({ ...draft, files })} />
          <div className="dialplan-editor">
            <CodeEditor
              key={at}
              ref={editor}
              label={at}
              value={draft.files[at] ?? ''}
              onChange={write}
              schema={schema.data ?? null}
              faults={faults.filter((fault) => fault.file === at)}
              namesFor={namesFor}
            />
          </div>
        </div>
      )}
      {view === 'picture' && <FlowPicture graph={graph} onOpen={(name, line) => open(name, line)} />}
      {view === 'versions' && <Versions versions={versions} draft={draft} onTaken={() => onChange(null)} />}
      {view !== 'versions' && faults.length > 0 && <FaultList faults={faults} onOpen={open} />}
      {publishing && <Publish draft={draft} changed={changed} onClose={() => setPublishing(false)} onDone={() => onChange(null)} />}
    </div>
  );
}

/** Names of things there are, by the key they stand behind. */
function namesBehind(key: string, graph: FlowGraph, prompts: string[], queues: readonly QueueName[]): string[] {
  if (key === 'goto' || key === 'then' || key === 'else' || key === 'otherwise')
    return graph.nodes.flatMap(({ kind, label }) => (kind === 'flow' ? [label] : []));
  if (key === 'queue' || key === 'name') return queues.map(({ queueId }) => ownName(queueId));
  return ['play', 'say', 'prompt', 'errorPrompt', 'silencePrompt'].includes(key) ? prompts : [];
}

function FaultList({ faults, onOpen }: { faults: readonly Fault[]; onOpen(file: string, line: number, column: number): void }) {
  const w = useWords();
  return (
    <ul className="dialplan-faults" aria-label={w('dialplan.faults')}>
      {faults.map(({ file: name, line, column, message }) => (
        <li key={`${name}:${line}:${column} ${message}`}>
          <button type="button" className="as-link" onClick={() => onOpen(name, line, column)}>
            {name}:{line}:{column}
          </button>{' '}
          {message}
        </li>
      ))}
    </ul>
  );
}

function Segments({ view, onView }: { view: View; onView(view: View): void }) {
  const w = useWords();
  const { isReader } = useAdmin();
  return (
    <div className="segments" role="tablist" aria-label={w('dialplan.views')}>
      {views.map((each) => (
        <button key={each} type="button" role="tab" aria-selected={view === each} onClick={() => onView(each)}>
          {w(`dialplanView.${each === 'text' && isReader ? 'read' : each}`)}
        </button>
      ))}
    </div>
  );
}

/** Checked by the server a moment after the last key. */
function useCheck(files: Files): { faults: Fault[]; checking: boolean } {
  const { token } = useAdmin();
  const [checked, setChecked] = useState<{ files: Files; faults: Fault[] } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is written is checked anew
  useEffect(() => {
    let isOld = false;
    const look = () => {
      post<{ faults: Fault[] }>(token, `${DIALPLANS}/check`, { files }).then(
        ({ faults }) => {
          if (!isOld) setChecked({ files, faults });
        },
        // A server that is busy, or away: it is asked again, for without an answer nothing can be published.
        () => {
          if (!isOld) cancel = browserClock.after(AGAIN_MS, look);
        },
      );
    };
    let cancel = browserClock.after(checked === null ? 0 : REST_MS, look);
    return () => {
      isOld = true;
      cancel();
    };
  }, [files, token]);
  return { faults: checked?.faults ?? [], checking: checked?.files !== files };
}

interface FileListProps {
  files: Files;
  at: string;
  changed: readonly string[];
  faults: readonly Fault[];
  onOpen(file: string): void;
  onFiles(files: Files): void;
}

const FILE_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

function FileList({ files, at, changed, faults, onOpen, onFiles }: FileListProps) {
  const w = useWords();
  const { isReader } = useAdmin();
  const [name, setName] = useState('');
  const wrong = name !== '' && (!FILE_NAME.test(name) || `${name}.yaml` in files);
  const add = () => {
    if (name === '' || wrong) return;
    onFiles({ ...files, [`${name}.yaml`]: w('dialplan.firstText') });
    onOpen(`${name}.yaml`);
    setName('');
  };
  return (
    <nav className="dialplan-files" aria-label={w('dialplan.files')}>
      <ul>
        {Object.keys(files).map((each) => (
          <li key={each}>
            <button type="button" aria-current={each === at ? 'true' : undefined} onClick={() => onOpen(each)}>
              {each}
              {changed.includes(each) && <span className="tag is-changed">{w('dialplan.mark')}</span>}
              {faults.some(({ file }) => file === each) && <span className="tag is-faulty">!</span>}
            </button>
          </li>
        ))}
      </ul>
      {!isReader && (
        <>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              add();
            }}
          >
            <Input
              size="small"
              aria-label={w('dialplan.newFile')}
              placeholder={w('dialplan.newFile')}
              suffix=".yaml"
              value={name}
              {...(wrong ? { status: 'error' as const } : {})}
              onChange={(event) => setName(event.target.value)}
            />
            <Button size="small" htmlType="submit" disabled={name === '' || wrong}>
              {w('dialplan.addFile')}
            </Button>
          </form>
          <Popconfirm
            title={w('dialplan.removeAsk', { name: at })}
            okText={w('dialplan.removeFile')}
            onConfirm={() => onFiles(Object.fromEntries(Object.entries(files).filter(([each]) => each !== at)))}
          >
            <Button size="small" type="text" disabled={Object.keys(files).length < 2}>
              {w('dialplan.removeFile')}
            </Button>
          </Popconfirm>
        </>
      )}
    </nav>
  );
}

function Publish({ draft, changed, onClose, onDone }: { draft: Draft; changed: readonly string[]; onClose(): void; onDone(): void }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const [note, setNote] = useState('');
  const { busy, failed, submit } = useSubmission(
    () => post(token, DIALPLANS, { files: draft.files, note: note.trim() }),
    () => {
      tell(w('dialplan.published'));
      onClose();
      onDone();
      void refresh(DIALPLANS);
    },
  );
  return (
    <Panel title={w('dialplan.publishTitle')} wide onClose={onClose}>
      <PanelForm busy={busy} submit={w('dialplan.publishNow')} onSubmit={() => void submit()}>
        <Failure error={failed} />
        <p>{w('dialplan.publishLead')}</p>
        <label htmlFor="publish-note">{w('dialplan.note')}</label>
        <Input
          id="publish-note"
          autoFocus
          maxLength={500}
          value={note}
          placeholder={w('dialplan.noteHint')}
          onChange={(event) => setNote(event.target.value)}
        />
        {changed.map((name) => (
          <section key={name} className="form-part" aria-label={name}>
            <h3>{name}</h3>
            <DiffView before={draft.before[name] ?? ''} after={draft.files[name] ?? ''} names={{ before: w('dialplan.inUse'), after: w('dialplan.yours') }} />
          </section>
        ))}
      </PanelForm>
    </Panel>
  );
}

function Versions({ versions, draft, onTaken }: { versions: Version[]; draft: Draft; onTaken(): void }) {
  const w = useWords();
  const [open, setOpen] = useState<Version | null>(null);
  const author = ({ publishedBy }: Version): string => (publishedBy === null ? w('dialplan.folder') : ownName(publishedBy));
  const columns: ShownColumn<Version>[] = [
    {
      key: 'at',
      title: w('dialplan.publishedAt'),
      value: ({ publishedAt }) => publishedAt,
      seen: ({ publishedAt }) => shownTime(publishedAt),
      show: ({ publishedAt }) => <span className="figures">{shownTime(publishedAt)}</span>,
    },
    { key: 'by', title: w('dialplan.by'), value: author, options: (version) => [author(version)] },
    { key: 'note', title: w('dialplan.note'), value: ({ note }) => note },
    { key: 'version', title: w('dialplan.version'), value: ({ version }) => version, show: ({ version }) => <code>{ownName(version)}</code> },
    {
      ...{ key: 'current', title: w('dialplan.state'), value: ({ current }: Version) => (current ? w('dialplan.inUse') : '') },
      show: ({ current }: Version) => (current ? <span className="tag is-good">{w('dialplan.inUse')}</span> : null),
    },
  ];
  return (
    <>
      <List
        title={w('dialplanView.versions')}
        fileName="dialplan-versions"
        rows={versions}
        columns={columns}
        idOf={({ version, publishedAt }) => `${version} ${publishedAt}`}
        onOpen={(version) => setOpen(version)}
        empty={{ title: w('empty.dialplans'), text: w('emptyText.dialplans') }}
      />
      {open !== null && <VersionPanel version={open} draft={draft} onClose={() => setOpen(null)} onTaken={onTaken} />}
    </>
  );
}

/** What a version was beside the one in use, and the way back to it. */
function VersionPanel({ version, draft, onClose, onTaken }: { version: Version; draft: Draft; onClose(): void; onTaken(): void }) {
  const w = useWords();
  const { token, tell } = useAdmin();
  const refresh = useRefresh();
  const path = `${DIALPLANS}/${encodeURIComponent(version.version)}`;
  const then = useOne<{ files: Files }>(path);
  const back = useSubmission(
    () => post(token, `${path}/roll-back`),
    () => {
      tell(w('dialplan.rolledBack', { version: ownName(version.version) }));
      onClose();
      onTaken();
      void refresh(DIALPLANS);
    },
  );
  const files = then.data?.files ?? {};
  const names = [...new Set([...Object.keys(files), ...Object.keys(draft.before)])].filter((name) => files[name] !== draft.before[name]);
  return (
    <Panel title={`${ownName(version.version)} · ${shownTime(version.publishedAt)}`} wide onClose={onClose}>
      <div className="panel-form">
        <Failure error={then.error ?? back.failed} />
        {version.note !== '' && <p>{version.note}</p>}
        {then.data !== undefined && names.length === 0 && <Alert type="info" showIcon title={w('dialplan.same')} />}
        {names.map((name) => (
          <section key={name} className="form-part" aria-label={name}>
            <h3>{name}</h3>
            <DiffView before={files[name] ?? ''} after={draft.before[name] ?? ''} names={{ before: w('dialplan.then'), after: w('dialplan.inUse') }} />
          </section>
        ))}
        <div className="panel-foot">
          <Popconfirm title={w('dialplan.rollBackAsk')} okText={w('dialplan.rollBack')} onConfirm={() => void back.submit()}>
            <Button danger disabled={version.current} loading={back.busy}>
              {w('dialplan.rollBack')}
            </Button>
          </Popconfirm>
        </div>
      </div>
    </Panel>
  );
}
