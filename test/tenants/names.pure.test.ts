/** What queues and agents name must be there: each name, its fault, and how to mend it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { lostExits, lostSurveys } from '../../src/ivr/words.ts';
import { checkTenant } from '../../src/tenants/file.ts';
import { agentFaults, circlesIn, circleThrough, type NamedQueue, type Names, queueFaults } from '../../src/tenants/names.ts';
import { inProject } from '../support/project.ts';

const names: Names = {
  queues: ['service', 'sales'],
  calendars: ['office'],
  teams: ['north'],
  numbers: ['10086'],
  dialplan: {
    exits: ['main', 'sorry', 'callback'],
    flows: ['main', 'night', 'survey'],
    surveys: ['survey'],
    numbers: { '10086': 'main' },
    prompts: ['welcome'],
    music: ['default'],
  },
};
const when = { waiting: 3 };

const survey = { flow: 'survey', asks: 'always', everyDays: 1 } as const;

/** Each with a name that is there, and the same with one that is not. */
const rows: [string, NamedQueue, NamedQueue, RegExp][] = [
  ['survey.flow', { survey }, { survey: { ...survey, flow: 'main' } }, /^there is no survey "main".*: write a flow of that name with a `rate` step/],
  ['door.calendar', { door: { calendar: 'office' } }, { door: { calendar: 'ofice' } }, /^there is no calendar "ofice", did you mean "office"\?: add it first$/],
  [
    'overflow.0.to.queue',
    { overflow: [{ when, to: { queue: 'sales' } }] },
    { overflow: [{ when, to: { queue: 'x' } }] },
    /no queue "x".*: add it first, or name another/,
  ],
  ['overflow.0.to.queue', {}, { overflow: [{ when, to: { queue: 'service', alsoWaits: true } }] }, /cannot overflow into itself/],
  ['overflow.0.to.exit', { overflow: [{ when, to: { exit: 'sorry' } }] }, { overflow: [{ when, to: { exit: 'voicemail' } }] }, /add a flow of that name/],
  [
    'overflow.0.to.offer',
    { callback: {}, overflow: [{ when, to: { offer: 'callback' } }] },
    { overflow: [{ when, to: { offer: 'callback' } }] },
    /no section `callback`/,
  ],
  [
    'widening.steps.0.open.1.team',
    { widening: { steps: [{ afterMs: 1, open: [{ queue: 'sales' }, { team: 'north' }] }] } },
    { widening: { steps: [{ afterMs: 1, open: [{ queue: 'sales' }, { team: 'south' }] }] } },
    /no team "south".*give it to an agent first/,
  ],
  [
    'widening.reserves.0.open.0.queue',
    { widening: { reserves: [{ name: 'r', open: [{ queue: 'sales' }], when: { waiting: 1 } }] } },
    { widening: { reserves: [{ name: 'r', open: [{ queue: 'sale' }], when: { waiting: 1 } }] } },
    /no queue "sale", did you mean "sales"/,
  ],
  [
    'announcements.messages.1',
    { announcements: { firstMs: 1, everyMs: 1, messages: ['welcome'] } },
    { announcements: { firstMs: 1, everyMs: 1, messages: ['welcome', 'hello'] } },
    /prompts folder/,
  ],
  ['music', { music: null }, { music: 'jazz' }, /music folder/],
  ['callback.display', { callback: { display: '10086' } }, { callback: { display: '10000' } }, /one of the tenant’s numbers/],
];
for (const [at, right, wrong, message] of rows) {
  test(`${at}: a name that is there is taken, one that is not is named with how to mend it: ${message.source}`, () => {
    assert.deepEqual(queueFaults('service', right, names), []);
    const [fault, ...more] = queueFaults('service', wrong, names);
    assert.deepEqual([fault?.at.join('.'), more], [at, []]);
    assert.match(fault?.message ?? '', message);
  });
}

