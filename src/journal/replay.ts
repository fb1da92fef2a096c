/**
 * Brings the pure rooms back to where the journal ends. Every event is in it, those the rooms established themselves too,
 * so each room is told each event once and what it answers is dropped: it has happened. Only records that the journal does
 * not say were written are kept, to be written now; and of the last turn, which our death may have cut, what was to follow.
 */
import type { AgentId, CallId, LegId } from '../../kernel/ids.ts';
import { afterBrokenRoom } from '../broken.ts';
import type { LegStands } from '../call/event.ts';
import type { CdrSnapshot } from '../cdr/fold.ts';
import type { KeptRecord } from '../cdr/kept.ts';
import type { Ivr } from '../ivr/walk.ts';
import type { LedgerSnapshot } from '../ledger/fold.ts';
import type { ContactBinding } from '../phone/event.ts';
import { type AskedSound, AskedSounds } from '../sound/asked.ts';
import type { Ledger } from '../toll/ledger.ts';
import type { Command, Event, Recorded, Room } from '../vocabulary.ts';
import type { Recovered } from './read.ts';

/** What a snapshot file holds. */
export interface HouseSnapshot {
  version: 1;
  ivr: ReturnType<Ivr['snapshot']>;
  acd: unknown;
  cdr: CdrSnapshot;
  /** Absent in snapshots of before there were trunks. */
  toll?: Ledger[];
  /** Absent in snapshots of before there was one. */
  ledger?: LedgerSnapshot;
  bindings: [AgentId, ContactBinding[]][];
  unwritten: KeptRecord[];
  /** When it was taken. Absent in old ones. */
  at?: number;
  /** Calls under way, as `rooms.ts` knows them. Absent in snapshots of before they outlived us. */
  underway?: unknown;
  /** Where their legs are to be found, and what these were asked to be busy with. */
  legs?: [LegId, LegStands][];
  sounds?: [LegId, AskedSound][];
}

export interface Restorable {
  rooms: readonly Room[];
  /** A room threw as it was told this, as it may have done when it happened (A13). */
  onFault?: (error: unknown, room: string, event: Event) => void;
  /** true: it knows every call that was up then. */
  restore(snapshot: HouseSnapshot): boolean;
}

export interface Replayed {
  bindings: Map<AgentId, ContactBinding[]>;
  /** Records that may not be in the database yet, newest revision of each call. */
  unwritten: Map<CallId, KeptRecord>;
  events: number;
  /** Whether every call that is up in the rooms is known to them as a whole. */
  isWhole: boolean;
  legs: Map<LegId, LegStands>;
  sounds: AskedSounds;
  /** When the last event happened; null = there was none. */
  lastAt: number | null;
  /** What the rooms established in the last turn and the journal does not hold, and what they asked for in it; and what was to follow it because a room threw. */
  lastTurn: { facts: Event[]; commands: Command[]; afterFaults: Event[] };
}

export function replay(recovered: Recovered, house: Restorable): Replayed {
  const replayed: Replayed = {
    ...{ bindings: new Map(), unwritten: new Map(), events: recovered.events.length, isWhole: true },
    ...{ legs: new Map(), sounds: new AskedSounds(), lastAt: null, lastTurn: { facts: [], commands: [], afterFaults: [] } },
  };
  const snapshot = recovered.snapshot as HouseSnapshot | null;
  if (snapshot !== null) {
    replayed.isWhole = house.restore(snapshot);
    replayed.lastAt = snapshot.at ?? null;
    replayed.legs = new Map(snapshot.legs);
    replayed.sounds = new AskedSounds(snapshot.sounds);
    replayed.bindings = new Map(snapshot.bindings);
    replayed.unwritten = new Map(snapshot.unwritten.map((record) => [record.callId, record]));
  }
  for (const recorded of recovered.events) tell(replayed, house, recorded);
  return { ...replayed, lastAt: recovered.events.at(-1)?.at ?? replayed.lastAt };
}

function tell(replayed: Replayed, house: Restorable, { event, at, derived }: Recorded): void {
  const { lastTurn, sounds } = replayed;
  keepBeside(replayed, event);
  // Facts are recorded in the order in which they are established: this is the first of those that were to follow.
  if (derived === true) lastTurn.facts.shift();
  else Object.assign(lastTurn, { facts: [], commands: [], afterFaults: [] });
  for (const room of house.rooms) {
    const turn = decided(replayed, house, room, event, at);
    if (turn === null) continue;
    lastTurn.facts.push(...turn.events);
    lastTurn.commands.push(...turn.commands);
    for (const command of turn.commands) {
      sounds.heed(command);
      if (command.type === 'writeCdr' || command.type === 'writeInteraction' || command.type === 'writeLedger')
        replayed.unwritten.set(command.record.callId, command.record);
    }
  }
}

/** As the switchboard does: what one call breaks stops nobody, and no server from starting. */
function decided({ lastTurn }: Replayed, { onFault }: Restorable, room: Room, event: Event, at: number): ReturnType<Room['decide']> | null {
  try {
    return room.decide(event, at);
  } catch (error) {
    onFault?.(error, room.name, event);
    const after = afterBrokenRoom(event, room.name);
    if (after !== null) lastTurn.afterFaults.push(after);
    return null;
  }
}

/** Folds what no room keeps. */
function keepBeside(replayed: Replayed, event: Event): void {
  if (event.type === 'bindingsChanged') replayed.bindings.set(event.agentId, event.bindings);
  keepLeg(replayed, event);
  if (event.type !== 'cdrWritten') return;
  const record = replayed.unwritten.get(event.callId);
  if (record !== undefined && record.revision <= event.revision) replayed.unwritten.delete(event.callId);
}

/** Where legs are to be found, and what they are busy with; also by a running house. */
export function keepLeg({ legs, sounds }: Pick<Replayed, 'legs' | 'sounds'>, event: Event): void {
  sounds.hear(event);
  if (event.type === 'legAnswered' && event.stands !== undefined) legs.set(event.legId, event.stands);
  else if (event.type === 'legEnded') legs.delete(event.legId);
  else if (event.type === 'serverStarted') {
    legs.clear();
    sounds.clear();
  }
}
