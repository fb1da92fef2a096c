/** A chart of the day as echarts takes it. Pure but for the colours it is given. */
import type { EChartsCoreOption } from 'echarts/core';
import type { Picture, Series } from './picture.ts';
import { shownFigure } from './series.ts';

export interface Drawing {
  chart: Picture;
  /** Of the slots. */
  labels: readonly string[];
  nameOf(series: string): string;
  /** What the line across is called. */
  targetName: string;
  /** Of theme.css. */
  colourOf(name: string): string;
  /** px */
  fontSize: number;
}

export function optionOf({ chart, labels, nameOf, targetName, colourOf, fontSize }: Drawing): EChartsCoreOption {
  const { unit, series, target } = chart;
  const text = { color: colourOf('--quiet'), fontSize };
  const rule = { lineStyle: { color: colourOf('--line') } };
  return {
    animation: false,
    textStyle: { fontFamily: 'inherit' },
    grid: { top: fontSize * 3, right: fontSize, bottom: fontSize * 0.5, left: fontSize * 0.5, containLabel: true },
    legend: {
      top: 0,
      left: 0,
      itemGap: fontSize * 1.4,
      itemWidth: fontSize * 1.4,
      itemHeight: fontSize * 0.7,
      textStyle: { color: colourOf('--text'), fontSize },
    },
    tooltip: {
      ...{ trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: colourOf('--surface'), borderColor: colourOf('--line') },
      textStyle: { color: colourOf('--text'), fontSize },
      valueFormatter: (value: unknown) => shownFigure(typeof value === 'number' ? value : null, unit),
    },
    xAxis: {
      type: 'category',
      data: [...labels],
      axisLabel: { ...text, formatter: beginOf },
      axisLine: rule,
      axisTick: { show: false },
      boundaryGap: series.some(isBar),
    },
    yAxis: {
      ...{ type: 'value', min: 0, minInterval: unit === 'contacts' || unit === 'agents' ? 1 : 0, splitLine: rule, splitNumber: 4 },
      ...(unit === 'share' ? { max: 1, interval: 0.25 } : {}),
      ...(unit === 'ms' ? { interval: stepOf(chart) } : {}),
      axisLabel: { ...text, formatter: (value: number) => (unit === 'share' ? `${Math.round(100 * value)}%` : shownFigure(value, unit)) },
    },
    series: series.map((each, at) => ({
      ...drawn(each, colourOf(each.colour), nameOf(each.id), fontSize),
      ...(at === 0 && target !== null ? { markLine: lineAcross(target, targetName, colourOf('--danger'), fontSize) } : {}),
    })),
  };
}

const SECOND_MS = 1_000;
/** Steps of a clock: seconds, minutes, an hour. */
const STEPS_S = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600];
const MOST_STEPS = 5;

/** The first with which the axis has few enough marks. */
function stepOf({ series }: Picture): number {
  const tops = series[0]?.values.map((_, at) => {
    const here = series.map(({ values }) => values[at] ?? 0);
    return series.some(({ stack }) => stack !== undefined) ? here.reduce((all, value) => all + value, 0) : Math.max(...here);
  });
  const top = Math.max(0, ...(tops ?? []));
  return SECOND_MS * (STEPS_S.find((step) => top <= step * SECOND_MS * MOST_STEPS) ?? 3_600 * Math.ceil(top / (3_600 * SECOND_MS * MOST_STEPS)));
}

/** Of `09:00–09:30` the first: the axis is short of room. */
const beginOf = (label: string): string => label.split('–', 1)[0] ?? '';

const isBar = ({ kind }: Series): boolean => kind === 'bar';

function drawn({ kind, stack, values }: Series, color: string, name: string, fontSize: number) {
  const data = values.map((value) => value ?? '-');
  const shared = { name, data, itemStyle: { color }, ...(stack === undefined ? {} : { stack }) };
  if (kind === 'bar') return { ...shared, type: 'bar', barCategoryGap: '30%', barMaxWidth: fontSize * 8 };
  const width = fontSize / 7;
  return {
    ...{ ...shared, type: 'line', symbolSize: fontSize * 0.4, showSymbol: kind === 'line', connectNulls: false },
    lineStyle: { color, width: kind === 'area' ? width / 2 : width, type: kind === 'dashed' ? 'dashed' : 'solid' },
    ...(kind === 'area' ? { areaStyle: { color, opacity: 0.55 } } : {}),
  };
}

const lineAcross = (at: number, name: string, color: string, fontSize: number) => ({
  ...{ silent: true, symbol: 'none', animation: false },
  lineStyle: { color, type: 'dashed', width: fontSize / 8 },
  label: { formatter: name, position: 'insideEndTop', color, fontSize },
  data: [{ yAxis: at }],
});
