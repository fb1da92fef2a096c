/** The words of the admin console, which lie beside it: both languages whole, every word used, every word there. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rowFaults } from '../../src/tenants/agent-rows.ts';
import { inProject } from '../support/project.ts';

interface Words {
  [key: string]: string | Words;
}
const folder = inProject('web/admin');
const words = (language: string): Words => JSON.parse(readFileSync(join(folder, `words/${language}.json`), 'utf8')) as Words;
const leaves = (branch: Words, prefix = ''): [string, string][] =>
  Object.entries(branch).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value] as [string, string]] : leaves(value, `${prefix}${key}.`),
  );
const [zh, en] = [new Map(leaves(words('zh'))), new Map(leaves(words('en')))];

test('both languages have the same words, none empty, and fill in the same values', () => {
  assert.deepEqual([...en.keys()].sort(), [...zh.keys()].sort());
  const holes = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).sort();
  for (const [key, text] of zh) {
    assert.notEqual(text.trim(), '', key);
    assert.notEqual(en.get(key)?.trim(), '', key);
    assert.deepEqual(holes(en.get(key) ?? ''), holes(text), key);
  }
});

test('every word is used by a page, and every word a page asks for is there', () => {
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
});

test('every fault that a row of agents can have has words', () => {
  for (const code of rowFaults) assert.ok(zh.has(`rowFault.${code}`), code);
});