test('where no dialplan is known its exits and sounds are not checked, everything else is', () => {
  const queue = {
    music: 'jazz',
    overflow: [
      { when, to: { exit: 'voicemail' } },
      { when, to: { queue: 'x' } },
    ],
  };
  assert.deepEqual(
    queueFaults('service', queue, { ...names, dialplan: null }).map(({ at }) => at.join('.')),
    ['overflow.1.to.queue'],
  );
});

test('an agent’s queues and ranks are checked', () => {
  assert.deepEqual(agentFaults({ queues: ['service'], matching: { ranks: { sales: 2 } } }, names), []);
  const faults = agentFaults({ queues: ['nowhere'], matching: { ranks: { never: 2 } } }, names);
  assert.deepEqual(
    faults.map(({ at }) => at.join('.')),
    ['queues.0', 'matching.ranks.never'],
  );
});

test('queues that overflow into one another are found, each circle once; one that also waits elsewhere goes nowhere', () => {
  const to = (...queues: string[]) => queues.map((queue) => ({ when, to: { queue } }));
  const queues = [
    { name: 'a', overflow: to('b') },
    { name: 'b', overflow: to('c', 'a') },
    { name: 'c', overflow: to('d') },
    { name: 'd', overflow: [{ when, to: { queue: 'c', alsoWaits: true } }, ...to('e')] },
    { name: 'e', overflow: to('c') },
    { name: 'f', overflow: to('a') },
  ];
  assert.deepEqual(circlesIn(queues), [
    ['a', 'b'],
    ['c', 'd', 'e'],
  ]);
  assert.equal(circleThrough('f', queues), null);
  assert.deepEqual(circleThrough('b', queues), ['b', 'a']);
});

test('an exit that a queue overflows to cannot go; one that was never there is not the new dialplan’s fault', () => {
  const words = (...exits: string[]) => ({ exits, flows: [], surveys: exits, numbers: {}, prompts: [], music: [] });
  const named = [
    { queue: 'service', exit: 'sorry' },
    { queue: 'service', exit: 'never' },
  ];
  assert.deepEqual(lostExits(null, words(), named), []);
  assert.deepEqual(lostExits(words('main', 'sorry'), words('sorry'), named), []);
  const [lost, ...more] = lostExits(words('main', 'sorry'), words('main'), named);
  assert.match(lost ?? '', /^the queue "service" overflows to the exit "sorry", which would be gone: keep /);
  assert.deepEqual(more, []);
});

test('nor can a flow go in which the callers of a queue are asked', () => {
  const words = (...surveys: string[]) => ({ exits: [], flows: [], surveys, numbers: {}, prompts: [], music: [] });
  const named = [
    { queue: 'service', flow: 'survey' },
    { queue: 'service', flow: 'never' },
  ];
  assert.deepEqual(lostSurveys(null, words(), named), []);
  assert.deepEqual(lostSurveys(words('survey'), words('survey', 'more'), named), []);
  const [lost, ...more] = lostSurveys(words('survey'), words(), named);
  assert.match(lost ?? '', /^callers of the queue "service" are asked in the flow "survey", which would no longer rate: keep /);
  assert.deepEqual(more, []);
});

test('a tenant’s file tells unknown names by their place, and circles as a note', () => {
  const demo = parse(readFileSync(inProject('dialplans/demo/tenant.yaml'), 'utf8')) as { queues: object[] };
  assert.deepEqual(checkTenant(demo, null), { faults: [], notes: [] });
  const [service, vip, ...others] = demo.queues;
  const changed = (overflow: object[]) => ({
    ...demo,
    queues: [{ ...service, overflow }, { ...vip, overflow: [{ when, to: { queue: 'service' } }] }, ...others],
  });
  const { faults } = checkTenant(changed([{ when, to: { queue: 'servise' } }]), null);
  assert.deepEqual(
    faults.map(({ at }) => at.join('.')),
    ['queues.0.overflow.0.to.queue'],
  );
  assert.match(checkTenant(changed([{ when, to: { queue: 'vip' } }]), null).notes.join(), /^service → vip → service: /);
});
