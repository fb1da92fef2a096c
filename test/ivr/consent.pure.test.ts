/** I10: a dialplan announces that talks are recorded, or asks; what its callers hear, press and leave unsaid. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Caller, callerIn, planOf } from './walking.ts';

const DIALPLAN = `
language: zh
languages: [zh]
agentFlow: agent
numbers: { '101': told, '102': asked, '103': told-late }
flows:
  told:
    - play: hello
    - announce-recording: item-a
    - goto: agent
  told-late:
    - announce-recording: item-a
  asked:
    - ask-recording: { prompt: ask, errorPrompt: wrong, silencePrompt: silence, refused: unrecorded }
    - goto: agent
  unrecorded:
    - play: bye
    - goto: agent
  agent:
    - queue: agent
`;
const noted = ({ facts }: Caller) => facts.flatMap((fact) => (fact.type === 'consentNoted' ? [`${fact.consent} by ${fact.how}`] : []));

describe('I10 consent: a notice', () => {
  it('is played whole, after what may be cut short, and noted when it was heard to its end', () => {
    const caller = callerIn(DIALPLAN);
    assert.deepEqual(caller.dial('101').slice(-1), ['play hello']);
    assert.deepEqual(caller.heard('barge_in'), ['play whole item-a']);
    assert.deepEqual(noted(caller), []);
    assert.deepEqual(caller.heard().slice(0, 2), ['consentNoted', 'at agent/queue:agent']);
    assert.deepEqual(noted(caller), ['announced by notice']);
  });
  for (const end of ['failed', 'stopped'] as const)
    it(`that ${end} was not heard`, () => {
      const caller = callerIn(DIALPLAN);
      caller.dial('103');
      caller.heard(end);
      assert.deepEqual(noted(caller), []);
    });
  it('whose end is never told was not heard', () => {
    const caller = callerIn(DIALPLAN);
    caller.dial('103');
    caller.now = (caller.wakeAt ?? 0) + 1;
    caller.tell({ type: 'timePassed' });
    assert.deepEqual(noted(caller), []);
  });
});

describe('I10 consent: a question', () => {
  const asked = () => {
    const caller = callerIn(DIALPLAN);
    assert.deepEqual(caller.dial('102').slice(-2), ['at asked/ask-recording', 'ask ask']);
    return caller;
  };
  it('1 agrees, and the flow goes on', () => {
    const caller = asked();
    assert.deepEqual(caller.keys('1').slice(0, 2), ['consentNoted', 'at agent/queue:agent']);
    assert.deepEqual(noted(caller), ['given by key']);
  });
  it('2 refuses, and the flow goes on where it says', () => {
    const caller = asked();
    assert.deepEqual(caller.keys('2'), ['consentNoted', 'play bye']);
    assert.deepEqual(noted(caller), ['refused by key']);
  });
  it('silence is no consent', () => {
    const caller = asked();
    assert.deepEqual(caller.keys(''), ['ask silence,ask']);
    assert.deepEqual(caller.keys(''), ['consentNoted', 'play bye']);
    assert.deepEqual(noted(caller), ['refused by no_key']);
  });
  it('nor are wrong keys, and 0 does not go round it', () => {
    const caller = asked();
    for (const key of ['7', '0']) assert.deepEqual(caller.keys(key), ['ask wrong,ask'], key);
    caller.keys('*');
    assert.deepEqual(noted(caller), ['refused by wrong_keys']);
  });
  it('the house’s key puts it again', () => {
    const caller = asked();
    assert.deepEqual(caller.keys('9'), ['ask ask']);
    assert.deepEqual(noted(caller), []);
  });
  it('that could not be put, or is never answered, is refused', () => {
    const unput = asked();
    unput.keys('', 'failed');
    const silent = asked();
    silent.now = (silent.wakeAt ?? 0) + 1;
    silent.tell({ type: 'timePassed' });
    for (const caller of [unput, silent]) assert.deepEqual(noted(caller), ['refused by failed']);
  });
  it('has two keys', () => {
    assert.throws(() => planOf(DIALPLAN.replace('{ prompt: ask,', "{ prompt: ask, agree: '2',")), /one key \(2\) cannot both agree and refuse: give two/);
  });
});
