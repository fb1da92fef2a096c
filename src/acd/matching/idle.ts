/**
 * The idle agents of a circle in the order in which one queue chooses them. While they are few, as on a busy floor, they stand in no order: who comes
 * first is found by looking at each. An agent who comes free and is called at once costs nothing here, however many lines she serves.
 */
import type { Agent } from '../floor.ts';
import { OrderedList } from '../ordered.ts';
import { type IdleOrder, weightOf } from './order.ts';

/** More than these are put in order when they are asked for, and stay so until no more than a few are left. */
const MOST_UNORDERED = 8;
const FEW = 2;

export class IdleAgents implements Iterable<Agent> {
  readonly #idle: ReadonlySet<Agent>;
  readonly #order: IdleOrder;
  #list: OrderedList<Agent> | null = null;

  /** `idle` is the circle's, in no order. */
  constructor(idle: ReadonlySet<Agent>, order: IdleOrder) {
    this.#idle = idle;
    this.#order = order;
  }

  get size(): number {
    return this.#idle.size;
  }

  has(agent: Agent): boolean {
    return this.#idle.has(agent);
  }

  /** She has become one of the idle. */
  add(agent: Agent): void {
    this.#list?.add(agent);
  }

  /** She is none of the idle any more. */
  remove(agent: Agent): void {
    if (this.#list === null) return;
    if (this.#idle.size <= FEW) this.#list = null;
    else this.#list.remove(agent);
  }

  first(): Agent | undefined {
    if (this.#list !== null || this.#idle.size > MOST_UNORDERED) return this.#ordered().first();
    const { compare } = this.#order;
    let first: Agent | undefined;
    for (const agent of this.#idle) if (first === undefined || compare(agent, first) < 0) first = agent;
    return first;
  }

  /** A lot decides among several. */
  get byLot(): boolean {
    return this.#order.lot !== null && this.#idle.size > 1;
  }

  /** By weight one of those who come first together; `fraction` in [0, 1) is the lot. */
  draw(fraction: number): Agent | undefined {
    const { lot } = this.#order;
    return lot === null ? this.first() : this.#ordered().draw(fraction, lot.first);
  }

  *[Symbol.iterator](): IterableIterator<Agent> {
    if (this.#list === null && this.#idle.size <= 1) yield* this.#idle;
    else yield* this.#ordered();
  }

  #ordered(): OrderedList<Agent> {
    if (this.#list !== null) return this.#list;
    const { compare, lot } = this.#order;
    const list = lot === null ? new OrderedList(compare) : new OrderedList(compare, weightOf);
    for (const agent of [...this.#idle].sort(compare)) list.add(agent);
    this.#list = list;
    return list;
  }
}
