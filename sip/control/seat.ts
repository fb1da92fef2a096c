import type { Clock } from '../../kernel/clock.ts';
import { ownsNothing } from '../agent/ledger.ts';
import type { Asker } from './verbs.ts';

/** How long a named application may be away and still find its calls, where nobody says another time. */
const RECLAIM_MS = 30_000;
/** What is kept for it meanwhile; an application that misses more is as good as gone. */
const MOST_FRAMES = 10_000;
const MOST_BYTES = 8 * 1024 * 1024;
const NAME = 'name:';
const RUN = 'run:';
/** A tag of an application that was started anew and knows how to go on with the calls of its run before. */
const HEIR = 'heir';

/** The name among an application's tags. */
const nameOf = (tags: ReadonlySet<string>): string | undefined => [...tags].find((tag) => tag.startsWith(NAME) && tag.length > NAME.length);

/** Which run of it this is: another one knows nothing of the calls of the one before. Empty where it does not say. */
const runOf = (tags: ReadonlySet<string>): string => [...tags].find((tag) => tag.startsWith(RUN)) ?? '';

/** The place of an application that has a name: calls belong to it, whichever connection sits in it. */
class Seat implements Asker {
  readonly owned = ownsNothing();
  readonly name: string;
  /** Another one once the application was started anew and goes on with what is here. */
  run: string;
  isGone = false;
  connection: Asker | undefined;
  cancelWait: () => void = () => undefined;
  #missed: Buffer[] = [];
  #missedBytes = 0;
  /** Told over a connection that was dying; for another run alone, as this one may have heard it. */
  unheard: Buffer[] = [];
  /** It missed more than can be kept. */
  readonly #onFull: () => void;

  constructor(name: string, run: string, onFull: () => void) {
    this.name = name;
    this.run = run;
    this.#onFull = onFull;
  }

  get isAway(): boolean {
    return this.connection === undefined;
  }
  get isBusy(): boolean {
    return this.connection?.isBusy ?? (this.#missed.length > MOST_FRAMES / 2 || this.#missedBytes > MOST_BYTES / 2);
  }
  get tags(): ReadonlySet<string> {
    return this.connection?.tags ?? new Set([this.name]);
  }

  deliver(frame: Buffer): void {
    if (this.isGone) return;
    if (this.connection !== undefined) {
      this.connection.deliver(frame);
      return;
    }
    this.#missed.push(frame);
    this.#missedBytes += frame.length;
    if (this.#missed.length > MOST_FRAMES || this.#missedBytes > MOST_BYTES) this.#onFull();
  }
  dismiss(frame: Buffer): void {
    this.connection?.dismiss(frame);
  }

  /** What was missed comes first, in its order. */
  sit(connection: Asker, isHeir: boolean): void {
    this.cancelWait();
    this.connection = connection;
    const missed = isHeir ? [...this.unheard, ...this.#missed] : this.#missed;
    this.forget();
    for (const frame of missed) connection.deliver(frame);
  }
  forget(): void {
    this.#missed = [];
    this.#missedBytes = 0;
    this.unheard = [];
  }
}

/** What the loop does about applications that come and go. */
export interface SeatUser {
  /** It takes no new requests until it asks again. */
  unroute(app: Asker): void;
  /** It is gone for good: nothing of it may be orphaned. */
  release(app: Asker): void;
  /** What it was told and has not answered; its connection is lost. */
  unanswered(app: Asker): Buffer[];
  /** Another run of it goes on with its calls: what only the one before could have carried through is let go. */
  handOver(app: Asker): void;
  /** Another connection of the same name has taken its place. */
  supersede(connection: Asker): void;
}

/** Applications that said who they are, with a tag `name:…` when they authenticated: who comes back by that name within 30 s has its calls again. */
export class Seats {
  readonly #seats = new Map<string, Seat>();
  readonly #clock: Clock;
  readonly #user: SeatUser;
  readonly #keptMs: number;
  constructor(clock: Clock, user: SeatUser, keptMs = RECLAIM_MS) {
    this.#clock = clock;
    this.#user = user;
    this.#keptMs = keptMs;
  }

  /** The application that a connection speaks for from here on: itself when it has no name. */
  open(connection: Asker): Asker {
    const name = nameOf(connection.tags);
    if (name === undefined) return connection;
    const run = runOf(connection.tags);
    const inherits = connection.tags.has(HEIR) && this.#inherit(name, run);
    if (!inherits) this.#endOther(name, run);
    const seat = this.#seats.get(name) ?? this.#newSeat(name, run);
    const before = seat.connection;
    if (before !== undefined) {
      this.#user.unroute(seat);
      this.#user.supersede(before);
    }
    seat.sit(connection, inherits);
    return seat;
  }

  /** Whether what was of this application is still there. */
  keeps(tags: ReadonlySet<string>): boolean {
    const seat = this.#seats.get(nameOf(tags) ?? '');
    return seat !== undefined && (seat.run === runOf(tags) || tags.has(HEIR));
  }

  #inherit(name: string, run: string): boolean {
    const seat = this.#seats.get(name);
    if (seat === undefined || seat.run === run) return false;
    seat.run = run;
    if (!seat.isAway) seat.unheard = this.#user.unanswered(seat);
    this.#user.unroute(seat);
    this.#user.handOver(seat);
    return true;
  }

  /** An application that was started anew: its calls of before end at once. */
  #endOther(name: string, run: string): void {
    const seat = this.#seats.get(name);
    if (seat === undefined || seat.run === run) return;
    const { connection } = seat;
    this.#user.unroute(seat);
    this.#end(seat);
    if (connection !== undefined) this.#user.supersede(connection);
  }

  /** The connection is closed. `app` is what `open` gave for it. */
  closed(connection: Asker, app: Asker): void {
    if (!(app instanceof Seat)) {
      this.#user.unroute(app);
      this.#user.release(app);
      return;
    }
    if (app.connection !== connection) return;
    app.connection = undefined;
    app.unheard = this.#user.unanswered(app);
    this.#user.unroute(app);
    const { incoming, outgoing, legs } = app.owned;
    if (incoming.size + outgoing.size + legs.size === 0) this.#end(app);
    else app.cancelWait = this.#clock.after(this.#keptMs, () => this.#end(app));
  }

  #newSeat(name: string, run: string): Seat {
    const seat: Seat = new Seat(name, run, () => this.#end(seat));
    this.#seats.set(name, seat);
    return seat;
  }

  #end(seat: Seat): void {
    if (seat.isGone) return;
    seat.isGone = true;
    seat.cancelWait();
    seat.forget();
    if (this.#seats.get(seat.name) === seat) this.#seats.delete(seat.name);
    this.#user.release(seat);
  }
}
