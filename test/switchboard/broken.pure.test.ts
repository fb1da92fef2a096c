/** A13 at each place where something of one call is done: every command, thrown and rejected, and every room. The rooms are the real ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId, type CallId, type LegId, legIdOf, type TenantId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { afterFault } from '../../src/broken.ts';
import { createCallRoom } from '../../src/call/decide.ts';
import { Proof } from '../../src/journal/proof.ts';
import { replay } from '../../src/journal/replay.ts';
import { Switchboard } from '../../src/switchboard.ts';
import type { Carriers, Command, CommandType, Event, Recorded, Room } from '../../src/vocabulary.ts';
import { FakeClock } from '../support/clock.ts';

const broken = asId<CallId>('c-broken');
const other = asId<CallId>('c-other');
const tenantId = asId<TenantId>('demo');
const arrived = (callId: CallId): Event => ({
  ...{ type: 'callArrived', callId, legId: legIdOf(callId, 0), tenantId, trunk: 't', sipCallId: callId },
  ...{ caller: { number: '+8613900000001', raw: '13900000001' }, callee: { number: '10086', raw: '10086' } },
});
const answered = (callId: CallId): Event => ({ type: 'legAnswered', callId, legId: legIdOf(callId, 0) });
const agentLeg = legIdOf(broken, 1);

const quiet: ReturnType<Room['decide']> = { events: [], commands: [], wakeAt: null };

/** All there are; what is in them but for the ids nobody here looks at. */
const kinds = Object.keys(afterFault) as CommandType[];
const commandOf = (type: CommandType): Command => {
  const legId = type === 'ringLeg' || type === 'dialLeg' ? agentLeg : legIdOf(broken, 0);
  return { type, callId: broken, legId, cause: 'normal', by: 'server' } as unknown as Command;
};

/** What a house of the call room and of one that asks for `type` as soon as the first call is answered tells and does. */
function house(type: CommandType, fault: () => void | Promise<void>, rooms: Room[] = []) {
  const clock = new FakeClock();
  const told: Event[] = [];
  const released: LegId[] = [];
  const journal = {
    append: (event: Event, at: number): Recorded => {
      told.push(event);
      return { seq: told.length, at, event };
    },
    write: () => undefined,
    settled: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const asking: Room = {
    name: 'asking',
    decide: (event) => ({ events: [], commands: event.type === 'legAnswered' && event.callId === broken ? [commandOf(type)] : [], wakeAt: null }),
  };
  let faults = 0;
  const carriers = new Proxy({} as Carriers, {
    get: (_, name: CommandType) => (command: Command) => {
      if (name === type && faults++ === 0) return fault();
      if (command.type !== 'releaseLeg') return undefined;
      released.push(command.legId);
      board.take({ type: 'legEnded', callId: command.callId, legId: command.legId, ending: { cause: command.cause, by: command.by } });
    },
  });
  const call = createCallRoom() as ReturnType<typeof createCallRoom> & Room;
  const board = new Switchboard({ clock, log: silentLog, journal, rooms: [call, asking, ...rooms], carriers });
  return { board, told, released, calls: call.calls };
}

const throws = (): never => {
  throw new TypeError('a fault of ours');
};
const rejects = async (): Promise<void> => throws();
const goesOn: ReadonlySet<CommandType> = new Set(['popScreen', 'tellDesk', 'writeCdr', 'writeInteraction', 'writeLedger', 'ringLeg', 'dialLeg']);
const endOf = (told: Event[], callId: CallId): string | undefined =>
  told.flatMap((event) => (event.type === 'callEnded' && event.callId === callId ? [event.ending.cause] : []))[0];

test(`A13 an exception where one of the ${kinds.length} commands is carried out, thrown or rejected, ends that call as internal, or what it says of itself, and no other`, async () => {
  for (const type of kinds)
    for (const fault of [throws, rejects]) {
      const { board, told, released, calls } = house(type, fault);
      for (const callId of [broken, other]) board.take(arrived(callId));
      for (const callId of [broken, other]) board.take(answered(callId));
      await new Promise((resolve) => setImmediate(resolve));
      const what = `${type} ${fault.name}`;
      if (type === 'releaseLeg') assert.equal(endOf(told, broken), 'normal', what);
      else if (goesOn.has(type)) assert.equal(endOf(told, broken), undefined, what);
      else assert.deepEqual([endOf(told, broken), released], ['internal', [legIdOf(broken, 0)]], what);
      const legEnd = told.find((event) => event.type === 'legEnded' && event.legId === agentLeg);
      assert.equal(legEnd?.type === 'legEnded' ? legEnd.ending.cause : null, type === 'ringLeg' || type === 'dialLeg' ? 'internal' : null, what);
      assert.equal(endOf(told, other), undefined, `${what}: the other call`);
      assert.equal(calls.live(other)?.legs.get(legIdOf(other, 0))?.progress.state, 'up', `${what}: the other call`);
      board.take({ type: 'legEnded', callId: other, legId: legIdOf(other, 0), ending: { cause: 'normal', by: 'far_end' } });
      assert.equal(endOf(told, other), 'normal', `${what}: the other call`);
    }
});

test('A13 an exception in a room, however often it comes again, ends the call it was told of once, as internal, and no other', () => {
  const sick: Room = {
    name: 'sick',
    decide: (event) => ('callId' in event && event.callId === broken && event.type !== 'callArrived' ? throws() : quiet),
  };
  const { board, told, released } = house('stopSounds', () => undefined, [sick]);
  for (const callId of [broken, other]) board.take(arrived(callId));
  for (const callId of [broken, other]) board.take(answered(callId));
  assert.deepEqual([endOf(told, broken), released, endOf(told, other)], ['internal', [legIdOf(broken, 0)], undefined]);
  assert.ok(told.length < 20, `${told.length} events`);
});

test('A13 an exception in the call room itself as a call arrives: its leg is refused and the call ended, though the room never knew it', () => {
  const { board, told, released, calls } = house('stopSounds', () => undefined);
  const add = calls.add.bind(calls);
  calls.add = (call) => (call.callId === broken ? throws() : add(call));
  for (const callId of [broken, other]) board.take(arrived(callId));
  board.take(answered(other));
  assert.deepEqual([endOf(told, broken), released, endOf(told, other)], ['internal', [legIdOf(broken, 0)], undefined]);
});

test('A13 what a room threw as it happened it throws again as the journal is told to it: the server starts all the same, and what our death cut follows', () => {
  const sick: Room = { name: 'sick', decide: (event) => (event.type === 'legAnswered' && event.callId === broken ? throws() : quiet) };
  const events = [arrived(broken), arrived(other), answered(other), answered(broken)].map((event, at): Recorded => ({ seq: at + 1, at, event }));
  const faults: string[] = [];
  const call = createCallRoom() as ReturnType<typeof createCallRoom> & Room;
  const { lastTurn } = replay(
    { snapshot: null, snapshotSeq: 0, events, lastSeq: events.length, setAsideBytes: 0 },
    { rooms: [sick, call], restore: () => true, onFault: (_error, room, event) => void faults.push(`${room} ${event.type}`) },
  );
  assert.deepEqual(faults, ['sick legAnswered']);
  assert.deepEqual(lastTurn.afterFaults, [{ type: 'callBroke', callId: broken, where: 'room sick' }]);
  assert.equal(call.calls.live(broken)?.legs.get(legIdOf(broken, 0))?.progress.state, 'up', 'the rooms behind it were told');
  const proof = new Proof([sick, createCallRoom() as Room], true);
  for (const recorded of events) assert.ok(Array.isArray(proof.take(recorded)));
  assert.equal(proof.end(), null);
});
