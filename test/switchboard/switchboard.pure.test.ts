import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { Switchboard } from '../../src/switchboard.ts';
import type { Carriers, Event, Recorded, Room } from '../../src/vocabulary.ts';
import { FakeClock } from '../support/clock.ts';

const quiet = { events: [], commands: [], wakeAt: null };
const hear = (note: () => unknown): typeof quiet => {
  note();
  return quiet;
};
const signedIn: Event = { type: 'agentSignedIn', agentId: asId('a') };
const ready: Event = { type: 'agentWentReady', agentId: asId('a') };

/** Carriers that do nothing but what is given. */
const carriersWith = (given: Partial<Carriers>): Carriers =>
  new Proxy(given, { get: (all, name: keyof Carriers) => all[name] ?? (() => undefined) }) as Carriers;

function board(rooms: Room[], carriers: Partial<Carriers> = {}) {
  const clock = new FakeClock();
  const appended: Recorded[] = [];
  const written: Recorded[] = [];
  const journal = {
    append: (event: Event, at: number) => {
      const recorded = { seq: appended.length + 1, at, event };
      appended.push(recorded);
      return recorded;
    },
    write: () => void written.push(...appended.slice(written.length)),
    settled: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const watched: number[] = [];
  const watchers = [() => void watched.push(written.length)];
  return { clock, written, watched, board: new Switchboard({ clock, log: silentLog, journal, rooms, carriers: carriersWith(carriers), watchers }) };
}

test('what a turn establishes is written to the journal before anybody outside hears of it', () => {
  const seen: number[] = [];
  const room: Room = {
    name: 'r',
    decide: (event) =>
      event.type === 'agentSignedIn' ? { events: [ready], commands: [{ type: 'stopRecording', callId: asId('c'), recordingId: '1' }], wakeAt: null } : quiet,
  };
  const { board: it, written, watched } = board([room], { stopRecording: () => void seen.push(written.length) });
  it.take(signedIn);
  assert.deepEqual([watched, seen], [[2, 2], [2]]);
});

test('facts a room establishes are told to all rooms in the same turn, and commands go out after them, in order', () => {
  const order: string[] = [];
  const left: Room = {
    name: 'left',
    decide: (event) => {
      order.push(`left ${event.type}`);
      return event.type === 'agentSignedIn'
        ? { events: [ready], commands: [{ type: 'stopRecording', callId: asId('c'), recordingId: '1' }], wakeAt: null }
        : quiet;
    },
  };
  const right: Room = { name: 'right', decide: (event) => hear(() => order.push(`right ${event.type}`)) };
  const { board: it } = board([left, right], { stopRecording: () => void order.push('carried out') });
  it.take(signedIn);
  assert.deepEqual(order, ['left agentSignedIn', 'right agentSignedIn', 'left agentWentReady', 'right agentWentReady', 'carried out']);
});

test('an event taken by a carrier waits for the end of the turn', () => {
  const order: string[] = [];
  const room: Room = {
    name: 'r',
    decide: (event) => {
      order.push(event.type);
      const commands =
        event.type === 'agentSignedIn' ? ['1', '2'].map((recordingId) => ({ type: 'stopRecording' as const, callId: asId('c') as never, recordingId })) : [];
      return { events: [], commands, wakeAt: null };
    },
  };
  const { board: it } = board([room], {
    stopRecording: ({ recordingId }) => {
      order.push(`carry ${recordingId}`);
      it.take(ready);
    },
  });
  it.take(signedIn);
  assert.deepEqual(order, ['agentSignedIn', 'carry 1', 'carry 2', 'agentWentReady', 'agentWentReady']);
});

test('one timer wakes everybody at the soonest wish', () => {
  let wakes = 0;
  const room = (ms: number): Room => ({
    name: 'r',
    decide: (event, now) => {
      if (event.type === 'timePassed') wakes += 1;
      return { events: [], commands: [], wakeAt: event.type === 'timePassed' ? null : now + ms };
    },
  });
  const { board: it, clock } = board([room(500), room(200)]);
  it.take(signedIn);
  assert.equal(clock.armed, 1);
  clock.forward(199);
  assert.equal(wakes, 0);
  clock.forward(1);
  assert.equal(wakes, 2);
});

test('a room that throws harms neither the other rooms nor the next turn', () => {
  const heard: string[] = [];
  const broken: Room = {
    name: 'broken',
    decide: () => {
      throw new Error('broken');
    },
  };
  const sound: Room = { name: 'sound', decide: (event) => hear(() => heard.push(event.type)) };
  const { board: it } = board([broken, sound]);
  it.take(signedIn);
  it.take(ready);
  assert.deepEqual(heard, ['agentSignedIn', 'agentWentReady']);
});

test('rooms that establish facts without end are cut', () => {
  const loop: Room = { name: 'loop', decide: () => ({ events: [ready], commands: [], wakeAt: null }) };
  const { board: it, written } = board([loop]);
  it.take(signedIn);
  assert.equal(written.length, 10_000);
});

test('nothing is taken after it was closed', () => {
  const { board: it, written } = board([]);
  it.close();
  it.take(signedIn);
  assert.equal(written.length, 0);
});
