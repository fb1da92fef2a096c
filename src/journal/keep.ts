/** Opens the journal of a running house: recovers, replays, begins a fresh file, and begins another when it has grown. */
import type { Clock } from '../../kernel/clock.ts';
import type { AgentId, CallId } from '../../kernel/ids.ts';
import type { Logger } from '../../kernel/log.ts';
import type { KeptRecord } from '../cdr/kept.ts';
import type { ContactBinding } from '../phone/event.ts';
import { type Rooms, restoreRooms, snapshotOf } from '../rooms.ts';
import type { Recorded } from '../vocabulary.ts';
import { FileJournal } from './file.ts';
import { recover } from './read.ts';
import { replay } from './replay.ts';

const SEGMENT_BYTES = 64 * 1024 * 1024;
const LOOK_MS = 1_000;

export interface KeptJournal {
  journal: FileJournal;
  /** Phones as they were registered when the journal ended. */
  bindings: ReadonlyMap<AgentId, ContactBinding[]>;
  /** Records that the last run did not see written. */
  leftover: KeptRecord[];
  /** A watcher for the switchboard: keeps what the next snapshot needs. */
  watch(recorded: Recorded): void;
  close(): Promise<void>;
}

export function keepJournal(options: {
  folder: string;
  keepBytes: number;
  rooms: Rooms;
  clock: Clock;
  log: Logger;
  unwritten: () => KeptRecord[];
}): KeptJournal {
  const { folder, keepBytes, rooms, clock, log } = options;
  const startedAt = clock.now();
  const recovered = recover(folder, log);
  const { bindings, unwritten, events } = replay(recovered, { rooms: rooms.all, restore: (snapshot) => restoreRooms(rooms, snapshot) });
  log.info({ events, lastSeq: recovered.lastSeq, unwritten: unwritten.size, ms: Math.round(clock.now() - startedAt) }, 'journal replayed');
  const journal = new FileJournal({ folder, keepBytes, lastSeq: recovered.lastSeq, clock, log });

  const rotate = (records = options.unwritten()): void => {
    const waiting = new Map<CallId, KeptRecord>(records.map((record) => [record.callId, record]));
    journal.rotate(snapshotOf(rooms, [...bindings], waiting));
  };
  const stop = clock.every(LOOK_MS, () => {
    if (journal.segmentBytes > SEGMENT_BYTES) rotate();
  });
  // Whatever was recovered is in the snapshot now: the next start need not read it again.
  // What is not written yet no writer has been given so far: killed before it is, we owe it still.
  if (events > 0) rotate([...unwritten.values()]);
  return {
    journal,
    bindings,
    leftover: [...unwritten.values()],
    watch({ event }) {
      if (event.type === 'bindingsChanged') bindings.set(event.agentId, event.bindings);
    },
    async close() {
      stop();
      rotate();
      await journal.close();
    },
  };
}
