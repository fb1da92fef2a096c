/**
 * An agent's whole day, cut at every single message, either way: her desk resumes by number and is the desk of a day without a cut — no change is missed,
 * none is heard twice, and each command takes effect once, also where its answer was lost and it was sent again. No clock runs while it is away,
 * so that the days can be compared to the millisecond.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverMessageSchema } from '../../src/cti/protocol.ts';
import type { Event } from '../../src/vocabulary.ts';
import { type Command, CtiClient } from '../../web/shared/cti/client.ts';
import { FakeClock } from '../support/clock.ts';
import { AGENT, atRest, blindStory, DeskHouse, goldStory } from '../support/desk-house.ts';
import { Wire } from '../support/wire.ts';

/** What she asks, what happens to her, or seconds that pass. */
type Step = Command | ((house: DeskHouse) => void) | number;
const ask = (type: string, data: object = {}): Command => ({ v: 1, id: '', type, data }) as Command;
const arrives = (house: DeskHouse): void => void house.callArrives(goldStory);
const theyHangUp = (house: DeskHouse): void => {
  const callId = house.liveCalls()[0];
  if (callId !== undefined) house.callerHangsUp(callId);
};

const day: Record<string, readonly Step[]> = {
  'she begins': [ask('ready'), 5],
  'a call with everything': [
    ...[arrives, 2, ask('answer'), ask('setData', { data: { reason: '已解释' } }), 20, ask('hold'), 3, ask('retrieve')],
    ...[ask('mute'), ask('unmute'), ask('sendDigits', { digits: '12#' }), ask('capture', { form: 'payment', field: 'card' })],
    (house) => house.customerKeys(house.liveCalls()[0] ?? ('' as never), 'keying', 4),
    ...[ask('cancelCapture'), ask('hangup'), ask('extendWrapUp'), ask('wrapUp', { disposition: 'consulted', notes: '好' })],
  ],
  'asked a colleague, then all three talk': [
    ...[arrives, ask('answer'), ask('consult', { target: { kind: 'agent', number: '8002' } }), (house: DeskHouse) => house.colleagueAnswers('8002')],
    ...[ask('consultToggle'), ask('consultToggle'), ask('consultConference'), 9, (house: DeskHouse) => house.colleagueHangsUp('8002')],
    ...[(house: DeskHouse) => house.phoneHangsUp(), ask('wrapUp', { disposition: 'handled' })],
  ],
  'handed to whom she asked': [
    ...[(house: DeskHouse) => void house.callArrives(blindStory), ask('answer'), ask('consult', { target: { kind: 'agent', number: '8003' } })],
    ...[(house: DeskHouse) => house.colleagueAnswers('8003'), ask('consultComplete'), ask('wrapUp', { disposition: 'handled' }), theyHangUp],
  ],
  'she takes it back, then sends it out': [
    ...[arrives, ask('answer'), ask('consult', { target: { kind: 'number', number: '13900002222' } }), ask('consultCancel')],
    ...[ask('blindTransfer', { target: { kind: 'number', number: '13900002222' } }), (house: DeskHouse) => house.numberAnswers()],
    ...[ask('wrapUp'), theyHangUp],
  ],
  'she does not want one, another is gone before she picks up': [...[arrives, ask('reject'), theyHangUp, 2, ask('ready'), arrives, theyHangUp]],
  'she calls out, and a colleague': [
    ...[ask('dial', { target: { kind: 'number', number: '13800001009' } }), (house: DeskHouse) => house.calledAnswers(), 30, theyHangUp, ask('wrapUp')],
    ...[ask('dial', { target: { kind: 'agent', number: '8002' } }), (house: DeskHouse) => house.colleagueAnswers('8002'), 4, ask('hangup')],
  ],
  'a place is kept for who will be called back': [ask('requestCallback', { queue: 'service', number: '13800001001', notBefore: '1970-01-02T09:00:00Z' })],
  'her phone was away, she has a meal and goes home': [
    ...[(house: DeskHouse) => house.phoneGoesAway(), 2, (house: DeskHouse) => house.phoneComesBack(), ask('notReady', { reason: 'meal' })],
    ...[60, ask('ready'), 1, ask('notReady', { reason: 'other' })],
  ],
};
const steps = Object.values(day).flat();

/**
 * `desk`: behind the nth answer or change that came to her desk, then behind each `DAYS`th; what lay behind it on the wire is lost.
 * `server`: behind the nth message of hers; whatever it was answered is lost.
 */
interface Cut {
  side: 'desk' | 'server';
  after: number;
}
/** In so many days each message is once the last before a cut. */
const DAYS = 16;

/** Shorter than anything that her desk waits for. */
const TICK_SECONDS = 5;

/** Everything that one may see of a day. */
interface Seen {
  /** Each change as its page heard it: number, kind, contents. */
  changes: string[];
  outcomes: string[];
  /** What became of it in the house; that a line came or went is no part of that. */
  effects: string[];
  /** Behind each step: her desk, and how much of the above there was by then. */
  steps: string[];
  carried: { desk: number; server: number };
  opened: number;
  snapshots: number;
}

