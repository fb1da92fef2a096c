/** The desks without sockets: signing in, commands in every state, once-only effects, resume, take-over, loss and return. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type CallId, legIdOf, queueIdOf, type UserId } from '../../kernel/ids.ts';
import type { DeskLine } from '../../src/cti/desks.ts';
import type { CloseCode, CtiErrorCode } from '../../src/cti/errors.ts';
import { type DeskCommandType, parseServerMessage, type ServerMessage } from '../../src/cti/protocol.ts';
import { canIn, type DeskPhase, deskPhases, type PhasedCommand } from '../../src/cti/rules.ts';
import type { Event } from '../../src/vocabulary.ts';
import { FakeClock } from '../support/clock.ts';
import { AGENT, DeskHouse, type DeskHouseOptions, goldStory, SUPERVISOR_TOKEN, TENANT } from '../support/desk-house.ts';

const settle = async (): Promise<void> => {
  for (let n = 0; n < 5; n += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A desk's end of the line. */
class TestDesk {
  readonly raw: string[] = [];
  closed: CloseCode | null = null;
  readonly line: DeskLine;
  #ids = 0;

  constructor(house: DeskHouse) {
    this.line = house.desks.accept({
      send: (text) => this.raw.push(text),
      close: (why) => {
        this.closed = why;
      },
    });
  }

  get heard(): ServerMessage[] {
    return this.raw.map((text) => parseServerMessage(text) ?? assert.fail(`not of the protocol: ${text}`));
  }
  get types(): string[] {
    return this.heard.map((message) => message.type);
  }
  of<T extends ServerMessage['type']>(type: T): Extract<ServerMessage, { type: T }>[] {
    return this.heard.filter((message) => message.type === type) as Extract<ServerMessage, { type: T }>[];
  }
  get numbers(): number[] {
    return this.heard.flatMap((message) => ('seq' in message && !['welcome', 'snapshot', 'error'].includes(message.type) ? [message.seq] : []));
  }

  async ask(type: string, data: object = {}, id = `i${++this.#ids}`): Promise<'ok' | CtiErrorCode | 'silence'> {
    const before = this.raw.length;
    this.line.receive(JSON.stringify({ v: 1, id, type, data }));
    await settle();
    const reply = this.heard.slice(before).find((message) => message.type === 'reply' && message.id === id);
    if (reply?.type !== 'reply') return 'silence';
    return reply.ok ? 'ok' : (reply.error?.code ?? 'internal');
  }
}

function begin(options: Partial<DeskHouseOptions> = {}) {
  const clock = new FakeClock();
  const house = new DeskHouse({ clock, ...options });
  return { clock, house };
}

async function signedIn(house: DeskHouse, resume: object = {}): Promise<TestDesk> {
  const desk = new TestDesk(house);
  assert.equal(await desk.ask('hello', { token: 'token', ...resume }, 'hello'), 'ok');
  return desk;
}

/** Brings the house into each phase; the commands are the subject of the tests below. */
const ways: Record<DeskPhase, (house: DeskHouse) => void> = {
  signed_out: (house) => house.take({ type: 'agentSignedOut', agentId: AGENT }),
  not_ready: () => undefined,
  ready: (house) => house.take({ type: 'agentWentReady', agentId: AGENT }),
  offered(house) {
    ways.ready(house);
    house.callArrives(goldStory);
  },
  calling(house) {
    const call = { callId: asId<CallId>('c-out'), legId: legIdOf(asId<CallId>('c-out'), 0), tenantId: TENANT, trunk: '', sipCallId: '' };
    const outbound = { by: AGENT, target: { kind: 'number', number: '12345' }, queueId: null } as const;
    house.take({ type: 'callArrived', ...call, caller: { number: '12345', raw: '12345' }, callee: { number: '8001', raw: '8001' }, outbound });
    house.phoneAnswers();
  },
  talking(house) {
    ways.offered(house);
    house.phoneAnswers();
  },
  held(house) {
    ways.talking(house);
    house.phoneHolds(true);
  },
  consult_ringing(house) {
    ways.talking(house);
    house.take({ type: 'deskPartyAsked', agentId: AGENT, callId: onlyCall(house), how: 'consult', target: { kind: 'number', number: '12345' } });
  },
  consulting(house) {
    ways.consult_ringing(house);
    house.numberAnswers();
  },
  consulted(house) {
    ways.consulting(house);
    house.callerHangsUp(onlyCall(house));
  },
  conference(house) {
    ways.consulting(house);
    house.take({ type: 'deskConsulted', agentId: AGENT, callId: onlyCall(house), what: 'conference' });
  },
  conference_held(house) {
    ways.conference(house);
    house.phoneHolds(true);
  },
  transferring(house) {
    ways.consult_ringing(house);
    house.take({ type: 'deskConsulted', agentId: AGENT, callId: onlyCall(house), what: 'complete' });
  },
  wrapping_up(house) {
    ways.talking(house);
    house.phoneHangsUp();
  },
};

function onlyCall(house: DeskHouse): CallId {
  const [callId] = house.liveCalls();
  assert.ok(callId, 'a call');
  return callId;
}

