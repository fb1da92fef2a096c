import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { asId } from '../../kernel/ids.ts';
import { compileDialplan } from '../../src/ivr/compile.ts';
import { successors } from '../../src/ivr/reach.ts';
import { dialplanJsonSchema, verbNames, wholeFileSchema } from '../../src/ivr/schema.ts';
import { fragments } from '../../src/ivr/speak.ts';
import type { DialplanSource } from '../../src/ivr/work.ts';
import { inProject } from '../support/project.ts';

const folder = inProject('test/ivr/fixtures');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const namesIn = (name: string): string[] => readdirSync(join(folder, name)).sort();

const zhFragments = Object.values(fragments.zh).flat();
/** English has no recorded dates here, and one prompt less. */
const enFragments = Object.entries(fragments.en).flatMap(([kind, names]) => (kind === 'date' ? [] : names));

function sourceOf(files: DialplanSource['files']): DialplanSource {
  return {
    tenantId: asId('t'),
    version: asId('t@1'),
    files,
    prompts: { zh: ['hello', 'bye', 'only-zh', ...zhFragments], en: ['hello', 'bye', ...enFragments] },
    music: ['default'],
    queues: ['service', 'vip'],
    agents: ['8001'],
    numbers: ['10086'],
    forms: ['payment'],
  };
}

const faultsOf = (files: DialplanSource['files']): string[] =>
  compileDialplan(sourceOf(files)).faults.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);

describe('faults of a dialplan', () => {
  // Each bad dialplan has beside it what must be said of it, whole: an extra fault fails as loudly as a missing one.
  for (const name of namesIn('bad/').filter((file) => file.endsWith('.yaml'))) {
    it(`are told for ${name.replace('.yaml', '').replaceAll('-', ' ')}`, () => {
      const expected = read(`bad/${name.replace('.yaml', '.txt')}`)
        .trimEnd()
        .split('\n');
      assert.deepEqual(faultsOf([{ path: name, text: read(`bad/${name}`) }]), expected);
    });
  }
});

describe('numbers with settings of their own', () => {
  const text = `numbers: { '10086': main }\nflows:\n  main:\n    - hangup\n  night:\n    - hangup\n`;
  const faults = (entered: DialplanSource['entered'], numbers = ['10086', '95588']) =>
    compileDialplan({ ...sourceOf([{ path: 'main.yaml', text }]), numbers, entered: entered ?? [] }).faults.map(({ message }) => message);
  it('reach their flows, which are not lost then, and need no place in the file', () =>
    assert.deepEqual(faults([{ number: '95588', flows: ['main', 'night'], named: false }]), []));
  it('may not enter a flow that is not there', () =>
    assert.match(faults([{ number: '95588', flows: ['night', 'nigth'], named: false }]).join(), /number 95588 enters the flow "nigth" by its settings/));
  it('that the dialplan must still name are missed', () =>
    assert.match(faults([{ number: '95588', flows: ['night'], named: true }]).join(), /callers of 95588 would be refused/));
});

describe('a sound dialplan', () => {
  for (const name of namesIn('good/')) {
    it(`compiles, and editors take it too: ${name}`, () => {
      const text = read(`good/${name}`);
      assert.deepEqual(faultsOf([{ path: name, text }]), []);
      assert.deepEqual(wholeFileSchema().safeParse(parse(text)).error?.issues, undefined);
    });
  }

  it('may use every verb there is', () => {
    const { plan } = compileDialplan(sourceOf([{ path: 'every-verb.yaml', text: read('good/every-verb.yaml') }]));
    const verbs = new Set(Object.values(plan?.nodes ?? {}).map((node) => node.verb));
    // `say` is a `play` whose parts are values.
    assert.deepEqual([...verbs].sort(), verbNames.filter((verb) => verb !== 'say').sort());
  });

  it('is a graph whose every edge leads to a node or to the end', () => {
    const { plan } = compileDialplan(sourceOf([{ path: 'every-verb.yaml', text: read('good/every-verb.yaml') }]));
    assert.ok(plan !== null);
    for (const [id, node] of Object.entries(plan.nodes)) {
      for (const next of successors(node)) assert.ok(next === null || plan.nodes[next] !== undefined, `${id} leads to ${next}`);
    }
  });

  it('goes on after a step when the steps written in place are through', () => {
    const { plan } = compileDialplan(sourceOf([{ path: 'every-verb.yaml', text: read('good/every-verb.yaml') }]));
    const menu = Object.values(plan?.nodes ?? {}).find((node) => node.verb === 'menu');
    assert.ok(menu?.verb === 'menu');
    const first = plan?.nodes[menu.keys['1'] ?? ''];
    assert.ok(first?.verb === 'set' && plan?.nodes[first.next ?? '']?.verb === 'transfer');
  });

  it('may lie in several files, and says which when two of them quarrel', () => {
    const one = { path: 'one.yaml', text: "numbers: { '10086': main }\nflows:\n  main:\n    - goto: other\n" };
    const two = { path: 'two.yaml', text: 'flows:\n  other:\n    - hangup\n' };
    assert.deepEqual(faultsOf([one, two]), []);
    const three = { path: 'three.yaml', text: "numbers: { '10086': other }\nflows:\n  other:\n    - hangup\n" };
    assert.deepEqual(faultsOf([one, two, three]), [
      'three.yaml:1:12: number 10086 already has a flow in one.yaml: remove one of them',
      'three.yaml:3:3: flow "other" already stands in two.yaml: give one of them another name',
    ]);
  });

  it('is refused when its YAML is made to swell', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join(',')}]`)
      .join('\n')}\n`;
    assert.match(faultsOf([{ path: 'bomb.yaml', text: bomb }])[0] ?? '', /^bomb\.yaml:1:\d+: the file cannot be read: /);
  });

  it('does not depend on queues, agents and numbers that are not known', () => {
    const source = {
      ...sourceOf([{ path: 'a.yaml', text: "numbers: { '1': main }\nflows:\n  main:\n    - queue: anywhere\n" }]),
      queues: null,
      agents: null,
      numbers: null,
    };
    assert.match(compileDialplan(source).faults[0]?.message ?? '', /give a dialled number/);
    const longer = { ...source, files: [{ path: 'a.yaml', text: "numbers: { '100': main }\nflows:\n  main:\n    - queue: anywhere\n" }] };
    assert.deepEqual(compileDialplan(longer).faults, []);
  });
});

describe('the schema for editors', () => {
  it('is the one the compiler checks by', () => {
    const written: unknown = JSON.parse(readFileSync(inProject('dialplans/dialplan.schema.json'), 'utf8'));
    assert.deepEqual(written, JSON.parse(JSON.stringify(dialplanJsonSchema())), 'run: node --import tsx scripts/prompts/schema.mjs');
  });
});

describe('the README of dialplans', () => {
  const text = readFileSync(inProject('dialplans/README.md'), 'utf8');
  const examples = [...text.matchAll(/```yaml\n([^`]*)```/g)].map(([, example = '']) => example);

  for (const [at, example] of examples.entries()) {
    it(`shows what can be written: example ${at + 1}`, () => {
      const whole = example.startsWith('-') ? `flows:\n  main:\n${example.replace(/^/gm, '    ')}` : example;
      assert.deepEqual(wholeFileSchema().safeParse(parse(whole)).error?.issues, undefined);
    });
  }

  it('shows every verb', () => {
    const missing = verbNames.filter((verb) => !examples.some((example) => new RegExp(`^- (name: .*\\n  )?${verb}\\b`, 'm').test(example)));
    assert.deepEqual(missing, []);
  });
});
