import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asyncApiDocument } from '../../src/cti/asyncapi.ts';
import { type CtiErrorCode, closeCodes, ctiErrors } from '../../src/cti/errors.ts';
import { deskCommandTypes, parseDeskMessage, parseServerMessage } from '../../src/cti/protocol.ts';

const command = (type: string, data?: unknown, more: object = {}): string =>
  JSON.stringify({ v: 1, id: 'i1', type, ...(data === undefined ? {} : { data }), ...more });
const long = (length: number): string => 'x'.repeat(length);
const many = (keys: number): object => Object.fromEntries(Array.from({ length: keys }, (_, n) => [`k${n}`, 'v']));

const good: Record<string, string> = {
  'hello with a token': command('hello', { token: 't' }),
  'hello that resumes': command('hello', { token: 't', epoch: 'e', seq: 7 }),
  'ready without data': command('ready'),
  'ready with empty data': command('ready', {}),
  notReady: command('notReady', { reason: 'meal' }),
  'answer of a named call': command('answer', { callId: 'c-1' }),
  reject: command('reject'),
  hangup: command('hangup'),
  hold: command('hold'),
  'the caller asked how it was': command('sendToSurvey', { callId: 'c-1' }),
  retrieve: command('retrieve'),
  pauseRecording: command('pauseRecording'),
  resumeRecording: command('resumeRecording'),
  capture: command('capture', { form: 'payment', field: 'card' }),
  cancelCapture: command('cancelCapture'),
  'a consultation': command('consult', { target: { kind: 'agent', number: '8002' } }),
  'a consultation of a number': command('consult', { callId: 'c-1', target: { kind: 'number', number: '95588' } }),
  'the customer handed on': command('consultComplete'),
  'the consultation given up': command('consultCancel', { callId: 'c-1' }),
  'the other one heard': command('consultToggle'),
  'all three together': command('consultConference'),
  'one more': command('addParty', { target: { kind: 'number', number: '12345' } }),
  'keys for a menu': command('sendDigits', { digits: '1#' }),
  silence: command('mute'),
  'no silence': command('unmute', { callId: 'c-1' }),
  'one fewer': command('dropParty', { legId: 'c-1.1001' }),
  'transfer to an agent': command('blindTransfer', { target: { kind: 'agent', number: '8002' } }),
  'transfer to a queue': command('blindTransfer', { target: { kind: 'queue', queue: 'vip' } }),
  'transfer to a number': command('blindTransfer', { target: { kind: 'number', number: '+8613800001001' } }),
  'wrapUp without a word': command('wrapUp'),
  extendWrapUp: command('extendWrapUp'),
  'a callback booked': command('requestCallback', { queue: 'service', number: '13800001001', notBefore: '2026-03-01T09:00:00+08:00', note: '先查账单' }),
  'transfer to the dialplan': command('blindTransfer', { target: { kind: 'dialplan', flow: 'main-menu' } }),
  'a call of her own': command('dial', { target: { kind: 'number', number: '013800001001' }, queue: 'vip', data: { ticket: 'CS-1' } }),
  'wrapUp with everything': command('wrapUp', { disposition: 'resolved', notes: long(4000) }),
  'setData at its limits': command('setData', { data: { ...many(31), [`k${long(63)}`]: '字'.repeat(341) } }),
  acceptInteraction: command('acceptInteraction', { interactionId: 'i-1' }),
  'declineInteraction with a reason': command('declineInteraction', { interactionId: 'i-1', reason: 'language' }),
  'doneInteraction with a disposition': command('doneInteraction', { interactionId: 'i-1', disposition: 'handled' }),
  'endInteractionWrapUp without a word': command('endInteractionWrapUp', { interactionId: 'i-1' }),
  ping: command('ping'),
  setAgentState: command('setAgentState', { number: '8001', state: 'not_ready', note: '来办公室' }),
  monitor: command('monitor', { callId: 'c-1' }),
  'whisper by a phone': command('whisper', { callId: 'c-1', phone: '8010' }),
  barge: command('barge', { callId: 'c-1' }),
  takeOver: command('takeOver', { callId: 'c-1' }),
  stopMonitor: command('stopMonitor', { callId: 'c-1' }),
  'moveCall to another queue': command('moveCall', { callId: 'c-1', queue: 'vip', priority: 9 }),
  'message to a team': command('message', { to: { kind: 'team', team: 'north' }, text: '五分钟后开会' }),
  subscribe: command('subscribe', { topic: 'floor', epoch: 'e', seq: 7 }),
  unsubscribe: command('unsubscribe', { topic: 'floor' }),
  acknowledgeAlert: command('acknowledgeAlert', { alertId: 'demo:service:waiting:1' }),
  signOut: command('signOut'),
};

