/**
 * A floor of four agents on a bad day, from a seed: callers come and go, phones ring out, drop and are lost, agents hold,
 * transfer to each other, sign out and in, the server restarts. After every step each desk must agree with the floor.
 * Rerun one seed: SEED=<n> node --import tsx --test test/cti/desk-simulation.pure.test.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentId, CallId, OfferId } from '../../kernel/ids.ts';
import { legIdOf } from '../../kernel/ids.ts';
import type { AgentState } from '../../src/acd/event.ts';
import type { Call, Leg } from '../../src/call/call.ts';
import type { CtiCommand, DeskNews } from '../../src/cti/event.ts';
import { obey } from '../../src/cti/obey.ts';
import { type DeskCall, type DeskCommandType, deskCommandTypes, deskMessageSchema } from '../../src/cti/protocol.ts';
import { verdicts } from '../../src/cti/rules.ts';
import { isSupervisorMessage } from '../../src/cti/supervising.ts';
import type { Event } from '../../src/vocabulary.ts';
import { applyChange, type Change, type Desk } from '../../web/shared/cti/desk.ts';
import { anyData, type Words } from '../support/any-command.ts';
import { dialling } from '../support/dialling.ts';
import { agent, RoomsUnderTest, SERVICE, START } from './rooms.ts';

const SEEDS = 100;
const STEPS = 150;
const NUMBERS = ['8001', '8002', '8003', '8004'];

/** mulberry32: two draws in a row know nothing of each other, which the choice of an agent and then of her command needs. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Day {
  readonly rooms = new RoomsUnderTest(NUMBERS, { survey: { flow: 'survey', asks: 'always', everyDays: 0 } });
  readonly random: () => number;
  /** Offers that were popped, and how often each was cleared. */
  readonly popped = new Map<string, number>();
  /** The state each desk was told last. */
  readonly told = new Map<AgentId, string>();
  /** Each desk as a client of the protocol has it, from its first snapshot and what it was told since. */
  readonly client = new Map<AgentId, Desk>();
  readonly #toldStats = new Map<string, number>();
  readonly #picks: boolean;

  constructor(seed: number) {
    this.random = dice(seed);
    this.#picks = this.random() < 0.5;
    this.restart();
    for (const number of NUMBERS) this.tell({ type: 'agentSignedIn', agentId: agent(number) }, { type: 'agentWentReady', agentId: agent(number) });
  }

  /** Whoever comes to a server that is new to her begins with a snapshot. */
  restart(): void {
    for (const agentId of NUMBERS.map(agent)) {
      const snapshot = this.rooms.desk.snapshot(agentId);
      if (snapshot !== null) this.client.set(agentId, snapshot);
    }
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.random() * from.length)];
  }

  /** The event, then what the rims answer to the commands it led to, until nothing is asked any more. */
  tell(...events: Event[]): void {
    this.#note(this.rooms.tell(...events));
    for (let command = this.rooms.asked.shift(); command !== undefined; command = this.rooms.asked.shift()) {
      const { callId } = command as { callId: CallId };
      if (command.type === 'releaseLeg') {
        this.#note(this.rooms.tell({ type: 'legEnded', callId, legId: command.legId, ending: { cause: command.cause, by: command.by } }));
      } else if (command.type === 'joinLegs') this.#note(this.rooms.tell({ type: 'legsJoined', callId, legIds: command.legIds }));
      else if (command.type === 'ringLeg') this.#note(this.rooms.tell({ type: 'legRinging', callId, legId: command.legId }));
      else if (command.type === 'pickUpLeg' && this.#picks) this.#note(this.rooms.tell({ type: 'legAnswered', callId, legId: command.legId }));
      else if (command.type === 'captureKeys') {
        const { legId, captureId, by, form, field } = command;
        this.#note(this.rooms.tell({ type: 'captureChanged', callId, legId, captureId, by, form, field, state: 'keying', count: 0 }));
      } else if (command.type === 'popScreen') this.#popped(command.agentId, command.legId, command.offerId);
    }
  }

  later(ms: number): void {
    this.rooms.now += ms;
    this.tell({ type: 'timePassed' });
  }

  legs(of: (leg: Leg, call: Call) => boolean): { call: Call; leg: Leg }[] {
    return [...this.rooms.call.calls.values()].flatMap((call) => [...call.legs.values()].filter((leg) => of(leg, call)).map((leg) => ({ call, leg })));
  }

  #popped(agentId: AgentId, legId: string, offerId: OfferId | null): void {
    const offer = this.rooms.desk.callOf(agentId);
    assert.equal(offer?.legId, legId, 'what pops is what rings');
    this.popped.set(legId, 0);
    const data = offerId === null ? null : this.rooms.desk.screenPop(agentId, offerId);
    if (data !== null) this.#fold(agentId, { type: 'screenPop', data });
  }

  #fold(agentId: AgentId, news: DeskNews): void {
    const desk = this.client.get(agentId);
    const message = { ...news, v: 1, seq: 1, ts: new Date(this.rooms.now).toISOString() } as Change;
    if (desk !== undefined) this.client.set(agentId, applyChange(desk, message));
  }

  #note(news: readonly CtiCommand[]): void {
    for (const { agentId, message } of news) {
      this.#fold(agentId, message);
      if (message.type === 'callCleared') this.popped.set(message.data.legId, (this.popped.get(message.data.legId) ?? 0) + 1);
      if (message.type === 'agentState') this.told.set(agentId, JSON.stringify(message.data));
      if (message.type !== 'queueStats') continue;
      const key = `${agentId} ${message.data.queueId}`;
      const last = this.#toldStats.get(key);
      assert.ok(last === undefined || this.rooms.now - last >= 1_000, 'figures at most once a second');
      this.#toldStats.set(key, this.rooms.now);
    }
  }
}

