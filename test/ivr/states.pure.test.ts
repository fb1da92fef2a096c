/** Every state of a walk × everything that can happen to its call. What is forgotten does not compile. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asId, legIdOf } from '../../kernel/ids.ts';
import type { CallEvent } from '../../src/call/event.ts';
import type { WalkStateName } from '../../src/ivr/state.ts';
import { type Caller, callerIn, card, TENANT } from './walking.ts';

const DIALPLAN = `
agentFlow: agent
numbers: { '101': answering, '102': playing, '103': asking, '104': secret, '105': looking, '106': queued, '107': transferring, '108': echoing, '110': over, '111': delivering, '112': collecting, '113': calling }
flows:
  agent:
    - queue: agent
  answering:
    - answer
    - echo
  playing:
    - play: { prompt: hello, bargeIn: false }
    - echo
  asking:
    - menu: { prompt: ask, keys: { '1': echoing } }
  secret:
    - authenticate: { prompt: ask, otherwise: over }
    - echo
  looking:
    - answer
    - lookup: { what: balance, otherwise: over }
    - echo
  collecting:
    - collect: { prompt: ask, into: pin, most: 4, masked: true }
    - hangup
  delivering:
    - answer
    - deliver: { to: payment, secrets: [pin], otherwise: over }
    - echo
  calling:
    - answer
    - callback: { queue: service, otherwise: over }
    - echo
  queued:
    - queue: service
    - echo
  transferring:
    - transfer: { number: '10010' }
    - echo
  echoing:
    - echo
  over:
    - hangup
  survey:
    - rate: { prompt: ask }
`;

const toState: Record<WalkStateName, (caller: Caller) => void> = {
  identifying: (caller) => {
    caller.tell({ ...events(caller).callArrived });
  },
  answering: (caller) => void caller.arrive('101'),
  playing: (caller) => void caller.dial('102'),
  asking: (caller) => void caller.dial('103'),
  authenticating: (caller) => void caller.dial('104', card()),
  looking_up: (caller) => void caller.dial('105'),
  delivering: (caller) => void caller.dial('111'),
  queued: (caller) => void caller.dial('106'),
  calling_back: (caller) => void caller.dial('113'),
  transferring: (caller) => void caller.dial('107'),
  echoing: (caller) => void caller.dial('108'),
  served: (caller) => {
    caller.dial('106');
    caller.leftQueue('service', 'answered');
  },
  over: (caller) => void caller.dial('110'),
};

type What = CallEvent['type'] | 'otherLegAnswered' | 'otherLegEnded' | 'servedByAgent' | 'customerHungUp' | 'timePassed' | 'serverStarted';
const queueId = asId<never>(`${TENANT}:service`);
const agentId = asId<never>(`${TENANT}:8001`);
const offerId = asId<never>('o1');

/** Each as it would fit best: with the ids the state waits for. */
function events(caller: Caller): Record<What, Parameters<Caller['tell']>[0]> {
  const { callId, legId, playId } = caller;
  const other = legIdOf(callId, 2001);
  const ending = { cause: 'no_answer', by: 'far_end' } as const;
  const party = { number: '103', raw: '' };
  const offer = { callId, queueId, offerId, legId: other, agentId };
  return {
    callArrived: { type: 'callArrived', callId, legId, tenantId: TENANT, caller: party, callee: party, trunk: 't', sipCallId: 's' },
    legRinging: { type: 'legRinging', callId, legId: other },
    legAnswered: { type: 'legAnswered', callId, legId },
    otherLegAnswered: { type: 'legAnswered', callId, legId: other },
    legPickable: { type: 'legPickable', callId, legId, pickable: true },
    legControlFailed: { type: 'legControlFailed', callId, legId, control: 'hold', why: 'unmoved' },
    legHeld: { type: 'legHeld', callId, legId },
    legAudioTroubled: { type: 'legAudioTroubled', callId, legId, trouble: 'poor' },
    legAudioMeasured: { type: 'legAudioMeasured', callId, legId, audio: { codec: 'PCMA', heard: null, sent: null, roundTripMs: null, troubles: [] } },
    legRetrieved: { type: 'legRetrieved', callId, legId },
    otherLegEnded: { type: 'legEnded', callId, legId: other, ending },
    legEnded: { type: 'legEnded', callId, legId, ending },
    customerHungUp: { type: 'legEnded', callId, legId, ending: { cause: 'normal', by: 'far_end' } },
    legMediaLost: { type: 'legMediaLost', callId, legId },
    legMediaRestored: { type: 'legMediaRestored', callId, legId },
    transferAsked: { type: 'transferAsked', callId, legId: other, target: { kind: 'number', number: '1' } },
    attendedTransferAsked: { type: 'attendedTransferAsked', callId, legId: other, consult: { callId: asId('c-9'), legId: asId('c-9.0') } },
    takeoverAsked: { type: 'takeoverAsked', callId, legId: asId('c-9.0'), replaces: other, agentId },
    callsMerged: { type: 'callsMerged', callId, from: asId('c-9'), legId: asId('c-9.1'), agentId, up: true, kept: legId, by: other, byOther: asId('c-9.0') },
    legReplaced: { type: 'legReplaced', callId, legId: asId('c-9.0'), replaces: other, agentId },
    partyAsked: { type: 'partyAsked', callId, how: 'consult', by: other, agentId, kept: legId, legId: null, target: { kind: 'agent', agentId } },
    partyAskEnded: {
      ...{ type: 'partyAskEnded', callId, how: 'consult', by: other, agentId, legId: null, target: { kind: 'agent', agentId } },
      ...{ end: 'failed', cause: 'busy', held: true },
    },
    consultToggled: { type: 'consultToggled', callId, by: other, heard: legId },
    conferenceChanged: { type: 'conferenceChanged', callId, change: 'began', legId: other, legIds: [legId, other] },
    conferenceFailed: { type: 'conferenceFailed', callId },
    supervisionAsked: { type: 'supervisionAsked', callId, mode: 'listen', phone: agentId, of: null, by: asId('u'), byName: 'n' },
    supervisionStopAsked: { type: 'supervisionStopAsked', callId, by: null },
    supervisionChanged: { type: 'supervisionChanged', callId, legId: other, by: asId('u'), byName: 'n', mode: 'listen', change: 'ringing' },
    callHandedOn: { type: 'callHandedOn', callId, legId: other, agentId, by: other, kept: legId },
    customerFound: { type: 'customerFound', callId, customer: null, authLevel: 0 },
    promptEnded: { type: 'promptEnded', callId, legId, playId, end: 'finished' },
    digitsCollected: { type: 'digitsCollected', callId, legId, playId, digits: '1', end: 'complete' },
    authenticationEnded: { type: 'authenticationEnded', callId, legId, playId, result: 'ok', authLevel: 2 },
    secretCollected: { type: 'secretCollected', callId, legId, playId, name: 'n', count: 1, valid: true, end: 'complete', alone: null },
    secretsDelivered: { type: 'secretsDelivered', callId, deliveryId: playId, by: null, form: 'f', names: ['n'], ok: true, values: {} },
    captureChanged: { type: 'captureChanged', callId, legId, captureId: 'k', by: agentId, form: 'f', field: 'n', state: 'kept', count: 1 },
    lookupEnded: { type: 'lookupEnded', callId, playId, ok: true, values: {} },
    legsJoined: { type: 'legsJoined', callId, legIds: [legId, other] },
    legsDirect: { type: 'legsDirect', callId, legIds: [legId, other] },
    directEnded: { type: 'directEnded', callId, legIds: null, moved: true },
    recordingStarted: { type: 'recordingStarted', callId, recordingId: 'r', path: '/r' },
    recordingEnded: { type: 'recordingEnded', callId, recordingId: 'r', path: '/r', durationMs: 1, complete: true },
    recordingPauseAsked: { type: 'recordingPauseAsked', callId, holder: 'api', by: { kind: 'server' }, forMs: null },
    recordingResumeAsked: { type: 'recordingResumeAsked', callId, holder: 'api', by: { kind: 'server' } },
    consentNoted: { type: 'consentNoted', callId, consent: 'announced', how: 'notice' },
    recordingPaused: { type: 'recordingPaused', callId, recordingId: 'r', holder: 'api', by: { kind: 'server' }, until: 1 },
    recordingResumed: { type: 'recordingResumed', callId, recordingId: 'r', holder: 'api', by: { kind: 'server' }, why: 'asked' },
    flowEntered: { type: 'flowEntered', callId, version: asId('v'), flow: 'f', step: 's' },
    languageChosen: { type: 'languageChosen', callId, language: 'en' },
    dataSet: { type: 'dataSet', callId, data: { a: 'b' }, by: 'flow' },
    callQueued: { type: 'callQueued', callId, queueId, priority: 0, skills: [], maxWaitMs: null },
    callLeftQueue: { type: 'callLeftQueue', callId, queueId, exit: 'timeout' },
    callOverflowed: { type: 'callOverflowed', callId, queueId, step: 1, at: 'waiting', to: { kind: 'exit', exit: 'x' }, why: [] },
    waitAnnounced: { type: 'waitAnnounced', callId, queueId, position: 1, minutes: null, message: null },
    queueKeyPressed: { type: 'queueKeyPressed', callId, queueId, key: '1' },
    servedByAgent: { type: 'callLeftQueue', callId, queueId, exit: 'answered' },
    callOffered: { type: 'callOffered', ...offer, record: false, until: 0 },
    offerEnded: { type: 'offerEnded', ...offer, end: 'no_answer' },
    callTransferred: { type: 'callTransferred', callId, legId: null, target: { kind: 'agent', agentId }, by: legId },
    destinationCalled: { type: 'destinationCalled', callId, legId, by: agentId, target: { kind: 'agent', agentId } },
    surveyAsked: { type: 'surveyAsked', callId, queueId, agentId, flow: 'survey', how: 'hung_up' },
    surveyNotAsked: { type: 'surveyNotAsked', callId, queueId, agentId, why: 'caller_left' },
    surveyAnswered: { type: 'surveyAnswered', callId, rating: 1, asksWhy: false },
    surveyReasonGiven: { type: 'surveyReasonGiven', callId, reason: 'slow' },
    surveyGivenUp: { type: 'surveyGivenUp', callId, question: 'rating', why: 'no_key' },
    callbackBooked: {
      ...{ type: 'callbackBooked', callId, callbackId: asId('b'), tenantId: asId('t'), by: agentId, notBefore: null, notAfter: null },
      ...{ queueId, number: '1', callee: party, priority: 0, skills: [], language: 'zh', data: {} },
    },
    callbackAsked: { type: 'callbackAsked', callId, queueId, number: '1', callee: party, priority: 0, skills: [], language: 'zh', data: {} },
    callbackPlaced: { type: 'callbackPlaced', callId, callbackId: asId('b'), queueId, number: '1' },
    callbackRefused: { type: 'callbackRefused', callId, queueId, why: 'already' },
    callbackEnded: { type: 'callbackEnded', callbackId: asId('b'), callId, of: callId, queueId, end: 'cancelled' },
    callBroke: { type: 'callBroke', callId, where: 'playSounds' },
    callEnded: { type: 'callEnded', callId, ending },
    timePassed: { type: 'timePassed' },
    serverStarted: { type: 'serverStarted' },
  };
}

