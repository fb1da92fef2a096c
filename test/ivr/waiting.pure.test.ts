/** What a caller hears while it waits, and the keys that lead out of the queue. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { asId } from '../../kernel/ids.ts';
import type { CallEvent, QueueExit } from '../../src/call/event.ts';
import type { Notice } from '../../src/call/notice.ts';
import { createIvr } from '../../src/ivr/walk.ts';
import { Caller, card, ivrWith, planOf, TENANT } from './walking.ts';

const queueId = asId<never>(`${TENANT}:service`);

function waiting(more = '', language: 'zh' | 'en' = 'zh'): Caller {
  const text = `languages: [zh, en]\nnumbers: { '100': main, '101': menu }\nflows:\n  main:\n    - answer\n    - queue: { name: service${more} }\n    - hangup\n  menu:\n    - echo\n`;
  const ivr = ivrWith(planOf(text));
  ivr.decide({ type: 'queueConfigured', ...{ queue: { queueId, music: 'jazz' } } }, 0);
  const caller = new Caller(ivr);
  caller.dial('100', card({ language }));
  return caller;
}
const announced = (caller: Caller, told: Partial<Extract<CallEvent, { type: 'waitAnnounced' }>>): string[] =>
  caller.tell({ type: 'waitAnnounced', callId: caller.callId, queueId, position: null, minutes: null, message: null, ...told });

test('place, time and message are said in one go, and the music goes on behind them', () => {
  const said = announced(waiting(), { position: 12, minutes: 2, message: 'patience' });
  const names = ['queue-position-is', 'ten', 'digit-2', 'queue-position-end', 'queue-estimate-is', 'liang', 'queue-minutes', 'patience'];
  assert.deepEqual(said, [`play for ever ${names.join(',')},music:jazz`]);
});

test('a time that is not to be trusted is several minutes; English says the number as it is', () => {
  assert.deepEqual(announced(waiting(), { minutes: 'several' }), ['play for ever queue-estimate-several,music:jazz']);
  assert.deepEqual(announced(waiting('', 'en'), { minutes: 2 }), ['play for ever en:queue-estimate-is,en:digit-2,en:queue-minutes,music:jazz']);
});

test('what is not recorded is not said; with nothing to say the music is not disturbed', () => {
  assert.deepEqual(announced(waiting(), { message: 'unheard-of', position: 3 }), ['play for ever queue-position-is,digit-3,queue-position-end,music:jazz']);
  assert.deepEqual(announced(waiting(), { message: 'unheard-of' }), []);
});

test('of another queue, or when somebody has answered, nothing is said', () => {
  assert.deepEqual(announced(waiting(), { queueId: asId<never>(`${TENANT}:faults`), position: 1 }), []);
  const caller = waiting();
  caller.leftQueue('service', 'answered');
  assert.deepEqual(announced(caller, { position: 1 }), []);
});

test('a key that leads out asks the queue to let the call go, and the flow goes on where the key says once it has', () => {
  const caller = waiting(", keys: { '1': menu }");
  assert.equal(caller.commands.at(-1)?.type, 'collectDigits');
  const press = (key: string): string[] =>
    caller.tell({ type: 'digitsCollected', callId: caller.callId, legId: caller.legId, playId: caller.playId, digits: key, end: 'complete' });
  press('7');
  assert.equal(caller.commands.at(-1)?.type, 'collectDigits', 'another key: the music goes on');
  press('1');
  assert.deepEqual(caller.facts.at(-1), { type: 'queueKeyPressed', callId: caller.callId, queueId, key: '1' });
  assert.equal(caller.state, 'queued', 'until the queue has let it go an agent may still answer');
  assert.deepEqual(announced(caller, { position: 1 }), []);
  caller.leftQueue('service', 'key');
  assert.equal(caller.state, 'echoing');
});

test('an agent who answers at the moment of the key has the call', () => {
  const caller = waiting(", keys: { '1': menu }");
  caller.tell({ type: 'digitsCollected', callId: caller.callId, legId: caller.legId, playId: caller.playId, digits: '1', end: 'complete' });
  caller.leftQueue('service', 'answered');
  assert.equal(caller.state, 'served');
});

test('what somebody said when the queue was closed by hand is heard first, whole, in the caller’s language or the other; then the flow goes on', () => {
  const closed = (language: 'zh' | 'en', exit: QueueExit, notice: Notice, until: number | null = null): string[] => {
    const caller = waiting('', language);
    caller.ivr.decide({ type: 'queueSwitched', ...{ queueId, state: 'emergency', until, notice } }, 0);
    return [...caller.leftQueue('service', exit), caller.state ?? ''];
  };
  const text = { text: { zh: '线路检修' } };
  assert.deepEqual(closed('zh', 'emergency', text), ['play whole “线路检修”', 'playing']);
  assert.deepEqual(closed('en', 'emergency', text), ['play whole “线路检修”', 'playing']);
  assert.deepEqual(closed('en', 'emergency', { prompt: 'patience' }), ['play whole en:patience', 'playing']);
  for (const [exit, notice, until] of [
    ['closed', text, null],
    ['emergency', { prompt: 'unheard-of' }, null],
    ['emergency', text, 0],
  ] as const)
    assert.deepEqual(closed('zh', exit, notice, until), ['release dialplan_end', 'over']);
});

test('a notice outlives a restart, and is over when the queue is switched again', () => {
  const ivr = ivrWith(planOf("numbers: { '100': main }\nflows:\n  main: [ answer, { queue: service } ]\n"));
  ivr.decide({ type: 'queueSwitched', ...{ queueId, state: 'closed', until: null, notice: { prompt: 'patience' } } }, 0);
  const again = createIvr();
  again.restore(JSON.parse(JSON.stringify(ivr.snapshot())));
  const heard = (callId: string): string[] => {
    const caller = new Caller(again, callId);
    caller.dial('100', card());
    return caller.leftQueue('service', 'closed');
  };
  assert.deepEqual(heard('c1'), ['play whole patience']);
  again.decide({ type: 'queueSwitched', ...{ queueId, state: 'closed', until: null } }, 0);
  assert.deepEqual(heard('c2'), ['release dialplan_end']);
});
