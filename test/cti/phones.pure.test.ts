/** What each kind of phone does at its desk's word: the table of PROTOCOL.md, by the rooms that decide it, and what becomes of phones that do not do it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CallId, type LegId, legIdOf } from '../../kernel/ids.ts';
import { controls, type Doer, type PhoneControl, type PhoneWord, phoneWords } from '../../src/call/control.ts';
import type { CtiCommand } from '../../src/cti/event.ts';
import type { Event } from '../../src/vocabulary.ts';
import { agent, RoomsUnderTest, talksTo } from './rooms.ts';

const her = agent('8001');

/** What it says as it registers, what it does once it is on a call, and whether its desk hears that another phone rings than those. */
interface Kind {
  registers: string[];
  takes: PhoneWord[];
  rings?: boolean;
}
const kinds = {
  'browser phone': { registers: ['talk'], takes: [] },
  'soft phone that answers by itself': { registers: [], takes: [] },
  'desk phone, talk and hold': { registers: ['talk', 'hold'], takes: ['talk', 'hold'] },
  'desk phone, talk alone': { registers: ['talk'], takes: ['talk'] },
  'desk phone, neither': { registers: ['check-sync'], takes: [] },
  'desk phone, hold alone': { registers: ['hold'], takes: ['hold'] },
  'desk phone that says talk and hold as it rings': { registers: [], takes: ['talk', 'hold'], rings: true },
  'fixed contact beside a registered phone that takes both': { registers: ['talk', 'hold'], takes: [], rings: false },
} as const satisfies Record<string, Kind>;

type Asked = 'answer' | 'hold' | 'retrieve' | 'retrieve what she held at the phone';
const table: Record<keyof typeof kinds, Record<Asked, Doer>> = {
  'browser phone': { answer: 'phone', hold: 'us', retrieve: 'us', 'retrieve what she held at the phone': 'hand' },
  'soft phone that answers by itself': { answer: 'hand', hold: 'us', retrieve: 'us', 'retrieve what she held at the phone': 'hand' },
  'desk phone, talk and hold': { answer: 'phone', hold: 'phone', retrieve: 'phone', 'retrieve what she held at the phone': 'phone' },
  'desk phone, talk alone': { answer: 'phone', hold: 'us', retrieve: 'us', 'retrieve what she held at the phone': 'phone' },
  'desk phone, neither': { answer: 'hand', hold: 'us', retrieve: 'us', 'retrieve what she held at the phone': 'hand' },
  'desk phone, hold alone': { answer: 'hand', hold: 'us', retrieve: 'us', 'retrieve what she held at the phone': 'hand' },
  'desk phone that says talk and hold as it rings': { answer: 'phone', hold: 'phone', retrieve: 'phone', 'retrieve what she held at the phone': 'phone' },
  'fixed contact beside a registered phone that takes both': { answer: 'hand', hold: 'us', retrieve: 'us', 'retrieve what she held at the phone': 'hand' },
};

class Seat {
  readonly rooms = new RoomsUnderTest();
  readonly callId: CallId;
  readonly legId: LegId;
  readonly news: CtiCommand[] = [];

  constructor({ registers, takes, rings }: Kind) {
    this.rooms.tell(talksTo(her, registers));
    this.rooms.ready();
    const { callId, news } = this.rooms.arrives();
    this.callId = callId;
    this.legId = this.rooms.offeredLeg();
    this.news.push(...news);
    this.tell({ type: 'legRinging' });
    if (rings !== undefined) this.tell({ type: 'legPickable', pickable: rings });
    this.#takes = [...takes];
  }
  readonly #takes: PhoneWord[];

  /** Of her leg. What was asked of its phone since, by name. */
  tell(event: { type: string; [field: string]: unknown }): string[] {
    this.rooms.asked.splice(0);
    this.news.push(...this.rooms.tell({ ...event, callId: this.callId, legId: this.legId } as unknown as Event));
    return this.told();
  }

  desk(type: 'deskAnswered' | 'deskHeld' | 'deskRetrieved'): string[] {
    this.rooms.asked.splice(0);
    this.news.push(...this.rooms.tell({ type, agentId: her, callId: this.callId }));
    return this.told();
  }

  told(): string[] {
    return this.rooms.asked.flatMap((command) => (command.type === 'pickUpLeg' ? ['answer'] : command.type === 'controlPhone' ? [command.control] : []));
  }

