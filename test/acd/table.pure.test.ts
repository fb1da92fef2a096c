/**
 * Every state of an agent × everything the routing core hears: what one turn answers, whole. A forgotten cell does not
 * compile. Set-up: queue `service` (rings 15 s, wrap-up 10 s, recorded), agent 8001 with a phone; c1 is the call that
 * brought her into her state, c2 has just arrived. `callerHungUp` is legEnded of the caller's own leg.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { asId, calendarIdOf, type UserId } from '../../kernel/ids.ts';
import type { Activity } from '../../src/acd/agent.ts';
import type { Hearing } from '../../src/acd/hear.ts';
import type { Event } from '../../src/vocabulary.ts';
import {
  agentConfigured,
  agentId,
  callArrived,
  callEnded,
  callId,
  callQueued,
  DEMO,
  deskRejected,
  Floor,
  legAnswered,
  legEnded,
  legId,
  phoneLost,
  phoneReachable,
  queueConfigured,
  queueId,
  signedIn,
  signedOut,
  transferredTo,
  wentNotReady,
  wentReady,
  wrapUpEnded,
} from './floor.ts';

type State = Activity['state'];
/** What concerns queues alone, and changes nothing of hers in any state. */
type OfQueues = 'callbackBooked' | 'queueKeyPressed' | 'callMoveAsked' | 'calendarConfigured' | 'calendarRemoved' | 'queueSwitched';
/** Interactions of other channels have a table of their own: `channels.pure.test.ts`. */
type OfInteractions = Extract<keyof Hearing, `interaction${string}`>;
type Stimulus = Exclude<keyof Hearing, OfQueues | OfInteractions> | 'callerHungUp';

const into: Record<State, (floor: Floor) => void> = {
  signed_out() {},
  not_ready(floor) {
    floor.tell(signedIn('8001'));
  },
  ready(floor) {
    floor.ready('8001');
  },
  offered(floor) {
    floor.ready('8001');
    floor.tell(callArrived('c1'), callQueued('c1'));
  },
  pausing(floor) {
    floor.tell(queueConfigured('service', { offering: { afterFailure: { rejected: { action: 'pause', pauseMs: 4_000 } } } }));
    into.offered(floor);
    floor.tell(legEnded('c1.0'), legEnded('c1.1'));
    floor.tell(callArrived('c4'), callQueued('c4'), deskRejected('8001', 'c4'), legEnded('c4.0'));
  },
  releasing(floor) {
    into.offered(floor);
    floor.tell(legEnded('c1.0'));
  },
  talking(floor) {
    into.offered(floor);
    floor.tell(legAnswered('c1.1'));
  },
  wrapping_up(floor) {
    into.talking(floor);
    floor.tell(legEnded('c1.1'));
  },
};

const CALL_BACK = {
  ...{ queueId: queueId('service'), number: '+8613800001001', callee: { number: '10086', raw: '10086' }, priority: 0 },
  ...{ skills: [], language: 'zh' as const, data: {} },
};
/** The queue calls nobody back. */
const REFUSED = '{"type":"callbackRefused","callId":"c2","queueId":"demo:service","why":"not_offered"}';

