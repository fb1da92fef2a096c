/** The questions after the talk: what each key is, and every way in which they come to nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asId } from '../../kernel/ids.ts';
import type { CallEvent } from '../../src/call/event.ts';
import { demoPlan } from './demo.ts';
import { Caller, callerIn, ivrWith, planOf } from './walking.ts';

const DIALPLAN = `
agentFlow: agent
languages: [zh, en]
numbers: { '101': main, '102': survey }
flows:
  main:
    - queue: service
  agent:
    - queue: agent
  survey:
    - rate: { prompt: ask, errorPrompt: wrong, silencePrompt: silence, unhappy: why, otherwise: end }
    - play: hello
  why:
    - reason: { prompt: item-a, reasons: { '1': slow, '2': manner } }
    - play: item-b
  end:
    - play: bye
`;

/** She was with a person, and is asked. */
function asked(flow = 'survey', text = DIALPLAN): Caller {
  const caller = callerIn(text);
  caller.dial('101');
  caller.leftQueue('service', 'answered');
  caller.facts.length = 0;
  askIn(caller, flow);
  return caller;
}
const askIn = (caller: Caller, flow: string): string[] =>
  caller.tell({ type: 'surveyAsked', callId: caller.callId, queueId: asId('t:service'), agentId: asId('t:8001'), flow, how: 'hung_up' });
const said = ({ facts }: Caller): object[] =>
  facts.filter(({ type }) => type.startsWith('survey')).map(({ callId: _, ...fact }: CallEvent & { callId?: unknown }) => fact);

describe('the survey of a dialplan', () => {
  it('asks, takes a rating, thanks, and hangs up', () => {
    const caller = asked();
    assert.equal(caller.state, 'asking');
    assert.deepEqual(caller.keys('2'), ['surveyAnswered', 'play hello']);
    assert.deepEqual(caller.heard(), ['release dialplan_end']);
    assert.deepEqual(said(caller), [{ type: 'surveyAnswered', rating: 2, asksWhy: false }]);
  });
  for (const key of ['4', '5']) {
    it(`asks why after ${key}`, () => {
      const caller = asked();
      assert.deepEqual(caller.keys(key), ['surveyAnswered', 'at why/reason', 'ask item-a']);
      assert.deepEqual(caller.keys('2'), ['surveyReasonGiven', 'play item-b']);
      assert.deepEqual(said(caller), [
        { type: 'surveyAnswered', rating: Number(key), asksWhy: true },
        { type: 'surveyReasonGiven', reason: 'manner' },
      ]);
    });
  }
  it('asks again after a wrong key, three times, and then ends politely, never at an agent', () => {
    const caller = asked();
    for (const key of ['7', '0']) assert.deepEqual(caller.keys(key), ['ask wrong,ask'], key);
    assert.deepEqual(caller.keys('*'), ['surveyGivenUp', 'play bye']);
    assert.deepEqual(said(caller), [{ type: 'surveyGivenUp', question: 'rating', why: 'wrong_keys' }]);
  });
  it('takes silence twice for no answer', () => {
    const caller = asked();
    assert.deepEqual(caller.keys(''), ['ask silence,ask']);
    assert.deepEqual(caller.keys(''), ['surveyGivenUp', 'play bye']);
    assert.deepEqual(said(caller), [{ type: 'surveyGivenUp', question: 'rating', why: 'no_key' }]);
  });
  it('says the question again with the house’s key', () => {
    const caller = asked();
    assert.deepEqual([caller.keys('9'), caller.keys('9'), caller.keys('9'), caller.keys('9')].flat(), Array(4).fill('ask ask'));
    assert.deepEqual(said(caller), []);
  });
  it('keeps a rating whose reason never comes', () => {
    const caller = asked();
    caller.keys('5');
    caller.keys('');
    assert.deepEqual(caller.keys(''), ['surveyGivenUp', 'play item-b'], 'goes on behind the step where it says nothing else');
    assert.deepEqual(said(caller).at(-1), { type: 'surveyGivenUp', question: 'reason', why: 'no_key' });
  });
  it('gives up where the question cannot be put, and where no answer ever comes', () => {
    const caller = asked();
    assert.deepEqual(caller.keys('', 'failed'), ['surveyGivenUp', 'play bye']);
    const silent = asked();
    silent.now = (silent.wakeAt ?? 0) + 1;
    assert.deepEqual(silent.tell({ type: 'timePassed' }), ['surveyGivenUp', 'play bye']);
    for (const one of [caller, silent]) assert.deepEqual(said(one), [{ type: 'surveyGivenUp', question: 'rating', why: 'failed' }]);
  });
  it('hangs up politely where this version of the dialplan has no such flow', () => {
    const caller = asked('gone');
    assert.deepEqual([caller.state, said(caller)], ['over', [{ type: 'surveyGivenUp', question: 'rating', why: 'failed' }]]);
  });
  it('says nothing of who hangs up: the record knows', () => {
    const caller = asked();
    assert.deepEqual(caller.hangUp(), []);
    assert.equal(caller.state, undefined);
  });
  it('keeps nothing of an answer that was given without a talk', () => {
    const caller = callerIn(DIALPLAN);
    caller.dial('102');
    assert.deepEqual(caller.keys('5'), ['at why/reason', 'ask item-a']);
    assert.deepEqual(said(caller), []);
  });
});

describe('a flow that rates', () => {
  it('may stand where nothing leads to it: queues do', () => {
    const plan = planOf(DIALPLAN.replace(", '102': survey", ''));
    assert.ok(plan.nodes['survey/0'] !== undefined);
  });
  it('must give its keys reasons', () => {
    assert.throws(() => planOf(DIALPLAN.replace("{ '1': slow, '2': manner }", '{}')), /give at least one key its reason/);
    assert.throws(() => planOf(DIALPLAN.replace("'1': slow", "'1': 'Too slow'")), /give a reason a name of small letters/);
  });
});

describe('the survey of the demo', () => {
  for (const [language, number] of [
    ['zh', '2'],
    ['en', '1'],
  ] as const) {
    it(`is spoken in ${language}`, () => {
      const caller = new Caller(ivrWith(demoPlan()));
      caller.dial('700');
      caller.tell({ type: 'languageChosen', callId: caller.callId, language });
      caller.leftQueue('bench', 'answered');
      const lead = language === 'en' ? 'en:' : '';
      assert.deepEqual(askIn(caller, 'survey'), ['at survey/rate', `ask ${lead}survey-rate`]);
      assert.deepEqual(caller.keys(number), ['surveyAnswered', `play ${lead}survey-thanks`]);
    });
  }
  it('asks why after 5', () => {
    const caller = new Caller(ivrWith(demoPlan()));
    caller.dial('700');
    caller.leftQueue('bench', 'answered');
    askIn(caller, 'survey');
    assert.deepEqual(caller.keys('5'), ['surveyAnswered', 'at survey-why/reason', 'ask survey-why']);
    assert.deepEqual(caller.keys('3'), ['surveyReasonGiven', 'play survey-sorry']);
  });
});