const data: Partial<Record<DeskCommandType, object>> = {
  notReady: { reason: 'break' },
  capture: { form: 'payment', field: 'card' },
  blindTransfer: { target: { kind: 'number', number: '12345' } },
  consult: { target: { kind: 'number', number: '12345' } },
  addParty: { target: { kind: 'number', number: '12345' } },
  dropParty: { legId: 'c-1.1001' },
  sendDigits: { digits: '12#' },
  setData: { data: { order: '7' } },
  wrapUp: { disposition: 'resolved', notes: 'n' },
  dial: { target: { kind: 'number', number: '12345' } },
  requestCallback: { queue: 'service', number: '13800001009' },
};

/** What each command becomes, or the error; an event is shown by its type. */
type Cell = CtiErrorCode | Event['type'][];
/** Whatever the others do. */
const hersAlone = { sendDigits: ['deskPressed'], mute: ['deskMuted'], unmute: ['deskMuted'], requestCallback: ['callbackBooked'] } satisfies Record<
  string,
  Cell
>;
/** Whom she asks in, and what becomes of it. */
const inConsult = {
  ...{ hold: 'consulting', retrieve: 'consulting', capture: 'consulting', blindTransfer: 'consulting', consult: 'consulting', addParty: 'consulting' },
  ...{ pauseRecording: ['deskPausedRecording'], resumeRecording: ['deskResumedRecording'], cancelCapture: ['deskCaptureCancelled'] },
  ...{ consultComplete: ['deskConsulted'], consultCancel: ['deskConsulted'], dropParty: 'no_conference', sendToSurvey: 'consulting' },
} satisfies Record<string, Cell>;
const onCall = {
  ...{ ready: ['agentWentReady'], notReady: ['agentWentNotReady'], answer: 'no_call_offered', reject: 'no_call_offered', hangup: ['deskHungUp'] },
  ...{ wrapUp: 'not_wrapping_up', extendWrapUp: 'not_wrapping_up', setData: ['dataSet'], signOut: 'on_call', dial: 'on_call' },
  ...hersAlone,
} satisfies Record<string, Cell>;
const noConsult = {
  ...{ consultComplete: 'no_consult', consultCancel: 'no_consult', consultToggle: 'no_consult', consultConference: 'no_consult' },
} satisfies Record<string, Cell>;
const inConference = {
  ...{ ...onCall, ...noConsult, capture: 'conferenced', blindTransfer: 'conferenced', consult: 'conferenced', dropParty: ['deskPartyDropped'] },
  sendToSurvey: 'conferenced',
  ...{ pauseRecording: ['deskPausedRecording'], resumeRecording: ['deskResumedRecording'], cancelCapture: ['deskCaptureCancelled'] },
} satisfies Record<string, Cell>;
const nothingHers = <E extends CtiErrorCode>(why: E) =>
  ({
    ...{ ...onCall, ...noConsult, hold: why, retrieve: why, capture: why, blindTransfer: why, consult: why, addParty: why, dropParty: why },
    ...{ pauseRecording: why, resumeRecording: why, cancelCapture: why, sendToSurvey: why },
  }) satisfies Record<string, Cell>;
const noCall: Record<
  | 'consult'
  | 'consultComplete'
  | 'consultCancel'
  | 'consultToggle'
  | 'consultConference'
  | 'addParty'
  | 'sendDigits'
  | 'mute'
  | 'unmute'
  | 'sendToSurvey'
  | 'dropParty'
  | 'answer'
  | 'reject'
  | 'hangup'
  | 'hold'
  | 'retrieve'
  | 'pauseRecording'
  | 'resumeRecording'
  | 'capture'
  | 'cancelCapture'
  | 'blindTransfer'
  | 'setData'
  | 'dial'
  | 'requestCallback',
  Cell
