/** Every event and every command of the house, in one place: the words the switchboard passes on without knowing them. */
import type { AcdEvent } from './acd/event.ts';
import type { CallCommand } from './call/command.ts';
import type { CallEvent } from './call/event.ts';
import type { TimePassed, Turn } from './call/turn.ts';
import type { CdrCommand } from './cdr/command.ts';
import type { CdrEvent } from './cdr/event.ts';
import type { CtiCommand, CtiEvent } from './cti/event.ts';
import type { IvrEvent } from './ivr/event.ts';
import type { WriteLedger } from './ledger/record.ts';
import type { PhoneEvent } from './phone/event.ts';
import type { TollEvent } from './toll/event.ts';

/** We came back: every call that was open is over, with `server_restart`. */
export interface ServerStarted {
  type: 'serverStarted';
}
/**
 * We came back, and calls that were up are up still: the SIP server and the media server have kept them. Everything is as it was; what is not, the facts behind
 * this one tell.
 */
export interface ServerResumed {
  type: 'serverResumed';
}
/** Written each second while calls are open, so that a record closed after a crash ends within a second or so of the truth. */
export interface Heartbeat {
  type: 'heartbeat';
}

export type Event = CallEvent | AcdEvent | IvrEvent | CtiEvent | CdrEvent | PhoneEvent | TollEvent | TimePassed | ServerStarted | ServerResumed | Heartbeat;
export type Command = CallCommand | CtiCommand | CdrCommand | WriteLedger;
export type CommandType = Command['type'];
export type CommandOf<T extends CommandType> = Extract<Command, { type: T }>;

/** An event as the journal holds it: numbered from 1 without a gap. */
export interface Recorded {
  seq: number;
  /** ms since 1970 */
  at: number;
  event: Event;
  /** Established by a room in the turn of the last event that is not: replaying that one gives this one again. */
  derived?: true;
}

export type { Turn };

/** A pure room as the switchboard sees it. */
export interface Room {
  name: string;
  decide(event: Event, now: number): Turn<Event, Command>;
}

/** Who carries out what: a mapped type, so that a command without a rim does not compile. A promise is of what goes on after the turn: one that is rejected is a fault like any that is thrown. */
export type Carriers = { [T in CommandType]: (command: CommandOf<T>) => void | Promise<void> };
