/** The pure rooms of the house, in the order they are told of an event: each may read those before it. */
import type { CallId } from '../kernel/ids.ts';
import { type Acd, createAcd } from './acd/acd.ts';
import type { Call } from './call/call.ts';
import type { Calls } from './call/calls.ts';
import { createCallRoom } from './call/decide.ts';
import { type CdrRoom, createCdr } from './cdr/fold.ts';
import type { KeptRecord } from './cdr/kept.ts';
import { createDesk, type Desk, type DeskRecords } from './cti/desk.ts';
import { createIvr, type Ivr, type WalksSnapshot } from './ivr/walk.ts';
import { fromPlain, toPlain } from './journal/plain.ts';
import type { HouseSnapshot } from './journal/replay.ts';
import { createLedger, type LedgerRoom } from './ledger/fold.ts';
import { createToll, type TollRoom } from './toll/room.ts';
import type { Room } from './vocabulary.ts';

export interface Rooms {
  all: readonly Room[];
  calls: Calls;
  ivr: Ivr;
  acd: Acd;
  desk: Desk;
  cdr: CdrRoom;
  toll: TollRoom;
  ledger: LedgerRoom;
}

export function createRooms(): Rooms {
  const call = createCallRoom();
  const acd = createAcd();
  const ivr = createIvr((queueId) => {
    const queue = acd.view.queue(queueId);
    return queue === undefined ? null : { ...queue, estimate: acd.view.estimate(queueId) };
  });
  const desk = createDesk(call.calls, acd.view);
  const cdr = createCdr();
  const toll = createToll();
  const ledger = createLedger();
  return { all: [call, ivr, acd, desk, cdr, toll, ledger], calls: call.calls, ivr, acd, desk, cdr, toll, ledger };
}

export function restoreRooms(rooms: Rooms, snapshot: HouseSnapshot): void {
  rooms.ivr.restore(snapshot.ivr);
  rooms.acd.restore(snapshot.acd);
  rooms.cdr.restore(snapshot.cdr);
  rooms.toll.restore(snapshot.toll ?? []);
  if (snapshot.ledger !== undefined) rooms.ledger.restore(snapshot.ledger);
}

/** What a call under way is, in the rooms that keep nothing else. */
interface Underway {
  calls: { live: Call[]; ended: Call[] };
  walks: WalksSnapshot;
  desks: DeskRecords;
}

/** true: from here on the rooms know every call that was up when it was taken. */
export function restoreUnderway(rooms: Rooms, { underway }: HouseSnapshot): boolean {
  if (underway === undefined) return false;
  const { calls, walks, desks } = fromPlain<Underway>(underway);
  rooms.calls.restore(calls);
  rooms.ivr.restoreWalks(walks);
  rooms.desk.restoreRecords(desks);
  return true;
}

function underwayIn({ calls, ivr, desk }: Rooms): Underway {
  const desks = desk.records();
  // Of those that are over agents may still be wrapping up.
  const shown = new Set([...desks.records.values(), ...desks.beneath.values()].map(({ callId }) => callId));
  return { calls: calls.all(shown), walks: ivr.walks(), desks };
}

/** What must not be lost when the journal's older files go. */
export function snapshotOf(
  rooms: Rooms,
  { bindings, unwritten, ...besides }: Pick<HouseSnapshot, 'bindings' | 'legs' | 'sounds' | 'at'> & { unwritten: Map<CallId, KeptRecord> },
): HouseSnapshot {
  return {
    version: 1,
    ivr: rooms.ivr.snapshot(),
    acd: rooms.acd.snapshot(),
    cdr: rooms.cdr.snapshot(),
    toll: rooms.toll.snapshot(),
    ledger: rooms.ledger.snapshot(),
    bindings,
    unwritten: [...unwritten.values()],
    underway: toPlain(underwayIn(rooms)),
    ...besides,
  };
}