> = {
  ...{ answer: 'no_call_offered', reject: 'no_call_offered', hangup: 'no_call', hold: 'no_call', retrieve: 'no_call' },
  ...{ pauseRecording: 'no_call', resumeRecording: 'no_call', capture: 'no_call', cancelCapture: 'no_call', blindTransfer: 'no_call', setData: 'no_call' },
  ...{ consult: 'no_call', consultComplete: 'no_call', consultCancel: 'no_call', consultToggle: 'no_call', consultConference: 'no_call' },
  ...{
    addParty: 'no_call',
    dropParty: 'no_call',
    sendDigits: 'no_call',
    mute: 'no_call',
    unmute: 'no_call',
    sendToSurvey: 'no_call',
    dial: ['callArrived'],
    requestCallback: ['callbackBooked'],
  },
};
const table: Record<DeskPhase, Record<PhasedCommand, Cell>> = {
  signed_out: {
    ...noCall,
    dial: 'not_signed_in',
    requestCallback: 'not_signed_in',
    ready: 'not_signed_in',
    notReady: 'not_signed_in',
    wrapUp: 'not_wrapping_up',
    extendWrapUp: 'not_wrapping_up',
    signOut: ['agentSignedOut'],
  },
  not_ready: {
    ...noCall,
    ready: ['agentWentReady'],
    notReady: ['agentWentNotReady'],
    wrapUp: 'not_wrapping_up',
    extendWrapUp: 'not_wrapping_up',
    signOut: ['agentSignedOut'],
  },
  ready: {
    ...noCall,
    ready: ['agentWentReady'],
    notReady: ['agentWentNotReady'],
    wrapUp: 'not_wrapping_up',
    extendWrapUp: 'not_wrapping_up',
    signOut: ['agentSignedOut'],
  },
  offered: {
    ...{ consult: 'call_offered', consultComplete: 'call_offered', consultCancel: 'call_offered', consultToggle: 'call_offered' },
    ...{ consultConference: 'call_offered', addParty: 'call_offered', dropParty: 'call_offered' },
    ...{ sendDigits: 'call_offered', mute: 'call_offered', unmute: 'call_offered', sendToSurvey: 'call_offered' },
    ...{ ready: 'call_offered', notReady: ['agentWentNotReady'], answer: ['deskAnswered'], reject: ['deskRejected'] },
    ...{ hangup: 'call_offered', hold: 'call_offered', retrieve: 'call_offered', blindTransfer: 'call_offered' },
    ...{ pauseRecording: 'call_offered', resumeRecording: 'call_offered', capture: 'call_offered', cancelCapture: 'call_offered' },
    ...{
      wrapUp: 'not_wrapping_up',
      extendWrapUp: 'not_wrapping_up',
      setData: 'call_offered',
      signOut: 'call_offered',
      dial: 'call_offered',
      requestCallback: ['callbackBooked'],
    },
  },
  calling: { ...nothingHers('calling'), dropParty: 'no_conference', sendDigits: 'calling' },
  talking: {
    ...{ ...noConsult, ...hersAlone, consult: ['deskPartyAsked'], addParty: ['deskPartyAsked'], dropParty: 'no_conference' },
    ...{ ready: ['agentWentReady'], notReady: ['agentWentNotReady'], answer: 'no_call_offered', reject: 'no_call_offered' },
    ...{ hangup: ['deskHungUp'], sendToSurvey: ['deskSentToSurvey'], hold: ['deskHeld'], retrieve: 'not_on_hold', blindTransfer: ['transferAsked'] },
    ...{ pauseRecording: ['deskPausedRecording'], resumeRecording: ['deskResumedRecording'] },
    ...{ capture: ['deskCaptureAsked'], cancelCapture: ['deskCaptureCancelled'], dial: 'on_call' },
    ...{ wrapUp: 'not_wrapping_up', extendWrapUp: 'not_wrapping_up', setData: ['dataSet'], signOut: 'on_call' },
  },
  held: {
    ...{ ...noConsult, ...hersAlone, consult: ['deskPartyAsked'], addParty: 'on_hold', dropParty: 'no_conference', sendDigits: 'on_hold' },
    ...{ ready: ['agentWentReady'], notReady: ['agentWentNotReady'], answer: 'no_call_offered', reject: 'no_call_offered' },
    ...{ hangup: ['deskHungUp'], sendToSurvey: ['deskSentToSurvey'], hold: 'on_hold', retrieve: ['deskRetrieved'], blindTransfer: ['transferAsked'] },
    ...{ pauseRecording: ['deskPausedRecording'], resumeRecording: ['deskResumedRecording'] },
    ...{ capture: 'on_hold', cancelCapture: ['deskCaptureCancelled'], dial: 'on_call' },
    ...{ wrapUp: 'not_wrapping_up', extendWrapUp: 'not_wrapping_up', setData: ['dataSet'], signOut: 'on_call' },
  },
  consult_ringing: { ...onCall, ...inConsult, consultToggle: 'consult_ringing', consultConference: 'consult_ringing', sendDigits: 'consult_ringing' },
  consulting: { ...onCall, ...inConsult, consultToggle: ['deskConsulted'], consultConference: ['deskConsulted'] },
  consulted: nothingHers('consulted'),
  conference: { ...inConference, hold: ['deskHeld'], retrieve: 'not_on_hold', addParty: ['deskPartyAsked'] },
  conference_held: { ...inConference, hold: 'on_hold', retrieve: ['deskRetrieved'], addParty: 'on_hold', sendDigits: 'on_hold' },
  transferring: { ...nothingHers('transferring'), sendDigits: 'transferring' },
  wrapping_up: {
    ...noCall,
    ready: ['wrapUpEnded', 'agentWentReady'],
    notReady: ['agentWentNotReady'],
    wrapUp: ['wrapUpEnded'],
    extendWrapUp: ['wrapUpExtended'],
    signOut: ['agentSignedOut'],
  },
};

for (const phase of deskPhases) {
  test(`${phase}: each command becomes its events or gets its error, and the desk is told which can work`, async () => {
    for (const [command, expected] of Object.entries(table[phase]) as [PhasedCommand, Cell][]) {
      const { house } = begin({ picksUpByItself: false, survey: { flow: 'survey', asks: 'when_sent', everyDays: 1 } });
      const desk = await signedIn(house);
      ways[phase](house);
      assert.equal(house.desk.phaseOf(AGENT), phase, command);
      assert.equal(house.desk.snapshot(AGENT)?.agent.can.includes(command), Array.isArray(expected), command);
      const before = house.events.length;
      const outcome = await desk.ask(command, data[command]);
      const taken = house.events.slice(before).map((event) => event.type);
      if (Array.isArray(expected)) {
        assert.equal(outcome, 'ok', command);
        for (const type of expected) assert.ok(taken.includes(type), `${command}: ${taken.join()}`);
      } else {
        assert.equal(outcome, expected, command);
        assert.deepEqual(taken, [], `${command}: a refused command is no event`);
      }
      house.close();
    }
  });
}

