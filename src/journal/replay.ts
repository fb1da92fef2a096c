/**
 * Brings the pure rooms back to where the journal ends. Every event is in it, those the rooms established themselves too,
 * so each room is told each event once and what it answers is dropped: it has happened. Only records that the journal does
 * not say were written are kept, to be written now.
 */
import type { AgentId, CallId } from '../../kernel/ids.ts';
import type { CdrSnapshot } from '../cdr/fold.ts';
import type { KeptRecord } from '../cdr/kept.ts';
import type { Ivr } from '../ivr/walk.ts';
import type { LedgerSnapshot } from '../ledger/fold.ts';
import type { ContactBinding } from '../phone/event.ts';
import type { Ledger } from '../toll/ledger.ts';
import type { Event, Room } from '../vocabulary.ts';
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
}

export interface Restorable {
  rooms: readonly Room[];
  restore(snapshot: HouseSnapshot): void;
}

export interface Replayed {
  bindings: Map<AgentId, ContactBinding[]>;
  /** Records that may not be in the database yet, newest revision of each call. */
  unwritten: Map<CallId, KeptRecord>;
  events: number;
}

export function replay(recovered: Recovered, house: Restorable): Replayed {
  const replayed: Replayed = { bindings: new Map(), unwritten: new Map(), events: recovered.events.length };
  const snapshot = recovered.snapshot as HouseSnapshot | null;
  if (snapshot !== null) {
    house.restore(snapshot);
    replayed.bindings = new Map(snapshot.bindings);
    replayed.unwritten = new Map(snapshot.unwritten.map((record) => [record.callId, record]));
  }
  for (const { event, at } of recovered.events) {
    keepBeside(replayed, event);
    for (const room of house.rooms) {
      for (const command of room.decide(event, at).commands) {
        if (command.type === 'writeCdr' || command.type === 'writeInteraction' || command.type === 'writeLedger')
          replayed.unwritten.set(command.record.callId, command.record);
      }
    }
  }
  return replayed;
}

/** Folds what no room keeps. */
function keepBeside(replayed: Replayed, event: Event): void {
  if (event.type === 'bindingsChanged') replayed.bindings.set(event.agentId, event.bindings);
  if (event.type !== 'cdrWritten') return;
  const record = replayed.unwritten.get(event.callId);
  if (record !== undefined && record.revision <= event.revision) replayed.unwritten.delete(event.callId);
}
