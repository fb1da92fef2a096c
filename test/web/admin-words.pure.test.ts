/** The words of the admin console, of `/account` and of reports, which lie beside them: both languages whole, every word used, every word there. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { definitions } from '../../src/ledger/definitions.ts';
import { callMeasures, handledMeasures, offerMeasures, timeMeasures, visitMeasures } from '../../src/ledger/measures.ts';
import { reconcile } from '../../src/ledger/reconcile.ts';
import { figuresOf } from '../../src/ledger/report.ts';
import { rowFaults } from '../../src/tenants/agent-rows.ts';
import { proofs } from '../../web/supervisor/reports/reconcile.ts';
import { inProject } from '../support/project.ts';

interface Words {
  [key: string]: string | Words;
}
const folderOf = (page: string): string => inProject(`web/${page}`);
const words = (page: string, language: string): Words => JSON.parse(readFileSync(join(folderOf(page), `words/${language}.json`), 'utf8')) as Words;
const leaves = (branch: Words, prefix = ''): [string, string][] =>
  Object.entries(branch).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value] as [string, string]] : leaves(value, `${prefix}${key}.`),
  );
const wordsOf = (page: string) => [new Map(leaves(words(page, 'zh'))), new Map(leaves(words(page, 'en')))] as const;
const pages = ['admin', 'account', 'supervisor/reports'];

test('both languages have the same words, none empty, and fill in the same values', () => {
  for (const [zh, en] of pages.map(wordsOf)) sameWords(zh, en);
});

function sameWords(zh: ReadonlyMap<string, string>, en: ReadonlyMap<string, string>): void {
  assert.deepEqual([...en.keys()].sort(), [...zh.keys()].sort());
  const holes = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).sort();
  for (const [key, text] of zh) {
    assert.notEqual(text.trim(), '', key);
    assert.notEqual(en.get(key)?.trim(), '', key);
    assert.deepEqual(holes(en.get(key) ?? ''), holes(text), key);
  }
}

test('every word is used by a page, and every word a page asks for is there', () => {
  for (const page of pages) everyWord(page);
});

function everyWord(page: string): void {
  const folder = folderOf(page);
  const [zh] = wordsOf(page);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\.tsx?$/.test(path));
  const source = files.map((path) => readFileSync(join(folder, path), 'utf8')).join('\n');
  const asked = [...source.matchAll(/\bw\(\s*'([\w.]+)'/g)].map(([, key]) => key as string);
  assert.deepEqual(
    asked.filter((key) => !zh.has(key)),
    [],
  );
  const built = [...source.matchAll(/`(\w+)\.\$\{/g), ...source.matchAll(/named\(w, '(\w+)'/g)].map(([, name]) => `${name}.`);
  assert.deepEqual(
    [...zh.keys()].filter((key) => !source.includes(`'${key}'`) && !built.some((prefix) => key.startsWith(prefix))),
    [],
  );
}

test('every fault that a row of agents can have has words', () => {
  for (const code of rowFaults) assert.ok(wordsOf('admin')[0].has(`rowFault.${code}`), code);
});

test('everything a report or a proof can say has words, and what is proved is listed', () => {
  const [zh] = wordsOf('supervisor/reports');
  const zeros = <Name extends string>(names: readonly Name[]) => Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  const sums = {
    contacts: zeros(visitMeasures),
    handling: zeros(handledMeasures),
    time: zeros(timeMeasures),
    offers: zeros(offerMeasures),
    calls: zeros(callMeasures),
  };
  const groups = figuresOf({ bin: 0, key: '', ...sums }, 'offered');
  for (const [group, figures] of Object.entries(groups))
    for (const name of Object.keys(figures))
      assert.ok(zh.has(`measure.${name}`) || (group !== 'calls' && name === 'serviceLevel') || Object.hasOwn(definitions, name), `${group}.${name}`);
  const proved = reconcile({ visits: [], handled: [], agents: [], calls: [] }, { legMs: new Map(), presentMs: 0 });
  assert.deepEqual(Object.fromEntries(Object.entries(proved).map(([what, ways]) => [what, Object.keys(ways)])), proofs);
  for (const [what, ways] of Object.entries(proofs)) {
    assert.ok(zh.has(`sum.${what}`) && zh.has(`sumWhy.${what}`), what);
    for (const way of ways) assert.ok(zh.has(`way.${what}_${way}`), `${what} ${way}`);
  }
});