const states: WalkStateName[] = [
  'identifying',
  'answering',
  'playing',
  'asking',
  'authenticating',
  'looking_up',
  'delivering',
  'calling_back',
  'queued',
  'transferring',
  'echoing',
  'served',
  'over',
];
type Row = [string, string, string, string, string, string, string, string, string, string, string, string, string];
const nothing: Row = ['·', '·', '·', '·', '·', '·', '·', '·', '·', '·', '·', '·', '·'];
const gone: Row = ['gone', 'gone', 'gone', 'gone', 'gone', 'gone', 'gone', 'gone', 'gone', 'gone', 'gone', 'gone', 'gone'];
const At = 'echoing: at';

/** `·` nothing; `gone` forgotten without a word; else the new state and all that was said. */
// biome-ignore format: a table
const table: Record<What, Row> = {
  //                    identifying  answering  playing  asking  authenticating  looking_up  delivering  calling_back  queued  transferring  echoing  served  over
  callArrived:         nothing,
  customerFound:       ['answering: answer', '·', '·', '·', '·', '·', '·', '·', '·', '·', '·', '·', '·'],
  legRinging:          nothing,
  legAnswered:         ['·', `${At} answering/echo,echo`, '·', '·', '·', '·', '·', '·', '·', '·', '·', '·', '·'],
  otherLegAnswered:    ['·', '·', '·', '·', '·', '·', '·', '·', '·', 'served:', '·', '·', '·'],
  legPickable:         nothing,
  legControlFailed:    nothing,
  legHeld:             nothing,
  legAudioTroubled:    nothing,
  legAudioMeasured:    nothing,
  attendedTransferAsked: nothing,
  takeoverAsked:       nothing,
  callsMerged:         nothing,
  legReplaced:         nothing,
  // What agents do with one another is none of the flow's business.
  partyAsked:          nothing,
  partyAskEnded:       nothing,
  consultToggled:      nothing,
  conferenceChanged:   nothing,
  conferenceFailed:    nothing,
  supervisionAsked:    nothing,
  supervisionStopAsked: nothing,
  supervisionChanged:  nothing,
  callHandedOn:        nothing,
  legRetrieved:        nothing,
  legEnded:            gone,
  customerHungUp:      gone,
  otherLegEnded:       ['·', '·', '·', '·', '·', '·', '·', '·', '·', `${At} transferring/echo,echo`, '·', '·', '·'],
  // What a leg heard goes on at another endpoint; the flow waits for its end as before.
  legMediaLost:        nothing,
  legMediaRestored:    nothing,
  transferAsked:       nothing,
  promptEnded:         ['·', '·', `${At} playing/echo,echo`, '·', '·', '·', '·', '·', '·', '·', '·', '·', '·'],
  digitsCollected:     ['·', '·', '·', `${At} echoing/echo,echo`, '·', '·', '·', '·', '·', '·', '·', '·', '·'],
  authenticationEnded: ['·', '·', '·', '·', `${At} secret/echo,echo`, '·', '·', '·', '·', '·', '·', '·', '·'],
  lookupEnded:         ['·', '·', '·', '·', '·', `${At} looking/echo,echo`, '·', '·', '·', '·', '·', '·', '·'],
  // The question here is no secret one.
  secretCollected:     nothing,
  secretsDelivered:    ['·', '·', '·', '·', '·', '·', `${At} delivering/echo,echo`, '·', '·', '·', '·', '·', '·'],
  captureChanged:      nothing,
  legsJoined:          nothing,
  legsDirect:          nothing,
  directEnded:         nothing,
  recordingStarted:    nothing,
  recordingEnded:      nothing,
  recordingPauseAsked: nothing,
  recordingResumeAsked: nothing,
  consentNoted:        nothing,
  recordingPaused:     nothing,
  recordingResumed:    nothing,
  flowEntered:         nothing,
  languageChosen:      nothing,
  dataSet:             nothing,
  // Its own fact comes back: now the music starts (none here: the queue has none).
  callQueued:          nothing,
  waitAnnounced:       ['·', '·', '·', '·', '·', '·', '·', '·', 'queued: play whole queue-position-is,digit-1,queue-position-end', '·', '·', '·', '·'],
  queueKeyPressed:     nothing,
  callOverflowed:      nothing,
  callLeftQueue:       ['·', '·', '·', '·', '·', '·', '·', '·', `${At} queued/echo,echo`, '·', '·', 'queued: at agent/queue:agent,queued t:agent 0', '·'],
  servedByAgent:       ['·', '·', '·', '·', '·', '·', '·', '·', 'served:', '·', '·', '·', '·'],
  callOffered:         nothing,
  // Offers of a queue are the acd's affair, and so is who comes next.
  offerEnded:          nothing,
  callTransferred:     nothing,
  destinationCalled:   nothing,
  // Only who was with a person can say how it was.
  surveyAsked:         ['·', '·', '·', '·', '·', '·', '·', '·', '·', '·', '·', 'asking: at survey/rate,ask ask', '·'],
  surveyNotAsked:      nothing,
  surveyAnswered:      nothing,
  surveyReasonGiven:   nothing,
  surveyGivenUp:       nothing,
  callbackBooked:      nothing,
  callbackAsked:       nothing,
  callbackPlaced:      ['·', '·', '·', '·', '·', '·', '·', `${At} calling/echo,echo`, '·', '·', '·', '·', '·'],
  callbackRefused:     ['·', '·', '·', '·', '·', '·', '·', 'over: release dialplan_end', '·', '·', '·', '·', '·'],
  callbackEnded:       nothing,
  callBroke:           nothing,
  callEnded:           gone,
  // Told when what is waited for is overdue; a queue, a transfer and a talk are kept within bounds by others.
  timePassed:          ['answering: answer', 'over: release no_ack', `${At} playing/echo,echo`, 'queued: at agent/queue:agent,queued t:agent 0', 'over: release dialplan_end', 'over: release dialplan_end', 'over: release dialplan_end', 'over: release dialplan_end', '·', '·', '·', '·', '·'],
  serverStarted:       gone,
};

