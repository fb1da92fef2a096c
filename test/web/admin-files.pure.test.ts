/** What goes out of the admin console's lists and comes in again: formulas that cannot run, spreadsheets' dialects, rows of agents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guarded, unguarded } from '../../web/admin/list/cell.ts';
import { readCsv, textOf, writeCsv } from '../../web/admin/list/csv.ts';
import { exported, optionsOf, shownRows, wholeView } from '../../web/admin/list/rows.ts';
import { readWorkbook, writeWorkbook } from '../../web/admin/list/workbook.ts';
import { bulkRows, readAgents } from '../../web/admin/people/agents-file.ts';

const nasty = [
  '=HYPERLINK("http://evil","x")',
  '+8613800001001',
  '-1+1',
  '@SUM(A1)',
  '\tx',
  "'=already",
  "'harmless",
  'a,b',
  'say "hi"',
  ' spaced ',
  '两\n行',
  '-',
  '',
];

test('no cell that a spreadsheet would run leaves as it is, and every cell comes back as it was', async () => {
  for (const text of nasty) {
    assert.doesNotMatch(String(guarded(text)), /^[=+\-@\t\r\n]/, text);
    assert.equal(unguarded(String(guarded(text))), text);
  }
  assert.equal(guarded(-5), -5, 'a number can do nothing');
  const table = nasty.map((text, at) => [`row ${at}`, text, 'end']);
  assert.deepEqual(readCsv(writeCsv(table)), table);
  assert.deepEqual(await readWorkbook(await writeWorkbook(table)), table);
});

test('a CSV of ours begins with a BOM, so that Excel reads Chinese; theirs may have semicolons, tabs, no last line end, or be in GB 18030', () => {
  assert.deepEqual([...new TextEncoder().encode(writeCsv([['工号']])).slice(0, 3)], [0xef, 0xbb, 0xbf]);
  assert.deepEqual(readCsv('number;name\r\n8001;"Li; Ming"\r\n\r\n;\r\n8002;x'), [
    ['number', 'name'],
    ['8001', 'Li; Ming'],
    ['8002', 'x'],
  ]);
  assert.deepEqual(readCsv('a\tb\n1\t2'), [
    ['a', 'b'],
    ['1', '2'],
  ]);
  assert.equal(textOf(Uint8Array.from([0xb9, 0xa4, 0xba, 0xc5])), '工号');
  assert.equal(textOf(Uint8Array.from([0xff, 0xfe, 0xe5, 0x5d, 0xf7, 0x53])), '工号');
});

interface Row {
  number: string;
  queues: string[];
}
const columns = [
  { key: 'number', title: 'Number', value: ({ number }: Row) => number },
  { key: 'queues', title: 'Queues', value: ({ queues }: Row) => queues.join('; '), options: ({ queues }: Row) => queues },
];
const rows: Row[] = [
  { number: '10001', queues: ['service', 'sales'] },
  { number: '8002', queues: ['sales'] },
  { number: '8001', queues: [] },
];

test('a list is searched by all words, filtered by what a row has, and sorted as people count', () => {
  const shown = (view: object): string[] => shownRows(rows, columns, { ...wholeView, ...view }).map(({ number }) => number);
  assert.deepEqual(shown({ search: 'SALES 100' }), ['10001']);
  assert.deepEqual(shown({ filters: { queues: 'sales' }, sort: { key: 'number', descending: false } }), ['8002', '10001']);
  assert.deepEqual(shown({ sort: { key: 'number', descending: true } }), ['10001', '8002', '8001']);
  const [, queues] = columns;
  assert.ok(queues, 'there is a second column');
  assert.deepEqual(optionsOf(rows, queues), ['sales', 'service']);
  assert.deepEqual(exported(rows.slice(2), columns), [
    ['Number', 'Queues'],
    ['8001', ''],
  ]);
});

const queues = new Map([
  ['service', 'service'],
  ['普通服务', 'service'],
  ['sales', 'sales'],
]);

test('a file of agents is read by its heads in either language, whatever their order; unknown columns are named', () => {
  const read = readAgents(
    [
      ['姓名', '工号', 'Shoe size', '技能队列', '技能', '班组'],
      ['李明', '8011', '43', '普通服务、sales', 'english=6;gold', '-'],
      ['', '8012', '', '-', '', ''],
    ],
    queues,
  );
  assert.deepEqual(read.rows, [
    { number: '8011', name: '李明', queues: ['service', 'sales'], skills: { english: 6, gold: 10 }, team: '' },
    { number: '8012', queues: [] },
  ]);
  assert.deepEqual([read.fault, read.lines, read.ignored], [null, [2, 3], ['Shoe size']]);
});

test('a file that cannot be one of agents says why; a skill that cannot be read is told by its row', () => {
  assert.equal(readAgents([['number']], queues).fault, 'no_rows');
  assert.equal(readAgents([['name'], ['x']], queues).fault, 'no_number_column');
  assert.equal(readAgents([['number'], ...Array.from({ length: 3_001 }, () => ['8001'])], queues).fault, 'too_many_rows');
  const { troubles } = readAgents(
    [
      ['number', 'skills'],
      ['8001', 'english very good; gold 3'],
    ],
    queues,
  );
  assert.deepEqual(troubles, [[{ field: 'skills', code: 'skill_unreadable', value: 'english very good' }]]);
});

test('agents changed alike keep what the change does not name', () => {
  const marked = [{ number: '8001', queues: ['service', 'vip'], skills: { english: 5, gold: 1 } }];
  const nothing = { addQueues: [], removeQueues: [], setSkills: {}, removeSkills: [], team: null, site: null };
  assert.deepEqual(bulkRows(marked, { ...nothing, addQueues: ['sales'], removeQueues: ['vip'] }), [{ number: '8001', queues: ['service', 'sales'] }]);
  assert.deepEqual(bulkRows(marked, { ...nothing, setSkills: { english: 8 }, removeSkills: ['gold'], team: '' }), [
    { number: '8001', skills: { english: 8 }, team: '' },
  ]);
});
