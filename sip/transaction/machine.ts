import type { Clock } from '../../kernel/clock.ts';
import type { Action, Table } from './table.ts';
import { T2_MS, type Timer, timerMs } from './timers.ts';

/** What a machine leaves to the one who runs it. */
export type Deed = Exclude<Action, `set ${string}` | `stop ${string}`>;

/** A machine whose input names are checked where it is made. */
export interface Running {
  readonly state: string;
  feed(input: string): void;
  stop(): void;
}

/** Runs one table: keeps the state and the timers, hands everything else to `perform`; `onEnd` once, when it is terminated. */
export class Machine<State extends string, Input extends string> implements Running {
  #state: State;
  readonly #table: Table<State, Input>;
  readonly #clock: Clock;
  readonly #reliable: boolean;
  readonly #perform: (deed: Deed) => void;
  readonly #onEnd: () => void;
  readonly #running = new Map<Timer, () => void>();
  readonly #timesSet = new Map<Timer, number>();

  constructor(table: Table<State, Input>, initial: State, clock: Clock, reliable: boolean, perform: (deed: Deed) => void, onEnd: () => void) {
    this.#table = table;
    this.#state = initial;
    this.#clock = clock;
    this.#reliable = reliable;
    this.#perform = perform;
    this.#onEnd = onEnd;
  }

  get state(): State {
    return this.#state;
  }

  feed(input: Input): void {
    if (this.#state === 'terminated') return;
    const step = this.#table[this.#state][input];
    this.#state = step.next;
    for (const action of step.does) this.#do(action);
    if (step.next === 'terminated') {
      this.stop();
      this.#onEnd();
    }
  }

  /** Stops every timer; the machine is of no use afterwards. */
  stop(): void {
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }

  #do(action: Action): void {
    if (action === 'set E at T2') this.#set('E', this.#reliable ? undefined : T2_MS);
    else if (action.startsWith('set ')) this.#setNext(action.slice(4) as Timer);
    else if (action.startsWith('stop ')) this.#cancel(action.slice(5) as Timer);
    else this.#perform(action as Deed);
  }

  #setNext(timer: Timer): void {
    const nth = this.#timesSet.get(timer) ?? 0;
    this.#timesSet.set(timer, nth + 1);
    this.#set(timer, timerMs(timer, this.#reliable, nth));
  }

  #set(timer: Timer, ms: number | undefined): void {
    this.#cancel(timer);
    if (ms === undefined) return;
    const cancel = this.#clock.after(ms, () => {
      this.#running.delete(timer);
      // Each table has an input for each timer it sets (kept by its test).
      this.feed(`timer${timer}` as Input);
    });
    this.#running.set(timer, cancel);
  }

  #cancel(timer: Timer): void {
    this.#running.get(timer)?.();
    this.#running.delete(timer);
  }
}
