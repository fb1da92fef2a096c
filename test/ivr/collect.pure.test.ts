import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Collecting } from '../../src/call/command.ts';
import { type CollectOutput, type Collector, createCollector } from '../../src/ivr/collect.ts';

const PIN: Collecting = { least: 6, most: 6, finishKey: '#', firstKeyMs: 5000, betweenKeysMs: 3000 };
const MENU: Collecting = { least: 1, most: 1, finishKey: null, firstKeyMs: 5000, betweenKeysMs: 3000 };
const ACCOUNT: Collecting = { least: 4, most: 12, finishKey: '#', firstKeyMs: 5000, betweenKeysMs: 3000 };

type Input = ['prompt' | 'time', number] | ['key', string, number];

function run(collector: Collector, inputs: Input[]): CollectOutput[] {
  return inputs.map((input) => {
    if (input[0] === 'key') return collector.key(input[1], input[2]);
    return input[0] === 'prompt' ? collector.promptEnded(input[1]) : collector.timePassed(input[1]);
  });
}

interface Row {
  claim: string;
  collecting: Collecting;
  bargeIn?: boolean;
  inputs: Input[];
  outputs: CollectOutput[];
}

const rows: Row[] = [
  {
    claim: 'one key after the prompt completes a menu',
    collecting: MENU,
    inputs: [
      ['prompt', 1000],
      ['key', '1', 2000],
    ],
    outputs: [{ until: 6000 }, { until: null, done: { digits: '1', end: 'complete' } }],
  },
  {
    claim: 'a key during the prompt stops it and counts',
    collecting: MENU,
    inputs: [['key', '0', 300]],
    outputs: [{ stopPrompt: true, until: null, done: { digits: '0', end: 'complete' } }],
  },
  {
    claim: 'without barge-in keys during the prompt are lost',
    collecting: MENU,
    bargeIn: false,
    inputs: [
      ['key', '0', 300],
      ['prompt', 1000],
      ['key', '2', 1100],
    ],
    outputs: [{ until: null }, { until: 6000 }, { until: null, done: { digits: '2', end: 'complete' } }],
  },
  {
    claim: 'a star or hash is a key like others where it does not finish',
    collecting: MENU,
    inputs: [
      ['prompt', 0],
      ['key', '#', 1],
    ],
    outputs: [{ until: 5000 }, { until: null, done: { digits: '#', end: 'complete' } }],
  },
  {
    claim: 'silence after the prompt is a time-out without digits',
    collecting: PIN,
    inputs: [
      ['prompt', 1000],
      ['time', 5999],
      ['time', 6000],
    ],
    outputs: [{ until: 6000 }, { until: 6000 }, { until: null, done: { digits: '', end: 'timeout' } }],
  },
  {
    claim: 'no time-out while the prompt plays, however long',
    collecting: PIN,
    inputs: [
      ['time', 60_000],
      ['prompt', 61_000],
    ],
    outputs: [{ until: null }, { until: 66_000 }],
  },
  {
    claim: 'a pause between keys hands back what was pressed so far',
    collecting: ACCOUNT,
    inputs: [
      ['prompt', 0],
      ['key', '1', 100],
      ['key', '2', 200],
      ['time', 3199],
      ['time', 3200],
    ],
    outputs: [{ until: 5000 }, { until: 3100 }, { until: 3200 }, { until: 3200 }, { until: null, done: { digits: '12', end: 'timeout' } }],
  },
  {
    claim: 'the finish key ends and is not part of the input',
    collecting: ACCOUNT,
    inputs: [
      ['prompt', 0],
      ['key', '1', 100],
      ['key', '#', 200],
    ],
    outputs: [{ until: 5000 }, { until: 3100 }, { until: null, done: { digits: '1', end: 'finish_key' } }],
  },
  {
    claim: 'the finish key during the prompt ends an empty input and stops the prompt',
    collecting: ACCOUNT,
    inputs: [['key', '#', 200]],
    outputs: [{ stopPrompt: true, until: null, done: { digits: '', end: 'finish_key' } }],
  },
  {
    claim: 'only the first key stops the prompt, and its late end changes nothing',
    collecting: PIN,
    inputs: [
      ['key', '2', 100],
      ['key', '5', 200],
      ['prompt', 300],
      ['key', '8', 400],
      ['key', '3', 500],
      ['key', '6', 600],
      ['key', '9', 700],
    ],
    outputs: [
      { stopPrompt: true, until: 3100 },
      { until: 3200 },
      { until: 3200 },
      { until: 3400 },
      { until: 3500 },
      { until: 3600 },
      { until: null, done: { digits: '258369', end: 'complete' } },
    ],
  },
  {
    claim: 'what is no key changes nothing',
    collecting: ACCOUNT,
    inputs: [
      ['prompt', 0],
      ['key', 'E', 10],
      ['key', '12', 20],
      ['key', '', 30],
    ],
    outputs: [{ until: 5000 }, { until: 5000 }, { until: 5000 }, { until: 5000 }],
  },
  {
    claim: 'a key just after its deadline counts until we were told of the time',
    collecting: MENU,
    inputs: [
      ['prompt', 0],
      ['key', '5', 5001],
    ],
    outputs: [{ until: 5000 }, { until: null, done: { digits: '5', end: 'complete' } }],
  },
  {
    claim: 'it is done once',
    collecting: MENU,
    inputs: [
      ['prompt', 0],
      ['key', '5', 1],
      ['key', '6', 2],
      ['prompt', 3],
      ['time', 99_999],
    ],
    outputs: [{ until: 5000 }, { until: null, done: { digits: '5', end: 'complete' } }, { until: null }, { until: null }, { until: null }],
  },
  {
    claim: 'the end of the prompt is told once',
    collecting: MENU,
    inputs: [
      ['prompt', 0],
      ['prompt', 4000],
    ],
    outputs: [{ until: 5000 }, { until: 5000 }],
  },
];

describe('the digit collector', () => {
  for (const { claim, collecting, bargeIn = true, inputs, outputs } of rows) {
    it(claim, () => assert.deepEqual(run(createCollector(collecting, bargeIn), inputs), outputs));
  }

  it('E7: takes at most 64 keys, whatever it was asked for', () => {
    const collector = createCollector({ ...ACCOUNT, most: 10_000 }, true);
    const outputs = Array.from({ length: 64 }, (_, at) => collector.key('7', at));
    assert.equal(outputs.at(-1)?.done?.digits.length, 64);
  });
});