const told: Record<Stimulus, Event> = {
  queueConfigured: queueConfigured('service', { maxWaiting: 10 }),
  queueRemoved: { type: 'queueRemoved', queueId: queueId('service') },
  agentConfigured: agentConfigured('8001', { queues: [] }),
  agentRemoved: { type: 'agentRemoved', agentId: agentId('8001') },
  agentSignedIn: signedIn('8001'),
  agentSignedOut: signedOut('8001'),
  agentWentReady: wentReady('8001'),
  agentWentNotReady: wentNotReady('8001', 'meal'),
  wrapUpEnded: wrapUpEnded('8001', 'c1'),
  wrapUpExtended: { type: 'wrapUpExtended', agentId: agentId('8001'), callId: callId('c1') },
  phoneReachable: phoneReachable('8001'),
  phoneLost: phoneLost('8001'),
  deskConnected: { type: 'deskConnected', agentId: agentId('8001') },
  deskLost: { type: 'deskLost', agentId: agentId('8001') },
  deskRejected: deskRejected('8001', 'c1'),
  callArrived: callArrived('c3'),
  callbackAsked: { ...CALL_BACK, type: 'callbackAsked', callId: callId('c2') },
  callbackCancelled: { type: 'callbackCancelled', callbackId: asId('c2-b'), by: asId('u1') },
  callQueued: callQueued('c2'),
  callTransferred: transferredTo('c2', '8001'),
  destinationCalled: {
    ...{ type: 'destinationCalled', callId: callId('c2'), legId: legId('c2.0'), by: agentId('8007') },
    target: { kind: 'agent', agentId: agentId('8001') },
  },
  legRinging: { type: 'legRinging', callId: callId('c1'), legId: legId('c1.1') },
  legHeld: { type: 'legHeld', callId: callId('c1'), legId: legId('c1.1') },
  legRetrieved: { type: 'legRetrieved', callId: callId('c1'), legId: legId('c1.1') },
  legAnswered: legAnswered('c1.1'),
  legEnded: legEnded('c1.1'),
  leaseExpired: { type: 'leaseExpired', agentId: agentId('8001'), legId: legId('c1.1') },
  callerHungUp: legEnded('c1.0'),
  callsMerged: {
    ...{ type: 'callsMerged', callId: callId('c2'), from: callId('c1'), legId: legId('c1.1'), agentId: agentId('8001') },
    ...{ up: true, kept: legId('c2.0'), by: legId('c2.1'), byOther: legId('c1.0') },
  },
  legReplaced: { type: 'legReplaced', callId: callId('c1'), legId: legId('c9.0'), replaces: legId('c1.1'), agentId: agentId('8001') },
  partyAsked: {
    ...{ type: 'partyAsked', callId: callId('c2'), how: 'consult', by: legId('c2.7'), agentId: agentId('8007'), kept: legId('c2.0'), legId: null },
    target: { kind: 'agent', agentId: agentId('8001') },
  },
  partyAskEnded: {
    ...{ type: 'partyAskEnded', callId: callId('c1'), how: 'consult', by: legId('c1.1'), agentId: agentId('8001'), legId: null },
    ...{ target: { kind: 'number', number: '1' }, end: 'failed', cause: 'busy', held: true },
  },
  callHandedOn: { type: 'callHandedOn', callId: callId('c1'), legId: legId('c1.1'), agentId: agentId('8001'), by: legId('c1.9'), kept: legId('c1.0') },
  callEnded: callEnded('c1'),
  recordingSpaceChanged: { type: 'recordingSpaceChanged', full: true },
  timePassed: { type: 'timePassed' },
  serverStarted: { type: 'serverStarted' },
  serverResumed: { type: 'serverResumed' },
};

const toldOfQueues: Record<OfQueues, Event> = {
  callbackBooked: {
    ...{ ...CALL_BACK, type: 'callbackBooked', callId: callId('c9'), callbackId: asId('c9-b'), tenantId: DEMO, by: agentId('8001') },
    ...{ notBefore: null, notAfter: null },
  },
  callMoveAsked: { type: 'callMoveAsked', callId: callId('c9'), queueId: queueId('service'), priority: 5, by: asId<UserId>('demo:boss') },
  queueKeyPressed: { type: 'queueKeyPressed', callId: callId('c2'), queueId: queueId('service'), key: '1' },
  calendarConfigured: {
    type: 'calendarConfigured',
    calendar: {
      calendarId: calendarIdOf(DEMO, 'office'),
      tenantId: DEMO,
      name: { zh: '上班', en: 'office' },
      timeZone: 'UTC',
      offsets: [],
      week: {},
      days: [],
    },
  },
  calendarRemoved: { type: 'calendarRemoved', calendarId: calendarIdOf(DEMO, 'office') },
  queueSwitched: { type: 'queueSwitched', queueId: queueId('service'), state: 'closed', until: null, by: asId<UserId>('demo:admin') },
};

/** Nothing is established, nothing commanded, nobody wants to be woken. */
const NOTHING: string[] = [];

/** A wrap-up may be made longer, by 5 s once. */
const offering = { wrapUpExtension: { stepMs: 5_000, mostMs: 5_000 } };