const bad: Record<string, [text: string, code: CtiErrorCode, id: string | null]> = {
  'no JSON': ['hello', 'bad_json', null],
  nothing: ['', 'bad_json', null],
  null: ['null', 'bad_message', null],
  'a list': ['[]', 'bad_message', null],
  'no type': ['{"v":1,"id":"i1"}', 'bad_message', 'i1'],
  'another version': [command('ready', {}, { v: 2 }), 'bad_message', 'i1'],
  'no id': ['{"v":1,"type":"ready"}', 'bad_message', null],
  'an id that is too long': [JSON.stringify({ v: 1, id: long(65), type: 'ready' }), 'bad_message', null],
  'an id that is no text': ['{"v":1,"id":5,"type":"ready"}', 'bad_message', null],
  'a command nobody knows': [command('explode', {}), 'unknown_type', 'i1'],
  'a type of the prototype': [command('__proto__', {}), 'unknown_type', 'i1'],
  'an unknown field beside data': [command('ready', {}, { agentId: 'demo:8002' }), 'bad_message', 'i1'],
  'an unknown field in data': [command('ready', { agentId: 'demo:8002' }), 'bad_message', 'i1'],
  'hello without a token': [command('hello', {}), 'bad_message', 'i1'],
  'hello with a negative number': [command('hello', { token: 't', seq: -1 }), 'bad_message', 'i1'],
  'a reason that is not hers to give': [command('notReady', { reason: 'client_lost' }), 'bad_message', 'i1'],
  'notReady without a reason': [command('notReady', {}), 'bad_message', 'i1'],
  'a capture of nothing': [command('capture', { form: 'payment' }), 'bad_message', 'i1'],
  'a capture with a place of its own to go': [command('capture', { form: 'payment', field: 'card', url: 'https://x.example' }), 'bad_message', 'i1'],
  'keys no phone has': [command('sendDigits', { digits: '1,2' }), 'bad_message', 'i1'],
  'a SIP address called': [command('dial', { target: { kind: 'number', number: 'sip:x@example.com' } }), 'bad_message', 'i1'],
  'a queue consulted': [command('consult', { target: { kind: 'queue', queue: 'vip' } }), 'bad_message', 'i1'],
  'a transfer to nowhere': [command('blindTransfer', { target: { kind: 'moon' } }), 'bad_message', 'i1'],
  'a transfer to a SIP address': [command('blindTransfer', { target: { kind: 'number', number: 'sip:x@example.com' } }), 'bad_message', 'i1'],
  'an interaction without its id': [command('acceptInteraction', {}), 'bad_message', 'i1'],
  'notes that are too long': [command('wrapUp', { notes: long(4001) }), 'bad_message', 'i1'],
  '33 keys': [command('setData', { data: many(33) }), 'bad_message', 'i1'],
  'a key of 65': [command('setData', { data: { [long(65)]: 'v' } }), 'bad_message', 'i1'],
  'a key with a space': [command('setData', { data: { 'a b': 'v' } }), 'bad_message', 'i1'],
  'a value of 1,025 bytes': [command('setData', { data: { k: `${'字'.repeat(341)}xx` } }), 'bad_message', 'i1'],
  'a value that is no text': [command('setData', { data: { k: 1 } }), 'bad_message', 'i1'],
};

for (const [what, text] of Object.entries(good)) {
  test(`taken: ${what}`, () => {
    const parsed = parseDeskMessage(text);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    assert.equal(parsed.message.id, 'i1');
  });
}

for (const [what, [text, code, id]] of Object.entries(bad)) {
  test(`refused: ${what}`, () => {
    const { detail: _, ...refusal } = parseDeskMessage(text) as { detail?: string };
    assert.deepEqual(refusal, { ok: false, id, code });
  });
}

test('every command is among the good messages', () => {
  const shown = new Set(Object.values(good).map((text) => (JSON.parse(text) as { type: string }).type));
  assert.deepEqual([...shown].sort(), [...deskCommandTypes].sort());
});

test('call data cannot reach the prototype', () => {
  const parsed = parseDeskMessage('{"v":1,"id":"i1","type":"setData","data":{"data":{"__proto__":"x","constructor":"y"}}}');
  assert.equal(Object.getPrototypeOf({}), Object.prototype);
  if (parsed.ok && parsed.message.type === 'setData') assert.deepEqual(Object.keys(parsed.message.data.data), ['constructor']);
});

test('the desk’s own door takes replies and changes, and skips what it does not know', () => {
  assert.equal(parseServerMessage('{"v":1,"type":"reply","id":"i1","ok":true}')?.type, 'reply');
  const error = { code: 'no_call', message: 'm' };
  assert.equal(parseServerMessage(JSON.stringify({ v: 1, seq: 0, type: 'error', ts: '2026-01-01T00:00:00.000Z', data: error }))?.type, 'error');
  for (const text of ['', '{}', '{"v":1,"seq":1,"type":"newThing","ts":"2026-01-01T00:00:00.000Z","data":{}}']) assert.equal(parseServerMessage(text), null);
});

test('each close code stands for one offence, and each error is a sentence in both languages', () => {
  const codes = Object.values(closeCodes).map((row) => row.code);
  assert.equal(new Set(codes).size, codes.length);
  for (const [code, row] of Object.entries(ctiErrors)) {
    assert.match(row.zh, /[\u4e00-\u9fff]/, code);
    assert.match(row.en, /^[\x20-\x7e]+$/, code);
  }
});

test('the AsyncAPI document has every message once, and every reference leads somewhere', () => {
  const document = asyncApiDocument('1.2.3') as Record<string, unknown>;
  assert.equal(document.asyncapi, '3.0.0');
  const text = JSON.stringify(document);
  const refs = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? '');
  assert.ok(refs.length > 50);
  for (const ref of refs) {
    const found = ref.split('/').reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], document);
    assert.notEqual(found, undefined, ref);
  }
  const { messages } = document.components as { messages: Record<string, { payload: { properties: { type: { const: string } }; required: string[] } }> };
  for (const [name, { payload }] of Object.entries(messages)) assert.equal(payload.properties.type.const, name);
  for (const name of [...deskCommandTypes, 'welcome', 'snapshot', 'screenPop', 'reply', 'queueStats']) assert.ok(name in messages, name);
  assert.ok(!messages.ready?.payload.required.includes('data'), 'what may be left out is not required of a desk');
});
