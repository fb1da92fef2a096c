/** Counts one day, bounded whatever its length: histograms in place of lists. */
import type { AgentId, QueueId } from '../../../../kernel/ids.ts';
import type { AgentState, QueueConfiguration } from '../../event.ts';

/** Who hangs up sooner has not given the queue a chance: not counted among the abandoned of the service level. */
const SHORT_ABANDON_MS = 5_000;
const BIN_MS = 250;
/** Longer waits count as two hours. */
const BINS = (2 * 3_600_000) / BIN_MS;
export const INTERVAL_MS = 1_800_000;
const MOST_INTERVALS = 336;

export interface QueueFigures {
  offered: number;
  answered: number;
  abandoned: number;
  /** Of these, within five seconds. */
  shortAbandoned: number;
  /** Left the queue otherwise: timeout, full, closed, no agents. */
  sentBack: number;
  /** Answered within the queue's `answerWithinMs`. */
  within: number;
  /** `within` of all answered and abandoned, but for short abandons. */
  serviceLevel: number;
  abandonment: number;
  /** Seconds, of those answered. */
  asa: number;
  waitP50: number;
  waitP90: number;
  longestWait: number;
}

export interface DayFigures extends QueueFigures {
  /** Talking and wrapping up, of that and being ready. */
  occupancy: number;
  /** Gini coefficient of ready time, by agents who were signed in: 0 = all the same. */
  idleGini: number;
  /** The same of calls served. */
  callsGini: number;
  /** Of agents who were signed in. */
  fewestCalls: number;
  mostCalls: number;
  /** Share of the callers who had to wait at all. */
  waited: number;
  queues: Record<string, QueueFigures>;
  intervals: { fromMs: number; offered: number; answered: number; abandoned: number; serviceLevel: number }[];
}

class Waits {
  readonly #bins = new Uint32Array(BINS + 1);
  #count = 0;
  #sum = 0;
  #longest = 0;

