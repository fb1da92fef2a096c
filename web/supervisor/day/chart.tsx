/** One picture of the day. The only file that loads echarts, of which it takes what it draws with; it is loaded when the first picture is looked at. */
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { type EChartsType, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePreferences } from '../../shared/preferences.ts';
import { useDark } from '../../shared/theme.ts';
import { optionOf } from './option.ts';
import type { Picture } from './picture.ts';
import { shownFigure } from './series.ts';

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

interface Props {
  chart: Picture;
  labels: readonly string[];
  /** Of a series; the same function as long as it says the same. */
  nameOf(series: string): string;
  /** Who cannot see it hears this. */
  summary: string;
}

export default function Chart({ chart, labels, nameOf, summary }: Props) {
  const { t } = useTranslation();
  const dark = useDark(usePreferences().appearance);
  const frame = useRef<HTMLDivElement>(null);
  const drawn = useRef<EChartsType | null>(null);
  const [at, setAt] = useState<number | null>(null);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const fresh = init(element, null, { renderer: 'svg' });
    drawn.current = fresh;
    const watcher = new ResizeObserver(() => fresh.resize());
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      fresh.dispose();
      drawn.current = null;
    };
  }, []);
  // `dark` is what the colours go by, though they are read of the page.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const style = getComputedStyle(element);
    const option = optionOf({
      ...{ chart, labels, fontSize: Math.round(Number.parseFloat(style.fontSize) * 0.86), colourOf: (name) => style.getPropertyValue(name).trim() },
      nameOf,
      targetName: t('day.target', { target: shownFigure(chart.target, 'share') }),
    });
    drawn.current?.setOption(option, { notMerge: true });
  }, [chart, labels, nameOf, t, dark]);
  const look = (event: KeyboardEvent) => {
    const next = after(event.key, at, labels.length);
    if (next === null) return;
    event.preventDefault();
    setAt(next);
    drawn.current?.dispatchAction({ type: 'showTip', seriesIndex: 0, dataIndex: next });
  };
  return (
    <div className="day-chart">
      {/** biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys go from interval to interval, as the mouse does */}
      <div className="day-canvas" ref={frame} role="img" tabIndex={0} aria-label={`${summary} ${t('day.arrows')}`} onKeyDown={look} />
      <p className="unseen" role="status">
        {at !== null && at < labels.length && [labels[at], ...chart.series.map(told(at, chart.unit, nameOf))].join(' · ')}
      </p>
    </div>
  );
}

const told =
  (at: number, unit: Picture['unit'], nameOf: (id: string) => string) =>
  ({ id, values }: Picture['series'][number]): string =>
    `${nameOf(id)} ${shownFigure(values[at] ?? null, unit)}`;

/** null: no key of ours. */
function after(key: string, at: number | null, count: number): number | null {
  if (count === 0) return null;
  if (key === 'ArrowRight') return at === null ? 0 : Math.min(count - 1, at + 1);
  if (key === 'ArrowLeft') return at === null ? count - 1 : Math.max(0, at - 1);
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : null;
}
