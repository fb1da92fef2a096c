/** The one list of the admin console: search, filter, sort, page, mark and export. */
import { Button, Empty, Input } from 'antd';
import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react';
import { Icon } from '../../shared/icon.tsx';
import { useAdmin } from '../admin.ts';
import { useWords } from '../words.ts';
import { type Format, saveTable } from './files.ts';
import { type Column, exported, optionsOf, shownRows, type View, wholeView } from './rows.ts';
import './list.css';

export interface ShownColumn<T> extends Column<T> {
  /** As it is seen; absent = its value. */
  show?(row: T): ReactNode;
  /** Figures stand at the end of their column. */
  isFigure?: boolean;
  /** Only in what is exported. */
  isHidden?: boolean;
}

export interface Props<T> {
  /** What it is a list of: its name for screen readers, and of the exported file. */
  title: string;
  fileName: string;
  rows: readonly T[] | undefined;
  columns: readonly ShownColumn<T>[];
  idOf(row: T): string;
  /** Opens a row; its first column is the button. */
  onOpen?(row: T): void;
  /** What can be done with rows that are marked. */
  marked?(rows: T[], clear: () => void): ReactNode;
  /** Beside search and filters. */
  tools?: ReactNode;
  /** The same for who may change nothing. */
  readerTools?: ReactNode;
  /** What is said, and offered, while there is nothing at all. */
  empty: { title: string; text: string; action?: ReactNode };
  /** Rows that the server still has. */
  more?: { load(): void; busy: boolean } | null;
}

function withoutChanges<T>({ marked: _, tools: _tools, readerTools, empty, ...props }: Props<T>): Props<T> {
  return { ...props, tools: readerTools, empty: { title: empty.title, text: '' } };
}

const PAGE_SIZES = [20, 50, 200];

/** Who may change nothing has the rows and opens them: what marks and adds is left out. */
export function List<T>(given: Props<T>) {
  const { isReader } = useAdmin();
  const props: Props<T> = isReader ? withoutChanges(given) : given;
  const { title, rows, columns, idOf, marked, empty, more } = props;
  const w = useWords();
  const [view, setView] = useState<View>(wholeView);
  const [page, setPage] = useState(0);
  const [size, setSize] = useState(PAGE_SIZES[1] ?? 50);
  const [marks, setMarks] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => shownRows(rows ?? [], columns, view), [rows, columns, view]);
  const last = Math.max(0, Math.ceil(shown.length / size) - 1);
  const at = Math.min(page, last);
  const change = (next: Partial<View>) => {
    setView({ ...view, ...next });
    setPage(0);
  };
  const chosen = (rows ?? []).filter((row) => marks.has(idOf(row)));
  if (rows !== undefined && rows.length === 0) return <Nothing {...empty} tools={props.tools} />;
  return (
    <section className="list" aria-label={title}>
      <Toolbar {...props} view={view} shown={shown} onChange={change} />
      {marked !== undefined && chosen.length > 0 && (
        <div className="list-marked" role="status">
          <span>{w('list.marked', { count: chosen.length })}</span>
          {marked(chosen, () => setMarks(new Set()))}
          <Button type="text" size="small" onClick={() => setMarks(new Set())}>
            {w('list.unmark')}
          </Button>
        </div>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key */}
      <div className="list-scroll" tabIndex={0}>
        <table>
          <Head {...props} view={view} shown={shown} marks={marks} onMark={setMarks} onSort={(sort) => change({ sort })} />
          <tbody>
            {shown.slice(at * size, (at + 1) * size).map((row) => (
              <Row key={idOf(row)} {...props} row={row} marks={marks} onMark={setMarks} />
            ))}
          </tbody>
        </table>
        {rows === undefined && <p className="list-note quiet">{w('list.loading')}</p>}
        {rows !== undefined && shown.length === 0 && (
          <p className="list-note quiet">
            {w('list.nothingFits')} <Button onClick={() => change(wholeView)}>{w('list.showAll')}</Button>
          </p>
        )}
      </div>
      <footer className="list-foot">
        <span className="quiet figures" role="status">
          {rows === undefined ? '' : w('list.count', { shown: shown.length, all: rows.length })}
        </span>
        {more != null && (
          <Button size="small" loading={more.busy} onClick={more.load}>
            {w('list.more')}
          </Button>
        )}
        <span className="spacer" />
        <Pages at={at} last={last} size={size} onPage={setPage} onSize={setSize} />
      </footer>
    </section>
  );
}

function Nothing({ title, text, action, tools }: Props<never>['empty'] & { tools?: ReactNode }) {
  return (
    <div className="list-empty">
      <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={false} />
      <h2>{title}</h2>
      <p className="quiet">{text}</p>
      {action ?? tools}
    </div>
  );
}

interface Inner<T> extends Props<T> {
  view: View;
  shown: T[];
}