const outside = dialling(NUMBERS, () => START);
const TOMORROW = new Date(START + 86_400_000).toISOString();
const FORMS = { payment: { card: { least: 13, most: 19 } } };

const WORDS: Words = {
  named: { number: [...NUMBERS, '12345'], queue: ['service'], form: ['payment'], field: ['card'], key: ['k', 'other'] },
  others: ['x', '8002', 'service'],
};
/** Commands that were asked as the schema has them, and that were taken, on any of the days. */
const asked = new Set<DeskCommandType>(['signOut']);
const taken = new Set<DeskCommandType>();

/** Whatever the schema has, also what somebody adds tomorrow; the leg of a party can only be known from what she sees. */
function askAnything(day: Day): void {
  const agentId = agent(day.pick(NUMBERS) ?? '8001');
  const from = day.random() < 0.7 ? (day.rooms.desk.snapshot(agentId)?.agent.can ?? []) : deskCommandTypes;
  const type = day.pick(deskCommandTypes.filter((type) => type !== 'signOut' && from.includes(type))) ?? 'ping';
  const legId = day.pick(day.legs((leg) => leg.progress.state !== 'ended'))?.leg.legId ?? '';
  const data = anyData(type, day.random, { ...WORDS, named: { ...WORDS.named, legId: [legId] } });
  if (!deskMessageSchema.safeParse({ v: 1, id: '1', type, data }).success) return;
  asked.add(type);
  ask(day, type, data, agentId);
}

/** A desk's command, taken only where the desk room lets it be. */
function ask(day: Day, type: DeskCommandType, data: object = {}, agentId = agent(day.pick(NUMBERS) ?? '8001')): void {
  // Nobody is called back on such a day: a call of ours goes by rules of its own, which `test/acd/callback-simulation` plays.
  const wish = type === 'requestCallback' ? { queue: 'service', ...data, notBefore: TOMORROW, notAfter: undefined } : data;
  const message = deskMessageSchema.parse({ v: 1, id: '1', type, data: wish });
  if (message.type === 'hello' || message.type === 'ping' || isSupervisorMessage(message)) return;
  const { rooms } = day;
  const directory = { agent: () => null, agentByNumber: (_: string, number: string) => directoryAgent(rooms, number), queue: () => null };
  const outcome = obey(message, agentId, { desk: rooms.desk, acd: rooms.acd.view, calls: rooms.call.calls, directory, forms: () => FORMS, ...outside });
  const can = rooms.desk.snapshot(agentId)?.agent.can ?? [];
  if (outcome.ok) assert.ok(can.includes(type), `${type} was taken although the desk was told it cannot work`);
  if (!outcome.ok) return;
  taken.add(type);
  day.tell(...outcome.events);
}

function directoryAgent({ acd }: RoomsUnderTest, number: string) {
  const view = acd.view.agent(agent(number));
  return view === undefined ? null : { ...view, staticContact: null };
}

