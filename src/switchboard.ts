/**
 * The one loop of the application. Takes an event, tells every pure room in order, queues the facts they established behind it, and when all is told
 * and written to the journal hands their commands to the rims that registered for them.
 * It knows no event and no command by name. One timer for everybody.
 *
 * One `take` is one turn: it runs to its end before the next begins, so rooms never see half a turn.
 */
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { afterBrokenRoom, afterFault } from './broken.ts';
import type { Journal } from './journal/port.ts';
import type { Carriers, Command, CommandType, Event, Recorded, Room } from './vocabulary.ts';

/** A turn that establishes more facts than this is a loop between rooms: it is cut and reported. */
const MOST_FACTS_A_TURN = 10_000;
const NOTHING = (): void => undefined;

export interface SwitchboardOptions {
  clock: Clock;
  log: Logger;
  journal: Journal;
  rooms: readonly Room[];
  carriers: Carriers;
  /** Hears each command before it is carried out. */
  heed?: (command: Command) => void;
  /** Hears every recorded event after the rooms, for metrics and live views. */
  watchers?: readonly ((recorded: Recorded) => void)[];
}

export class Switchboard {
  readonly #options: SwitchboardOptions;
  readonly #inbox: Event[] = [];
  readonly #wakes: (number | null)[];
  #busy = false;
  #closed = false;
  #cancelTimer: (() => void) | null = null;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(options: SwitchboardOptions) {
    this.#options = options;
    this.#wakes = options.rooms.map(() => null);
  }

  /** Safe to call from within a carrier: the event is then taken after the turn under way. */
  take(event: Event): void {
    if (this.#closed) return;
    this.#inbox.push(event);
    if (!this.#busy) this.#alone(NOTHING);
  }

  #alone(first: () => void): void {
    this.#busy = true;
    try {
      first();
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) this.#turn([next]);
    } finally {
      this.#busy = false;
    }
    this.#setTimer();
  }

  /** A turn that our death cut: what the rooms had established in it and nobody was told of. */
  finish(facts: readonly Event[]): void {
    if (facts.length > 0) this.#alone(() => this.#turn([...facts], 0));
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  /** `derived`: from which of these on they are facts of the rooms. */
  #turn(facts: Event[], derived = 1): void {
    const { clock, journal, log, watchers = [] } = this.#options;
    const commands: Command[] = [];
    const told: Recorded[] = [];
    // A turn has one time: what follows from an event happened with it, so that nobody's seconds end a moment before or behind those of another.
    const now = clock.now();
    for (let at = 0; at < facts.length; at += 1) {
      if (at >= MOST_FACTS_A_TURN) {
        log.error({ first: facts[0]?.type }, 'turn cut: the rooms establish facts without end');
        break;
      }
      const event = facts[at] as Event;
      told.push(journal.append(event, now, at >= derived));
      this.#tellRooms(event, now, facts, commands);
    }
    // The rooms act on nothing but themselves; whoever touches the world does so when the journal has it.
    journal.write();
    for (const recorded of told) for (const watch of watchers) watch(recorded);
    for (const command of commands) this.#carryOut(command);
  }

  #tellRooms(event: Event, now: number, facts: Event[], commands: Command[]): void {
    const { rooms, log } = this.#options;
    for (const [at, room] of rooms.entries()) {
      try {
        const turn = room.decide(event, now);
        facts.push(...turn.events);
        commands.push(...turn.commands);
        this.#wakes[at] = turn.wakeAt;
      } catch (error) {
        // One call's broken turn must not stop the others' (faults A13); the room keeps what it had decided before.
        log.error({ err: error, room: room.name, event: event.type }, 'a room failed to decide');
        this.#later(afterBrokenRoom(event, room.name));
      }
    }
  }

  #carryOut<T extends CommandType>(command: Extract<Command, { type: T }>): void {
    this.#options.heed?.(command);
    const carrier = this.#options.carriers[command.type as T] as (command: Extract<Command, { type: T }>) => void | Promise<void>;
    const failed = (error: unknown): void => {
      this.#options.log.error({ err: error, command: command.type }, 'a command could not be carried out');
      const after = afterFault[command.type as T] as (command: Extract<Command, { type: T }>) => Event | null;
      this.#later(after(command));
    };
    try {
      const doing = carrier(command);
      if (doing instanceof Promise) doing.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** What follows of a fault of ours: behind what is under way, in a turn of its own. */
  #later(event: Event | null): void {
    if (event !== null) this.take(event);
  }

  #setTimer(): void {
    if (this.#closed) return;
    const soonest = this.#wakes.reduce<number>((least, wake) => (wake !== null && wake < least ? wake : least), Number.POSITIVE_INFINITY);
    if (soonest === this.#timerAt && this.#cancelTimer !== null) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#timerAt = soonest;
    if (soonest === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#options.clock.after(Math.ceil(Math.max(0, soonest - this.#options.clock.now())), () => {
      this.#cancelTimer = null;
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.take({ type: 'timePassed' });
    });
  }
}
