/** Calls under way lie in snapshots: rooms that were restored go on as those that were not; and a turn that our death cut is finished. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LegId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { type GoingOn, goOn } from '../../src/going-on.ts';
import { replay } from '../../src/journal/replay.ts';
import { createRooms, type Rooms, restoreRooms, restoreUnderway, snapshotOf } from '../../src/rooms.ts';
import { Switchboard } from '../../src/switchboard.ts';
import type { Carriers, Command, Event, Recorded } from '../../src/vocabulary.ts';
import {
  agentConfigured,
  callArrived,
  callEnded,
  callId,
  callQueued,
  legAnswered,
  legEnded,
  legId,
  phoneReachable,
  queueConfigured,
  signedIn,
  wentReady,
} from '../acd/floor.ts';
import { FakeClock } from '../support/clock.ts';

const opening: Event[] = [queueConfigured('service', { wrapUpMs: 0 }), agentConfigured('8001'), phoneReachable('8001'), signedIn('8001'), wentReady('8001')];

/** One turn, as the switchboard has it; its commands. */
function turn(rooms: Rooms, event: Event, now: number, log: Recorded[] = []): object[] {
  const facts = [event];
  const commands: object[] = [];
  for (let at = 0; at < facts.length; at += 1) {
    const fact = facts[at] as Event;
    log.push({ seq: log.length + 1, at: now, event: fact, ...(at > 0 ? { derived: true } : {}) });
    for (const room of rooms.all) {
      const decided = room.decide(fact, now);
      facts.push(...decided.events);
      commands.push(...decided.commands);
    }
  }
  return commands;
}

/** Desks that come back are shown everything anew. */
const asked = (rooms: Rooms, event: Event, now: number): object[] =>
  turn(rooms, event, now).filter((command) => 'type' in command && command.type !== 'tellDesk');

function restored(rooms: Rooms): Rooms {
  const json = JSON.parse(JSON.stringify(snapshotOf(rooms, { bindings: [], unwritten: new Map() }))) as ReturnType<typeof snapshotOf>;
  const again = createRooms();
  restoreRooms(again, json);
  assert.ok(restoreUnderway(again, json), 'it knows every call');
  return again;
}

const story: Event[] = [
  ...opening,
  callArrived('a'),
  callQueued('a'),
  legAnswered('a.1'),
  callArrived('b'),
  callQueued('b'),
  legEnded('a.0'),
  legEnded('a.1'),
  callEnded('a'),
  legAnswered('b.1'),
  legEnded('b.1'),
  callEnded('b'),
];

test('wherever in the story the rooms are written down and read again, they go on with the same commands', () => {
  for (let cut = 1; cut < story.length; cut += 1) {
    const rooms = createRooms();
    for (const [at, event] of story.slice(0, cut).entries()) turn(rooms, event, 1_000 * at);
    const again = restored(rooms);
    for (const [at, event] of story.slice(cut).entries()) {
      const now = 1_000 * (cut + at);
      assert.deepEqual(asked(again, event, now), asked(rooms, event, now), `cut before ${cut}, at ${event.type}`);
    }
  }
});

test('A2: a journal that ends in mid-turn gives the facts that were to follow, whichever was the last to be written', () => {
  const log: Recorded[] = [];
  const rooms = createRooms();
  for (const [at, event] of story.entries()) turn(rooms, event, 1_000 * at, log);
  for (let cut = 1; cut <= log.length; cut += 1) {
    const again = createRooms();
    const restore = (): boolean => false;
    const { lastTurn } = replay({ snapshot: null, snapshotSeq: 0, events: log.slice(0, cut), lastSeq: cut, setAsideBytes: 0 }, { rooms: again.all, restore });
    const followed: Event[] = [];
    for (const { event, derived } of log.slice(cut)) {
      if (derived !== true) break;
      followed.push(event);
    }
    // Those the next fact itself leads to are established when it is told.
    assert.deepEqual(lastTurn.facts, followed.slice(0, lastTurn.facts.length), `cut behind event ${cut}`);
    assert.ok(lastTurn.facts.length > 0 || followed.length === 0, `nothing is forgotten behind event ${cut}`);
  }
});

test('A2: an agent who was to be rung in the turn that was cut, and is known only by its end, is not waited for: the call is offered anew', async () => {
  const log: Recorded[] = [];
  const rooms = createRooms();
  for (const event of [...opening, callArrived('a'), legAnswered('a.0'), callQueued('a')]) turn(rooms, event, 0, log);
  const events = log.slice(0, log.findIndex(({ event }) => event.type === 'callQueued') + 1);
  const again = createRooms();
  const recovered = { snapshot: null, snapshotSeq: 0, events, lastSeq: events.length, setAsideBytes: 0 };
  const { lastTurn } = replay(recovered, { rooms: again.all, restore: () => false });
  assert.equal(again.calls.get(callId('a'))?.legs.size, 1, 'nobody knows yet who was to be rung');
  const clock = new FakeClock();
  const asked: Command[] = [];
  const carriers = new Proxy({} as Carriers, { get: () => (command: Command) => void asked.push(command) });
  let seq = events.length;
  const journal = {
    append: (event: Event, at: number) => ({ seq: ++seq, at, event }),
    write: () => undefined,
    settled: async () => undefined,
    close: async () => undefined,
  };
  const board = new Switchboard({ clock, log: silentLog, journal, rooms: again.all, carriers });
  const nothing = { carriers, goOn: () => undefined, goOnRecording: () => undefined } satisfies GoingOn['sound'];
  await goOn({
    ...{ calls: again.calls, underway: { legs: new Map(), sounds: new Map(), lastTurn }, sound: nothing, ear: { ends: new Set() }, clock, log: silentLog },
    phone: { carriers, claim: async () => ({ up: new Set<LegId>([legId('a.0')]), ended: new Map() }) },
    media: { claim: async () => ({ endpoints: [{ endpointId: 'a.0', group: 'a', joined: null, playing: null }], recordings: [] }), close: async () => null },
    ...{ take: (event: Event) => board.take(event), finish: (facts: readonly Event[]) => board.finish(facts) },
  });
  clock.forward(2_000);
  board.close();
  assert.deepEqual(again.calls.get(callId('a'))?.legs.get(legId('a.1'))?.progress.state, 'ended');
  assert.deepEqual(
    asked.flatMap((command) => (command.type === 'ringLeg' ? [command.legId] : [])),
    ['a.2'],
  );
});