const happenings: Record<string, (day: Day) => void> = {
  comes(day) {
    if (day.rooms.call.calls.size >= 8) return;
    day.rooms.arrives();
    day.tell({ type: 'heartbeat' });
  },
  callerLeaves: (day) => end(day, (leg) => leg.role === 'caller'),
  phoneHangsUp: (day) => end(day, (leg) => leg.role !== 'caller'),
  answers: (day) => {
    const found = day.pick(day.legs((leg) => leg.role !== 'caller' && (leg.progress.state === 'ringing' || leg.progress.state === 'dialling')));
    if (found !== undefined) day.tell({ type: 'legAnswered', callId: found.call.callId, legId: found.leg.legId });
  },
  holds: (day) => hold(day, 'legHeld', false),
  retrieves: (day) => hold(day, 'legRetrieved', true),
  phoneLost: (day) => day.tell({ type: 'phoneLost', agentId: agent(day.pick(NUMBERS) ?? '') }),
  phoneBack: (day) => day.tell({ type: 'phoneReachable', agentId: agent(day.pick(NUMBERS) ?? '') }),
  signsIn: (day) => day.tell({ type: 'agentSignedIn', agentId: agent(day.pick(NUMBERS) ?? '') }),
  clientLost: (day) => day.tell({ type: 'agentWentNotReady', agentId: agent(day.pick(NUMBERS) ?? ''), reason: 'client_lost' }),
  askReady: (day) => ask(day, 'ready'),
  askNotReady: (day) => ask(day, 'notReady', { reason: 'break' }),
  askAnswer: (day) => ask(day, 'answer'),
  askReject: (day) => ask(day, 'reject'),
  askHangup: (day) => ask(day, 'hangup'),
  askSurvey: (day) => ask(day, 'sendToSurvey'),
  askHold: (day) => ask(day, 'hold'),
  askRetrieve: (day) => ask(day, 'retrieve'),
  askTransferToAgent: (day) => ask(day, 'blindTransfer', { target: { kind: 'agent', number: day.pick(NUMBERS) ?? '' } }),
  askTransferOut: (day) => ask(day, 'blindTransfer', { target: { kind: 'number', number: '12345' } }),
  askCallback: (day) => ask(day, 'requestCallback', { queue: 'service', number: `1380000${Math.floor(day.random() * 9_000) + 1_000}` }),
  cancelsConsult(day) {
    const who = NUMBERS.find((number) => day.rooms.desk.snapshot(agent(number))?.agent.can.includes('consultCancel'));
    if (who !== undefined && day.random() < 0.3) ask(day, 'consultCancel', {}, agent(who));
  },
  askDial: (day) => ask(day, 'dial', { target: { kind: 'number', number: '12345' } }),
  askDialColleague: (day) => ask(day, 'dial', { target: { kind: 'agent', number: day.pick(NUMBERS) ?? '' } }),
  calledAnswers: (day) => {
    const found = day.pick(day.legs((leg, { outbound }) => leg.role === 'caller' && outbound?.stage === 'destination' && leg.progress.state !== 'ended'));
    if (found !== undefined) day.tell({ type: 'legAnswered', callId: found.call.callId, legId: found.leg.legId });
  },
  askConsult: (day) => ask(day, 'consult', { target: { kind: 'agent', number: day.pick(NUMBERS) ?? '' } }),
  askConsultOut: (day) => ask(day, 'consult', { target: { kind: 'number', number: '12345' } }),
  askComplete: (day) => ask(day, 'consultComplete'),
  askCancel: (day) => ask(day, 'consultCancel'),
  askToggle: (day) => ask(day, 'consultToggle'),
  askConference: (day) => ask(day, 'consultConference'),
  askConferenceToo: (day) => ask(day, 'consultConference'),
  askAddParty: (day) => ask(day, 'addParty', { target: { kind: 'agent', number: day.pick(NUMBERS) ?? '' } }),
  askAddNumber: (day) => ask(day, 'addParty', { target: { kind: 'number', number: '12345' } }),
  askDrop: (day) => {
    const found = day.pick(day.legs((leg, call) => leg.progress.state !== 'ended' && (call.conference !== null || call.invitations.length > 0)));
    if (found !== undefined) ask(day, 'dropParty', { legId: found.leg.legId });
  },
  mixingFails: (day) => {
    const call = day.pick([...day.rooms.call.calls.values()].filter(({ conference }) => conference !== null));
    if (call !== undefined && day.random() < 0.2) day.tell({ type: 'conferenceFailed', callId: call.callId });
  },
  askMute: (day) => ask(day, day.random() < 0.5 ? 'mute' : 'unmute'),
  askDigits: (day) => ask(day, 'sendDigits', { digits: '1#' }),
  askData: (day) => ask(day, 'setData', { data: { k: String(day.random()) } }),
  askWrapUp: (day) => ask(day, 'wrapUp'),
  askExtendWrapUp: (day) => ask(day, 'extendWrapUp'),
  askCapture: (day) => ask(day, 'capture', { form: 'payment', field: 'card' }),
  askCancelCapture: (day) => ask(day, 'cancelCapture'),
  askPause: (day) => ask(day, day.random() < 0.5 ? 'pauseRecording' : 'resumeRecording'),
  askSignOut: (day) => void (day.random() < 0.3 && ask(day, 'signOut')),
  askAnything,
  askWhateverElse: askAnything,
  askAndAskAgain: askAnything,
  /** Seldom comes about by itself: whom she consults answers at once. */
  consultsSomebody(day) {
    const who = NUMBERS.find((number) => day.rooms.desk.snapshot(agent(number))?.agent.can.includes('consult'));
    if (who === undefined) return;
    ask(day, 'consult', { target: { kind: 'agent', number: day.pick(NUMBERS) ?? '' } }, agent(who));
    const { callId } = day.rooms.desk.callOf(agent(who)) ?? {};
    const rung = day.legs(
      (leg, call) => call.callId === callId && leg.role !== 'caller' && (leg.progress.state === 'ringing' || leg.progress.state === 'dialling'),
    )[0];
    if (rung !== undefined) day.tell({ type: 'legAnswered', callId: rung.call.callId, legId: rung.leg.legId });
  },
  known: (day) => {
    const call = day.pick([...day.rooms.call.calls.values()]);
    if (call !== undefined) day.tell({ type: 'customerFound', callId: call.callId, customer: null, authLevel: 1 });
  },
  soon: (day) => day.later(Math.floor(day.random() * 900)),
  later: (day) => day.later(5_000 + Math.floor(day.random() * 30_000)),
  restart: (day) => {
    if (day.random() > 0.05) return;
    day.popped.clear();
    day.tell({ type: 'serverStarted' });
    day.restart();
  },
};