const whole = new Set(['reply', 'welcome', 'snapshot', 'error']);
const kinds = serverMessageSchema.options.map((option) => option.shape.type.value).filter((kind) => !whole.has(kind));

async function spend(cut: Cut | null): Promise<Seen> {
  const clock = new FakeClock();
  const seen: Seen = { changes: [], outcomes: [], effects: [], steps: [], carried: { desk: 0, server: 0 }, opened: 0, snapshots: 0 };
  const heard = (event: Event): void => {
    if (event.type !== 'deskConnected' && event.type !== 'deskLost') seen.effects.push(JSON.stringify(event));
  };
  const house = new DeskHouse({ clock, hasStaff: true, heard });
  const wire = new Wire(house.desks);
  let ids = 0;
  const connection = new CtiClient({ token: 'token', open: wire.open, clock, random: () => 0.5, newId: () => `id-${++ids}` });
  for (const kind of kinds) connection.on(kind, (message) => seen.changes.push(JSON.stringify(message)));
  connection.on('snapshot', () => {
    seen.snapshots += 1;
  });
  let [asked, told] = [0, 0];
  const isCut = (side: Cut['side']): boolean => {
    seen.carried[side] += 1;
    if (cut === null || side !== cut.side) return false;
    if (side === 'server') return seen.carried.server === cut.after;
    const before = told;
    told = seen.changes.length + asked - connection.view().waiting.length;
    return told !== before && told % DAYS === cut.after;
  };
  const carryAll = async (): Promise<void> => {
    for (let quiet = 0; quiet < 2; quiet += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      for (let side = next(wire); side !== null; side = next(wire)) {
        quiet = -1;
        if (!isCut(side)) continue;
        wire.cut();
        connection.wake();
      }
    }
  };
  const live = async (step: Step): Promise<void> => {
    if (typeof step === 'function') step(house);
    else if (typeof step === 'object') {
      asked += 1;
      void connection.command(step.type, step.data as never).then((outcome) => seen.outcomes.push(JSON.stringify(outcome)));
    }
    await carryAll();
    // Behind the last second the queues' figures are told.
    for (let left = typeof step === 'number' ? step : 1; left > 0; left -= TICK_SECONDS) {
      clock.forward(1_000 * Math.min(left, TICK_SECONDS));
      await carryAll();
    }
    const desk = atRest(connection.view().desk);
    if (cut === null) assert.deepEqual(desk, atRest(house.desk.snapshot(AGENT)), `after ${JSON.stringify(step)}`);
    seen.steps.push(`${seen.changes.length} changes, ${seen.effects.length} effects: ${JSON.stringify(desk)}`);
  };
  connection.start();
  await carryAll();
  for (const step of steps) await live(step);
  seen.opened = wire.opened;
  connection.close();
  house.close();
  return seen;
}

/** Carries one message; says which way it went. */
function next(wire: Wire): Cut['side'] | null {
  if (wire.carryToServer()) return 'server';
  return wire.carryToDesk() ? 'desk' : null;
}

const uncut = spend(null);

test('a day is a day: every command is taken over one line that begins with one snapshot, and all that can change of a call is among what her desk hears', async () => {
  const { changes, outcomes, opened, snapshots } = await uncut;
  const asked = steps.filter((step) => typeof step === 'object');
  assert.deepEqual(
    outcomes.map((outcome, at) => [asked[at]?.type, outcome]),
    asked.map(({ type }) => [type, '{"ok":true}']),
  );
  const heard = new Set(changes.map((text) => (JSON.parse(text) as { type: string }).type));
  const ofCalls = kinds.filter((kind) => /^(call|screen|consult|capture|mute|data|agent|queue)/.test(kind));
  assert.deepEqual(
    ofCalls.filter((kind) => !heard.has(kind)),
    [],
  );
  assert.deepEqual([opened, snapshots], [1, 1]);
});

function isTheDay(cut: Seen, day: Seen, when: string): void {
  assert.equal(cut.snapshots, 1, `${when}: what came before her desk was whole is no loss, behind it she resumes`);
  for (const what of ['steps', 'changes', 'effects', 'outcomes'] as const) assert.deepEqual(cut[what], day[what], `${when}: ${what}`);
}

test(`cut behind every message to her desk, in ${DAYS} days of some twenty cuts each, the day is that without a cut: resumed by number, no gap, no double`, async () => {
  const day = await uncut;
  let cuts = 0;
  for (let after = 0; after < DAYS; after += 1) {
    const cut = await spend({ side: 'desk', after });
    cuts += cut.opened - 1;
    isTheDay(cut, day, `cut behind messages ${after}, ${after + DAYS} …`);
  }
  assert.equal(cuts, day.changes.length + day.outcomes.length);
});

test('cut behind every message of hers, so that its answer is lost and it is sent again under its id: each command takes effect once', async () => {
  const day = await uncut;
  for (let after = 1; after <= day.carried.server; after += 1) {
    const cut = await spend({ side: 'server', after });
    assert.equal(cut.opened, 2);
    isTheDay(cut, day, `cut behind her message ${after}`);
  }
});
