/** Opens the journal of a running house: recovers, replays, begins a fresh file, and begins another when it has grown. */
import type { Clock } from '../../kernel/clock.ts';
import type { AgentId, CallId, LegId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import type { LegStands } from '../call/event.ts';
import type { KeptRecord } from '../cdr/kept.ts';
import type { ContactBinding } from '../phone/event.ts';
import { type Rooms, restoreRooms, restoreUnderway, snapshotOf } from '../rooms.ts';
import type { AskedSound } from '../sound/asked.ts';
import type { Command, Recorded } from '../vocabulary.ts';
import { FileJournal } from './file.ts';
import { unknownAmong } from './known.ts';
import { type Recovered, recover } from './read.ts';
import { type HouseSnapshot, keepLeg, type Replayed, replay } from './replay.ts';
import { JournalOpener } from './seal.ts';

const SEGMENT_BYTES = 64 * 1024 * 1024;
const LOOK_MS = 1_000;

export interface KeptJournal {
  journal: FileJournal;
  /** Phones as they were registered when the journal ended. */
  bindings: ReadonlyMap<AgentId, ContactBinding[]>;
  /** Records that the last run did not see written. */
  leftover: KeptRecord[];
  /** Calls that were up when the journal ended, and may be up still: null = none, or it ended too long ago. */
  underway: Underway | null;
  /** A watcher for the switchboard: keeps what the next snapshot needs. */
  watch(recorded: Recorded): void;
  /** What was recovered has been gone on with. */
  begun(): void;
  /** Hears each command that is carried out, for the same end. */
  heed(command: Command): void;
  /** Nobody can read any more what it holds of these (`people.ts`), on this disk, when it resolves. */
  erase(people: readonly string[], calls: readonly CallId[]): Promise<void>;
  close(): Promise<void>;
}

/** What it takes to go on with them; the calls themselves are in the rooms. */
export interface Underway {
  legs: ReadonlyMap<LegId, LegStands>;
  sounds: ReadonlyMap<LegId, AskedSound>;
  lastTurn: Replayed['lastTurn'];
}

export function keepJournal(options: {
  folder: string;
  keepBytes: number;
  /** Master keys of what is personal in it; absent = it lies open. */
  keys?: KeyRing;
  rooms: Rooms;
  /** As long as the servers beside us keep our calls. */
  callsKeptMs: number;
  clock: Clock;
  log: Logger;
  unwritten: () => KeptRecord[];
}): KeptJournal {
  const { folder, keepBytes, keys, rooms, clock, log } = options;
  const startedAt = clock.now();
  const opener = keys === undefined ? undefined : new JournalOpener({ folder, keys });
  const recovered = recover(folder, log, opener);
  const replayed = replay(recovered, {
    rooms: rooms.all,
    onFault: (error, room, event) => log.error({ err: error, room, event: event.type }, 'a room failed to decide, told the journal'),
    restore(snapshot) {
      restoreRooms(rooms, snapshot);
      return restoreUnderway(rooms, snapshot);
    },
  });
  const { bindings, unwritten, events, legs, sounds } = replayed;
  const underway = underwayIn(replayed, rooms, startedAt - options.callsKeptMs);
  const { lastSeq } = recovered;
  log.info({ events, lastSeq, unwritten: unwritten.size, erased: opener?.erased ?? 0, ms: Math.round(clock.now() - startedAt) }, 'journal replayed');
  const unknown = unknownAmong(recovered.events);
  if (Object.keys(unknown).length > 0) log.warn({ events: unknown }, 'journal: events of a later version were passed over');
  const journal = new FileJournal({ folder, keepBytes, lastSeq, clock, log, ...(keys === undefined ? {} : { keys }) });
  rememberPeople(journal, recovered, rooms);

  const state = (records = options.unwritten()): HouseSnapshot => {
    const waiting = new Map<CallId, KeptRecord>(records.map((record) => [record.callId, record]));
    return snapshotOf(rooms, { bindings: [...bindings], unwritten: waiting, legs: [...legs], sounds: sounds.entries(), at: clock.now() });
  };
  const rotate = (records?: KeptRecord[]): void => journal.rotate(state(records));
  const stop = clock.every(LOOK_MS, () => {
    if (journal.segmentBytes > SEGMENT_BYTES) void journal.rotateInTurns(state());
  });
  // Whatever was recovered is in the snapshot now: the next start need not read it again.
  // What is not written yet no writer has been given so far: killed before it is, we owe it still. A turn that was cut is finished first.
  if (events > 0 && underway === null) rotate([...unwritten.values()]);
  return {
    journal,
    bindings,
    leftover: [...unwritten.values()],
    underway,
    heed: (command) => sounds.heed(command),
    begun() {
      if (events > 0 && underway !== null) rotate();
    },
    watch({ event }) {
      keepLeg({ legs, sounds }, event);
      if (event.type === 'bindingsChanged') bindings.set(event.agentId, event.bindings);
    },
    erase: (people, calls) => journal.erase(people, calls, state),
    async close() {
      stop();
      rotate();
      await journal.close();
    },
  };
}

/** What is yet to be written of calls that go on lies under the same keys as what was. */
function rememberPeople({ people }: FileJournal, { events }: Pick<Recovered, 'events'>, { calls }: Rooms): void {
  if (people === null) return;
  for (const { event } of events) people.hear(event);
  for (const call of calls.values()) people.arrived(call);
}

/** While calls are up something is written each second: the journal's end is when we died. */
function underwayIn({ isWhole, lastAt, lastTurn, legs, sounds }: Replayed, rooms: Rooms, since: number): Underway | null {
  if (!isWhole || rooms.calls.size === 0 || lastAt === null || lastAt < since) return null;
  return { legs: new Map(legs), sounds: new Map(sounds.entries()), lastTurn };
}