describe('a walk, whatever state it is in', () => {
  for (const [what, row] of Object.entries(table) as [What, Row][]) {
    for (const [at, state] of states.entries()) {
      it(`${state} × ${what}: ${row[at]}`, () => {
        const caller = callerIn(DIALPLAN);
        toState[state](caller);
        assert.equal(caller.state, state);
        if (what === 'timePassed') caller.now = (caller.wakeAt ?? caller.now) + 1;
        const words = caller.tell(events(caller)[what]);
        const after = caller.state;
        const outcome =
          after === undefined
            ? ['gone', ...words].join(' ')
            : after === state && words.length === 0
              ? '·'
              : `${after}:${words.length > 0 ? ' ' : ''}${words.join(',')}`;
        assert.equal(outcome, row[at]);
      });
    }
  }

  it('wakes nobody once it is gone', () => {
    for (const state of states) {
      const caller = callerIn(DIALPLAN);
      toState[state](caller);
      caller.hangUp();
      assert.equal(caller.wakeAt, null, state);
    }
  });

  for (const [state, what] of [
    ['playing', 'promptEnded'],
    ['asking', 'digitsCollected'],
    ['authenticating', 'authenticationEnded'],
    ['looking_up', 'lookupEnded'],
  ] as const) {
    it(`takes no ${what} of another play while ${state}`, () => {
      const caller = callerIn(DIALPLAN);
      toState[state](caller);
      assert.deepEqual(caller.tell({ ...events(caller)[what], playId: 'c1.p0' } as CallEvent), []);
      assert.equal(caller.state, state);
    });
  }

  it('leaves no queue but its own', () => {
    const caller = callerIn(DIALPLAN);
    toState.queued(caller);
    assert.deepEqual([...caller.leftQueue('other', 'timeout'), ...caller.leftQueue('other', 'answered')], []);
    assert.equal(caller.state, 'queued');
  });

  it('takes no answer to an earlier question', () => {
    const caller = callerIn(DIALPLAN);
    caller.dial('103');
    const old = { ...events(caller).digitsCollected };
    caller.keys('5');
    assert.deepEqual(caller.tell(old), []);
    assert.equal(caller.state, 'asking');
  });
});
