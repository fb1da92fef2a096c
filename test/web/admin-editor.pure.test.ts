/** What the admin console's editors know of a text: where one writes, what may stand there, what leads where; and days of a year. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dialplanJsonSchema } from '../../src/ivr/schema.ts';
import { flowGraph, languagesOf, promptsNamed } from '../../web/admin/dialplans/flow-graph.ts';
import { placeAt } from '../../web/admin/editor/place.ts';
import { offersAt, type Schema } from '../../web/admin/editor/schema.ts';
import { wavOf } from '../../web/admin/prompts/wav.ts';
import { dayChanges, readSpans, withDay, yearOf } from '../../web/admin/queues/calendar.ts';
import { changeOf, newDraft, rulesOf, withRules } from '../../web/admin/queues/queue.ts';
import { placeOf, readRules } from '../../web/admin/queues/rules-text.ts';
import { inProject } from '../support/project.ts';

/** `|` is where somebody writes. */
const at = (text: string) => {
  const { path, kind, word } = placeAt(text.replace('|', ''), text.indexOf('|'));
  return [path.join('.'), kind, word];
};

test('where one writes is known by indentation, in lists and between their elements', () => {
  assert.deepEqual(at('fl|'), ['', 'key', 'fl']);
  assert.deepEqual(at('flows:\n  main:\n    - pl|'), ['flows.main.*', 'key', 'pl']);
  assert.deepEqual(at('flows:\n  main:\n    - answer\n    - menu:\n        keys:\n          "1": ba|'), ['flows.main.*.menu.keys.1', 'value', 'ba']);
  assert.deepEqual(at('flows:\n  main:\n    - queue:\n        name: service\n        ti|'), ['flows.main.*.queue', 'key', 'ti']);
  assert.deepEqual(at('overflow:\n- when:\n    wai|'), ['overflow.*.when', 'key', 'wai']);
  assert.deepEqual(at('a:\n  - name: x\n    oth|'), ['a.*', 'key', 'oth']);
  assert.deepEqual(at('a:\n  b: 1\n# words\nc|'), ['', 'key', 'c']);
});

test('the dialplan’s own schema offers its verbs in a step, their settings inside, and the values there are', () => {
  const schema = dialplanJsonSchema() as Schema;
  const labels = (path: string, kind: 'key' | 'value') => offersAt(schema, path.split('.').filter(Boolean), kind).map(({ label }) => label);
  assert.ok(labels('', 'key').includes('flows'));
  for (const verb of ['answer', 'menu', 'queue', 'when', 'transfer']) assert.ok(labels('flows.main.*', 'key').includes(verb), verb);
  for (const name of ['keys', 'errors', 'otherwise']) assert.ok(labels('flows.main.*.menu', 'key').includes(name), name);
  assert.deepEqual(labels('flows.main.*.language', 'value').sort(), ['en', 'zh']);
  const insist = offersAt(schema, ['flows', 'main', '*', 'queue'], 'key').find(({ label }) => label === 'insist');
  assert.match(insist?.info ?? '', /waits all the same/);
});

