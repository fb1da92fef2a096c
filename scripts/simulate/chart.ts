/** The comparison as one HTML file that needs nothing else: figures, and the day in half hours as a drawing. */
import { type Comparison, type Estimate, type Metric, metrics, type Side } from './compare.ts';
import { shown } from './report.ts';

const WIDTH = 960;
const HEIGHT = 260;
const LEFT = 48;
const COLOURS = { today: '#56656c', draft: '#0b6e6e', calls: '#dfe6e8' };

export function chart(comparison: Comparison, title: string): string {
  const { today, draft, seeds } = comparison;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title>
<style>body{font:14px/1.5 sans-serif;max-width:1000px;margin:24px auto;padding:0 16px;color:#1b2529}table{border-collapse:collapse}td,th{padding:3px 14px 3px 0;text-align:right}td:first-child,th:first-child{text-align:left}.quiet{color:#56656c}svg{max-width:100%}</style>
<h1>${escaped(title)}</h1><p class="quiet">${seeds.length} seeds: means, ± half of the 95 % interval; waits in seconds</p>
${figuresTable(comparison)}
<h2>Service level by half hour</h2>
<p class="quiet"><span style="color:${COLOURS.today}">— today</span>${draft === null ? '' : ` <span style="color:${COLOURS.draft}">— draft</span>`} · columns: calls offered</p>
${drawing(today, draft)}
<h2>Queues</h2>${queuesTable(draft ?? today)}</html>\n`;
}

function figuresTable({ today, draft, difference }: Comparison): string {
  const row = (metric: Metric): string => {
    const cells: (Estimate | undefined)[] = draft === null ? [today.figures[metric]] : [today.figures[metric], draft.figures[metric], difference?.[metric]];
    return `<tr><td>${metric}</td>${cells.map((cell) => `<td>${cell === undefined ? '' : escaped(shown(metric, cell))}</td>`).join('')}</tr>`;
  };
  return `<table><tr><th></th><th>today</th>${draft === null ? '' : '<th>draft</th><th>difference</th>'}</tr>${metrics.map(row).join('')}</table>`;
}

function queuesTable({ queues }: Side): string {
  const of: Metric[] = ['offered', 'serviceLevel', 'abandonment', 'waitP50', 'waitP90'];
  const rows = Object.entries(queues).map(([id, figures]) => {
    const cells = of.map((metric) => `<td>${figures[metric] === undefined ? '' : escaped(shown(metric, figures[metric]))}</td>`);
    return `<tr><td>${escaped(id)}</td>${cells.join('')}</tr>`;
  });
  return `<table><tr><th></th>${of.map((metric) => `<th>${metric}</th>`).join('')}</tr>${rows.join('')}</table>`;
}

function drawing(today: Side, draft: Side | null): string {
  const count = Math.max(1, today.intervals.length);
  const step = (WIDTH - LEFT) / count;
  const most = Math.max(1, ...today.intervals.map(({ offered }) => offered));
  const y = (share: number): number => 10 + (1 - share) * (HEIGHT - 40);
  const columns = today.intervals.map(({ offered }, n) => {
    const top = y(offered / most);
    return `<rect x="${round(LEFT + n * step + 1)}" y="${round(top)}" width="${round(Math.max(1, step - 2))}" height="${round(y(0) - top)}" fill="${COLOURS.calls}"/>`;
  });
  const line = (side: Side, colour: string): string => {
    const points = side.intervals.map(({ serviceLevel }, n) => `${round(LEFT + (n + 0.5) * step)},${round(y(serviceLevel))}`);
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`;
  };
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line x1="${LEFT}" x2="${WIDTH}" y1="${y(share)}" y2="${y(share)}" stroke="#dfe6e8"/><text x="${LEFT - 8}" y="${y(share) + 4}" text-anchor="end" font-size="12" fill="#56656c">${share * 100} %</text>`,
  );
  const hours = today.intervals.flatMap(({ fromMs }, n) =>
    n % Math.ceil(count / 12) === 0 ? [`<text x="${round(LEFT + n * step)}" y="${HEIGHT - 8}" font-size="12" fill="#56656c">${hourOf(fromMs)}</text>`] : [],
  );
  const lines = line(today, COLOURS.today) + (draft === null ? '' : line(draft, COLOURS.draft));
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Service level by half hour">${grid.join('')}${columns.join('')}${lines}${hours.join('')}</svg>`;
}

const round = (at: number): number => Math.round(at * 10) / 10;
const hourOf = (ms: number): string => `${String(Math.floor(ms / 3_600_000)).padStart(2, '0')}:${String(Math.floor(ms / 60_000) % 60).padStart(2, '0')}`;
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
