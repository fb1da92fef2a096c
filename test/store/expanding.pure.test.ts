/** J2: a migration only adds what the version before can live with, so that one may go back to it on the same database. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inProject } from '../support/project.ts';

/** Those of before the rule, and each that breaks it since with the reason why the version before does not mind: statement → reason. */
const RULED_FROM = '0028';
const ALLOWED: Record<string, Record<string, string>> = {
  '0030_sign_in': {
    'drop constraint users_role_check': 'made again in the next statement, with more roles',
    'add constraint users_role_check': 'wider than the one before',
  },
  '0041_survey': {
    'drop not null': 'tickets without a customer are read as such by the version before: it joins them',
    'add constraint tickets_about': 'the version before writes a customer always',
  },
  '0045_resolution': { 'drop index if exists calls_caller': 'an index is nobody’s data' },
};

/** What the version before cannot live with, in one statement. */
const BREAKING: readonly [string, RegExp][] = [
  ['drop', /\bdrop\s+(?!trigger\b|function\b)(?:\w+\s+)?(?:if\s+exists\s+)?\w+(?:\s+\w+)?/gi],
  ['rename', /\brename\s+(?:column\s+|constraint\s+)?\w+/gi],
  ['type', /\balter\s+(?:column\s+)?\w+\s+(?:set\s+data\s+)?type\b/gi],
  ['not null', /\bset\s+not\s+null\b/gi],
  ['constraint', /\badd\s+(?:constraint\s+\w+|check\b|unique\b|foreign\b)/gi],
  ['data', /\b(?:truncate|delete\s+from)\s+\w+/gi],
];

/** Comments and bodies of functions aside: what is in them happens when they are called. */
const bare = (sql: string): string => sql.replace(/--.*$/gm, '').replace(/\$\$[\s\S]*?\$\$/g, '$$');

/** Each place that breaks the rule, as it is written. */
function breaches(sql: string): string[] {
  const text = bare(sql);
  const found = BREAKING.flatMap(([, pattern]) => [...text.matchAll(pattern)].map(([words]) => words.replace(/\s+/g, ' ')));
  // A column that must not be empty, and is not filled by itself, is one that the version before does not fill.
  const columns = [...text.matchAll(/\badd\s+column\s+(?:if\s+not\s+exists\s+)?(\w+)([^,;]*)/gi)];
  return [
    ...found,
    ...columns.flatMap(([, name = '', rest = '']) =>
      /not\s+null/i.test(rest) && !/\bdefault\b|\bgenerated\b/i.test(rest) ? [`add column ${name} not null`] : [],
    ),
  ];
}

test('J2: what is found to break the version before', () => {
  const found = (sql: string): string[] => breaches(sql).map((words) => words.toLowerCase());
  assert.deepEqual(found('alter table calls add column mood text; create table moods (mood text primary key); create index on calls (mood);'), []);
  assert.deepEqual(found("alter table calls add column mood text not null default 'x';"), []);
  assert.deepEqual(found('alter table calls add column mood text not null, add column n integer;'), ['add column mood not null']);
  assert.deepEqual(found('alter table calls drop column mood;'), ['drop column mood']);
  assert.deepEqual(found('alter table calls rename column mood to temper;'), ['rename column mood']);
  assert.deepEqual(found('alter table calls alter column mood set not null;'), ['set not null']);
  assert.deepEqual(found('alter table calls alter mood type integer;'), ['alter mood type']);
  assert.deepEqual(found('drop table moods; -- drop table calls'), ['drop table moods']);
  assert.deepEqual(found('alter table calls add constraint c check (n > 0);'), ['add constraint c']);
  assert.deepEqual(found('delete from calls where true;'), ['delete from calls']);
});

test('J2: each migration only adds, or says why the version before does not mind', () => {
  const files = readdirSync(inProject('src/store/migrations')).filter((name) => name.endsWith('.sql') && name >= RULED_FROM);
  assert.ok(files.length > 10);
  const used = new Set<string>();
  for (const file of files) {
    const name = file.replace(/\.sql$/, '');
    for (const words of breaches(readFileSync(inProject(`src/store/migrations/${file}`), 'utf8'))) {
      const reason = Object.keys(ALLOWED[name] ?? {}).find((allowed) => words.toLowerCase().startsWith(allowed) || allowed.startsWith(words.toLowerCase()));
      assert.ok(
        reason !== undefined,
        `${file}: "${words}": the version before cannot live with it. Expand now, contract in the version after next; or say in ALLOWED why it does not mind`,
      );
      used.add(`${name} ${reason}`);
    }
  }
  assert.deepEqual(
    [...used].sort(),
    Object.entries(ALLOWED)
      .flatMap(([name, reasons]) => Object.keys(reasons).map((words) => `${name} ${words}`))
      .sort(),
    'none is allowed that is not there',
  );
});