function end(day: Day, which: (leg: Leg) => boolean): void {
  const found = day.pick(day.legs((leg) => which(leg) && leg.progress.state !== 'ended'));
  if (found === undefined) return;
  day.tell({ type: 'legEnded', callId: found.call.callId, legId: found.leg.legId, ending: { cause: 'normal', by: 'far_end' } });
}

function hold(day: Day, type: 'legHeld' | 'legRetrieved', held: boolean): void {
  const found = day.pick(day.legs((leg) => leg.progress.state === 'up' && leg.progress.held === held));
  if (found !== undefined) day.tell({ type, callId: found.call.callId, legId: found.leg.legId });
}

/** Which picture of a call goes with which state of its agent. */
const pictures: Record<AgentState, readonly (DeskCall['phase'] | 'none')[]> = {
  signed_out: ['none'],
  not_ready: ['none'],
  ready: ['none'],
  offered: ['offered'],
  talking: ['established', 'held', 'offered', 'calling'],
  wrapping_up: ['cleared'],
};

function check(day: Day): void {
  const { rooms } = day;
  for (const number of NUMBERS) {
    const snapshot = rooms.desk.snapshot(agent(number));
    const view = rooms.acd.view.agent(agent(number));
    assert.ok(snapshot && view);
    assert.equal(day.told.get(agent(number)), JSON.stringify(snapshot.agent), `${number} was told how she is and what she can do`);
    const { queues: _figures, ...known } = day.client.get(agent(number)) ?? { queues: [] };
    const { queues: _settling, ...whole } = snapshot;
    assert.deepEqual(known, whole, `${number}: what her desk has made of what it was told is what a snapshot would say`);
    const picture = snapshot.call?.phase ?? 'none';
    assert.ok(pictures[view.state].includes(picture), `${number} is ${view.state} and sees ${picture}`);
    if (picture !== 'none') assert.equal(snapshot.call?.pop.callId, view.callId);
    const leg = rooms.call.calls.get(view.callId as CallId)?.legs.get(rooms.desk.callOf(agent(number))?.legId ?? legIdOf('' as CallId, 0));
    if (picture === 'held' || picture === 'established')
      assert.equal(leg?.progress.state === 'up' && leg.progress.held, picture === 'held', `${number} ${picture}`);
    assert.equal(snapshot.queues[0]?.waiting, rooms.acd.view.queue(SERVICE)?.waiting);
  }
  for (const call of rooms.call.calls.values()) checkTalk(call);
  for (const [legId, times] of day.popped) assert.ok(times <= 1, `${legId} was cleared ${times} times`);
}