function Toolbar<T>({ fileName, rows, columns, tools, view, shown, onChange }: Inner<T> & { onChange(view: Partial<View>): void }) {
  const w = useWords();
  const id = useId();
  const search = useRef<HTMLInputElement>(null);
  useSlash(() => search.current?.focus());
  return (
    <div className="list-tools">
      <Input
        type="search"
        className="list-search"
        aria-label={w('list.search')}
        placeholder={w('list.searchHint')}
        allowClear
        value={view.search}
        ref={(input) => {
          search.current = input?.input ?? null;
        }}
        onChange={(event) => onChange({ search: event.target.value })}
      />
      {columns.map((column) => {
        const options = optionsOf(rows ?? [], column);
        // One option that all have tells nobody anything.
        if (options.length === 0 || (options.length === 1 && (rows ?? []).every((row) => (column.options?.(row).length ?? 0) > 0))) return null;
        return (
          <span key={column.key} className="list-filter">
            <label htmlFor={`${id}-${column.key}`}>{column.title}</label>
            <select
              id={`${id}-${column.key}`}
              value={view.filters[column.key] ?? ''}
              onChange={({ target: { value } }) => {
                const { [column.key]: _was, ...others } = view.filters;
                onChange({ filters: value === '' ? others : { ...others, [column.key]: value } });
              }}
            >
              <option value="">{w('list.all')}</option>
              {options.map((name) => (
                <option key={name} value={name}>
                  {column.option?.(name) ?? name}
                </option>
              ))}
            </select>
          </span>
        );
      })}
      <span className="spacer" />
      {(['csv', 'xlsx'] as const).map((format) => (
        <ExportButton key={format} format={format} disabled={shown.length === 0} rows={() => exported(shown, columns)} fileName={fileName} />
      ))}
      {tools}
    </div>
  );
}

/** `/` goes to the search, unless somebody is writing. */
function useSlash(go: () => void): void {
  const latest = useRef(go);
  latest.current = go;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { target } = event;
      const isWriting = target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
      if (event.key !== '/' || isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      latest.current();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

function ExportButton({ format, disabled, rows, fileName }: { format: Format; disabled: boolean; rows(): (string | number)[][]; fileName: string }) {
  const w = useWords();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    await saveTable(fileName, format, rows()).finally(() => setBusy(false));
  };
  const name = w(`exportAs.${format}`);
  return (
    <Button disabled={disabled} loading={busy} title={name} aria-label={name} onClick={() => void save()}>
      {format === 'csv' ? 'CSV' : 'Excel'}
    </Button>
  );
}

interface Marking {
  marks: ReadonlySet<string>;
  onMark(marks: ReadonlySet<string>): void;
}

function Head<T>({ columns, marked, idOf, view, shown, marks, onMark, onSort }: Inner<T> & Marking & { onSort(sort: View['sort']): void }) {
  const w = useWords();
  const allMarked = shown.length > 0 && shown.every((row) => marks.has(idOf(row)));
  const sorted = (key: string) => (view.sort?.key !== key ? 'none' : view.sort.descending ? 'descending' : 'ascending');
  /** Up, down, as it came. */
  const next = (key: string): View['sort'] => (view.sort?.key !== key ? { key, descending: false } : view.sort.descending ? null : { key, descending: true });
  return (
    <thead>
      <tr>
        {marked !== undefined && (
          <td className="list-mark">
            <input
              type="checkbox"
              aria-label={w('list.markAll')}
              checked={allMarked}
              onChange={() => onMark(new Set(allMarked ? [] : shown.map((row) => idOf(row))))}
            />
          </td>
        )}
        {columns
          .filter(({ isHidden }) => isHidden !== true)
          .map(({ key, title, isFigure }) => (
            <th key={key} scope="col" aria-sort={sorted(key)} className={isFigure === true ? 'is-figure' : undefined}>
              <button type="button" onClick={() => onSort(next(key))}>
                {title}
                <span aria-hidden="true">{{ none: '', ascending: ' ▲', descending: ' ▼' }[sorted(key)]}</span>
              </button>
            </th>
          ))}
      </tr>
    </thead>
  );
}

function Row<T>({ row, columns, idOf, onOpen, marked, marks, onMark }: Props<T> & Marking & { row: T }) {
  const w = useWords();
  const id = idOf(row);
  const toggle = () => {
    const next = new Set(marks);
    if (!next.delete(id)) next.add(id);
    onMark(next);
  };
  const visible = columns.filter(({ isHidden }) => isHidden !== true);
  const name = String(visible[0]?.value(row) ?? id);
  return (
    <tr className={marks.has(id) ? 'is-marked' : undefined}>
      {marked !== undefined && (
        <td className="list-mark">
          <input type="checkbox" aria-label={w('list.mark', { name })} checked={marks.has(id)} onChange={toggle} />
        </td>
      )}
      {visible.map((column, at) => {
        const content = column.show === undefined ? String(column.value(row)) : column.show(row);
        const opens = at === 0 && onOpen !== undefined;
        return (
          <td key={column.key} className={column.isFigure === true ? 'is-figure figures' : undefined}>
            {opens ? (
              <button type="button" className="as-link" onClick={() => onOpen(row)}>
                {content}
              </button>
            ) : (
              content
            )}
          </td>
        );
      })}
    </tr>
  );
}

interface PagesProps {
  at: number;
  last: number;
  size: number;
  onPage(page: number): void;
  onSize(size: number): void;
}

function Pages({ at, last, size, onPage, onSize }: PagesProps) {
  const w = useWords();
  const id = useId();
  return (
    <nav className="list-pages" aria-label={w('list.pages')}>
      <label htmlFor={id}>{w('list.perPage')}</label>
      <select id={id} value={size} onChange={(event) => onSize(Number(event.target.value))}>
        {PAGE_SIZES.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
      <Button
        size="small"
        disabled={at === 0}
        onClick={() => onPage(at - 1)}
        aria-label={w('list.before')}
        icon={<Icon name="chevron" />}
        className="is-back"
      />
      <span className="figures">{w('list.page', { page: at + 1, last: last + 1 })}</span>
      <Button
        size="small"
        disabled={at >= last}
        onClick={() => onPage(at + 1)}
        aria-label={w('list.after')}
        icon={<Icon name="chevron" />}
        className="is-next"
      />
    </nav>
  );
}
