/** The pure rooms of the house, in the order they are told of an event: each may read those before it. */
import type { CallId } from '../kernel/ids.ts';
import { type Acd, createAcd } from './acd/acd.ts';
import type { Calls } from './call/calls.ts';
import { createCallRoom } from './call/decide.ts';
import { type CdrRoom, createCdr } from './cdr/fold.ts';
import type { KeptRecord } from './cdr/kept.ts';
import { createDesk, type Desk } from './cti/desk.ts';
import { createIvr, type Ivr } from './ivr/walk.ts';
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

/** What must not be lost when the journal's older files go. Calls themselves do not outlive the process. */
export function snapshotOf(rooms: Rooms, bindings: HouseSnapshot['bindings'], unwritten: Map<CallId, KeptRecord>): HouseSnapshot {
  return {
    version: 1,
    ivr: rooms.ivr.snapshot(),
    acd: rooms.acd.snapshot(),
    cdr: rooms.cdr.snapshot(),
    toll: rooms.toll.snapshot(),
    ledger: rooms.ledger.snapshot(),
    bindings,
    unwritten: [...unwritten.values()],
  };
}
