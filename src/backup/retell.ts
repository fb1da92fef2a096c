/**
 * Tells the journal anew behind a snapshot and writes every record that comes of it: what the tables of a backup lack is in them then, and what they have already stays as
 * it is (the key is the call, and the higher revision wins).
 */
import type { CallId } from '../../kernel/ids.ts';
import type { KeyRing } from '../../kernel/seal/keys.ts';
import type { KeptRecord } from '../cdr/kept.ts';
import type { HouseSnapshot } from '../journal/replay.ts';
import { JournalOpener } from '../journal/seal.ts';
import { startsOf, walk } from '../journal/walk.ts';
import { createRooms, restoreRooms, restoreUnderway } from '../rooms.ts';
import type { Command } from '../vocabulary.ts';

const BATCH = 200;

export interface Retold {
  events: number;
  records: number;
  /** When the last event happened; null = there was none. */
  lastAt: number | null;
}

interface Retelling {
  folder: string;
  /** A snapshot lies there; 0 = from the first event. */
  from: number;
  keys: KeyRing;
  write(records: readonly KeptRecord[]): Promise<void>;
  progress(events: number): void;
}

/** Throws where the journal cannot be read from there to its end. */
export async function retell({ folder, from, keys, write, progress }: Retelling): Promise<Retold> {
  const opener = new JournalOpener({ folder, keys });
  const start = startsOf(folder, opener).find(({ seq }) => seq === from);
  if (start === undefined) throw new Error(`the journal in ${folder} cannot be told from event ${from} on`);
  const rooms = createRooms();
  let batch = new Map<CallId, KeptRecord>();
  const retold: Retold = { events: 0, records: 0, lastAt: null };
  const flush = async (): Promise<void> => {
    const records = [...batch.values()];
    batch = new Map();
    retold.records += records.length;
    if (records.length > 0) await write(records);
  };
  if (start.read !== null) {
    const snapshot = start.read() as HouseSnapshot;
    restoreRooms(rooms, snapshot);
    restoreUnderway(rooms, snapshot);
    for (const record of snapshot.unwritten) batch.set(record.callId, record);
  }
  const onBreak = (file: string, lastSeq: number): never => {
    throw new Error(`${file} is damaged behind event ${lastSeq}`);
  };
  for (const { event, at } of walk(folder, from, onBreak, opener)) {
    retold.events += 1;
    retold.lastAt = at;
    for (const room of rooms.all)
      for (const command of room.decide(event, at).commands) if (isRecord(command)) batch.set(command.record.callId, command.record);
    if (batch.size >= BATCH) await flush();
    if (retold.events % 100_000 === 0) progress(retold.events);
  }
  await flush();
  return retold;
}

const isRecord = (command: Command): command is Extract<Command, { record: KeptRecord }> =>
  command.type === 'writeCdr' || command.type === 'writeInteraction' || command.type === 'writeLedger';