const folder = inProject('dialplans/demo');
const files = Object.fromEntries(['main.yaml', 'people.yaml', 'numbers.yaml'].map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

test('the picture of a dialplan has its numbers, flows and queues, what leads where by which key, and what leads nowhere', () => {
  const { nodes, edges } = flowGraph(files);
  const kindOf = (id: string): string | undefined => nodes.find((node) => node.id === id)?.kind;
  assert.deepEqual([kindOf('flow:main-menu'), kindOf('queue:service'), kindOf('number:10086')], ['flow', 'queue', 'number']);
  assert.deepEqual(edges.find(({ from, to }) => from === 'flow:main-menu' && to === 'flow:balance')?.label, '1');
  const balance = nodes.find(({ id }) => id === 'flow:balance');
  assert.equal(files[balance?.at?.file ?? '']?.split('\n')[(balance?.at?.line ?? 0) - 1], '  balance:');
  const broken = flowGraph({ 'a.yaml': 'flows:\n  main:\n    - goto: nowhere\n' });
  assert.deepEqual(
    broken.nodes.map(({ id, kind }) => [id, kind]),
    [
      ['flow:main', 'flow'],
      ['flow:nowhere', 'missing'],
    ],
  );
  assert.deepEqual(flowGraph({ 'a.yaml': 'flows:\n  main: [\n' }).nodes.length, 1, 'what is half written does no harm');
});

test('prompts are named where they are said, and flows of the same name are not taken for them', () => {
  const named = promptsNamed(files);
  for (const prompt of ['welcome', 'not-valid', 'password-wrong', 'recording-notice']) assert.ok(named.has(prompt), prompt);
  assert.ok(!named.has('goodbye-flow'));
  assert.deepEqual(
    promptsNamed({ 'a.yaml': 'flows:\n  f:\n    - goto: welcome\n    - play: [one, { number: values.x }]\n' }),
    new Map([['one', new Set(['a.yaml: f'])]]),
  );
});

test('rules are read back from their text, and a fault of the server is shown where its path stands', () => {
  const text = 'overflow:\n  - when: { waiting: 3 }\n    to: { queue: nowhere }\ndoor:\n  calendar: office\n';
  assert.deepEqual(Object.keys(readRules(text).rules ?? {}), ['overflow', 'door']);
  assert.deepEqual(placeOf(text, 'overflow.0.to.queue'), { line: 3, column: 11 });
  assert.deepEqual(placeOf(text, 'door.calendar'), { line: 5, column: 3 });
  const broken = readRules('door: [\n');
  assert.equal(broken.rules, null);
  assert.equal(broken.faults.length, 1);
});

test('of a queue only what differs is sent, and a section that is gone as null', () => {
  const before = { ...newDraft, door: { calendar: 'office' } };
  assert.deepEqual(changeOf(before, { ...newDraft, maxWaiting: 7 }), { maxWaiting: 7, door: null });
  assert.deepEqual(rulesOf(before), { door: { calendar: 'office' } });
  assert.deepEqual(changeOf(before, withRules(before, { redialMs: 5_000 })), { door: null, redialMs: 5_000 });
});

test('a year has every day of it, holidays and make-up days in place of weekdays', () => {
  const hours = [{ from: '09:00', to: '18:00' }];
  const days = [
    { date: '2028-02-29', name: 'Leap', hours: [] },
    { date: '2028-01-01', name: '补班', hours: 'mon' as const },
  ];
  const year = yearOf({ week: { mon: hours }, days }, 2028);
  assert.equal(
    year.reduce((sum, month) => sum + month.days.length, 0),
    366,
  );
  assert.deepEqual(year[0]?.days[0], { date: '2028-01-01', day: 1, weekday: 'sat', kind: 'make_up', spans: hours, name: '补班' });
  assert.equal(year[0]?.blank, 5);
  assert.deepEqual([year[1]?.days[28]?.kind, year[0]?.days[2]?.kind, year[0]?.days[3]?.kind], ['holiday', 'open', 'closed']);
  assert.deepEqual(readSpans('9:00-12:00,13:30–24:00'), [
    { from: '09:00', to: '12:00' },
    { from: '13:30', to: '24:00' },
  ]);
  assert.deepEqual([readSpans(''), readSpans('9-12'), readSpans('25:00-26:00')], [[], null, null]);
  const changed = withDay(days, '2028-02-29', { date: '2028-02-29', name: 'Leap day', hours: [] });
  assert.deepEqual(
    dayChanges(days, changed).map(({ day, what }) => [day.date, what]),
    [['2028-02-29', 'changed']],
  );
});

test('a sound too loud for its file is made quieter as a whole, and its head is one every player knows', () => {
  const view = new DataView(wavOf(Float32Array.from([0, 2, -2, 1])));
  assert.deepEqual([view.getUint32(24, true), view.getUint16(22, true), view.getUint32(40, true)], [8_000, 1, 8]);
  assert.deepEqual(
    [44, 46, 48, 50].map((place) => view.getInt16(place, true)),
    [0, 31_784, -31_784, 15_892],
  );
});

test('a dialplan speaks the languages it lists, else the one it begins with, else Mandarin', () => {
  assert.deepEqual(languagesOf({ 'a.yaml': 'flows: {}\n', 'b.yaml': 'languages: [zh, en]\nlanguage: zh\n' }), ['zh', 'en']);
  assert.deepEqual(languagesOf({ 'a.yaml': 'language: en\n' }), ['en']);
  assert.deepEqual(languagesOf({ 'a.yaml': 'flows: [\n' }), ['zh']);
});
