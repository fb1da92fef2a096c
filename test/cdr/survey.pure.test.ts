/** What the record says of the survey, at each point at which the caller may be gone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SurveyRecord } from '../../src/cdr/record.ts';
import { at, callId, li, released, type Step, say, service, told, wang } from './story.ts';

const dialplanEnd = { cause: 'dialplan_end', by: 'server' } as const;
const talked: Step[] = [
  ...[say.arrived(), say.answered(1, 0), say.queued(5), say.offered(7, 1), say.answered(15, 1), say.offerEnded(15, 1, 'answered'), say.left(15, 'answered')],
  ...[say.state(15, 'talking'), say.legEnded(60, 1)],
];
const asked: Step = [60, { type: 'surveyAsked', callId, queueId: service, agentId: wang, flow: 'survey', how: 'hung_up' }];
const rated = (rating: 1 | 2 | 3 | 4 | 5): Step => [65, { type: 'surveyAnswered', callId, rating, asksWhy: rating >= 4 }];
const gaveReason: Step = [70, { type: 'surveyReasonGiven', callId, reason: 'waited' }];
const gaveUp = (question: 'rating' | 'reason', why: 'no_key' | 'wrong_keys' | 'failed'): Step => [71, { type: 'surveyGivenUp', callId, question, why }];
const over: Step[] = [say.legEnded(75, 0, dialplanEnd), say.ended(75, dialplanEnd)];
const leaves: Step[] = [say.legEnded(75, 0), say.ended(75)];

const base: SurveyRecord = { agentId: wang, queueId: service, askedAt: at(60), how: 'hung_up', rating: null, reason: null, end: 'hung_up' };
const rows: [string, Step[], Partial<SurveyRecord>][] = [
  ['rated 1', [asked, rated(1), ...over], { rating: 1, end: 'answered' }],
  ['rated 5 and said why', [asked, rated(5), gaveReason, ...over], { rating: 5, reason: 'waited', end: 'answered' }],
  ['rated 4 and hung up at the second question', [asked, rated(4), ...leaves], { rating: 4, end: 'not_said_why' }],
  ['rated 4 and was silent at the second question', [asked, rated(4), gaveUp('reason', 'no_key'), ...over], { rating: 4, end: 'not_said_why' }],
  ['was silent', [asked, gaveUp('rating', 'no_key'), ...over], { end: 'no_key' }],
  ['pressed wrong keys', [asked, gaveUp('rating', 'wrong_keys'), ...over], { end: 'wrong_keys' }],
  ['could not be asked', [asked, gaveUp('rating', 'failed'), ...over], { end: 'failed' }],
  ['hung up at the question', [asked, ...leaves], {}],
];
for (const [name, steps, change] of rows) test(`a caller who ${name}`, () => assert.deepEqual(told([...talked, ...steps])[0]?.survey, { ...base, ...change }));

test('a caller who was not asked has why in her record, and no answer changes that', () => {
  const why: Step = [60, { type: 'surveyNotAsked', callId, queueId: service, agentId: li, why: 'caller_left' }];
  const record = told([...talked, why, rated(1), ...leaves])[0];
  assert.deepEqual(record?.survey, { agentId: li, queueId: service, askedAt: null, how: null, rating: null, reason: null, end: 'caller_left' });
});

test('why she was not asked is written also when it is learnt behind the end', () => {
  const records = told([...talked, ...leaves, [75, { type: 'surveyNotAsked', callId, queueId: service, agentId: wang, why: 'caller_left' }]]);
  assert.deepEqual(
    records.map(({ revision, survey }) => [revision, survey?.end]),
    [
      [1, undefined],
      [2, 'caller_left'],
    ],
  );
});

test('a call of a queue without a survey has none', () => {
  assert.equal(told([...talked, say.legEnded(60, 0, released), say.ended(60)])[0]?.survey, undefined);
});

test('the caller is the one leg that goes on: her agent’s talk ended when it ended', () => {
  const record = told([...talked, asked, rated(2), ...over])[0];
  assert.deepEqual([record?.talkMs, record?.endedAt, record?.legs[0]?.endedAt], [45_000, at(75), at(75)]);
});