test('the buttons of a phase are exactly the commands its row allows', () => {
  for (const phase of deskPhases) {
    const row = Object.entries(table[phase]).flatMap(([command, cell]) => (Array.isArray(cell) ? [command] : []));
    assert.deepEqual(canIn(phase), row.sort());
  }
});

test('hello gets its reply, a welcome, then everything; the first one signs her in', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  assert.deepEqual(desk.types.slice(0, 3), ['reply', 'welcome', 'snapshot']);
  const [welcome] = desk.of('welcome');
  const [snapshot] = desk.of('snapshot');
  assert.deepEqual([welcome?.data.resumed, welcome?.seq, welcome?.data.agentId], [false, 0, AGENT]);
  assert.equal(snapshot?.data.agent.state, 'not_ready');
  assert.equal(snapshot?.data.queues.length, 3);
  assert.equal(house.events.filter((event) => event.type === 'agentSignedIn').length, 1);
});

test('who has no token, no desk, or something else to say first is refused with a reason and closed', async () => {
  const { house } = begin();
  const cases: [what: string, send: (desk: TestDesk) => Promise<unknown>, code: CtiErrorCode, close: CloseCode][] = [
    ['a made-up token', (desk) => desk.ask('hello', { token: 'nope' }), 'unauthorised', 'unauthorised'],
    ['a command before hello', (desk) => desk.ask('ready'), 'hello_first', 'badMessage'],
    ['no JSON', async (desk) => desk.line.receive('hello'), 'bad_json', 'badMessage'],
    ['a bad hello', (desk) => desk.ask('hello', {}), 'bad_message', 'badMessage'],
  ];
  for (const [what, send, code, close] of cases) {
    const desk = new TestDesk(house);
    await send(desk);
    const last = desk.heard.at(-1);
    const error = last?.type === 'reply' ? last.error : last?.type === 'error' ? last.data : undefined;
    assert.deepEqual([error?.code, desk.closed], [code, close], what);
    desk.line.receive(JSON.stringify({ v: 1, id: 'x', type: 'hello', data: { token: 'token' } }));
    await settle();
    assert.equal(desk.of('welcome').length, 0, `${what}: a closed line hears nothing more`);
  }
});

test('a bad message after hello is answered and the desk goes on', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  assert.equal(await desk.ask('explode'), 'unknown_type');
  assert.equal(await desk.ask('notReady', { reason: 'tired' }), 'bad_message');
  assert.equal(await desk.ask('hello', { token: 'token' }), 'hello_again');
  assert.equal(await desk.ask('ping'), 'ok');
  assert.equal(desk.closed, null);
});

test('errors speak her language', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  await desk.ask('hangup');
  assert.equal(desk.of('reply').at(-1)?.error?.message, '当前没有通话。');
});

test('commands sent while the token is looked up are done after the welcome, in order', async () => {
  const { house } = begin();
  const desk = new TestDesk(house);
  desk.line.receive(JSON.stringify({ v: 1, id: 'a', type: 'hello', data: { token: 'token' } }));
  desk.line.receive(JSON.stringify({ v: 1, id: 'b', type: 'ready' }));
  await settle();
  assert.deepEqual(desk.types.slice(0, 3), ['reply', 'welcome', 'snapshot']);
  assert.equal(house.desk.phaseOf(AGENT), 'ready');
});

test('when her phone is rung, the screen pop is on the wire already', async () => {
  const heardWhenRung: string[] = [];
  let rung = (): unknown => undefined;
  const { house } = begin({ heard: (event) => event.type === 'legRinging' && rung() });
  const desk = await signedIn(house);
  await desk.ask('ready');
  rung = () => heardWhenRung.push(...desk.types);
  house.callArrives(goldStory);
  assert.ok(heardWhenRung.includes('screenPop'));
  assert.deepEqual(desk.types.slice(desk.types.indexOf('callOffered')).slice(0, 2), ['callOffered', 'screenPop']);
  assert.equal(desk.of('screenPop')[0]?.data.customer?.tier, 'gold');
});

test('G4: a command id takes effect once, however often it is sent, also over a new socket', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  ways.talking(house);
  const count = (type: Event['type']): number => house.events.filter((event) => event.type === type).length;
  assert.equal(await desk.ask('setData', { data: { k: '1' } }, 'same'), 'ok');
  assert.equal(await desk.ask('setData', { data: { k: '2' } }, 'same'), 'ok');
  const again = await signedIn(house, { epoch: desk.of('welcome')[0]?.data.epoch, seq: desk.numbers.at(-1) });
  assert.equal(await again.ask('setData', { data: { k: '3' } }, 'same'), 'ok');
  assert.equal(count('dataSet'), 2, 'the flow’s and hers');
  assert.equal(await again.ask('retrieve', {}, 'wrong'), 'not_on_hold');
  await again.ask('hold', {}, 'h');
  assert.equal(await again.ask('retrieve', {}, 'wrong'), 'not_on_hold', 'an error is remembered too');
});

