/** When which queue's figures are told, and to whom: a queue that moved is told once it has settled, and at most once a second. */
import type { AgentId, QueueId } from '../../kernel/ids.ts';

const EVERY_MS = 1_000;
/** Not before the turn that moved it, and its neighbours, are over. */
const SETTLE_MS = 50;

export class QueueFigures {
  /** Who is signed in to each queue, and the same the other way about. */
  readonly #members = new Map<QueueId, Set<AgentId>>();
  readonly #queuesOf = new Map<AgentId, readonly QueueId[]>();
  readonly #dueAt = new Map<QueueId, number>();
  readonly #toldAt = new Map<QueueId, number>();
  #nextDue = Number.POSITIVE_INFINITY;

  /** When `due` is to be asked again; null = nothing waits. */
  get wakeAt(): number | null {
    return this.#nextDue === Number.POSITIVE_INFINITY ? null : this.#nextDue;
  }

  moved(queueId: QueueId, now: number): void {
    if (this.#dueAt.has(queueId)) return;
    const due = Math.max(now + SETTLE_MS, (this.#toldAt.get(queueId) ?? 0) + EVERY_MS);
    this.#dueAt.set(queueId, due);
    this.#nextDue = Math.min(this.#nextDue, due);
  }

  /** The queues she is signed in to from now on; those she left moved as well. */
  enrol(agentId: AgentId, queues: readonly QueueId[], now: number): void {
    const before = this.#queuesOf.get(agentId) ?? [];
    for (const queueId of before) if (!queues.includes(queueId)) this.#members.get(queueId)?.delete(agentId);
    for (const queueId of queues) this.#membersOf(queueId).add(agentId);
    if (queues.length > 0) this.#queuesOf.set(agentId, [...queues]);
    else this.#queuesOf.delete(agentId);
    for (const queueId of new Set([...before, ...queues])) this.moved(queueId, now);
  }

  members(queueId: QueueId): Iterable<AgentId> {
    return this.#members.get(queueId) ?? [];
  }

  /** The queues to be told now; they count as told. */
  due(now: number): QueueId[] {
    if (now < this.#nextDue) return [];
    this.#nextDue = Number.POSITIVE_INFINITY;
    const due: QueueId[] = [];
    for (const [queueId, at] of this.#dueAt) {
      if (at > now) this.#nextDue = Math.min(this.#nextDue, at);
      else {
        this.#dueAt.delete(queueId);
        this.#toldAt.set(queueId, now);
        due.push(queueId);
      }
    }
    return due;
  }

  /** There is no such queue any more. */
  forget(queueId: QueueId): void {
    this.#toldAt.delete(queueId);
    this.#members.delete(queueId);
  }

  #membersOf(queueId: QueueId): Set<AgentId> {
    const members = this.#members.get(queueId) ?? new Set();
    this.#members.set(queueId, members);
    return members;
  }
}
