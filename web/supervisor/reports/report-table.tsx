/** The lines of a report, a page of them at a time, in the order of whichever column is wished for. */
import { Button, Tooltip } from 'antd';
import { useState } from 'react';
import { shownFigure } from '../day/series.ts';
import { type Column, columnId, figureAt, inOrder, type Order } from './columns.ts';
import { hasKeys, useIntervalName, useKeyName } from './names.ts';
import { groups, type Report } from './report.ts';
import { useWords } from './words.ts';

const PAGE = 100;

interface Props {
  token: string;
  report: Report;
  columns: readonly Column[];
  nameOf(column: Column): string;
  caption: string;
}

export function ReportTable({ token, report, columns, nameOf, caption }: Props) {
  const w = useWords();
  const [order, setOrder] = useState<Order>({ column: null, down: false });
  const [page, setPage] = useState(0);
  const keyName = useKeyName(token, report);
  const intervalName = useIntervalName(report.interval, report.timeZone);
  const lines = inOrder(report.items, columns, order);
  const first = Math.min(page, Math.floor((lines.length - 1) / PAGE)) * PAGE;
  const shown = lines.slice(first, first + PAGE);
  const sortBy = (column: string | null) => {
    setPage(0);
    // What is most is looked for first; of time the beginning.
    setOrder((before) => (before.column === column ? { column, down: !before.down } : { column, down: column !== null }));
  };
  const keyed = hasKeys(report.by);
  return (
    <>
      {/** biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="wall-scroll reports-scroll" tabIndex={0} aria-label={caption}>
        <table className="wall-table reports-table">
          <caption className="unseen">{caption}</caption>
          <Head {...{ columns, order, keyed, nameOf }} by={w(`subject.${report.by}`)} onSort={sortBy} />
          <tbody>
            {shown.map((line) => (
              <tr key={`${line.start} ${line.key}`}>
                {keyed && <th scope="row">{keyName(line.key)}</th>}
                <th scope="row">{intervalName(Date.parse(line.start), Date.parse(line.end))}</th>
                {columns.map((column) => (
                  <td key={columnId(column)}>{shownFigure(figureAt(line, column), column.unit)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {lines.length > PAGE && (
        <div className="reports-pages">
          <Button size="small" disabled={first === 0} onClick={() => setPage(first / PAGE - 1)}>
            {w('table.before')}
          </Button>
          <span role="status">{w('table.shown', { from: first + 1, to: first + shown.length, all: lines.length })}</span>
          <Button size="small" disabled={first + PAGE >= lines.length} onClick={() => setPage(first / PAGE + 1)}>
            {w('table.next')}
          </Button>
        </div>
      )}
    </>
  );
}

interface HeadProps {
  columns: readonly Column[];
  order: Order;
  keyed: boolean;
  by: string;
  nameOf(column: Column): string;
  onSort(column: string | null): void;
}

function Head({ columns, order, keyed, by, nameOf, onSort }: HeadProps) {
  const w = useWords();
  const sorted = (column: string | null) => (order.column === column ? ({ 'aria-sort': order.down ? 'descending' : 'ascending' } as const) : {});
  const shown = groups.map((group) => ({ group, of: columns.filter((column) => column.group === group) })).filter(({ of }) => of.length > 0);
  return (
    <thead>
      <tr>
        {keyed && (
          <th scope="col" rowSpan={2}>
            {by}
          </th>
        )}
        <th scope="col" rowSpan={2} {...sorted(null)}>
          <button type="button" className="reports-sort" onClick={() => onSort(null)}>
            {w('table.interval')}
            <Mark order={order} column={null} />
          </button>
        </th>
        {shown.map(({ group, of }) => (
          <th key={group} scope="colgroup" colSpan={of.length} className="reports-group">
            {w(`group.${group}`)}
          </th>
        ))}
      </tr>
      <tr>
        {columns.map((column) => (
          <th key={columnId(column)} scope="col" {...sorted(columnId(column))}>
            <Tooltip trigger={['hover', 'focus']} title={column.definition === null ? null : `${nameOf(column)} = ${column.definition.formula}`}>
              <button type="button" className="reports-sort" onClick={() => onSort(columnId(column))}>
                {nameOf(column)}
                <Mark order={order} column={columnId(column)} />
              </button>
            </Tooltip>
          </th>
        ))}
      </tr>
    </thead>
  );
}

const Mark = ({ order, column }: { order: Order; column: string | null }) =>
  order.column === column && <span aria-hidden="true">{order.down ? ' ↓' : ' ↑'}</span>;