  add(ms: number): void {
    const at = Math.min(BINS, Math.floor(ms / BIN_MS));
    this.#bins[at] = (this.#bins[at] ?? 0) + 1;
    this.#count += 1;
    this.#sum += ms;
    this.#longest = Math.max(this.#longest, ms);
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  get longest(): number {
    return this.#longest;
  }

  quantile(share: number): number {
    let left = share * this.#count;
    for (const [at, count] of this.#bins.entries()) {
      if (count >= left && count > 0) return Math.min(this.#longest, (at + left / count) * BIN_MS);
      left -= count;
    }
    return 0;
  }
}

interface Counts {
  offered: number;
  answered: number;
  abandoned: number;
  shortAbandoned: number;
  sentBack: number;
  within: number;
  waits: Waits;
}

const newCounts = (): Counts => ({ offered: 0, answered: 0, abandoned: 0, shortAbandoned: 0, sentBack: 0, within: 0, waits: new Waits() });

interface Worked {
  state: AgentState;
  since: number;
  ms: Record<AgentState, number>;
  calls: number;
}

const NO_TIME: Record<AgentState, number> = { signed_out: 0, not_ready: 0, ready: 0, offered: 0, talking: 0, wrapping_up: 0 };

export class Tally {
  readonly #all = newCounts();
  readonly #queues = new Map<QueueId, Counts & { withinMs: number }>();
  readonly #agents = new Map<AgentId, Worked>();
  readonly #intervals: Omit<Counts, 'waits' | 'sentBack'>[] = [];
  #waited = 0;

  constructor(queues: readonly QueueConfiguration[]) {
    for (const { queueId, answerWithinMs } of queues) this.#queues.set(queueId, { ...newCounts(), withinMs: answerWithinMs });
  }

  came(queueId: QueueId, at: number): void {
    for (const counts of this.#of(queueId, at)) counts.offered += 1;
  }

  answered(queueId: QueueId, cameAt: number, waitMs: number, rangAfterMs: number): void {
    const within = waitMs <= (this.#queues.get(queueId)?.withinMs ?? 0);
    if (rangAfterMs > 0) this.#waited += 1;
    for (const counts of this.#of(queueId, cameAt)) {
      counts.answered += 1;
      if (within) counts.within += 1;
    }
    this.#all.waits.add(waitMs);
    this.#queues.get(queueId)?.waits.add(waitMs);
  }

  abandoned(queueId: QueueId, cameAt: number, waitMs: number): void {
    this.#waited += 1;
    for (const counts of this.#of(queueId, cameAt)) {
      counts.abandoned += 1;
      if (waitMs < SHORT_ABANDON_MS) counts.shortAbandoned += 1;
    }
  }

  sentBack(queueId: QueueId): void {
    this.#waited += 1;
    this.#all.sentBack += 1;
    const queue = this.#queues.get(queueId);
    if (queue !== undefined) queue.sentBack += 1;
  }

  agentBecame(agentId: AgentId, state: AgentState, at: number): void {
    const agent = this.#agents.get(agentId) ?? { state: 'signed_out', since: at, ms: { ...NO_TIME }, calls: 0 };
    agent.ms[agent.state] += at - agent.since;
    if (state === 'talking' && agent.state !== 'talking') agent.calls += 1;
    Object.assign(agent, { state, since: at });
    this.#agents.set(agentId, agent);
  }

  figures(endAt: number): DayFigures {
    for (const [agentId, { state }] of this.#agents) this.agentBecame(agentId, state, endAt);
    const worked = [...this.#agents.values()].filter(({ ms }) => ms.ready + ms.talking > 0);
    const busy = worked.reduce((sum, { ms }) => sum + ms.talking + ms.wrapping_up, 0);
    const free = worked.reduce((sum, { ms }) => sum + ms.ready + ms.offered, 0);
    const queues = [...this.#queues].filter(([, { offered }]) => offered > 0);
    return {
      ...figuresOf(this.#all),
      occupancy: busy + free === 0 ? 0 : busy / (busy + free),
      idleGini: gini(worked.map(({ ms }) => ms.ready)),
      callsGini: gini(worked.map(({ calls }) => calls)),
      fewestCalls: worked.reduce((least, { calls }) => Math.min(least, calls), worked[0]?.calls ?? 0),
      mostCalls: worked.reduce((most, { calls }) => Math.max(most, calls), 0),
      waited: this.#all.offered === 0 ? 0 : this.#waited / this.#all.offered,
      queues: Object.fromEntries(queues.map(([queueId, counts]) => [queueId, figuresOf(counts)])),
      intervals: this.#intervals.map(({ offered, answered, abandoned, shortAbandoned, within }, n) => ({
        ...{ fromMs: n * INTERVAL_MS, offered, answered, abandoned },
        serviceLevel: levelOf({ answered, abandoned, shortAbandoned, within }),
      })),
    };
  }

  *#of(queueId: QueueId, at: number): Iterable<Omit<Counts, 'waits' | 'sentBack'>> {
    yield this.#all;
    const queue = this.#queues.get(queueId);
    if (queue !== undefined) yield queue;
    const n = Math.min(MOST_INTERVALS - 1, Math.floor(at / INTERVAL_MS));
    while (this.#intervals.length <= n) this.#intervals.push({ offered: 0, answered: 0, abandoned: 0, shortAbandoned: 0, within: 0 });
    const interval = this.#intervals[n];
    if (interval !== undefined) yield interval;
  }
}

/** 1 where nobody was there to be served. */
function levelOf({ answered, abandoned, shortAbandoned, within }: Pick<Counts, 'answered' | 'abandoned' | 'shortAbandoned' | 'within'>): number {
  const counted = answered + abandoned - shortAbandoned;
  return counted === 0 ? 1 : within / counted;
}

function figuresOf({ waits, ...counts }: Counts): QueueFigures {
  const { offered, answered, abandoned, shortAbandoned, sentBack, within } = counts;
  return {
    ...{ offered, answered, abandoned, shortAbandoned, sentBack, within },
    serviceLevel: levelOf(counts),
    abandonment: answered + abandoned === 0 ? 0 : abandoned / (answered + abandoned),
    asa: waits.mean / 1000,
    waitP50: waits.quantile(0.5) / 1000,
    waitP90: waits.quantile(0.9) / 1000,
    longestWait: waits.longest / 1000,
  };
}

/** 0 = all the same, towards 1 = one has it all. */
export function gini(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const sum = sorted.reduce((total, value) => total + value, 0);
  if (sum === 0) return 0;
  const weighted = sorted.reduce((total, value, at) => total + (at + 1) * value, 0);
  return (2 * weighted) / (sorted.length * sum) - (sorted.length + 1) / sorted.length;
}
