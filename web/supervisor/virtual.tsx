/** A grid of many equal tiles of which only those in sight are drawn: as many columns as fit, rows of one height. */
import { type ReactNode, useEffect, useRef, useState } from 'react';

interface Props<T> {
  items: readonly T[];
  keyOf(item: T): string;
  tile(item: T): ReactNode;
  /** px, gaps included */
  leastWidth: number;
  height: number;
  label: string;
}

/** Drawn beyond what is seen, so that scrolling shows no holes. */
const MARGIN_ROWS = 3;

export function VirtualGrid<T>({ items, keyOf, tile, leastWidth, height, label }: Props<T>) {
  const frame = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 600, width: 800 });
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const look = () => setSeen({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    const watcher = new ResizeObserver(look);
    watcher.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      watcher.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  const columns = Math.max(1, Math.floor(seen.width / leastWidth));
  const rows = Math.ceil(items.length / columns);
  const first = Math.max(0, Math.min(Math.floor(seen.top / height), rows - 1) - MARGIN_ROWS);
  const last = Math.min(rows, Math.ceil((seen.top + seen.height) / height) + MARGIN_ROWS);
  const shown = items.slice(first * columns, last * columns);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="virtual" ref={frame} tabIndex={0} aria-label={label} data-rows={rows}>
      <div style={{ height: rows * height, paddingTop: first * height }}>
        <ul className="virtual-tiles" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, gridAutoRows: `${height}px` }}>
          {shown.map((item) => (
            <li key={keyOf(item)}>{tile(item)}</li>
          ))}
        </ul>
      </div>
    </section>
  );
}
