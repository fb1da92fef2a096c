/** The words of the admin console and of `/account`, which lie beside them: both languages whole, every word used, every word there. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rowFaults } from '../../src/tenants/agent-rows.ts';
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
const pages = ['admin', 'account'];

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
  const built = [...source.matchAll(/`(\w+)\.\$\{/g)].map(([, name]) => `${name}.`);
  assert.deepEqual(
    [...zh.keys()].filter((key) => !source.includes(`'${key}'`) && !built.some((prefix) => key.startsWith(prefix))),
    [],
  );
}

test('every fault that a row of agents can have has words', () => {
  for (const code of rowFaults) assert.ok(wordsOf('admin')[0].has(`rowFault.${code}`), code);
});
