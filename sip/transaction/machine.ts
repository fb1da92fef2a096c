import type { Clock } from '../../kernel/clock.ts';
import type { Action, Table } from './table.ts';
import { T2_MS, type Timer, timerMs } from './timers.ts';

/** What a machine leaves to the transaction it belongs to. */
export type Deed = Exclude<Action, `set ${string}` | `stop ${string}`>;

/** One action, its text taken apart: no machine reads text while it runs. */
type Op = { readonly does: 'perform'; readonly deed: Deed } | { readonly does: 'set' | 'stop'; readonly timer: Timer; readonly atMs: number | undefined };

interface CompiledStep {
  readonly next: string;
  readonly ops: readonly Op[];
}
/** A table made ready to run. */
export type Program = Readonly<Record<string, Readonly<Record<string, CompiledStep>>>>;

export function compile<State extends string, Input extends string>(table: Table<State, Input>): Program {
  const program: Record<string, Record<string, CompiledStep>> = {};
  for (const [state, row] of Object.entries<Table<State, Input>[State]>(table)) {
    const compiled: Record<string, CompiledStep> = {};
    for (const [input, { next, does }] of Object.entries<Table<State, Input>[State][Input]>(row)) compiled[input] = { next, ops: does.map(opOf) };
    program[state] = compiled;
  }
  return program;
}

function opOf(action: Action): Op {
  if (action === 'set E at T2') return { does: 'set', timer: 'E', atMs: T2_MS };
  if (action.startsWith('set ')) return { does: 'set', timer: action.slice(4) as Timer, atMs: undefined };
  if (action.startsWith('stop ')) return { does: 'stop', timer: action.slice(5) as Timer, atMs: undefined };
  return { does: 'perform', deed: action as Deed };
}

/** These repeat something; all others are the end of a wait. Of each kind a machine has one at a time. */
const isRepeating = (timer: Timer): boolean => timer === 'A' || timer === 'E' || timer === 'G';

const nothing = (): void => undefined;

/** Runs one program: keeps the state and the timers. A transaction is one of these, so that a resting one is one object. */
export abstract class Machine {
  #state: string;
  readonly #program: Program;
  readonly #clock: Clock;
  readonly #reliable: boolean;
  #stopRepeat = nothing;
  #stopDeadline = nothing;
  /** How often the repeating timer was set. */
  #repeats = 0;

  constructor(program: Program, initial: string, clock: Clock, reliable: boolean) {
    this.#program = program;
    this.#state = initial;
    this.#clock = clock;
    this.#reliable = reliable;
  }

  protected abstract perform(deed: Deed): void;
  /** Once, when it is terminated. */
  protected abstract ended(): void;

  get state(): string {
    return this.#state;
  }

  protected feed(input: string): void {
    if (this.#state === 'terminated') return;
    const step = this.#program[this.#state]?.[input];
    if (step === undefined) throw new Error(`no step for ${input} in ${this.#state}`);
    this.#state = step.next;
    for (const op of step.ops) {
      if (op.does === 'perform') this.perform(op.deed);
      else if (op.does === 'stop') this.#stop(op.timer);
      else this.#set(op.timer, op.atMs);
    }
    if (step.next === 'terminated') {
      this.stop();
      this.ended();
    }
  }

  /** Stops every timer; the machine is of no use afterwards. */
  stop(): void {
    this.#stopRepeat();
    this.#stopDeadline();
  }

  #set(timer: Timer, atMs: number | undefined): void {
    this.#stop(timer);
    const repeating = isRepeating(timer);
    const ms = this.#reliable && repeating ? undefined : (atMs ?? timerMs(timer, this.#reliable, this.#repeats));
    if (repeating && atMs === undefined) this.#repeats += 1;
    if (ms === undefined) return;
    // Each table has an input for each timer it sets (kept by its test).
    const stop = this.#clock.after(ms, () => {
      this.#forget(repeating);
      this.feed(`timer${timer}`);
    });
    if (repeating) this.#stopRepeat = stop;
    else this.#stopDeadline = stop;
  }

  #stop(timer: Timer): void {
    const repeating = isRepeating(timer);
    if (repeating) this.#stopRepeat();
    else this.#stopDeadline();
    this.#forget(repeating);
  }

  #forget(repeating: boolean): void {
    if (repeating) this.#stopRepeat = nothing;
    else this.#stopDeadline = nothing;
  }
}