test('a desk that does not resume may begin its command ids anew', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  await desk.ask('ready', {}, '1');
  const fresh = await signedIn(house);
  assert.equal(await fresh.ask('notReady', { reason: 'meal' }, '1'), 'ok');
  assert.equal(house.desk.phaseOf(AGENT), 'not_ready');
});

test('the last 1,000 command ids are remembered, not more', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  for (let n = 0; n < 1_001; n += 1) desk.line.receive(JSON.stringify({ v: 1, id: `n${n}`, type: 'ready' }));
  await settle();
  const ready = (): number => house.events.filter((event) => event.type === 'agentWentReady').length;
  const before = ready();
  await desk.ask('ready', {}, 'n1000');
  assert.equal(ready(), before);
  await desk.ask('ready', {}, 'n0');
  assert.equal(ready(), before + 1);
});

test('G4: answer and hang-up at once: one effect each, the loser gets a typed error', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  ways.offered(house);
  const [answer, reject, hangup] = await Promise.all([desk.ask('answer'), desk.ask('reject'), desk.ask('hangup')]);
  assert.deepEqual([answer, reject, hangup], ['ok', 'no_call_offered', 'ok']);
  assert.equal(house.liveCalls().length, 0);
});

test('a command for a call that is no longer hers is refused', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  ways.talking(house);
  assert.equal(await desk.ask('hangup', { callId: 'c-0' }), 'other_call');
  assert.equal(await desk.ask('hangup', { callId: 'c-1' }), 'ok');
});