  answers(): void {
    const stands = {
      dialogId: 'd',
      agentId: her,
      mediaGroup: 'm',
      signallingAddress: '',
      trunkId: null,
      ...(this.#takes.length === 0 ? {} : { takes: this.#takes }),
    };
    this.tell({ type: 'legAnswered', stands });
    this.news.push(...this.rooms.tell({ type: 'legsJoined', callId: this.callId, legIds: [legIdOf(this.callId, 0), this.legId] }));
  }

  get can(): readonly string[] {
    return this.rooms.desk.snapshot(her)?.agent.can ?? [];
  }

  /** As the desk was told last; it must never differ from what a desk that comes anew is shown. */
  get toldCan(): readonly string[] {
    const last = this.news.findLast(({ message }) => message.type === 'agentState')?.message;
    return last?.type === 'agentState' ? last.data.can : [];
  }

  get phase(): string | undefined {
    return this.rooms.desk.snapshot(her)?.call?.phase;
  }
}

/** Who did it; the phone does it where it is told to. */
const done: Record<Asked, (seat: Seat) => Doer> = {
  answer: (seat) => {
    assert.deepEqual(seat.toldCan, seat.can, 'the desk was told what it may show');
    if (!seat.can.includes('answer')) return 'hand';
    assert.deepEqual(seat.desk('deskAnswered'), ['answer']);
    return 'phone';
  },
  hold(seat) {
    seat.answers();
    assert.ok(seat.can.includes('hold'));
    const told = seat.desk('deskHeld');
    if (told.length > 0) assert.equal(seat.phase, 'established', 'it is not held before the phone holds');
    if (told.length > 0) seat.tell({ type: 'legHeld', by: 'phone' });
    assert.equal(seat.phase, 'held');
    assert.ok(seat.can.includes('retrieve') && !seat.can.includes('hold'));
    return told.includes('hold') ? 'phone' : 'us';
  },
  retrieve(seat) {
    done.hold(seat);
    return retrieved(seat);
  },
  'retrieve what she held at the phone'(seat) {
    seat.answers();
    seat.tell({ type: 'legHeld', by: 'phone' });
    assert.equal(seat.phase, 'held');
    return retrieved(seat);
  },
};

function retrieved(seat: Seat): Doer {
  assert.deepEqual(seat.toldCan, seat.can, 'the desk was told what it may show');
  if (!seat.can.includes('retrieve')) return byHand(seat);
  const told = seat.desk('deskRetrieved');
  if (told.length > 0) assert.equal(seat.phase, 'held', 'it is held until the phone retrieves');
  if (told.length > 0) seat.tell({ type: 'legRetrieved', by: 'phone' });
  assert.equal(seat.phase, 'established');
  return told.includes('retrieve') ? 'phone' : 'us';
}

/** Whatever a desk asks all the same, it is held until the phone retrieves. */
function byHand(seat: Seat): Doer {
  assert.deepEqual([seat.desk('deskRetrieved'), seat.phase], [[], 'held']);
  seat.tell({ type: 'legRetrieved', by: 'phone' });
  assert.equal(seat.phase, 'established');
  return 'hand';
}

for (const [kind, row] of Object.entries(table))
  for (const [asked, doer] of Object.entries(row))
    test(`${kind} × ${asked}: ${doer}`, () => assert.equal(done[asked as Asked](new Seat(kinds[kind as keyof typeof kinds])), doer));

test('every set of words × who holds × what is asked', () => {
  const sets: PhoneWord[][] = [[], ['talk'], ['hold'], [...phoneWords]];
  const by = (control: PhoneControl, holds: boolean): string => sets.map((takes) => controls[control]({ takes, holds })).join(' ');
  assert.deepEqual(
    (['answer', 'hold', 'retrieve'] as const).map((control) => [by(control, false), by(control, true)]),
    [
      ['hand phone hand phone', 'hand phone hand phone'],
      ['us us us phone', 'us us us us'],
      ['us us us us', 'hand phone hand phone'],
    ],
  );
});

describe('a phone that does not do it', () => {
  const both = kinds['desk phone, talk and hold'];
  const failed = (control: PhoneControl) => ({ type: 'legControlFailed', control, why: 'unmoved' });

  test('told to answer: her desk says so, the button is gone, and what she lifts is answered', () => {
    const seat = new Seat(both);
    seat.desk('deskAnswered');
    seat.tell({ type: 'legPickable', pickable: false });
    seat.tell(failed('answer'));
    const said = seat.news.flatMap(({ message }) => (message.type === 'answerFailed' ? [message.data] : []));
    assert.deepEqual(said, [{ callId: seat.callId, legId: seat.legId, code: 'phone_unmoved' }]);
    assert.ok(!seat.can.includes('answer') && !seat.toldCan.includes('answer'));
    seat.answers();
    assert.equal(seat.phase, 'established');
  });

  test('of that call alone: the next one has the button again', () => {
    const seat = new Seat(both);
    seat.tell(failed('answer'));
    seat.tell({ type: 'legEnded', ending: { cause: 'no_answer', by: 'server' } });
    seat.rooms.ready();
    seat.rooms.tell({ type: 'legRinging', callId: seat.callId, legId: seat.rooms.offeredLeg() });
    assert.ok(seat.can.includes('answer'));
  });

  test('told to hold: it is held here at once, and here alone from then on', () => {
    const seat = new Seat(both);
    seat.answers();
    seat.desk('deskHeld');
    seat.tell(failed('hold'));
    assert.equal(seat.phase, 'held');
    assert.deepEqual([seat.desk('deskRetrieved'), seat.phase], [[], 'established']);
    assert.deepEqual([seat.desk('deskHeld'), seat.phase], [[], 'held']);
  });

  test('told to retrieve what it holds: the other hears music on, and she is told to do it there', () => {
    const seat = new Seat(both);
    done.hold(seat);
    seat.desk('deskRetrieved');
    seat.tell(failed('retrieve'));
    const said = seat.news.flatMap(({ message }) => (message.type === 'retrieveFailed' ? [message.data] : []));
    assert.deepEqual(said, [{ callId: seat.callId, legId: seat.legId, code: 'retrieve_at_phone' }]);
    assert.ok(!seat.can.includes('retrieve') && !seat.toldCan.includes('retrieve'));
    assert.equal(byHand(seat), 'hand');
  });

  test('that holds what was held here before: the desk offers nothing that would join it with silence', () => {
    const seat = new Seat(kinds['desk phone, neither']);
    done.hold(seat);
    seat.tell({ type: 'legHeld', by: 'phone' });
    assert.equal(retrieved(seat), 'hand');
  });

  test('that retrieved by hand while it was told to has failed in nothing', () => {
    const seat = new Seat(both);
    done.hold(seat);
    seat.desk('deskRetrieved');
    seat.tell({ type: 'legRetrieved', by: 'phone' });
    const before = seat.news.length;
    seat.tell(failed('retrieve'));
    assert.deepEqual([seat.phase, seat.news.length], ['established', before]);
  });

  test('that has held by hand since it was told is not held twice, nor is a call in which she has gone on to a colleague', () => {
    const held = new Seat(both);
    held.answers();
    held.desk('deskHeld');
    held.tell({ type: 'legHeld', by: 'phone' });
    const before = held.news.length;
    held.tell(failed('hold'));
    assert.deepEqual([held.phase, held.news.length], ['held', before]);

    const consults = new Seat(both);
    consults.answers();
    consults.desk('deskHeld');
    consults.rooms.tell({ type: 'deskPartyAsked', agentId: her, callId: consults.callId, how: 'consult', target: { kind: 'number', number: '+8610' } });
    consults.tell(failed('hold'));
    assert.equal(consults.rooms.desk.phaseOf(her), 'consult_ringing');
    assert.equal(consults.phase, 'established');
  });
});

test('who consults while her phone holds has it retrieve: she is to be heard by whom she asks', () => {
  const seat = new Seat(kinds['desk phone, talk and hold']);
  done.hold(seat);
  seat.rooms.asked.splice(0);
  seat.rooms.tell({ type: 'deskPartyAsked', agentId: her, callId: seat.callId, how: 'consult', target: { kind: 'number', number: '+8610' } });
  assert.deepEqual(seat.told(), ['retrieve']);
  seat.tell({ type: 'legRetrieved', by: 'phone' });
  assert.equal(seat.rooms.desk.phaseOf(her), 'consult_ringing');
});
