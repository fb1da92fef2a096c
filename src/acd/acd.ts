/**
 * The routing core: who talks to whom, and when. Told facts, it answers with facts and commands (SPEC.md says which);
 * it never looks at a clock, a socket or dice, so that the same log gives the same turns.
 */
import type { Command, Event, Room, Turn } from '../vocabulary.ts';
import { expect } from './estimate/estimate.ts';
import { explainer } from './explain/explain.ts';
import type { Explainer } from './explain/explanation.ts';
import { emptyFloor, type Moment } from './floor.ts';
import { type Hearing, hearing } from './hear.ts';
import { type Cursor, type Inspection, inspect, isHeld, type Lease } from './inspection/inspect.ts';
import { nextWake, settle } from './settle.ts';
import { restoreFloor, takeSnapshot } from './snapshot.ts';
import type { AcdView } from './view.ts';
import { watch } from './watch.ts';

export interface Acd extends Room {
  name: 'acd';
  view: AcdView;
  /** Why a call waits, why an agent has none. */
  explain: Explainer;
  /** Looks at a bounded sample of the floor, the next one each time; changes nothing. */
  inspect(now: number, most: number): Inspection;
  /** Whether that leg has her now. */
  isHeld(lease: Lease): boolean;
  /** Everything it knows, as plain JSON. */
  snapshot(): unknown;
  /** Becomes what it was when the snapshot was taken. Throws when the snapshot is of another version. */
  restore(snapshot: unknown): void;
}

/** The switchboard cuts a turn of ten thousand facts, and the other rooms add theirs to ours. */
const MOST_A_TURN = 250;

/** `mostATurn`: callers sent back, offers made, agents told of and timers fired in one turn, of each at most so many. */
export function createAcd(mostATurn = MOST_A_TURN): Acd {
  let floor = emptyFloor(mostATurn);
  /** No part of what it knows: where the next look begins. */
  const cursor: Cursor = { after: null };
  return {
    name: 'acd',
    decide(event: Event, told: number): Turn<Event, Command> {
      // A process that comes back may find its clock set back: until that has caught up, no time passes here, so that who came later stands behind.
      const now = Math.max(told, floor.toldAt);
      floor.toldAt = now;
      const moment: Moment = { floor, now, events: [], commands: [], arrived: null };
      hear(moment, event);
      const wakeAt = nextWake(moment);
      // What is due is due at once, whatever the clock says.
      return { events: moment.events, commands: moment.commands, wakeAt: wakeAt !== null && wakeAt <= now ? Math.min(wakeAt, told) : wakeAt };
    },
    view: watch(
      () => floor,
      () => floor.toldAt,
    ),
    explain: explainer(
      () => floor,
      (snapshot) => {
        const copy = createAcd(mostATurn);
        copy.restore(snapshot);
        return copy.decide;
      },
    ),
    inspect: (now, most) => inspect(floor, now, cursor, most),
    isHeld: (lease) => isHeld(floor, lease),
    snapshot: () => takeSnapshot(floor),
    restore(snapshot) {
      floor = restoreFloor(snapshot, mostATurn);
    },
  };
}

function hear(moment: Moment, event: Event): void {
  if (!(event.type in hearing)) return;
  // The table is typed by event: the key and the argument belong together, which the compiler cannot see through a lookup.
  const handler = hearing[event.type as keyof Hearing] as (m: Moment, heard: Event) => void;
  handler(moment, event);
  settle(moment);
  expect(moment);
}
