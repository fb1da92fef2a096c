import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { agentAnswers, callStates, changeKinds, obstacles, overflowHindrances, precedences } from '../../src/acd/explain/explanation.ts';
import { strategies } from '../../src/acd/matching/rules.ts';
import { endingCauses } from '../../src/call/ending.ts';
import { overflowConditions } from '../../src/call/event.ts';
import { ratings, surveyGivenUpWhys, surveyNotAskedWhys } from '../../src/call/survey.ts';
import { ctiErrorCodes } from '../../src/cti/errors.ts';
import { agentActivities, agentStates, callPhases, captureStates, notReadyReasons, ownReasons as protocolReasons } from '../../src/cti/protocol.ts';
import { dispositions } from '../../web/agent/dispositions.ts';
import { ownReasons } from '../../web/agent/own-reasons.ts';
import { inProject } from '../support/project.ts';

interface Words {
  [key: string]: string | Words;
}
const web = inProject('web');
const read = (path: string): string => readFileSync(join(web, path), 'utf8');
const words = (language: string): Words => JSON.parse(read(`i18n/${language}.json`)) as Words;
const [zh, en] = [words('zh'), words('en')];

const leaves = (branch: Words, prefix = ''): [string, string][] =>
  Object.entries(branch).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value] as [string, string]] : leaves(value, `${prefix}${key}.`),
  );
const keysOf = (branch: Words): string[] => leaves(branch).map(([key]) => key);
const table = (name: string): string[] => {
  const branch = zh[name];
  assert.ok(typeof branch === 'object', `zh.json has a table ${name}`);
  return Object.keys(branch);
};

test('both languages have the same words, none empty', () => {
  assert.deepEqual(keysOf(en).sort(), keysOf(zh).sort());
  for (const [key, text] of [...leaves(zh), ...leaves(en)]) assert.notEqual(text.trim(), '', key);
});

test('both languages fill in the same values', () => {
  const holes = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).sort();
  const english = new Map(leaves(en));
  for (const [key, text] of leaves(zh)) assert.deepEqual(holes(english.get(key) ?? ''), holes(text), key);
});

test('everything the protocol can say has words: states, reasons, phases, errors', () => {
  for (const activity of agentActivities) assert.ok(table('activity').includes(activity), activity);
  for (const state of agentStates) assert.ok(table('state').includes(state), state);
  for (const reason of notReadyReasons) assert.ok(table('reason').includes(reason), reason);
  for (const phase of callPhases) assert.ok(table('call').includes(phase), phase);
  for (const cause of endingCauses) assert.ok(table('cause').includes(cause), cause);
  for (const state of captureStates.filter((each) => each !== 'keying')) assert.ok(table('secretWord').includes(state), state);
  for (const code of ctiErrorCodes) assert.ok(table('errors').includes(code), code);
});

test('everything the routing core can say when it is asked why has words', () => {
  const said: [string, readonly string[]][] = [
    ['obstacle', obstacles],
    ['precedence', precedences],
    ['change', changeKinds],
    ['callStands', callStates],
    ['overflowWhen', overflowConditions],
    ['overflowHindrance', overflowHindrances],
    ['overflowTo', ['queue', 'also', 'exit', 'callback']],
    ['whyNoCall', agentAnswers],
    ['comparator', [...strategies, 'preferred_skills']],
  ];
  for (const [name, codes] of said) assert.deepEqual(table(name).sort(), [...codes].sort(), name);
});

test('whatever came of a survey has words, and each rating', () => {
  assert.deepEqual(table('surveyEnd').sort(), [...surveyNotAskedWhys, ...surveyGivenUpWhys, 'answered', 'not_said_why', 'hung_up'].sort());
  for (const rating of ratings) assert.ok(table('rating').includes(String(rating)), String(rating));
});

test('every outcome of a call has words, and no words are left over', () => {
  assert.deepEqual(table('disposition').sort(), [...dispositions].sort());
});

test('the reasons an agent is offered are those the protocol takes from her', () => {
  assert.deepEqual([...ownReasons], [...protocolReasons]);
});

test('every word is used by a page, and every word a page asks for is there', () => {
  const files = readdirSync(web, { recursive: true, encoding: 'utf8' }).filter((path) => /\.tsx?$/.test(path));
  const source = files.map(read).join('\n');
  const asked = [...source.matchAll(/\bt\(\s*'([\w.]+)'/g)].map(([, key]) => key as string);
  const all = keysOf(zh);
  assert.deepEqual(
    asked.filter((key) => !all.includes(key)),
    [],
  );
  // Tables looked up by a name the server sends, or by one put together in the code.
  const built = [...source.matchAll(/`(\w+)\.\$\{/g), ...source.matchAll(/label\(t, '(\w+)'/g)].map(([, name]) => `${name}.`);
  const unused = all.filter((key) => !source.includes(`'${key}'`) && !built.some((prefix) => key.startsWith(prefix)));
  assert.deepEqual(unused, []);
});