test('call data stays within 32 keys in all', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  ways.talking(house);
  const keys = (count: number, from = 0) => ({ data: Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${from + n}`, 'v'])) });
  assert.equal(await desk.ask('setData', keys(32 - Object.keys(goldStory.data ?? {}).length)), 'ok');
  assert.equal(await desk.ask('setData', keys(1, 100)), 'too_much_data');
  assert.equal(await desk.ask('setData', keys(1)), 'ok');
});

test('nobody is transferred to nowhere, or to herself', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  ways.talking(house);
  assert.equal(await desk.ask('blindTransfer', { target: { kind: 'agent', number: '9999' } }), 'unknown_target');
  assert.equal(await desk.ask('blindTransfer', { target: { kind: 'queue', queue: 'nowhere' } }), 'unknown_target');
});

test('G2: cut off after any message and resumed, a desk gets exactly the rest: no gap, no double', async () => {
  const { house, clock } = begin();
  const desk = await signedIn(house);
  const epoch = desk.of('welcome')[0]?.data.epoch;
  ways.wrapping_up(house);
  clock.forward(3_000);
  const changes = desk.raw.filter((text) => !['welcome', 'snapshot', 'reply'].includes(parseServerMessage(text)?.type ?? ''));
  assert.ok(changes.length >= 10);
  for (const [n, seq] of desk.numbers.entries()) {
    const again = await signedIn(house, { epoch, seq });
    assert.deepEqual([again.of('welcome')[0]?.data.resumed, again.of('welcome')[0]?.seq], [true, seq]);
    assert.deepEqual(again.raw.slice(2), changes.slice(n + 1));
  }
});

test('a number of another epoch gets a snapshot, and the numbers go on from there', async () => {
  const { house } = begin();
  const desk = await signedIn(house, { epoch: 'of another time', seq: 3 });
  assert.equal(desk.of('welcome')[0]?.data.resumed, false);
  const from = desk.of('snapshot')[0]?.seq ?? -1;
  await desk.ask('ready');
  assert.equal(desk.numbers[0], from + 1);
  for (const [n, seq] of desk.numbers.entries()) assert.equal(seq, from + 1 + n);
});

test('G5: the newest desk takes over: the older is told why and closed, the newer is told too, and she stays signed in', async () => {
  const { house, clock } = begin();
  const older = await signedIn(house);
  await older.ask('ready');
  const newer = await signedIn(house);
  assert.deepEqual([older.closed, older.of('error').at(-1)?.data.code], ['replaced', 'replaced']);
  assert.deepEqual([older.of('welcome')[0]?.data.tookOver, newer.of('welcome')[0]?.data.tookOver], [undefined, true]);
  const before = older.raw.length;
  assert.equal(await newer.ask('notReady', { reason: 'meal' }), 'ok');
  assert.equal(older.raw.length, before, 'the older hears nothing more');
  older.line.closed();
  clock.forward(60_000);
  assert.equal(house.desk.phaseOf(AGENT), 'not_ready');
  assert.deepEqual(house.acd.view.agent(AGENT)?.reasons, ['meal']);
});

test('G3: a lost socket makes her not ready after 30 s, never hangs up her call, and not when she came back', async () => {
  const { house, clock } = begin();
  const desk = await signedIn(house);
  ways.talking(house);
  desk.line.closed();
  clock.forward(29_999);
  assert.deepEqual(reasons(house), []);
  clock.forward(1);
  assert.deepEqual(reasons(house), ['client_lost']);
  assert.equal(house.liveCalls().length, 1, 'the phone is not the desk');

  const second = begin();
  const lost = await signedIn(second.house);
  ways.ready(second.house);
  lost.line.closed();
  second.clock.forward(20_000);
  await signedIn(second.house);
  second.clock.forward(60_000);
  assert.equal(second.house.desk.phaseOf(AGENT), 'ready');
});
const reasons = (house: DeskHouse) => house.acd.view.agent(AGENT)?.reasons;

test('who was signed out meanwhile is not made anything by the loss of her socket', async () => {
  const { house, clock } = begin();
  const desk = await signedIn(house);
  house.take({ type: 'agentSignedOut', agentId: AGENT });
  desk.line.closed();
  clock.forward(60_000);
  assert.equal(house.events.filter((event) => event.type === 'agentWentNotReady').length, 0);
});

test('a socket that goes while its token is looked up leaves no trace', async () => {
  const { house } = begin();
  const open = await signedIn(house);
  const gone = new TestDesk(house);
  gone.line.receive(JSON.stringify({ v: 1, id: 'a', type: 'hello', data: { token: 'token' } }));
  gone.line.closed();
  await settle();
  assert.deepEqual([gone.raw, open.closed, house.desks.connected], [[], null, 1]);
});

test('more than 16 messages before the welcome are too many', async () => {
  const { house } = begin();
  const hasty = new TestDesk(house);
  hasty.line.receive(JSON.stringify({ v: 1, id: 'a', type: 'hello', data: { token: 'token' } }));
  for (let n = 0; n < 17; n += 1) hasty.line.receive(JSON.stringify({ v: 1, id: `p${n}`, type: 'ping' }));
  await settle();
  assert.deepEqual([hasty.closed, hasty.types], ['tooFast', ['error']]);
});

test('signing out ends her desk with its own close code; her next hello signs her in anew', async () => {
  const { house, clock } = begin();
  const desk = await signedIn(house);
  assert.equal(await desk.ask('signOut'), 'ok');
  assert.equal(desk.closed, 'signedOut');
  assert.equal(house.desk.phaseOf(AGENT), 'signed_out');
  clock.forward(60_000);
  const events = house.events.map((event) => event.type);
  assert.equal(events.includes('agentWentNotReady'), false, 'who signed out is not lost');
  await signedIn(house);
  assert.equal(house.desk.phaseOf(AGENT), 'not_ready');
});

test('G11: a withdrawn token closes its open socket within 5 s', async () => {
  const { house, clock } = begin();
  const desk = await signedIn(house);
  house.tokens.delete('token');
  clock.forward(5_000);
  await settle();
  assert.deepEqual([desk.closed, desk.of('error').at(-1)?.data.code], ['unauthorised', 'unauthorised']);
});

test('G11: a session or a user withdrawn in this process closes the socket at once, and nobody else’s', async () => {
  for (const withdraw of [(house: DeskHouse) => house.desks.tokenVoided('token'), (house: DeskHouse) => house.desks.userRevoked(asId<UserId>('u1'))]) {
    const { house } = begin();
    const desk = await signedIn(house);
    house.desks.tokenVoided('another');
    house.desks.userRevoked(asId<UserId>('u2'));
    assert.equal(desk.closed, null);
    withdraw(house);
    assert.equal(desk.closed, 'unauthorised');
  }
});

test('an agent whose desk was never here costs nothing and misses nothing', async () => {
  const { house } = begin();
  house.take({ type: 'agentSignedIn', agentId: AGENT });
  ways.offered(house);
  const desk = await signedIn(house);
  const [snapshot] = desk.of('snapshot');
  assert.deepEqual([snapshot?.data.call?.phase, snapshot?.data.call?.pop.customer?.name], ['offered', goldStory.customer?.name]);
});

test('closing says going away to every desk', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  house.close();
  assert.equal(desk.closed, 'goingAway');
});

test('an alarm is told to the desk of a supervisor of that tenant, and to no agent’s', async () => {
  const alarm = {
    at: '2026-03-01T08:00:00.000Z',
    what: 'emergency',
    account: 'demo:8001',
    callId: 'c',
    number: '120',
    address: '5层',
    why: null,
    until: null,
  } as const;
  for (const [role, tenant, told] of [
    ['supervisor', 'demo', 1],
    ['admin', 'demo', 1],
    ['agent', 'demo', 0],
    ['supervisor', 'other', 0],
  ] as const) {
    const { house } = begin();
    house.role = role;
    const desk = new TestDesk(house);
    await desk.ask('hello', { token: 'token' });
    house.desks.alarm(asId(tenant), alarm);
    assert.deepEqual(
      desk.of('alarm').map(({ data }) => data),
      told === 1 ? [alarm] : [],
      `${role} ${tenant}`,
    );
  }
});

test('a supervisor’s desk sets an agent’s state, once; the agent is told who holds her and why, and cannot end it', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  const line = new TestDesk(house);
  assert.equal(await line.ask('hello', { token: SUPERVISOR_TOKEN }), 'ok');
  const word = { number: '8001', state: 'not_ready', note: '请来办公室' };
  assert.equal(await line.ask('setAgentState', word, 'once'), 'ok');
  assert.equal(await line.ask('setAgentState', word, 'once'), 'ok');
  assert.equal(house.events.filter((event) => event.type === 'agentWentNotReady').length, 1);
  const told = desk.of('agentState').at(-1)?.data;
  assert.deepEqual(told?.heldBy, { name: '张班长', note: '请来办公室' });
  assert.ok(!told?.can.includes('ready'), 'no button that would fail');
  assert.equal(await desk.ask('ready'), 'held');
  assert.equal(await line.ask('setAgentState', { number: '8001', state: 'ready' }), 'ok');
  assert.deepEqual(desk.of('agentState').at(-1)?.data.reasons.includes('supervisor'), false);
  assert.equal(desk.of('agentState').at(-1)?.data.heldBy, undefined);
  assert.equal(await line.ask('setAgentState', { number: '9999', state: 'ready' }), 'unknown_agent');
  house.auditFails = true;
  assert.equal(await line.ask('setAgentState', word), 'internal');
  assert.equal(house.acd.view.agent(AGENT)?.heldBy, null, 'what cannot be audited is not done');
});

test('an agent’s desk is not told of a supervisor’s commands, and they are refused to it', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  assert.ok(!desk.of('welcome')[0]?.data.commands.includes('setAgentState'));
  assert.equal(await desk.ask('setAgentState', { number: '8001', state: 'ready' }), 'not_allowed');
});

test('a supervisor without a phone has a line: the floor on it, no desk and no state of hers, and as many lines as she likes', async () => {
  const { house, clock } = begin();
  const [wall, office] = [new TestDesk(house), new TestDesk(house)];
  for (const line of [wall, office]) {
    assert.equal(await line.ask('hello', { token: SUPERVISOR_TOKEN }), 'ok');
    assert.equal(line.of('welcome')[0]?.data.agentId, null);
    assert.deepEqual(line.of('snapshot'), []);
  }
  assert.equal(wall.closed, null, 'one line does not end the other');
  assert.equal(await wall.ask('ready'), 'no_desk');
  assert.equal(await wall.ask('subscribe', { topic: 'floor' }), 'ok');
  assert.deepEqual(
    wall.of('floorSnapshot')[0]?.data.agents.map(({ agentId, state }) => [agentId, state]),
    [[AGENT, 'signed_out']],
  );
  await signedIn(house);
  clock.forward(1_000);
  assert.equal(wall.of('floorChanged').at(-1)?.data.agents?.[0]?.state, 'not_ready');
  assert.deepEqual(office.of('floorChanged'), [], 'who did not subscribe is told nothing');
  assert.equal(await wall.ask('acknowledgeAlert', { alertId: 'demo:service:waiting:1' }), 'unknown_alert');
  assert.equal(await wall.ask('unsubscribe', { topic: 'floor' }), 'ok');
  house.take({ type: 'agentWentReady', agentId: AGENT });
  clock.forward(2_000);
  assert.equal(wall.of('floorChanged').length, 1);
  house.desks.userRevoked(asId<UserId>('u2'));
  assert.deepEqual([wall.closed, office.closed], ['unauthorised', 'unauthorised']);
});

test('an agent is refused the floor, and a supervisor who is an agent opens a line beside her desk without signing in', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  assert.equal(await desk.ask('subscribe', { topic: 'floor' }), 'not_allowed');
  house.take({ type: 'agentSignedOut', agentId: AGENT });
  house.role = 'supervisor';
  const line = new TestDesk(house);
  assert.equal(await line.ask('hello', { token: 'token', as: 'supervisor' }), 'ok');
  assert.equal(desk.closed, null, 'her desk stays');
  assert.equal(house.acd.view.agent(AGENT)?.state, 'signed_out', 'a line signs nobody in');
});

const configuredAs = (house: ReturnType<typeof begin>['house'], team: string): void =>
  house.take({
    type: 'agentConfigured',
    agent: { agentId: AGENT, tenantId: TENANT, number: '8001', name: '王丽', skills: {}, staticContact: null, queues: [queueIdOf(TENANT, 'service')], team },
  });

test('a lead commands and hears the agents of her teams: those of others, and their calls, do not exist for her', async () => {
  const { house } = begin();
  configuredAs(house, 'north');
  const desk = await signedIn(house);
  await desk.ask('ready');
  const callId = house.callArrives(goldStory);
  assert.equal(await desk.ask('answer', { callId }), 'ok');
  house.role = 'lead';
  house.teams = ['south'];
  house.tokens.add('token-8009');
  const line = new TestDesk(house);
  assert.equal(await line.ask('hello', { token: 'token-8009', as: 'supervisor' }), 'ok');
  const words = line.of('welcome')[0]?.data.commands ?? [];
  assert.ok(words.includes('monitor') && !words.includes('moveCall') && !words.includes('acknowledgeAlert'), words.join());
  const asked = async (): Promise<string[]> => [
    await line.ask('setAgentState', { number: '8001', state: 'not_ready' }),
    await line.ask('monitor', { callId }),
    await line.ask('barge', { callId, phone: '8001' }),
    await line.ask('message', { to: { kind: 'agent', number: '8001' }, text: 'x' }),
    await line.ask('message', { to: { kind: 'team', team: 'north' }, text: 'x' }),
    await line.ask('message', { to: { kind: 'queue', queue: 'service' }, text: 'x' }),
    await line.ask('moveCall', { callId, priority: 9 }),
  ];
  const events = house.events.length;
  assert.deepEqual(await asked(), ['unknown_agent', 'unknown_call', 'unknown_call', 'unknown_agent', 'not_allowed', 'not_allowed', 'not_allowed']);
  assert.equal(house.events.length, events, 'nothing was done');
  configuredAs(house, 'south');
  assert.deepEqual(
    await asked(),
    ['ok', 'no_phone', 'no_phone', 'ok', 'not_allowed', 'not_allowed', 'not_allowed'],
    'once she is in her team; the lead’s own phone is nowhere, and the agent’s talks',
  );
});

test('who may not supervise has no line, whatever her role is called: quality and auditors; and no desk either', async () => {
  for (const role of ['quality', 'auditor'] as const) {
    const { house } = begin();
    house.role = role;
    for (const as of ['supervisor', 'agent'] as const) {
      const line = new TestDesk(house);
      assert.equal(await line.ask('hello', { token: 'token', as }), 'no_desk', `${role} ${as}`);
    }
    assert.equal(house.acd.view.agent(AGENT)?.state, 'signed_out');
  }
  const { house } = begin();
  house.role = 'planner';
  const wall = new TestDesk(house);
  assert.equal(await wall.ask('hello', { token: 'token' }), 'ok');
  assert.equal(await wall.ask('subscribe', { topic: 'floor' }), 'ok');
  assert.equal(await wall.ask('setAgentState', { number: '8001', state: 'ready' }), 'not_allowed');
});

test('a supervisor moves who waits and sends words to desks; each is refused with its reason where it cannot be, and to agents always', async () => {
  const { house } = begin();
  const desk = await signedIn(house);
  const line = new TestDesk(house);
  assert.equal(await line.ask('hello', { token: SUPERVISOR_TOKEN }), 'ok');
  const callId = house.callArrives(goldStory);
  assert.equal(await line.ask('moveCall', { callId, queue: 'vip', priority: 7 }), 'ok');
  assert.deepEqual(house.acd.view.queue(queueIdOf(TENANT, 'vip'))?.callIds, [callId]);
  assert.equal(await line.ask('moveCall', { callId, queue: 'nowhere' }), 'unknown_queue');
  assert.equal(await line.ask('moveCall', { callId: 'c-9', queue: 'vip' }), 'unknown_call');
  house.take({ type: 'queueSwitched', queueId: queueIdOf(TENANT, 'elder'), state: 'closed', until: null, by: asId<UserId>('u2') });
  assert.equal(await line.ask('moveCall', { callId, queue: 'elder' }), 'queue_closed');
  house.take({ type: 'agentWentReady', agentId: AGENT });
  assert.equal(await line.ask('moveCall', { callId, priority: 1 }), 'not_waiting', 'her phone rings for it');
  assert.equal(await desk.ask('moveCall', { callId, priority: 1 }), 'not_allowed');

  assert.equal(await line.ask('message', { to: { kind: 'agent', number: '8001' }, text: ' 请加快 ' }), 'ok');
  const told = desk.of('message')[0]?.data;
  assert.deepEqual([told?.text, told?.from, told?.to], ['请加快', '张班长', 'agent']);
  assert.equal(await line.ask('message', { to: { kind: 'queue', queue: 'vip' }, text: 'x' }), 'ok');
  assert.equal(desk.of('message').length, 2);
  assert.equal(await line.ask('message', { to: { kind: 'team', team: 'south' }, text: 'x' }), 'nobody_there');
  assert.equal(await line.ask('message', { to: { kind: 'agent', number: '9' }, text: 'x' }), 'unknown_agent');
  assert.equal(await desk.ask('message', { to: { kind: 'all' }, text: 'x' }), 'not_allowed');
  house.auditFails = true;
  assert.equal(await line.ask('message', { to: { kind: 'all' }, text: 'x' }), 'internal');
  assert.equal(desk.of('message').length, 2, 'what cannot be audited is not said');
});

test('a caller is sent to the survey only where her queue has one; the desk knows it by `can`, and the talk ends as by hanging up', async () => {
  const without = begin().house;
  const desk = await signedIn(without);
  ways.talking(without);
  assert.equal(without.desk.snapshot(AGENT)?.agent.can.includes('sendToSurvey'), false);
  assert.equal(await desk.ask('sendToSurvey'), 'no_survey');
  const { house } = begin({ survey: { flow: 'survey', asks: 'when_sent', everyDays: 1 } });
  const hers = await signedIn(house);
  ways.talking(house);
  assert.equal(await hers.ask('sendToSurvey'), 'ok');
  assert.ok(house.events.some((event) => event.type === 'surveyAsked' && event.how === 'sent' && event.agentId === AGENT));
  assert.equal(house.desk.phaseOf(AGENT), 'wrapping_up');
  assert.equal(house.liveCalls().length, 1, 'the caller is still there');
  assert.ok(!hers.raw.some((text) => text.includes('survey') && text.includes('rating')), 'nothing of it reaches her desk');
});
