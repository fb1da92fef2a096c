/** Every list of the admin console is the one List: so each is searched, filtered, sorted, paged and exported alike, and no page can forget one of these. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeCsv } from '../../web/admin/list/csv.ts';
import { type Column, exported, optionsOf, shownRows, wholeView } from '../../web/admin/list/rows.ts';
import { inProject } from '../support/project.ts';

const folder = inProject('web/admin');
const sources = new Map(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.tsx'))
    .map((path) => [path, readFileSync(join(folder, path), 'utf8')] as const),
);
const pages = [...(sources.get('page.tsx') ?? '').matchAll(/(\w+): lazy\(\(\) => import\('\.\/([\w/-]+\.tsx)'\)\)/g)].map(([, name = '', path = '']) => ({
  name,
  path,
}));

/** These show one thing, not many. */
const ONE_THING = ['tenant', 'system'];
/** Figures of a trial before and after: four columns that nobody searches. */
const TABLES = ['list/list.tsx', 'queues/trial.tsx'];

test('every page that shows many of something shows them by the one List', () => {
  assert.ok(pages.length >= 13, `${pages.length} pages were found`);
  for (const { name, path } of pages) {
    const source = sources.get(path) ?? '';
    assert.equal(/<List\b/.test(source), !ONE_THING.includes(name), path);
    // By a column, or by what the server is asked for where there are millions.
    assert.ok(ONE_THING.includes(name) || /\boptions\b|<search\b/.test(source), `${path} has nothing to filter by`);
  }
  for (const [path, source] of sources) if (/<table\b|<Table\b/.test(source)) assert.ok(TABLES.includes(path), `${path} draws a table of its own`);
});

test('every list has a file name of its own, and says what to do while it is empty', () => {
  const lists = [...sources].flatMap(([path, source]) => [...source.matchAll(/<List\b[\s\S]*?\/>\n/g)].map(([text]) => ({ path, text })));
  assert.ok(lists.length >= 11, `${lists.length} lists were found`);
  const names = lists.map(({ path, text }) => {
    assert.match(text, /\bempty=\{/, path);
    return /fileName="([\w-]+)"/.exec(text)?.[1] ?? `${path} has none`;
  });
  assert.deepEqual([...new Set(names)], names);
  assert.ok(
    names.every((name) => /^[a-z-]+$/.test(name)),
    names.join(),
  );
});

interface Row {
  name: string;
  team: string[];
  calls: number;
}
const columns: Column<Row>[] = [
  { key: 'name', title: 'Name', value: ({ name }) => name },
  { key: 'team', title: 'Team', value: ({ team }) => team.join('; '), options: ({ team }) => team },
  { key: 'calls', title: 'Calls', value: ({ calls }) => calls, seen: ({ calls }) => `${calls} calls` },
];
const rows: Row[] = [
  { name: '=1+1', team: ['early'], calls: 10 },
  { name: '8002', team: ['early', 'late'], calls: 9 },
  { name: '10001', team: [], calls: -3 },
];
const names = (view: Partial<typeof wholeView>): string[] => shownRows(rows, columns, { ...wholeView, ...view }).map(({ name }) => name);

for (const [what, view, expected] of [
  ['everything as it came', {}, ['=1+1', '8002', '10001']],
  ['words that stand anywhere in the row, all of them', { search: 'late 8' }, ['8002']],
  ['what is read where that is not the value', { search: '-3 calls' }, ['10001']],
  ['nothing where a word is nowhere', { search: 'late x' }, []],
  ['an option of a column', { filters: { team: 'early' } }, ['=1+1', '8002']],
  ['an option and a word', { filters: { team: 'early' }, search: '800' }, ['8002']],
  ['figures by size', { sort: { key: 'calls', descending: false } }, ['10001', '8002', '=1+1']],
  ['figures from the largest', { sort: { key: 'calls', descending: true } }, ['=1+1', '8002', '10001']],
  ['numbers in a text as people count', { sort: { key: 'name', descending: false }, search: '00' }, ['8002', '10001']],
  ['a column that is not there: as it came', { sort: { key: 'gone', descending: false } }, ['=1+1', '8002', '10001']],
] as const)
  test(`a list shows ${what}`, () => assert.deepEqual(names(view as Partial<typeof wholeView>), expected));

test('what is exported is what is shown, with heads, behind a BOM, formulas disarmed and negative figures whole', () => {
  assert.deepEqual(optionsOf(rows, columns[1] as Column<Row>), ['early', 'late']);
  assert.equal(writeCsv(exported(rows, columns)), '\uFEFFName,Team,Calls\r\n\'=1+1,early,10\r\n8002,"early; late",9\r\n10001,,-3\r\n');
});