/** Who hears whom is of legs that stand; nobody is left alone in a talk, and nobody who is up in no talk but who waits for one. */
function checkTalk(call: Call): void {
  const { callId, joined, conference, consult, invitations } = call;
  const isThere = (legId: string): boolean => call.legs.get(legId as never)?.progress.state === 'up';
  assert.ok(joined === null || conference === null, `${callId}: two talk, or many`);
  assert.ok(consult === null || (conference === null && invitations.length === 0), `${callId}: one thing at a time`);
  for (const legId of joined ?? []) assert.ok(isThere(legId), `${callId}: ${legId} talks and is not there`);
  for (const legId of conference?.legIds ?? []) assert.ok(isThere(legId), `${callId}: ${legId} is in the conference and is not there`);
  if (conference !== null)
    assert.ok(conference.legIds.length >= 3 && new Set(conference.legIds).size === conference.legIds.length, `${callId}: three at least`);
  assert.ok((conference?.legIds.length ?? 2) + invitations.length <= 6, `${callId}: six at most`);
  if (consult === null) return;
  assert.ok(isThere(consult.by) && isThere(consult.kept), `${callId}: who consults and the customer are there`);
  assert.equal(consult.answered, isThere(consult.legId ?? ''), `${callId}: who is asked has answered or rings`);
  if (consult.answered) assert.ok(joined?.includes(consult.by), `${callId}: who consults hears one of the two`);
}

function simulate(seed: number): void {
  const day = new Day(seed);
  const names = Object.keys(happenings);
  for (let step = 0; step < STEPS; step += 1) {
    const name = day.pick(names) ?? 'soon';
    happenings[name]?.(day);
    try {
      check(day);
    } catch (error) {
      throw new Error(
        `seed ${seed}, step ${step} (${name}): ${(error as Error).message}; rerun with SEED=${seed} node --import tsx --test test/cti/desk-simulation.pure.test.ts`,
        {
          cause: error,
        },
      );
    }
  }
  for (const { call, leg } of day.legs((leg) => leg.role === 'caller' && leg.progress.state !== 'ended')) {
    day.tell({ type: 'legEnded', callId: call.callId, legId: leg.legId, ending: { cause: 'normal', by: 'far_end' } });
  }
  // Those whom customers left with one another hang up as well.
  for (const { call, leg } of day.legs((leg) => leg.progress.state === 'up')) {
    if (call.legs.get(leg.legId)?.progress.state === 'up')
      day.tell({ type: 'legEnded', callId: call.callId, legId: leg.legId, ending: { cause: 'normal', by: 'far_end' } });
  }
  day.later(60_000);
  check(day);
  assert.equal(day.rooms.call.calls.size, 0, `seed ${seed}: no call is left`);
  for (const [legId, times] of day.popped) assert.equal(times, 1, `seed ${seed}: ${legId} popped and was cleared ${times} times`);
}

const only = process.env.SEED;
const seeds = only === undefined ? Array.from({ length: SEEDS }, (_, n) => n + 1) : [Number(only)];
test(`${seeds.length} bad days from seeds: every desk agrees with the floor after every step, every pop is cleared once`, () => {
  for (const seed of seeds) simulate(seed);
  if (only === undefined) assert.deepEqual([...asked].sort(), [...deskCommandTypes].sort(), 'every command of the schema was asked');
  const forgotten = only === undefined ? (Object.keys(verdicts.ready) as DeskCommandType[]).filter((type) => !taken.has(type)) : [];
  assert.deepEqual(forgotten, [], 'every command of a phase took effect on some day');
});