const turns: Record<State, Record<Stimulus, string[]>> = {
  signed_out: {
    queueConfigured: NOTHING,
    queueRemoved: NOTHING,
    agentConfigured: NOTHING,
    agentRemoved: NOTHING,
    agentSignedIn: ['8001 not_ready (signed_in)'],
    agentSignedOut: NOTHING,
    agentWentReady: NOTHING,
    agentWentNotReady: NOTHING,
    wrapUpEnded: NOTHING,
    wrapUpExtended: NOTHING,
    phoneReachable: NOTHING,
    phoneLost: NOTHING,
    deskConnected: NOTHING,
    deskLost: NOTHING,
    deskRejected: NOTHING,
    callArrived: NOTHING,
    callbackAsked: [REFUSED],
    callbackCancelled: NOTHING,
    callQueued: NOTHING,
    callTransferred: ['c2.o1 c2 unreachable at 8001 on c2.1 direct'],
    destinationCalled: ['c2.o1 c2 unreachable at 8001 on c2.1 direct'],
    legRinging: NOTHING,
    legHeld: NOTHING,
    legRetrieved: NOTHING,
    legAnswered: NOTHING,
    legEnded: NOTHING,
    leaseExpired: NOTHING,
    callerHungUp: NOTHING,
    callsMerged: NOTHING,
    legReplaced: NOTHING,
    partyAsked: ['c2.o1 c2 unreachable at 8001 on c2.1 direct'],
    partyAskEnded: NOTHING,
    callHandedOn: NOTHING,
    callEnded: NOTHING,
    recordingSpaceChanged: NOTHING,
    timePassed: NOTHING,
    serverStarted: NOTHING,
    serverResumed: NOTHING,
  },
  not_ready: {
    queueConfigured: NOTHING,
    queueRemoved: NOTHING,
    agentConfigured: NOTHING,
    agentRemoved: ['8001 signed_out'],
    agentSignedIn: NOTHING,
    agentSignedOut: ['8001 signed_out'],
    agentWentReady: ['8001 ready'],
    agentWentNotReady: ['8001 not_ready (meal)'],
    wrapUpEnded: NOTHING,
    wrapUpExtended: NOTHING,
    phoneReachable: NOTHING,
    phoneLost: ['8001 not_ready (signed_in, phone_lost)'],
    deskConnected: NOTHING,
    deskLost: NOTHING,
    deskRejected: NOTHING,
    callArrived: NOTHING,
    callbackAsked: [REFUSED],
    callbackCancelled: NOTHING,
    callQueued: NOTHING,
    callTransferred: [
      'c2.o1 c2 offered to 8001 directly on c2.1 until +20000',
      '8001 offered (signed_in) c2',
      '> pop c2.o1 c2 c2.1 at 8001 direct',
      '> ring c2.o1 c2 c2.1 at 8001 of demo as +8613800001001 for 25000',
      'wake +20000',
    ],
    destinationCalled: [
      'c2.o1 c2 offered to 8001 directly on c2.0 until +20000',
      '8001 offered (signed_in) c2',
      '> pop c2.o1 c2 c2.0 at 8001 direct',
      '> ring c2.o1 c2 c2.0 at 8001 of demo as +8613800001001 for 25000',
      'wake +20000',
    ],
    legRinging: NOTHING,
    legHeld: NOTHING,
    legRetrieved: NOTHING,
    legAnswered: NOTHING,
    legEnded: NOTHING,
    leaseExpired: NOTHING,
    callerHungUp: NOTHING,
    callsMerged: NOTHING,
    legReplaced: NOTHING,
    partyAsked: [
      'c2.o1 c2 offered to 8001 directly on c2.1 until +20000',
      '8001 offered (signed_in) c2',
      '> pop c2.o1 c2 c2.1 at 8001 direct',
      '> ring c2.o1 c2 c2.1 at 8001 of demo as +8613800001001 for 25000',
      'wake +20000',
    ],
    partyAskEnded: NOTHING,
    callHandedOn: NOTHING,
    callEnded: NOTHING,
    recordingSpaceChanged: NOTHING,
    timePassed: NOTHING,
    serverStarted: NOTHING,
    serverResumed: NOTHING,
  },
  ready: {
    queueConfigured: NOTHING,
    queueRemoved: NOTHING,
    agentConfigured: NOTHING,
    agentRemoved: ['8001 signed_out'],
    agentSignedIn: NOTHING,
    agentSignedOut: ['8001 signed_out'],
    agentWentReady: NOTHING,
    agentWentNotReady: ['8001 not_ready (meal)'],
    wrapUpEnded: NOTHING,
    wrapUpExtended: NOTHING,
    phoneReachable: NOTHING,
    phoneLost: ['8001 not_ready (phone_lost)'],
    deskConnected: NOTHING,
    deskLost: NOTHING,
    deskRejected: NOTHING,
    callArrived: NOTHING,
    callbackAsked: [REFUSED],
    callbackCancelled: NOTHING,
    callQueued: [
      'c2.o1 c2 offered to 8001 from service on c2.1 until +15000, recorded',
      '8001 offered c2',
      '> pop c2.o1 c2 c2.1 at 8001 service',
      '> ring c2.o1 c2 c2.1 at 8001 of demo as +8613800001001 for 20000',
      'wake +15000',
    ],
    callTransferred: [
      'c2.o1 c2 offered to 8001 directly on c2.1 until +20000',
      '8001 offered c2',
      '> pop c2.o1 c2 c2.1 at 8001 direct',
      '> ring c2.o1 c2 c2.1 at 8001 of demo as +8613800001001 for 25000',
      'wake +20000',
    ],
    destinationCalled: [
      'c2.o1 c2 offered to 8001 directly on c2.0 until +20000',
      '8001 offered c2',
      '> pop c2.o1 c2 c2.0 at 8001 direct',
      '> ring c2.o1 c2 c2.0 at 8001 of demo as +8613800001001 for 25000',
      'wake +20000',
    ],
    legRinging: NOTHING,
    legHeld: NOTHING,
    legRetrieved: NOTHING,
    legAnswered: NOTHING,
    legEnded: NOTHING,
    leaseExpired: NOTHING,
    callerHungUp: NOTHING,
    callsMerged: NOTHING,
    legReplaced: NOTHING,
    partyAsked: [
      'c2.o1 c2 offered to 8001 directly on c2.1 until +20000',
      '8001 offered c2',
      '> pop c2.o1 c2 c2.1 at 8001 direct',
      '> ring c2.o1 c2 c2.1 at 8001 of demo as +8613800001001 for 25000',
      'wake +20000',
    ],
    partyAskEnded: NOTHING,
    callHandedOn: NOTHING,
    callEnded: NOTHING,
    recordingSpaceChanged: NOTHING,
    timePassed: NOTHING,
    serverStarted: ['8001 not_ready (restart)'],
    serverResumed: NOTHING,
  },
  offered: {
    queueConfigured: ['wake +15000'],
    queueRemoved: ['c1.o1 c1 withdrawn at 8001 on c1.1 service', 'c1 left service closed', '> release c1 c1.1 normal by server', 'wake +5000'],
    agentConfigured: ['wake +15000'],
    agentRemoved: ['c1.o1 c1 withdrawn at 8001 on c1.1 service', '8001 signed_out', '> release c1 c1.1 normal by server'],
    agentSignedIn: ['wake +15000'],
    agentSignedOut: ['c1.o1 c1 rejected at 8001 on c1.1 service', '8001 signed_out', '> release c1 c1.1 rejected by far_end'],
    agentWentReady: ['wake +15000'],
    agentWentNotReady: ['8001 offered (meal) c1', 'wake +15000'],
    wrapUpEnded: ['wake +15000'],
    wrapUpExtended: ['wake +15000'],
    phoneReachable: ['wake +15000'],
    phoneLost: ['c1.o1 c1 unreachable at 8001 on c1.1 service', '8001 not_ready (phone_lost)', '> release c1 c1.1 unreachable by server'],
    deskConnected: ['wake +15000'],
    deskLost: ['wake +15000'],
    deskRejected: ['c1.o1 c1 rejected at 8001 on c1.1 service', '8001 not_ready (rejected)', '> release c1 c1.1 rejected by far_end'],
    callArrived: ['wake +15000'],
    callbackAsked: [REFUSED, 'wake +15000'],
    callbackCancelled: ['wake +15000'],
    callQueued: ['wake +15000'],
    callTransferred: ['c2.o1 c2 busy at 8001 on c2.1 direct', 'wake +15000'],
    destinationCalled: ['c2.o1 c2 busy at 8001 on c2.1 direct', 'wake +15000'],
    legRinging: ['8001 offered ringing c1', 'wake +15000'],
    legHeld: ['wake +15000'],
    legRetrieved: ['wake +15000'],
    legAnswered: ['c1.o1 c1 answered at 8001 on c1.1 service', 'c1 left service answered', '8001 talking c1'],
    legEnded: ['c1.o1 c1 rejected at 8001 on c1.1 service', '8001 not_ready (rejected)'],
    leaseExpired: ['c1.o1 c1 withdrawn at 8001 on c1.1 service', 'wake +1000'],
    callerHungUp: ['c1.o1 c1 caller_gone at 8001 on c1.1 service', 'c1 left service abandoned', '> release c1 c1.1 abandoned by other_party', 'wake +5000'],
    callsMerged: ['8001 offered c2', 'wake +15000'],
    legReplaced: ['c1.o1 c1 withdrawn at 8001 on c1.1 service', 'c1 left service answered', 'wake +5000'],
    partyAsked: ['c2.o1 c2 busy at 8001 on c2.1 direct', 'wake +15000'],
    partyAskEnded: ['wake +15000'],
    callHandedOn: ['wake +15000'],
    callEnded: ['c1.o1 c1 caller_gone at 8001 on c1.1 service', 'c1 left service ended', '> release c1 c1.1 abandoned by other_party', 'wake +5000'],
    recordingSpaceChanged: ['wake +15000'],
    timePassed: ['c1.o1 c1 no_answer at 8001 on c1.1 service', '8001 not_ready (no_answer)', '> release c1 c1.1 no_answer by server'],
    serverStarted: ['8001 not_ready (restart)'],
    serverResumed: ['wake +15000'],
  },
  pausing: {
    queueConfigured: ['wake +4000'],
    queueRemoved: ['wake +4000'],
    agentConfigured: ['wake +4000'],
    agentRemoved: ['8001 signed_out'],
    agentSignedIn: ['wake +4000'],
    agentSignedOut: ['8001 signed_out'],
    agentWentReady: ['8001 ready'],
    agentWentNotReady: ['8001 not_ready (meal, rejected)', 'wake +4000'],
    wrapUpEnded: ['wake +4000'],
    wrapUpExtended: ['wake +4000'],
    phoneReachable: ['wake +4000'],
    phoneLost: ['8001 not_ready (phone_lost, rejected)', 'wake +4000'],
    deskConnected: ['wake +4000'],
    deskLost: ['wake +4000'],
    deskRejected: ['wake +4000'],
    callArrived: ['wake +4000'],
    callbackAsked: [REFUSED, 'wake +4000'],
    callbackCancelled: ['wake +4000'],
    callQueued: ['wake +4000'],
    callTransferred: [
      'c2.o1 c2 offered to 8001 directly on c2.1 until +20000',
      '8001 offered c2',
      '> pop c2.o1 c2 c2.1 at 8001 direct',
      '> ring c2.o1 c2 c2.1 at 8001 of demo as +8613800001001 for 25000',
      'wake +20000',
    ],
    destinationCalled: [
      'c2.o1 c2 offered to 8001 directly on c2.0 until +20000',
      '8001 offered c2',
      '> pop c2.o1 c2 c2.0 at 8001 direct',
      '> ring c2.o1 c2 c2.0 at 8001 of demo as +8613800001001 for 25000',
      'wake +20000',
    ],
    legRinging: ['wake +4000'],
    legHeld: ['wake +4000'],
    legRetrieved: ['wake +4000'],
    legAnswered: ['wake +4000'],
    legEnded: ['wake +4000'],
    leaseExpired: ['wake +4000'],
    callerHungUp: ['wake +4000'],
    callsMerged: ['8001 talking c2'],
    legReplaced: ['8001 talking c1'],
    partyAsked: [
      'c2.o1 c2 offered to 8001 directly on c2.1 until +20000',
      '8001 offered c2',
      '> pop c2.o1 c2 c2.1 at 8001 direct',
      '> ring c2.o1 c2 c2.1 at 8001 of demo as +8613800001001 for 25000',
      'wake +20000',
    ],
    partyAskEnded: ['wake +4000'],
    callHandedOn: ['wake +4000'],
    callEnded: ['wake +4000'],
    recordingSpaceChanged: ['wake +4000'],
    timePassed: ['8001 ready'],
    serverStarted: ['8001 not_ready (restart)'],
    serverResumed: ['wake +4000'],
  },
  releasing: {
    queueConfigured: ['wake +5000'],
    queueRemoved: ['wake +5000'],
    agentConfigured: ['wake +5000'],
    agentRemoved: ['8001 signed_out'],
    agentSignedIn: ['wake +5000'],
    agentSignedOut: ['8001 offered c1 then signed_out', 'wake +5000'],
    agentWentReady: ['wake +5000'],
    agentWentNotReady: ['8001 offered (meal) c1', 'wake +5000'],
    wrapUpEnded: ['wake +5000'],
    wrapUpExtended: ['wake +5000'],
    phoneReachable: ['wake +5000'],
    phoneLost: ['8001 offered (phone_lost) c1', 'wake +5000'],
    deskConnected: ['wake +5000'],
    deskLost: ['wake +5000'],
    deskRejected: ['wake +5000'],
    callArrived: ['wake +5000'],
    callbackAsked: [REFUSED, 'wake +5000'],
    callbackCancelled: ['wake +5000'],
    callQueued: ['wake +5000'],
    callTransferred: ['c2.o1 c2 busy at 8001 on c2.1 direct', 'wake +5000'],
    destinationCalled: ['c2.o1 c2 busy at 8001 on c2.1 direct', 'wake +5000'],
    legRinging: ['wake +5000'],
    legHeld: ['wake +5000'],
    legRetrieved: ['wake +5000'],
    legAnswered: ['wake +5000'],
    legEnded: ['8001 ready'],
    leaseExpired: ['8001 ready'],
    callerHungUp: ['wake +5000'],
    callsMerged: ['wake +5000'],
    legReplaced: ['wake +5000'],
    partyAsked: ['c2.o1 c2 busy at 8001 on c2.1 direct', 'wake +5000'],
    partyAskEnded: ['wake +5000'],
    callHandedOn: ['wake +5000'],
    callEnded: ['wake +5000'],
    recordingSpaceChanged: ['wake +5000'],
    timePassed: ['8001 ready'],
    serverStarted: ['8001 not_ready (restart)'],
    serverResumed: ['wake +5000'],
  },
  talking: {
    queueConfigured: NOTHING,
    queueRemoved: NOTHING,
    agentConfigured: NOTHING,
    agentRemoved: ['8001 talking c1 then signed_out'],
    agentSignedIn: NOTHING,
    agentSignedOut: ['8001 talking c1 then signed_out'],
    agentWentReady: NOTHING,
    agentWentNotReady: ['8001 talking (meal) c1'],
    wrapUpEnded: NOTHING,
    wrapUpExtended: NOTHING,
    phoneReachable: NOTHING,
    phoneLost: ['8001 talking (phone_lost) c1'],
    deskConnected: NOTHING,
    deskLost: NOTHING,
    deskRejected: NOTHING,
    callArrived: NOTHING,
    callbackAsked: [REFUSED],
    callbackCancelled: NOTHING,
    callQueued: NOTHING,
    callTransferred: ['c2.o1 c2 busy at 8001 on c2.1 direct'],
    destinationCalled: ['c2.o1 c2 busy at 8001 on c2.1 direct'],
    legRinging: NOTHING,
    legHeld: ['8001 talking holding c1'],
    legRetrieved: NOTHING,
    legAnswered: NOTHING,
    legEnded: ['8001 wrapping_up c1 until +10000', 'wake +10000'],
    leaseExpired: ['8001 wrapping_up c1 until +10000', 'wake +10000'],
    callerHungUp: NOTHING,
    callsMerged: ['8001 talking c2'],
    legReplaced: NOTHING,
    partyAsked: ['c2.o1 c2 busy at 8001 on c2.1 direct'],
    partyAskEnded: ['8001 talking holding c1'],
    callHandedOn: NOTHING,
    callEnded: ['8001 wrapping_up c1 until +10000', 'wake +10000'],
    recordingSpaceChanged: NOTHING,
    timePassed: NOTHING,
    serverStarted: ['8001 not_ready (restart)'],
    serverResumed: NOTHING,
  },
  wrapping_up: {
    queueConfigured: ['wake +10000'],
    queueRemoved: ['wake +10000'],
    agentConfigured: ['wake +10000'],
    agentRemoved: ['8001 signed_out'],
    agentSignedIn: ['wake +10000'],
    agentSignedOut: ['8001 signed_out'],
    agentWentReady: ['8001 ready'],
    agentWentNotReady: ['8001 wrapping_up (meal) c1 until +10000', 'wake +10000'],
    wrapUpEnded: ['8001 ready'],
    wrapUpExtended: ['8001 wrapping_up c1 until +15000', 'wake +15000'],
    phoneReachable: ['wake +10000'],
    phoneLost: ['8001 wrapping_up (phone_lost) c1 until +10000', 'wake +10000'],
    deskConnected: ['wake +10000'],
    deskLost: ['wake +10000'],
    deskRejected: ['wake +10000'],
    callArrived: ['wake +10000'],
    callbackAsked: [REFUSED, 'wake +10000'],
    callbackCancelled: ['wake +10000'],
    callQueued: ['wake +10000'],
    callTransferred: [
      'c2.o1 c2 offered to 8001 directly on c2.1 until +20000',
      '8001 offered c2',
      '> pop c2.o1 c2 c2.1 at 8001 direct',
      '> ring c2.o1 c2 c2.1 at 8001 of demo as +8613800001001 for 25000',
      'wake +20000',
    ],
    destinationCalled: [
      'c2.o1 c2 offered to 8001 directly on c2.0 until +20000',
      '8001 offered c2',
      '> pop c2.o1 c2 c2.0 at 8001 direct',
      '> ring c2.o1 c2 c2.0 at 8001 of demo as +8613800001001 for 25000',
      'wake +20000',
    ],
    legRinging: ['wake +10000'],
    legHeld: ['wake +10000'],
    legRetrieved: ['wake +10000'],
    legAnswered: ['wake +10000'],
    legEnded: ['wake +10000'],
    leaseExpired: ['wake +10000'],
    callerHungUp: ['wake +10000'],
    callsMerged: ['8001 talking c2'],
    legReplaced: ['8001 talking c1'],
    partyAsked: [
      'c2.o1 c2 offered to 8001 directly on c2.1 until +20000',
      '8001 offered c2',
      '> pop c2.o1 c2 c2.1 at 8001 direct',
      '> ring c2.o1 c2 c2.1 at 8001 of demo as +8613800001001 for 25000',
      'wake +20000',
    ],
    partyAskEnded: ['wake +10000'],
    callHandedOn: ['wake +10000'],
    callEnded: ['wake +10000'],
    recordingSpaceChanged: ['wake +10000'],
    timePassed: ['8001 ready'],
    serverStarted: ['8001 not_ready (restart)'],
    serverResumed: ['wake +10000'],
  },
};

for (const state of Object.keys(turns) as State[]) {
  for (const stimulus of Object.keys(turns[state]) as Stimulus[]) {
    test(`an agent who is ${state}: ${stimulus}`, () => {
      const floor = new Floor();
      floor.tell(queueConfigured('service', { offering }), agentConfigured('8001'), phoneReachable('8001'), callArrived('c2'));
      into[state](floor);
      // Whatever lasts until a time has lasted until then; what does not is the same an hour later.
      if (stimulus === 'timePassed') floor.now = floor.wakeAt ?? floor.now + 3_600_000;
      assert.deepEqual(floor.tell(told[stimulus]), turns[state][stimulus]);
    });
  }
}

for (const state of Object.keys(turns) as State[]) {
  for (const stimulus of Object.keys(toldOfQueues) as OfQueues[]) {
    test(`an agent who is ${state}: ${stimulus} is nothing to her`, () => {
      const floor = new Floor();
      floor.tell(queueConfigured('service'), agentConfigured('8001'), phoneReachable('8001'), callArrived('c2'));
      into[state](floor);
      const told = floor.tell(toldOfQueues[stimulus]).filter((line) => !/^wake|queueStateChanged|callbackRefused/.test(line));
      assert.deepEqual(told, []);
    });
  }
}
